"""For customers: the one question the bot asks when it is unsure, with the likeliest meanings as choices."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.brain.choices import titles

MEANINGS = 2
NONE_OF_THESE = "none_of_these"


class Clarify(Action):
    def name(self) -> str:
        return "action_clarify"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        language, known = tracker.get_slot("language"), titles(domain)
        ranking = [meaning["name"] for meaning in tracker.latest_message.get("intent_ranking", [])]
        likeliest = [name for name in ranking if name in known][:MEANINGS]
        buttons = [
            {"title": known[name][language], "payload": f"/{name}"} for name in [*likeliest, NONE_OF_THESE]
        ]
        dispatcher.utter_message(response="utter_clarify", buttons=buttons)
        return [SlotSet("clarifying", True)]
