"""The loop that removes photos nobody showed, and the settings that say where photos are kept."""

import io
import threading
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.adapters.blobs import DirectoryBlobs
from services.adapters.health import Health
from services.adapters.metrics import counter
from services.adapters.s3 import S3Blobs
from services.api.settings import ApiSettings
from services.api.tickets.photo_keeping import NAME, Sweeping, blobs_of
from services.tickets.domain.photos import UNSHOWN_MS
from services.tickets.handlers import KeepPhotos
from streams.contracts import Unavailable
from streams.contracts.metrics import LOOP_ERRORS, PHOTOS_REMOVED
from tests.fakes.api import MemoryPlatform
from tests.fakes.photos import InProcessDarkroom, MemoryBlobs, MemoryPhotos, picture
from tests.support import eventually


class Failing(MemoryBlobs):
    """A store that is away until somebody lets it come back."""

    away = True

    def delete(self, name: str) -> None:
        if self.away:
            raise Unavailable("the bucket")
        super().delete(name)


def test_a_store_that_is_away_is_counted_and_asked_again() -> None:
    platform = MemoryPlatform()
    blobs = Failing()
    keep = KeepPhotos(MemoryPhotos(platform.tickets), blobs, InProcessDarkroom(), platform.clock)
    ticket = next(iter(platform.tickets.state.tickets.values()))
    photo = keep.add(ticket, keep.develop(io.BytesIO(picture())), by="operator")
    platform.clock.advance(UNSHOWN_MS + 1)
    failed, removed = counter(LOOP_ERRORS, loop=NAME, error="unavailable"), counter(PHOTOS_REMOVED)
    before = (failed._value.get(), removed._value.get())
    health = Health()
    sweeping = Sweeping(keep, health, every_s=0.0)
    assert sweeping._sweep() == 0
    assert failed._value.get() == before[0] + 1
    assert keep.read(ticket.id, photo.id)
    blobs.away = False
    stop = threading.Event()
    thread = threading.Thread(target=sweeping.run, args=(stop,))
    thread.start()
    try:
        eventually(lambda: not blobs.kept, what="the photo is removed")
        eventually(lambda: removed._value.get() == before[1] + 1, what="it is counted")
        assert health.report()["healthy"]
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()


def test_photos_go_into_the_bucket_where_one_is_named_and_its_keys_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(blobs_of(ApiSettings(demo=True, photo_dir=Path("x"))), DirectoryBlobs)
    named = {"s3_bucket": "linli", "s3_endpoint": "http://127.0.0.1:9"}
    with pytest.raises(ValidationError, match="LINLI_S3_ACCESS_KEY"):
        ApiSettings(demo=True, **named)  # type: ignore[arg-type]
    keys = {"s3_access_key": "k", "s3_secret_key": "s"}
    assert isinstance(blobs_of(ApiSettings(demo=True, **named, **keys)), S3Blobs)  # type: ignore[arg-type]
