"""Checks that need more than one row: ids, references, coordinates, budgets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from coldchain.errors import Fault
from coldchain.language import N_, _
from coldchain.model import DepotType, Noun, Place, Plant, Siting, VehicleType
from coldchain.model.assets import PROCESS
from coldchain.model.naming import labelled
from coldchain.scenario.aims import aim_faults
from coldchain.scenario.datum import in_china
from coldchain.scenario.naming import odd_ids
from coldchain.scenario.sections import Sections
from coldchain.scenario.source import FILE
from coldchain.scenario.subsidies import subsidy_faults

if TYPE_CHECKING:
    from coldchain.scenario.load import Tables
    from coldchain.scenario.tables import Row

FAR_DEG = 3.0
SMALLEST_BUDGET_CNY = 10_000.0
CHINESE = ("gcj02", "bd09", "cgcs2000")
FARTHEST_NORTH_DEG = 72.0
CUT_CODE = re.compile(r"\d(?:\.\d+)?[eE]\+\d+")
Catalogue = Mapping[str, Mapping[str, Noun]]


def cross_check(sections: Sections, tables: Tables, catalogue: Catalogue) -> list[Fault]:
    """Return every fault that shows only when rows, tables and sections are held together."""
    faults: list[Fault] = []
    for stem in ("villages", "sites", "hubs", "periods"):
        rows: Sequence[Row[Any]] = getattr(tables, stem)
        ids = [(row.line, row.noun.id) for row in rows]
        faults += [*duplicate_ids(tables.files[stem], ids), *odd_ids(tables.files[stem], ids)]
    faults += _harvest_rows(tables)
    faults += _storage_rows(tables)
    faults += _people_rows(tables)
    for stem in ("landmarks", "masts"):
        faults += duplicate_ids(tables.files[stem], [(row.line, row.noun.id) for row in getattr(tables, stem)])
    faults += _coordinates(tables, sections.datum)
    faults += _cut_codes(tables)
    faults += _site_modules(tables)
    faults += _standing_needs(tables, catalogue)
    faults += _settings(sections)
    faults += _road_access(tables, sections, catalogue)
    faults += _mixed_classes(sections.nouns.get("siting"), catalogue)
    faults += _plants(sections, tables, catalogue)
    faults += subsidy_faults(sections, tables, catalogue)
    faults += aim_faults(sections, tables)
    return faults


def duplicate_ids(file: str, rows: Iterable[tuple[int, str]], column: str = "id") -> list[Fault]:
    """Return a fault for every (line, id) whose id stands on an earlier line already."""
    first: dict[str, int] = {}
    faults = []
    for line, key in rows:
        if key and key in first:
            faults.append(
                Fault(
                    file,
                    line,
                    column,
                    key,
                    _("is used twice; first on row {value}").format(value=first[key]),
                    "duplicate-id",
                )
            )
        first.setdefault(key, line)
    return faults


def _harvest_rows(tables: Tables) -> list[Fault]:
    """Find rows of one village, crop and period, and a harvest of nothing."""
    file = tables.files["harvest"]
    faults = []
    seen: dict[tuple[str, str, str], int] = {}
    for row in tables.harvest:
        key = (row.noun.village, row.noun.commodity, row.noun.period)
        if key in seen:
            message = _("the same village, commodity and period stand on row {value}; add them up").format(
                value=seen[key]
            )
            columns = "village, commodity, period"
            faults.append(Fault(file, row.line, columns, ", ".join(key), message, "duplicate-row"))
        seen.setdefault(key, row.line)
    total = sum(row.noun.tonnes for row in tables.harvest)
    if tables.harvest and total <= 0:
        faults.append(Fault(file, None, "tonnes", "0", _("no harvest at all: every amount is zero"), "no-harvest"))
    return faults


def _storage_rows(tables: Tables) -> Iterator[Fault]:
    """Check that what may be kept is kept for another period, and stated once."""
    file = tables.files["storage"]
    seen: dict[tuple[str, str, str], int] = {}
    for row in tables.storage:
        if row.noun.until == row.noun.period:
            message = _("must be another period than that of the harvest")
            yield Fault(file, row.line, "until", row.noun.until, message, "same-period")
        key = (row.noun.commodity, row.noun.period, row.noun.until)
        if key in seen:
            message = _("stands on row {value} already; leave one out").format(value=seen[key])
            yield Fault(file, row.line, "commodity, period, until", ", ".join(key), message, "duplicate-row")
        seen.setdefault(key, row.line)


def _people_rows(tables: Tables) -> Iterator[Fault]:
    """Check that each shift of a skill and place is stated once."""
    seen: dict[tuple[str, str, str], int] = {}
    for row in tables.people:
        key = (row.noun.skill, row.noun.place, row.noun.shift)
        if key in seen:
            message = _("stands on row {value} already; leave one out").format(value=seen[key])
            file, value = tables.files["people"], ", ".join(filter(None, key))
            yield Fault(file, row.line, "skill, place, shift", value, message, "duplicate-row")
        seen.setdefault(key, row.line)


def _cut_codes(tables: Tables) -> Iterator[Fault]:
    """Warn of ids that a spreadsheet has made a power of ten of."""
    for stem in ("villages", "sites", "hubs"):
        for row in getattr(tables, stem):
            if CUT_CODE.fullmatch(row.noun.id):
                message = _("a spreadsheet has cut this code; format the column as text and enter the codes again")
                yield Fault(tables.files[stem], row.line, "id", row.noun.id, message, "cut-code", warning=True)


def _abroad(file: str, row: Row[Any], datum: str) -> Iterator[Fault]:
    """Name a place outside China under a Chinese datum; under another one far in the north or at 0, 0."""
    lon, lat = row.noun.lon, row.noun.lat
    inside, turned = in_china(lon, lat), in_china(lat, lon)
    value = f"{lon:g}, {lat:g}"
    swapped = _("longitude and latitude look swapped: the other way round it lies in China")
    if datum in CHINESE and not inside:
        outside = _("lies outside China, where the datum {datum} holds").format(datum=datum)
        message, code = (swapped, "swapped") if turned else (outside, "outside-china")
        yield Fault(file, row.line, "lon, lat", value, message, code)
    elif datum not in CHINESE and turned and lat > FARTHEST_NORTH_DEG:
        yield Fault(file, row.line, "lon, lat", value, swapped, "swapped", warning=True)
    elif lon == lat == 0.0:
        message = _("lies in the sea off Africa: are the coordinates missing?")
        yield Fault(file, row.line, "lon, lat", value, message, "null-island", warning=True)


def _coordinates(tables: Tables, datum: str) -> list[Fault]:
    """Find swapped and outlying coordinates, places out of the country, and places on the same spot."""
    everything = [(tables.files[stem], row) for stem in ("villages", "sites", "hubs") for row in getattr(tables, stem)]
    if not everything:
        return []
    points = np.array([(row.noun.lon, row.noun.lat) for _stem, row in everything])
    middle = np.median(points, axis=0)
    spread = float(np.median(np.abs(points - middle), axis=0).max())
    far_deg = max(FAR_DEG, 8.0 * spread)
    faults = [fault for file, row in everything for fault in _abroad(file, row, datum)]
    named = {(fault.file, fault.row) for fault in faults if not fault.warning}
    for (file, row), (lon, lat) in zip(everything, points, strict=True):
        if (file, row.line) in named:
            continue
        here = np.abs(np.array([lon, lat]) - middle).max()
        swapped = np.abs(np.array([lat, lon]) - middle).max()
        value = f"{lon:g}, {lat:g}"
        if here > far_deg and swapped < far_deg:
            message = _("longitude and latitude look swapped: the other way round it lies among the other places")
            faults.append(Fault(file, row.line, "lon, lat", value, message, "swapped"))
        elif here > far_deg:
            message = _(
                "is more than {far_deg:.1f}° from the middle of all places ({value:.3f}, {value_2:.3f})"
            ).format(far_deg=far_deg, value=middle[0], value_2=middle[1])
            faults.append(Fault(file, row.line, "lon, lat", value, message, "outlier"))
    return faults + [f for stem in ("villages", "sites", "hubs") for f in _same_spot(tables, stem)]


def _same_spot(tables: Tables, stem: str) -> list[Fault]:
    rows: Sequence[Row[Place]] = getattr(tables, stem)
    spots = Counter((round(row.noun.lon, 5), round(row.noun.lat, 5)) for row in rows)
    faults: list[Fault] = []
    first: dict[tuple[float, float], Row[Place]] = {}
    for row in rows:
        spot = (round(row.noun.lon, 5), round(row.noun.lat, 5))
        if spots[spot] > 1 and spot in first:
            message = _("lies on the same spot as {id} on row {line}").format(
                id=labelled(first[spot].noun.id, first[spot].noun.name), line=first[spot].line
            )
            faults.append(Fault(tables.files[stem], row.line, "lon, lat", f"{spot[0]}, {spot[1]}", message,
                                "duplicate-point", warning=True))  # fmt: skip
        first.setdefault(spot, row)
    return faults


def _site_modules(tables: Tables) -> list[Fault]:
    file = tables.files["sites"]
    faults = []
    for row in tables.sites:
        site = row.noun
        try:
            modules = site.modules()
        except ValueError as error:
            faults.append(Fault(file, row.line, "existing", site.existing, str(error), "invalid"))
            continue
        if site.status == "existing" and not modules:
            message = _("must say which modules stand at an existing site, for example cold_room_500:1")
            faults.append(Fault(file, row.line, "existing", "", message, "missing"))
    return faults


def _standing_needs(tables: Tables, catalogue: Catalogue) -> Iterator[Fault]:
    """Warn of modules that stand where less power or fewer people are stated than they need: nothing more fits."""
    for row in tables.sites:
        try:
            modules = row.noun.modules()
        except ValueError:
            continue
        kinds = [(catalogue["depot_type"].get(key), number) for key, number in modules.items()]
        for need, unit in (("power_kw", "kW"), ("staff", N_("people"))):
            there = getattr(row.noun, need)
            needed = sum(float(getattr(kind, need)) * number for kind, number in kinds if kind is not None)
            if there is not None and needed > there * (1 + 1e-9):
                message = _("what stands here needs {needed:g} {unit}: nothing that needs more can be built").format(
                    needed=needed, unit=_(unit)
                )
                yield Fault(tables.files["sites"], row.line, need, f"{there:g}", message, "standing-needs-more",
                            warning=True)  # fmt: skip


def _settings(sections: Sections) -> list[Fault]:
    siting: Any = sections.nouns.get("siting")
    return [] if siting is None else [*budget_faults(siting), *_mobile(sections.nouns)]


def _road_access(tables: Tables, sections: Sections, catalogue: Catalogue) -> Iterator[Fault]:
    """Refuse sites whose road bears none of the line-haul vehicles."""
    offered = getattr(sections.nouns.get("routing"), "line_haul_vehicles", ())
    trucks = [kind for key, kind in catalogue["vehicle"].items() if key in offered and isinstance(kind, VehicleType)]
    least = min(trucks, key=lambda kind: kind.payload_kg, default=None)
    for row in tables.sites:
        most = row.noun.haul_payload_kg
        if least is not None and most is not None and most < least.payload_kg:
            message = _("bears no line-haul vehicle on offer; the smallest, {id}, carries {payload_kg:g} kg").format(
                id=least.id, payload_kg=least.payload_kg
            )
            yield Fault(tables.files["sites"], row.line, "haul_payload_kg", f"{most:g}", message, "no-truck")


def _plants(sections: Sections, tables: Tables, catalogue: Catalogue) -> Iterator[Fault]:
    """Refuse plants that take what the catalogue does not know, and warn of those for which nothing is harvested."""
    crops, offered = {row.noun.commodity for row in tables.harvest}, getattr(sections.nouns.get("siting"), "plants", ())
    for kind in (kind for key, kind in catalogue["plant"].items() if isinstance(kind, Plant)):
        strange = [crop for crop in kind.takes if crop not in catalogue["commodity"]]
        where = f"plant.{kind.id}.takes"
        if strange:
            message = _("is not a known commodity")
            yield Fault(FILE, None, where, ", ".join(strange), message, "unknown-commodity")
        elif kind.id in offered and crops and not crops & set(kind.takes):
            message = _("is on offer, but nothing that it takes is harvested")
            yield Fault(FILE, None, where, ", ".join(kind.takes), message, "plant-without-crop", warning=True)


def _mobile(nouns: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse what a plan cannot tell of units that stand on others' ground: whether each owner's money returns."""
    units = ", ".join(nouns["siting"].mobile_units)
    if units and "economics" in nouns and nouns["economics"].must_return:
        message = _("is not known for units that stand with several owners: leave it out, or economics.must_return")
        yield Fault(FILE, None, "siting.mobile_units", units, message, "mobile-return")


