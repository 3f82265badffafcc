"""Small pictures for the legend."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from coldchain.reports import palette

WIDTH, HEIGHT = 30, 18
SHAPES = {
    "square": "M9 3H21V15H9Z",
    "hex": "M9 9L12 3H18L21 9L18 15H12Z",
    "diamond": "M15 1L22 9L15 17L8 9Z",
    "triangle": "M15 2L23 16H7Z",
    "star": "M15 1L17 7H23L18.5 10.5L20 16.5L15 13L10 16.5L11.5 10.5L7 7H13Z",
}


def _svg(inner: str) -> str:
    return f'<svg width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">{inner}</svg>'


def line_swatch(colour: str, width: float, dash: str, opacity: float = 1.0) -> str:
    """Draw a line as the map draws it."""
    dashed = "" if dash == "solid" else f' stroke-dasharray="{dash}"'
    return _svg(f'<path d="M1 9H29" stroke="{colour}" stroke-width="{width}" opacity="{opacity}"{dashed}/>')


def dot_swatch(colour: str, *, crossed: bool = False) -> str:
    """Draw a village: full, or hollow with a cross."""
    if crossed:
        cross = f'<path d="M11.5 5.5L18.5 12.5M18.5 5.5L11.5 12.5" stroke="{palette.UNSERVED}"/>'
        return _svg(f'<circle cx="15" cy="9" r="5" fill="#fff" stroke="{palette.UNSERVED}"/>{cross}')
    return _svg(f'<circle cx="15" cy="9" r="5" fill="{colour}" stroke="#3d4f58"/>')


def depot_swatch(statuses: Sequence[str]) -> str:
    """Draw a depot of the first status named, or a hub."""
    status = statuses[0] if statuses else "built"
    shape = "star" if status == "hub" else palette.MARKERS.get(status, "square")
    fill = palette.HUB if status == "hub" else "#c9d2da"
    return _svg(f'<path d="{SHAPES[shape]}" fill="{fill}" stroke="{palette.INK}" stroke-width="1.2"/>')


def zone_swatch(zone: str) -> str:
    """Draw a depot in the colour of its zone."""
    colour = palette.ZONES.get(zone, palette.OTHER_ZONE)
    return _svg(f'<path d="{SHAPES["square"]}" fill="{escape(colour)}" stroke="{palette.INK}" stroke-width="1.2"/>')
