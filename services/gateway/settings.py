"""What the gateway can be told from outside."""

from pydantic import Field, SecretStr

from services.adapters.settings import KafkaSettings
from services.gateway.domain.limits import Limits
from services.gateway.domain.linger import LINGER_MS, MAX_READINGS


class GatewaySettings(KafkaSettings):
    """Settings of ``linli-gateway``."""

    mqtt_url: SecretStr = Field(
        default=SecretStr("mqtt://127.0.0.1:1883"),
        validation_alias="MQTT_URL",
        description="mqtt://user:password@host:port (mqtts for TLS).",
    )
    gateway_id: str = Field(
        default="linli-gateway",
        min_length=1,
        max_length=64,
        description="MQTT client id and name on records; it must stay the same, the broker keeps the session by it.",
    )
    gateway_receive_maximum: int = Field(
        default=4_000, ge=1, le=65_535, description="Messages that the MQTT broker may have on the way to us."
    )
    gateway_queue_messages: int = Field(
        default=Limits().messages, ge=1, description="Unacknowledged messages at which reading stops."
    )
    gateway_queue_bytes: int = Field(
        default=Limits().bytes, ge=1_048_576, description="Bytes of what waits at which reading stops."
    )
    gateway_linger_ms: int = Field(default=LINGER_MS, ge=1, le=1_000, description="How long a batch is collected.")
    gateway_batch_readings: int = Field(default=MAX_READINGS, ge=1, description="Readings at which a batch is full.")
