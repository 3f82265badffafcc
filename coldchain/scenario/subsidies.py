"""Checks of a subsidy programme against itself, the places and the depot types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from coldchain.arrays import ROUNDING
from coldchain.errors import Fault
from coldchain.language import _
from coldchain.model import (
    DepotType,
    Economics,
    Noun,
    Plant,
    Site,
    Siting,
    Subsidy,
    award_cny,
    cap_cny,
    eligible_owner,
    eligible_type,
)
from coldchain.model.naming import of_ids
from coldchain.scenario.sections import Sections
from coldchain.scenario.source import FILE

if TYPE_CHECKING:
    from coldchain.scenario.load import Tables
    from coldchain.scenario.tables import Row

Catalogue = Mapping[str, Mapping[str, Noun]]
AMOUNTS = (
    "unit_price_by_type_cny_m3", "award_by_type_cny_m3", "pot_by_county_cny", "pot_by_year_cny", "awarded_by_owner_cny",
)  # fmt: skip
SEVERAL = (";", "；", "、", ",", "，", "&")


def subsidy_faults(sections: Sections, tables: Tables, catalogue: Catalogue) -> list[Fault]:
    """Return what is wrong with pots, rates, floor, eligibility and forced sites."""
    rule, siting = sections.nouns.get("subsidy"), sections.nouns.get("siting")
    faults = [*_owners(tables)]
    if not isinstance(rule, Subsidy) or not isinstance(siting, Siting):
        return faults
    kinds = [
        kind
        for kind in catalogue["depot_type"].values()
        if isinstance(kind, DepotType) and (not siting.depot_types or kind.id in siting.depot_types)
    ]
    both = (*catalogue["depot_type"].values(), *catalogue["plant"].values())
    known = [kind for kind in both if isinstance(kind, DepotType)]
    units = [
        k for key, k in catalogue["mobile_unit"].items() if isinstance(k, DepotType) and key in siting.mobile_units
    ]
    units += [k for key, k in catalogue["plant"].items() if isinstance(k, DepotType) and key in siting.plants]
    faults += [*_names(rule, tables, known), *_classes(rule, siting), *_shares(rule), *_amounts(rule)]
    faults += _interest(rule, sections.nouns.get("economics"))
    faults += [*_years(rule), *_totals(rule, siting)]
    faults += [] if faults else [*_floor(rule, tables, [*kinds, *units])]
    return [*faults, *_forced(rule, tables, kinds), *_units(rule, units), *_awarded(rule, tables)]


def _fault(key: str, value: object, message: str, code: str, guess: str = "") -> Fault:
    return Fault(FILE, None, f"subsidy.{key}", str(value), message, code, guess=guess)


def _names(rule: Subsidy, tables: Tables, kinds: list[DepotType]) -> Iterator[Fault]:
    """Counties, types and kinds that nothing else names."""
    counties = {row.noun.county for row in tables.villages} | {row.noun.county for row in tables.sites}
    types = {kind.id for kind in kinds} | {kind.construction for kind in kinds}
    shipped = {"ventilated_pit", "ventilated", "ventilated_rebuilt", "mechanical", "controlled_atmosphere", "mobile"}
    wanted: list[tuple[str, Iterable[str], set[str], str, str]] = [
        (key, getattr(rule, key), counties, _("is not the county of any village or site"), "unknown-county")
        for key in ("rate_by_county", "pot_by_county_cny", "class_of_county")
    ]
    wanted += [
        (key, getattr(rule, key), types | shipped, _("is not a depot type or construction"), "unknown-depot-type")
        for key in ("unit_price_by_type_cny_m3", "award_by_type_cny_m3", "constructions")
    ]
    for key, names, known, message, code in wanted:
        for name in names:
            if name not in known:
                yield _fault(key, name, message, code, of_ids(known).find(name).guess)
    kinds_of_owner = {row.noun.owner_kind for row in tables.sites}
    if tables.sites and rule.owner_kinds and not kinds_of_owner & set(rule.owner_kinds):
        message = _("no site has an owner of these kinds: fill the column owner_kind of the table of sites")
        yield _fault("owner_kinds", ", ".join(rule.owner_kinds), message, "no-eligible-owner")


def _classes(rule: Subsidy, siting: Siting) -> Iterator[Fault]:
    """Classes of counties that neither a rate nor a target names, and targets of classes that no county has."""
    known = {*rule.rate_by_class, *siting.coverage_by_class}
    for county, name in rule.class_of_county.items():
        if name not in known:
            message = _("is not a class of rate_by_class or siting.coverage_by_class")
            guess = of_ids(known).find(name).guess
            yield _fault(f"class_of_county.{county}", name, message, "unknown-class", guess)
    given = {*rule.class_of_county.values()}
    for name in siting.coverage_by_class:
        if name not in given:
            message = _("is not the class of any county in subsidy.class_of_county")
            guess = of_ids(given).find(name).guess
            yield Fault(FILE, None, "siting.coverage_by_class", name, message, "unknown-class", guess=guess)


def _shares(rule: Subsidy) -> Iterator[Fault]:
    for key in ("rate_by_class", "rate_by_county"):
        for name, value in getattr(rule, key).items():
            if not 0 <= value <= 1:
                per_cent = (
                    _("; if {value:g} % was meant, write {amount:g}").format(value=value, amount=value / 100)
                    if 1 < value <= 100
                    else ""
                )
                yield _fault(
                    f"{key}.{name}",
                    value,
                    _("must be a share between 0 and 1{per_cent}").format(per_cent=per_cent),
                    "out-of-range",
                )


def _interest(rule: Subsidy, economics: Noun | None) -> Iterator[Fault]:
    """Points of interest beyond the interest itself."""
    if rule.kind != "loan_interest" or not isinstance(economics, Economics):
        return
    own = economics.interest_rate if economics.own_rate is None else economics.own_rate
    every = {"rate": rule.rate} | {
        f"{key}.{name}": rate
        for key in ("rate_by_class", "rate_by_county")
        for name, rate in getattr(rule, key).items()
    }
    for key, rate in every.items():
        if rate > own + ROUNDING:
            message = _("is paid of a loan each year, more than its interest of {own:.2%} (economics.own_rate)")
            yield _fault(key, f"{rate:g}", message.format(own=own), "above-interest")


def _amounts(rule: Subsidy) -> Iterator[Fault]:
    for key in AMOUNTS:
        for name, value in getattr(rule, key).items():
            if value < 0:
                yield _fault(f"{key}.{name}", value, _("must be at least 0"), "out-of-range")


def _years(rule: Subsidy) -> Iterator[Fault]:
    if list(rule.years) != sorted(set(rule.years)):
        yield _fault("years", ", ".join(map(str, rule.years)), _("must be different years in order"), "years")
    named = {str(year) for year in rule.years}
    for year in rule.years:
        if str(year) not in rule.pot_by_year_cny:
            message = _("this programme year has no pot: name it in pot_by_year_cny, 0 if nothing is awarded in it")
            yield _fault("years", year, message, "year-without-pot")
    for name in rule.pot_by_year_cny:
        if name not in named:
            yield _fault("pot_by_year_cny", name, _("is not among the programme years"), "unknown-year")


def _totals(rule: Subsidy, siting: Siting) -> Iterator[Fault]:
    """Pots are parts of the budget: they cannot add up to more; a budget of 0 switches the programme off."""
    if siting.budget_cny <= 0:
        return
    for key in ("pot_by_county_cny", "pot_by_year_cny"):
        total = sum(getattr(rule, key).values())
        over = total - siting.budget_cny
        if over > ROUNDING * max(total, 1.0):
            message = _("the pots add up to {total:,.0f} CNY, {over:,.0f} more than siting.budget_cny").format(
                total=total, over=over
            )
            yield _fault(key, f"{total:g}", message, "pots-above-budget")


def _floor(rule: Subsidy, tables: Tables, kinds: list[DepotType]) -> Iterator[Fault]:
    """Say when no module anywhere can be awarded the floor: then nothing could ever be built."""
    best = 0.0
    paid = [kind for kind in kinds if eligible_type(rule, kind)]
    awards = {county: [award_cny(rule, kind, county) for kind in paid] for county in
              {row.noun.county for row in tables.sites}}  # fmt: skip
    for site in (row.noun for row in tables.sites if eligible_owner(rule, row.noun)):
        cap = cap_cny(rule, site.owner or site.id)
        for kind, award in zip(paid, awards[site.county], strict=True):
            best = max(best, min(award, cap) / kind.capex_cny if kind.capex_cny > 0 else 1.0)
    if tables.sites and kinds and best < rule.floor_share - ROUNDING:
        message = _(
            "no award can reach it: rates, unit prices and the cap allow at most {best:.1%} of any investment"
        ).format(best=best)
        yield _fault("floor_share", f"{rule.floor_share:g}", message, "floor-above-cap")


def _owners(tables: Tables) -> Iterator[Fault]:
    """One owner for a site, one kind for an owner."""
    file = tables.files.get("sites", "sites.csv")
    kind_of: dict[str, Row[Site]] = {}
    for row in tables.sites:
        site = row.noun
        if any(mark in site.owner for mark in SEVERAL):
            message = _("names several owners; a site has one applicant: choose one, or name their joint body")
            yield Fault(file, row.line, "owner", site.owner, message, "two-owners")
        first = kind_of.setdefault(site.owner, row) if site.owner else row
        if first.noun.owner_kind != site.owner_kind:
            message = _('its owner {owner} is of kind "{owner_kind}" on row {line}').format(
                owner=site.owner, owner_kind=first.noun.owner_kind, line=first.line
            )
            yield Fault(file, row.line, "owner_kind", site.owner_kind, message, "two-kinds")


def _awarded(rule: Subsidy, tables: Tables) -> Iterator[Fault]:
    """Warn of earlier awards to owners of no site: they count against no cap."""
    owners = {row.noun.owner or row.noun.id for row in tables.sites}
    for name in rule.awarded_by_owner_cny:
        if name not in owners:
            message, guess = _("is not the owner of any site"), of_ids(owners).find(name).guess
            yield Fault(FILE, None, "subsidy.awarded_by_owner_cny", name, message, "unknown-owner", warning=True,
                        guess=guess)  # fmt: skip


def _units(rule: Subsidy, units: list[DepotType]) -> Iterator[Fault]:
    """Warn of mobile units and plants that nobody may buy."""
    for unit in units:
        if not rule.own_money and not eligible_type(rule, unit):
            message = _('is not eligible: name "{construction}" in subsidy.constructions, or allow subsidy.own_money')
            where, stem = ("siting.plants", "plant") if isinstance(unit, Plant) else ("siting.mobile_units", "mobile")
            yield Fault(FILE, None, where, unit.id, message.format(construction=unit.construction),
                        f"{stem}-not-eligible", warning=True)  # fmt: skip


def _forced(rule: Subsidy, tables: Tables, kinds: list[DepotType]) -> Iterator[Fault]:
    """Name forced sites at which nothing may be built."""
    for row in tables.sites:
        site = row.noun
        if site.status != "forced" or site.existing or not kinds:
            continue
        allowed = [k for k in kinds if rule.own_money or (eligible_type(rule, k) and eligible_owner(rule, site))]
        checks: list[tuple[str, Any, bool, str]] = [
            ("max_modules", site.max_modules, site.max_modules > 0, _("no module fits")),
            ("owner_kind", site.owner_kind, bool(allowed), _("the subsidy rule lets nobody build here")),
        ]
        for name, unit in (("power_kw", "kW"), ("staff", "people")):
            limit = getattr(site, name)
            least = min((getattr(kind, name) for kind in allowed), default=0.0)
            checks.append(
                (
                    name,
                    limit,
                    limit is None or limit >= least,
                    _("the smallest module needs {least:g} {unit}").format(least=least, unit=unit),
                )
            )
        for column, value, fine, message in checks:
            if not fine:
                text = _("the site is forced, but {message}").format(message=message)
                yield Fault(tables.files["sites"], row.line, column, str(value), text, "forced-impossible")
