"""The sheet of rules: what ``scenario.toml`` says, one setting a row, one column of values for each variant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args, get_origin

from coldchain.errors import Fault
from coldchain.language import _
from coldchain.model import dictionary
from coldchain.scenario.choices import chosen
from coldchain.scenario.headings import cell_in, fold, is_figure, titles, unit_in
from coldchain.scenario.listing import MOST_TITLE_ROWS
from coldchain.scenario.units import factor, is_unit
from coldchain.scenario.workbook import Sheet

SCHEMA = "coldchain.scenario/1"  # of a workbook that states none: earlier ones have no row for it
KEY = ("setting", "key", "键", "设置键")
TITLE = ("设置", "设置项", "项目", "名称")
VALUE = ("value", "值", "取值", "基准", "base")
UNIT = ("unit", "单位")
VARIANT = re.compile(r"(?:variant|方案|变体)[:：\s]*(.+)", re.IGNORECASE)
HEADINGS = {
    "en": {"title": "setting", "value": "value", "unit": "unit", "variant": "variant"},
    "zh": {"title": "设置", "value": "值", "unit": "单位", "variant": "变体"},
}
HEAD = ("schema", "name", "datum", "notes")
OVERRIDES = ("commodity", "depot_type", "mobile_unit", "plant", "vehicle")
LISTS = re.compile("[;；、]")


@dataclass
class Rules:
    """What the sheet says.

    Attributes
    ----------
    data : as ``scenario.toml`` would give it
    rows : dotted key -> row; ``written`` (row, column) -> text; ``columns`` variant (empty: the base) -> column,
        ``titles`` dotted key -> title where the row has one, ``units`` dotted key -> unit of its row
    named_in : column of the keys, or of the titles where there are none
    """

    data: dict[str, Any] = field(default_factory=lambda: {"schema": SCHEMA})
    rows: dict[str, int] = field(default_factory=dict)
    written: dict[tuple[int, int], str] = field(default_factory=dict)
    columns: dict[str, int] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    named_in: int = 1
    faults: list[Fault] = field(default_factory=list)


def read_rules(sheet: Sheet) -> Rules:
    """Read the sheet of rules; what is wrong with a row is among the faults, its label the sheet's title."""
    rules = Rules()
    at = next((n for n, (_row, cells) in enumerate(sheet.rows[:MOST_TITLE_ROWS]) if _places(cells)), None)
    if at is None:
        message = _("has no header with the columns setting and value")
        rules.faults.append(Fault(sheet.title, None, "", "", message, "no-header"))
        return rules
    header = sheet.rows[at][1]
    places = _places(header)
    rules.named_in = places.get("key") or places["title"]
    rules.columns = {"": places["value"], **_variants(header)}
    for line, cells in sheet.rows[at + 1 :]:
        _take(rules, sheet.title, line, cells, places)
    odd = {(row, column): (message, code) for row, column, _value, message, code in sheet.odd}
    for (row, column), (message, code) in odd.items():
        if column in rules.columns.values():
            told = next((key for key, line in rules.rows.items() if line == row), "")
            rules.faults.append(Fault(sheet.title, row, told, rules.written.get((row, column), ""), message, code))
    return rules


def _places(cells: Sequence[str]) -> dict[str, int]:
    """Return the columns of key, title, value and unit, from 1; nothing when this row is no header."""
    folded = [fold(cell) for cell in cells]
    found = {}
    for what, names in (("key", KEY), ("title", TITLE), ("value", VALUE), ("unit", UNIT)):
        place = next((folded.index(fold(name)) for name in names if fold(name) in folded), None)
        if place is not None:
            found[what] = place + 1
    return found if "value" in found and ("key" in found or "title" in found) else {}


def _variants(header: Sequence[str]) -> dict[str, int]:
    found = ((VARIANT.fullmatch(cell), n) for n, cell in enumerate(header, start=1))
    return {match[1].strip(): n for match, n in found if match}


