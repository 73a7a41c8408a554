"""For the measurements: one conversation that all are asked, and the content for bare Rasa to have it."""

from __future__ import annotations

import hashlib
import shutil
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from deploy.setup.language import say
from tests.support.gateway import ROOT

# What is said, and the response that is right. None of them needs an action of ours, which bare Rasa has not.
CONVERSATION = (
    ("你好", "utter_greet"),
    ("积分怎么用", "utter_points"),
    ("没信号", "utter_network_fault"),
    ("充话费", "utter_top_up"),
    ("怎么付款", "utter_payment_methods"),
    ("怎么开发票", "utter_invoice"),
    ("快递几天", "utter_delivery_time"),
    ("营业时间", "utter_shop_hours"),
    ("开漫游", "utter_roaming"),
    ("谢谢", "utter_thanks"),
)
LANGUAGE = "zh"
# What Rasa puts in where a configuration names no pipeline and no policies, as after `rasa init`.
STOCK_CONFIG = "rasa/engine/recipes/config_files/default_config.yml"
EPOCHS = 25  # a quarter of the stock ones: minutes of training less, and answering takes the same time


def bare_rasa_differs() -> str:
    """For notes: what the comparison with bare Rasa leaves out."""
    return say(
        "no message asks for a custom action; bare Rasa's language slot starts as zh; as the content has "
        f"rules and no stories, Rasa trains no TED policy; DIET learns for {EPOCHS} epochs, not 100",
        "消息均不涉及自定义动作；单独的 Rasa 的 language 槽位初始为 zh；内容只有规则、没有故事，"
        f"因此 Rasa 不训练 TED 策略；DIET 训练 {EPOCHS} 轮而非 100 轮",
    )


class WrongAnswer(Exception):
    """A side said something else than the content says: its time would mean nothing."""


def check(response: str, said: str) -> None:
    """Raises WrongAnswer unless `said` is one of the response's texts."""
    if said.strip() not in texts()[response]:
        raise WrongAnswer(f"{response} was wanted, but this was said: {said!r}")


def copy_for_bare_rasa(folder: Path) -> None:
    """Copies intents/ and stories/ into `folder`, and beside them stock.yml.

    One change: the slot `language`, which the gateway sends with each message, starts as Chinese.
    """
    for part in ("intents", "stories"):
        shutil.copytree(ROOT / part, folder / part)
    domain = folder / "stories" / "domain" / "conversation.yml"
    content = _read(domain)
    content["slots"]["language"]["initial_value"] = LANGUAGE
    YAML().dump(content, domain)
    YAML().dump(_stock_config(), folder / "stock.yml")


def stock_hash(folder: Path) -> str:
    """16 hexadecimal digits over such a copy, without our own pipeline's configuration."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.yml")):
        name = file.relative_to(folder).as_posix()
        if name != "intents/config.yml":
            digest.update(f"\0{name}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _stock_config() -> Any:
    (file,) = (ROOT / ".venv-brain" / "lib").glob(f"*/site-packages/{STOCK_CONFIG}")
    config = _read(file)
    for component in [*config["pipeline"], *config["policies"]]:
        if "epochs" in component:
            component["epochs"] = EPOCHS
    return config


@cache
def texts() -> dict[str, set[str]]:
    """The texts of each response in the conversation's language."""
    files = (ROOT / "stories" / "domain" / "responses").glob("*.yml")
    return {
        name: {one["text"].strip() for one in variations if _is_ours(one)}
        for file in files
        for name, variations in _read(file)["responses"].items()
    }


def _is_ours(variation: dict[str, Any]) -> bool:
    return "text" in variation and all(
        one["value"] == LANGUAGE for one in variation.get("condition", ()) if one["name"] == "language"
    )


def _read(file: Path) -> Any:
    return YAML().load(file)
