"""The limits of a scenario as data: what kind, of which place, in which period; named in words last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from coldchain.language import N_, _

LimitKind = Literal[
    "budget", "pot", "floor", "power", "staff", "size", "modules", "forced", "coverage", "on_time", "hub_room",
    "owner_money", "award_share", "aim", "first_mile", "coverage_year", "operators", "drivers",
    "vehicles",
]  # fmt: skip
LIMIT_KINDS: tuple[LimitKind, ...] = get_args(LimitKind)

_WORDS: dict[LimitKind, tuple[str, str]] = {
    "budget": (N_("budget"), "CNY"),
    "pot": (N_("pot of county {place}"), "CNY"),
    "floor": (N_("awards under the floor share"), "CNY"),
    "power": (N_("power limit of site {place}"), "kW"),
    "staff": (N_("people at site {place}"), N_("persons")),
    "size": (N_("new modules of site {place} beside the least size"), "m³"),
    "modules": (N_("most modules of site {place}"), N_("modules")),
    "forced": (N_("forced site {place} cannot hold any module"), N_("modules")),
    "coverage": (N_("pre-cooled in time in {place}"), N_("t a year")),
    "coverage_year": (N_("pre-cooled in time in {place} in {period}"), N_("t a year")),
    "on_time": (N_("at the buyer in time"), N_("t a year")),
    "hub_room": (N_("room at hub {place} in {period}"), N_("t/day")),
    "owner_money": (N_("money of {place}"), N_("CNY a year")),
    "award_share": (N_("awards in {place}"), "CNY"),
    "aim": (N_("the aim {place}"), ""),
    "first_mile": (N_("hours of the first mile"), "h"),
    "operators": (N_("operators in {place}"), N_("h a day")),
    "drivers": (N_("drivers in {place} in {period}"), N_("h a day")),
    "vehicles": (N_("{place} to own and hire in {period}"), N_("vehicles a day")),
}
_WHOLE: dict[LimitKind, str] = {
    "coverage": N_("pre-cooled in time"),
    "coverage_year": N_("pre-cooled in time in {period}"),
    "modules": N_("modules at each site"),
    "operators": N_("operators"),
    "drivers": N_("drivers in {period}"),
}


@dataclass(frozen=True, order=True)
class Limit:
    """One limit.

    Attributes
    ----------
    kind : one of ``LIMIT_KINDS``
    place : the site, hub, county, owner or aim it is of; "" for the whole scenario
    period : "" for the year

    Examples
    --------
    >>> [str(limit) for limit in (Limit("hub_room", "H1", "summer"), Limit("coverage"), Limit("coverage", "Shibi"))]
    ['room at hub H1 in summer', 'pre-cooled in time', 'pre-cooled in time in Shibi']
    """

    kind: LimitKind
    place: str = ""
    period: str = ""

    @property
    def unit(self) -> str:
        """Return the unit of its amounts, untranslated."""
        return _WORDS[self.kind][1]

    def __str__(self) -> str:
        """Name it in the language spoken."""
        text = _WORDS[self.kind][0] if self.place or self.kind not in _WHOLE else _WHOLE[self.kind]
        return _(text).format(place=self.place, period=self.period)
