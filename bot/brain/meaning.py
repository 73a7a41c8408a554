"""For trainers: which intent the rules in stories/ see; the record keeps what the classifier said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.brain.components.threshold import THRESHOLD

DOUBT = "nlu_fallback"
ORDER_NUMBER = "order_number"
LOOK_UP = "order_status"
LOOKED_UP_IF_NUMBERED = {LOOK_UP, "inform_order_number", "delivery_time", DOUBT}

Parse = dict[str, Any]


def for_policies(parse: Parse) -> Parse:
    """The parse with the intent that the rules are to follow. Each rule sees what those above it decided."""
    name = parse["intent"]["name"]
    for rule in RULES:
        name = rule(name, parse)
    if name == parse["intent"]["name"]:
        return parse
    return {**parse, "intent": {"name": name, "confidence": 1.0}}


def _unsure(name: str, parse: Parse) -> str:
    """Under the threshold it is a doubt: the rules in stories/ say what to do then."""
    return name if parse["intent"]["confidence"] >= parse.get(THRESHOLD, 0.0) else DOUBT


def _numbered(name: str, parse: Parse) -> str:
    """With an order's number in it, a doubt or a question about time is about that order."""
    numbered = any(entity["entity"] == ORDER_NUMBER for entity in parse["entities"])
    return LOOK_UP if numbered and name in LOOKED_UP_IF_NUMBERED else name


RULES: list[Callable[[str, Parse], str]] = [_unsure, _numbered]
