"""Bring the browser's libraries to ``static/vendor``: ``python -m dashboards.web.build``.

npm installs exactly what ``package-lock.json`` names, then the few files that pages load are
copied and the icons that templates use are gathered into one sprite. A stamp makes a second call
cost nothing; the folder is not committed.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

WEB: Final = Path(__file__).resolve().parent
VENDOR: Final = WEB / "static" / "vendor"
NPM_CI: Final = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")

COPIES: Final = {
    "maplibre-gl/dist/maplibre-gl.mjs": "maplibre-gl.mjs",
    "maplibre-gl/dist/maplibre-gl-shared.mjs": "maplibre-gl-shared.mjs",
    "maplibre-gl/dist/maplibre-gl-worker.mjs": "maplibre-gl-worker.mjs",
    "maplibre-gl/dist/maplibre-gl.css": "maplibre-gl.css",
    "maplibre-gl/LICENSE.txt": "maplibre-gl.LICENSE.txt",
    "idiomorph/dist/idiomorph.esm.js": "idiomorph.mjs",
    "idiomorph/LICENSE": "idiomorph.LICENSE.txt",
    "@tabler/icons/LICENSE": "icons.LICENSE.txt",
}

ICONS: Final = {
    "map": "map", "alarm": "bell", "ticket": "ticket", "device": "cpu", "rule": "chart-line", "oncall": "phone-call",
    "letter": "mail-exclamation", "quarantine": "shield-question", "task": "checklist", "kpi": "report-analytics",
    "notice": "message",
    "search": "search", "check": "check", "offline": "wifi-off", "refresh": "refresh",
    "sun": "sun", "moon": "moon", "language": "language", "leave": "logout",
    "gas": "flame", "septic": "barrel", "light": "lamp-2", "parking": "parking",
    "sensor": "flame", "hotline": "phone", "citizen": "camera", "patrol": "map-pin",
    "pin": "map-pin", "go": "navigation", "call": "phone", "back": "chevron-left", "plus": "plus",
    "keyboard": "keyboard", "link": "link", "people": "users", "roster": "calendar-user",
    "limit": "hourglass", "knowledge": "book-2", "catalogue": "sitemap",
}  # fmt: skip


def stamp() -> str:
    """What the vendor folder depends on: the lock and this recipe."""
    digest = hashlib.sha256()
    for path in (WEB / "package-lock.json", Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def up_to_date() -> bool:
    mark = VENDOR / ".stamp"
    return mark.is_file() and mark.read_text(encoding="ascii") == stamp()


def sprite(icons: Path) -> str:
    """One SVG with a symbol an icon, drawn with the text's own colour."""
    symbols = []
    for name, source in sorted(ICONS.items()):
        text = (icons / f"{source}.svg").read_text(encoding="utf-8")
        body = re.sub(r"<path stroke=\"none\" d=\"M0 0h24v24H0z\" fill=\"none\" ?/>", "", text)
        paths = "".join(re.findall(r"<(?:path|circle|rect|line|polyline)\b[^>]*/>", body))
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75"'
            f' stroke-linecap="round" stroke-linejoin="round">{paths}</symbol>'
        )
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


def build() -> bool:
    """Make the vendor folder true to the lock; False when it already was.

    Raises:
        subprocess.CalledProcessError: npm could not install; its own words are on stderr.
        FileNotFoundError: npm is not installed, or a package no longer has the file.
    """
    if up_to_date():
        return False
    subprocess.run(NPM_CI, cwd=WEB, check=True, stdout=sys.stderr)
    modules = WEB / "node_modules"
    fresh = VENDOR.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for source, target in COPIES.items():
        text = (modules / source).read_text(encoding="utf-8")
        (fresh / target).write_text(re.sub(r"\n?//# sourceMappingURL=\S+", "", text), encoding="utf-8")
    (fresh / "icons.svg").write_text(sprite(modules / "@tabler/icons/icons/outline"), encoding="utf-8")
    (fresh / ".stamp").write_text(stamp(), encoding="ascii")
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)
    return True


def main(argv: Sequence[str] | None = None) -> int:
    """Build, and say in one line what happened; 1 where npm is missing or refuses."""
    if argv is None:
        argv = sys.argv[1:]
    if argv:
        sys.stderr.write("usage: python -m dashboards.web.build\n")
        return 2
    try:
        done = build()
    except FileNotFoundError as error:
        sys.stderr.write(f"web libraries: {error}; install nodejs and npm (apt-get install npm)\n")
        return 1
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"web libraries: npm ended with {error.returncode}; its message is above\n")
        return 1
    sys.stdout.write("web libraries: built\n" if done else "web libraries: up to date\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
