"""Static files under an address that carries their content, so that browsers may keep them for ever."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from dashboards.web import STATIC

TYPES: Final = {".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".txt": "text/plain"}
FOREVER: Final = "public, max-age=31536000, immutable"
ROOT: Final = "/static/"
WORTH_PACKING: Final = 512


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, packed once."""

    media_type: str
    plain: bytes
    packed: bytes


class Assets:
    """All files below the static folder, read at start; one digest names the whole tree.

    One digest (not one a file) because modules import each other by relative address.
    """

    def __init__(self, root: Path = STATIC) -> None:
        self._files = {
            path.relative_to(root).as_posix(): _read(path)
            for path in sorted(root.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }
        digest = hashlib.sha256()
        for name, asset in self._files.items():
            digest.update(name.encode() + b"\0" + hashlib.sha256(asset.plain).digest())
        self.digest = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """Where a page finds ``name``."""
        return f"{ROOT}{self.digest}/{name}"

    def answer(self, request: Request, digest: str, name: str) -> Response:
        """The file; an old digest gets today's file, uncached."""
        asset = self._files.get(name)
        if asset is None:
            return Response("not found", 404, media_type="text/plain")
        headers = {"Cache-Control": FOREVER if digest == self.digest else "no-cache", "Vary": "Accept-Encoding"}
        if asset.packed and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(asset.packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=asset.media_type)
        return Response(asset.plain, headers=headers, media_type=asset.media_type)


@cache
def assets() -> Assets:
    """The files that belong to this code, read and packed once a process."""
    return Assets()


def _read(path: Path) -> Asset:
    plain = path.read_bytes()
    media_type = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(media_type, plain, gzip.compress(plain, 9, mtime=0) if len(plain) >= WORTH_PACKING else b"")
