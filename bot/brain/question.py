"""For the gateway: what a question to the brain looks like, checked once, here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import fastjsonschema

from bot.brain.errors import MalformedQuestion

TEXT = {"type": "string", "minLength": 1, "maxLength": 200}
CHOICE = {
    "type": "object",
    "required": ["id", "title"],
    "properties": {
        "id": TEXT,
        "title": {"type": "string"},
        "intent": TEXT,
        "entities": {"type": "object"},
        "text": {"type": "string"},
    },
    "additionalProperties": False,
    "anyOf": [{"required": ["intent"]}, {"required": ["text"]}],
}
EVENT = {
    "oneOf": [
        {
            "type": "array",
            "items": [{"const": "user"}, {"type": "string"}, {"type": "object"}],
            "minItems": 3,
        },
        {"type": "array", "items": [{"enum": ["did", "refused"]}, {"type": "string"}], "minItems": 2},
        {"type": "array", "items": [{"const": "slot"}, {"type": "string"}, {}], "minItems": 3},
        {"type": "array", "items": [{"const": "form"}, {"type": ["string", "null"]}], "minItems": 2},
        {"type": "array", "items": [{"const": "interrupted"}, {"type": "boolean"}], "minItems": 2},
    ]
}
ASKED = {
    "type": "array",
    "items": [{"type": "string"}, {"type": "integer"}, {"type": "integer"}],
    "minItems": 3,
}
TOPIC = {"type": "array", "items": [TEXT, {"type": "integer"}], "minItems": 2, "maxItems": 2}
STATE = {
    "type": ["object", "null"],
    "required": ["v"],
    "properties": {
        "v": {"const": 1},
        "slots": {"type": "object"},
        "proof": {"type": "object"},
        "events": {"type": "array", "items": EVENT, "maxItems": 200},
        "choices": {"type": "array", "items": CHOICE, "maxItems": 50},
        "asked": {"type": "array", "items": ASKED, "maxItems": 50},
        "topic": TOPIC,
        "fault": TOPIC,
    },
    "additionalProperties": False,
}
check_question = fastjsonschema.compile(
    {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "required": ["conversation", "message_id", "text", "metadata"],
        "properties": {
            "conversation": TEXT,
            "message_id": TEXT,
            "text": {"type": "string"},
            "metadata": {
                "type": "object",
                "required": ["language"],
                "properties": {
                    "language": {"enum": ["zh", "en"]},
                    "channel": {"type": ["string", "null"]},
                    "choice": {"type": ["string", "null"]},
                },
            },
            "state": STATE,
            "model": {"type": ["string", "null"]},
        },
    },
    use_default=False,
)


@dataclass(frozen=True)
class Question:
    """One message of a customer, with all that the brain may know of the conversation."""

    conversation: str
    message_id: str
    text: str
    language: str
    channel: str
    choice: str | None
    state: dict[str, Any]
    model: str | None

    @classmethod
    def parse(cls, body: Any) -> Question:
        """Read a request's JSON. Raises MalformedQuestion naming the first field that is wrong."""
        try:
            check_question(body)
        except fastjsonschema.JsonSchemaValueException as error:
            raise MalformedQuestion(error.message[:200].replace("data", "the request", 1)) from error
        metadata = body["metadata"]
        return cls(
            conversation=body["conversation"],
            message_id=body["message_id"],
            text=body["text"].encode("utf-8", "replace").decode("utf-8"),  # half an emoji is no text
            language=metadata["language"],
            channel=metadata.get("channel") or "brain",
            choice=metadata.get("choice"),
            state=body.get("state") or {"v": 1},
            model=body.get("model"),
        )
