"""The colours of the style sheet, recomputed: contrast by WCAG, distance by OKLab."""

import itertools
import math
import re

import pytest

from dashboards.web import STATIC

CSS = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")
SEVERITIES = ("critical", "major", "minor", "warning")
RGB = tuple[float, float, float]


def tokens(theme: str) -> dict[str, str]:
    light, dark = CSS.split("[data-theme=dark] {", 1)
    found = dict(re.findall(r"--ll-([\w-]+): (#[0-9A-F]{6});", light))
    if theme == "dark":
        found |= dict(re.findall(r"--ll-([\w-]+): (#[0-9A-F]{6});", dark.split("}", 1)[0]))
    return found


def linear(colour: str) -> RGB:
    r, g, b = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (r, g, b))  # type: ignore[return-value]


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        r, g, b = linear(colour)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def oklab(colour: str) -> RGB:
    r, g, b = linear(colour)
    lo = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    me = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    sh = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * lo + 0.7936177850 * me - 0.0040720468 * sh,
        1.9779984951 * lo - 2.4285922050 * me + 0.4505937099 * sh,
        0.0259040371 * lo + 0.7827717662 * me - 0.8086757660 * sh,
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_reads_on_every_ground_it_stands_on(theme: str) -> None:
    t = tokens(theme)
    for ground in ("panel", "field", "sunk", "page", "hover"):
        assert contrast(t["ink"], t[ground]) >= 7, ground
        assert contrast(t["ink2"], t[ground]) >= 4.5, ground
        assert contrast(t["accent"], t[ground]) >= 4.5, ground
    assert contrast(t["ink3"], t["panel"]) >= 4.5
    assert contrast(t["ink2"], t["selected"]) >= 4.5
    assert contrast(t["on-accent"], t["accent"]) >= 7


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_controls_and_marks_stand_out_from_the_panel(theme: str) -> None:
    t = tokens(theme)
    assert contrast(t["line2"], t["panel"]) >= 3
    for severity in SEVERITIES:
        assert contrast(t[f"{severity}-line"], t["panel"]) >= 5, severity
        assert contrast(t[f"{severity}-ink"], t["panel"]) >= 4.5, severity
        assert contrast(t[f"{severity}-ink"], t[f"{severity}-wash"]) >= 4.5, severity
        assert contrast(t[f"{severity}-ink"], t["selected"]) >= 4.5, severity
        assert contrast(t[f"{severity}-on"], t[severity]) >= 4.5, severity


@pytest.mark.parametrize(("theme", "least"), [("light", 15.5), ("dark", 11.5)])
def test_no_two_fills_look_alike(theme: str, least: float) -> None:
    t = tokens(theme)
    fills = [oklab(t[name]) for name in (*SEVERITIES, "normal")]
    assert min(100 * math.dist(a, b) for a, b in itertools.combinations(fills, 2)) >= least


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_but_severity_carries_a_hue(theme: str) -> None:
    for name, colour in tokens(theme).items():
        if not name.startswith(SEVERITIES):
            _, a, b = oklab(colour)
            assert math.hypot(a, b) <= 0.06, name


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_outdoors_has_triple_a_text(theme: str) -> None:
    outdoors = dict(zip(("light", "dark"), re.findall(r"ll-phone \{ --ll-ink2: (#[0-9A-F]{6})", CSS), strict=True))
    assert contrast(outdoors[theme], tokens(theme)["panel"]) >= 7


def test_colours_live_in_one_file_and_are_plain_hex() -> None:
    for path in (STATIC / "css").glob("*.css"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"oklch|color-mix|light-dark", text), path.name
        if path.name != "tokens.css":
            assert not re.search(r"#[0-9A-Fa-f]{6}\b", text), path.name
