"""For gateway and trainers: `python -m bot.brain serve|train|evaluate|predict`, on the brain's Python."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from bot.brain import logs
from bot.brain.errors import ContentError


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    # what fails in a training is raised, and told in the trainer's words
    logs.set_up(others=logging.WARNING if options.command == "serve" else logging.CRITICAL)
    commands = {"serve": _serve, "train": _train, "evaluate": _evaluate, "predict": _predict}
    return commands[options.command](options)


def _serve(options: argparse.Namespace) -> int:
    import socket

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback when somebody stops it while it starts
    token = os.environ.get("BRAIN_TOKEN")
    if not token:
        return _refuse("BRAIN_TOKEN is not set: the brain answers only to who knows it.")
    if options.model and not options.model.is_file():
        return _refuse(f"--model {options.model}: there is no such file.")
    try:
        listener = socket.create_server((options.host, options.port))
    except OSError as error:
        return _refuse(f"--host {options.host} --port {options.port}: {error.strerror}.")
    from bot.brain import hot_spots
    from bot.brain.slim import slim_rasa, slim_serving

    slim_rasa()
    slim_serving()
    hot_spots.cure()
    from bot.brain.server import serve

    def tell(news: dict[str, Any]) -> None:
        print(json.dumps(news), flush=True)

    async def run() -> NoReturn:
        code = await serve(options.model, options.keep, listener, token, tell)
        sys.stderr.flush()
        os._exit(code)  # asyncio would wait for a model that is still loading in its thread

    return asyncio.run(run())


def _train(options: argparse.Namespace) -> int:
    from bot.brain.train import train

    try:
        print(train(options.content, options.out))
    except ContentError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from bot.brain.train import prepare

    prepare()
    from bot.brain.evaluate import evaluate

    try:
        print(evaluate(options.content, options.held_out))
    except ContentError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _predict(options: argparse.Namespace) -> int:
    from bot.brain.train import prepare

    prepare()
    from bot.brain.predict import predict

    pipeline = options.pipeline or options.content / "intents" / "config.yml"
    try:
        for row in predict(options.train, options.test, pipeline, options.target_wrong, options.reviewed):
            print(json.dumps(row, ensure_ascii=False))
    except ContentError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot.brain", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="answer questions of the gateway (BRAIN_TOKEN must be set)")
    serve.add_argument(
        "--model", type=Path, help="a file that `train` wrote; without it there are no answers"
    )
    serve.add_argument(
        "--keep",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="an older model stays for so long after it was last asked for; POST /models loads a newer one",
    )
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=0, help='0: any free one; it is printed as {"port": N}')
    train = commands.add_parser("train", help="make a model of a content folder, and print its path")
    _add_content(train)
    train.add_argument("--out", type=Path, required=True, help="the folder for the model")
    evaluate = commands.add_parser("evaluate", help="how well it understands, and what each threshold costs")
    _add_content(evaluate)
    evaluate.add_argument("--held-out", type=Path, help="tab-separated: text, intent; not trained on")
    predict = commands.add_parser("predict", help="train on one file of texts and intents, and ask another")
    _add_content(predict)
    predict.add_argument("--train", type=Path, required=True, help="tab-separated: text, intent")
    predict.add_argument(
        "--test", type=Path, required=True, help="the same; a JSON line is printed for each row"
    )
    predict.add_argument("--target-wrong", type=float, help="the share of answers that may be wrong (0.05)")
    predict.add_argument("--pipeline", type=Path, help="a configuration of Rasa's (intents/config.yml)")
    predict.add_argument("--reviewed", type=Path, help="reviewed messages, those out_of_scope among them")
    return parser


def _add_content(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--content",
        type=Path,
        default=Path(os.environ.get("JIELI_CONTENT") or "."),
        help="the folder that holds intents/ and stories/ (JIELI_CONTENT, else the current folder)",
    )


if __name__ == "__main__":
    sys.exit(main())
