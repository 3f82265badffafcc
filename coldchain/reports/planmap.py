"""The map of a plan on paper: roads, hubs, depots with villages and routes in their colour, names that keep apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from coldchain.language import _
from coldchain.papers.paper import Drawing
from coldchain.reports import palette
from coldchain.reports.lines import plan_lines
from coldchain.reports.mapdata import MapData, map_data
from coldchain.reports.spots import Spot, free_spots, width_of
from coldchain.reports.strokes import text
from coldchain.runs import Run

WIDTH, HEIGHT, FOOT = 720.0, 560.0, 60.0
TYPE, SMALL_TYPE, LEGEND_TYPE, HUB_PX, DEPOT_PX, VILLAGE_PX = 15.0, 11.5, 12.5, 8.0, 6.0, 3.0
MOST_VILLAGE_NAMES = 400
NICE_M = tuple(step * power for power in (100, 1000, 10_000, 100_000) for step in (1, 2, 5))


@dataclass(frozen=True)
class Sheet:
    """Metres of a map on paper, y down."""

    data: MapData

    @property
    def scale(self) -> float:
        """Pixels a metre."""
        return WIDTH / (self.data.window.x[1] - self.data.window.x[0])

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a place lies on paper."""
        return (x - self.data.window.x[0]) * self.scale, (self.data.window.y[1] - y) * self.scale

    def path(self, columns: dict[str, Any], rows: Sequence[int] | None = None) -> str:
        """Return lines as one path."""
        pairs = list(zip(columns["xs"], columns["ys"], strict=True))
        kept = pairs if rows is None else [pairs[n] for n in rows]
        return "".join(
            "M" + "L".join("{:.1f} {:.1f}".format(*self.at(x, y)) for x, y in zip(xs, ys, strict=True))
            for xs, ys in kept
        )


def plan_drawing(run: Run) -> Drawing:
    """Draw the map of a plan."""
    return Drawing(_("Depots, hubs, roads and routes"), drawn(map_data(run, plan_lines(run), WIDTH / HEIGHT)))


def drawn(data: MapData) -> str:
    """Return the map as SVG."""
    sheet = Sheet(data)
    body = [
        f'<g class="roads">{_line(sheet.path(data.roads_minor), palette.ROAD, 0.6)}</g>',
        _line(sheet.path(data.roads_major), palette.ROAD_MAJOR, 1.5),
        _line(sheet.path(data.hauls), palette.HAUL, 3.6, 0.3),
        *_routes(sheet),
        *_villages(sheet),
        *_depots(sheet),
        *(_star(*sheet.at(x, y)) for x, y in zip(data.hubs["x"], data.hubs["y"], strict=True)),
        *_names(sheet),
        *_legend(sheet),
    ]
    told = _("Map of the plan: depots, hubs, villages, roads and routes.")
    return (
        f'<svg viewBox="0 0 {WIDTH:.0f} {HEIGHT + FOOT:.0f}" role="img" aria-label="{escape(told)}" '
        f'font-family="{", ".join(palette.FONTS).replace(chr(34), "")}" font-size="{TYPE:g}" fill="{palette.INK}">'
        f'<defs><clipPath id="frame"><rect width="{WIDTH:.0f}" height="{HEIGHT:.0f}"/></clipPath></defs>'
        f'<rect width="{WIDTH:.0f}" height="{HEIGHT:.0f}" fill="#fbfbf9" stroke="#dfe3e7"/>'
        f'<g clip-path="url(#frame)">{"".join(body[:-1])}</g>{body[-1]}</svg>'
    )


def _line(path: str, colour: str, width: float, alpha: float = 1.0) -> str:
    if not path:
        return ""
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-opacity="{alpha:g}"/>'


def _routes(sheet: Sheet) -> Iterator[str]:
    """Draw routes in the colour of their depot; straight lines where there are none."""
    data = sheet.data
    rows = {key: n for n, key in enumerate(data.depots["depot"])}
    columns = data.routes if data.routes["xs"] else data.spokes
    for key, n in rows.items():
        own = [k for k, depot in enumerate(columns["depot"]) if depot == key]
        yield _line(sheet.path(columns, own), palette.of_depot(n), 1.3, 0.75)


def _villages(sheet: Sheet) -> Iterator[str]:
    data, served = sheet.data, main_depots(sheet.data)
    columns = data.villages
    for x, y, key, name in zip(columns["x"], columns["y"], columns["village"], columns["label"], strict=True):
        px, py = sheet.at(x, y)
        title, depot = f"<title>{escape(str(name))}</title>", served.get(key, -1)
        if depot >= 0:
            style = f'fill="{palette.of_depot(depot)}" stroke="#fff" stroke-width=".6"'
            yield f'<circle cx="{px:.1f}" cy="{py:.1f}" r="{VILLAGE_PX}" {style}>{title}</circle>'
        else:
            style = f'stroke="{palette.UNSERVED}" stroke-width="1.4"'
            yield f'<path d="M{px - 3:.1f} {py - 3:.1f}l6 6m0 -6l-6 6" {style}>{title}</path>'


def main_depots(data: MapData) -> dict[str, int]:
    """Return village -> row of the depot that takes most of it, by the lines of the map."""
    rows = {key: n for n, key in enumerate(data.depots["depot"])}
    found: dict[str, tuple[float, int]] = {}
    spokes = data.spokes
    for village, depot, tonnes in zip(spokes["village"], spokes["depot"], spokes["tonnes_year"], strict=True):
        if depot in rows and tonnes > found.get(village, (0.0, -1))[0]:
            found[village] = (float(tonnes), rows[depot])
    return {village: row for village, (_tonnes, row) in found.items()}


