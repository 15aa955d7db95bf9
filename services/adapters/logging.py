"""The loggers of a service."""

import logging
from typing import Final

import structlog

from streams.process import logs

QUIET: Final = ("kafka", "aiokafka", "httpx", "httpcore", "uvicorn.access")


def configure(*, process: str, level: str, json: bool) -> None:
    """As :func:`streams.process.logs.configure`, without the chatter of the libraries that services use."""
    logs.configure(process=process, level=level, json=json, quiet=QUIET)
    logging.getLogger("kafka.net.selector").setLevel(logging.ERROR)  # it warns whenever a busy machine is slow


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger by module name."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
