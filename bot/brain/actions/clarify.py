"""For customers: the one question the bot asks when it is unsure, with the likely meanings as choices."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.brain.choices import titles

MEANINGS = 2
LIKELY = 0.03  # a second one that is less likely is none to choose from
NONE_OF_THESE = "none_of_these"


class Clarify(Action):
    def name(self) -> str:
        return "action_clarify"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        language, known = tracker.get_slot("language"), titles(domain)
        ranking = [each for each in tracker.latest_message.get("intent_ranking", []) if each["name"] in known]
        first, *others = ranking[:MEANINGS]
        likely = [first["name"], *(each["name"] for each in others if each["confidence"] >= LIKELY)]
        buttons = [
            {"title": known[name][language], "payload": f"/{name}"} for name in [*likely, NONE_OF_THESE]
        ]
        response = "utter_clarify" if len(likely) > 1 else "utter_clarify_one"
        dispatcher.utter_message(response=response, buttons=buttons)
        return [SlotSet("clarifying", True)]
