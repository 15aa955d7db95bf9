"""What the history process may be told."""

from pydantic import Field

from services.adapters.settings import DatabaseSettings


class HistorySettings(DatabaseSettings):
    """Addresses, and how long records gather before they are stored together."""

    history_gather_ms: int = Field(
        default=250, ge=0, le=5_000, description="How long the broker gathers records for one transaction."
    )
    history_group: str = Field(default="linli-history", description="Consumer group; the other loops add a suffix.")
