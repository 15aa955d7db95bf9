"""What the registry process reads from its environment."""

import json
from enum import StrEnum

from pydantic import Field, SecretStr, field_validator

from services.adapters.settings import DatabaseSettings


class Pace(StrEnum):
    """Whether seeded rules keep their real off-delays or a visitor's."""

    DEMO = "demo"
    REAL = "real"


class RegistrySettings(DatabaseSettings):
    """Besides the addresses: what a fresh platform is seeded with."""

    pace: Pace = Field(default=Pace.REAL, description="demo caps seeded off-delays at 20 s; real keeps them.")
    devices: int = Field(default=400, ge=1, description="How many devices the demo's district has.")
    seed: int = Field(default=1, description="Seed of the demo's district; the simulator must have the same.")
    demo_passwords: SecretStr = Field(
        default=SecretStr(""), description='JSON {"user": "password"}: the demo users to make, in demo mode only.'
    )
    administrator_password: SecretStr = Field(
        default=SecretStr(""), description="Makes the first user, administrator, where there is no user at all."
    )

    @field_validator("demo_passwords")
    @classmethod
    def _words(cls, value: SecretStr) -> SecretStr:
        words = json.loads(value.get_secret_value() or "{}")
        if not isinstance(words, dict) or not all(isinstance(word, str) for word in words.values()):
            raise ValueError('give a JSON object of user and password: {"operator": "…"}')
        return value

    def words(self) -> dict[str, str]:
        """Demo user to password; nobody outside the demo."""
        words: dict[str, str] = json.loads(self.demo_passwords.get_secret_value() or "{}")
        return words if self.demo else {}
