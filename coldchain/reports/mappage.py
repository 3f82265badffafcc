"""The page around the maps: words, legend, switches, tables and the script, put together into one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from bokeh.document import Document
from bokeh.models import LinearColorMapper

from coldchain.language import N_, _, language
from coldchain.model import Period
from coldchain.reports import palette
from coldchain.reports.canvas import FONT
from coldchain.reports.mapdata import DEPOT_PX, DEPOT_PX_MANY, MANY_DEPOTS, SEVERAL, MapData
from coldchain.reports.mapwords import STATUSES, WORDS
from coldchain.reports.onepage import one_page
from coldchain.reports.swatches import depot_swatch, dot_swatch, line_swatch, zone_swatch
from coldchain.reports.twin import tables_below

if TYPE_CHECKING:
    from coldchain.reports.map import Pane

TOP_SHARE = 0.98
"""The scale of a measure ends where this share of the villages lies below: a few extreme ones do not pale the rest."""
MEASURES = {
    "avoided_t": N_("loss avoided, t a year"),
    "baseline_rate": N_("loss today, % of the harvest"),
    "plan_rate": N_("loss with the plan, % of the harvest"),
}


@dataclass(frozen=True)
class Measure:
    """What the colours of villages show: column, title, scale and colours."""

    title: str
    high: float
    colours: tuple[str, ...]
    mapper: LinearColorMapper

    @property
    def share(self) -> bool:
        """Whether it is a share of the harvest."""
        return self.colours is palette.LOSSES


@dataclass(frozen=True)
class Page:
    """All that stands on the page.

    Attributes
    ----------
    heading, panel : HTML, escaped
    first_season : number of the season shown at first, -1 for all
    frames : for the slider: what each position of it shows, see ``coldchain.reports.mapsweep``
    crops : the commodities table; without it there is no table of crops
    """

    title: str
    heading: str
    panel: str
    panes: tuple[Pane, ...]
    measures: Mapping[str, Measure]
    periods: Sequence[Period] = ()
    first_season: int = -1
    frames: tuple[dict[str, Any], ...] = ()
    crops: pd.DataFrame = field(default_factory=pd.DataFrame)


def measures_of(drawn: Sequence[MapData], more: Mapping[str, Sequence[float]] | None = None) -> dict[str, Measure]:
    """Return the measures with one scale for all maps; losses today and with the plan have the same.

    Parameters
    ----------
    more : further values by column that the scale must show
    """

    def top(*columns: str) -> float:
        values = [cell for data in drawn for column in columns for cell in data.villages[column]]
        values += [cell for column in columns for cell in (more or {}).get(column, ())]
        return float(np.nanquantile(values, TOP_SHARE)) if values else 0.0

    found = {}
    for column, title in MEASURES.items():
        avoided = column == "avoided_t"
        colours = palette.VILLAGES if avoided else palette.LOSSES
        high = max(top(column), 1.0) if avoided else max(top("baseline_rate", "plan_rate"), 0.01)
        mapper = LinearColorMapper(palette=list(colours), low=0.0, high=high, name=f"colours:{column}")
        found[column] = Measure(_(title), high, colours, mapper)
    return found


def page_html(page: Page) -> str:
    """Return the page as one HTML text: Bokeh, data, script and style inside."""
    tables = tables_below([(pane.title, pane.sources) for pane in page.panes], page.crops)
    tables.name = "tables"
    document = Document()
    for root in (*(pane.plot for pane in page.panes), tables):
        document.add_root(root)
    for measure in page.measures.values():
        page.panes[0].plot.tags.append(measure.mapper)
    words = {key: _(text) for key, text in WORDS.items()}
    variables = {
        "words": words, "heading": page.heading, "panel": page.panel, "font": FONT, "seasons": _seasons(page),
        "measures": [(name, measure.title) for name, measure in page.measures.items()], "frames": len(page.frames),
        "maps": [(f"map_{pane.key}", pane.title) for pane in page.panes],
    }  # fmt: skip
    return one_page(document, page.title, "map", _told(page, words), variables)


def _seasons(page: Page) -> list[tuple[int, str, bool]]:
    if not page.periods:
        return []
    named = [(n, _(period.name) or period.id) for n, period in enumerate(page.periods)]
    return [(n, name, n == page.first_season) for n, name in [*named, (-1, _("all seasons"))]]


def _told(page: Page, words: Mapping[str, str]) -> dict[str, Any]:
    """Return what the script must know."""
    data = page.panes[0].data
    many = max(len(pane.data.depots["depot"]) for pane in page.panes) > MANY_DEPOTS
    most = max((t for frame in page.frames for t in frame["depots"]["tonnes_year"]), default=0.0)
    return {
        "lang": language(), "words": words, "font": FONT, "measure": "avoided_t",
        "width_m": data.window.x[1] - data.window.x[0], "height_m": data.window.y[1] - data.window.y[0],
        "depot_px": DEPOT_PX_MANY if many else DEPOT_PX, "most_t": most,
        "periods": [{"id": period.id, "name": _(period.name) or period.id} for period in page.periods],
        "panes": [
            {"key": pane.key, "title": pane.title, "cards": pane.cards, "sources": list(pane.sources)}
            for pane in page.panes
        ],
        "measures": {
            name: {"label": one.title, "low": 0, "high": one.high, "colours": one.colours, "share": one.share}
            for name, one in page.measures.items()
        },
        "by_depot": palette.BY_DEPOT, "layers": _layers(page), "frames": page.frames or None,
        "vehicles": {name: _vehicle(page, name) for name in _vehicles(page)} if page.frames else None,
    }  # fmt: skip


def _layers(page: Page) -> list[dict[str, Any]]:
    """List the layers that have something to show: the legend, each line a switch."""
    drawn = [pane.data for pane in page.panes]
    vehicles = _vehicles(page)
    statuses = sorted({status for data in drawn for status in data.depots["status"]} - {"candidate"})
    rows = [
        ("villages", _("villages, by their loss"), dot_swatch(palette.VILLAGES[4]), True, True),
        ("villages_unserved", _("villages not served"), dot_swatch("", crossed=True),
         any(not all(data.villages["served"]) for data in drawn), True),
        ("depots", _("depots, by size and zone"), depot_swatch(statuses), True, True),
        *(("", label, swatch, True, True) for label, swatch in _keys(drawn, statuses)),
        ("hubs", _("hubs"), depot_swatch(["hub"]), True, True),
        *((name, _("routes: {vehicle}").format(vehicle=_vehicle(page, name)),
           line_swatch(palette.INK, 1.8, palette.DASHES[n % len(palette.DASHES)]), True,
           True) for n, name in enumerate(vehicles)),
        ("hauls", _("line haul to hub"), line_swatch(palette.HAUL, 4.5, "solid", 0.35),
         any(data.hauls["xs"] for data in drawn), True),
        ("spokes", _("village to its depot"), line_swatch(palette.ASSIGNMENT, 1.2, "solid"), True, not vehicles),
        ("roads", _("roads"), line_swatch(palette.ROAD_MAJOR, 2.2, "solid"), True, True),
        ("counties", _("counties, as their villages lie"), line_swatch(palette.COUNTY, 1.6, "9 4 2 4"),
         any(data.counties.names for data in drawn), True),
    ]  # fmt: skip
    draws = {"roads": ["roads_minor", "roads_major"]}
    return [
        {"label": label, "swatch": swatch, "draws": draws.get(name, [name] if name else []), "on": on}
        for name, label, swatch, there, on in rows
        if there
    ]


def _keys(drawn: Sequence[MapData], statuses: Sequence[str]) -> list[tuple[str, str]]:
    """Explain the shapes and colours of depots, when there are several: lines of the legend without a switch."""
    zones = sorted(
        {zone for data in drawn for zone in data.depots["zone"] if zone}, key=lambda one: (one == SEVERAL, one)
    )
    shapes = [(_(STATUSES.get(one, one)), depot_swatch([one])) for one in statuses]
    return [*(shapes if len(shapes) > 1 else []), *((_(one), zone_swatch(one)) for one in zones)]


def _vehicles(page: Page) -> list[str]:
    return sorted({name for pane in page.panes for name in pane.sources if name.startswith("routes_")})


def _vehicle(page: Page, name: str) -> str:
    for pane in page.panes:
        if name in pane.sources:
            return str(pane.sources[name].data["vehicle_name"][0])
    return name
