"""What agents do with a conversation, and what becomes of those who come too late."""

from __future__ import annotations

import asyncio

from sqlalchemy import select, update

from bot.conversation import State
from bot.store.tables import assignment, conversation, customer, event, message
from tests.handoff.office import Office


async def test_a_whole_handoff(office: Office) -> None:
    """Asked, offered, accepted, answered, resolved: the customer hears each step, then has the bot again."""
    asking = await office.waiting()
    ann = await office.agent("ann", name="安娜")
    await office.settle()
    offered = (await ann.reads("/conversations"))[0]
    assert (offered["state"], offered["reason"], offered["agent"]["name"]) == ("offered", "asked", "安娜")

    accepted = await ann.does("accept", asking.chat, epoch=offered["epoch"])
    assert (accepted["state"], accepted["epoch"], accepted["offered_until"]) == ("active", 3, None)
    said = await ann.does("reply", asking.chat, text="  您好，我来看看。 ", epoch=3)
    assert (said["author"], said["name"], said["text"]) == ("agent", "安娜", "您好，我来看看。")
    resolved = await ann.does("resolve", asking.chat, epoch=3)
    assert (resolved["state"], resolved["agent"], resolved["reason"]) == ("bot", None, None)

    heard = await asking.heard()
    assert "安娜" in heard[0]
    assert heard[1] == "您好，我来看看。"
    assert "小晴回来了" in heard[2]
    assert await ann.reads("/conversations") == []
    async with office.database.read() as tx:
        steps = await tx.all(select(event.c.type, event.c.actor).order_by(event.c.epoch))
        share = await tx.one(select(assignment))
    assert [tuple(step.values()) for step in steps] == [
        ("handed_off", "bot"),
        ("offered", "system"),
        ("accepted", f"agent:{ann.id}"),
        ("resolved", f"agent:{ann.id}"),
    ]
    assert share is not None
    assert share["outcome"] == "resolved"
    assert share["ended_at"] >= share["accepted_at"] >= share["offered_at"]


async def test_two_agents_take_one_chat(office: Office) -> None:
    """Both press accept at the same moment: one has it, the other is told who."""
    ann, bo = await office.agent("ann", status="away"), await office.agent("bo", status="away")
    for _ in range(5):
        waiting = await office.waiting()
        answers = await asyncio.gather(ann.tries("accept", waiting.chat), bo.tries("accept", waiting.chat))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        won, lost = sorted(answers, key=lambda answer: answer.status_code)
        error = lost.json()["error"]
        assert error["code"] == "already_claimed"
        assert error["holder"] == {"state": "active", "epoch": 2, "agent": won.json()["agent"]}
        winner = ann if won.json()["agent"]["id"] == ann.id else bo
        await winner.does("resolve", waiting.chat)


async def test_an_offer_is_for_one(office: Office) -> None:
    """Somebody else's offer cannot be taken, answered or sent back."""
    waiting = await office.waiting()
    ann = await office.agent("ann")
    await office.settle()
    bo = await office.agent("bo")
    for act in ("accept", "reply", "requeue", "resolve"):
        refused = await bo.tries(act, waiting.chat, **({"text": "hello"} if act == "reply" else {}))
        assert refused.status_code == 409, act
        assert refused.json()["error"]["code"] == "already_claimed"
        assert refused.json()["error"]["holder"]["agent"]["id"] == ann.id
    assert (await office.state(waiting.chat)).agent == ann.id


async def test_message_under_anothers_name_is_refused(office: Office) -> None:
    """Who lost the conversation to a colleague cannot speak in it any more: nothing reaches the customer."""
    waiting = await office.waiting()
    ann = await office.agent("ann")
    await office.settle()
    await ann.does("accept", waiting.chat)
    await ann.does("requeue", waiting.chat)
    bo = await office.agent("bo", status="away")
    await bo.does("accept", waiting.chat)
    before = await waiting.heard()
    refused = await ann.tries("reply", waiting.chat, text="still me")
    assert refused.status_code == 409
    assert refused.json()["error"]["holder"]["agent"] == {"id": bo.id, "name": "Bo"}
    assert await waiting.heard() == before


