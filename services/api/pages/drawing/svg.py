"""The few SVG elements that every chart is made of: no style, no script, colours by class. Pure."""

from collections.abc import Sequence

from markupsafe import Markup, escape


def svg(width: int, height: int, label: str, parts: Sequence[Markup]) -> Markup:
    start = Markup('<svg class="ll-chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(width, height, label)
    return start + Markup("").join(parts) + Markup("</svg>")


def hatch(name: str) -> Markup:
    return Markup(
        '<defs><pattern id="{}" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect class="ll-c-hatch-ground" width="7" height="7"/><path class="ll-c-hatch" d="M0 0V7"/></pattern></defs>'
    ).format(name)


def rect(x: float, y: float, width: float, height: float, style: str) -> Markup:
    return Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
        style, x, y, max(width, 0.0), max(height, 0.0)
    )


def path(commands: str, style: str) -> Markup:
    return Markup('<path class="{}" d="{}"/>').format(style, commands)


def text(x: float, y: float, said: str, anchor: str, style: str = "") -> Markup:
    css = Markup(' class="{}"').format(style) if style else ""
    return Markup('<text{} x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(css, x, y, anchor, escape(said))
