"""Blobs in a bucket of an S3-compatible store, through obstore."""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from services.adapters.blobs import checked
from streams.contracts import Unavailable

if TYPE_CHECKING:  # a type of its stubs alone
    from obstore.store import S3Config

CONNECT_S: Final = 3
ANSWER_S: Final = 10
RETRIES: Final = 2
_FAILURES: Final = (BaseError, OSError)
"""obstore raises Python's own where Python has one; what is not there is a FileNotFoundError."""


class S3Blobs:
    """:class:`services.pictures.Blobs`. ``endpoint`` '' is Amazon's own; plain http only where it is named so."""

    def __init__(self, *, bucket: str, endpoint: str, region: str, access_key: str, secret_key: str) -> None:
        wait = timedelta(seconds=ANSWER_S)
        config: S3Config = {
            "region": region,
            "access_key_id": access_key,
            "secret_access_key": secret_key,
            "virtual_hosted_style_request": not endpoint,
        }
        if endpoint:
            config["endpoint"] = endpoint
        self._store = S3Store(
            bucket,
            config=config,
            client_options={
                "timeout": wait,
                "connect_timeout": timedelta(seconds=CONNECT_S),
                "allow_http": endpoint.startswith("http://"),
            },
            retry_config={"max_retries": RETRIES, "retry_timeout": wait},
        )

    def put(self, name: str, data: bytes) -> None:
        try:
            obstore.put(self._store, checked(name), data, use_multipart=False)
        except _FAILURES as error:
            raise _away(error) from error

    def get(self, name: str) -> bytes | None:
        try:
            return bytes(obstore.get(self._store, checked(name)).bytes())
        except FileNotFoundError:
            return None
        except _FAILURES as error:
            raise _away(error) from error

    def delete(self, name: str) -> None:
        try:
            obstore.delete(self._store, checked(name))
        except FileNotFoundError:
            return
        except _FAILURES as error:
            raise _away(error) from error


def _away(error: Exception) -> Unavailable:
    return Unavailable(f"the bucket of photos: {str(error).splitlines()[0]}")
