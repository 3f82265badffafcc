"""The subsidy rule applied anew: eligibility, every award, cap, pots of counties and years, budget and floor."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from coldchain.language import _
from coldchain.model import DepotType, MobileUnit, Site, Subsidy
from coldchain.verify.record import TOLERANCE, Record, agree
from coldchain.verify.restated import Restated, check_table, sentence

Built = Mapping[str, Mapping[str, int]]
CENT = 0.01


@dataclass
class CheckedAwards:
    """What is built and awarded, CNY; owners are those that build, in the order of their first sites.

    Attributes
    ----------
    before : by site, before the owner's cap
    capex : by site
    award : by owner
    first : first site of each owner, built on or not
    """

    before: dict[str, float] = field(default_factory=dict)
    capex: dict[str, float] = field(default_factory=dict)
    award: dict[str, float] = field(default_factory=dict)
    first: dict[str, Site] = field(default_factory=dict)
    sites: dict[str, list[Site]] = field(default_factory=lambda: defaultdict(list))

    def before_of(self, owner: str) -> float:
        """Return the award of an owner before its cap."""
        return sum(self.before[site.id] for site in self.sites[owner])

    def capex_of(self, owner: str) -> float:
        """Return the investment of an owner."""
        return sum(self.capex[site.id] for site in self.sites[owner])

    def of_site(self, site: Site) -> float:
        """Return the part of its owner's award that falls to a site, in proportion to what it would get uncapped."""
        owner = site.owner or site.id
        whole = self.before_of(owner) if owner in self.sites else 0.0
        return self.award[owner] * self.before.get(site.id, 0.0) / whole if whole else 0.0


def check_subsidy(record: Record, built: Built) -> CheckedAwards:
    """Recompute every award and the investment; check eligibility, cap, pots, budget and floor."""
    rule, awards = record.scenario.subsidy, CheckedAwards()
    for site in record.scenario.sites:
        owner = site.owner or site.id
        awards.first.setdefault(owner, site)
        modules = {key: count for key, count in built.get(site.id, {}).items() if count}
        _check_size(record, site, modules)
        if modules:
            awards.sites[owner].append(site)
            awards.before[site.id] = sum(_module_cny(record, site, record.kinds[k]) * n for k, n in modules.items())
            awards.capex[site.id] = sum(record.kinds[key].capex_cny * count for key, count in modules.items())
    cap = math.inf if rule.cap_per_owner_cny is None else rule.cap_per_owner_cny
    awards.award = {
        owner: min(awards.before_of(owner), max(cap - rule.awarded_by_owner_cny.get(owner, 0.0), 0.0))
        for owner in awards.first
        if owner in awards.sites
    }
    _check_pots(record, awards)
    total, capex = sum(awards.award.values()), sum(awards.capex.values())
    if total < rule.floor_share * capex * (1 - TOLERANCE):
        record.wrong(
            _("subsidy: {total:,.0f} CNY is below {floor_share:.0%} of the investment {capex:,.0f}").format(
                total=total, floor_share=rule.floor_share, capex=capex
            )
        )
    return awards


def check_notice(record: Record, built: Built, awards: CheckedAwards) -> None:
    """Hold the public notice against the awards recomputed."""
    rule = record.scenario.subsidy
    notice = []
    for number, (owner, award) in enumerate(awards.award.items(), start=1):
        first, sites = awards.first[owner], awards.sites[owner]
        kinds = [(record.kinds[key], count) for site in sites for key, count in built[site.id].items()]
        capex, before = awards.capex_of(owner), awards.before_of(owner)
        notice.append(
            {
                "no": number,
                "owner": owner,
                "owner_kind": first.owner_kind,
                "county": first.county,
                "county_class": rule.class_of_county.get(first.county, ""),
                "depots": ";".join(site.id for site in sites),
                "net_m3": sum(kind.net_m3 * count for kind, count in kinds),
                "investment_cny": capex,
                "rate": _rate(rule, first.county),
                "reckoning": sentence(partial(_reckoning, record, built, sites)),
                "before_cap_cny": before,
                "award_cny": award,
                "capped": award < before - TOLERANCE,
                "own_money_cny": capex - award,
                "award_share": award / capex if capex else 0.0,
            }
        )
    check_table(record, Restated("subsidies", ("owner",), notice))


def _reckoning(record: Record, built: Built, sites: Sequence[Site]) -> str:
    """Say for each type at each site how many modules are awarded how much, and what sets the amount."""
    order = {kind.id: n for n, kind in enumerate(record.scenario.depot_types)}
    parts = [
        (site, key, built[site.id][key]) for site in sites for key in sorted(built[site.id], key=order.__getitem__)
    ]
    texts = [f"{site.id}: {n} × {key} ({_what_sets(record, site, record.kinds[key])})" for site, key, n in parts if n]
    return "; ".join(texts)


