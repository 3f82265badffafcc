"""How firm the depots of a plan are: which stand in all good plans met, in other years, and what comes second.

Three questions, none of which is a proof. *Met*: of all choices of modules whose year the search worked out with
routes, those within a hundredth of the plan's cost. *Other years*: harvests of village and crop drawn anew, sited from
the plan on with the costs that its routes show. *With these depots*: what every plan with the same modules costs at
least, whoever goes where and on which routes (:mod:`coldchain.planning.withdepots`, in a draft by siting's
underestimates alone); that one is a proof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from coldchain.arrays import Bools, Floats, Ints
from coldchain.planning.arcs import Arcs
from coldchain.planning.basis import Basis
from coldchain.planning.course import Course
from coldchain.planning.estimates import Estimates
from coldchain.planning.limits import stated
from coldchain.planning.money import standing_opex_cny
from coldchain.planning.search import PLANNED, Options, aims_of
from coldchain.planning.withdepots import least_with
from coldchain.progress import Event, Stage, relative_gap
from coldchain.runs import schema
from coldchain.siting import ExtendedEffort, FixedModules, SitingProblem, SitingResult, solve_siting
from coldchain.threads import mapped
from coldchain.work import Meter

CLOSE = 0.01
"""Share of the plan's cost within which another plan counts as good."""
YEARS, YEAR_WORK = 8, 3.0
ROUNDS, DEEP_ROUNDS = 1, 4
"""How often routes are sought for the proof with these depots, beside those of the plan; a draft asks siting alone."""
WITH_GAP, WITH_WORK = 2e-3, 20.0
"""Relative gap at which the model of that proof ends, and its units of work."""
CROP_CV, VILLAGE_CV = 0.15, 0.15
"""Spreads of a crop's harvest and of a village's between years, as a replay draws them."""


def firmness(
    basis: Basis, arcs: Arcs, course: Course, options: Options, pays_in: Mapping[str, float]
) -> dict[str, Any]:
    """Return the object of ``summary.firmness``.

    Shares are of plans met within ``CLOSE``, and of ``YEARS`` drawn years; None where nothing was asked.

    Parameters
    ----------
    pays_in : share of the draws of doubt in which each depot pays for itself
    """
    aim = aims_of(basis)[0]
    value = course.value(aim)
    choices = options.met.choices()
    sites = [site.id for site in basis.scenario.sites]
    own = _built(course.decision.count)
    good = [_built(count) for cost, count in choices if cost <= value + CLOSE * abs(value)]
    years = _other_years(basis, arcs, course, options)
    second = _runner_up(choices, own, value, sites)
    moved = np.isin(sites, [*second["closes"], *second["opens"]] if second else [])
    named = np.flatnonzero(np.any([own, moved, *good], axis=0))
    return {
        "gap_with_these_depots": _gap(basis, arcs, course, options),
        "best_by_count": _best_by_count(choices),
        "depots": [
            {
                "id": sites[j],
                "name": basis.scenario.sites[j].name,
                "planned": bool(own[j]),
                "within_1_percent": _share(good, j),
                "other_years": _share(years, j),
                "pays_in": pays_in.get(sites[j]),
            }
            for j in named.tolist()
        ],
        "runner_up": second,
    }


def firmness_table(firm: Mapping[str, Any]) -> pd.DataFrame:
    """Tabulate the depots of :func:`firmness`."""
    return schema.frame("firmness", [{**one, "depot": one["id"]} for one in firm["depots"]])


def _built(count: Ints) -> Bools:
    """Tell at which sites something is built."""
    return np.asarray(count.any(axis=1), dtype=np.bool_)


def _share(masks: Sequence[Bools], site: int) -> float | None:
    return float(np.mean([mask[site] for mask in masks])) if masks else None


def _best_by_count(choices: Sequence[tuple[float, Ints]]) -> dict[str, float]:
    """Return the best value met by number of sites with new modules."""
    best: dict[int, float] = {}
    for value, count in choices:
        best.setdefault(int(_built(count).sum()), value)
    return {str(number): best[number] for number in sorted(best)}


