"""For agents and trainers: what the brain thought of a message, and what became of its answer."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update

from bot.messages import Answer
from bot.store.database import Tx
from bot.store.tables import message, prediction


class Outcome(StrEnum):
    """What became of the brain's answer."""

    ANSWERED = "answered"
    ASKED_BACK = "asked_back"
    HANDED_OFF = "handed_off"
    # nobody was there to hand over to: the customer was asked whether to wait
    QUEUE_OFFERED = "queue_offered"
    # an outage notice fitted and was said instead
    OUTAGE_NOTICE = "outage_notice"
    # an agent had taken over: the texts are kept as a suggestion
    DROPPED = "dropped"


async def keep(tx: Tx, conversation_id: int, message_id: int, answer: Answer, outcome: Outcome) -> None:
    """Writes the prediction of one message. Asked again, what became of it now counts."""
    texts = [said.text for said in answer.messages if said.text]
    kept = await tx.insert_new(
        prediction,
        message_id=message_id,
        conversation_id=conversation_id,
        ranking=_ranking(answer),
        threshold=answer.threshold,
        actions=list(answer.actions),
        slots=answer.slots,
        model=answer.model,
        milliseconds=answer.milliseconds,
        outcome=outcome.value,
        suggestion=texts if outcome is Outcome.DROPPED else None,
        at=datetime.now(UTC),
    )
    if kept is None:
        await mark(tx, message_id, outcome)


async def mark(tx: Tx, message_id: int, outcome: Outcome) -> None:
    """Says what became of an answer after all."""
    same = prediction.c.message_id == message_id
    await tx.run(update(prediction).where(same).values(outcome=outcome.value))


def outcome_of(answer: Answer) -> Outcome:
    """What an answer that is delivered comes to."""
    if answer.handoff:
        return Outcome.HANDED_OFF
    return Outcome.ASKED_BACK if answer.asked_back else Outcome.ANSWERED


async def why(tx: Tx, conversation_id: int, text: str, answer: Answer) -> dict[str, Any]:
    """What the agent's "why you got this" card shows."""
    doubts = await tx.all(
        select(message.c.text, prediction.c.ranking)
        .join(prediction, prediction.c.message_id == message.c.id)
        .where(
            prediction.c.conversation_id == conversation_id, prediction.c.outcome == Outcome.ASKED_BACK.value
        )
        .order_by(prediction.c.id.desc())
        .limit(5)
    )
    # "none of these" was tapped, not classified: what was doubtful is the message before it
    ranking = _ranking(answer) or (doubts[0]["ranking"] if doubts else [])
    return {
        "text": text,
        "ranking": ranking,
        "threshold": answer.threshold,
        "slots": {name: value for name, value in answer.slots.items() if value is not None},
        "failed": [doubt["text"] for doubt in reversed(doubts)],
    }


def _ranking(answer: Answer) -> list[dict[str, Any]]:
    return [asdict(one) for one in answer.ranking[:5]]
