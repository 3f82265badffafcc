"""The still map of a plan: roads, hubs, depots with villages and routes in their colour, names that keep apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from coldchain.language import N_, _
from coldchain.reports import palette
from coldchain.reports.lines import PlanLines, plan_lines
from coldchain.reports.mapdata import MapData, map_data
from coldchain.reports.spots import LabelSpot, free_spots, width_of
from coldchain.reports.strokes import text
from coldchain.reports.swatches import HEIGHT as SWATCH_HEIGHT
from coldchain.reports.swatches import SHAPES
from coldchain.reports.swatches import WIDTH as SWATCH_WIDTH
from coldchain.runs import Run

WIDTH, HEIGHT = 720.0, 560.0
TYPE, SMALL_TYPE, LEGEND_TYPE, MARK_PX, VILLAGE_PX = 15.0, 11.5, 12.5, 8.0, 3.0
LEGEND_COLUMNS, LEGEND_ROW, SAMPLE = 3, 24.0, 34.0
MOST_VILLAGE_NAMES = 400
STATUS = {
    "built": N_("depot, built"), "expanded": N_("depot, expanded"), "existing": N_("depot, existing"),
    "mobile": N_("depot, mobile"),
}  # fmt: skip
KM = 1000.0
NICE_M = tuple(step * power for power in (100.0, KM, 10_000.0, 100_000.0) for step in (1, 2, 5))


@dataclass(frozen=True)
class MapSheet:
    """Metres of a map on paper, y down; ``shown`` says how a place is called, by name and id."""

    data: MapData
    shown: Callable[[str, str], str]

    @property
    def bar_m(self) -> float:
        """Metres of the scale: a round number, at most a fifth of the width."""
        return max((one for one in NICE_M if one * self.scale <= WIDTH / 5), default=NICE_M[0])

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


def plan_map(
    run: Run, lines: PlanLines | None = None, shown: Callable[[str, str], str] = lambda name, _id: name
) -> str:
    """Return the map of a plan as SVG.

    Parameters
    ----------
    lines : from :func:`coldchain.reports.lines.plan_lines`, when already traced
    shown : what is written for a place, by its name and id, where not every letter can be drawn
    """
    sheet = MapSheet(map_data(run, lines or plan_lines(run), WIDTH / HEIGHT), shown)
    data, legend = sheet.data, _samples(sheet.data)
    body = [
        f'<g class="roads">{_line(sheet.path(data.roads_minor), palette.ROAD, 0.6)}</g>',
        _line(sheet.path(data.roads_major), palette.ROAD_MAJOR, 1.5),
        _line(sheet.path(data.hauls), palette.HAUL, 3.6, 0.3),
        *_routes(sheet),
        *_villages(sheet),
        *_depots(sheet),
        *(_mark("star", *sheet.at(x, y), palette.HUB) for x, y in zip(data.hubs["x"], data.hubs["y"], strict=True)),
        *_names(sheet),
    ]
    rows = -(-len(legend) // LEGEND_COLUMNS)
    told = _("Map of the plan: depots, hubs, villages, roads and routes.")
    return (
        f'<svg viewBox="0 0 {WIDTH:.0f} {HEIGHT + 12 + LEGEND_ROW * rows:.0f}" role="img" aria-label="{escape(told)}" '
        f'font-family="{", ".join(palette.FONTS).replace(chr(34), "")}" font-size="{TYPE:g}" fill="{palette.INK}">'
        f'<defs><clipPath id="frame"><rect width="{WIDTH:.0f}" height="{HEIGHT:.0f}"/></clipPath></defs>'
        f'<rect x="1" y="1" width="{WIDTH - 2:.0f}" height="{HEIGHT - 2:.0f}" fill="#fbfbf9" stroke="#dfe3e7"/>'
        f'<g clip-path="url(#frame)">{"".join(body)}</g>'
        f'<g font-size="{LEGEND_TYPE:g}">{_legend(legend, rows)}{_scale(sheet)}</g></svg>'
    )


def _line(path: str, colour: str, width: float, alpha: float = 1.0) -> str:
    if not path:
        return ""
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-opacity="{alpha:g}"/>'


def _routes(sheet: MapSheet) -> Iterator[str]:
    """Draw routes in the colour of their depot; straight lines where there are none."""
    data = sheet.data
    rows = {key: n for n, key in enumerate(data.depots["depot"])}
    columns = data.routes if data.routes["xs"] else data.spokes
    for key, n in rows.items():
        own = [k for k, depot in enumerate(columns["depot"]) if depot == key]
        yield _line(sheet.path(columns, own), palette.of_depot(n), 1.3, 0.75)


def _villages(sheet: MapSheet) -> Iterator[str]:
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


def _depots(sheet: MapSheet) -> Iterator[str]:
    columns = sheet.data.depots
    places = zip(columns["x"], columns["y"], columns["status"], columns["label"], strict=True)
    for n, (x, y, status, name) in enumerate(places):
        yield _mark(palette.MARKERS.get(status, "square"), *sheet.at(x, y), palette.of_depot(n), str(name))


def _mark(shape: str, x: float, y: float, colour: str, told: str = "") -> str:
    """Draw a mark of the legend of every map, its middle at a place."""
    title = f"<title>{escape(told)}</title>" if told else ""
    moved = f'transform="translate({x - SWATCH_WIDTH / 2:.1f} {y - SWATCH_HEIGHT / 2:.1f})"'
    return f'<path d="{SHAPES[shape]}" {moved} fill="{colour}" stroke="{palette.INK}">{title}</path>'


def _names(sheet: MapSheet) -> Iterator[str]:
    """Write names of hubs, of depots, the larger first, then of villages while there is room."""
    data, room = sheet.data, (2.0, 2.0, WIDTH - 2, HEIGHT - 2)
    depots, hubs, villages = data.depots, data.hubs, data.villages
    order = sorted(range(len(depots["x"])), key=lambda n: -float(depots["tonnes_year"][n]))
    large = [_spot(sheet, hubs, "hub", n, MARK_PX + 1) for n in range(len(hubs["x"]))]
    large += [_spot(sheet, depots, "depot", n, MARK_PX + 1) for n in order]
    taken = [(WIDTH - 12 - sheet.bar_m * sheet.scale, 0.0, WIDTH, 14 + LEGEND_TYPE)]
    spots = free_spots(large, TYPE, room, taken)
    for at, spot in zip(large, spots, strict=True):
        if spot is not None:
            taken.append(_box(at, spot, TYPE))
            yield _name(at, spot, TYPE, 600)
    small = [_spot(sheet, villages, "village", n, VILLAGE_PX + 1) for n in range(len(villages["x"]))]
    if len(small) <= MOST_VILLAGE_NAMES:
        marks = [*taken, *((at.x - at.gap, at.y - at.gap, at.x + at.gap, at.y + at.gap) for at in large)]
        for at, spot in zip(small, free_spots(small, SMALL_TYPE, room, marks), strict=True):
            if spot is not None:
                yield _name(at, spot, SMALL_TYPE, 400)


def _spot(sheet: MapSheet, columns: dict[str, Any], key: str, n: int, gap: float) -> LabelSpot:
    """Return where a place lies, y upwards, and how it is called."""
    px, py = sheet.at(columns["x"][n], columns["y"][n])
    return LabelSpot(
        px, HEIGHT - py, sheet.shown(str(columns["name"][n] or columns[key][n]), str(columns[key][n])), gap
    )


def _box(at: LabelSpot, spot: tuple[float, float], size: float) -> tuple[float, float, float, float]:
    x, y = at.x + spot[0], at.y + spot[1]
    return x, y, x + width_of(at.name, size), y + size + 1


def _name(at: LabelSpot, spot: tuple[float, float], size: float, weight: int) -> str:
    kind = 'class="small" ' if weight < 600 else ""
    y = HEIGHT - at.y - spot[1] - 0.2 * size
    return _halo(at.x + spot[0], y, at.name, size, f'{kind}font-weight="{weight}"')


def _halo(x: float, y: float, words: str, size: float, style: str) -> str:
    """Write words that keep readable on lines."""
    halo = 'stroke="#fff" stroke-width="2.4" paint-order="stroke"'
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" {style} {halo}>{escape(words)}</text>'


def _samples(data: MapData) -> list[tuple[str, str]]:
    """Return what the legend names: a sample around the point (13, 0) and its words."""
    colour, known = palette.of_depot(0), set(data.depots["status"])
    depots = [(_mark(palette.MARKERS[status], 13, 0, colour), _(words)) for status, words in STATUS.items()
              if status in known]  # fmt: skip
    return [
        (f'<circle cx="13" cy="0" r="4" fill="{colour}"/>', _("village served, in the colour of its depot")),
        (f'<path d="M9 -4l8 8m0 -8l-8 8" stroke="{palette.UNSERVED}" stroke-width="1.5"/>', _("village not served")),
        *depots,
        (_mark("star", 13, 0, palette.HUB), _("hub")),
        (_line("M0 0h26", colour, 1.6), _("collection route")),
        (_line("M0 0h26", palette.HAUL, 3.6, 0.4), _("line haul to hub")),
    ]


def _legend(samples: Sequence[tuple[str, str]], rows: int) -> str:
    """Write samples and words below the frame, column by column."""
    body, x = "", 0.0
    for first in range(0, len(samples), rows):
        column = samples[first : first + rows]
        for n, (sample, words) in enumerate(column):
            moved = f'transform="translate({x:.1f} {HEIGHT + 18 + LEGEND_ROW * n:.1f})"'
            body += f"<g {moved}>{sample}{text(SAMPLE, 4, words)}</g>"
        x += SAMPLE + max(width_of(words, LEGEND_TYPE) for _sample, words in column) + 10
    return body


def _scale(sheet: MapSheet) -> str:
    """Draw the scale in the lower right corner of the frame."""
    wide, y, far = sheet.bar_m * sheet.scale, HEIGHT - 8, sheet.bar_m >= KM
    words = _("{km:g} km").format(km=sheet.bar_m / KM) if far else _("{m:g} m").format(m=sheet.bar_m)
    bar = f'<path d="M{WIDTH - wide - 8:.1f} {y - 6:.0f}v6h{wide:.1f}v-6" fill="none" stroke="{palette.INK}"/>'
    return bar + _halo(WIDTH - 8 - wide / 2, y - 5, words, LEGEND_TYPE, 'text-anchor="middle"')
