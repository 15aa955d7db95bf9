"""What the alarms process reads from its environment."""

from pydantic import Field

from services.adapters.settings import DatabaseSettings


class AlarmsSettings(DatabaseSettings):
    """Besides the addresses: the consumer group, so that a second store can follow the same alarms."""

    alarms_group: str = Field(default="alarms", description="Consumer group on linli.alarms.")
