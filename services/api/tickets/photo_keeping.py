"""Where photos are kept, by the settings; and the loop that removes those that nobody showed."""

import threading
from dataclasses import dataclass
from typing import Final

from services.adapters import logging
from services.adapters.blobs import DirectoryBlobs
from services.adapters.health import Health
from services.adapters.metrics import counter
from services.adapters.s3 import S3Blobs
from services.api.settings import ApiSettings
from services.pictures import Blobs
from services.tickets.handlers import KeepPhotos
from streams.contracts import Unavailable
from streams.contracts.metrics import LOOP_ERRORS, PHOTOS_REMOVED

_LOG: Final = logging.get(__name__)
NAME: Final = "unshown photos"
EVERY_S: Final = 600.0


def blobs_of(settings: ApiSettings) -> Blobs:
    """The bucket where one is named, else the directory."""
    if not settings.s3_bucket:
        return DirectoryBlobs(settings.photo_dir)
    return S3Blobs(
        bucket=settings.s3_bucket,
        endpoint=settings.s3_endpoint,
        region=settings.s3_region,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key.get_secret_value(),
    )


@dataclass(frozen=True, slots=True)
class Sweeping:
    """Looks every ten minutes; several front doors may, since each takes rows that no other holds."""

    photos: KeepPhotos
    health: Health
    every_s: float = EVERY_S

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            while self._sweep():
                self.health.beat(NAME)
            self.health.rest(NAME, stop, self.every_s)

    def _sweep(self) -> int:
        """How many went; a store that is away is asked again next time: nothing else waits for it."""
        try:
            removed = self.photos.sweep()
        except Unavailable as error:
            counter(LOOP_ERRORS, loop=NAME, error="unavailable").inc()
            _LOG.warning("unshown photos stay for now", error=str(error))
            return 0
        counter(PHOTOS_REMOVED).inc(removed)
        return removed
