"""Awards after acceptance: the programme's rule applied to volume and cost as measured.

Of each row the award is the least that the rule allows for its volume and cost; an owner is awarded the sum of its
rows, at most what its cap leaves. Awards are rounded down to whole steps: a list in 万元 with two decimals adds up, and
no limit is passed by rounding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from coldchain.arrays import CENT_CNY
from coldchain.language import _
from coldchain.model import AwardBasis, Scenario, Site, award_basis, cap_cny, eligible_owner, eligible_type
from coldchain.planning.measured import Measured
from coldchain.runs import Run

STEP_CNY = 100.0
"""Awards are announced in 万元 with two decimals."""
Bound = Literal["cost", "volume_cost", "volume", "cap", "not_eligible", "least_size"]


@dataclass(frozen=True)
class AcceptedRow:
    """A measured row with the award it would bring before the owner's cap, and the limit that bound it."""

    measured: Measured
    owner: str
    award_cny: float
    bound: Bound
    basis: AwardBasis


@dataclass(frozen=True)
class Award:
    """What an owner is awarded, CNY.

    Attributes
    ----------
    bound : ``cap`` where its cap bound it; else the limits of its rows
    planned_cny : award of the plan
    """

    owner: str
    owner_kind: str
    county: str
    rows: tuple[AcceptedRow, ...]
    before_cap_cny: float
    award_cny: float
    planned_cny: float
    bound: tuple[Bound, ...]

    @property
    def net_m3(self) -> float:
        """Volume measured."""
        return sum(row.measured.net_m3 for row in self.rows)

    @property
    def cost_cny(self) -> float:
        """Cost verified."""
        return sum(row.measured.cost_cny for row in self.rows)


@dataclass(frozen=True)
class Acceptance:
    """Awards of all owners that were measured; what was planned and not built; what is wrong with the sums."""

    awards: tuple[Award, ...]
    missing: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def total_cny(self) -> float:
        """Sum of the awards, each rounded."""
        return sum(award.award_cny for award in self.awards)


def planned_modules(run: Run) -> dict[str, dict[str, int]]:
    """Return site -> depot type or mobile unit -> number that a plan builds or buys."""
    planned: dict[str, dict[str, int]] = {}
    for row in run.tables["depots"].to_dict("records"):
        parts = f"{row['new_modules']};{row['units_bought']}".split(";")
        pairs = [part.rpartition(":") for part in parts if part and part != "nan"]
        if pairs:
            planned[str(row["depot"])] = {key: int(number) for key, _colon, number in pairs}
    return planned


def accept(run: Run, measured: Sequence[Measured]) -> Acceptance:
    """Compute the awards of what was measured.

    Examples
    --------
    See ``tests/planning/test_acceptance.py``: 190 m³ measured of 200 planned, 600 CNY/m³ of 700, each limit in turn.
    """
    scenario = run.planned
    sites = {site.id: site for site in scenario.sites}
    owners = {key: site.owner or key for key, site in sites.items()}
    planned = {str(row["owner"]): row for row in run.tables["subsidies"].to_dict("records")}
    volume = {key: sum(one.net_m3 for one in measured if one.site == key) for key in {one.site for one in measured}}
    rows = [_row(scenario, sites[one.site], one, volume[one.site]) for one in measured]
    awards = tuple(
        _award(scenario, owner, [row for row in rows if row.owner == owner], planned.get(owner, {}))
        for owner in dict.fromkeys(owners[one.site] for one in measured)
    )
    built = {(one.site, one.kind.id) for one in measured}
    missing = tuple(
        f"{site}: {key}" for site, kinds in planned_modules(run).items() for key in kinds if (site, key) not in built
    )
    return Acceptance(awards, missing, tuple(_problems(scenario, awards)))


def _row(scenario: Scenario, site: Site, one: Measured, of_depot_m3: float) -> AcceptedRow:
    rule = scenario.subsidy
    kind = one.kind.model_copy(update={"capex_cny": one.cost_cny, "net_m3": one.net_m3})
    basis, owner = award_basis(rule, kind, site.county), site.owner or site.id
    if not (eligible_owner(rule, site) and eligible_type(rule, kind)):
        return AcceptedRow(one, owner, 0.0, "not_eligible", basis)
    if of_depot_m3 < rule.least_m3:
        return AcceptedRow(one, owner, 0.0, "least_size", basis)
    return AcceptedRow(one, owner, basis.award_cny, basis.limit, basis)


def _award(scenario: Scenario, owner: str, rows: Sequence[AcceptedRow], planned: Mapping[object, object]) -> Award:
    before, cap = sum(row.award_cny for row in rows), cap_cny(scenario.subsidy, owner)
    first = next(site for site in scenario.sites if (site.owner or site.id) == owner)
    bound: tuple[Bound, ...] = ("cap",) if before > cap else tuple(dict.fromkeys(row.bound for row in rows))
    amount = rounded_down(min(before, cap))
    stated = float(str(planned.get("award_cny", 0.0)))
    return Award(owner, first.owner_kind, first.county, tuple(rows), before, amount, stated, bound)


def rounded_down(cny: float) -> float:
    """Return an amount in whole steps, none above it; a cent below a step counts as that step.

    Examples
    --------
    >>> rounded_down(39_999.999), rounded_down(39_899.5), rounded_down(0.0)
    (40000.0, 39800.0, 0.0)
    """
    return math.floor((cny + CENT_CNY) / STEP_CNY) * STEP_CNY if cny > 0 else 0.0


def _problems(scenario: Scenario, awards: Sequence[Award]) -> Iterator[str]:
    """Name budget and pots that the awards pass: who gives way no rule says."""
    total, budget = sum(award.award_cny for award in awards), scenario.siting.budget_cny
    if total > budget + CENT_CNY:
        told = _("awards of {total:,.0f} CNY exceed the budget of {budget:,.0f} CNY")
        yield told.format(total=total, budget=budget)
    for county, pot in scenario.subsidy.pot_by_county_cny.items():
        spent = sum(award.award_cny for award in awards if award.county == county)
        if spent > pot + CENT_CNY:
            told = _("awards in {county} of {spent:,.0f} CNY exceed its pot of {pot:,.0f} CNY")
            yield told.format(county=county, spent=spent, pot=pot)
