"""The rules of a shared platform: who may book free room and free lorries, when, at what price, and who sees what."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from coldchain.errors import UNSEEN
from coldchain.language import _
from coldchain.model.base import Noun, figure

Standing = Literal["owner", "member", "other"]
Sight = Literal["own", "pooled", "all"]
STANDINGS: tuple[Standing, ...] = ("owner", "member", "other")
UNFIT = frozenset("/\\<>\"'=@+|")


class BookingRules(Noun):
    """What may be booked beside a plan, by whom: none of it decides a plan."""

    priority: tuple[Standing, ...] = figure(
        "-", "classes that may book, the first goes before: owner of the depot or vehicle, member, other", STANDINGS
    )
    members: Literal["cooperative", "town", "county"] = figure(
        "-", "column of the villages that names the member each belongs to", "cooperative"
    )
    guests: tuple[str, ...] = figure("-", "others who may book, by name", ())
    ahead_days: float = figure("d", "most days ahead for which one may book", 30.0, ge=0, le=366)
    ahead_days_by_class: dict[str, float] = figure("d", "the same of single classes, instead", {})
    firm_days: float = figure(
        "d", "days before its first day from which a booking no longer gives way to a class that goes before",
        2.0, ge=0, le=366,
    )  # fmt: skip
    cancel_days: float = figure(
        "d", "days before its first day until which a booking may be cancelled", 1.0, ge=0, le=366
    )
    room_cny_t_day: float = figure("CNY/(t·day)", "price of booked room", 8.0, ge=0, le=10000)
    lorry_cny_day: float | None = figure(
        "CNY/day",
        "price of a booked lorry with its driver; none: what hiring one of its type costs",
        None,
        ge=0,
        le=1e5,
    )
    price_by_class: dict[str, float] = figure("-", "factor on these prices for single classes", {})
    sight: Sight = figure(
        "-", "what a member sees of the lots, readings and bookings of others: own (nothing), pooled (totals), all",
        "pooled",
    )  # fmt: skip
    see_all: tuple[str, ...] = figure("-", "those who see everything, such as the county's bureau", ())

    @field_validator("ahead_days_by_class", "price_by_class")
    @classmethod
    def _names_classes(cls, given: dict[str, float]) -> dict[str, float]:
        """Take classes alone, and no figure below zero."""
        strange = sorted(given.keys() - set(STANDINGS))
        if strange:
            told = _("must be one of {names}; got {given}")
            raise ValueError(told.format(names=", ".join(STANDINGS), given=", ".join(strange)))
        if any(not 0 <= number < float("inf") for number in given.values()):
            raise ValueError(_("must be at least 0"))
        return given

    @field_validator("guests", "see_all")
    @classmethod
    def _fit_to_be_shown(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse names that a spreadsheet, a page or a folder would take for something else."""
        for name in names:
            if UNSEEN.search(name) or UNFIT & set(name) or name.startswith("-") or not name.strip(". "):
                shown = UNSEEN.sub("?", name)
                raise ValueError(_('cannot be a name: "{name}" holds signs that names do not have').format(name=shown))
        return names
