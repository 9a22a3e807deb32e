"""Small pictures that no drawing library has: SVG text by hand, safe and readable when narrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

SETTING_COLOURS = {
    "internal_fostering": "#0072B2",
    "ifa": "#56B4E9",
    "connected_persons": "#009E73",
    "residential": "#D55E00",
    "supported_accommodation": "#E69F00",
    "other": "#999999",
    "unplaced": "#000000",
}
"""Okabe and Ito's, which people with colour-blind vision can tell apart."""
EDGE = "#52606d"
"""Of what is no setting: coming into care, leaving it."""
WIDE, NARROW = 720, 350
"""Widths in pixels at which a picture is drawn; the page shows the one that fits."""


@dataclass(frozen=True)
class Picture:
    """A picture for the page, drawn at two widths, with its words for who does not see it."""

    key: str
    title: str
    description: str
    wide: Markup
    narrow: Markup
    term: str
    caption: str = ""


def svg(parts: Sequence[str], width: float, height: float, description: str) -> Markup:
    """A picture that fills its container's width; ``parts`` are elements, escaped already."""
    inside = "".join(parts)
    return Markup(
        f'<svg role="img" aria-label="{escape(description)}" viewBox="0 0 {width:g} {height:.0f}" '
        f'width="{width:g}" height="{height:.0f}" xmlns="http://www.w3.org/2000/svg">{inside}</svg>'
    )


def rectangle(x: float, y: float, width: float, height: float, colour: str, told: str) -> str:
    """A filled rectangle that tells a pointer what it is."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'fill="{colour}"><title>{escape(told)}</title></rect>'
    )


def words(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    colour: str = "#1f2933",
    size: int = 12,
    strong: bool = False,
) -> str:
    """A line of text with a white edge, so that it can be read over anything."""
    weight = ' font-weight="600"' if strong else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
        f'fill="{colour}" stroke="#fff" stroke-width="3" paint-order="stroke"{weight}>'
        f"{escape(text)}</text>"
    )


def ribbon(
    x: tuple[float, float], left: float, right: float, thickness: float, colour: str, told: str
) -> str:
    """A band from one height on the left to another on the right, each its upper edge."""
    start, end = x
    middle = (start + end) / 2
    path = (
        f"M{start:.1f},{left:.1f}C{middle:.1f},{left:.1f} {middle:.1f},{right:.1f} "
        f"{end:.1f},{right:.1f}V{right + thickness:.1f}C{middle:.1f},{right + thickness:.1f} "
        f"{middle:.1f},{left + thickness:.1f} {start:.1f},{left + thickness:.1f}Z"
    )
    return (
        f'<path class="ribbon" d="{path}" fill="{colour}" fill-opacity="0.45">'
        f"<title>{escape(told)}</title></path>"
    )