async def test_stale_epoch_says_who_holds_it(office: Office) -> None:
    """Each act with an epoch that has passed changes nothing and tells the state as it is."""
    waiting = await office.waiting()
    ann = await office.agent("ann")
    await office.settle()
    await ann.does("accept", waiting.chat)
    for act in ("accept", "reply", "resolve", "requeue"):
        stale = await ann.tries(act, waiting.chat, epoch=2, **({"text": "hi"} if act == "reply" else {}))
        assert stale.status_code == 409
        error = stale.json()["error"]
        assert error["code"] == "stale_epoch"
        assert error["holder"] == {"state": "active", "epoch": 3, "agent": {"id": ann.id, "name": "Ann"}}
        assert error["message"]
        assert error["remedy"]
    assert (await office.state(waiting.chat)).epoch == 3


async def test_accepting_what_is_mine_is_done_already(office: Office) -> None:
    """A second click, or a call repeated after a broken connection, is no error and says nothing twice."""
    waiting = await office.waiting()
    ann = await office.agent("ann")
    await office.settle()
    first = await ann.does("accept", waiting.chat)
    again = await ann.does("accept", waiting.chat, epoch=first["epoch"])
    assert again == await ann.does("accept", waiting.chat) == first | {"last": again["last"]}
    assert len(await waiting.heard()) == 1


async def test_reply_with_a_known_id_is_the_same_message(office: Office) -> None:
    """Sent twice, or at once over two connections, or after all is over: the customer hears it once."""
    waiting = await office.waiting()
    ann = await office.agent("ann")
    await office.settle()
    await ann.does("accept", waiting.chat)
    both = await asyncio.gather(*(ann.tries("reply", waiting.chat, text="one", id="m1") for _ in range(2)))
    assert [answer.status_code for answer in both] == [201, 201]
    assert both[0].json() == both[1].json()
    assert both[0].json()["client_id"] == "m1"
    await ann.does("resolve", waiting.chat)
    late = await ann.does("reply", waiting.chat, text="one", id="m1", epoch=3)
    assert late["id"] == both[0].json()["id"]
    assert (await waiting.heard()).count("one") == 1


async def test_an_id_belongs_to_who_made_it(office: Office) -> None:
    """Another agent's message is not given back as one's own."""
    waiting = await office.waiting()
    ann = await office.agent("ann")
    await office.settle()
    await ann.does("accept", waiting.chat)
    await ann.does("reply", waiting.chat, text="one", id="m1")
    await ann.does("requeue", waiting.chat)
    bo = await office.agent("bo", status="away")
    await bo.does("accept", waiting.chat)
    refused = await bo.tries("reply", waiting.chat, text="two", id="m1")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "already_exists")
    assert "two" not in await waiting.heard()


async def test_claiming_needs_room(office: Office) -> None:
    """A waiting conversation may be claimed, but not beyond one's capacity."""
    chats = [(await office.waiting()).chat for _ in range(3)]
    ann = await office.agent("ann", capacity=1, status="away")
    await ann.does("accept", chats[1])
    refused = await ann.tries("accept", chats[0])
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "wrong_state")
    assert refused.json()["error"]["holder"] == {"state": "queued", "epoch": 1, "agent": None}
    await ann.does("resolve", chats[1])
    await ann.does("accept", chats[0])


async def test_what_the_state_does_not_allow(office: Office) -> None:
    """The bot's conversations, and those not accepted yet, are not an agent's to act in."""
    talking = await office.customer()
    ann = await office.agent("ann")
    for act in ("accept", "reply", "resolve", "requeue"):
        refused = await ann.tries(act, talking.chat, **({"text": "hi"} if act == "reply" else {}))
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "wrong_state"), act
        assert refused.json()["error"]["holder"] == {"state": "bot", "epoch": 0, "agent": None}
    await talking.asks_for_a_person()
    await office.settle()
    for act in ("reply", "resolve"):
        refused = await ann.tries(act, talking.chat, **({"text": "hi"} if act == "reply" else {}))
        assert refused.json()["error"]["code"] == "wrong_state", act


