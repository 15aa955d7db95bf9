"""What the alarms process reads from its environment."""

from typing import Literal

from pydantic import Field

from services.adapters.settings import DatabaseSettings
from services.alarms.domain.ladder_plan import SECOND, Plan


class AlarmsSettings(DatabaseSettings):
    """Besides the addresses: the consumer group, so that a second store can follow the same alarms."""

    alarms_group: str = Field(default="alarms", description="Consumer group on linli.alarms.")
    ladder_second_after_s: float = Field(
        default=60, gt=0, description="Critical gas unacknowledged so long calls a second grid worker, seconds."
    )
    ladder_leader_after_s: float = Field(
        default=180, gt=0, description="So long it calls the street leader, and 119 if nobody has, seconds."
    )
    ladder_on_site_within_s: float = Field(
        default=1_800, gt=0, description="Nobody on site so long after the alarm calls the district, seconds."
    )
    ladder_fire_lel: float = Field(
        default=50, gt=0, description="119 is called at once from so much combustible gas, %LEL."
    )
    quality_level: Literal["county", "street", "community", "grid"] = Field(
        default="street", description="Areas of this level are the positions whose alarm quality is published."
    )
    quality_every_s: float = Field(
        default=15, gt=0, le=20, description="How often alarm quality is measured anew, seconds."
    )

    @property
    def ladder_plan(self) -> Plan:
        """What new ladders are begun with."""
        return Plan(
            fire_lel=self.ladder_fire_lel,
            second_after=round(self.ladder_second_after_s * SECOND),
            leader_after=round(self.ladder_leader_after_s * SECOND),
            on_site_within=round(self.ladder_on_site_within_s * SECOND),
        )
