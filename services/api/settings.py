"""What the web process reads from its environment."""

from typing import Self

from pydantic import Field, model_validator

from services.adapters.settings import LinkSettings


class ApiSettings(LinkSettings):
    """The addresses, the secret that signs links, and the limits of a request."""

    http_host: str = Field(default="127.0.0.1", description="Where the pages and the JSON API listen.")
    http_port: int = Field(default=8080, ge=0, le=65_535, description="Port of the pages and the JSON API.")
    public_https: bool = Field(default=False, description="People reach us by https: cookies become Secure.")
    session_hours: int = Field(default=12, ge=1, le=720, description="How long a sign-in lasts.")
    max_body_bytes: int = Field(default=1_048_576, ge=1_024, description="A larger request is answered 413.")
    open311_jurisdiction: str = Field(default="", description="Open311's jurisdiction_id; empty: any is taken.")
    tile_url: str = Field(default="", description="Raster tiles for the map, {z}/{x}/{y}; empty: own outlines only.")

    @model_validator(mode="after")
    def _own_secret(self) -> Self:
        if not self.own_secret:
            raise ValueError("LINLI_SESSION_SECRET is not set; give it 32 random bytes, or set LINLI_DEMO=1")
        return self
