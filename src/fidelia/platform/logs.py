"""Logs of every process: structlog and the standard library in one form, to standard error."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import Processor

from fidelia.settings import LogSettings

#: Libraries that tell at INFO what only their own developers need.
_QUIET = (
    "procrastinate",
    "uvicorn",
    "litestar",
    "alembic",
    "httpx",
    "httpcore",
    "mail",
    "asyncio",
    "clickhouse_connect",
)


def configure(settings: LogSettings, role: str) -> None:
    """Set up logging for a process; ``role`` stands in every line."""
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    console = settings.format == "console" or (settings.format == "auto" and sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _RoleAdder(role),
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if console else "iso", utc=not console),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: list[Processor]
    if console:
        colors = sys.stderr.isatty()
        renderer = [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)]
    else:
        # Without locals: they hold passwords, tokens and people's data.
        frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=20)
        renderer = [structlog.processors.ExceptionRenderer(frames), structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


class _RoleAdder:
    """A processor that names the process in every line."""

    def __init__(self, role: str) -> None:
        self._role = role

    def __call__(self, _: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event.setdefault("role", self._role)
        return event
