"""For the process: the one place where real parts meet. Everything is a plain argument; nothing happens
at import.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import os
import secrets
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import structlog
from fastapi import FastAPI, Header, Response
from fastapi.responses import JSONResponse, RedirectResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from bot import __version__
from bot.brain_process import Brains, newer_model
from bot.channels.base import Channel
from bot.channels.telegram import TelegramChannel
from bot.channels.web import WebChannel
from bot.channels.wechat import WeChatChannel
from bot.comeback import Comeback
from bot.demo import demo_business
from bot.dialogue import Dialogue, Health
from bot.errors import BrainError, NotAuthenticated, NotFound, SettingsError
from bot.http import Guard, install_error_handlers, refused
from bot.inbox import Inbox, Rest
from bot.messages import Incoming
from bot.notices import load_notices
from bot.opening import Opening
from bot.outage_answers import OutageAnswers
from bot.outage_news import OutageNews
from bot.outages import load_subjects
from bot.outbox import Outbox
from bot.router import Router
from bot.settings import Settings
from bot.store.database import Database, Tx
from bot.store.threads import Speaker
from handoff.service import Handoff

log = structlog.get_logger()

_BUILD = Path(__file__).resolve().parent.parent / "build"
_HEALTH_SECONDS = 1.0
_MODEL_SECONDS = 1.0


class Gateway:
    """All parts of one gateway, wired; `app` is what a server serves."""

    def __init__(self, settings: Settings, model: Path | None) -> None:
        """`model` is for the brains that this gateway starts itself; None when BRAIN_URLS names others."""
        self.settings = settings
        self.database = Database(settings.database)
        self.owner = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"[:64]
        self.brains = None if model is None else self._make_brains(model)
        self.dialogue = Dialogue(
            (lambda: settings.brain_urls) if self.brains is None else self.brains.urls,
            settings.brain_token.get_secret_value(),
            settings.brain_budget,
            None if model is None else _model_name(model),
        )
        self.brain_health: Health = "starting"
        notices = load_notices(settings.content)
        self.channels: dict[str, Channel] = {}
        self.inbox = Inbox(self.database, self.owner, self.channels, self._receive)
        self.channels |= {one.name: one for one in self._make_channels()}
        speaker = Speaker(
            {name: one.pushes for name, one in self.channels.items()},
            {name: one.reply_window for name, one in self.channels.items()},
        )
        outages = OutageAnswers(load_subjects(settings.content), notices)
        self.outage_news = OutageNews(self.database, speaker, notices, outages.forget)
        self.router = Router(
            self.database,
            self.dialogue,
            speaker,
            notices,
            outages,
            self.channels,
            gone_seconds=settings.gone_seconds,
        )
        self.comeback = Comeback(
            self.database,
            self.owner,
            self.dialogue,
            speaker,
            notices,
            self.channels,
            lambda: self.brain_health,
        )
        self.outbox = Outbox(self.database, self.owner, self.channels)
        self.handoff = Handoff(
            self.database, speaker, notices, settings, lambda: self.brain_health, version=__version__
        )
        self.app = self._make_app()

    async def start(self) -> None:
        """Opens the database, then whatever works in the background, and the doors last."""
        await self.database.open()
        self._watches = [asyncio.create_task(self._watch_health())]
        if self.brains:
            await self.brains.start()
            self._watches.append(asyncio.create_task(self._watch_models(self.brains)))
        await self.outbox.start()
        await self.inbox.start()
        await self.handoff.start()
        await self.comeback.start()
        await self.outage_news.start()
        for channel in self.channels.values():
            await channel.start()

    async def stop(self) -> None:
        """What is at work ends, what is not is found again; the channels last, since sends need them."""
        await self.outage_news.stop()
        await self.comeback.stop()
        await self.handoff.stop()
        await self.inbox.stop()
        await self.outbox.stop()
        for channel in self.channels.values():
            await channel.stop()
        for watch in self._watches:
            watch.cancel()
        if self.brains:
            await self.brains.stop()
        await self.dialogue.close()
        await self.database.close()

    async def _receive(self, tx: Tx, incoming: Incoming, inbox_id: int) -> Rest:
        return await self.router.receive(tx, incoming, inbox_id)

    def _make_channels(self) -> list[Channel]:
        settings, put, quarantine = self.settings, self.inbox.put, self.inbox.quarantine
        made: list[Channel] = [
            WebChannel(self.database, put, Opening(self.dialogue).choices, settings.public_url)
        ]
        if settings.telegram_token:
            made.append(
                TelegramChannel(
                    token=settings.telegram_token.get_secret_value(),
                    secret=settings.telegram_secret.get_secret_value() if settings.telegram_secret else None,
                    api_url=settings.telegram_api_url,
                    public_url=settings.public_url,
                    put=put,
                    quarantine=quarantine,
                )
            )
        if settings.wechat_app_id and settings.wechat_app_secret and settings.wechat_token:
            made.append(
                WeChatChannel(
                    app_id=settings.wechat_app_id,
                    app_secret=settings.wechat_app_secret.get_secret_value(),
                    token=settings.wechat_token.get_secret_value(),
                    aes_key=settings.wechat_aes_key.get_secret_value() if settings.wechat_aes_key else None,
                    api_url=settings.wechat_api_url,
                    database=self.database,
                    put=put,
                    quarantine=quarantine,
                )
            )
        return made

    def _make_brains(self, model: Path) -> Brains:
        settings = self.settings
        environment = {
            "BRAIN_TOKEN": settings.brain_token.get_secret_value(),
            "BUSINESS_API_URL": settings.business_url or f"{settings.own_url}/demo/business",
            "BUSINESS_API_TOKEN": self._business_token(),
        }
        log_file = settings.data / "brain.log"
        return Brains(settings.brains, settings.brain_python, model, environment, log_file)

    def _business_token(self) -> str:
        return (self.settings.business_token or self.settings.brain_token).get_secret_value()

    async def _watch_models(self, brains: Brains) -> None:
        """A model that is trained while we run takes over; customers notice nothing."""
        seen = brains.model
        while True:
            await asyncio.sleep(_MODEL_SECONDS)
            newer = newer_model(seen)
            if newer is None:
                continue
            seen, before = newer, brains.model
            brains.model = newer  # for a brain that begins meanwhile
            try:
                if brains.unusable():
                    self.dialogue.model = _model_name(newer)  # they begin with it now: none has another
                else:
                    await self.dialogue.swap(_model_name(newer))
            except BrainError as error:
                brains.model = before
                remedy = f"the bot goes on with {before.name}; train again when the cause is mended"
                log.error("model.refused", model=newer.name, error=str(error), remedy=remedy)
            else:
                log.info("model.swapped", was=before.name, now=newer.name)

    async def _watch_health(self) -> None:
        answered_before = False
        while True:
            health = await self.dialogue.health()
            answered_before = answered_before or health == "ready"
            if health == "down" and self.brains and not answered_before:
                health = "starting"  # the child has only just been born
            if health != self.brain_health:
                log.info("brain.health", was=self.brain_health, now=health)
                self.brain_health = health
                self.database.bus.publish({"topic": "brain", "brain": health})
            await asyncio.sleep(_HEALTH_SECONDS)

    def _make_app(self) -> FastAPI:
        app = FastAPI(title="Jieli", lifespan=self._lifespan, openapi_url=None, docs_url=None, redoc_url=None)
        app.add_middleware(GZipMiddleware, minimum_size=1000)
        app.add_middleware(Guard)
        install_error_handlers(app)
        for name, channel in self.channels.items():
            app.include_router(channel.routes, prefix=f"/channels/{name}")
        self.handoff.mount(app)
        app.include_router(
            demo_business(self.settings.brain_token.get_secret_value()), prefix="/demo/business"
        )
        self._add_health(app)
        _add_screens(app)
        return app

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        await self.start()
        try:
            yield
        finally:
            await self.stop()

    def _add_health(self, app: FastAPI) -> None:
        @app.get("/healthz")
        async def alive() -> dict[str, str]:
            return {"status": "alive"}

        @app.get("/readyz")
        async def ready() -> JSONResponse:
            database = await self._database_answers()
            brain = await self.dialogue.health()
            good = database and brain == "ready"
            return JSONResponse({"ready": good, "brain": brain, "database": database}, 200 if good else 503)

        @app.get("/metrics")
        async def metrics(authorization: Annotated[str, Header()] = "") -> Response:
            token = self.settings.metrics_token
            if token is None:
                raise NotFound("Set JIELI_METRICS_TOKEN to read the metrics.")
            if not hmac.compare_digest(authorization.encode(), f"Bearer {token.get_secret_value()}".encode()):
                refused("metrics", "token")
                raise NotAuthenticated("The metrics want their token.")
            return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    async def _database_answers(self) -> bool:
        try:
            async with asyncio.timeout(2):
                return await self.database.answers()
        except (OSError, TimeoutError):
            return False


def _model_name(model: Path) -> str:
    return model.name.removesuffix(".tar.gz")


def _add_screens(app: FastAPI) -> None:
    if not (_BUILD / "chat").is_dir() or not (_BUILD / "console").is_dir():
        raise SettingsError("the screens are not built: run `make run`, which builds them")

    @app.get("/", include_in_schema=False)
    async def home() -> RedirectResponse:
        return RedirectResponse("/chat/")

    app.mount("/chat", StaticFiles(directory=_BUILD / "chat", html=True), "chat")
    app.mount("/console", StaticFiles(directory=_BUILD / "console", html=True), "console")
