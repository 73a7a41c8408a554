"""For operators and trainers: `python -m bot`, one command for each thing that is done by hand."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from bot import migrate as migrations
from bot import outage_cli, terminal
from bot.app import Gateway
from bot.brain_process import brain_environment
from bot.errors import JieliError, SettingsError
from bot.logs import set_up_logs
from bot.messages import Language
from bot.settings import Settings, load_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

nlu = typer.Typer(no_args_is_help=True, help="What the brain understands.")
app.add_typer(nlu, name="nlu")
app.add_typer(outage_cli.app, name="outage")

_SHUTDOWN_SECONDS = 3


@app.command()
def run() -> None:
    """Start the gateway, and a brain beside it unless BRAIN_URLS names others."""
    settings = load_settings()
    set_up_logs(settings.log_format)
    _check_port(settings)
    if settings.database.startswith("sqlite"):
        settings.data.mkdir(parents=True, exist_ok=True)
        migrations.migrate(settings.database)
    else:
        asyncio.run(migrations.require_newest(settings.database))
    model = None if settings.brain_urls else newest_model(settings)
    _serve(settings, Gateway(settings, model))


@app.command()
def migrate() -> None:
    """Bring the database's tables to the newest form. SQLite does this by itself at every start."""
    settings = load_settings()
    migrations.migrate(settings.database)
    typer.echo("The tables are the newest.  数据表已是最新。")


@app.command()
def chat(
    url: Annotated[
        str, typer.Option(help="The address of a running gateway; without one, a gateway is started.")
    ] = "",
    language: Annotated[
        Language, typer.Option(help="In which the bot begins; then it follows what you write.")
    ] = Language.ZH,
) -> None:
    """Talk to the bot in the terminal; no channel is needed."""
    settings = load_settings()
    base = url or asyncio.run(terminal.running(settings))
    if base is None and not settings.brain_urls:
        newest_model(settings)
    asyncio.run(terminal.talk(base, language.value))


@app.command()
def train() -> None:
    """Train the model when intents/ or stories/ have changed, and print where it is."""
    typer.echo(newest_model(load_settings()))


@nlu.command()
def predict(
    train: Annotated[Path, typer.Option(help="Examples, tab-separated: text, intent.")],
    test: Annotated[Path, typer.Option(help="Messages in the same form.")],
    target_wrong: Annotated[
        float | None, typer.Option(help="The share of the bot's answers that may be wrong, 0 to 1.")
    ] = None,
    pipeline: Annotated[Path | None, typer.Option(help="A configuration of Rasa's, instead of ours.")] = None,
    reviewed: Annotated[
        Path | None, typer.Option(help="Reviewed messages; those with out_of_scope tell how many are.")
    ] = None,
) -> None:
    """Train on some examples and print, as a line of JSON each, what is made of other messages."""
    settings = load_settings()
    options = {"train": train, "test": test, "target-wrong": target_wrong, "pipeline": pipeline}
    options["reviewed"] = reviewed
    given = [
        word for name, value in options.items() if value is not None for word in (f"--{name}", str(value))
    ]
    command = [str(settings.brain_python), "-m", "bot.brain", "predict", "--content", str(settings.content)]
    raise typer.Exit(subprocess.run([*command, *given], env=brain_environment(), check=False).returncode)


def newest_model(settings: Settings) -> Path:
    """The model of the content as it is now; the brain's environment trains it unless it is there.
    SettingsError.
    """
    models = settings.data / "models"
    command = [str(settings.brain_python), "-m", "bot.brain", "train", "--content", str(settings.content)]
    try:
        with subprocess.Popen(
            [*command, "--out", str(models)], env=brain_environment(), stdout=subprocess.PIPE, text=True
        ) as training:
            output = _output(training)
    except FileNotFoundError as error:
        raise SettingsError(
            f"BRAIN_PYTHON: there is no {settings.brain_python}; `make run` makes it"
        ) from error
    if training.returncode:
        raise SettingsError("JIELI_CONTENT: the model could not be trained; the cause stands above")
    return Path(output.strip().splitlines()[-1])


def _output(training: subprocess.Popen[str]) -> str:
    """All that it prints in the end. Until then whoever waits is told for what, and how long already."""
    with terminal.waiting(
        "Getting the model ready: half a minute or so when intents/ or stories/ have changed.",
        "正在准备模型；intents/ 或 stories/ 有改动时约需半分钟。",
    ) as tick:
        while True:
            try:
                return training.communicate(timeout=1)[0]
            except subprocess.TimeoutExpired:
                tick()


def _check_port(settings: Settings) -> None:
    """Before anything is started: a taken port is the most common reason not to start."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            reason = f"{settings.host}:{settings.port} cannot be used: {error.strerror}"
            raise SettingsError(f"JIELI_PORT: {reason}; set another one") from error


def _serve(settings: Settings, gateway: Gateway) -> None:
    config = uvicorn.Config(
        gateway.app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    _Server(config, gateway).run()
    _tell("", f"  Stopped; everything is kept in {settings.data}/.  已停止，数据保存在 {settings.data}/。")


class _Server(uvicorn.Server):
    """Tells the operator where to look once the doors are open, and when the bot answers."""

    def __init__(self, config: uvicorn.Config, gateway: Gateway) -> None:
        super().__init__(config)
        self._gateway = gateway
        self._waiting: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            _tell_addresses(self._gateway)
            self._waiting = asyncio.create_task(self._tell_when_ready(time.monotonic()))

    async def _tell_when_ready(self, started: float) -> None:
        with self._gateway.database.bus.subscribe("brain") as notes:
            while self._gateway.brain_health != "ready":
                await notes.get()
        seconds = time.monotonic() - started
        _tell(f"  The bot answers now, after {seconds:.1f} s.  机器人 {seconds:.1f} 秒后就绪。")


def _tell_addresses(gateway: Gateway) -> None:
    base = gateway.settings.public_url or gateway.settings.own_url
    _tell(
        "",
        "  Jieli 接力",
        f"  Web chat  网页客服    {base}/chat/",
        f"  Console   客服工作台  {base}/console/",
    )
    if gateway.handoff.first_password:
        password = gateway.handoff.first_password
        _tell(f"  Sign in   登录        admin / {password}    (shown only now  仅显示这一次)")
    _tell("  Stop      停止        Ctrl-C", "")


def _tell(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)


def main() -> None:
    """Runs a command; what stops it is one sentence with its remedy."""
    try:
        app()
    except JieliError as error:
        sys.exit(" ".join(part for part in (str(error), error.remedy) if part))