def _depots(sheet: Sheet) -> Iterator[str]:
    columns = sheet.data.depots
    for n, (x, y, name) in enumerate(zip(columns["x"], columns["y"], columns["label"], strict=True)):
        px, py = sheet.at(x, y)
        size = f'width="{2 * DEPOT_PX}" height="{2 * DEPOT_PX}"'
        style = f'fill="{palette.of_depot(n)}" stroke="{palette.INK}"'
        corner = f'x="{px - DEPOT_PX:.1f}" y="{py - DEPOT_PX:.1f}"'
        yield f"<rect {corner} {size} {style}><title>{escape(str(name))}</title></rect>"


def _star(x: float, y: float, size: float = HUB_PX) -> str:
    inner = 0.42 * size
    points = [
        (0, -size), (inner, -inner * 0.6), (size, -0.3 * size), (inner, 0.35 * size), (0.6 * size, size), (0, inner),
        (-0.6 * size, size), (-inner, 0.35 * size), (-size, -0.3 * size), (-inner, -inner * 0.6),
    ]  # fmt: skip
    told = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in points)
    return f'<polygon points="{told}" fill="{palette.HUB}" stroke="{palette.INK}"/>'


def _names(sheet: Sheet) -> Iterator[str]:
    """Write names of hubs, of depots, the larger first, then of villages while there is room."""
    data, room = sheet.data, (2.0, 2.0, WIDTH - 2, HEIGHT - 2)
    depots, hubs, villages = data.depots, data.hubs, data.villages
    order = sorted(range(len(depots["x"])), key=lambda n: -float(depots["tonnes_year"][n]))
    places = [(hubs["x"][n], hubs["y"][n], hubs["title"][n], HUB_PX + 1) for n in range(len(hubs["x"]))]
    places += [(depots["x"][n], depots["y"][n], depots["name"][n] or depots["depot"][n], DEPOT_PX + 1) for n in order]
    large = [_spot(sheet, *place) for place in places]
    spots = free_spots(large, TYPE, room)
    taken = []
    for at, spot in zip(large, spots, strict=True):
        if spot is not None:
            taken.append(_box(at, spot, TYPE))
            yield _name(at, spot, TYPE, 600)
    small = [
        _spot(sheet, villages["x"][n], villages["y"][n], villages["name"][n] or villages["village"][n], VILLAGE_PX + 1)
        for n in range(len(villages["x"]))
    ]
    if len(small) <= MOST_VILLAGE_NAMES:
        marks = [*taken, *((at.x - at.gap, at.y - at.gap, at.x + at.gap, at.y + at.gap) for at in large)]
        for at, spot in zip(small, free_spots(small, SMALL_TYPE, room, marks), strict=True):
            if spot is not None:
                yield _name(at, spot, SMALL_TYPE, 400)


def _spot(sheet: Sheet, x: float, y: float, name: str, gap: float) -> Spot:
    px, py = sheet.at(x, y)
    return Spot(px, HEIGHT - py, str(name), gap)


def _box(at: Spot, spot: tuple[float, float], size: float) -> tuple[float, float, float, float]:
    x, y = at.x + spot[0], at.y + spot[1]
    return x, y, x + width_of(at.name, size), y + size + 1


def _name(at: Spot, spot: tuple[float, float], size: float, weight: int) -> str:
    x, y = at.x + spot[0], HEIGHT - at.y - spot[1] - 0.2 * size
    kind = ' class="small"' if weight < 600 else ""
    style = f'font-size="{size:g}" font-weight="{weight}" stroke="#fff" stroke-width="2.4" paint-order="stroke"'
    return f'<text{kind} x="{x:.1f}" y="{y:.1f}" {style}>{escape(at.name)}</text>'


def _legend(sheet: Sheet) -> Iterator[str]:
    """Yield the legend below the frame, and the scale, as one group."""
    y, parts = HEIGHT + 22, []
    dot = f'<circle cx="8" cy="{y - 4}" r="4" fill="{palette.of_depot(0)}"/>'
    cross = f'<path d="M2 {y + 16}l8 8m0 -8l-8 8" stroke="{palette.UNSERVED}" stroke-width="1.5"/>'
    square = f'<rect x="300" y="{y - 10}" width="12" height="12" fill="{palette.of_depot(0)}" stroke="{palette.INK}"/>'
    parts += [
        dot, text(22, y, _("village served, in the colour of its depot")),
        cross, text(22, y + 24, _("village not served")),
        square, text(320, y, _("depot")), _star(306, y + 20, 7), text(320, y + 24, _("hub")),
        _line(f"M395 {y - 4}h26", palette.of_depot(0), 1.6), text(428, y, _("collection route")),
        _line(f"M395 {y + 20}h26", palette.HAUL, 3.6, 0.4), text(428, y + 24, _("line haul to hub")),
    ]  # fmt: skip
    length = max((one for one in NICE_M if one * sheet.scale <= WIDTH / 5), default=NICE_M[0])
    wide = length * sheet.scale
    words = _("{km:g} km").format(km=length / 1000)
    parts.append(f'<path d="M{WIDTH - wide - 4:.1f} {y - 8}v8h{wide:.1f}v-8" fill="none" stroke="{palette.INK}"/>')
    parts.append(text(WIDTH - 4, y + 18, words, "end"))
    yield f'<g font-size="{LEGEND_TYPE:g}">{"".join(parts)}</g>'
