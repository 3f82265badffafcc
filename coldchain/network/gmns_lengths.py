"""Lengths of GMNS links: their unit, and where the drawn lines contradict them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Bools, Floats
from coldchain.errors import Fault
from coldchain.language import _
from coldchain.network.gmns_table import Table
from coldchain.network.lengths import METRES, better_unit, contradicts, fitting_unit


@dataclass(frozen=True, eq=False)
class GivenLengths:
    """Lengths as link.csv gives them, NaN where it gives none.

    Attributes
    ----------
    length : float64[l], in the unit of config.csv
    own_m : float64[l], our own column ``length_m``, which goes before
    judged : bool[l], links whose length must fit their line: loops have no line, and links not used do not matter
    """

    length: Floats
    own_m: Floats
    judged: Bools


def given_lengths(table: Table, judged: Bools) -> GivenLengths:
    """Read both columns; numbers out of range become faults of the table."""
    length = table.number("length", 0.0, 1e9, unless=~judged)
    own_m = table.number("length_m", 0.0, 1e7, unless=~judged)
    return GivenLengths(length, own_m, judged & (table.text("facility_type") != "proximity"))


def road_detour(table: Table, given: GivenLengths, unit: str, drawn: Floats) -> Floats:
    """Road length against drawn length of each link, float64[l]; 1 where no length is given.

    Parameters
    ----------
    unit : unit of ``length``, a key of ``METRES``; "" to tell it from the drawn lines
    drawn : float64[l], length of the drawn lines in m
    """
    rows = given.judged & np.isfinite(given.length) & np.isnan(given.own_m)
    unit = _unit(table, unit, given.length[rows], drawn[rows])
    scaled = given.length * METRES[unit]
    _name_contradictions(table, "length", unit, np.where(rows, scaled, np.nan), drawn)
    _name_contradictions(table, "length_m", "m", np.where(given.judged, given.own_m, np.nan), drawn)
    metres = np.where(np.isnan(given.own_m), scaled, given.own_m)
    return np.divide(metres, drawn, out=np.ones(len(drawn)), where=np.isfinite(metres) & (drawn > 0))


def _unit(table: Table, stated: str, given: Floats, drawn: Floats) -> str:
    """Return the unit of the column ``length``: as stated, unless the lines say another, or as the lines say."""
    if not stated:
        unit = fitting_unit(given, drawn) or "m"
        if (given > 0).any():
            message = _("config.csv gives no unit (long_length); by the drawn lines the lengths are in {unit}")
            table.warn("length", message.format(unit=unit), "unit-assumed")
        return unit
    likely = better_unit(given, drawn, METRES[stated])
    if likely:
        ratio = METRES[stated] / METRES[likely]
        message = _(
            "config.csv says {unit} (long_length), but the drawn lines say {likely}: as {unit} the roads would be "
            "{ratio:,.1f} times as long as they are drawn; correct long_length, or the lengths"
        ).format(unit=stated, likely=likely, ratio=ratio)
        first = int(np.flatnonzero(table.text("length") != "")[0])
        table.faults.append(Fault(str(table.path), first + 2, "length", str(table.text("length")[first]), message,
                                  "wrong-unit"))  # fmt: skip
        return likely
    return stated


def _name_contradictions(table: Table, column: str, unit: str, metres: Floats, drawn: Floats) -> None:
    """Refuse lengths that their drawn lines contradict, and name the unit in which they would fit."""
    for row in np.flatnonzero(contradicts(metres, drawn)).tolist():
        given = metres[row] / METRES[unit]
        likely = fitting_unit(np.array([given]), np.array([drawn[row]]))
        hint = "" if likely in ("", unit) or contradicts(np.array([given * METRES[likely]]), drawn[row : row + 1])[0] \
            else _("; was {unit} meant?").format(unit=likely)  # fmt: skip
        message = _(
            "{given:g} {unit} contradicts the line, which is drawn {drawn:,.0f} m long{hint}; correct the length, or "
            "leave the cell empty to have the line measured"
        ).format(given=given, unit=unit, drawn=drawn[row], hint=hint)
        text = str(table.text(column)[row])
        table.faults.append(Fault(str(table.path), row + 2, column, text, message, "bad-length"))
