"""The simulator's settings, from the environment."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr

from sensors.simulator.district import DEFAULT_DEVICES
from streams.process import settings as process

PURPOSE: Final = "Plays the devices of the fictional district and publishes what they say to MQTT."


class Settings(process.Settings):
    """Variables are the field names in capitals behind ``LINLI_``, but for ``MQTT_URL``."""

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


def load(argv: Sequence[str] | None) -> Settings:
    """Raises: SystemExit, as :func:`streams.process.settings.load`."""
    return process.load(Settings, PURPOSE, "linli-simulator", argv)
