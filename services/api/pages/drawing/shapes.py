"""The shapes of severity, drawn once: the page's SVG symbols, the map's images and the charts' last point."""

from typing import Final, NamedTuple


class Shape(NamedTuple):
    """A path in a 20 by 20 box, and the digit with its baseline."""

    path: str
    digit: str
    baseline: float


SHAPES: Final = {
    "critical": Shape("M10 .8 19.2 10 10 19.2.8 10Z", "1", 13.9),
    "major": Shape("M10 1.4 19.4 18H.6Z", "2", 16.0),
    "minor": Shape("M2.4 2.4H17.6V17.6H2.4Z", "3", 14.0),
    "warning": Shape("M10 3.2a6.8 6.8 0 1 0 .01 0Z", "", 0.0),
    "none": Shape("M4.5 4.5 15.5 15.5M15.5 4.5 4.5 15.5", "", 0.0),
}

LAST: Final = {
    "critical": "M0-6.5 6.5 0 0 6.5-6.5 0Z",
    "major": "M0-6.5 6.5 5.5H-6.5Z",
    "minor": "M-5-5H5V5H-5Z",
    "warning": "M0-4.5a4.5 4.5 0 1 0 .01 0Z",
}
