"""Harvests that a list of places gives: tonnes, by crop or as a total, or area times yield; in any unit."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from coldchain.errors import Fault
from coldchain.importing.columns import UNITS, Amount, Columns
from coldchain.importing.coordinates import BLANKS
from coldchain.importing.crops import Crops
from coldchain.language import _
from coldchain.scenario.units import figure_in

MOST_TONNES = 1e6
Cells = Mapping[str, str]


@dataclass
class Harvests:
    """What was read of the harvests.

    Attributes
    ----------
    tonnes : line -> crop -> tonnes a year; the empty crop is a total without a crop
    used : headings of which something was made
    """

    tonnes: dict[int, dict[str, float]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class _Row:
    file: str
    line: int
    cells: Cells
    crop: str


def read_harvests(file: str, rows: Sequence[tuple[int, Cells]], columns: Columns, crops: Crops) -> Harvests:
    """Read the harvest of each row; a cell that is no figure and a crop that is not known are faults.

    Tonnes go before area times yield; columns of crops go before a total, with which they must agree.
    """
    read = Harvests()
    crop_heading = columns.plain.get("crop", "")
    for line, cells in rows:
        named = cells.get(crop_heading, "")
        crop = crops.find(named) if named and named.lower() not in BLANKS else ""
        if crop is None:
            message = _("is not a crop of the catalogue: {names}").format(names=", ".join(crops.titles.values()))
            guess = crops.guess(named)
            read.faults.append(Fault(file, line, crop_heading, named, message, "unknown-commodity", guess=guess))
        _read_row(read, _Row(file, line, cells, crop or ""), columns)
    if read.tonnes and crop_heading and any(amount.crop == "" for amount in columns.amounts):
        read.used.add(crop_heading)
    return read


def _read_row(read: Harvests, row: _Row, columns: Columns) -> None:
    figures: dict[str, dict[str, float]] = {}
    for amount in columns.amounts:
        value = _figure(read, row, amount)
        if value is not None:
            of_crop = figures.setdefault(amount.crop or row.crop, {})
            of_crop[amount.kind] = of_crop.get(amount.kind, 0.0) + value
    tonnes: dict[str, float] = {}
    for crop, of_crop in figures.items():
        if "tonnes" in of_crop:
            tonnes[crop] = of_crop["tonnes"]
        elif {"area", "yield"} <= of_crop.keys():
            tonnes[crop] = of_crop["area"] * of_crop["yield"]
    _total(read, row, tonnes)
    if tonnes:
        read.tonnes[row.line] = tonnes
    kinds = [(amount, figures.get(amount.crop or row.crop, {})) for amount in columns.amounts]
    read.used |= {
        amount.heading
        for amount, of_crop in kinds
        if amount.kind in of_crop and (amount.kind == "tonnes" or ("tonnes" not in of_crop and len(of_crop) > 1))
    }


def _figure(read: Harvests, row: _Row, amount: Amount) -> float | None:
    text = row.cells.get(amount.heading, "")
    if text.lower() in BLANKS:
        return None
    wanted = UNITS[amount.kind]
    try:
        value = float(figure_in(text, wanted, amount.unit))
    except ValueError:
        value = math.nan
    if not 0.0 <= value <= MOST_TONNES:
        unit = amount.unit or wanted
        message = _("must be a number of {unit}, or carry its own unit, between 0 and {most:g} {wanted}").format(
            unit=unit, most=MOST_TONNES, wanted=wanted
        )
        code = "out-of-range" if math.isfinite(value) else "not-a-number"
        read.faults.append(Fault(row.file, row.line, amount.heading, text, message, code))
        return None
    return value


def _total(read: Harvests, row: _Row, tonnes: dict[str, float]) -> None:
    """Of a total beside its crops keep what the crops leave, as a harvest without a crop."""
    parts = sum(value for crop, value in tonnes.items() if crop)
    if "" not in tonnes or not parts:
        return
    rest = tonnes.pop("") - parts
    if rest > 0.005 * parts:
        tonnes[""] = rest
    elif rest < -0.005 * parts:
        message = _("the total is less than the crops beside it, {parts:g} t; the crops are used").format(parts=parts)
        read.faults.append(Fault(row.file, row.line, "", f"{rest + parts:g}", message, "total-differs", warning=True))


def not_used(columns: Columns, read: Harvests, rows: Sequence[tuple[int, Cells]]) -> tuple[str, ...]:
    """Return the headings with content of which nothing was made, in their order."""
    meant = [*columns.unused, *(a.heading for a in columns.amounts if a.heading not in read.used)]
    crop = columns.plain.get("crop")
    if crop is not None and crop not in read.used:
        meant.append(crop)
    filled = {name for name in meant if any(cells.get(name) for _line, cells in rows)}
    return tuple(name for name in columns.header if name in filled)


def assumed_crops(file: str, line: int, columns: Columns, crops: Crops) -> Iterator[Fault]:
    """Warn of words for a kind, such as 柑橘, for which a crop of the catalogue stands."""
    for amount in columns.amounts:
        if amount.crop and crops.stands_for(amount.word):
            message = _("is not in the catalogue; the figures of {crop} stand for it").format(
                crop=crops.titles[amount.crop]
            )
            yield Fault(file, line, amount.heading, "", message, "crop-assumed", warning=True)