def _take(rules: Rules, title: str, line: int, cells: Sequence[str], places: Mapping[str, int]) -> None:
    def text(what: str) -> str:
        return cells[places[what] - 1] if what in places else ""

    values = {variant: cells[column - 1] for variant, column in rules.columns.items() if cells[column - 1]}
    key = _key(text("key")) or _key(text("title"))
    if key is None:
        if values:
            wrong = text("key") or text("title")
            rules.faults.append(Fault(title, line, wrong, "", _unknown(wrong), "unknown-key"))
        return
    if key in rules.rows and key != "notes":
        message = _("is set twice; first on row {value}").format(value=rules.rows[key])
        rules.faults.append(Fault(title, line, key, "", message, "duplicate-key"))
        return
    rules.rows[key] = line
    rules.units[key] = text("unit")
    rules.titles |= {key: text("title")} if text("title") not in ("", key) else {}
    rules.written |= {(line, rules.columns[variant]): value for variant, value in values.items()}
    if (fault := _unit_fault(title, line, key, text("unit"))) is not None:
        rules.faults.append(fault)
        return
    for variant, value in values.items():
        _set(rules.data, variant, key, _value(key, value, text("unit")))


def _key(text: str) -> str | None:
    """Return the dotted key of a setting from its key or its title, None when it is neither."""
    if not text:
        return None
    parts = text.split(".")
    if text in HEAD or (len(parts) >= 3 and parts[0] in OVERRIDES):
        return text
    if len(parts) >= 2 and parts[0] in dictionary.SECTIONS and parts[1] in dictionary.SECTIONS[parts[0]].model_fields:
        return text
    sections = (*dictionary.SECTIONS, "head")
    for (section, name), known in titles().items():
        if section in sections and fold(text) in map(fold, known):
            return name if section == "head" else f"{section}.{name}"
    return None


def _unknown(text: str) -> str:
    known = [f"{section}.{name}" for section, noun in dictionary.SECTIONS.items() for name in noun.model_fields]
    known += [told for (section, _name), names in titles().items() if section in dictionary.SECTIONS for told in names]
    close = difflib.get_close_matches(text, known, 1)
    hint = _('; did you mean "{value}"?').format(value=close[0]) if close else ""
    return _("is not a known setting{hint}").format(hint=hint)


def _unit_fault(title: str, line: int, key: str, unit: str) -> Fault | None:
    section, _dot, name = key.partition(".")
    wanted = unit_in(section, name) or "-"
    if not (unit and is_figure(section, name) and is_unit(unit)) or factor(unit, wanted) is not None:
        return None
    message = _("the unit does not fit; figures of {unit} are needed").format(unit=_(wanted))
    return Fault(title, line, key, unit, message, "bad-unit")


def _value(key: str, text: str, unit: str) -> Any:
    """Return a value as TOML would give it: lists at semicolons, tables of ``name = value``."""
    section, _dot, name = key.partition(".")
    if key == "notes":
        return [text]
    if section in OVERRIDES:
        return text
    noun = dictionary.SECTIONS.get(section)
    info = noun.model_fields.get(name) if noun is not None else None
    kind = None if info is None else get_origin(info.annotation)
    given = unit if is_unit(unit) else ""
    parts = [part.strip() for part in LISTS.split(text) if part.strip()]
    if kind is tuple:
        return [_single(section, name, chosen(name, part), given) for part in parts]
    if kind is dict and info is not None:
        figures = get_args(info.annotation)[1] is float
        return dict(_pair(section, name, part, given, figures=figures) for part in parts)
    return cell_in(section, name, text, given)


def _single(section: str, name: str, text: str, unit: str) -> str:
    from coldchain.scenario.units import figure_in

    wanted = unit_in(section, name)
    return figure_in(text, wanted, unit) if wanted else text


def _pair(section: str, name: str, part: str, unit: str, *, figures: bool) -> tuple[str, str]:
    key, _sign, value = part.replace("：", "=").replace(":", "=").partition("=")
    read = _single(section, name, value.strip(), unit) if figures else value.strip()
    return chosen("constructions", key.strip()), read


def _set(data: dict[str, Any], variant: str, key: str, value: Any) -> None:
    """Put a value at its dotted key, under its variant if it has one; notes gather."""
    if variant:
        data = data.setdefault("variants", {}).setdefault(variant, {})
    *above, last = key.split(".")
    for part in above:
        data = data.setdefault(part, {})
    data[last] = data.get("notes", []) + value if key == "notes" else value


def keys_of(column: str) -> Iterator[tuple[str, str]]:
    """Yield (variant, key) of a dotted name in a fault, the longest key first.

    Examples
    --------
    >>> list(keys_of("variants.half.siting.budget_cny"))[0]
    ('half', 'siting.budget_cny')
    """
    variant = ""
    if column.startswith("variants."):
        _word, variant, column = [*column.split(".", 2), ""][:3]
    parts = column.split(".")
    for end in range(len(parts), 0, -1):
        yield variant, ".".join(parts[:end])
