"""The workbook to fill in: sample rows, units in the headings, what each column means as a note, drop-downs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pandas as pd

from coldchain.cells import guarded
from coldchain.errors import UsageError, system_reason
from coldchain.language import N_, _, language
from coldchain.leftovers import clear_half_written
from coldchain.model import VEHICLE_FIGURES, Noun, dictionary
from coldchain.scenario.choices import CHOICES, shown
from coldchain.scenario.datum import DATUMS
from coldchain.scenario.headings import title, titles, unit_in
from coldchain.scenario.programmes import programme_keys
from coldchain.scenario.rulesheet import HEADINGS, SCHEMA
from coldchain.scenario.units import written
from coldchain.scenario.workbook import GUIDE, LISTS, RULES, sheet_title
from coldchain.scenario.write import Draft

AUTHOR = "coldchain"
ROWS = 5000  # that drop-downs and text columns reach to
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "villages": ("id", "name", "county", "lon", "lat", "cooperative", "town"),
    "harvest": ("village", "commodity", "period", "tonnes", "area_ha", "yield_t_ha"),
    "sites": (
        "id", "name", "county", "lon", "lat", "owner", "owner_kind", "status", "existing", "max_modules", "power_kw",
        "staff", "haul_payload_kg",
    ),
    "hubs": (
        "id", "name", "county", "lon", "lat", "dwell_h", "onward_h", "market_h", "market_temp_c", "onward_cargo",
        "chilled_onward_cny_t", "limit_t_day",
    ),
    "periods": ("id", "name", "days", "temp_min_c", "temp_max_c", "harvest_start_h", "harvest_end_h"),
    "vehicles": (
        "id", "name", "owner", *VEHICLE_FIGURES, "source",
    ),
}  # fmt: skip
ZH_UNITS = {
    "° east": "°", "° north": "°", "t": "吨", "ha": "亩", "t/ha": "公斤/亩", "kW": "千瓦", "persons": "人",
    "kg": "公斤", "h": "小时", "°C": "℃", "CNY/t": "元/吨", "t/day": "吨/天", "d": "天", "m³": "立方米",
    "CNY/day": "元/天", "CNY/km": "元/公里", "CNY/h": "元/小时", "share": "比例", "share/year": "比例/年",
    "CNY/kWh": "元/千瓦时", "CNY": "万元", "CNY/(t·km)": "元/(吨·公里)", "CNY/(t·day)": "元/(吨·天)",
    "CNY/m³": "元/立方米", "years": "年", "m": "米", "km/h": "公里/小时", "h/t": "小时/吨", "m³/t": "立方米/吨",
}  # fmt: skip
MEANINGS = {
    "area_ha": N_("area under the crop; with the yield, instead of tonnes"),
    "yield_t_ha": N_("yield of the area in the period; with the area, instead of tonnes"),
}
ADVICE = (
    N_("Replace the sample rows of each sheet with your own; keep the headings (their order does not matter)."),
    N_("Orange headings must be filled in, blue ones may stay empty; a note on each heading says what it means."),
    N_("Figures may carry a unit (120万元, 3,500公斤); a heading may name another unit in brackets, such as (斤)."),
    N_("Tonnes may be left out where area and yield are given. Codes stay as they are, zeros in front included."),
    N_("Without roads a network of straight lines stands in; name a road file in the sheet of rules (roads.file)."),
    N_("Then: coldchain check THIS.xlsx marks every faulty cell in a copy; coldchain plan THIS.xlsx makes the plan."),
    N_("For the meeting: coldchain report RUN --pdf, where RUN is the folder that plan wrote."),
)
SAMPLE_NOTE = N_("The sample rows are synthetic: no such county exists.")
REQUIRED, OPTIONAL = "F8CBAD", "DDEBF7"


@dataclass(frozen=True)
class Menu:
    """A drop-down: a column of the sheet of lists, or the ids of another sheet."""

    formula: str


def write_template(draft: Draft, folder: Path) -> Path:
    """Write the workbook of a draft into a new folder, in the language spoken; return its path.

    Raises
    ------
    UsageError
        When the folder exists and is not empty, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        told = _("{folder} exists already and is not empty; choose another folder, nothing was written")
        raise UsageError(told.format(folder=folder))
    target = folder / f"{folder.resolve().name}.xlsx"
    clear_half_written(target)
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        template_book(draft).save(partial)
        partial.rename(target)
    except OSError as error:
        told = _("{folder} cannot be written: {strerror}").format(folder=folder, strerror=system_reason(error))
        raise UsageError(told) from error
    finally:
        partial.unlink(missing_ok=True)
    return target


