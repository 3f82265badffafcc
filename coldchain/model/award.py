"""The award of one module, what sets it, and who is eligible, read off a subsidy programme."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from coldchain.model.assets import DepotType
from coldchain.model.places import Site
from coldchain.model.settings import Subsidy

AwardLimit = Literal["cost", "volume_cost", "volume"]


@dataclass(frozen=True)
class AwardBasis:
    """What sets the award of a module: a share of its cost, of a stated cost by volume, or a stated award by volume.

    Attributes
    ----------
    price_cny_m3 : eligible cost or award for each m³; 0 where the cost itself sets it
    loan_share, loan_years : of a loan whose interest is paid at the rate; 1 and 0 of a grant
    """

    limit: AwardLimit
    award_cny: float
    rate: float
    capex_cny: float
    net_m3: float
    price_cny_m3: float = 0.0
    loan_share: float = 1.0
    loan_years: int = 0


def rate_of(rule: Subsidy, county: str) -> float:
    """Return the rate in a county: its own, or that of its class, or the general one."""
    by_class = rule.rate_by_class.get(rule.class_of_county.get(county, ""), rule.rate)
    return rule.rate_by_county.get(county, by_class)


def award_basis(rule: Subsidy, kind: DepotType, county: str) -> AwardBasis:
    """Return the award of one module before the owner's cap and what sets it; eligibility is not looked at.

    Of limits that agree the first of cost, cost by volume and award by volume is named.

    Examples
    --------
    >>> kind = DepotType(id="x", zone="cold", temp_c=1, method="room", half_cooling_h=9, energy_ratio=1, net_m3=500,
    ...                  throughput_t_day=5, capex_cny=420_000, opex_cny_year=0, storage_t=100)
    >>> for rule in ({}, {"unit_price_cny_m3": 700}, {"award_by_type_cny_m3": {"mechanical": 130}}):
    ...     basis = award_basis(Subsidy(rate=0.3, **rule), kind, "")
    ...     print(basis.limit, round(basis.award_cny), basis.price_cny_m3)
    cost 126000 0.0
    volume_cost 105000 700.0
    volume 65000 130.0

    Two points a year for three years on 70 % of the cost:

    >>> round(award_basis(Subsidy(kind="loan_interest", rate=0.02, loan_share=0.7, loan_years=3), kind, "").award_cny)
    17640
    """
    lent: dict[str, Any] = {}
    if rule.kind == "loan_interest":
        lent = {"loan_share": rule.loan_share, "loan_years": rule.loan_years}
    known = AwardBasis("cost", 0.0, rate_of(rule, county), kind.capex_cny, kind.net_m3, **lent)
    share = known.rate * known.loan_share * max(known.loan_years, 1)
    found = [replace(known, award_cny=share * kind.capex_cny)]
    unit_price = _of_type(rule.unit_price_by_type_cny_m3, kind, rule.unit_price_cny_m3)
    if unit_price is not None:
        amount = share * unit_price * kind.net_m3
        found.append(replace(known, limit="volume_cost", award_cny=amount, price_cny_m3=unit_price))
    paid = _of_type(rule.award_by_type_cny_m3, kind, None)
    if paid is not None:
        found.append(replace(known, limit="volume", award_cny=paid * kind.net_m3, price_cny_m3=paid))
    return min(found, key=lambda one: one.award_cny)


def award_cny(rule: Subsidy, kind: DepotType, county: str) -> float:
    """Return the award of one module before the owner's cap; eligibility is not looked at."""
    return award_basis(rule, kind, county).award_cny


def cap_cny(rule: Subsidy, owner: str) -> float:
    """Return the most an owner may still be awarded: the cap less what it was awarded in earlier years.

    Examples
    --------
    >>> rule = Subsidy(cap_per_owner_cny=1_000_000, awarded_by_owner_cny={"A": 400_000, "B": 1_200_000})
    >>> [cap_cny(rule, owner) for owner in "ABC"], cap_cny(Subsidy(), "A")
    ([600000.0, 0.0, 1000000.0], inf)
    """
    if rule.cap_per_owner_cny is None:
        return math.inf
    return max(rule.cap_per_owner_cny - rule.awarded_by_owner_cny.get(owner, 0.0), 0.0)


def eligible_type(rule: Subsidy, kind: DepotType) -> bool:
    """Tell whether modules of a type may be subsidised."""
    listed = not rule.award_by_type_cny_m3 or _of_type(rule.award_by_type_cny_m3, kind, None) is not None
    return listed and (not rule.constructions or kind.construction in rule.constructions)


def eligible_owner(rule: Subsidy, site: Site) -> bool:
    """Tell whether the owner of a site may apply."""
    return not rule.owner_kinds or site.owner_kind in rule.owner_kinds


def _of_type(prices: Mapping[str, float], kind: DepotType, otherwise: float | None) -> float | None:
    return prices.get(kind.id, prices.get(kind.construction, otherwise))
