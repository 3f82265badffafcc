"""Checks of aims, tolerances and limits of service against each other and the places."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from coldchain.errors import Fault
from coldchain.language import _
from coldchain.model import Economics, Siting, Subsidy
from coldchain.scenario.sections import Sections
from coldchain.scenario.source import FILE

if TYPE_CHECKING:
    from coldchain.scenario.load import Tables


def aim_faults(sections: Sections, tables: Tables) -> list[Fault]:
    """Return what is wrong with aims, tolerances, least coverage, shares of awards and the operators' fee."""
    siting, economics = sections.nouns.get("siting"), sections.nouns.get("economics")
    faults: list[Fault] = []
    if isinstance(siting, Siting):
        rule = sections.nouns.get("subsidy")
        years = rule.years if isinstance(rule, Subsidy) else ()
        faults += [*_ranked(siting), *_shares(siting, tables), *_by_year(siting, years)]
    if isinstance(economics, Economics) and economics.must_return and economics.fee_cny_t is None:
        message = _("operators must get their money back, but economics.fee_cny_t says not what they charge")
        faults.append(Fault(FILE, None, "economics.must_return", "true", message, "no-fee"))
    return faults


def _fault(key: str, value: object, message: str, code: str) -> Fault:
    return Fault(FILE, None, f"siting.{key}", str(value), message, code)


def _ranked(siting: Siting) -> Iterator[Fault]:
    for n, aim in enumerate(siting.objective):
        if aim in siting.objective[:n]:
            yield _fault("objective", aim, _("stands twice among the aims"), "aim-twice")
    if len(siting.tolerances) > len(siting.objective):
        message = _("has {count} figures for {count_2} aims").format(
            count=len(siting.tolerances), count_2=len(siting.objective)
        )
        yield _fault("tolerances", ", ".join(map(str, siting.tolerances)), message, "too-many")
    for value in siting.tolerances:
        if not 0 <= value <= 1:
            yield _fault(
                "tolerances",
                value,
                _("must be shares between 0 and 1{percent}").format(percent=_percent(value)),
                "out-of-range",
            )


def _shares(siting: Siting, tables: Tables) -> Iterator[Fault]:
    growing = {row.noun.county for row in tables.villages}
    building = {row.noun.county for row in tables.sites}
    for key, known in (("coverage_by_county", growing), ("award_share_by_county", building)):
        for name, value in getattr(siting, key).items():
            if known and name not in known:
                close = difflib.get_close_matches(name, list(known), 1)
                hint = _('; did you mean "{value}"?').format(value=close[0]) if close else ""
                villages = key == "coverage_by_county"
                told = _("is not the county of any village") if villages else _("is not the county of any site")
                yield _fault(key, name, told + hint, "unknown-county")
            if not 0 <= value <= 1:
                message = _("must be a share between 0 and 1{percent}").format(percent=_percent(value))
                yield _fault(f"{key}.{name}", value, message, "out-of-range")
    for key in ("coverage_by_class", "coverage_by_year"):
        for name, value in getattr(siting, key).items():
            if not 0 <= value <= 1:
                message = _("must be a share between 0 and 1{percent}").format(percent=_percent(value))
                yield _fault(f"{key}.{name}", value, message, "out-of-range")
    total = sum(siting.award_share_by_county.values())
    if total > 1 + 1e-9 and all(0 <= share <= 1 for share in siting.award_share_by_county.values()):
        message = _("the least shares of the awards add up to more than all of them")
        yield _fault("award_share_by_county", f"{total:g}", message, "shares-above-one")


def _by_year(siting: Siting, years: Sequence[int]) -> Iterator[Fault]:
    """Years by which nothing can have been built, and shares of no target."""
    asked = (siting.coverage, siting.county_coverage)
    if siting.coverage_by_year and not any((*asked, siting.coverage_by_class, siting.coverage_by_county)):
        message = _("is a share of the least coverage, and none is asked: give siting.coverage or county_coverage")
        yield _fault("coverage_by_year", ", ".join(siting.coverage_by_year), message, "no-target")
    known = {str(year) for year in (*years, *(year + 1 for year in years[-1:]))}
    for name in siting.coverage_by_year:
        if name not in known:
            message = _("is neither a programme year nor the year after the last; depots work from the year after")
            yield _fault("coverage_by_year", name, message, "unknown-year")


def _percent(value: float) -> str:
    return (
        _("; if {value:g} % was meant, write {amount:g}").format(value=value, amount=value / 100)
        if 1 < value <= 100
        else ""
    )