def template_book(draft: Draft) -> Any:
    """Return the workbook of a draft, in the language spoken."""
    from openpyxl import Workbook

    book = Workbook()
    _guide(book.active)
    tables = {stem: _sample(stem, draft) for stem in COLUMNS}
    menus = _lists(book)
    for stem, frame in tables.items():
        _table(book.create_sheet(sheet_title(stem, language()), len(book.worksheets) - 1), stem, frame, menus)
    _rules(book.create_sheet(sheet_title(RULES, language()), len(book.worksheets) - 1), draft)
    return book


def _guide(sheet: Any) -> None:
    from openpyxl.styles import Alignment, Font

    sheet.title = sheet_title(GUIDE, language())
    sheet["A1"] = _("coldchain: the scenario of a county")
    sheet["A1"].font = Font(bold=True, size=14)
    for row, line in enumerate(ADVICE, start=3):
        sheet.cell(row, 1, f"{row - 2}. {_(line)}").alignment = Alignment(wrap_text=True, vertical="top")
    sheet.column_dimensions["A"].width = 100
    for_printing(sheet)


def _sample(stem: str, draft: Draft) -> pd.DataFrame:
    """Return the sample rows with the columns of the template, worded in the language spoken."""
    if stem == "vehicles":
        from coldchain.scenario.load import catalogue_table

        own = {row["id"]: row for row in draft.tables[stem].to_dict("records")}
        shipped = (noun.model_dump() | {"source": None} for noun in catalogue_table("vehicle"))
        frame = pd.DataFrame([row | own.get(row["id"], {}) for row in shipped])
    else:
        frame = draft.tables[stem]
    frame = frame.reindex(columns=list(COLUMNS[stem])).astype(object)
    frame = frame.where(frame.notna(), None)
    return _in_chinese(stem, frame) if language() == "zh" else frame


SAMPLE_WORDS = (
    (r"^spring$", "春"), (r"^summer$", "夏"), (r"^autumn$", "秋"), (r"^winter$", "冬"),
    (r"^motor tricycle, (.+) t$", r"三轮摩托车 \1 吨"), (r"^light truck (.+) m, (.+) t$", r"轻型货车 \1 米 \2 吨"),
    (r"^medium truck (.+) m, (.+) t$", r"中型货车 \1 米 \2 吨"),
    (r"^insulated van (.+) m, (.+) t$", r"保温车 \1 米 \2 吨"),
    (r"^refrigerated truck (.+) m, (.+) t$", r"冷藏车 \1 米 \2 吨"),
)  # fmt: skip


