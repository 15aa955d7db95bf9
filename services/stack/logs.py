"""``./linli logs``: the last lines of one process or of all, and what follows."""

import time
from pathlib import Path

from services.stack.layout import Layout
from services.stack.say import console, failure

LINES = 40


def logs(layout: Layout, name: str | None, *, follow: bool) -> int:
    """Print the tail of the logs; with ``follow``, go on until Ctrl-C."""
    files = sorted(layout.logs.glob("*.log"))
    if name is not None:
        files = [file for file in files if file.stem == name]
    if not files:
        known = ", ".join(sorted(file.stem for file in layout.logs.glob("*.log"))) or "none yet"
        failure(f"没有日志 no log {name or ''} in {layout.logs}; there are: {known}")
        return 1
    places = {file: _tail(file, LINES, prefix=len(files) > 1) for file in files}
    try:
        while follow:
            for file, place in places.items():
                places[file] = _from(file, place, prefix=len(files) > 1)
            time.sleep(0.3)
    except KeyboardInterrupt:
        pass
    return 0


def _tail(file: Path, count: int, *, prefix: bool) -> int:
    text = file.read_text(errors="replace")
    for line in text.splitlines()[-count:]:
        _print(file, line, prefix=prefix)
    return file.stat().st_size


def _from(file: Path, place: int, *, prefix: bool) -> int:
    size = file.stat().st_size
    if size < place:  # rotated
        place = 0
    if size > place:
        with file.open("rb") as handle:
            handle.seek(place)
            for line in handle.read(size - place).decode(errors="replace").splitlines():
                _print(file, line, prefix=prefix)
    return size


def _print(file: Path, line: str, *, prefix: bool) -> None:
    console.print(f"{file.stem:>12} │ {line}" if prefix else line, markup=False)