def _mixed_classes(siting: Any, catalogue: Catalogue) -> list[Fault]:
    """Refuse depot types of one zone and method that differ in physics: tables name a lot's zone and method only."""
    rooms, plants = getattr(siting, "depot_types", ()), getattr(siting, "plants", ())
    named = {"depot_type": rooms or tuple(catalogue["depot_type"]), "plant": plants}
    offered = [(stem, kind) for stem, ids in named.items() for key, kind in catalogue[stem].items() if key in ids]
    first: dict[tuple[str, str], DepotType] = {}
    faults = []
    for stem, kind in offered:
        if isinstance(kind, DepotType):
            other = first.setdefault((kind.zone, kind.method), kind)
            for name in PROCESS if stem == "plant" else ("temp_c", "half_cooling_h", "energy_ratio", "store_kwh_t_day"):
                mine, theirs = _written(getattr(kind, name)), _written(getattr(other, name))
                if mine != theirs:
                    message = _(
                        "differs from {theirs} of {id}, of the same zone and method: change all or name a zone"
                    ).format(theirs=theirs, id=other.id)
                    faults.append(Fault(FILE, None, f"{stem}.{kind.id}.{name}", mine, message, "mixed-class"))
    return faults


def _written(figure: float | tuple[str, ...]) -> str:
    return ";".join(figure) if isinstance(figure, tuple) else f"{figure:g}"


def budget_faults(siting: Siting) -> list[Fault]:
    """Refuse a budget below ten thousand yuan, which builds nothing anywhere: it was meant in 万元."""
    budget = siting.budget_cny
    if not 0 < budget < SMALLEST_BUDGET_CNY:
        return []
    message = _("is in yuan and too small for any depot; if 万元 was meant, write {amount:.0f}").format(
        amount=budget * 10000
    )
    return [Fault(FILE, None, "siting.budget_cny", f"{budget:g}", message, "budget-unit")]