def _in_chinese(stem: str, frame: pd.DataFrame) -> pd.DataFrame:
    crops = _crops() if stem == "harvest" else {}

    def word(name: str, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        value = crops.get(value, shown(name, value))
        for pattern, put in SAMPLE_WORDS:
            value = re.sub(pattern, put, value)
        return value

    return pd.DataFrame({name: [word(str(name), value) for value in column] for name, column in frame.items()})


def _crops() -> dict[str, str]:
    """Return id -> what the crop is called in drop-downs."""
    from coldchain.scenario.load import catalogue_table

    rows = [noun.model_dump() for noun in catalogue_table("commodity")]
    return {row["id"]: row["name_zh" if language() == "zh" else "id"] for row in rows}


def _lists(book: Any) -> dict[tuple[str, str], Menu]:
    """Write the sheet of lists; return the drop-down of every column that has one."""
    from openpyxl.utils import get_column_letter

    from coldchain.scenario.load import catalogue_table

    kinds = [str(noun.model_dump()["id"]) for noun in catalogue_table("depot_type")]
    lists: dict[tuple[str, str], Sequence[str]] = {
        ("harvest", "commodity"): list(_crops().values()),
        **{pair: _words(*pair) for pair in (("sites", "status"), ("sites", "owner_kind"), ("vehicles", "cargo"))},
        ("hubs", "onward_cargo"): _words("hubs", "onward_cargo"),
        ("depot_types", "id"): kinds,
    }
    sheet = book.create_sheet(sheet_title(LISTS, language()))
    menus = {}
    for column, ((stem, name), values) in enumerate(lists.items(), start=1):
        head = sheet_title(stem, language()) if name == "id" else title(stem, name, language())
        for row, value in enumerate([head, *values], start=1):
            sheet.cell(row, column, guarded(value))
        letter = get_column_letter(column)
        sheet.column_dimensions[letter].width = 24
        menus[stem, name] = Menu(f"'{sheet.title}'!${letter}$2:${letter}${len(values) + 1}")
    for_printing(sheet)
    for name, stem in (("village", "villages"), ("period", "periods")):
        menus["harvest", name] = Menu(f"'{sheet_title(stem, language())}'!$A$2:$A${ROWS}")
    return menus


def _words(stem: str, name: str) -> list[str]:
    """Return the words of a choice in the language spoken."""
    info = dictionary.TABLES[stem].model_fields[name]
    ids = get_args(info.annotation) if get_origin(info.annotation) is Literal else dict.fromkeys(CHOICES[name].values())
    return [shown(name, key) if language() == "zh" else str(key) for key in ids]


def heading_text(table: str, name: str) -> str:
    """Return a heading with its unit, in the language spoken.

    Examples
    --------
    >>> heading_text("vehicles", "payload_kg"), heading_text("villages", "name")
    ('payload (kg)', 'name')
    """
    unit = unit_shown(unit_in(table, name))
    return title(table, name, language()) + (f" ({unit})" if unit else "")


def unit_shown(unit: str) -> str:
    """Return how the template writes a unit."""
    return ZH_UNITS.get(unit, unit) if language() == "zh" else unit


def _table(sheet: Any, stem: str, frame: pd.DataFrame, menus: Mapping[tuple[str, str], Menu]) -> None:
    from openpyxl.utils import get_column_letter

    noun = dictionary.TABLES[stem]
    for column, name in enumerate(COLUMNS[stem], start=1):
        letter = get_column_letter(column)
        needed = name in noun.model_fields and noun.model_fields[name].is_required() and name != "tonnes"
        _head(sheet.cell(1, column, heading_text(stem, name)), _note(noun, name), REQUIRED if needed else OPTIONAL)
        values = [value for value in frame[name] if value is not None]
        sheet.column_dimensions[letter].width = _width([heading_text(stem, name), *values[:50]])
        if unit_in(stem, name) == "" and name != "days":
            sheet.column_dimensions[letter].number_format = "@"
        for row, value in enumerate(frame[name], start=2):
            cell = sheet.cell(row, column, guarded(value))
            if isinstance(value, str):
                cell.number_format = "@"
        if (stem, name) in menus:
            _menu(sheet, menus[stem, name].formula, f"{letter}2:{letter}{ROWS}")
    sheet.freeze_panes = "B2"
    for_printing(sheet)


def for_printing(sheet: Any) -> None:
    """Let a table print on A4, as wide as the page, its head on every page."""
    sheet.page_setup.paperSize, sheet.page_setup.orientation = sheet.PAPERSIZE_A4, "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"
    sheet.oddFooter.center.text = "&A  &P / &N"


def _head(cell: Any, note: str, colour: str) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Font, PatternFill

    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", start_color=colour)
    cell.comment = Comment(note, AUTHOR, width=280, height=90)


def _note(noun: type[Noun], name: str) -> str:
    if name in MEANINGS:
        return _(MEANINGS[name])
    info = noun.model_fields[name]
    if info.is_required() and name != "tonnes":
        return _("{meaning}; must be filled in").format(meaning=_(str(info.description)))
    if info.is_required() or info.default in ("", None):
        return _(str(info.description))
    value = shown(name, str(info.default)) if language() == "zh" else info.default
    return _("{meaning}; {default} when left empty").format(meaning=_(str(info.description)), default=value)


def _menu(sheet: Any, formula: str, cells: str) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    menu = DataValidation(type="list", formula1=formula, allow_blank=True, errorStyle="warning", showErrorMessage=True)
    menu.error = _("This is not in the list; keep it only when you mean it.")
    sheet.add_data_validation(menu)
    menu.add(cells)


def _width(values: Iterable[Any]) -> float:
    longest = max(sum(2 if ord(sign) > 0x2E80 else 1 for sign in str(value)) for value in values)
    return min(max(longest + 3, 10), 40)


def _rules(sheet: Any, draft: Draft) -> None:
    """Write one row for each setting: title or key, value, a column for each variant, unit, meaning."""
    zh = language() == "zh"
    names = HEADINGS[language()]
    head = [names["title"], names["value"], *(f"{names['variant']} {name}" for name in draft.variants)]
    head += [names["unit"], _("meaning")]
    for column, text in enumerate([*head, "键"] if zh else head, start=1):
        _head(sheet.cell(1, column, text), text, OPTIONAL)
        sheet.cell(1, column).comment = None
    rows: list[Rule] = [
        ("name", [None], "", _("name of the scenario; that of the file when left empty")),
        ("schema", [SCHEMA], "", _("format of this workbook; leave as it is")),
        ("datum", [draft.datum], "", _("datum of the coordinates")),
        ("notes", [_(SAMPLE_NOTE)], "", _("shown in the report")),
    ]
    rows += [_rule(draft, section, name) for section, noun in dictionary.SECTIONS.items() for name in noun.model_fields]
    for row, (key, values, unit, meaning) in enumerate(rows, start=2):
        padded = [*values, *[None] * (1 + len(draft.variants) - len(values))]
        section, _dot, name = key.rpartition(".")
        shown_key = titles()[section or "head", name][0] if zh else key
        for column, value in enumerate([shown_key, *padded, unit, meaning, *([key] if zh else [])], start=1):
            sheet.cell(row, column, guarded(value))
        if options := _options(section, name):
            _menu(sheet, f'"{",".join(options)}"', f"B{row}")
    for letter, width in zip("ABCDEFGH", [34, 24, *[16] * len(draft.variants), 14, 60, 34], strict=False):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "C2"
    for_printing(sheet)


Rule = tuple[str, list[Any], str, str]


def _rule(draft: Draft, section: str, name: str) -> Rule:
    """Return a setting; those a named programme gives stay empty, so that naming another one works."""
    info, unit = dictionary.SECTIONS[section].model_fields[name], unit_in(section, name)
    values = draft.sections.get(section, {})
    ruled = section == "subsidy" and values.get("programme") and name not in values
    roadless = (section, name) == ("roads", "file")  # the sample's roads would not fit the planner's own villages
    value = None if ruled or roadless else values.get(name, info.default)
    meaning = _(str(info.description))
    given = _shown(name, unit, programme_keys()[values["programme"]].get(name)) if ruled else None
    if given is not None:
        text = _("{meaning}; empty: {value}, as {programme} says")
        meaning = text.format(meaning=meaning, value=given, programme=values["programme"])
    layers = [layer.get(section, {}).get(name) for layer in draft.variants.values()]
    shown_values = [_shown(name, unit, one) for one in (value, *layers)]
    return f"{section}.{name}", shown_values, unit_shown(unit), meaning


def _shown(name: str, unit: str, value: Any) -> Any:
    """Return a value as the cell holds it: lists with semicolons, amounts in the unit beside them."""
    if value is None or value in ((), [], {}, ""):
        return None
    if isinstance(value, bool):
        return shown(name, str(value).lower()) if language() == "zh" else str(value).lower()
    if isinstance(value, Mapping):
        zh = language() == "zh"
        return "; ".join(f"{_in_words(key) if zh else key} = {one}" for key, one in value.items())
    if isinstance(value, (list, tuple)):
        return "; ".join(shown(name, str(one)) if language() == "zh" else str(one) for one in value)
    if unit == "CNY" and language() == "zh":
        return float(written(Decimal(repr(float(value))) / 10_000))
    return shown(name, value) if isinstance(value, str) and language() == "zh" else value


def _in_words(text: str) -> str:
    for pattern, put in SAMPLE_WORDS:
        text = re.sub(pattern, put, text)
    return text


def _options(section: str, name: str) -> list[str]:
    """Return the choices of a setting, when it is one of few."""
    if name == "datum":
        return list(DATUMS)
    if (section, name) == ("subsidy", "programme"):
        return list(programme_keys())
    info = dictionary.SECTIONS[section].model_fields[name] if section else None
    if info is None:
        return []
    words = ["true", "false"] if info.annotation is bool else []
    words = [str(one) for one in get_args(info.annotation)] if get_origin(info.annotation) is Literal else words
    return [shown(name, word) if language() == "zh" else word for word in words]
