"""The list of what was measured at acceptance: volume and verified cost of each kind of module at each depot."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from coldchain.errors import BadInputError, Fault
from coldchain.language import _
from coldchain.model import DepotType, Scenario
from coldchain.model.naming import of_places
from coldchain.scenario import RawTable, read_raw
from coldchain.scenario.headings import fold, splits
from coldchain.scenario.references import NameReference, Reference, depot_type_names
from coldchain.scenario.units import factor, figure_in, is_unit

NAMES: Mapping[str, tuple[str, ...]] = {
    "site": ("site", "depot", "候选点", "建设地点", "预冷库", "编号"),
    "module": ("module", "depot type", "库型", "建设类型", "库间"),
    "count": ("count", "modules", "number", "数量", "间数"),
    "net_m3": ("net_m3", "volume", "net volume", "容积", "净容积", "实测容积", "验收容积"),
    "cost_cny": ("cost_cny", "cost", "investment", "总投资", "总造价", "造价", "审定造价", "审定投资"),
    "remark": ("remark", "remarks", "备注", "说明"),
}
UNITS = {"count": "-", "net_m3": "m³", "cost_cny": "CNY"}
NEEDED = ("site", "module", "net_m3", "cost_cny")


@dataclass(frozen=True)
class Measured:
    """Modules of one kind at one depot as measured: so many, their volume and verified cost together."""

    site: str
    kind: DepotType
    count: int
    net_m3: float
    cost_cny: float
    remark: str = ""


def read_measured(path: Path, scenario: Scenario, planned: Mapping[str, Mapping[str, int]]) -> list[Measured]:
    """Read the list, a CSV file or a workbook, headings in English or Chinese, with units where they have others.

    Parameters
    ----------
    planned : site -> depot type or mobile unit -> number that the plan builds

    Raises
    ------
    BadInputError
        Listing every fault: what is unknown, not planned, listed twice, more than planned, or no figure.
    """
    raw = read_raw(path, lambda cells: sum(_field(cell)[0] != "" for cell in cells))
    columns = {name: (text, unit) for text in raw.header if text for name, unit in [_field(text)] if name}
    faults = [fault for fault in raw.faults if not fault.warning]
    faults += [
        Fault(raw.file, raw.header_line, name, "", _("there is no such column; it is needed"), "missing")
        for name in NEEDED
        if name not in columns and not faults
    ]
    rows = [] if faults else list(_rows(raw, columns, scenario, planned, faults))
    if not rows and not faults:
        faults.append(Fault(raw.file, None, "", "", _("holds no row; at least one is needed"), "no-rows"))
    if faults:
        raise BadInputError(faults)
    return rows


def _field(text: str) -> tuple[str, str]:
    """Return the field that a heading means, and its unit; nothing where it means none."""
    for name, unit in splits(text):
        found = next((key for key, names in NAMES.items() if fold(name) in map(fold, names)), "")
        if found:
            return found, unit if is_unit(unit) else ""
    return "", ""


def _rows(
    raw: RawTable,
    columns: Mapping[str, tuple[str, str]],
    scenario: Scenario,
    planned: Mapping[str, Mapping[str, int]],
    faults: list[Fault],
) -> Iterator[Measured]:
    shipped = [kind for kind in scenario.catalogue.get("depot_type", ()) if isinstance(kind, DepotType)]
    kinds = {kind.id: kind for kind in (*shipped, *scenario.mobile_units, *scenario.depot_types)}
    readers: dict[str, Reference] = {
        "site": NameReference("site", of_places(scenario.sites)),
        "module": NameReference("depot type", depot_type_names(kinds)),
    }
    seen: dict[tuple[str, str], int] = {}
    for line, cells in raw.rows:
        given = {name: (cells.get(text, ""), unit) for name, (text, unit) in columns.items()}
        found = [*_read(raw.file, line, given, readers)]
        wrong = [one for one in found if isinstance(one, Fault)]
        ids = [one for one in found if isinstance(one, str)]
        figures = [one for one in found if isinstance(one, float)]
        if not wrong:
            wrong = list(_doubts(raw.file, line, ids, int(figures[0]), planned, seen))
            seen.setdefault((ids[0], ids[1]), line)
        faults += wrong
        if not wrong:
            remark = given.get("remark", ("", ""))[0]
            yield Measured(ids[0], kinds[ids[1]], int(figures[0]), figures[1], figures[2], remark)


def _read(
    file: str, line: int, given: Mapping[str, tuple[str, str]], readers: Mapping[str, Reference]
) -> Iterator[str | float | Fault]:
    """Yield site, module, count, volume and cost of a row, a fault in place of what cannot be read."""
    for name, reader in readers.items():
        reading = reader.read(given[name][0])
        if reading.code and not reading.warning:
            yield Fault(file, line, name, given[name][0], reading.message, reading.code, guess=reading.guess)
        else:
            yield reading.text
    for name, unit in UNITS.items():
        text, stated = given.get(name, ("1", ""))
        if stated and factor(stated, unit) is None:
            yield Fault(file, line, name, stated, _("the unit does not fit; figures of {unit} are needed").format(
                unit=unit), "bad-unit")  # fmt: skip
            continue
        value = _number(figure_in(text or ("1" if name == "count" else ""), unit, stated))
        least = 1.0 if name == "count" else 0.0
        whole = name != "count" or value == int(value if math.isfinite(value) else 0)
        if math.isfinite(value) and value >= least and whole:
            yield value
        else:
            message = _("must be a whole number, at least 1") if name == "count" else _("must be a number, at least 0")
            yield Fault(file, line, name, text, message, "not-a-number")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _doubts(
    file: str,
    line: int,
    ids: Sequence[str],
    count: int,
    planned: Mapping[str, Mapping[str, int]],
    seen: Mapping[tuple[str, str], int],
) -> Iterator[Fault]:
    """Name what the plan does not build, and what is listed already."""
    site, module = ids
    most = planned.get(site, {}).get(module, 0)
    if (site, module) in seen:
        message = _("is listed already on row {line}; add the two rows up").format(line=seen[site, module])
        yield Fault(file, line, "module", module, message, "duplicate")
    elif not most:
        listed = _(", ").join(f"{key}:{number}" for key, number in planned.get(site, {}).items()) or _("nothing")
        message = _("is not planned at {site}; the plan builds {listed} there").format(site=site, listed=listed)
        yield Fault(file, line, "module", module, message, "not-planned")
    elif count > most:
        message = _("is more than the plan builds: {most}").format(most=most)
        yield Fault(file, line, "count", str(count), message, "above-plan")
