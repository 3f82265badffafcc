"""What verification works from: the written tables of a plan beside the scenario, joined by id; and what it reports."""

from __future__ import annotations

import math
from collections import defaultdict, namedtuple
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from coldchain.language import _
from coldchain.model import Commodity, DepotType, Hub, Period, Scenario, Site, VehicleType, Village
from coldchain.verify.roads import CheckedWays

TOLERANCE = 1e-6
ON_THE_DOT_H = 1e-6
"""Nothing is late or too long by less: rides, shifts, deadlines, delivery."""
KG_PER_T = 1000.0
PROCESS = "process"
"""The method of plants: what they take is sold as a product, and does not ride on."""


Call = tuple[str, float, float]
"""Depot, t/day, and hours from leaving it to the hub, of a tour."""


def calls_of(tour: str) -> list[Call]:
    """Depot, t/day and hours of the ride of each call of a tour, as written; not a number where a part makes no sense.

    Examples
    --------
    >>> calls_of("S1:2.5:1;S2")
    [('S1', 2.5, 1.0), ('S2', nan, nan)]
    """
    found = []
    for part in tour.split(";"):
        depot, *figures = part.rsplit(":", 2)
        try:
            load, ride_h = map(float, figures)
        except ValueError:
            load = ride_h = math.nan
        found.append((depot, load, ride_h))
    return found


def rows(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows of a table with its columns as attributes."""
    cells = (column.tolist() for _name, column in frame.items())
    return map(_row_of(tuple(map(str, frame.columns)))._make, zip(*cells, strict=True))


@lru_cache(maxsize=256)
def _row_of(columns: tuple[str, ...]) -> Any:
    return namedtuple("Row", columns, rename=True)  # noqa: PYI024 - its names are data


STAGES = (
    "inputs", "form", "depots", "assignment", "units", "routes", "line_haul", "vehicles", "storage", "rollout",
    "figures", "drawn",
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
    roads: CheckedWays
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

    @cached_property
    def standing(self) -> dict[str, dict[str, int]]:
        """Modules that stand already, by site: type -> count; one where the inputs name a type without a count."""
        return {key: standing_modules(site) for key, (_n, site) in self.sites.items()}

    @cached_property
    def hub_of(self) -> dict[str, str]:
        """Hub to which each depot of the plan delivers."""
        return {row.depot: row.hub for row in rows(self.tables["depots"])}

    @cached_property
    def daily_t(self) -> np.ndarray:
        """Harvest per gathering day, t; shape (villages, commodities, periods)."""
        return self.scenario.harvest_t / np.array([period.days for period in self.scenario.periods], dtype=np.float64)

    @cached_property
    def price_cny_t(self) -> dict[str, float]:
        """Price of a tonne by commodity."""
        return {key: crop.price_cny_kg * KG_PER_T for key, (_n, crop) in self.crops.items()}

    @cached_property
    def slowest(self) -> float:
        """Speed factor of the slowest truck offered for the line haul."""
        return min(self.vehicles[key].speed_factor for key in self.scenario.routing.line_haul_vehicles)

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

    def haul_h(self, depot: str) -> float:
        """Hours from a depot straight to its hub by the slowest truck offered for the line haul."""
        hours, _km = self.to_hub(self.site_node(depot), self.hub_of[depot])
        return hours / self.slowest

    def round_of(self, depot: str, villages: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
        """Hours and kilometres of the legs of a round from a depot by way of villages and back."""
        base = self.site_node(depot)
        path = [base, *(self.village_node(village) for village in villages), base]
        legs = [self.roads.leg(start, end) for start, end in pairwise(path)]
        return np.array([hours for hours, _km in legs]), np.array([km for _hours, km in legs])


def standing_modules(site: Site) -> dict[str, int]:
    """Return depot type -> count of what stands at a site, from ``type:count;type``."""
    totals: dict[str, int] = defaultdict(int)
    for part in filter(None, (piece.strip() for piece in site.existing.split(";"))):
        key, _colon, number = part.partition(":")
        totals[key.strip()] += int(number.strip() or 1)
    return dict(totals)


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
    (('1,088,570', '1,000,000'), ('0.5', '0.25'), ('1.0000021', '1'))
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
