"""For operators: `python -m bot outage`, which pins outage notices 公告 and takes them back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

import typer
from sqlalchemy import RowMapping

from bot import migrate as migrations
from bot.errors import BadInput
from bot.messages import Language
from bot.outages import Draft, check_text, check_until, load_subjects
from bot.settings import load_settings
from bot.store import outages
from bot.store.database import Database, Tx

app = typer.Typer(
    no_args_is_help=True, help="Notices with which the bot answers while something is out of order."
)

_LISTED = timedelta(days=7)

Given = TypeVar("Given")

Zh = Annotated[str, typer.Option(help="What customers who write Chinese read.")]
En = Annotated[str, typer.Option(help="What customers who write English read.")]
Until = Annotated[str, typer.Option(help="18:00 for today, or 2026-05-01T18:00, by this machine's clock.")]
AreaZh = Annotated[
    str, typer.Option(help="The area's names in Chinese, with commas between; everywhere without.")
]
AreaEn = Annotated[str, typer.Option(help="The same in English.")]
Number = Annotated[int, typer.Argument(help="The notice's number, from `list`.", min=1, max=2**62)]


@app.command()
def add(
    subject: Annotated[
        list[str], typer.Option(help="From stories/outages.yml; can be given more than once.")
    ],
    zh: Zh,
    en: En,
    until: Until,
    area_zh: AreaZh = "",
    area_en: AreaEn = "",
) -> None:
    """Pin a notice: from now on the bot answers with it, within a second on every gateway."""
    named = {Language.ZH.value: _names(area_zh), Language.EN.value: _names(area_en)}
    area = named if any(named.values()) else None
    draft = Draft(subject, {"zh": zh.strip(), "en": en.strip()}, _moment(until), area)
    draft.check(load_subjects(load_settings().content), _now())

    async def pin(tx: Tx) -> int:
        return await outages.pin(
            tx,
            subjects=draft.subjects,
            area=draft.area,
            text=draft.text,
            until=draft.until,
            now=_now(),
            by=None,
        )

    number = _in_database(pin)
    until = _clock(draft.until)
    typer.echo(f"Notice {number} answers until {until}.  公告 {number} 生效，到 {until} 为止。")


@app.command()
def change(number: Number, zh: Zh = "", en: En = "", until: Until = "") -> None:
    """Give a notice another end or another text. Whoever has read it gets to read it once more."""
    if not (until or zh or en):
        raise BadInput("Nothing is to be changed.", remedy="Give --until, or --zh and --en.")
    values: dict[str, object] = {}
    if until:
        values["until"] = _moment(until)
        check_until(_moment(until), _now())
    if zh or en:
        values["text"] = {"zh": zh.strip(), "en": en.strip()}
        check_text({"zh": zh, "en": en})
    _in_database(lambda tx: outages.change(tx, number, _now(), **values))
    typer.echo(f"Notice {number} is changed.  公告 {number} 已修改。")


@app.command()
def end(number: Number) -> None:
    """Take a notice back, and tell whoever asked to be told."""
    _in_database(lambda tx: outages.end(tx, number, _now(), None))
    typer.echo(f"Notice {number} is over.  公告 {number} 已结束。")


@app.command("list")
def show() -> None:
    """The notices that answer, and those of the last seven days."""
    rows = _in_database(lambda tx: outages.known(tx, _now() - _LISTED))
    for row in rows:
        typer.echo(_told(row, _now()))
    if not rows:
        typer.echo("There are no notices.  没有公告。")


def _told(row: RowMapping, now: datetime) -> str:
    state = "live  生效中" if row["over_at"] > now else "over  已结束"
    area = ", ".join(row["area"]["zh"] + row["area"]["en"]) if row["area"] else "everywhere  不限地区"
    came = f"answered {row['answered']}, want to be told {row['want_news']}, not meant {row['not_meant']}"
    by = row["pinned_by_name"] or "the command line"
    return "\n".join(
        (
            f"{row['id']}  {state}  until {_clock(row['over_at'])}  {', '.join(row['subjects'])}  {area}",
            f"    {row['text']['zh']}",
            f"    {row['text']['en']}",
            f"    {came}; pinned by {by}",
        )
    )


def _in_database(work: Callable[[Tx], Awaitable[Given]]) -> Given:
    settings = load_settings()
    if settings.database.startswith("sqlite"):
        settings.data.mkdir(parents=True, exist_ok=True)
        migrations.migrate(settings.database)

    async def run() -> Given:
        database = Database(settings.database)
        if database.is_postgresql:
            await migrations.require_newest(settings.database)
        try:
            async with database.write() as tx:
                return await work(tx)
        finally:
            await database.close()

    return asyncio.run(run())


def _names(given: str) -> list[str]:
    return [name.strip() for name in given.replace("，", ",").replace("、", ",").split(",") if name.strip()]


def _moment(given: str) -> datetime:
    """By this machine's clock unless a zone is given; a time of day is today's."""
    today = _now().astimezone().date().isoformat()
    try:
        return datetime.fromisoformat(f"{today}T{given}" if "-" not in given else given).astimezone()
    except (ValueError, OverflowError) as error:
        raise BadInput(f"{given!r} is no time.", remedy="Write 18:00, or 2026-05-01T18:00.") from error


def _clock(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def _now() -> datetime:
    return datetime.now(UTC)
