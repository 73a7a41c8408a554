"""What comes in at the doors of a whole gateway and should not: refused, counted, nothing half-written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from bot.channels.web import LONGEST
from tests.fakes.telegram import FakeTelegram
from tests.fakes.wechat import FakeWeChat
from tests.journeys.conftest import Start
from tests.support.gateway import ADMIN_PASSWORD, Gateway
from tests.support.people import agent_at_desk, web_customer

MORE_THAN_A_MEBIBYTE = b"x" * (1024 * 1024 + 1)


async def test_strangers_are_turned_away_and_counted(start: Start) -> None:
    async with FakeTelegram() as telegram, FakeWeChat() as wechat:
        gateway = await start(
            JIELI_PUBLIC_URL="{url}",
            JIELI_METRICS_TOKEN="metrics-token",
            TELEGRAM_TOKEN=telegram.token,
            TELEGRAM_API_URL=telegram.url,
            **wechat.environment,
        )
        async with httpx.AsyncClient(base_url=gateway.url) as stranger:
            wrong = {"X-Telegram-Bot-Api-Secret-Token": "guess"}
            telegram_post = await stranger.post("/channels/telegram", json={"update_id": 1}, headers=wrong)
            assert telegram_post.status_code in {401, 403}
            forged = {"signature": "0" * 40, "timestamp": "1", "nonce": "1"}
            assert (await stranger.get("/channels/wechat", params=forged)).status_code in {401, 403}
            assert (await stranger.post("/channels/wechat", params=forged)).status_code in {401, 403}
            no_token = await stranger.get("/channels/web/messages", headers={"Authorization": "Bearer guess"})
            assert no_token.status_code == 401
            guess = {"login": "admin", "password": "a wrong password"}
            assert (await stranger.post("/api/v1/session", json=guess)).status_code == 401
            assert (await stranger.get("/api/v1/queue")).status_code == 401
            assert (await stranger.get("/demo/business/orders/QC20260001")).status_code == 401
            elsewhere = {"Origin": "https://elsewhere.example"}
            right = {"login": "admin", "password": ADMIN_PASSWORD}
            assert (await stranger.post("/api/v1/session", json=right, headers=elsewhere)).status_code == 403
            assert (await stranger.post("/channels/web/sessions", headers=elsewhere)).status_code == 403
            assert (await stranger.get("/metrics")).status_code == 401
            metrics = await stranger.get("/metrics", headers={"Authorization": "Bearer metrics-token"})
    counted = {
        line.split('where="')[1].split('"')[0] for line in metrics.text.splitlines() if "where=" in line
    }
    assert {"telegram", "wechat", "web", "metrics"} <= counted


@pytest.mark.parametrize("chunked", [False, True], ids=["told", "chunked"])
async def test_more_than_a_mebibyte_is_refused_at_every_door(gateway: Gateway, chunked: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield MORE_THAN_A_MEBIBYTE

    async with httpx.AsyncClient(base_url=gateway.url) as client:
        for door in ("/channels/web/messages", "/channels/web/sessions", "/api/v1/session"):
            body = pieces() if chunked else MORE_THAN_A_MEBIBYTE
            refused = await client.post(door, content=body, headers={"Content-Type": "application/json"})
            assert refused.status_code == 413, door


async def test_a_message_longer_than_the_page_lets_anybody_write_is_refused(gateway: Gateway) -> None:
    async with web_customer(gateway.url) as customer:
        body = {"id": "long", "text": "长" * (LONGEST + 1)}
        refused = await customer.client.post("/channels/web/messages", json=body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_large")
        assert str(LONGEST) in refused.json()["error"]["message"]
        await customer.says("长" * LONGEST)
        await customer.hears(lambda heard: heard.author != "customer")


async def test_what_is_malformed_is_said_to_be(gateway: Gateway) -> None:
    async with web_customer(gateway.url) as customer, agent_at_desk(gateway.url) as agent:
        as_json = {"Content-Type": "application/json"}
        broken = await customer.client.post("/channels/web/messages", content=b"{", headers=as_json)
        assert (broken.status_code, broken.json()["error"]["code"]) == (400, "bad_input")
        missing = await customer.client.post("/channels/web/messages", json={"text": "no id"})
        assert missing.status_code == 422
        headers = {"X-CSRF-Token": agent.csrf, **as_json}
        broken = await agent.client.put("/api/v1/me/status", content=b"{", headers=headers)
        assert broken.status_code == 400
        assert (await agent.call("PUT", "/me/status", {"status": "asleep"})).status_code == 422
        assert (await agent.call("GET", "/conversations/987654")).status_code == 404
        assert (await agent.call("POST", "/conversations/987654/accept", {})).status_code == 404
        assert await customer.thread() == []


async def test_a_stale_epoch_says_who_has_it_now(gateway: Gateway) -> None:
    async with web_customer(gateway.url) as customer, agent_at_desk(gateway.url) as agent:
        await customer.says("转人工")
        row = await agent.sees(lambda row: row["state"] == "queued")
        await agent.accepts(row["id"], epoch=row["epoch"])
        late = await agent.call("POST", f"/conversations/{row['id']}/resolve", {"epoch": row["epoch"]})
        assert late.status_code == 409
        holder = late.json()["error"]["holder"]
        assert (holder["state"], holder["agent"]["name"]) == ("active", "Admin")
        assert holder["epoch"] > row["epoch"]


async def test_the_doors_say_who_they_are(gateway: Gateway) -> None:
    async with httpx.AsyncClient(base_url=gateway.url, follow_redirects=True) as client:
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).json()["ready"] is True
        for page in ("/chat", "/console", "/chat/widget.js", "/api/v1/openapi.json"):
            response = await client.get(page)
            assert response.status_code == 200, page
            assert "default-src 'self'" in response.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in (await client.get("/console/")).headers["content-security-policy"]


async def test_two_agents_accept_at_once_and_one_has_it(gateway: Gateway) -> None:
    async with (
        agent_at_desk(gateway.url) as admin,
        web_customer(gateway.url) as customer,
    ):
        made = {
            "login": "wei",
            "password": "a long password",
            "name": "Wei",
            "roles": ["agent"],
            "capacity": 2,
        }
        assert (await admin.call("POST", "/agents", made)).status_code == 201
        async with agent_at_desk(gateway.url, "wei", "a long password") as wei:
            await customer.says("转人工")
            row = await wei.sees(lambda row: row["state"] == "queued")
            path = f"/conversations/{row['id']}/accept"
            answers = await asyncio.gather(admin.call("POST", path, {}), wei.call("POST", path, {}))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
