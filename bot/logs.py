"""For operators: logs with a cause and, where there is one, a remedy; readable or JSON; never a secret."""

from __future__ import annotations

import logging
import sys

import structlog


def set_up_logs(style: str) -> None:
    """`text` for people, `json` for machines. Libraries speak up from WARNING on: at INFO httpx logs
    URLs with tokens.
    """
    # tracebacks without local variables: those may hold tokens
    text = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    render: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if style == "json"
        else [text]
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper("iso" if style == "json" else "%H:%M:%S", utc=style == "json"),
    ]
    structlog.configure(
        processors=[*shared, *render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        foreign_pre_chain=shared,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for talkative in ("httpx", "httpcore", "urllib3", "telegram"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
