"""What verification works from: the written tables of a plan beside the scenario, joined by id; and what it reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from coldchain.language import _
from coldchain.model import Commodity, DepotType, Hub, Period, Scenario, Site, VehicleType, Village
from coldchain.verify.roads import Roads

TOLERANCE = 1e-6
ON_THE_DOT_H = 1e-6  # nothing is late by less, neither for its buyer nor for its pre-cooling deadline
NEEDED: dict[str, tuple[str, ...]] = {
    "depots": ("depot", "new_modules", "standing_modules", "hub", "capex_cny", "subsidy_cny", "units_bought"),
    "assignment": ("village", "commodity", "depot", "zone", "method", "share", "unit", "period"),
    "units": ("unit", "period", "depot", "standing", "arriving", "moves_cny"),
    "routes": ("route", "depot", "period", "vehicle", "days", "load_kg", "km", "drive_h", "hours", "cost_cny_day"),
    "stops": ("route", "order", "village", "load_kg", "aboard_h"),
    "line_haul": ("depot", "hub", "period", "zone", "vehicle", "load_t_day", "trips_day", "km_day", "hours_day",
                  "cost_cny_day", "tour", "ride_h"),
    "storage": ("depot", "zone", "method", "commodity", "period", "until", "share", "tonnes", "lost_t", "power_cny",
                "earned_cny"),
    "subsidies": ("owner", "investment_cny", "before_cap_cny", "award_cny", "own_money_cny"),
    "operators": ("owner", "cooled_t", "fee_income_cny", "energy_cny", "running_cny", "capital_cny", "award_cny_year",
                  "fee_needed_cny_t", "fee_without_award_cny_t", "subsidy_needed_cny"),
    "cash_flow": ("owner", "year", "investment_cny", "award_cny", "fee_income_cny", "energy_cny", "running_cny"),
    "rollout": ("owner", "year", "award_cny"),
    "programme_years": ("year", "pot_cny", "awarded_cny", "loss_t"),
    "villages": ("village", "harvest_t", "cooled_t", "plan_loss_t"),
    "commodities": ("commodity", "harvest_t", "plan_loss_t"),
    "lots": ("village", "tonnes", "loss_t", "delivery_h"),
}  # fmt: skip


def rows(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows of a table with its columns as attributes."""
    return iter(frame.itertuples())


@dataclass(frozen=True)
class Report:
    """Result of a verification: every violation named, and the figures recomputed."""

    problems: tuple[str, ...]
    loss_rate: float
    total_cny: float
    subsidy_cny: float

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
    """

    scenario: Scenario
    roads: Roads
    tables: Mapping[str, pd.DataFrame]
    problems: list[str] = field(default_factory=list)

    def wrong(self, text: str) -> None:
        """Note a violation."""
        self.problems.append(text)

    def differs(self, what: str, stated: float, found: float, floor: float = 1e-6) -> None:
        """Note a stated figure that the recomputation does not bear out."""
        scale = max(abs(stated), abs(found), floor)
        if not abs(stated - found) <= TOLERANCE * scale:
            self.wrong(
                _("{what} is stated as {stated:,.6g}; recomputed {found:,.6g}").format(
                    what=what, stated=stated, found=found
                )
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


def check_form(record: Record) -> bool:
    """Check that tables, columns, numbers and ids are all there; False stops the rest."""
    for name, columns in NEEDED.items():
        if name not in record.tables:
            record.wrong(_("table {name} is missing").format(name=name))
            continue
        frame = record.tables[name]
        for column in columns:
            if column not in frame.columns:
                record.wrong(_("{name}: column {column} is missing").format(name=name, column=column))
    if record.problems:
        return False
    known: dict[str, Mapping[str, Any]] = {
        "village": record.villages,
        "commodity": record.crops,
        "depot": record.sites,
        "period": record.periods,
        "until": record.periods,
        "vehicle": record.vehicles,
        "hub": record.hubs,
    }
    for name, columns in NEEDED.items():
        frame = record.tables[name]
        for column in columns:
            _check_column(record, name, column, frame[column], known.get(column))
    heads = record.tables["routes"]["route"]
    for route in heads[heads.duplicated()]:
        record.wrong(_("routes: {route} stands twice").format(route=route))
    for route in sorted(set(record.tables["stops"]["route"]) - set(heads)):
        record.wrong(
            _("stops: {route} is not a route; take its stops out too, or put the route back").format(route=route)
        )
    _check_depots(record)
    return not record.problems


def _check_depots(record: Record) -> None:
    """Check that every depot in use stands in the table of depots, once."""
    listed = record.tables["depots"]["depot"]
    for depot in sorted(set(listed[listed.duplicated()])):
        record.wrong(_("depots: {depot} stands twice").format(depot=depot))
    for name in ("assignment", "units", "routes", "line_haul", "storage"):
        for depot in sorted(set(record.tables[name]["depot"]) - set(listed)):
            record.wrong(_("{name}: {depot} is in use but not in the table of depots").format(name=name, depot=depot))


TEXT = ("tour", "new_modules", "standing_modules", "units_bought", "unit", "zone", "method", "route", "owner")


def _check_column(
    record: Record, name: str, column: str, values: pd.Series, known: Mapping[str, object] | None
) -> None:
    if known is not None:
        everywhen = {""} if (name, column) == ("assignment", "period") else set()
        for value in sorted(set(values) - set(known) - everywhen):
            record.wrong(_('{name}: "{value}" is not a known {column}').format(name=name, value=value, column=column))
    elif column not in TEXT:
        numbers = pd.to_numeric(values, errors="coerce")
        for row in np.flatnonzero(~np.isfinite(numbers.to_numpy(dtype=np.float64)) | (numbers < 0).to_numpy()):
            record.wrong(
                _('{name} row {row}: {column} must be a number of at least 0; got "{value}"').format(
                    name=name, row=row + 2, column=column, value=values.iloc[row]
                )
            )
