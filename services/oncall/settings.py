"""What the on-call desk reads from its environment."""

import re

from pydantic import Field, SecretStr, field_validator

from services.adapters.settings import DatabaseSettings
from services.oncall.domain import Step

RUNG = re.compile(r"([A-Za-z0-9_.-]+):([1-9][0-9]*)")


class OncallSettings(DatabaseSettings):
    """Where Alertmanager calls, who is asked first, and which disks are watched."""

    webhook_host: str = Field(default="127.0.0.1", description="Where Alertmanager's webhook listens.")
    webhook_port: int = Field(default=9117, ge=0, le=65_535, description="Port of the webhook.")
    webhook_token: SecretStr = Field(min_length=16, description="Bearer token that Alertmanager must send.")
    rota: str = Field(
        default="oncall:300,supervisor:600,administrator:900",
        description="First rota: person:seconds before the next is asked, by commas.",
    )
    disks: str = Field(default="/", description="Paths whose disks are watched, by commas.")

    @field_validator("rota")
    @classmethod
    def _rungs(cls, value: str) -> str:
        if not all(RUNG.fullmatch(rung) for rung in value.split(",")):
            raise ValueError("give person:seconds by commas, as in oncall:300,supervisor:600")
        return value

    def steps(self) -> list[Step]:
        rungs = (rung.split(":") for rung in self.rota.split(","))
        return [Step(person, int(seconds) * 1000) for person, seconds in rungs]
