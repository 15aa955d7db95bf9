"""The simulator's settings, from the environment."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from sensors.simulator.district import DEFAULT_DEVICES

PURPOSE: Final = "Plays the devices of the fictional district and publishes what they say to MQTT."


class Settings(BaseSettings):
    """Variables are the field names in capitals behind ``LINLI_``, but for ``MQTT_URL``."""

    model_config = SettingsConfigDict(env_prefix="LINLI_", frozen=True, extra="ignore", populate_by_name=True)

    mqtt_url: SecretStr = Field(
        default=SecretStr("mqtt://127.0.0.1:1883"),
        validation_alias="MQTT_URL",
        description="mqtt://user:password@host:port",
    )
    simulator_devices: int = Field(default=DEFAULT_DEVICES, ge=0, description="How many devices the district has.")
    simulator_seed: int = Field(default=1, description="One seed gives the same district and the same messages.")
    simulator_rate: float = Field(default=1.0, gt=0, description="How much more often than usual devices report.")
    simulator_ledger: Path | None = Field(default=None, description="Append what the broker acknowledged to this file.")
    simulator_truth: Path | None = Field(default=None, description="Append ordered hazards and faults to this file.")
    metrics_host: str = Field(default="127.0.0.1", description="Where /metrics and /health listen.")
    metrics_port: int = Field(default=0, ge=0, description="Port of /metrics and /health; 0 takes a free one.")
    log_level: str = Field(default="info", description="debug, info, warning or error.")
    log_json: bool = Field(default=True, description="JSON lines; false for a person at a terminal.")


def load(argv: Sequence[str] | None) -> Settings:
    """Read the settings; ``--print-config`` shows them without their secrets and leaves.

    Raises:
        SystemExit: 0 after ``--help`` or ``--print-config``, 2 for a setting that does not fit.
    """
    table = "\n".join(
        f"  {field.validation_alias or 'LINLI_' + name.upper()}: {field.description}"
        for name, field in Settings.model_fields.items()
    )
    parser = argparse.ArgumentParser(
        prog="linli-simulator",
        description=PURPOSE,
        epilog=f"environment variables:\n{table}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--print-config", action="store_true", help="print the settings in force, secrets hidden")
    arguments = parser.parse_args(argv)
    try:
        settings = Settings()
    except ValidationError as error:
        for problem in error.errors():
            place = ".".join(str(part) for part in problem["loc"])
            sys.stderr.write(f"linli-simulator: {place}: {problem['msg']}\n")
        raise SystemExit(2) from None
    if arguments.print_config:
        sys.stdout.write(json.dumps(settings.model_dump(mode="json"), indent=2) + "\n")
        raise SystemExit(0)
    return settings
