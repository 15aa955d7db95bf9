"""Pictures developed in processes of their own, a few at once: what a hostile picture breaks is not the front door."""

import hashlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Final

import msgspec

from services.adapters import logging
from services.adapters.imaging import REFUSED
from services.adapters.metrics import counter, histogram
from services.pictures import HEAD, TAKEN, Picture, kind_of
from streams.contracts import Refused, Unavailable
from streams.contracts.metrics import PICTURE_SECONDS, PICTURES

_LOG: Final = logging.get(__name__)
COMMAND: Final = (sys.executable, "-m", "services.adapters.imaging")
PASSED_ON: Final = ("PATH", "LANG", "PYTHONPATH", "VIRTUAL_ENV")
AT_ONCE: Final = 2
WAITING: Final = 8
PATIENCE_S: Final = 45.0
"""How long a photo waits for its turn; two at once of a camera's full size take some seconds each."""
LIMIT_S: Final = 30.0
CHUNK: Final = 1 << 16
MOST_MADE: Final = 64 << 20
TAKES: Final = "Send a JPEG, PNG or WebP picture."
REMEDIES: Final = {
    "heic": "On an iPhone choose Settings, Camera, Formats, Most Compatible; or send it as JPEG.",
    "pixels": "Take it at a lower resolution: at most 64 million pixels.",
    "broken": "Take it again, or open it and save it anew as JPEG.",
}


class _Head(msgspec.Struct):
    width: int
    height: int
    body: int


class _Bad(msgspec.Struct):
    because: str


class ProcessDarkroom:
    """:class:`services.pictures.Darkroom`: a short-lived process a picture, without our secrets in its environment."""

    def __init__(
        self, most_bytes: int, *, at_once: int = AT_ONCE, waiting: int = WAITING, patience_s: float = PATIENCE_S,
        limit_s: float = LIMIT_S, command: Sequence[str] = COMMAND,
    ) -> None:  # fmt: skip
        self._most, self._limit_s, self._command, self._patience_s = most_bytes, limit_s, command, patience_s
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._turns = threading.BoundedSemaphore(at_once)

    def develop(self, source: IO[bytes]) -> Picture:
        began, outcome = time.monotonic(), "crashed"
        try:
            with tempfile.TemporaryFile() as given:
                digest = self._take(source, given)
                with self._turn():
                    made = self._run(given, digest)
            outcome = "developed"
        except Refused as refused:
            outcome = {"crashed": "crashed", "crowded": "crowded"}.get(
                str(refused.extra.get("because", refused.code)), "refused"
            )
            raise
        finally:
            counter(PICTURES, outcome=outcome).inc()
            histogram(PICTURE_SECONDS).observe(time.monotonic() - began)
        return made

    def _take(self, source: IO[bytes], given: IO[bytes]) -> str:
        """A file for the child, since over pipes each would wait for the other; its SHA-256."""
        digest, size = hashlib.sha256(), 0
        while chunk := source.read(CHUNK):
            if not size:
                _known(kind_of(chunk[:HEAD]))
            size += len(chunk)
            if size > self._most:
                raise Refused(
                    "too_large", f"the photo has more than {self._most} bytes", field="photo", most=self._most,
                    remedy="Take it at a lower resolution.",
                )  # fmt: skip
            digest.update(chunk)
            given.write(chunk)
        if not size:
            raise Refused("picture", "the photo is empty", field="photo", because="empty", remedy=TAKES)
        given.seek(0)
        return digest.hexdigest()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise _crowded()
        try:
            if not self._turns.acquire(timeout=self._patience_s):
                raise _crowded()
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._places.release()

    def _run(self, given: IO[bytes], digest: str) -> Picture:
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        with tempfile.TemporaryFile() as made, tempfile.TemporaryFile() as noise:
            try:
                ended = subprocess.run(
                    self._command, stdin=given, stdout=made, stderr=noise, env=environment,
                    timeout=self._limit_s, check=False,
                )  # fmt: skip
            except subprocess.TimeoutExpired:
                raise _crashed(f"took longer than {self._limit_s:.0f} s", b"") from None
            except OSError as error:
                raise Unavailable(f"no picture can be developed: {error}") from error
            made.seek(0)
            if ended.returncode == REFUSED:
                raise bad(msgspec.json.decode(made.readline(), type=_Bad).because)
            if ended.returncode:
                noise.seek(0)
                raise _crashed(f"ended with {ended.returncode}", noise.read(2_000))
            head = msgspec.json.decode(made.readline(), type=_Head)
            body = made.read(head.body)
            return Picture(digest, head.width, head.height, body, made.read(MOST_MADE))


def _known(kind: str) -> None:
    if kind not in TAKEN:
        raise Refused(
            "media", f"the photo is {f'a file of the kind {kind}' if kind else 'no picture'}, whatever its name says",
            field="photo", value=kind, because=kind or "unknown", remedy=REMEDIES.get(kind, TAKES),
        )  # fmt: skip


def bad(because: str) -> Refused:
    """The refusal of bytes that are no usable picture: ``broken``, or ``pixels``, too many of them."""
    detail = {"pixels": "the photo has too many pixels"}.get(because, "the photo cannot be read: it is damaged")
    return Refused("picture", detail, field="photo", because=because, remedy=REMEDIES.get(because, TAKES))


def _crashed(how: str, said: bytes) -> Refused:
    """Whether the bytes were hostile or ours is the fault cannot be told; the sender can do the same about both."""
    _LOG.error("a picture broke its decoder", how=how, said=said.decode(errors="replace")[-500:])
    return Refused(
        "picture", "the photo cannot be read", field="photo", because="crashed", remedy=REMEDIES["broken"]
    )  # fmt: skip


def _crowded() -> Refused:
    return Refused(
        "crowded", "as many photos are being received as may at once", seconds=10,
        remedy="Send it again in ten seconds; nothing was lost.",
    )  # fmt: skip
