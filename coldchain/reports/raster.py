"""Drawings of ours as pictures: the few parts of SVG that our charts and maps are made of, drawn by matplotlib."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from coldchain.reports.fonts import chart_style, drawable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INCHES, DPI = 6.4, 170
TOKENS = re.compile(r"[A-Za-z]|-?\d*\.?\d+")
ANCHORS = {"start": "left", "middle": "center", "end": "right"}
STILL = frozenset({"title", "defs", "clipPath"})
Point = tuple[float, float]


def picture(svg: str) -> bytes:
    """Return a drawing as PNG.

    Parameters
    ----------
    svg : as :mod:`coldchain.reports.strokes` and the maps on paper write it

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    """
    with chart_style():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(INCHES, INCHES / aspect_of(svg)), dpi=DPI)
        draw_on(figure.add_axes((0.0, 0.0, 1.0, 1.0)), svg)
        made = io.BytesIO()
        figure.savefig(made, format="png", dpi=DPI, metadata={"Software": ""})
    return made.getvalue()


def aspect_of(svg: str) -> float:
    """Return how many times as wide as high a drawing is."""
    width, height = _size(ET.fromstring(svg))  # noqa: S314 - of our own making
    return width / height


def draw_on(axes: Axes, svg: str) -> None:
    """Draw a drawing on axes of matplotlib, which it fills."""
    root = ET.fromstring(svg)  # noqa: S314 - of our own making
    width, height = _size(root)
    axes.set(xlim=(0.0, width), ylim=(height, 0.0))
    axes.axis("off")
    points = 72.0 * axes.get_window_extent().width / axes.figure.dpi / width
    for order, (one, style, shift) in enumerate(_parts(root, {}, (0.0, 0.0))):
        _draw(axes, one, _Pen(style, shift, points, order))


def _size(root: ET.Element) -> Point:
    _left, _top, width, height = (float(part) for part in root.attrib["viewBox"].split())
    return width, height


class _Pen:
    """How a part is drawn: its style, the place it is moved to, points of a pixel, and its turn."""

    def __init__(self, style: dict[str, str], shift: Point, points: float, order: int) -> None:
        self.style, self.shift, self.points, self.order = style, shift, points, order

    def number(self, key: str, otherwise: float = 0.0) -> float:
        """Return a number of the style."""
        return float(self.style.get(key, otherwise))

    def at(self, x: float, y: float) -> Point:
        """Return a place on the sheet."""
        return x + self.shift[0], y + self.shift[1]

    def look(self, *, filled: bool = True) -> dict[str, Any]:
        """Return colours and width of a line as matplotlib takes them."""
        fill, stroke = self.style.get("fill", "#000000"), self.style.get("stroke", "none")
        dashes = [float(part) for part in self.style.get("stroke-dasharray", "").split()]
        return {
            "facecolor": fill if filled else "none", "edgecolor": stroke, "zorder": self.order,
            "linewidth": self.number("stroke-width", 1.0) * self.points * (stroke != "none"),
            "linestyle": (0, tuple(dashes)) if dashes else "-",
            **({"alpha": self.number("stroke-opacity")} if "stroke-opacity" in self.style else {}),
        }  # fmt: skip


def _parts(one: ET.Element, style: dict[str, str], shift: Point) -> Iterator[tuple[ET.Element, dict[str, str], Point]]:
    """Yield what is drawn in order, with what it inherits."""
    own = {key: value for key, value in one.attrib.items() if key not in ("x", "y", "width", "height")}
    mine = style | own if one.tag in ("svg", "g") else style | dict(one.attrib)
    moved = re.match(r"translate\(([-\d.]+)[ ,]+([-\d.]+)\)", one.attrib.get("transform", ""))
    if moved:
        shift = shift[0] + float(moved[1]), shift[1] + float(moved[2])
    if one.tag not in ("svg", "g"):
        yield one, mine, shift
        return
    for child in one:
        if child.tag not in STILL:
            yield from _parts(child, mine, shift)


def _draw(axes: Axes, one: ET.Element, pen: _Pen) -> None:
    from matplotlib.patches import Circle, PathPatch, Rectangle

    if one.tag == "rect":
        corner = pen.at(pen.number("x"), pen.number("y"))
        axes.add_patch(Rectangle(corner, pen.number("width"), pen.number("height"), **pen.look()))
    elif one.tag == "circle":
        axes.add_patch(Circle(pen.at(pen.number("cx"), pen.number("cy")), pen.number("r"), **pen.look()))
    elif one.tag == "path" and pen.style.get("d"):
        filled = one.attrib.get("fill", "none") != "none"
        axes.add_patch(PathPatch(_path(pen), capstyle="butt", **pen.look(filled=filled)))
    elif one.tag == "text":
        _write(axes, one, pen)


def _write(axes: Axes, one: ET.Element, pen: _Pen) -> None:
    from matplotlib.patheffects import withStroke

    written = axes.text(
        *pen.at(pen.number("x"), pen.number("y")), drawable("".join(one.itertext())), zorder=pen.order,
        fontsize=pen.number("font-size", 13.0) * pen.points, color=pen.style.get("fill", "#000000"), va="baseline",
        ha=ANCHORS[pen.style.get("text-anchor", "start")],
        fontweight="bold" if pen.number("font-weight", 400.0) >= 600 else "normal", clip_on=True,
    )  # fmt: skip
    if one.attrib.get("stroke"):
        width = pen.number("stroke-width") * pen.points
        written.set_path_effects([withStroke(linewidth=width, foreground=pen.style["stroke"])])


def _path(pen: _Pen) -> Any:
    """Return the outline of a path of straight pieces."""
    from matplotlib.path import Path

    tokens, points, codes = TOKENS.findall(pen.style["d"]), [], []
    here, command, n = (0.0, 0.0), "M", 0
    while n < len(tokens):
        if tokens[n].isalpha():
            command, n = tokens[n], n + 1
            if command == "Z":
                points.append(here)
                codes.append(Path.CLOSEPOLY)
            continue
        relative, kind = command.islower(), command.upper()
        base = here if relative else (0.0, 0.0)
        if kind == "H":
            here, n = (base[0] + float(tokens[n]), here[1]), n + 1
        elif kind == "V":
            here, n = (here[0], base[1] + float(tokens[n])), n + 1
        else:
            here, n = (base[0] + float(tokens[n]), base[1] + float(tokens[n + 1])), n + 2
        points.append(pen.at(*here))
        codes.append(Path.MOVETO if kind == "M" else Path.LINETO)
        command = ("l" if relative else "L") if kind == "M" else command
    return Path(points, codes)