async def test_back_to_the_front_for_a_colleague(office: Office) -> None:
    """Sent back, the customer is first, is told so with a way back to the bot, and goes to a colleague."""
    served = await office.waiting()
    ann = await office.agent("ann")
    await office.settle()
    await ann.does("accept", served.chat)
    behind = await office.waiting()
    row = await ann.does("requeue", served.chat)
    assert (row["state"], row["position"]) == ("queued", 1)
    assert await office.queue() == [served.chat, behind.chat]
    async with office.database.read() as tx:
        notices = select(message).where(message.c.author == "system")
        told = await tx.one(notices.order_by(message.c.seq.desc()))
    assert told is not None
    assert told["text"].startswith("抱歉")
    assert [choice["id"] for choice in told["choices"]] == ["jieli:bot"]
    bo = await office.agent("bo")
    await office.settle()
    assert (await office.state(served.chat)).agent == bo.id


async def test_declining_an_offer_is_silent(office: Office) -> None:
    """An offer sent back unaccepted is nothing the customer needs to know."""
    waiting = await office.waiting()
    ann = await office.agent("ann")
    await office.settle()
    await ann.does("requeue", waiting.chat)
    assert (await office.state(waiting.chat)).state is State.QUEUED
    assert await waiting.heard() == []


async def test_resolve_leaves_nothing_open_in_the_dialogue(office: Office) -> None:
    """A form the bot had begun does not swallow the customer's next message; what is known stays."""
    waiting = await office.waiting()
    ann = await office.agent("ann", status="away")
    await ann.does("accept", waiting.chat)
    state = {"slots": {"order_number": "QC20260001"}, "form": {"name": "order_form"}, "choices": []}
    async with office.database.write() as tx:
        await tx.run(update(conversation).values(dialogue=state))
    await ann.does("resolve", waiting.chat)
    async with office.database.read() as tx:
        row = await tx.one(select(conversation))
    assert row is not None
    assert row["dialogue"] == {"slots": {"order_number": "QC20260001"}}


async def test_notices_speak_the_customers_language(office: Office) -> None:
    """The language is read when it is said: the customer may have changed it while waiting."""
    waiting = await office.waiting(language="zh")
    ann = await office.agent("ann", status="away")
    async with office.database.write() as tx:
        await tx.run(update(customer).values(language="en"))
    await ann.does("accept", waiting.chat)
    assert await waiting.heard() == ["Ann is here now and will help you from here."]


async def test_writing_while_an_agent_answers(office: Office) -> None:
    """Customer and agent write at the same moment, again and again: everything arrives in order."""
    waiting = await office.waiting()
    ann = await office.agent("ann", status="away")
    await ann.does("accept", waiting.chat)

    async def customer_writes() -> None:
        for number in range(10):
            await waiting.says(f"question {number}")

    async def agent_writes() -> None:
        for number in range(10):
            await ann.does("reply", waiting.chat, text=f"answer {number}")

    await asyncio.wait_for(asyncio.gather(customer_writes(), agent_writes()), 60)
    whole = await ann.reads(f"/conversations/{waiting.chat}")
    texts = [one["text"] for one in whole["messages"]]
    for kind in ("question", "answer"):
        said = [text for text in texts if text.startswith(kind)]
        assert said == [f"{kind} {number}" for number in range(10)]
    assert [one["seq"] for one in whole["messages"]] == list(range(1, len(texts) + 1))


async def test_only_who_serves_serves(office: Office) -> None:
    """An administrator without the agent's role neither accepts nor is ready."""
    waiting = await office.waiting()
    boss = await office.agent("boss", status="away", roles=["admin"])
    assert (await boss.tries("accept", waiting.chat)).status_code == 403
    assert (await boss.http.put("/me/status", json={"status": "ready"})).status_code == 403
    assert (await boss.reads("/session"))["agent"]["status"] == "away"
