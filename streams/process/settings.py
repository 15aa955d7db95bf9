"""The settings that every process has, and how a process reads, explains and prints its own."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Base of every process's settings; variables are the field names in capitals behind ``LINLI_``.

    The addresses of servers carry the names that operators already know (``KAFKA_BOOTSTRAP_SERVERS``,
    ``DATABASE_URL``, ``MQTT_URL``).
    """

    model_config = SettingsConfigDict(env_prefix="LINLI_", frozen=True, extra="ignore", populate_by_name=True)

    log_level: str = Field(default="info", description="debug, info, warning or error.")
    log_json: bool = Field(default=True, description="JSON lines; false for a person at a terminal.")
    metrics_host: str = Field(default="127.0.0.1", description="Where /metrics and /health listen.")
    metrics_port: int = Field(default=0, ge=0, description="Port of /metrics and /health; 0 takes a free one.")


S = TypeVar("S", bound=Settings)


def load(settings_type: type[S], purpose: str, program: str, argv: Sequence[str] | None) -> S:
    """Read the settings; ``--print-config`` shows them without their secrets and leaves.

    Raises:
        SystemExit: 0 after ``--help`` or ``--print-config``, 2 for a setting that does not fit.
    """
    table = "\n".join(
        f"  {field.validation_alias or 'LINLI_' + name.upper()}: {field.description}"
        for name, field in settings_type.model_fields.items()
    )
    parser = argparse.ArgumentParser(
        prog=program,
        description=purpose,
        epilog=f"environment variables:\n{table}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--print-config", action="store_true", help="print the settings in force, secrets hidden")
    arguments = parser.parse_args(argv)
    try:
        settings = settings_type()
    except ValidationError as error:
        for problem in error.errors():
            place = ".".join(str(part) for part in problem["loc"]) or "settings"
            if place in settings_type.model_fields:
                place = f"LINLI_{place.upper()}"
            sys.stderr.write(f"{program}: {place}: {problem['msg']}\n")
        raise SystemExit(2) from None
    if arguments.print_config:
        sys.stdout.write(json.dumps(redacted(settings), indent=2, default=str) + "\n")
        raise SystemExit(0)
    return settings


def redacted(settings: Settings) -> dict[str, object]:
    """The settings as a dictionary with every secret hidden."""
    return {
        name: "**********" if isinstance(value, SecretStr) else value for name, value in settings.model_dump().items()
    }
