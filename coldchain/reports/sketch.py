"""The map of a report as SVG: the same villages today and with the plan, in one scale of colours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from itertools import pairwise

import numpy as np
import pandas as pd

from coldchain.language import _
from coldchain.language.ids import word
from coldchain.reports.palette import ASSIGNMENT, DEPOTS, INK
from coldchain.reports.strokes import WIDTH, legend, text

STEPS = (0.05, 0.1, 0.2, 0.3, 0.4)
SHADES = ("#2c7fb8", "#7fcdbb", "#ffffb2", "#fecc5c", "#fd8d3c", "#bd0026")
"""From little to much lost; told apart without red against green."""
PANEL, MARGIN, HEAD = 352.0, 12.0, 24.0
MOST_NAMES, KM_PER_DEGREE = 40, 111.2
NICE_KM = (1, 2, 5, 10, 20, 50, 100, 200, 500)
Spot = tuple[float, float]


def two_maps(tables: Mapping[str, pd.DataFrame], names: tuple[str, str]) -> str:
    """Draw villages by what is lost today and with the plan; depots and whom they serve on the second map."""
    villages, depots = tables["villages"], tables["depots"]
    place, km = _projection(pd.concat([villages[["lon", "lat"]], depots[["lon", "lat"]]]))
    at, to = _places(villages, "village", place), _places(depots, "depot", place)
    low = max((y for _x, y in [*at.values(), *to.values()]), default=0.0)
    today = _dots(villages, at, "baseline_rate")
    plan = _spokes(tables["assignment"], at, to) + _dots(villages, at, "plan_rate") + _depots(depots, to)
    panels = "".join(
        f'<g transform="translate({shift:.0f} {HEAD:.0f})">{text(MARGIN, -8, name)}{body}</g>'
        for shift, name, body in ((0.0, names[0], today), (WIDTH - PANEL, names[1], plan))
    )
    foot = low + MARGIN + HEAD
    key = legend([*zip(_classes(), SHADES, strict=True)], foot + 22, MARGIN)
    kinds = [kind for kind in DEPOTS if kind in set(depots["status"])]
    marks = legend(
        [(_("depot, {status}").format(status=word(kind)), DEPOTS[kind]) for kind in kinds], foot + 44, MARGIN
    )
    bar = _scale_bar(km, WIDTH - PANEL + MARGIN, foot + 44)
    told = _("Villages, coloured by the share of their harvest that is lost; squares are depots.")
    return (
        f'<svg viewBox="0 0 {WIDTH} {foot + 56:.0f}" role="img" aria-label="{escape(told)}" font-size="12" '
        f'fill="{INK}">{panels}{key}{marks}{bar}</svg>'
    )


def _classes() -> list[str]:
    edges = [f"{step:.0%}" for step in STEPS]
    between = [f"{low[:-1]}-{high}" for low, high in pairwise(edges)]
    return [f"< {edges[0]}", *between, f"> {edges[-1]}"]


def _dots(villages: pd.DataFrame, at: Mapping[str, Spot], column: str) -> str:
    """Draw villages, larger ones below, their size what they harvest."""
    harvest = villages["harvest_t"].to_numpy(dtype=float)
    radius = 2.0 + 4.5 * np.sqrt(harvest / max(float(harvest.max(initial=0.0)), 1e-9))
    shade = np.searchsorted(STEPS, villages[column].to_numpy(dtype=float), side="right")
    rows = zip(villages["village"], villages["name"], villages[column], radius, shade, strict=True)
    ordered = sorted(rows, key=lambda row: -float(row[3]))
    return "".join(
        f'<circle cx="{at[str(key)][0]:.1f}" cy="{at[str(key)][1]:.1f}" r="{size:.1f}" fill="{SHADES[int(n)]}" '
        f'stroke="#444" stroke-width=".4"><title>{escape(str(name))}: {rate:.1%}</title></circle>'
        for key, name, rate, size, n in ordered
    )


def _spokes(assignment: pd.DataFrame, at: Mapping[str, Spot], to: Mapping[str, Spot]) -> str:
    pairs = assignment[["village", "depot"]].drop_duplicates().itertuples(index=False, name=None)
    lines = "".join(
        f"M{at[v][0]:.1f} {at[v][1]:.1f}L{to[d][0]:.1f} {to[d][1]:.1f}" for v, d in pairs if v in at and d in to
    )
    return f'<path d="{lines}" stroke="{ASSIGNMENT}" stroke-width=".7" fill="none"/>'


def _depots(depots: pd.DataFrame, to: Mapping[str, Spot]) -> str:
    """Draw depots as squares, their area what they cool in a year; named where there are few."""
    cooled = depots["tonnes_year"].to_numpy(dtype=float)
    halves = 3.5 + 5.0 * np.sqrt(cooled / max(float(cooled.max(initial=0.0)), 1e-9))
    marks = []
    for key, name, status, half in zip(depots["depot"], depots["name"], depots["status"], halves.tolist(), strict=True):
        x, y = to[str(key)]
        marks.append(
            f'<rect x="{x - half:.1f}" y="{y - half:.1f}" width="{2 * half:.1f}" height="{2 * half:.1f}" '
            f'fill="{DEPOTS.get(str(status), INK)}" stroke="#fff"><title>{escape(str(name))}</title></rect>'
        )
        if len(depots) <= MOST_NAMES:
            marks.append(
                f'<text x="{x + half + 2:.1f}" y="{y + 4:.1f}" font-size="10" stroke="#fff" stroke-width="2.5" '
                f'paint-order="stroke">{escape(str(name))}</text>'
            )
    return "".join(marks)


def _places(rows: pd.DataFrame, key: str, place: Callable[[float, float], Spot]) -> dict[str, Spot]:
    degrees = rows[["lon", "lat"]].to_numpy(dtype=float).tolist()
    return {str(name): place(lon, lat) for name, (lon, lat) in zip(rows[key], degrees, strict=True)}


def _projection(places: pd.DataFrame) -> tuple[Callable[[float, float], Spot], float]:
    """Return the function from degrees to a panel, north up, distances alike in both directions; and its units a km."""
    west, north = float(places["lon"].min()), float(places["lat"].max())
    narrow = float(np.cos(np.radians(places["lat"].mean())))
    wide = max((float(places["lon"].max()) - west) * narrow, (north - float(places["lat"].min())) * 0.8, 1e-6)
    scale = (PANEL - 2 * MARGIN) / wide
    return lambda lon, lat: (
        MARGIN + (lon - west) * narrow * scale,
        MARGIN + (north - lat) * scale,
    ), scale / KM_PER_DEGREE


def _scale_bar(km: float, x: float, y: float) -> str:
    length = max((one for one in NICE_KM if one * km <= PANEL / 3), default=NICE_KM[0])
    told = text(x + length * km + 6, y + 4, f"{length} {_('km')}")
    return f'<path d="M{x:.1f} {y - 4:.1f}v8m0 -4h{length * km:.1f}m0 -4v8" stroke="{INK}" fill="none"/>{told}'
