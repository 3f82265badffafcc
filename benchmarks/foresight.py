"""Measure what watching is worth: rooms and trucks fail in simulated days; who is warned when, and what acting saves.

python benchmarks/foresight.py 20   days; a county of 14 villages, half of its rooms and trucks fail once a day,
                                   rooms for 6 to 16 h

A lot is late when it truly loses three points more than planned, to its buyer. It is announced from a threshold on, as
``watch`` expects it (the rest goes as planned) and as ``watch --propose`` does (what fails goes on failing). False is
an alarm on a lot that lost at most half of that. Then the days once more, the best proposal carried out each half hour.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import coldchain as cc
from coldchain.dispatch.dispatch import DispatchRequest, dispatch
from coldchain.dispatch.folder import write_day
from coldchain.diversions.desk import DayDispatcher
from coldchain.diversions.outlook import Lost, LotOutlook
from coldchain.diversions.proposals import ProposalTerms, proposals
from coldchain.telemetry.dayplan import DayPlan, read_day
from coldchain.telemetry.lotplan import LotPlan
from coldchain.telemetry.readings import MessageReader
from coldchain.telemetry.simulate import MishapRates, SensorWorld, Simulated
from coldchain.telemetry.store import ReadingStore
from coldchain.telemetry.watch import Setup, watched
from coldchain.telemetry.ways import SELL, diverted

DATE, DANGER, CALM = "2026-07-15", 0.03, 0.015
RATES, TERMS = MishapRates(failure=0.5, left_open=0.1, least_h=6.0, most_h=16.0), ProposalTerms(repair_h=6.0)
THRESHOLDS = (0.005, 0.01, 0.02, 0.03, 0.04)
FORESEEN = ("as planned", "if left")


@dataclass(frozen=True)
class Followed:
    """A lot of a simulated day.

    Attributes
    ----------
    more : share lost beyond the plan, as it truly went
    told_h : hour at which more than a threshold was foreseen, shape (2, thresholds); NaN for never
    failed_h : from which the lot was at a place that failed; NaN for never
    left, acted : lost without acting, and with
    """

    plan: LotPlan
    more: float
    told_h: np.ndarray
    failed_h: float
    left: Lost
    acted: Lost

    @property
    def sold_h(self) -> float:
        """Hour at which it is sold, as planned."""
        return self.plan.depart_h + sum(stage.hours for stage in self.plan.onward)


def followed(desk: DayDispatcher, world: Simulated, store: ReadingStore) -> tuple[list[Followed], float]:
    """Follow a day by half hours; return its lots, and the CNY that acting cost."""
    day = acted = read_day(desk.folder, desk.moved)
    hours = np.arange(np.floor(day.start_h), day.end_h + 0.5, 0.5)
    foreseen = np.zeros((hours.size, 2, len(day.lots)))
    cost, spots = 0.0, set()
    for n, hour in enumerate(hours):
        found = watched(store, day, Setup(date=DATE), float(hour))
        outlook = LotOutlook(found, TERMS.repair_h, 0.3)
        foreseen[n, 0] = [lot.loss - lot.plan.loss for lot in found.lots]
        foreseen[n, 1] = [outlook.lost(plan, outlook.condition(plan)).loss - plan.loss for plan in day.lots]
        now = watched(store, acted, Setup(date=DATE), float(hour))
        best = next(iter(proposals(desk, now, TERMS)), None)
        if best is not None:
            cost += best.cost_cny
            spots |= {one.plan.key for one in best.lots if best.action == SELL}
            led = {one.plan.key: diverted(one.plan, one.way, day.scenario) for one in best.lots}
            acted = replace(acted, lots=tuple(led.get(plan.key, plan) for plan in acted.lots))
    over = foreseen[..., None] > np.array(THRESHOLDS)
    told_h = np.where(over.any(axis=0), hours[over.argmax(axis=0)], np.nan)
    left, then = _true(world, day, set()), _true(world, acted, spots)
    lots = [
        Followed(plan, left[n].loss - plan.loss, told_h[:, n], _failed_h(world, plan), left[n], then[n])
        for n, plan in enumerate(day.lots)
    ]
    return lots, cost


def _true(world: Simulated, day: DayPlan, spots: set[str]) -> list[Lost]:
    """Return what each lot truly loses on the way it went."""
    with ReadingStore() as store:
        found = watched(store, day, Setup(date=DATE), day.start_h)
    outlook = LotOutlook(replace(found, day=replace(day, air_c=world.day.air_c), sensors=world.sensors()), 0.0, 0.3)
    made = []
    for plan in day.lots:
        since = outlook.clocks.condition(plan, plan.depart_h)
        made.append(outlook.sold(plan, since, plan.depart_h) if plan.key in spots else outlook.lost(plan, since))
    return made


def _failed_h(world: Simulated, plan: LotPlan) -> float:
    stays = {plan.truck: (plan.leave_h, plan.back_h), plan.room: (plan.docked_h, plan.depart_h)}
    hours = [
        max(event.start_h, stays[event.place][0])
        for event in world.events
        if event.kind in ("failure", "door") and event.place in stays
        if event.start_h < stays[event.place][1] and event.end_h > stays[event.place][0]
    ]
    return min(hours, default=float("nan"))


def days(count: int) -> Iterator[tuple[list[Followed], float]]:
    """Plan and route a county, and follow its simulated days."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = cc.plan(cc.example(folder / "county", villages=14, seed=5), effort="quick").save(folder / "run")
        write_day(dispatch(DispatchRequest(run, iterations=2_000)), folder / "day", {"source": str(run)})
        desk = DayDispatcher(folder / "day", folder / "county")
        for seed in range(count):
            day = read_day(desk.folder, desk.moved)
            world, reader = SensorWorld(day, DATE, seed=seed, every_s=300.0, rates=RATES).simulated(), MessageReader()
            with ReadingStore() as store:
                store.add(row for line in world.lines for row in reader.rows(line))
                yield followed(desk, world, store)


