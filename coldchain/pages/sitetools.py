"""The table of the sites and the fields beside it: all that the map does, by keyboard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bokeh.layouts import column, row
from bokeh.models import (
    Button,
    CellEditor,
    ColumnDataSource,
    DataTable,
    NumberEditor,
    NumberFormatter,
    NumericInput,
    Select,
    SelectEditor,
    TableColumn,
    TextInput,
)

from coldchain.language import _
from coldchain.pages.asked import CHOICES, PLACES, STATED, SiteRow
from coldchain.pages.controls import WIDE
from coldchain.pages.shell import sheet
from coldchain.scenario.edits import Spot

TABLE_PX, ROW_PX = 300, 25
DEGREES = "0." + "0" * PLACES


class SiteTools:
    """Widgets of the sites.

    Attributes
    ----------
    site, choice : the site that is selected, and what is asked of it
    name, lon, lat : of a site to be added; the place of the one selected
    add, put, remove : buttons
    table : a row for each site; choice, longitude and latitude can be edited
    """

    def __init__(self, sites: ColumnDataSource, rows: int) -> None:
        self.sites = sites
        self.site = Select(title=_("Site"), options=[], value="", **WIDE)
        asked = [(key, _(text)) for key, text in CHOICES.items()]
        self.choice = Select(title=_("Asked for"), options=asked, value=STATED, disabled=True, **WIDE)
        self.name = TextInput(title=_("Name of a new site"), value="", **WIDE)
        self.lon, self.lat = (
            NumericInput(title=title, mode="float", format=DEGREES, low=-most, high=most, value=None, **WIDE)
            for title, most in ((_("Longitude, °"), 180), (_("Latitude, °"), 90))
        )
        self.add = Button(label=_("Add there"), **WIDE)
        self.put = Button(label=_("Move there"), disabled=True, **WIDE)
        self.remove = Button(label=_("Remove"), disabled=True, **WIDE)
        self.table = self._table(rows)

    def _table(self, rows: int) -> DataTable:
        fixed, degrees = CellEditor(), NumberFormatter(format=DEGREES)
        heads = {
            "label": (_("Site"), fixed, 105), "county": (_("County"), fixed, 70),
            "stated": (_("In the scenario"), fixed, 110),
            "choice": (_("Asked for"), SelectEditor(options=[_(text) for text in CHOICES.values()]), 75),
            "modules": (_("Modules"), fixed, 175), "lon": (_("Longitude, °"), NumberEditor(), 80),
            "lat": (_("Latitude, °"), NumberEditor(), 80), "road": (_("From a road, m"), fixed, 105),
        }  # fmt: skip
        columns = [
            TableColumn(field=field, title=title, editor=editor, width=width,
                        **({"formatter": degrees} if field in ("lon", "lat") else {}))
            for field, (title, editor, width) in heads.items()
        ]  # fmt: skip
        height = min(TABLE_PX, (rows + 2) * ROW_PX)
        return sheet(self.sites, columns, height)

    def layout(self) -> object:
        """Return the table with its fields below."""
        return column(
            self.table, row(self.name, self.lon, self.lat, **WIDE), row(self.add, self.put, self.remove, **WIDE), **WIDE
        )

    @property
    def place(self) -> tuple[float | None, float | None]:
        """Longitude and latitude as given."""
        return self.lon.value, self.lat.value

    @property
    def chosen(self) -> list[str]:
        """Ids of the sites that are selected."""
        keys = list(self.sites.data["key"])
        return [keys[n] for n in self.sites.selected.indices if n < len(keys)]

    def select(self, site: str) -> None:
        """Select a site, or none."""
        keys = list(self.sites.data["key"])
        rows = [keys.index(site)] if site in keys else []
        if list(self.sites.selected.indices)[:1] != rows:
            self.sites.selected.indices = rows

    def show(self, rows: Sequence[SiteRow], new: Iterable[Spot]) -> None:
        """Bring the fields up to date with the sites there are and the one that is selected."""
        names = [(row.id, f"{n}. {row.label}") for n, row in enumerate(rows, start=1)]
        options = [("", _("choose a site")), *names]
        if self.site.options != options:
            self.site.options = options
        chosen = next(iter(self.chosen), "")
        found = next((row for row in rows if row.id == chosen), None)
        self.site.value = chosen
        self.choice.disabled = self.put.disabled = found is None
        self.choice.value = STATED if found is None else found.choice
        self.remove.disabled = chosen not in {spot.id for spot in new}
        if found is not None:
            self.lon.value, self.lat.value = found.lon, found.lat
