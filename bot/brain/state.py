"""For the gateway: a dialogue as compact JSON, which travels with each message: the brain keeps nothing.

`{"v": 1, "slots": {...}, "proof": {...}, "events": [...], "choices": [...], "asked": [...],
"topic": [...], "fault": [...]}`, empty ones left out. `events` are what happened since something was opened
(a form, a clarifying question), and there only while it is open: the thousandth message is as cheap as the
tenth.
`slots` are those before these events; they alone outlive a person's taking over. `choices` see choices.py,
`asked`, `topic` and `fault` see memory.py.
"""

from __future__ import annotations

from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME, REQUESTED_SLOT, SESSION_START_METADATA_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    Event,
    LoopInterrupted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker

from bot.brain import memory

LANGUAGE = "language"  # comes anew with each message
TOPIC = "topic"  # what was answered last, for actions
FAULT_TOLD = "fault_told"  # what was said to be broken, for the visit
CLARIFYING = "clarifying"
PROOF = {"verified_phone", "verified_until"}  # holds until a person takes over
BOOKKEEPING = {LANGUAGE, TOPIC, FAULT_TOLD, CLARIFYING, REQUESTED_SLOT, SESSION_START_METADATA_SLOT}
MOST_EVENTS = 20  # three or four messages: a form that is open for longer forgets how it came to this

State = dict[str, Any]
Code = list[Any]


class Dialogue:
    """One conversation for the time of one message: restored from its state, then put into a new one."""

    def __init__(self, state: State, conversation: str, language: str, domain: Domain) -> None:
        """What the domain knows no more is forgotten."""
        names = {slot.name for slot in domain.slots}
        codes = state.get("events", [])
        if not all(_is_known(code, names, domain) for code in codes):
            codes = []  # the model has changed: what was open is over
        if not codes:  # it may have ended elsewhere, with a form's slots in it
            names -= BOOKKEEPING | {slot.name for slot in domain.slots if _lives_with_form(slot)}
        kept = {**state.get("slots", {}), **state.get("proof", {})}
        self._slots = {name: value for name, value in kept.items() if name in names}
        anew = {LANGUAGE: language, TOPIC: memory.topic(state), FAULT_TOLD: memory.fault(state)}
        # slots go in as events: a value set in any other way is lost when Rasa replays them
        slots = [SlotSet(name, value) for name, value in {**self._slots, **anew}.items()]
        events = [ActionExecuted(ACTION_LISTEN_NAME), *slots]
        self._opened = len(events)
        self.tracker = DialogueStateTracker.from_events(
            conversation, [*events, *map(_decode, codes)], domain.slots, domain=domain
        )

    def state(self, tracker: DialogueStateTracker, *, clarifying: bool, handed_over: bool) -> State:
        """The state after `tracker`, as Rasa left it; a handover ends whatever was open."""
        form = tracker.active_loop_name
        if handed_over:
            return _state(_without_proof(_slots(tracker)), [])
        if not (form or clarifying):
            return _state(_slots(tracker), [])
        codes = [code for event in list(tracker.events)[self._opened :] if (code := _encode(event))]
        if tracker.get_slot(CLARIFYING) and not clarifying:
            codes.append(["slot", CLARIFYING, None])  # the question was for one message
        if len(codes) > MOST_EVENTS and not clarifying:
            return _state(_slots(tracker, form), [["form", form], ["did", form], ["did", ACTION_LISTEN_NAME]])
        return _state(self._slots, codes)


def visible_slots(tracker: DialogueStateTracker) -> dict[str, Any]:
    """What an agent may want to know, without the brain's own bookkeeping."""
    return {name: slot.value for name, slot in tracker.slots.items() if name not in BOOKKEEPING}


def _state(slots: dict[str, Any], codes: list[Code]) -> State:
    parts = {"slots": _without_proof(slots), "proof": _only_proof(slots), "events": codes}
    return {"v": 1, **{name: part for name, part in parts.items() if part}}


def _without_proof(slots: dict[str, Any]) -> dict[str, Any]:
    """Whoever writes after a person has left shows anew whose phone it is."""
    return {name: value for name, value in slots.items() if name not in PROOF}


def _only_proof(slots: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in slots.items() if name in PROOF}


def _slots(tracker: DialogueStateTracker, form: str | None = None) -> dict[str, Any]:
    """Slots that are not at their initial value; those of a form only while it is open."""
    dropped = {LANGUAGE, TOPIC, FAULT_TOLD, CLARIFYING, SESSION_START_METADATA_SLOT} if form else BOOKKEEPING
    return {
        name: slot.value
        for name, slot in tracker.slots.items()
        if slot.value != slot.initial_value and name not in dropped and (form or not _lives_with_form(slot))
    }


def _lives_with_form(slot: Slot) -> bool:
    """A slot that is only ever filled inside a form is empty again when the form is closed."""
    conditions = [mapping.get("conditions") for mapping in slot.mappings]
    return bool(conditions) and all(conditions)


def _encode(event: Event) -> Code | None:
    match event:
        case UserUttered():
            return ["user", event.intent_name, {e["entity"]: e["value"] for e in event.entities}]
        case ActionExecuted():
            return ["did", event.action_name]
        case ActionExecutionRejected():
            return ["refused", event.action_name]
        case SlotSet():
            return ["slot", event.key, event.value]
        case ActiveLoop():
            return ["form", event.name]
        case LoopInterrupted():
            return ["interrupted", event.is_interrupted]
    return None  # what the bot said matters to no rule


def _decode(code: Code) -> Event:
    match code:
        case ["user", intent, entities]:
            found = [{"entity": name, "value": value} for name, value in entities.items()]
            return UserUttered("", {"name": intent, "confidence": 1.0}, found)
        case ["did", action]:
            return ActionExecuted(action)
        case ["refused", action]:
            return ActionExecutionRejected(action)
        case ["slot", name, value]:
            return SlotSet(name, value)
        case ["form", name]:
            return ActiveLoop(name)
        case ["interrupted", value]:
            return LoopInterrupted(value)
    raise ValueError(f"no such event: {code[:1]}")


def _is_known(code: Code, slots: set[str], domain: Domain) -> bool:
    kind, name = code[0], code[1]
    known: dict[str, Any] = {
        "user": domain.intents,
        "did": domain.action_names_or_texts,
        "refused": domain.action_names_or_texts,
        "slot": slots,
        "form": [*domain.form_names, None],
    }
    return kind not in known or name in known[kind]
