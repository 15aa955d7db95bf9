"""Structured logs on stderr: JSON lines for machines, coloured lines for a person at a terminal."""

import logging
import sys
from collections.abc import Iterable

import structlog
from structlog.typing import EventDict, Processor


def configure(*, process: str, level: str, json: bool, quiet: Iterable[str] = ()) -> None:
    """Send structlog and the standard library's loggers through one formatter; every line names ``process``.

    Of the loggers named in ``quiet``, which tell of every connection, only warnings are shown.
    """

    def named(_: object, __: str, event: EventDict) -> EventDict:
        event["process"] = process
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        named,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(json=json)],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in quiet:
        logging.getLogger(name).setLevel(logging.WARNING)


def _renderers(*, json: bool) -> list[Processor]:
    if json:
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