def _what_sets(record: Record, site: Site, kind: DepotType) -> str:
    """Say which of the rule's limits gives the award of a module: its cost, its volume or the price of a type."""
    rule = record.scenario.subsidy
    if unfit(rule, site, kind):
        return _("not eligible")
    share, award = _share(rule, site.county), entitled_cny(rule, site, kind)
    at = f"{_rate(rule, site.county):.0%}"
    if rule.kind == "loan_interest":
        at = _("{loan:.0%} lent × {points:.2%} × {years} years").format(
            loan=rule.loan_share, points=_rate(rule, site.county), years=rule.loan_years
        )
    unit = _of_type(rule.unit_price_by_type_cny_m3, kind, rule.unit_price_cny_m3)
    if award >= share * kind.capex_cny * (1 - 1e-12):
        return _("{capex_cny:,.0f} CNY × {share}").format(capex_cny=kind.capex_cny, share=at)
    if unit is not None and agree(share * unit * kind.net_m3, award, 1.0):
        return _("{net_m3:g} m³ × {price:,.0f} CNY/m³ × {share}").format(net_m3=kind.net_m3, price=unit, share=at)
    return _("{net_m3:g} m³ × {price:,.0f} CNY/m³").format(net_m3=kind.net_m3, price=award / kind.net_m3)


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
    if not (reasons := unfit(rule, site, kind)):
        return entitled_cny(rule, site, kind)
    if not rule.own_money:
        text = _("subsidy: {site} builds {kind}; {reasons} is not eligible")
        record.wrong(text.format(site=site.id, kind=kind.id, reasons=", ".join(reasons)))
    return 0.0


def unfit(rule: Subsidy, site: Site, kind: DepotType) -> list[str]:
    """Say why a module of a type at a site is not eligible; nothing where it is."""
    reasons = []
    if rule.owner_kinds and site.owner_kind not in rule.owner_kinds:
        reasons.append(_('an owner of kind "{owner_kind}"').format(owner_kind=site.owner_kind))
    if rule.constructions and kind.construction not in rule.constructions:
        reasons.append(_("construction {construction}").format(construction=kind.construction))
    if rule.award_by_type_cny_m3 and _of_type(rule.award_by_type_cny_m3, kind, None) is None:
        reasons.append(_("type {kind}").format(kind=kind.id))
    return reasons


def entitled_cny(rule: Subsidy, site: Site, kind: DepotType) -> float:
    """Award of an eligible module: its rate of the eligible cost, at most what is paid for its volume."""
    unit = _of_type(rule.unit_price_by_type_cny_m3, kind, rule.unit_price_cny_m3)
    paid = _of_type(rule.award_by_type_cny_m3, kind, None)
    eligible = kind.capex_cny if unit is None else min(kind.capex_cny, unit * kind.net_m3)
    amount = _share(rule, site.county) * eligible
    return amount if paid is None else min(amount, paid * kind.net_m3)


def _of_type(prices: Mapping[str, float], kind: DepotType, otherwise: float | None) -> float | None:
    """Return the price of a type, else of its construction."""
    return next((prices[name] for name in (kind.id, kind.construction) if name in prices), otherwise)


def _rate(rule: Subsidy, county: str) -> float:
    """Return the rate of a county: its own, else that of its class, else the general one."""
    if county in rule.rate_by_county:
        return rule.rate_by_county[county]
    return rule.rate_by_class.get(rule.class_of_county.get(county, ""), rule.rate)


def _share(rule: Subsidy, county: str) -> float:
    """Return the share of the eligible cost that is paid: the rate, or that of a loan for so many years."""
    rate = _rate(rule, county)
    return rate * rule.loan_share * rule.loan_years if rule.kind == "loan_interest" else rate


def _check_pots(record: Record, awards: CheckedAwards) -> None:
    rule, budget = record.scenario.subsidy, record.scenario.siting.budget_cny
    total = sum(awards.award.values())
    if total > budget * (1 + TOLERANCE) + CENT:
        record.wrong(
            _("subsidy: awards of {total:,.0f} CNY exceed the budget of {budget:,.0f} CNY").format(
                total=total, budget=budget
            )
        )
    by_county: dict[str, float] = defaultdict(float)
    for owner, amount in awards.award.items():
        by_county[awards.first[owner].county] += amount
    for name, pot in rule.pot_by_county_cny.items():
        if by_county[name] > pot * (1 + TOLERANCE) + CENT:
            record.wrong(
                _("subsidy: awards in {name} of {total:,.0f} CNY exceed its pot of {pot:,.0f} CNY").format(
                    name=name, total=by_county[name], pot=pot
                )
            )
