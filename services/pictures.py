"""Pictures that people send: what a file is by its first bytes, and what is kept of it. Imports nothing of ours.

A name and a declared type are a sender's word; only the bytes decide. The decoder's child process reads this
module too and starts the quicker for its having no imports.
"""

from dataclasses import dataclass
from typing import IO, Final, Protocol

TAKEN: Final = frozenset({"jpeg", "png", "webp"})
HEAD: Final = 64
"""Bytes that tell what a file is."""
_PREFIXES: Final = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"%PDF", "pdf"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"#!", "program"),
    (b"\xca\xfe\xba\xbe", "program"),
    (b"PK\x03\x04", "archive"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"\x1f\x8b", "archive"),
)
_HEIF_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


def kind_of(head: bytes) -> str:
    """What a file is, by its first :data:`HEAD` bytes: ``jpeg``, ``heic``, ``program`` …; '' where it says nothing."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return "heic" if brand in _HEIF_BRANDS else "avif" if brand in {b"avif", b"avis"} else "video"
    if head.lstrip()[:1] == b"<":
        return "markup"
    return next((kind for prefix, kind in _PREFIXES if head.startswith(prefix)), "")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture made anew from what was sent, with nothing of it but its pixels.

    ``digest`` is the SHA-256 of what was sent, in hex; ``body`` and ``thumbnail`` are JPEG,
    upright; ``width`` and ``height`` are pixels of ``body``.
    """

    digest: str
    width: int
    height: int
    body: bytes
    thumbnail: bytes


class Darkroom(Protocol):
    """Where pictures are made anew."""

    def develop(self, source: IO[bytes]) -> Picture:
        """Read ``source`` to its end and make a picture of it.

        Raises:
            Refused: ``media``, it is no picture that is taken (``because`` names its kind); ``picture``, it
                cannot be read or has too many pixels; ``too_large``; ``crowded``, as many wait as may.
            Unavailable: no decoder can be started at the moment.
        """
        ...


class Blobs(Protocol):
    """Named bytes that outlive the process. Names are ours, never a sender's: letters, digits and ``/ . _ -``."""

    def put(self, name: str, data: bytes) -> None:
        """Keep ``data``; returns only when it is safe. The same name again is written over, whole or not at all.

        Raises:
            Unavailable: it cannot be kept at the moment.
        """
        ...

    def get(self, name: str) -> bytes | None:
        """What was kept, or None.

        Raises:
            Unavailable: the store does not answer.
        """
        ...

    def delete(self, name: str) -> None:
        """Forget it; what is not there is gone already.

        Raises:
            Unavailable: the store does not answer.
        """
        ...
