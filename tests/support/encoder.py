"""For tests of sentence vectors from a folder: a small ONNX model that knows the words it is given."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

DIMENSIONS = 32


def write_encoder(folder: Path, texts: Iterable[str]) -> Path:
    """A folder as `encoder:` in intents/config.yml takes it; each word has a direction of its own."""
    words = sorted({word for text in texts for word in text.lower().split()})
    tokenizer = Tokenizer(
        WordLevel({word: at for at, word in enumerate(["[UNK]", *words])}, unk_token="[UNK]")
    )
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    onnx.save(_looks_up(len(words) + 1), folder / "model.onnx")
    return folder


def _looks_up(words: int) -> onnx.ModelProto:
    vectors = np.random.default_rng(0).normal(size=(words, DIMENSIONS)).astype(np.float32)
    both = ["batch", "tokens"]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, both)
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, [*both, DIMENSIONS])
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["vectors"])]
    graph = helper.make_graph(nodes, "words", inputs, [output], [numpy_helper.from_array(vectors, "table")])
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
