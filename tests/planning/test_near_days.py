"""Days routed from those of a course close by; moves judged by what moves of their kind have shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from coldchain.planning import Plan
from coldchain.planning.arcs import build_arcs
from coldchain.planning.days import Decision, Effort, work_out_days
from coldchain.planning.hopes import Mean
from coldchain.planning.near_days import NearDays


def test_what_is_assigned_the_same_has_the_same_days(small_plan: Plan) -> None:
    """Every depot of the course itself keeps its very days."""
    basis, course = small_plan.basis, small_plan.course
    near = NearDays.of(course.decision, course.days.collection)
    effort = Effort(quick=True, near=near)
    days = work_out_days(basis, build_arcs(basis), course.decision, effort)
    assert len(days.collection) == len(course.days.collection) > 0
    assert all(one is other for one, other in zip(days.collection, course.days.collection, strict=True))


def test_a_day_without_a_village_begins_with_the_routes_of_the_others(small_plan: Plan) -> None:
    """One way less: the depot fetches all of the others' loads, and costs less than before."""
    basis, course = small_plan.basis, small_plan.course
    arcs, decision = build_arcs(basis), course.decision
    near = NearDays.of(decision, course.days.collection)
    share = decision.arc_share(arcs)
    used = np.flatnonzero(share > 0)
    gone = arcs.village[arcs.demand[used]] == decision.village[0]
    share[used[gone]] = 0.0
    fewer = Decision.of(arcs, decision.count, share)
    days = work_out_days(basis, arcs, fewer, Effort(quick=True, near=near))
    site = int(decision.site[0])
    before = {day.period: day for day in course.days.collection if day.site == site}
    changed = [day for day in days.collection if day.site == site]
    assert changed
    for day in changed:
        fetched = np.zeros(len(day.villages))
        for route in day.result.routes:
            np.add.at(fetched, list(route.stops), route.load_kg)
        known = before[day.period]
        wanted = {int(v): 0.0 for v in known.villages}
        for route in known.result.routes:
            for stop, kg in zip(route.stops, route.load_kg, strict=True):
                wanted[int(known.villages[stop])] += kg
        assert fetched == pytest.approx([wanted[int(v)] for v in day.villages], rel=1e-6)
        assert day.result.total_cny < known.result.total_cny + 1e-6


def test_routes_name_stops_as_the_villages_stand_and_the_own_first(small_plan: Plan) -> None:
    """Villages of another depot's day bring its routes with them, after those of the depot itself."""
    course = small_plan.course
    day = course.days.collection[0]
    near = NearDays.of(course.decision, course.days.collection)
    found = near.routes(day.site, day.period, day.villages)
    assert sorted(found) == sorted((route.stops, route.load_kg) for route in day.result.routes)
    alien = near.routes(-1, day.period, day.villages[:1])
    assert {stops for stops, _kg in alien} == {(0,)}
    assert len(alien) == sum(0 in route.stops for route in day.result.routes)


def test_two_courses_have_two_digests(small_plan: Plan) -> None:
    """Routes that differ in one load are told apart."""
    course = small_plan.course
    days = list(course.days.collection)
    route = days[0].result.routes[0]
    other = replace(route, load_kg=(route.load_kg[0] - 1.0, *route.load_kg[1:]))
    changed = replace(days[0], result=replace(days[0].result, routes=(other, *days[0].result.routes[1:])))
    digests = {NearDays.of(course.decision, some).digest for some in (days, [changed, *days[1:]])}
    assert len(digests) == 2


def test_what_is_learned_forgets() -> None:
    """Two noughts count at first; of 0, 0, 10 the mean is 10 / 2.8; later figures weigh more."""
    seen = Mean()
    assert (seen.mean, seen.low) == (0.0, 0.0)
    seen.add(10.0)
    assert seen.mean == pytest.approx(10.0 / 2.8)
    for _ in range(200):
        seen.add(4.0)
    assert seen.mean == pytest.approx(4.0)
    assert seen.low == pytest.approx(4.0, abs=1e-3)
