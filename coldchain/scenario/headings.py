"""Headings as planners write them: in English or Chinese, with a unit, under a title; figures converted on the way."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, get_args, get_origin

from coldchain.errors import Fault
from coldchain.language import N_, _
from coldchain.model import HOURS, Noun, dictionary
from coldchain.scenario.choices import chosen
from coldchain.scenario.parsing import unit_of
from coldchain.scenario.references import Reference, remembered
from coldchain.scenario.spots import degrees, lon_lat
from coldchain.scenario.tables import RawTable
from coldchain.scenario.units import DIGITS, factor, figure_in, is_unit, written

References = Mapping[str, Reference]
GROUPS = {"villages": "places", "sites": "places", "hubs": "places", "masts": "places", "mobile_units": "depot_types",
          "plants": "depot_types"}  # fmt: skip
EXTRA_UNITS = dict.fromkeys(HOURS, "°C")
AREA_UNITS = {"area_ha": N_("ha"), "yield_t_ha": N_("t/ha")}
BOTH = "lon_lat"
FRACTION = re.compile(r"\d\.\d|[°度]")
REMARKS = ("备注", "说明", "序号", "remark", "remarks", "comment", "comments")
IN_BRACKETS = re.compile(r"(.+?)\s*[(\[【〔](.*)[)\]】〕]")
LEAST_DIFFERENCE = 0.01
NOTHING: References = MappingProxyType({})


@dataclass(frozen=True)
class Heading:
    """What a heading means.

    Attributes
    ----------
    place : column, from 1
    text : as written
    name : of the field; the text itself when it is not known, empty when the column is not read
    unit : in which the figures stand, empty for the field's own
    """

    place: int
    text: str
    name: str
    unit: str = ""


@dataclass(frozen=True)
class Origin:
    """Where the cells of a table come from, so that a fault can name what the planner sees.

    Attributes
    ----------
    columns : field -> heading
    written : line -> heading as written -> cell as written
    ids : id -> line
    """

    header_line: int = 1
    columns: Mapping[str, Heading] = field(default_factory=dict)
    written: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    ids: Mapping[str, int] = field(default_factory=dict)


@cache
def titles() -> dict[tuple[str, str], tuple[str, ...]]:
    """Return (table or section, field) -> its Chinese title, then other names it goes by."""
    text = (resources.files("coldchain.scenario") / "catalogue" / "headings.csv").read_text(encoding="utf-8")
    return {
        (row["table"], row["name"]): (row["zh"], *filter(None, row["also"].split(";")))
        for row in csv.DictReader(text.splitlines())
    }


def title(table: str, name: str, lang: str) -> str:
    """Return the heading of a field without its unit.

    Examples
    --------
    >>> title("vehicles", "payload_kg", "zh"), title("vehicles", "payload_kg", "en"), title("hubs", "lon", "zh")
    ('载重', 'payload', '经度')
    """
    if lang == "zh":
        return (titles().get((table, name)) or titles().get((GROUPS.get(table, ""), name)) or (name,))[0]
    return name if (short := _short(table, name)) in _ambiguous(table) else short


def _short(table: str, name: str) -> str:
    """Return a field's name without the unit at its end."""
    slug = re.sub(r"\W+", "_", unit_in(table, name).lower().replace("³", "3").replace("°", "")).strip("_")
    return name.removesuffix(f"_{slug}" if slug else "").replace("_", " ")


@cache
def _ambiguous(table: str) -> frozenset[str]:
    """Return the short names that several fields share, such as cost by day, km and hour."""
    noun = dictionary.TABLES.get(table) or dictionary.SECTIONS.get(table)
    short = [_short(table, name) for name in (noun.model_fields if noun is not None else ())]
    return frozenset(name for name in short if short.count(name) > 1)


def unit_in(table: str, name: str) -> str:
    """Return the unit of a field of a table or section, empty when it has none."""
    noun = dictionary.TABLES.get(table) or dictionary.SECTIONS.get(table)
    return EXTRA_UNITS.get(name, "") or ("" if noun is None else unit_of(noun, name).strip())


@cache
def vocabulary(table: str) -> dict[str, str]:
    """Return name as folded -> field, of every name a column of a table, or a setting of a section, goes by."""
    noun = dictionary.TABLES.get(table) or dictionary.SECTIONS.get(table)
    fields = [*(noun.model_fields if noun is not None else ())]
    if "lon" in fields:
        fields.append(BOTH)
    if "hourly_c" in fields:
        fields = [name for name in fields if name != "hourly_c"] + list(HOURS)
    known = {fold(name): name for name in fields}
    for name in fields:
        own = titles().get((table, name), ())
        for other in (*own, *titles().get((GROUPS.get(table, ""), name), ()), title(table, name, "en")):
            known.setdefault(fold(other), name)
    return known


