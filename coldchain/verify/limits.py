"""Coverage, time to market, hubs, shares of awards and single sourcing, checked on the lots recomputed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

import pandas as pd

from coldchain.language import _
from coldchain.verify.depots import parse_modules
from coldchain.verify.record import ON_THE_DOT_H, TOLERANCE, Record, rows
from coldchain.verify.subsidy import CheckedAwards

SLACK_T = 1e-3


def check_limits(
    record: Record, lots: pd.DataFrame, arriving_t: Mapping[tuple[str, str, str], float], awards: CheckedAwards
) -> None:
    """Note every limit on service that the plan breaks.

    Parameters
    ----------
    lots : recomputed; arriving_t : (depot, period, zone) -> t/day
    """
    siting, classes = record.scenario.siting, record.scenario.subsidy.class_of_county
    in_time, work = cooled_in_time(record, lots), working(record, lots)
    county = lots["village"].map({key: village.county for key, (_rest, village) in record.villages.items()})
    _least(record, _("coverage in all"), lots["tonnes"], in_time, siting.coverage)
    for year, part in siting.coverage_by_year.items():
        then = _("{where} in {year}").format(where=_("coverage in all"), year=year)
        _least(record, then, lots["tonnes"], in_time * work(int(year)), part * siting.coverage)
    for name in sorted(set(county)):
        share = siting.county_coverage
        if classes.get(name) in siting.coverage_by_class:
            share = siting.coverage_by_class[classes[name]]
        if name in siting.coverage_by_county:
            share = siting.coverage_by_county[name]
        where, here = _("coverage in {name}").format(name=name), county == name
        _least(record, where, lots["tonnes"][here], in_time[here], share)
        for year, part in siting.coverage_by_year.items():
            then = _("{where} in {year}").format(where=where, year=year)
            _least(record, then, lots["tonnes"][here], (in_time * work(int(year)))[here], part * share)
    on_time = lots["delivery_h"] <= record.scenario.chain.delivery_target_h + ON_THE_DOT_H
    _least(
        record,
        _("share within {delivery_target_h:g} h").format(delivery_target_h=record.scenario.chain.delivery_target_h),
        lots["tonnes"],
        on_time,
        siting.on_time,
    )
    _check_hubs(record, arriving_t)
    _check_award_shares(record, awards)
    if siting.single_source:
        _check_single(record)


def cooled_in_time(record: Record, lots: pd.DataFrame) -> pd.Series:
    """Tell which lots are cooled within their commodity's deadline."""
    deadline = lots["commodity"].map({key: crop.precool_deadline_h for key, (_rest, crop) in record.crops.items()})
    return lots["cooled_h"] <= deadline.astype("float64") + ON_THE_DOT_H


def working(record: Record, lots: pd.DataFrame) -> Callable[[int], pd.Series]:
    """Return what tells the share of each lot that is cooled in a year: whoever builds works from the next year on.

    Mobile units of a kind cool together; those of an owner their part of all that the kind cools.
    """
    of = {site.id: site.owner or site.id for site in record.scenario.sites}
    starts = {str(row.owner): int(row.year) for row in rows(record.tables["rollout"])}
    first = lots["depot"].map(of).map(starts).astype("float64").fillna(-1)
    bought: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows(record.tables["depots"]):
        for unit, number in parse_modules(record, row.units_bought, f"depots: {row.depot}").items():
            bought[unit][starts.get(of[row.depot], -1)] += number

    def share(year: int) -> pd.Series:
        ready = {
            unit: sum(n for start, n in years.items() if start < year) / max(sum(years.values()), 1)
            for unit, years in bought.items()
        }
        return lots["unit"].map(ready).astype("float64").fillna((first < year).astype("float64"))

    return share


def _least(record: Record, what: str, tonnes: pd.Series, fine: pd.Series, share: float) -> None:
    total, found = float(tonnes.sum()), float((tonnes * fine).sum())
    if found < share * total - SLACK_T - TOLERANCE * total:
        record.wrong(
            _("limits: {what} is {found:.2%}; at least {share:.2%} is asked").format(
                what=what, found=found / total, share=share
            )
        )


def _check_hubs(record: Record, arriving_t: Mapping[tuple[str, str, str], float]) -> None:
    load: dict[tuple[str, str], float] = defaultdict(float)
    for (depot, period, _rest), tonnes in arriving_t.items():
        load[record.hub_of[depot], period] += tonnes * record.scenario.siting.peak_factor
    for (key, period), tonnes in load.items():
        limit = record.hubs[key][1].limit_t_day
        if limit is not None and tonnes > limit + SLACK_T + TOLERANCE * limit:
            record.wrong(
                _(
                    "limits: hub {key} takes {tonnes:,.3f} t on a peak day in {period}; it has room for {limit:g}"
                ).format(key=key, tonnes=tonnes, period=period, limit=limit)
            )


def _check_award_shares(record: Record, awards: CheckedAwards) -> None:
    total = sum(awards.award.values())
    for name, share in record.scenario.siting.award_share_by_county.items():
        found = sum(cny for owner, cny in awards.award.items() if awards.first[owner].county == name)
        if found < share * total - 1.0 - TOLERANCE * total:
            record.wrong(
                _(
                    "limits: {found:,.0f} CNY of the awards go to {name}; "
                    "at least {share:.1%} of {total:,.0f} are asked"
                ).format(found=found, name=name, share=share, total=total)
            )


def _check_single(record: Record) -> None:
    for row in rows(record.tables["assignment"]):
        if row.share < 1 - TOLERANCE:
            record.wrong(
                _("limits: {commodity} of {village} is split; {share:.4f} of it goes to {depot}").format(
                    commodity=row.commodity, village=row.village, share=row.share, depot=row.depot
                )
            )
