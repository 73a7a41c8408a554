"""For test_rules.py, on the brain's Python: asks Rasa's RulePolicy and ours, with a model, the same.

It prints how many predictions were the same and how many were not, as JSON.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from bot.brain import hot_spots, logs
from bot.brain.slim import slim_rasa

TALKS, MOST_TURNS = 400, 12


def main(model_path: Path) -> None:
    logs.set_up()
    slim_rasa()
    hot_spots.cure()
    from rasa.core.policies import rule_policy

    from bot.brain import model

    processor = model.load(model_path)
    ours = next(
        node._component
        for node in processor.graph_runner._nodes.values()
        if isinstance(node._component, rule_policy.RulePolicy)
    )
    theirs = object.__new__(rule_policy.RulePolicy)
    theirs.__dict__.update(ours.__dict__)
    seen = Counter(same=0, different=0)
    for number in range(TALKS):
        _talk(random.Random(number), processor.domain, ours, theirs, seen)
    print(json.dumps(seen))


def _talk(chance: random.Random, domain: Any, ours: Any, theirs: Any, seen: Counter[str]) -> None:
    """Events as they come in a conversation, and as they never do; a prediction after each."""
    from rasa.shared.core.events import ActionExecuted
    from rasa.shared.core.trackers import DialogueStateTracker

    tracker = DialogueStateTracker("talk", domain.slots)
    tracker.update(ActionExecuted("action_listen"))
    for _ in range(chance.randint(1, MOST_TURNS)):
        probabilities = [0.0]
        for event in _something(chance, domain):
            tracker.update(event, domain)
            wanted, got = (_decision(policy, tracker, domain) for policy in (theirs, ours))
            seen["same" if wanted == got else "different"] += 1
            probabilities = wanted[0]
            seen["decided"] += max(probabilities) > 0
        if max(probabilities) > 0 and chance.random() < 0.8:  # go where the rules lead
            name = domain.action_names_or_texts[probabilities.index(max(probabilities))]
            tracker.update(ActionExecuted(name), domain)


def _decision(policy: Any, tracker: Any, domain: Any) -> tuple[list[float], list[str], bool]:
    prediction = policy.predict_action_probabilities(tracker, domain)
    events = [type(event).__name__ for event in prediction.events]
    return list(prediction.probabilities), events, prediction.hide_rule_turn


def _something(chance: random.Random, domain: Any) -> list[Any]:
    from rasa.shared.core.events import (
        ActionExecuted,
        ActionExecutionRejected,
        ActiveLoop,
        SlotSet,
        UserUttered,
    )

    kind = chance.choice(["user", "user", "user", "slot", "form", "rejected", "action"])
    form = chance.choice([*domain.form_names, None])
    if kind == "user":
        intent = {"name": chance.choice(domain.intents), "confidence": 1.0}
        return [ActionExecuted("action_listen"), UserUttered("words", intent, [])]
    if kind == "slot":
        slot = chance.choice(domain.slots)
        values = getattr(slot, "values", None) or ["QC20260003", True, 2]
        return [SlotSet(slot.name, chance.choice([None, *values]))]
    if kind == "form":
        return [ActionExecuted(form), ActiveLoop(form)] if form else [ActiveLoop(None)]
    if kind == "rejected":
        return [ActionExecutionRejected(form)] if form else []
    return [ActionExecuted(chance.choice(domain.action_names_or_texts))]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