def fold(text: str) -> str:
    """Fold a heading so that case, width, blanks and underscores do not matter."""
    return re.sub(r"[\s_]+", "", unicodedata.normalize("NFKC", text)).lower()


def heading(table: str, text: str, place: int = 1) -> Heading:
    """Read one heading.

    Examples
    --------
    >>> read = heading("harvest", "产量(万公斤)")
    >>> read.name, read.unit, heading("sites", "Power (kW)").name
    ('tonnes', '万公斤', 'power_kw')
    """
    known = vocabulary(table)
    for name, unit in splits(text):
        if fold(name) in known:
            return Heading(place, text, known[fold(name)], unit if is_unit(unit) else "")
    return Heading(place, text, "" if fold(text) in REMARKS else text)


def splits(text: str) -> Iterator[tuple[str, str]]:
    """Yield the ways to part a heading into name and unit."""
    yield text, ""
    if match := IN_BRACKETS.fullmatch(text):
        yield match[1], match[2].removeprefix("单位").lstrip(":： ")
    for at in range(len(text) - 1, 0, -1):
        name, unit = text[:at].rstrip(" /:,_"), text[at:]
        if is_unit(unit):
            yield name, unit


def score(table: str, cells: Sequence[str]) -> int:
    """Count the cells that are headings of a table."""
    known = {*vocabulary(table).values()}
    return sum(heading(table, cell).name in known for cell in cells if cell)


def understood(raw: RawTable, table: str, references: References = NOTHING) -> tuple[RawTable, Origin]:
    """Name the columns of a table as the model does and bring its figures to the model's units.

    Parameters
    ----------
    references : field -> what reads it, for columns that name something in another table

    Returns
    -------
    (RawTable, Origin)
        Columns that are not known keep their heading; ``raw`` itself is left as it is.
    """
    headings = [heading(table, text, n) for n, text in enumerate(raw.header, start=1) if text]
    columns: dict[str, Heading] = {}
    faults = [*raw.faults]
    for one in headings:
        if one.name in columns and one.text != columns[one.name].text:
            message = _("means the same as the column {other}; keep one of them").format(other=columns[one.name].text)
            faults.append(Fault(raw.file, raw.header_line, one.text, "", message, "duplicate-column"))
        elif one.name:
            columns.setdefault(one.name, one)
            faults += _unit_fault(raw, table, one)
    rows = []
    readers = {name: _reader(table, one) for name, one in columns.items()}
    references = remembered(references)
    for line, cells in raw.rows:
        read = {name: readers[name](cells[one.text]) for name, one in columns.items()}
        read, wrong = _put_together(raw.file, line, table, read, columns)
        faults += refer(raw.file, line, read, references)
        rows.append((line, read))
        faults += wrong
    units = {name: one.unit for name, one in columns.items() if one.unit and one.unit != unit_in(table, name)}
    maimed = tuple({one.name: row[one.text] for one in columns.values() if one.text in row} for row in raw.maimed)
    ids = {cells["id"]: line for line, cells in reversed(rows) if cells.get("id")}
    origin = Origin(raw.header_line, columns, dict(raw.rows), ids)
    return replace(raw, rows=tuple(rows), faults=tuple(faults), maimed=maimed, units=units), origin


def _unit_fault(raw: RawTable, table: str, one: Heading) -> Iterator[Fault]:
    wanted = unit_in(table, one.name)
    if one.unit and is_figure(table, one.name) and factor(one.unit, wanted or "-") is None:
        message = _("the unit does not fit; figures of {unit} are needed").format(unit=_(wanted) if wanted else "-")
        yield Fault(raw.file, raw.header_line, one.text, one.unit, message, "bad-unit")


def _reader(table: str, one: Heading) -> Callable[[str], str]:
    """Return what reads the cells of a column; each text is read once."""

    @cache
    def read(text: str) -> str:
        return cell_in(table, one.name, text, one.unit) if text else ""

    return read


def _put_together(
    file: str, line: int, table: str, read: dict[str, str], columns: Mapping[str, Heading]
) -> tuple[dict[str, str], list[Fault]]:
    if table in GROUPS and {"lon", "lat", BOTH} & read.keys():
        return _placed(file, line, read)
    if table == "harvest" and AREA_UNITS.keys() & read.keys():
        return _by_area(file, line, read, {name: one.unit for name, one in columns.items()})
    return read, []


