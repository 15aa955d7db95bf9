"""Settings that every process shares: environment variables, read once in ``main``."""

import re
from typing import Final, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEMO_SECRET: Final = "linli-demo-session-secret"  # noqa: S105 - refused outside the demo
_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")


class ProcessSettings(BaseSettings):
    """Base of every process's settings; variables are the field names in capitals.

    The four addresses carry the names that operators already know (``KAFKA_BOOTSTRAP_SERVERS``,
    ``DATABASE_URL``, ``MQTT_URL``); everything else starts with ``LINLI_``.
    """

    model_config = SettingsConfigDict(env_prefix="LINLI_", frozen=True, extra="ignore", populate_by_name=True)

    demo: bool = Field(default=False, description="Demo mode: the fictional district and its users may exist.")
    log_level: str = Field(default="info", description="debug, info, warning or error.")
    log_json: bool = Field(default=True, description="JSON lines; false for a person at a terminal.")
    metrics_host: str = Field(default="127.0.0.1", description="Where /metrics and /health listen.")
    metrics_port: int = Field(default=0, description="Port of /metrics and /health; 0 takes a free one.")


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
