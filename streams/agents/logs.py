"""Structured logs on stderr, like every other process: JSON lines, or plain ones for a person."""

import logging
import sys

import structlog


def configure(*, level: str, json: bool) -> None:
    """Send the standard library's loggers (Faust's among them) through one formatter."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named,
    ]
    renderer: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if json
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for noisy in ("aiokafka", "faust.tables.recovery", "faust.app.base"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _named(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    event["process"] = "streams"
    return event
