"""For customers: "how long does it take?", "what does it cost?": answered for what was talked about last."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.brain.actions.talk import Talk


class FollowUp(Action):
    """Says `utter_<intent>_<topic>`, or `utter_<intent>` where there is no such response."""

    def name(self) -> str:
        return "action_follow_up"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        talk = Talk(dispatcher, tracker)
        general = f"utter_{talk.intent}"
        special = f"{general}_{talk['topic']}"
        talk.say(special if special in domain["responses"] else general)
        return talk.events
