"""Settings that every process shares: environment variables, read once in ``main``."""

import re
from typing import Final, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from streams.process.settings import Settings

DEMO_SECRET: Final = "linli-demo-session-secret"  # noqa: S105 - refused outside the demo
_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")


class ProcessSettings(Settings):
    """Base of every service's settings."""

    demo: bool = Field(default=False, description="Demo mode: the fictional district and its users may exist.")


class KafkaSettings(ProcessSettings):
    """For processes that speak to Kafka."""

    kafka_bootstrap_servers: str = Field(
        default="127.0.0.1:9092", validation_alias="KAFKA_BOOTSTRAP_SERVERS", description="host:port[,host:port]"
    )


class DatabaseSettings(KafkaSettings):
    """For processes that own a schema: Kafka and PostgreSQL."""

    database_url: SecretStr = Field(
        default=SecretStr("postgresql://127.0.0.1:5432/linli"),
        validation_alias="DATABASE_URL",
        description="PostgreSQL address with this process's own role.",
    )

    @model_validator(mode="after")
    def _no_default_secret(self) -> Self:
        if not self.demo and ":linli-demo@" in self.database_url.get_secret_value():
            raise ValueError(
                "DATABASE_URL carries the demo password; set LINLI_DEMO=1 or give it a password of its own"
            )
        return self


class LinkSettings(DatabaseSettings):
    """For processes that make or take the links by which people without an account come in."""

    session_secret: SecretStr = Field(
        default=SecretStr(DEMO_SECRET), description="Signs demo sign-in links and reporters' feedback links."
    )
    public_url: str = Field(
        default="",
        description="Where reporters reach the pages, as in https://12345.example; empty: their messages have no link.",
    )

    @field_validator("public_url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        address = value.rstrip("/")
        if address and not _ADDRESS.fullmatch(address):
            raise ValueError(f"LINLI_PUBLIC_URL is {value!r}; give scheme and host alone, as in https://12345.example")
        return address

    @property
    def own_secret(self) -> bool:
        """Nobody outside knows what links are signed with, or it is the demo."""
        return self.demo or self.session_secret.get_secret_value() != DEMO_SECRET
