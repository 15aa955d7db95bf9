"""A small map to point at, as an SVG image: streets, water and buildings of a window, and the chosen point.

The picture is an ``<input type=image>``, so that a press on it sends its place with the form, script or no script;
:meth:`Window.point` turns that back into longitude and latitude. Pure.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from services.tickets.domain.merging import METRES_A_DEGREE

WIDTH, HEIGHT = 328, 246
"""Pixels, on desk and phone alike: what the browser sends is counted in them."""
CLOSE_M: Final = 700.0
"""A window of at most this width tells one building from the next."""
NEAR_M, WIDEST_M = 320.0, 40_000.0
"""The widths that a window opens with at a known place, and has at most."""
_LABELLED_M: Final = 420.0
COLOURS: Final = {
    "light": {"land": "#EDEFF1", "water": "#CFD9E0", "green": "#E0E6E1", "road": "#FBFBFC", "edge": "#D5DADF",
              "building": "#DADFE3", "line": "#C6CDD3", "label": "#4A545E", "mark": "#1E525B", "halo": "#FFFFFF"},
    "dark": {"land": "#15181B", "water": "#10202A", "green": "#1A211E", "road": "#22272B", "edge": "#2C3238",
             "building": "#2A3036", "line": "#363D44", "label": "#AEB6BE", "mark": "#9FC9CE", "halo": "#12181A"},
}  # fmt: skip
"""The map's tokens, which an image cannot take from the page's style sheet."""
Features = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Window:
    """What the map shows: its middle, and how many metres its width spans."""

    lon: float
    lat: float
    span: float

    @property
    def metres_a_pixel(self) -> float:
        return self.span / WIDTH

    def point(self, x: float, y: float) -> tuple[float, float]:
        """The place under a pixel, counted from the top left."""
        east, north = (x - WIDTH / 2) * self.metres_a_pixel, (HEIGHT / 2 - y) * self.metres_a_pixel
        return self.lon + east / self._degree, self.lat + north / METRES_A_DEGREE

    def pixel(self, lon: float, lat: float) -> tuple[float, float]:
        x = WIDTH / 2 + (lon - self.lon) * self._degree / self.metres_a_pixel
        return x, HEIGHT / 2 - (lat - self.lat) * METRES_A_DEGREE / self.metres_a_pixel

    @property
    def _degree(self) -> float:
        """Metres of a degree of longitude here."""
        return METRES_A_DEGREE * max(0.01, math.cos(math.radians(self.lat)))

    def written(self) -> str:
        return f"{self.lon:.6f},{self.lat:.6f},{self.span:.0f}"


def window_of(text: str) -> Window | None:
    """A window as :meth:`Window.written` wrote it; None for anything else."""
    try:
        lon, lat, span = (float(part) for part in text.split(","))
    except ValueError:
        return None
    sound = abs(lon) <= 180 and abs(lat) <= 89 and 10 <= span <= WIDEST_M
    return Window(lon, lat, span) if sound else None


def around(geometry: Mapping[str, Any] | None, lon: float, lat: float) -> Window:
    """A window that holds a drawn area; a close one around its point where nothing is drawn."""
    points = list(_points(geometry.get("coordinates", ()))) if geometry else []
    if not points:
        return Window(lon, lat, NEAR_M * 2)
    wests, souths = zip(*points, strict=True)
    middle = ((min(wests) + max(wests)) / 2, (min(souths) + max(souths)) / 2)
    wide = (max(wests) - min(wests)) * METRES_A_DEGREE * math.cos(math.radians(middle[1]))
    high = (max(souths) - min(souths)) * METRES_A_DEGREE * WIDTH / HEIGHT
    return Window(*middle, min(WIDEST_M, max(NEAR_M, 1.1 * wide, 1.1 * high)))


def drawn(window: Window, layers: Features, mark: tuple[float, float] | None, theme: str) -> str:
    """The map as an SVG document."""
    colours = COLOURS.get(theme, COLOURS["light"])
    start = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}">'
        '<rect width="{0}" height="{1}" fill="{2}"/>'
    ).format(WIDTH, HEIGHT, colours["land"])
    parts = [start]
    for name in ("water", "green"):
        parts += _shapes(window, layers.get(name), fill=colours[name])
    for width, name in ((7.5, "edge"), (6.0, "road")):
        parts += _shapes(window, layers.get("streets"), line=colours[name], width=width / window.metres_a_pixel)
    parts += _shapes(window, layers.get("buildings"), fill=colours["building"], line=colours["line"])
    if window.span <= _LABELLED_M:
        parts += _numbers(window, layers.get("buildings"), colours)
    if mark is not None:
        x, y = window.pixel(*mark)
        parts.append(
            Markup('<circle cx="{0:.1f}" cy="{1:.1f}" r="7" fill="{2}" stroke="{3}" stroke-width="2.5"/>'
                   '<circle cx="{0:.1f}" cy="{1:.1f}" r="13" fill="none" stroke="{2}" stroke-width="1.5"/>'
                   ).format(x, y, colours["mark"], colours["halo"])
        )  # fmt: skip
    return str(Markup("").join([*parts, Markup("</svg>")]))


def _shapes(
    window: Window, layer: Mapping[str, Any] | None, *, fill: str = "none", line: str = "none", width: float = 1.0
) -> Iterator[Markup]:
    """Every shape of a layer that touches the window, as one path each."""
    for feature in _features(layer):
        geometry = feature.get("geometry") or {}
        ways = [[window.pixel(lon, lat) for lon, lat in way] for way in _lines(geometry)]
        if not any(_touches(way) for way in ways):
            continue
        closed = "Z" if "Polygon" in str(geometry.get("type")) else ""
        commands = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in way) + closed for way in ways)
        yield Markup('<path d="{}" fill="{}" stroke="{}" stroke-width="{:.1f}"/>').format(
            commands, fill, line, max(1.0, width)
        )


def _numbers(window: Window, layer: Mapping[str, Any] | None, colours: Mapping[str, str]) -> Iterator[Markup]:
    """The number of each building: its name's last digits."""
    for feature in _features(layer):
        name = str((feature.get("properties") or {}).get("name", ""))
        number = "".join(letter for letter in name if letter.isdigit())[-4:]
        points = list(_points((feature.get("geometry") or {}).get("coordinates", ())))
        if not number or not points:
            continue
        x, y = window.pixel(sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points))
        if 0 < x < WIDTH and 0 < y < HEIGHT:
            yield Markup(
                '<text x="{:.1f}" y="{:.1f}" font-size="11" font-family="sans-serif" text-anchor="middle" fill="{}">'
                "{}</text>"
            ).format(x, y + 4, colours["label"], number)


def _features(layer: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    return layer.get("features", ()) if layer else ()


def _lines(geometry: Mapping[str, Any]) -> Iterator[list[tuple[float, float]]]:
    """The rings of polygons, or the lines, however deep they lie."""
    coordinates = geometry.get("coordinates", ())
    depth = {"LineString": 0, "MultiLineString": 1, "Polygon": 1, "MultiPolygon": 2}.get(str(geometry.get("type")), -1)
    if depth < 0:
        return
    groups = [coordinates]
    for _ in range(depth):
        groups = [inner for group in groups for inner in group]
    yield from ([(point[0], point[1]) for point in group] for group in groups)


def _points(coordinates: Any) -> Iterator[tuple[float, float]]:
    if coordinates and isinstance(coordinates[0], int | float):
        yield coordinates[0], coordinates[1]
        return
    for inner in coordinates:
        yield from _points(inner)


def _touches(line: Sequence[tuple[float, float]]) -> bool:
    xs, ys = [x for x, _ in line], [y for _, y in line]
    return bool(line) and max(xs) >= 0 and min(xs) <= WIDTH and max(ys) >= 0 and min(ys) <= HEIGHT
