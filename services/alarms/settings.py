"""What the alarms process reads from its environment."""

from typing import Literal

from pydantic import Field

from services.adapters.settings import DatabaseSettings


class AlarmsSettings(DatabaseSettings):
    """Besides the addresses: the consumer group, so that a second store can follow the same alarms."""

    alarms_group: str = Field(default="alarms", description="Consumer group on linli.alarms.")
    quality_level: Literal["county", "street", "community", "grid"] = Field(
        default="street", description="Areas of this level are the positions whose alarm quality is published."
    )
    quality_every_s: float = Field(
        default=15, gt=0, le=20, description="How often alarm quality is measured anew, seconds."
    )
