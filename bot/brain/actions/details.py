"""For customers: a short answer to what they ask next, about the answer just given (stories/details/)."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.brain.actions.talk import Talk
from bot.brain.choices import titles
from bot.brain.components.details import DETAIL


class TellDetail(Action):
    """Says the detail of the topic that the message is most like."""

    def name(self) -> str:
        return "action_detail"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        talk = Talk(dispatcher, tracker)
        detail = tracker.latest_message[DETAIL]
        shown = titles(domain)
        buttons = [
            {"title": shown[intent][talk.language], "payload": f"/{intent}"}
            for intent in detail.get("choices", [])
        ]
        dispatcher.utter_message(text=detail["answer"][talk.language], buttons=buttons)
        return talk.events
