"""The people at hand in a week: hours a day by skill and place, and what a way to run the week takes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from coldchain.arrays import Bools, Floats
from coldchain.model import Crew
from coldchain.planning import Course, Ground, existing_modules
from coldchain.planning.people import SHIFT_H, Post, hours_needed, hours_of, least_drive_h_t, sites_of, staff_of

CLOSE = 0.98
"""What is asked of drivers' hours by estimates falls so far below what would just do."""
SLACK_H = 1e-3


@dataclass(frozen=True, eq=False)
class Hand:
    """A skill in a place.

    Attributes
    ----------
    there : bool[sites]
    hours_day : at hand, for all who work there
    person_h : of one of them
    asked_h : what the model of a week may take of them: less where routes take more than the model knows
    arc_h : drivers' hours a day that all of a demand takes at least by an arc, float[arcs]; empty for operators
    """

    post: Post
    there: Bools
    hours_day: float
    person_h: float
    asked_h: float
    arc_h: Floats


def hands_of(ground: Ground, people: Sequence[Crew]) -> tuple[Hand, ...]:
    """Return the limits that the table of people sets in a week."""
    arcs, found = ground.arcs, []
    village, load_t = arcs.village[arcs.demand], arcs.load_t_day[arcs.demand, 0] / ground.scenario.siting.peak_factor
    for post, hours in hours_of(people).items():
        there, arc_h = sites_of(ground.scenario, post.place), np.zeros(0)
        if post.skill == "driver":
            arc_h = least_drive_h_t(ground.basis, haul=not post.place)[village, arcs.site] * load_t * there[arcs.site]
        most = max(one.hours_day for one in people if (one.skill, one.place) == post)
        found.append(Hand(post, there, hours, most, hours, np.asarray(arc_h, dtype=np.float64)))
    return tuple(found)


def asked_less(ground: Ground, hands: Sequence[Hand], share: Floats, course: Course) -> tuple[Hand, ...] | None:
    """Return the limits as the model must keep them so that routes do; None where this way keeps them.

    Parameters
    ----------
    share : of each demand by each arc, as the model chose
    """
    found, over = [], False
    for hand in hands:
        needed = needed_h(ground, hand, course)
        if hand.post.skill == "driver" and needed > hand.hours_day + SLACK_H:
            over = True
            found.append(replace(hand, asked_h=float(hand.arc_h @ share) * CLOSE * hand.hours_day / needed))
        else:
            found.append(hand)
    return tuple(found) if over else None


def needed_h(ground: Ground, hand: Hand, course: Course) -> float:
    """Return hours a day that a way to run the week takes of a skill in a place."""
    if hand.post.skill == "driver":
        return float(hours_needed(ground.basis, course.decision, course.days.running, hand.post)[1][0])
    used = np.isin(np.arange(len(hand.there)), course.decision.site) & hand.there
    return float(staff_h(ground)[used].sum() + (units_h(ground) * course.decision.standing[:, :, 0])[used].sum())


def staff_h(ground: Ground) -> Floats:
    """Return hours a day of operators at what stands at each site, mobile units apart, float[sites]."""
    return np.asarray(SHIFT_H * (existing_modules(ground.basis) @ staff_of(ground.scenario)), dtype=np.float64)


def units_h(ground: Ground) -> Floats:
    """Return hours a day of operators at a mobile unit of each type, float[units]."""
    return SHIFT_H * staff_of(ground.scenario)[ground.scenario.fixed_types :]


def one_more(ground: Ground, hands: Sequence[Hand], which: int) -> tuple[tuple[Hand, ...], int]:
    """Return the limits with one person more, of operators as many as the least staffed depot needs; and how many."""
    hand, people = hands[which], 1
    staffed = [h for h in (*staff_h(ground)[hand.there], *units_h(ground)) if h > 0.0]
    if hand.post.skill == "operator" and staffed:
        people = ceil(min(staffed) / hand.person_h - 1e-9)
    ratio = hand.asked_h / hand.hours_day if hand.hours_day > 0.0 else 1.0
    more = replace(hand, asked_h=hand.asked_h + people * hand.person_h * ratio)
    return (*hands[:which], more, *hands[which + 1 :]), people
