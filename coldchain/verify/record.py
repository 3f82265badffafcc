"""What verification works from: the written tables of a plan beside the scenario, joined by id; and what it reports."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from coldchain.language import _
from coldchain.model import Commodity, DepotType, Hub, MobileUnit, Period, Scenario, Site, VehicleType, Village
from coldchain.verify.columns import COLUMNS, DECIDED_NUMBERS, DECIDED_PLACES, OPTIONAL, TODAY
from coldchain.verify.roads import Roads

TOLERANCE = 1e-6
ON_THE_DOT_H = 1e-6  # nothing is late by less, neither for its buyer nor for its pre-cooling deadline


def rows(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows of a table with its columns as attributes."""
    return iter(frame.itertuples())


STAGES = (
    "inputs", "form", "depots", "assignment", "units", "routes", "line_haul", "storage", "rollout", "figures", "drawn",
)  # fmt: skip
"""In the order of the flow: what is decided in one decides the figures of the next; the last two decide nothing."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes
    ----------
    stage : one of ``STAGES``
    figure : a stated figure differs from its recomputation; otherwise a limit or rule is broken
    """

    stage: str
    text: str
    figure: bool = False


def roots(found: Iterable[Problem]) -> tuple[list[Problem], list[Problem]]:
    """Part problems into first causes and what may follow from them.

    A wrong figure of a later stage may follow from anything wrong in an earlier one; a broken limit is always named.

    Examples
    --------
    >>> causes, rest = roots([Problem("figures", "loss", True), Problem("routes", "km", True)])
    >>> [one.text for one in causes], [one.text for one in rest]
    (['km'], ['loss'])
    """
    ranked = sorted(dict.fromkeys(found), key=lambda one: STAGES.index(one.stage))
    first = ranked[0].stage if ranked else ""
    causes = [one for one in ranked if one.stage == first or not one.figure]
    return causes, [one for one in ranked if one not in causes]


@dataclass(frozen=True)
class Report:
    """Result of a verification.

    Attributes
    ----------
    problems : first causes, in the order of the flow
    consequences : figures that differ, too, and may follow from the problems
    """

    problems: tuple[str, ...]
    loss_rate: float
    total_cny: float
    subsidy_cny: float
    consequences: tuple[str, ...] = ()

    @classmethod
    def of(cls, found: Iterable[Problem], *figures: float) -> Report:
        """Return the report of what was found; without figures none could be recomputed."""
        causes, rest = (tuple(one.text for one in part) for part in roots(found))
        loss_rate, total_cny, subsidy_cny = figures or (math.nan, math.nan, math.nan)
        return cls(causes, loss_rate, total_cny, subsidy_cny, rest)

    @property
    def ok(self) -> bool:
        """True when nothing is wrong."""
        return not self.problems


