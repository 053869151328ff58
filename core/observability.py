"""Logs and measures: structured JSON lines on standard output, without personal data.

Rooms log events with named fields; what looks like a telephone number, a national ID or a dossier
code's proof is masked here as a last fence, should a room forget.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

# A mobile number as stored or typed, and the twelve digits of a national ID (CCCD).
_PERSONAL = re.compile(r"(?<![\w.\-])(?:\+?84|0)\d{9,10}(?![\w\-])|(?<![\w.\-])\d{12}(?![\w\-])")


def redact(text: str) -> str:
    """Return `text` with what looks like a phone number or a national ID masked."""
    return _PERSONAL.sub(lambda m: "•••" + m.group()[-3:], text)


def _redact_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: redact(v) if isinstance(v, str) else v for key, v in event.items()}


def configure_logging(process: str, level: str = "INFO") -> None:
    """Make every log line of this process a JSON object that carries the process's name.

    Lines of libraries that use the standard `logging` go the same way.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact_event,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                lambda _l, _m, event: {"process": process, **event},
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Request lines carry URLs; ours hold no personal data, but libraries' may.
    for noisy in ("httpx", "aiohttp.access", "uvicorn.access", "apscheduler.executors.default"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