def _placed(file: str, line: int, cells: dict[str, str]) -> tuple[dict[str, str], list[Fault]]:
    """Bring coordinates to decimal degrees: with minutes and seconds, or both in one cell as map services copy them."""
    given = {name: cells.get(name, "") for name in (BOTH, "lon", "lat")}
    if not given[BOTH] and DIGITS.fullmatch(given["lon"]) and DIGITS.fullmatch(given["lat"]):
        cells.pop(BOTH, None)
        return cells, []
    rest = {name: text for name, text in cells.items() if name != BOTH}
    where, pair = next(((name, both) for name, text in given.items() if (both := _pair(name, text))), ("", None))
    if pair is None:
        found = {name: degrees(given[name]) for name in ("lon", "lat") if name in cells}
        read = {
            name: given[name] if value is None else _as_written(given[name], value) for name, value in found.items()
        }
        return rest | read, []
    message = _("the cell {cell} holds both coordinates; this one differs and is not used").format(cell=given[where])
    faults = [
        Fault(file, line, name, text, message, "two-coordinates", warning=True)
        for name, text in given.items()
        if text and name != where and _pair(name, text) != pair and degrees(text) not in pair
    ]
    return rest | {"lon": repr(pair[0]), "lat": repr(pair[1])}, faults


def _pair(name: str, text: str) -> tuple[float, float] | None:
    """Return both coordinates of a cell; "109，6" in the column of one of them is a figure mistyped, no pair."""
    return lon_lat(text) if name == BOTH or len(FRACTION.findall(text)) > 1 else None


def _as_written(text: str, value: float) -> str:
    """Keep a plain number as it is written."""
    try:
        return text if float(text) == value else repr(value)
    except ValueError:
        return repr(value)


def refer(file: str, line: int, cells: dict[str, str], references: References) -> Iterator[Fault]:
    """Put ids where a row names things, and yield what is not known or was taken for something."""
    for name, reference in references.items():
        if text := cells.get(name, ""):
            read = reference.read(text)
            cells[name] = read.text
            if read.code:
                yield Fault(file, line, name, text, read.message, read.code, read.warning, guess=read.guess)


def refer_rows(raw: RawTable, references: References) -> tuple[RawTable, list[Fault]]:
    """Put ids where the rows of a table name things, as `refer` does for one; return the table and the faults."""
    rows: list[tuple[int, dict[str, str]]] = []
    faults: list[Fault] = []
    references = remembered(references)
    for line, cells in raw.rows:
        read = dict(cells)
        faults += refer(raw.file, line, read, references)
        rows.append((line, read))
    return replace(raw, rows=tuple(rows)), faults


def cell_in(table: str, name: str, text: str, unit: str = "") -> str:
    """Return a cell as the model wants it: a figure in its unit, a choice by its key."""
    if is_figure(table, name):
        return figure_in(text, unit_in(table, name) or "-", unit)
    return chosen(name, text)


@cache
def is_figure(table: str, name: str) -> bool:
    """Tell whether a field holds one number."""
    noun: type[Noun] | None = dictionary.TABLES.get(table) or dictionary.SECTIONS.get(table)
    if name in EXTRA_UNITS:
        return True
    info = noun.model_fields.get(name) if noun is not None else None
    return info is not None and bool({float, int} & {info.annotation, *_inside(info.annotation)})


def _inside(annotation: Any) -> tuple[Any, ...]:
    return () if get_origin(annotation) in (tuple, dict) else get_args(annotation)


def _by_area(
    file: str, line: int, cells: dict[str, str], units: Mapping[str, str]
) -> tuple[dict[str, str], list[Fault]]:
    """Make tonnes of area and yield; where all three are given they must agree, one may stand beside the tonnes."""
    parts = {name: cells.pop(name, "") for name in AREA_UNITS}
    if not any(parts.values()):
        return cells, []
    if cells.get("tonnes") and not all(parts.values()):
        return {**cells, **parts}, []
    faults, figures = [], []
    for name, text in parts.items():
        try:
            figures.append(float(text))
            right = 0 <= figures[-1] < float("inf")
        except ValueError:
            right = False
        if not right:
            unit = units.get(name) or _(AREA_UNITS[name])
            told = _("must be a number of {unit}, at least 0").format(unit=unit) if text else _(
                "must be given beside the other: tonnes are area times yield"
            )  # fmt: skip
            faults.append(Fault(file, line, name, text, told, "not-a-number" if text else "incomplete"))
    if faults:
        return {**cells, "tonnes": cells.get("tonnes") or "0"}, faults
    product = figures[0] * figures[1]
    return _agreed(file, line, {**cells, **parts}, product)


def _agreed(file: str, line: int, cells: dict[str, str], product: float) -> tuple[dict[str, str], list[Fault]]:
    from decimal import Decimal

    given = cells.get("tonnes", "")
    if not given:
        return {**cells, "tonnes": written(Decimal(repr(product)))}, []
    try:
        apart = abs(float(given) - product) > LEAST_DIFFERENCE * max(product, 1.0)
    except ValueError:
        apart = False
    message = _("is not area times yield, {product:g} t").format(product=product)
    return cells, [Fault(file, line, "tonnes", given, message, "not-area-times-yield")] if apart else []
