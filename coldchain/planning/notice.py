"""The awards as a public notice lists them: one row for each applicant, with how its amount was reckoned."""

from __future__ import annotations

import numpy as np
import pandas as pd

from coldchain.arrays import Ints
from coldchain.language import _
from coldchain.model import AwardBasis, DepotType, Scenario, award_basis, eligible_owner, eligible_type, rate_of
from coldchain.planning.awards import Awards, owners_of
from coldchain.runs import schema


def subsidies(scenario: Scenario, count: Ints, granted: Awards) -> pd.DataFrame:
    """One row for each owner that builds; an owner belongs to the county of its first site."""
    rule = scenario.subsidy
    _rest, owner = owners_of(scenario)
    net_m3 = np.array([kind.net_m3 for kind in scenario.depot_types])
    rows = []
    for number, e in enumerate(granted.builders, start=1):
        sites = np.flatnonzero((owner == e) & (count.sum(axis=1) > 0))
        first = scenario.sites[int(np.flatnonzero(owner == e)[0])]
        capex, award = float(granted.capex[e]), float(granted.award[e])
        rows.append(
            {
                "no": number,
                "owner": granted.owners[e],
                "owner_kind": first.owner_kind,
                "county": first.county,
                "county_class": rule.class_of_county.get(first.county, ""),
                "depots": ";".join(scenario.sites[j].id for j in sites),
                "net_m3": float((count[sites] * net_m3).sum()),
                "investment_cny": capex,
                "rate": rate_of(rule, first.county),
                "reckoning": "; ".join(text for j in sites for text in _reckoning(scenario, int(j), count[j])),
                "before_cap_cny": float(granted.uncapped[e]),
                "award_cny": award,
                "capped": bool(award < granted.uncapped[e] - 1e-6),
                "own_money_cny": capex - award,
                "award_share": award / capex if capex > 0 else 0.0,
            }
        )
    return schema.frame("subsidies", rows)


def _reckoning(scenario: Scenario, j: int, count: Ints) -> list[str]:
    """Say for each type at a site how many modules are awarded how much, and what sets the amount."""
    rule, site = scenario.subsidy, scenario.sites[j]
    texts = []
    for kind, number in zip(scenario.depot_types, count, strict=True):
        if number:
            entitled = eligible_owner(rule, site) and eligible_type(rule, kind)
            what = _what_sets(scenario, kind, site.county) if entitled else _("not eligible")
            texts.append(f"{site.id}: {int(number)} × {kind.id} ({what})")
    return texts


def _what_sets(scenario: Scenario, kind: DepotType, county: str) -> str:
    basis = award_basis(scenario.subsidy, kind, county)
    if basis.limit == "cost":
        return _("{capex_cny:,.0f} CNY × {share}").format(capex_cny=basis.capex_cny, share=share_in_words(basis))
    if basis.limit == "volume_cost":
        text = _("{net_m3:g} m³ × {price:,.0f} CNY/m³ × {share}")
        return text.format(net_m3=basis.net_m3, price=basis.price_cny_m3, share=share_in_words(basis))
    return _("{net_m3:g} m³ × {price:,.0f} CNY/m³").format(net_m3=basis.net_m3, price=basis.price_cny_m3)


def share_in_words(basis: AwardBasis) -> str:
    """Return the share of the cost that is paid, ``30%``, or of a loan ``70% lent × 2.00% × 3 years``."""
    if not basis.loan_years:
        return f"{basis.rate:.0%}"
    text = _("{loan:.0%} lent × {points:.2%} × {years} years")
    return text.format(loan=basis.loan_share, points=basis.rate, years=basis.loan_years)
