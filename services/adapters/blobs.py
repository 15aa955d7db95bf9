"""Blobs as files of one directory: written whole or not at all, and on the disk before it is said so."""

import os
import re
import tempfile
from pathlib import Path
from typing import Final

from streams.contracts import Unavailable

NAME: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*(?:/[0-9A-Za-z][0-9A-Za-z._-]*){0,4}")


def checked(name: str) -> str:
    """``name``, which no caller's text may have become part of unchecked.

    Raises:
        ValueError: it could lead elsewhere; a bug of ours.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a blob")
    return name


class DirectoryBlobs:
    """:class:`services.pictures.Blobs`. The directory is made when something is first kept, for its owner alone."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, data: bytes) -> None:
        path = self._root / checked(name)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                Path(temporary).replace(path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
            self._settle(path.parent)
        except OSError as error:
            raise Unavailable(f"{path} cannot be written: {error}") from error

    def get(self, name: str) -> bytes | None:
        try:
            return (self._root / checked(name)).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"{name} cannot be read: {error}") from error

    def delete(self, name: str) -> None:
        path = self._root / checked(name)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(f"{path} cannot be removed: {error}") from error

    def _settle(self, folder: Path) -> None:
        """A name is safe only when its directory is, and so on up to ours."""
        for each in (folder, *folder.parents):
            handle = os.open(each, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
            if each == self._root:
                return
