"""What the one-shot ``linli-provision`` needs to know."""

from pydantic import Field, SecretStr

from services.adapters.settings import KafkaSettings
from services.provision.database import DATABASE


class ProvisionSettings(KafkaSettings):
    """An administrator's address and one password for every role that it makes."""

    admin_database_url: SecretStr = Field(
        description="PostgreSQL address of a superuser, or of a role that may create roles and databases."
    )
    database_name: str = Field(default=DATABASE, description="The database to make and to fill with schemas.")
    registry_password: SecretStr = Field(description="Password for the role linli_registry.")
    history_password: SecretStr = Field(description="Password for the role linli_history.")
    alarms_password: SecretStr = Field(description="Password for the role linli_alarms.")
    tickets_password: SecretStr = Field(description="Password for the role linli_tickets.")
    oncall_password: SecretStr = Field(description="Password for the role linli_oncall.")
    notices_password: SecretStr = Field(description="Password for the role linli_notices.")
    api_password: SecretStr = Field(description="Password for the role linli_api.")
    wait_s: float = Field(default=60.0, ge=0, description="How long to wait for Kafka and PostgreSQL, seconds.")

    def passwords(self) -> dict[str, str]:
        """Role name to password."""
        return {
            f"linli_{name}": getattr(self, f"{name}_password").get_secret_value()
            for name in ("registry", "history", "alarms", "tickets", "oncall", "notices", "api")
        }