@dataclass
class Record:
    """A plan as written, and the list of what is wrong with it.

    Attributes
    ----------
    roads : with every place on them
    tables : name -> frame
    found : what is wrong
    stage : of the flow that is looked at now
    """

    scenario: Scenario
    roads: Roads
    tables: Mapping[str, pd.DataFrame]
    found: list[Problem] = field(default_factory=list)
    stage: str = "figures"

    @property
    def problems(self) -> list[str]:
        """What is wrong, in words, in the order in which it was found."""
        return [one.text for one in self.found]

    @contextmanager
    def at(self, stage: str) -> Iterator[None]:
        """Note what is found within a ``with`` block as of a stage."""
        before, self.stage = self.stage, stage
        try:
            yield
        finally:
            self.stage = before

    def wrong(self, text: str) -> None:
        """Note a violation."""
        self.found.append(Problem(self.stage, text))

    def odd(self, text: str) -> None:
        """Note a figure, name or row that the recomputation does not bear out."""
        self.found.append(Problem(self.stage, text, figure=True))

    def differs(self, what: str, stated: float, found: float, floor: float = 1e-6) -> None:
        """Note a stated figure that the recomputation does not bear out."""
        if not agree(stated, found, floor):
            texts = shown(stated, found)
            self.odd(
                _("{what} is stated as {stated}; recomputed {found}").format(what=what, stated=texts[0], found=texts[1])
            )

    @cached_property
    def villages(self) -> dict[str, tuple[int, Village]]:
        """Villages by id, with their index."""
        return {item.id: (n, item) for n, item in enumerate(self.scenario.villages)}

    @cached_property
    def sites(self) -> dict[str, tuple[int, Site]]:
        """Sites by id, with their index."""
        return {item.id: (n, item) for n, item in enumerate(self.scenario.sites)}

    @cached_property
    def hubs(self) -> dict[str, tuple[int, Hub]]:
        """Hubs by id, with their index."""
        return {item.id: (n, item) for n, item in enumerate(self.scenario.hubs)}

    @cached_property
    def crops(self) -> dict[str, tuple[int, Commodity]]:
        """Commodities by id, with their index."""
        return {item.id: (n, item) for n, item in enumerate(self.scenario.commodities)}

    @cached_property
    def periods(self) -> dict[str, tuple[int, Period]]:
        """Periods by id, with their index."""
        return {item.id: (n, item) for n, item in enumerate(self.scenario.periods)}

    @cached_property
    def kinds(self) -> dict[str, DepotType]:
        """Depot types by id."""
        return {kind.id: kind for kind in self.scenario.depot_types}

    @cached_property
    def vehicles(self) -> dict[str, VehicleType]:
        """Vehicle types by id."""
        return {vehicle.id: vehicle for vehicle in self.scenario.vehicles}

    def periods_of(self, row: Any) -> list[tuple[int, Period]]:
        """Return the periods that a row of the assignment speaks of: one, or all where none is named."""
        if row.period:
            return [self.periods[row.period]]
        return list(enumerate(self.scenario.periods))

    def village_node(self, village: str) -> int:
        """Node of a village."""
        return self.roads.node[self.villages[village][0]]

    def site_node(self, site: str) -> int:
        """Node of a site."""
        return self.roads.node[len(self.scenario.villages) + self.sites[site][0]]

    def hub_node(self, hub: str) -> int:
        """Node of a hub."""
        return self.roads.node[len(self.scenario.villages) + len(self.scenario.sites) + self.hubs[hub][0]]

    def to_hub(self, start: int, hub: str) -> tuple[float, float]:
        """Hours and kilometres from a node to a hub."""
        return self.roads.way_to(start, self.hub_node(hub))

    def round_of(self, depot: str, villages: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
        """Hours and kilometres of the legs of a round from a depot by way of villages and back."""
        base = self.site_node(depot)
        path = [base, *(self.village_node(village) for village in villages), base]
        legs = [self.roads.leg(start, end) for start, end in pairwise(path)]
        return np.array([hours for hours, _km in legs]), np.array([km for _hours, km in legs])


def agree(stated: float, found: float, floor: float = 1e-6) -> bool:
    """Tell whether a stated figure is the recomputed one, within a millionth of the larger, or of ``floor``.

    Examples
    --------
    >>> agree(1.0, 1.0000001), agree(1.0, 1.001), agree(math.nan, math.nan), agree(math.inf, 1.0)
    (True, False, True, False)
    """
    if math.isnan(stated) and math.isnan(found):
        return True
    return stated == found or abs(stated - found) <= TOLERANCE * min(max(abs(stated), abs(found), floor), 1e300)


def shown(stated: float, found: float) -> tuple[str, str]:
    """Write two figures with as many digits as it takes to tell them apart.

    Examples
    --------
    >>> shown(1088570.0, 1000000.0), shown(0.5, 0.25), shown(1.0000021, 1.0)
    (('1,088,570', '1,000,000'), ('0.5', '0.25'), ('1.000002', '1'))
    """
    for digits in (6, 9, 12, 17):
        texts = _plain(stated, digits), _plain(found, digits)
        if texts[0] != texts[1]:
            break
    return texts


def _plain(value: float, digits: int) -> str:
    if not math.isfinite(value) or not 1e-4 <= abs(value) < 1e15:
        return f"{value:.{digits}g}"
    decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def check_form(record: Record) -> bool:
    """Check that tables and columns are those of a plan, and that what decides it has a meaning; False stops the rest.

    What follows from the decisions is compared later, row by row.
    """
    written = [name for name in COLUMNS if name in record.tables or name not in OPTIONAL]
    _check_columns(record, written)
    if record.found:
        return False
    for name in written:
        _check_places(record, name, DECIDED_PLACES.get(name.removeprefix(TODAY), ()))
        for column in DECIDED_NUMBERS.get(name.removeprefix(TODAY), ()):
            _check_numbers(record, name, column)
    for prefix in ("", TODAY):
        if f"{prefix}routes" in record.tables:
            _check_joined(record, prefix)
    return not record.found


def _check_columns(record: Record, written: Sequence[str]) -> None:
    for name in sorted(set(record.tables) - set(COLUMNS)):
        record.wrong(_("table {name} is not one of a plan").format(name=name))
    for name in written:
        if name not in record.tables:
            record.wrong(_("table {name} is missing").format(name=name))
            continue
        frame = record.tables[name]
        for column in COLUMNS[name]:
            if column not in frame.columns:
                record.wrong(_("{name}: column {column} is missing").format(name=name, column=column))
        for column in frame.columns[~frame.columns.isin(COLUMNS[name])]:
            record.wrong(_("{name}: column {column} is not one of this table").format(name=name, column=column))


def _check_joined(record: Record, prefix: str) -> None:
    """Check that every route has one row and every depot in use one row."""
    table = {name: record.tables[prefix + name] for name in ("routes", "stops", "depots")}
    heads, listed = table["routes"]["route"], table["depots"]["depot"]
    for route in sorted(set(heads[heads.duplicated()])):
        record.wrong(_("{table}: {id} is listed twice").format(table=f"{prefix}routes", id=route))
    for route in sorted(set(table["stops"]["route"]) - set(heads)):
        record.wrong(
            _("stops: {route} is not a route; take its stops out too, or put the route back").format(route=route)
        )
    for depot in sorted(set(listed[listed.duplicated()])):
        record.wrong(_("{table}: {id} is listed twice").format(table=f"{prefix}depots", id=depot))
    for name in ("assignment", "units", "routes", "line_haul", "storage"):
        used = record.tables[prefix + name]["depot"] if prefix + name in record.tables else ()
        for depot in sorted(set(used) - set(listed)):
            record.wrong(_("{name}: {depot} is in use but not in the table of depots").format(name=name, depot=depot))


def _check_places(record: Record, name: str, columns: Sequence[str]) -> None:
    """Check that ids are those of the scenario, and ways of cooling are on offer."""
    known: dict[str, Collection[str]] = {
        "village": record.villages,
        "commodity": record.crops,
        "depot": record.sites,
        "period": record.periods,
        "until": record.periods,
        "vehicle": record.vehicles,
        "hub": record.hubs,
        "owner": {site.owner or site.id for site in record.scenario.sites},
    }
    frame = record.tables[name]
    for column in columns:
        everywhen = {""} if (name.removeprefix(TODAY), column) == ("assignment", "period") else set()
        for value in sorted(set(map(str, frame[column])) - set(known[column]) - everywhen):
            record.wrong(_('{name}: "{value}" is not a known {column}').format(name=name, value=value, column=column))
    if {"zone", "method"} <= set(columns_of := COLUMNS[name]) and "share" in columns_of:
        units = frame["unit"] if "unit" in columns_of else pd.Series("", index=frame.index)
        offered = {(kind.zone, kind.method, "") for kind in record.kinds.values() if not isinstance(kind, MobileUnit)}
        offered |= {(u.zone, u.method, u.id) for u in record.kinds.values() if isinstance(u, MobileUnit)}
        for zone, method, unit in sorted(set(zip(frame["zone"], frame["method"], units, strict=True)) - offered):
            text = _("{name}: no depot type on offer cools {zone} by {method} {unit}")
            record.wrong(text.format(name=name, zone=zone, method=method, unit=unit).rstrip())


def _check_numbers(record: Record, name: str, column: str) -> None:
    values = record.tables[name][column]
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64)
    for row in np.flatnonzero(~np.isfinite(numbers) | (numbers < 0)):
        record.wrong(
            _('{name} row {row}: {column} must be a number of at least 0; got "{value}"').format(
                name=name, row=row + 2, column=column, value=values.iloc[row]
            )
        )
