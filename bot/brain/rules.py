"""For the brain: Rasa's RulePolicy, which finds the rules that may apply instead of trying each in turn."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from rasa.core.policies import rule_policy
from rasa.shared.core.constants import PREVIOUS_ACTION, USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import ActionExecuted
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, TEXT

TABLES = (rule_policy.RULES, rule_policy.RULES_FOR_LOOP_UNHAPPY_PATH)


class RulePolicy(rule_policy.RulePolicy):
    """Decides the same; what does not change after the training is worked out once, when it is loaded."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        tables = [self.lookup.get(name, {}) for name in TABLES]
        self._states_of = {key: _reversed_states(key) for table in tables for key in table}
        self._by_action = {id(table): _index(table, self._states_of) for table in tables}
        self._longest = max(map(len, self._states_of.values()), default=1)
        self._reads_texts = any(
            TEXT in state.get(USER, {}) for states in self._states_of.values() for state in states
        )

    def _find_action_from_rules(
        self, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
    ) -> tuple[str | None, str | None, bool]:
        if use_text_for_last_user_input and not self._reads_texts:
            return None, None, False  # no rule names a customer's very words
        return super()._find_action_from_rules(tracker, domain, use_text_for_last_user_input)

    def _prediction_states(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        use_text_for_last_user_input: bool = False,
        rule_only_data: dict[str, Any] | None = None,
    ) -> list[State]:
        """Of the last turns only: no rule looks further back."""
        events = tracker.applied_events()
        turns = sum(isinstance(event, ActionExecuted) for event in events)
        skipped = max(0, turns + 1 - self._longest)
        states, replayed = [], tracker.init_copy()
        for event in events:
            if isinstance(event, ActionExecuted):
                if skipped <= 0:
                    states.append(domain.get_active_state(replayed))
                skipped -= 1
            event.apply_to(replayed)
        states = [*states, domain.get_active_state(replayed)]
        self.featurizer._choose_last_user_input([states], use_text_for_last_user_input)  # noqa: SLF001
        return states

    def _get_possible_keys(self, lookup: dict[str, str], states: list[State]) -> set[str]:
        index = self._by_action.get(id(lookup))
        if index is None:
            return super()._get_possible_keys(lookup, states)
        last, *earlier = reversed(states)
        keys = {key for key in index.get(_last_action(last), ()) if self._is_rule_applicable(key, 0, last)}
        for turn, state in enumerate(earlier, start=1):
            keys = {key for key in keys if self._is_rule_applicable(key, turn, state)}
        return keys

    def _is_rule_applicable(self, rule_key: str, turn_index: int, conversation_state: State) -> bool:
        """As Rasa's, whose rules are texts that are read again and turned round for each question."""
        rule_states = self._states_of[rule_key]
        if turn_index >= len(rule_states):
            return True
        rule_state = rule_states[turn_index]
        begins, began = PREVIOUS_ACTION not in rule_state, PREVIOUS_ACTION not in conversation_state
        if begins or began:
            return begins and began
        return self._does_rule_match_state(rule_state, conversation_state)


def _reversed_states(key: str) -> tuple[State, ...]:
    """The states of a rule, the last one first, with the tuples that JSON has made lists of."""
    states = [
        {kind: {name: _tuple(value) for name, value in part.items()} for kind, part in state.items()}
        for state in json.loads(key)
    ]
    return tuple(reversed(states))


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _index(table: dict[str, str], states_of: dict[str, tuple[State, ...]]) -> dict[str | None, list[str]]:
    """The keys of the rules by what the bot did last when they apply; None: it has done nothing yet."""
    index: dict[str | None, list[str]] = defaultdict(list)
    for key in table:
        index[_last_action(states_of[key][0])].append(key)
    return index


def _last_action(state: State) -> str | None:
    name: str | None = state.get(PREVIOUS_ACTION, {}).get(ACTION_NAME)
    return name
