"""The subsidy rule applied anew: eligibility, every award, cap, pots of counties and years, budget and floor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from coldchain.language import _
from coldchain.model import DepotType, MobileUnit, Site
from coldchain.verify.record import TOLERANCE, Record, rows

Built = Mapping[str, Mapping[str, int]]
CENT = 0.01


def check_subsidy(record: Record, built: Built) -> tuple[float, float]:
    """Recompute every award and the investment; check eligibility, cap, pots, budget and floor.

    Returns
    -------
    (total award, total investment), CNY
    """
    rule = record.scenario.subsidy
    before: dict[str, float] = defaultdict(float)
    spent: dict[str, float] = defaultdict(float)
    county: dict[str, str] = {}
    for site in record.scenario.sites:
        owner = site.owner or site.id
        county.setdefault(owner, site.county)
        modules = built.get(site.id, {})
        _check_size(record, site, modules)
        for key, count in modules.items():
            before[owner] += _module_cny(record, site, record.kinds[key]) * count
            spent[owner] += record.kinds[key].capex_cny * count
    cap = rule.cap_per_owner_cny
    award = {owner: amount if cap is None else min(amount, cap) for owner, amount in before.items()}
    _compare_awards(record, before, award, spent)
    _compare_depots(record, built, award)
    _check_pots(record, award, county)
    total, capex = sum(award.values()), sum(spent.values())
    if total < rule.floor_share * capex * (1 - TOLERANCE):
        record.wrong(
            _("subsidy: {total:,.0f} CNY is below {floor_share:.0%} of the investment {capex:,.0f}").format(
                total=total, floor_share=rule.floor_share, capex=capex
            )
        )
    return total, capex


def _check_size(record: Record, site: Site, modules: Mapping[str, int]) -> None:
    kinds = [(record.kinds[key], count) for key, count in modules.items()]
    volume = sum(kind.net_m3 * count for kind, count in kinds if not isinstance(kind, MobileUnit))
    least = record.scenario.subsidy.least_m3
    if 0 < volume < least * (1 - TOLERANCE):
        record.wrong(
            _("subsidy: {site} builds {volume:g} m³; the least size is {least:g} m³").format(
                site=site.id, volume=volume, least=least
            )
        )


def _module_cny(record: Record, site: Site, kind: DepotType) -> float:
    """Award of one module before the cap, 0 when it is not eligible, which is noted where that forbids building."""
    rule = record.scenario.subsidy
    reasons = []
    if rule.owner_kinds and site.owner_kind not in rule.owner_kinds:
        reasons.append(_('an owner of kind "{owner_kind}"').format(owner_kind=site.owner_kind))
    if rule.constructions and kind.construction not in rule.constructions:
        reasons.append(_("construction {construction}").format(construction=kind.construction))
    paid = [
        rule.award_by_type_cny_m3[name] for name in (kind.id, kind.construction) if name in rule.award_by_type_cny_m3
    ]
    if rule.award_by_type_cny_m3 and not paid:
        reasons.append(_("type {kind}").format(kind=kind.id))
    if reasons:
        if not rule.own_money:
            record.wrong(
                _("subsidy: {site} builds {kind}; {reasons} is not eligible").format(
                    site=site.id, kind=kind.id, reasons=", ".join(reasons)
                )
            )
        return 0.0
    rate = rule.rate
    if rule.class_of_county.get(site.county) in rule.rate_by_class:
        rate = rule.rate_by_class[rule.class_of_county[site.county]]
    if site.county in rule.rate_by_county:
        rate = rule.rate_by_county[site.county]
    prices = rule.unit_price_by_type_cny_m3
    unit = next((prices[name] for name in (kind.id, kind.construction) if name in prices), rule.unit_price_cny_m3)
    eligible = kind.capex_cny if unit is None else min(kind.capex_cny, unit * kind.net_m3)
    return min(rate * eligible, paid[0] * kind.net_m3) if paid else rate * eligible


def _compare_awards(
    record: Record, before: Mapping[str, float], award: Mapping[str, float], spent: Mapping[str, float]
) -> None:
    columns = ["before_cap_cny", "award_cny", "investment_cny", "own_money_cny"]
    stated = record.tables["subsidies"].groupby("owner")[columns].sum()
    for owner in sorted({*award, *stated.index}):
        row = stated.loc[owner] if owner in stated.index else dict.fromkeys(columns, 0.0)
        granted, capex = award.get(owner, 0.0), spent.get(owner, 0.0)
        record.differs(_("subsidies: award of {owner}").format(owner=owner), float(row["award_cny"]), granted, 1.0)
        record.differs(
            _("subsidies: before_cap_cny of {owner}").format(owner=owner),
            float(row["before_cap_cny"]),
            before.get(owner, 0.0),
            1,
        )
        record.differs(
            _("subsidies: investment of {owner}").format(owner=owner), float(row["investment_cny"]), capex, 1.0
        )
        record.differs(
            _("subsidies: own_money_cny of {owner}").format(owner=owner),
            float(row["own_money_cny"]),
            capex - granted,
            1.0,
        )


def _compare_depots(record: Record, built: Built, award: Mapping[str, float]) -> None:
    """Hold each depot's investment against its modules, and the subsidies of an owner against its award."""
    granted: dict[str, float] = defaultdict(float)
    for row in rows(record.tables["depots"]):
        site = record.sites[row.depot][1]
        capex = sum(record.kinds[key].capex_cny * count for key, count in built[row.depot].items())
        record.differs(_("depots: capex_cny of {depot}").format(depot=row.depot), float(row.capex_cny), capex, 1.0)
        granted[site.owner or site.id] += float(row.subsidy_cny)
    for owner, amount in granted.items():
        record.differs(_("depots: subsidy_cny of {owner}").format(owner=owner), amount, award.get(owner, 0.0), 1.0)


def _check_pots(record: Record, award: Mapping[str, float], county: Mapping[str, str]) -> None:
    rule, budget = record.scenario.subsidy, record.scenario.siting.budget_cny
    total = sum(award.values())
    if total > budget * (1 + TOLERANCE) + CENT:
        record.wrong(
            _("subsidy: awards of {total:,.0f} CNY exceed the budget of {budget:,.0f} CNY").format(
                total=total, budget=budget
            )
        )
    by_county: dict[str, float] = defaultdict(float)
    for owner, amount in award.items():
        by_county[county[owner]] += amount
    for name, pot in rule.pot_by_county_cny.items():
        if by_county[name] > pot * (1 + TOLERANCE) + CENT:
            record.wrong(
                _("subsidy: awards in {name} of {total:,.0f} CNY exceed its pot of {pot:,.0f} CNY").format(
                    name=name, total=by_county[name], pot=pot
                )
            )