def _runner_up(
    choices: Sequence[tuple[float, Ints]], own: Bools, value: float, sites: Sequence[str]
) -> dict[str, Any] | None:
    """Return the best choice met that builds at other sites, and what it would change."""
    for cost, count in choices:
        mask = _built(count)
        if (mask != own).any():
            closed, opened = (np.flatnonzero(one).tolist() for one in (own & ~mask, mask & ~own))
            return {
                "value": cost,
                "more": cost - value,
                "closes": [sites[j] for j in closed],
                "opens": [sites[j] for j in opened],
            }
    return None


def _gap(basis: Basis, arcs: Arcs, course: Course, options: Options) -> float | None:
    """Return how far below the plan any plan with these modules can be, as a share; total cost only."""
    if aims_of(basis)[0] != "total_cost_cny" or basis.keeps:
        return None
    value = course.yearly.total
    least = _least_by_siting(basis, arcs, course, options)
    if not (options.quick or options.halted()):
        effort = ExtendedEffort(
            rounds=2, gap=WITH_GAP, work=WITH_WORK, stop=options.halted, seed=options.seed, meter=options.meter
        )
        options.say(Event(Stage.WITH_DEPOTS))
        rounds = DEEP_ROUNDS if options.thorough else ROUNDS
        least = max(least, least_with(basis, arcs, course, effort, rounds=rounds, threads=options.threads))
        options.say(Event(Stage.WITH_DEPOTS, bound=min(least, value)))
    return relative_gap(value, min(least, value)) if np.isfinite(least) else None


def _least_by_siting(basis: Basis, arcs: Arcs, course: Course, options: Options) -> float:
    """Return what plans with these modules cost at least by siting's underestimates; -inf where that is not known."""
    with FixedModules(stated(basis, arcs, "total_cost_cny"), options.halted, Meter(), options.seed) as fixed:
        least = fixed.assign(course.decision.modules())
    return -np.inf if least is None else least.value + standing_opex_cny(basis)


def _other_years(basis: Basis, arcs: Arcs, course: Course, options: Options) -> list[Bools]:
    """Site for drawn harvests, with the costs this course shows; which sites have new modules in each."""
    if options.quick or options.halted() or aims_of(basis)[0] != "total_cost_cny":
        return []
    problem = stated(basis, Estimates(basis, arcs).corrected(course), "total_cost_cny")
    random, villages = np.random.default_rng(options.seed), len(basis.scenario.villages)
    factors = [_harvest_factor(arcs, villages, random) for _year in range(YEARS)]
    meters = [Meter() for _year in factors]

    def sited(year: int) -> SitingResult:
        return solve_siting(
            _scaled(problem, arcs, factors[year]),
            work=YEAR_WORK,
            gap=CLOSE / 2,
            seed=options.seed,
            start=course.decision.modules(),
            stop=options.halted,
            meter=meters[year],
        )

    found = list(mapped(sited, range(YEARS), options.threads))
    options.meter.add(sum(meter.spent for meter in meters))
    types = len(basis.scenario.depot_types)
    return [_built(year.count[:, :types]) for year in found if year.status in PLANNED]


def _harvest_factor(arcs: Arcs, villages: int, random: np.random.Generator) -> Floats:
    """Draw lognormal factors of mean one for each demand: its group of crops, and its village."""

    def drawn(spread: float, number: int) -> Floats:
        sigma = np.sqrt(np.log1p(spread**2))
        return np.asarray(np.exp(random.normal(-(sigma**2) / 2, sigma, number)))

    return np.asarray(drawn(CROP_CV, len(arcs.members))[arcs.group] * drawn(VILLAGE_CV, villages)[arcs.village])


def _scaled(problem: SitingProblem, arcs: Arcs, factor: Floats) -> SitingProblem:
    """Return the problem with every demand larger or smaller; what a tonne costs stays."""
    return replace(
        problem,
        outside_cost=problem.outside_cost * factor,
        arc_cost=problem.arc_cost * factor[arcs.demand],
        load=problem.load * factor[:, None],
    )
