"""Makes a picture anew with Pillow: upright, bounded, and with no metadata. A program of its own, for hostile bytes.

``python -m services.adapters.imaging`` reads a picture from standard input and writes a line of JSON, the
picture and its thumbnail to standard output. It gives itself little memory and time first. Exit code 3 and a
line ``{"because": …}`` mean that the bytes are no picture that can be used; any other code is a crash.
"""

import io
import json
import os
import resource
import struct
import sys
import warnings
from typing import IO, Final

from PIL import Image, ImageOps

from services.pictures import Picture

FORMATS: Final = ("JPEG", "PNG", "WEBP")
MOST_PIXELS: Final = 64_000_000
"""More than a telephone's camera takes at its ordinary setting; decoded, 256 MB at most."""
EDGE: Final = 2_560
"""Pixels of the longer side of what is kept: a meter's digits stay readable."""
THUMBNAIL: Final = 320
QUALITY: Final = 82
REFUSED: Final = 3
MEMORY: Final = 768 << 20
CPU_S: Final = 20
_AVERAGED: Final = frozenset({"L", "LA", "RGB", "RGBA", "CMYK"})
_BROKEN: Final = (OSError, ValueError, SyntaxError, EOFError, struct.error, KeyError, IndexError, OverflowError)
"""What Pillow's decoders raise for bytes that are no picture, or no longer one."""


class BadPictureError(Exception):
    """The bytes are no usable picture; ``because`` is ``broken`` or ``pixels``."""

    def __init__(self, because: str) -> None:
        super().__init__(because)
        self.because = because


def develop(source: IO[bytes], digest: str = "") -> Picture:
    """The picture in ``source``, made anew.

    Raises:
        BadPictureError: it cannot be read, or has more than :data:`MOST_PIXELS`.
    """
    try:
        with warnings.catch_warnings(), Image.open(source, formats=FORMATS) as sent:
            warnings.simplefilter("ignore")  # of odd metadata, which is thrown away
            if sent.width * sent.height > MOST_PIXELS:
                raise BadPictureError("pixels")
            sent.draft("RGB", (EDGE, EDGE))  # JPEG alone: decodes at a half or a quarter where that is enough
            sent.load()
            body = _clean(sent)
    except Image.DecompressionBombError:
        raise BadPictureError("pixels") from None
    except _BROKEN:
        raise BadPictureError("broken") from None
    small = body.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return Picture(digest, body.width, body.height, _jpeg(body), _jpeg(small))


def _clean(sent: Image.Image) -> Image.Image:
    """Its pixels alone, upright, on white; a new image carries no comment, profile or place along."""
    mode = "RGBA" if sent.has_transparency_data else "RGB"
    factor = max(sent.size) // (2 * EDGE)
    if factor > 1 and sent.mode in _AVERAGED:
        sent = sent.reduce(factor)  # before anything copies it whole
    pixels = sent.convert(mode)
    pixels.thumbnail((EDGE, EDGE))
    upright = ImageOps.exif_transpose(pixels)
    clean = Image.new("RGB", upright.size, "white")
    clean.paste(upright, mask=upright if mode == "RGBA" else None)
    return clean


def _jpeg(image: Image.Image) -> bytes:
    written = io.BytesIO()
    image.save(written, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return written.getvalue()


def _confine() -> None:
    """Little of everything: whoever sends bytes that take more is the one whose picture fails."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
    os.nice(5)


def main() -> int:
    """One picture from standard input to standard output."""
    _confine()
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        made = develop(sys.stdin.buffer)
    except BadPictureError as error:
        sys.stdout.write(json.dumps({"because": error.because}) + "\n")
        return REFUSED
    head = {"width": made.width, "height": made.height, "body": len(made.body)}
    out = sys.stdout.buffer
    out.write(json.dumps(head).encode() + b"\n" + made.body + made.thumbnail)
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
