"""From text to nouns: every cell checked, every fault named by file, row, column and value."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar, get_args, get_origin

from pydantic import ValidationError

from coldchain.cells import unguarded
from coldchain.errors import Fault
from coldchain.language import N_, _, language
from coldchain.model import HOURS, Noun
from coldchain.scenario.choices import choices_told

N = TypeVar("N", bound=Noun)
NO_UNITS: Mapping[str, str] = MappingProxyType({})
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def clean(text: str) -> str:
    """Fold full-width digits, letters and spaces to plain ones, trim, and take a spreadsheet's mark of text off.

    "m³" and "10⁹" stay as they are.

    Examples
    --------
    >>> clean(" Ｖ１ "), clean("'=A1"), clean("'s")
    ('V1', '=A1', "'s")
    """
    return unguarded((text if text.isascii() else text.translate(_FULL_WIDTH)).strip(" \t\r\n\xa0\u200b\ufeff"))


def parse(
    noun: type[N], cells: Mapping[str, Any], file: str, row: int | None, units: Mapping[str, str] = NO_UNITS
) -> tuple[N | None, list[Fault]]:
    """Build one noun from the cells of a row or the keys of a section.

    Empty cells take the default. Cells of list columns are split at semicolons.

    Parameters
    ----------
    units : column -> unit in which its heading asks for figures, where that is not the model's

    Returns
    -------
    (noun, []) or (None, faults)
    """
    values = {key: _as_given(noun, key, value) for key, value in cells.items() if value != ""}
    _gather_hours(noun, values)
    try:
        return noun.model_validate(values), []
    except ValidationError as error:
        return None, [_fault(noun, detail, file, row, units) for detail in _outermost(error)]


def _outermost(error: ValidationError) -> list[Any]:
    """Return the errors without those that a list is too short because its items are wrong."""
    details = error.errors()
    inside = {detail["loc"][:-1] for detail in details}
    return [detail for detail in details if detail["type"] != "too_short" or detail["loc"] not in inside]


def unit_of(noun: type[Noun], column: str) -> str:
    """Return the unit of a column as printed in messages, with a leading blank; empty when it has none."""
    field = noun.model_fields.get(column)
    extra = field.json_schema_extra if field is not None else None
    unit = extra.get("unit", "-") if isinstance(extra, dict) else "-"
    return "" if unit == "-" else f" {unit}"


def _as_given(noun: type[Noun], key: str, value: Any) -> Any:
    """Split cells of lists; write true and false out, lest they pass for one and zero."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(";") if part.strip()] if _is_list(noun, key) else value
    return str(value).lower() if isinstance(value, bool) else value


@cache
def _is_list(noun: type[Noun], key: str) -> bool:
    field = noun.model_fields.get(key)
    return field is not None and any(get_origin(kind) is tuple for kind in _kinds(field.annotation))


def _kinds(annotation: Any) -> tuple[Any, ...]:
    return (annotation,) if get_origin(annotation) is tuple else get_args(annotation)


def _gather_hours(noun: type[Noun], values: dict[str, Any]) -> None:
    """Join the columns t00_c … t23_c into the list the noun holds."""
    if not _is_list(noun, "hourly_c"):
        return
    given = [values.pop(hour) for hour in HOURS if hour in values]
    if given:
        values["hourly_c"] = given


def _fault(noun: type[Noun], detail: Any, file: str, row: int | None, units: Mapping[str, str]) -> Fault:
    kind, context = detail["type"], detail.get("ctx", {})
    column = ".".join(str(part) for part in detail["loc"])
    unit = unit_of(noun, str(detail["loc"][0]) if detail["loc"] else "")
    if column in units and kind not in BOUNDS:
        unit = f" {units[column]}"
    value = "" if kind in ("missing", "value_error") else str(detail["input"])
    if kind == "literal_error" and language() == "zh":
        told = choices_told(column.partition(".")[0], context["expected"])
        context = {"expected": told.replace(", ", "、").replace(" or ", "、")}
    message, code = _message(kind, context, unit, detail["msg"])
    if unit == " share" and kind == "less_than_equal" and 1 < float(detail["input"]) <= 100:
        message += _("; if {input:g} % was meant, write {amount:g}").format(
            input=float(detail["input"]), amount=float(detail["input"]) / 100
        )
    return Fault(file, row, column, value, message, code)


UNITS = (
    N_("° east"), N_("° north"), N_("years"), N_("share/year"), N_("h/t"), N_("h"), N_("CNY"), N_("CNY/t"),
    N_("CNY/h"), N_("CNY/year"), N_("CNY/day"), N_("CNY/kg"), N_("CNY/km"), N_("CNY/m³"), N_("CNY/kWh"),
    N_("CNY/(t·km)"), N_("CNY/(t·day)"), N_("persons"), N_("t"), N_("m³/t"), N_("t/day"), N_("d"), N_("share"),
)  # fmt: skip
BOUNDS = {
    "greater_than_equal": ("ge", N_("must be at least {bound:g}")),
    "greater_than": ("gt", N_("must be more than {bound:g}")),
    "less_than_equal": ("le", N_("must be at most {bound:g}")),
    "less_than": ("lt", N_("must be less than {bound:g}")),
}


def _message(kind: str, context: Mapping[str, Any], unit: str, fallback: str) -> tuple[str, str]:
    """Translate a pydantic error into what the planner should do, and a stable code."""
    if kind in BOUNDS:
        key, told = BOUNDS[kind]
        return _(told).format(bound=context[key]) + (f" {_(unit.strip())}" if unit else ""), "out-of-range"
    number = _("must be a number of {unit}").format(unit=_(unit.strip())) if unit else _("must be a number")
    plain = {
        "missing": (_("must be given"), "missing"),
        "float_parsing": (number, "not-a-number"),
        "float_type": (number, "not-a-number"),
        "int_parsing": (_("must be a whole number"), "not-a-number"),
        "int_from_float": (_("must be a whole number"), "not-a-number"),
        "int_type": (_("must be a whole number"), "not-a-number"),
        "finite_number": (_("must be a finite number"), "not-finite"),
        "extra_forbidden": (_("is not known here; see docs/dictionary.md for the names"), "unknown-key"),
        "string_too_short": (_("must not be empty"), "missing"),
        "string_type": (_("must be text in quotes"), "not-text"),
    }
    if kind in plain:
        return plain[kind]
    if kind == "literal_error":
        return _("must be one of {expected}").format(expected=context["expected"]), "bad-choice"
    return str(context.get("error", fallback)), "invalid"
