"""For whoever runs the brain: one line of JSON a thing that happened, on stderr, never a customer's words."""

from __future__ import annotations

import logging
import sys

import structlog

EVENTS = logging.getLogger("brain")


def set_up(level: int = logging.INFO, others: int = logging.WARNING) -> None:
    """Send our events from `level` on, and what Rasa and Sanic say from `others` on, to stderr."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
    ]
    render = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(others),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,  # Rasa calls its debug logs by the dozen
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.basicConfig(level=others, handlers=[handler], force=True)
    EVENTS.setLevel(level)
