"""What the tickets process reads from its environment."""

from pydantic import Field

from services.adapters.settings import DatabaseSettings


class TicketsSettings(DatabaseSettings):
    """Besides the addresses: the consumer group, so that a second set of tickets can follow the same alarms."""

    personal_data_years: int = Field(
        default=3,
        ge=1,
        le=100,
        description="Years after which an archived ticket forgets who reported it and what was written.",
    )
    tickets_group: str = Field(default="tickets", description="Consumer group on linli.alarms.")
