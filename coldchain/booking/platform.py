"""Who is who on a platform, what each may do, and what each sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from coldchain.booking.record import LORRY, Thing
from coldchain.errors import BadInputError, Fault
from coldchain.language import _
from coldchain.model import BookingRules, Scenario, Sight, Standing
from coldchain.model.naming import of_ids

OPERATOR = ""
"""Who looks when nobody is named: the platform's own staff."""
FEN = 100


@dataclass(frozen=True)
class Platform:
    """Members of a scenario and the rules they book by.

    Attributes
    ----------
    of_village : village id -> member it belongs to; empty for none
    of_depot, of_vehicle : id -> owner; empty for none
    """

    rules: BookingRules
    of_village: Mapping[str, str]
    of_depot: Mapping[str, str]
    of_vehicle: Mapping[str, str]
    hire_cny_day: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, scenario: Scenario) -> Platform:
        """Read the platform of a scenario."""
        rules = scenario.bookings
        return cls(
            rules,
            {one.id: str(getattr(one, rules.members)).strip() for one in scenario.villages},
            {one.id: one.owner.strip() for one in scenario.sites},
            {one.id: one.owner.strip() for one in scenario.vehicles},
            {one.id: one.cost_cny_day for one in scenario.vehicles},
        )

    @property
    def names(self) -> tuple[str, ...]:
        """All who may book or look."""
        owners = (*self.of_village.values(), *self.of_depot.values(), *self.of_vehicle.values())
        return tuple(sorted({*filter(None, owners), *self.rules.guests, *self.rules.see_all}))

    def known(self, name: str, fault: Callable[[str, str], Fault]) -> str:
        """Return a member's name as the scenario writes it.

        Parameters
        ----------
        fault : of a message and a guess

        Raises
        ------
        BadInputError
            When nobody is called so.
        """
        match = of_ids(self.names).find(name.strip())
        if match.how == "id":
            return match.id
        told = _("is no member, owner or guest of this platform; the settings list guests under bookings.guests")
        raise BadInputError([fault(told, match.guess)])

    def standing(self, member: str, thing: Thing) -> Standing:
        """Return the class of a member before a thing."""
        owner = self.of_vehicle.get(thing.what, "") if thing.kind == LORRY else self.of_depot.get(thing.depot, "")
        if member == owner:
            return "owner"
        return "member" if member in self.of_village.values() else "other"

    def rank(self, standing: str) -> int:
        """Return the place of a class, 0 before all others; past the last for one that may not book."""
        order = self.rules.priority
        return order.index(standing) if standing in order else len(order)

    def ahead_days(self, standing: str) -> float:
        """Return how far ahead a class may book."""
        return self.rules.ahead_days_by_class.get(standing, self.rules.ahead_days)

    def unit_cny_day(self, thing: Thing, standing: str) -> float:
        """Return the price of a tonne's room or of a lorry, a day."""
        hire = self.hire_cny_day.get(thing.what, 0.0) if self.rules.lorry_cny_day is None else self.rules.lorry_cny_day
        base = hire if thing.kind == LORRY else self.rules.room_cny_t_day
        return base * self.rules.price_by_class.get(standing, 1.0)

    def fen(self, thing: Thing, standing: str, amount: float) -> int:
        """Return the price of so much of a thing, amount times days, in whole fen."""
        return round(FEN * self.unit_cny_day(thing, standing) * amount)

    def sight(self, member: str) -> Sight:
        """Return what somebody sees of others."""
        return "all" if member == OPERATOR or member in self.rules.see_all else self.rules.sight

    def seen(self, rows: pd.DataFrame, member: str, *, by: str, totals: Mapping[str, Any]) -> pd.DataFrame:
        """Return what a member sees of a table whose rows belong to members: lots, readings, bookings.

        Parameters
        ----------
        by : column of members, or of villages that belong to them
        totals : column -> how it is pooled, of what is left of others' rows where totals may be seen; keys named
            ``group`` are kept apart
        """
        owner = rows[by] if by == "member" else rows[by].map(self.of_village).fillna("")
        sight = self.sight(member)
        if sight == "all":
            return rows.assign(member=owner)
        own = rows[owner == member].assign(member=member)
        if sight == "own":
            return own.reset_index(drop=True)
        groups = [name for name, how in totals.items() if how == "group"]
        pooled = {name: how for name, how in totals.items() if how != "group"}
        others = rows[owner != member]
        if others.empty or not pooled:
            return own.reset_index(drop=True)
        rest = others.groupby(groups, sort=True, as_index=False).agg(pooled).assign(member=_("others together"))
        rest = rest.reindex(columns=own.columns)
        return rest if own.empty else pd.concat([own, rest.astype(object)], ignore_index=True)
