"""What the web process reads from its environment."""

from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from services.adapters.settings import LinkSettings

MOST_COMPANIONS: Final = 15
"""Sixteen processes of twelve database connections each; a larger district has more machines."""
MOST_PORT: Final = 65_535


class ApiSettings(LinkSettings):
    """The addresses, the secret that signs links, and the limits of a request."""

    http_host: str = Field(default="127.0.0.1", description="Where the pages and the JSON API listen.")
    http_port: int = Field(default=8080, ge=0, le=65_535, description="Port of the pages and the JSON API.")
    http_companions: Annotated[tuple[int, ...], NoDecode] = Field(
        default=(),
        description="Metrics ports of further processes on the same port, one each, by comma; 0 takes a free one.",
    )
    public_https: bool = Field(default=False, description="People reach us by https: cookies become Secure.")
    session_hours: int = Field(default=12, ge=1, le=720, description="How long a sign-in lasts.")
    max_body_bytes: int = Field(default=1_048_576, ge=1_024, description="A larger request is answered 413.")
    photo_max_bytes: int = Field(default=10_485_760, ge=65_536, description="A larger photo is answered 413.")
    photo_dir: Path = Field(default=Path("/var/lib/linli/photos"), description="Photos as files, where no bucket is.")
    s3_bucket: str = Field(default="", description="Photos go into this bucket; empty: into LINLI_PHOTO_DIR.")
    s3_endpoint: str = Field(default="", description="Address of the S3-compatible store; empty: Amazon's own.")
    s3_region: str = Field(default="us-east-1", description="Region of the bucket.")
    s3_access_key: str = Field(default="", description="Key id of the bucket's account.")
    s3_secret_key: SecretStr = Field(default=SecretStr(""), description="Secret key of the bucket's account.")
    open311_jurisdiction: str = Field(default="", description="Open311's jurisdiction_id; empty: any is taken.")
    tile_url: str = Field(default="", description="Raster tiles for the map, {z}/{x}/{y}; empty: own outlines only.")

    @field_validator("http_companions", mode="before")
    @classmethod
    def _ports(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        words = [word.strip() for word in given.split(",") if word.strip()]
        if len(words) > MOST_COMPANIONS or not all(word.isdecimal() and int(word) <= MOST_PORT for word in words):
            raise ValueError(f"{given!r} is no list of at most {MOST_COMPANIONS} ports; write 9118,9128")
        return tuple(int(word) for word in words)

    @model_validator(mode="after")
    def _own_secret(self) -> Self:
        if not self.own_secret:
            raise ValueError("LINLI_SESSION_SECRET is not set; give it 32 random bytes, or set LINLI_DEMO=1")
        if self.s3_bucket and not (self.s3_access_key and self.s3_secret_key.get_secret_value()):
            raise ValueError("LINLI_S3_BUCKET is set; give it LINLI_S3_ACCESS_KEY and LINLI_S3_SECRET_KEY too")
        return self
