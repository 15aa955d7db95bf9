"""What the notices process reads from its environment."""

import re
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from services.adapters.settings import LinkSettings

CHANNEL = re.compile(r"([a-z][a-z0-9_-]{0,19})=(\S+)")


class NoticesSettings(LinkSettings):
    """Besides the addresses: the channels, whose addresses hold secrets, and which serve whom."""

    notices_group: str = Field(default="notices", description="Consumer group on linli.tickets and linli.notices.")
    notice_channels: SecretStr = Field(
        default=SecretStr("box=box://"),
        description="Channels as name=address, by spaces; those named `sms` and `box` reach reporters.",
    )
    notice_defaults: str = Field(default="box", description="Channels of whoever has chosen none, by commas.")

    personal_data_years: int = Field(
        default=3, ge=1, le=100, description="Years after which it is forgotten who was told what."
    )
    notice_lease_s: float = Field(
        default=120, ge=1, description="How long a message is one sender's, seconds: longer than any channel takes."
    )

    @field_validator("notice_channels")
    @classmethod
    def _by_name(cls, value: SecretStr) -> SecretStr:
        if not all(CHANNEL.fullmatch(each) for each in value.get_secret_value().split()):
            raise ValueError("give name=address by spaces, as in box=box:// mail=mailtos://...")
        return value

    @model_validator(mode="after")
    def _own_secret(self) -> Self:
        if self.public_url and not self.own_secret:
            raise ValueError(
                "LINLI_PUBLIC_URL is set and LINLI_SESSION_SECRET is not: anybody could answer for a reporter; give it "
                "the api's own secret, or set LINLI_DEMO=1"
            )
        return self

    @property
    def addresses(self) -> dict[str, str]:
        """By channel."""
        found = (CHANNEL.fullmatch(each) for each in self.notice_channels.get_secret_value().split())
        return {match[1]: match[2] for match in found if match}

    @property
    def defaults(self) -> frozenset[str]:
        return frozenset(name for name in self.notice_defaults.split(",") if name)
