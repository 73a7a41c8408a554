"""Outage notices at the API: an administrator pins them, every agent reads them, and bad ones are refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from handoff.agents import Me
from tests.handoff.office import Agent, Clock, Office
from tests.handoff.test_api import problem

AREA = {"zh": [" 东区 ", "城东"], "en": ["the east district"]}
TEXT = {
    "zh": " 东区通话掉线，预计 18:00 修好。 ",
    "en": "Calls drop in the east district, to be repaired by 18:00.",
}


def notice(now: datetime, **change: Any) -> dict[str, Any]:
    until = (now + timedelta(hours=4)).isoformat()
    return {"subjects": ["mobile"], "area": AREA, "text": TEXT, "until": until} | change


async def pins(boss: Agent, now: datetime, **change: Any) -> dict[str, Any]:
    """A notice that must be taken."""
    response = await boss.http.post("/outages", json=notice(now, **change))
    assert response.status_code == 201, response.text
    pinned: dict[str, Any] = response.json()
    return pinned


@pytest.fixture
async def boss(office: Office) -> Agent:
    return await office.agent("boss", roles=["admin"], status="away")


async def test_it_is_pinned_read_by_everybody_extended_and_taken_back(
    office: Office, boss: Agent, clock: Clock
) -> None:
    ann = await office.agent("ann")
    pinned = await pins(boss, clock())
    assert pinned["area"] == {"zh": ["东区", "城东"], "en": ["the east district"]}
    assert pinned["text"]["zh"] == "东区通话掉线，预计 18:00 修好。"
    assert pinned["pinned_by"] == {"id": boss.id, "name": "Boss"}
    assert (pinned["live"], pinned["answered"], pinned["want_news"], pinned["not_meant"]) == (True, 0, 0, 0)
    known = await ann.reads("/outages")
    assert known["notices"] == [pinned]
    assert {one["name"] for one in known["subjects"]} == {"mobile", "broadband"}
    assert known["subjects"][0]["title"]["en"] == "Mobile signal, calls and data"

    later = (clock() + timedelta(hours=8)).isoformat()
    changed = (await boss.http.patch(f"/outages/{pinned['id']}", json={"until": later})).json()
    assert changed["text"] == pinned["text"]
    assert datetime.fromisoformat(changed["until"]) == clock() + timedelta(hours=8)
    assert (await boss.http.patch(f"/outages/{pinned['id']}", json={})).json() == changed

    ended = await boss.http.post(f"/outages/{pinned['id']}/end")
    assert ended.json() == changed | {"live": False, "ended_at": ended.json()["ended_at"]}
    assert problem(await boss.http.post(f"/outages/{pinned['id']}/end"), 409)["code"] == "outage_over"
    assert problem(await boss.http.patch(f"/outages/{pinned['id']}", json={"until": later}), 409)["remedy"]


async def test_it_expires_by_itself_and_is_forgotten_after_a_week(
    office: Office, boss: Agent, clock: Clock
) -> None:
    pinned = await pins(boss, clock(), area=None)
    clock.advance(4 * 3600)
    (over,) = (await boss.reads("/outages"))["notices"]
    assert (over["live"], over["ended_at"]) == (False, None)
    problem(await boss.http.post(f"/outages/{pinned['id']}/end"), 409)
    await pins(boss, clock(), text={"zh": "新的", "en": "new"})
    assert [one["live"] for one in (await boss.reads("/outages"))["notices"]] == [True, False]
    clock.advance(8 * 24 * 3600)
    boss = await office.signs_in("boss")
    assert (await boss.reads("/outages"))["notices"] == []


async def test_only_administrators_change_anything(office: Office, boss: Agent, clock: Clock) -> None:
    ann = await office.agent("ann")
    pinned = await pins(boss, clock())
    path = f"/outages/{pinned['id']}"
    problem(await ann.http.post("/outages", json=notice(clock())), 403)
    problem(await ann.http.patch(path, json={"text": TEXT}), 403)
    problem(await ann.http.post(f"{path}/end"), 403)
    assert (await ann.reads("/outages"))["notices"] == [pinned]


@pytest.mark.parametrize(
    ("wrong", "status", "told"),
    [
        ({"subjects": []}, 400, "one subject at least"),
        ({"subjects": ["tea"]}, 400, "no subject 'tea'"),
        ({"text": {"zh": "掉线", "en": "  "}}, 400, "text for en is empty"),
        ({"text": {"zh": "掉" * 501, "en": "x"}}, 400, "text for zh has 501 characters"),
        ({"text": {"zh": "掉" * 5001, "en": "x"}}, 422, "text.zh"),
        ({"text": {"zh": "\0", "en": "x"}}, 422, "NUL"),
        ({"text": {"zh": "掉线"}}, 422, "text.en"),
        ({"area": {"zh": ["东区"], "en": [" "]}}, 400, "no name in en"),
        ({"area": {"zh": ["东"], "en": ["east"]}}, 400, "'东' is too short"),
        ({"area": {"zh": ["东区"] * 11, "en": ["east"]}}, 400, "more than 10 names"),
        ({"until": "2020-01-01T00:00:00Z"}, 400, "time is past"),
        ({"until": "2999-01-01T00:00:00Z"}, 400, "too far ahead"),
        ({"until": "2026-01-01T00:00:00"}, 422, "timezone"),
        ({"until": "tomorrow"}, 422, "until"),
    ],
)
async def test_a_bad_notice_is_refused_with_its_fault(
    office: Office, boss: Agent, clock: Clock, wrong: dict[str, Any], status: int, told: str
) -> None:
    refused = problem(await boss.http.post("/outages", json=notice(clock(), **wrong)), status)
    assert told in refused["message"]
    assert refused["remedy"] or status == 400
    assert (await boss.reads("/outages"))["notices"] == []


async def test_a_bad_change_is_refused_too(office: Office, boss: Agent, clock: Clock) -> None:
    pinned = await pins(boss, clock())
    path = f"/outages/{pinned['id']}"
    problem(await boss.http.patch(path, json={"until": "2020-01-01T00:00:00Z"}), 400)
    problem(await boss.http.patch(path, json={"text": {"zh": "", "en": "x"}}), 400)
    problem(await boss.http.patch("/outages/999", json={"text": TEXT}), 404)
    problem(await boss.http.post("/outages/999/end"), 404)
    problem(await boss.http.post("/outages/0/end"), 422)
    assert (await boss.reads("/outages"))["notices"] == [pinned]


async def test_every_screen_hears_of_it(office: Office, boss: Agent, clock: Clock) -> None:
    me: Me = await boss.me()
    await office.handoff.events.start()
    stream = office.handoff.events.stream(me)
    assert (await anext(stream)).event == "hello"
    await pins(boss, clock())
    assert (await anext(stream)).event == "outage"
    await office.handoff.events.stop()