def main(count: int) -> None:
    """Print the curves, and what acting saves."""
    found = list(days(count))
    seen = [lot for lots, _cost in found for lot in lots]
    late = [lot for lot in seen if lot.more > DANGER]
    print(f"{count} days, {len(seen)} lots, {len(late)} lose {DANGER:.0%} of a lot more than planned, to the buyer")
    print("foreseen    told from  announced  h after failure  h before leaving  4 h before sale  false alarms a lot")
    for how, name in enumerate(FORESEEN):
        for n, least in enumerate(THRESHOLDS):
            known = [lot for lot in late if np.isfinite(lot.told_h[how, n])]
            false = sum(lot.more <= CALM and np.isfinite(lot.told_h[how, n]) for lot in seen) / len(seen)
            after = np.median([lot.told_h[how, n] - lot.failed_h for lot in known if lot.failed_h > 0] or [np.nan])
            before = np.median([lot.plan.depart_h - lot.told_h[how, n] for lot in known] or [np.nan])
            ahead = sum(lot.sold_h - lot.told_h[how, n] >= 4.0 for lot in known) / max(len(late), 1)
            share = len(known) / max(len(late), 1)
            print(
                f"{name:10s}  {least:9.1%}  {share:9.0%}  {after:15.1f}  {before:16.1f}  {ahead:15.0%}  {false:18.1%}"
            )
    kg = np.array([lot.plan.kg for lot in seen])
    cny = kg * [lot.plan.crop.price_cny_kg for lot in seen]
    for name, losts in (("without acting", [x.left for x in seen]), ("with acting", [x.acted for x in seen])):
        loss, value = kg @ [x.loss for x in losts] / kg.sum(), cny @ [x.value for x in losts]
        print(f"{name:15s} loss {loss:.2%}, value lost {value:,.0f} CNY of {cny.sum():,.0f}")
    print(f"trucks for acting {sum(cost for _lots, cost in found):,.0f} CNY")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
