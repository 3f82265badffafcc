"""The data dictionary: every figure of a scenario with its unit, default and meaning, read off the nouns.

``python -m coldchain.model.dictionary`` prints it as Markdown; docs/dictionary.md holds that text, and a test keeps
the two alike.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from coldchain.model.assets import DepotType, MobileUnit, Plant, VehicleType
from coldchain.model.base import Ends, Noun, band_of
from coldchain.model.bookings import BookingRules
from coldchain.model.goods import Commodity, Keeping, Landmark, Period
from coldchain.model.papers import Papers
from coldchain.model.people import Crew
from coldchain.model.places import Harvest, Hub, Mast, Site, Village
from coldchain.model.settings import Chain, Economics, Roads, Routing, Siting, Subsidy

TABLES: dict[str, type[Noun]] = {
    "villages": Village,
    "harvest": Harvest,
    "sites": Site,
    "hubs": Hub,
    "periods": Period,
    "commodities": Commodity,
    "depot_types": DepotType,
    "mobile_units": MobileUnit,
    "plants": Plant,
    "vehicles": VehicleType,
    "storage": Keeping,
    "people": Crew,
    "landmarks": Landmark,
    "masts": Mast,
}
SECTIONS: dict[str, type[Noun]] = {
    "chain": Chain,
    "economics": Economics,
    "siting": Siting,
    "subsidy": Subsidy,
    "roads": Roads,
    "routing": Routing,
    "papers": Papers,
    "bookings": BookingRules,
}
HEAD = """# Data dictionary

Written by `make docs` from the nouns in `coldchain/model/`; the checks read the same figures.

A scenario is a folder with `scenario.toml` and the tables `villages`, `harvest`, `sites`, `hubs` and `periods`, each as
`.csv` (UTF-8 or GB18030) or `.gpkg`. The tables `commodities`, `depot_types`, `mobile_units`, `plants` and `vehicles`
are optional: their rows are laid over the shipped catalogue by `id`, and an empty cell keeps the catalogue's figure. A
section such as `[commodity.kiwifruit]` in `scenario.toml` does the same for one item. With `catalogue = "own"` at the
top of `scenario.toml` nothing is taken from the shipped catalogue. Lists in a cell are separated by semicolons. The
tables `storage`, `people`, `landmarks` and `masts` are optional, too. The band is how far a figure may be off, where
that is stated: `coldchain sensitivity` and the doubt of a plan move it so far. The hourly temperatures of a period may
stand in columns `t00_c` to `t23_c`; instead of `tonnes` the harvest may give `area_ha` and `yield_t_ha`.

Headings may be Chinese and name another unit in brackets, and a scenario may be one Excel workbook with a sheet for
each table and one for the settings: see [workbooks](workbook.md).
"""


def markdown() -> str:
    """Return the whole dictionary."""
    parts = [HEAD]
    parts += [f"## Table `{name}`\n\n{_table(noun)}" for name, noun in TABLES.items()]
    parts += [f"## Section `[{name}]` of scenario.toml\n\n{_table(noun)}" for name, noun in SECTIONS.items()]
    return "\n".join(parts)


def _table(noun: type[Noun]) -> str:
    rows = "\n".join(
        f"| `{name}` | {unit} | {default} | {_band(noun, name)} | {meaning} |"
        for name, unit, default, meaning in fields(noun)
    )
    head = "| name | unit | default | band | meaning |\n|---|---|---|---|---|"
    return f"{inspect.cleandoc(noun.__doc__ or '')}\n\n{head}\n{rows}\n"


def _band(noun: type[Noun], name: str) -> str:
    """Write how far a figure may be off: as a factor, a difference, or by the fields its ends stand in."""
    band = band_of(noun, name)
    if isinstance(band, Ends):
        return f"`{band.low}`, `{band.high}`"
    if band is None:
        return ""
    return f"× {band.low:g}-{band.high:g}" if band.by == "factor" else f"{band.low:+g}, {band.high:+g}"


def fields(noun: type[Noun]) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, unit, default and meaning of each field."""
    for name, info in noun.model_fields.items():
        extra = info.json_schema_extra
        unit = str(extra["unit"]) if isinstance(extra, dict) else "-"
        yield name, unit, _default(info.default, required=info.is_required()), str(info.description)


def _default(value: Any, *, required: bool) -> str:
    if required:
        return "required"
    if value is None or value in ("", (), {}):
        return "none"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    print(markdown(), end="")  # noqa: T201 - its purpose
