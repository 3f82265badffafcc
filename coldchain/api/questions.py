"""Questions about a scenario or a plan: many budgets, why, what differs, who pays, how far wrong figures move it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from coldchain import settlement, sweeps
from coldchain.api.effort import EffortName, effort_of, seconds
from coldchain.api.results import Doubts, Explanation, Frontier, Result, Shares
from coldchain.errors import UsageError
from coldchain.language import _
from coldchain.model import Scenario
from coldchain.progress import Say, silent
from coldchain.runs import Run

Planned = Result | Path | str
POINT_S, ANSWER_S, GROUP_S = 30.0, 60.0, 3.0
"""Seconds of each plan of a sweep, of an explanation and of a settlement, with effort normal."""
WITHIN = 0.01
"""Share of the cost within which another plan is an alternative."""


def sweep(
    scenario: Scenario,
    budgets_cny: Sequence[float],
    folder: Path | str | None = None,
    *,
    rates: Sequence[float] = (),
    caps_cny: Sequence[float] = (),
    programmes: Sequence[str] = (),
    loss: float = 0.08,
    coverage: float = 0.6,
    effort: EffortName = "normal",
    time_limit_s: float | None = None,
    seed: int = 0,
    progress: Say = silent,
) -> Frontier:
    """Plan for many budgets, and under other rules of subsidy: every rate with every cap and programme.

    Parameters
    ----------
    rates, caps_cny, programmes : of the award, instead of the scenario's: share of the cost, most for one owner,
        shipped programme; each is planned warm from the plan of the scenario's own rule
    folder : points are kept there and never computed twice; nowhere when left out
    loss, coverage : shares whose least budget is sought
    effort, time_limit_s, seed, progress : of each plan, as in :func:`coldchain.plan`; 30 s when left out

    Returns
    -------
    Frontier
        ``.table()`` has one row for each budget, ``.decided()`` one for each rule and budget with the depots it would
        build, ``.lines()`` the least budgets and what the next million buys.
    """
    targets = (sweeps.Target("loss_rate", loss), sweeps.Target("coverage", coverage))
    tried = effort_of(effort, POINT_S, time_limit_s, seed, progress)
    with _kept_in(folder) as place:
        rules = sweeps.rules_of(rates, caps_cny, programmes)
        found = sweeps.run_sweep(scenario, tuple(budgets_cny), place, tried, targets, ())
        decided = sweeps.decide_rules(scenario, rules, found, place, tried)
    named = f"{scenario.name} · {scenario.variant}"
    return Frontier(found, named, scenario.siting.budget_cny, decided, tuple(scenario.sites))


def explain_depot(
    planned: Result,
    depot: str,
    *,
    effort: EffortName = "normal",
    time_limit_s: float | None = None,
    seed: int = 0,
    progress: Say = silent,
) -> Explanation:
    """Plan again with a site closed, or forced open when nothing stands there, and say what changes.

    Parameters
    ----------
    depot : id or name of the site
    effort, time_limit_s, seed, progress : of each plan made to answer, as in :func:`coldchain.plan`; 60 s when left out

    Raises
    ------
    UsageError
        When there is no such site, or the plan has mobile units.
    """
    tried = effort_of(effort, ANSWER_S, time_limit_s, seed, progress)
    found = sweeps.what_if_depot(_case(planned, tried), depot, tried)
    shown = found.against or found.free or found.fixed
    return Explanation(tuple(found.lines()), pd.DataFrame() if shown is None else shown.villages, found.as_dict())


def explain_village(planned: Result, village: str) -> Explanation:
    """Say why a village goes where it goes, and what every other way in reach would cost.

    Raises
    ------
    UsageError
        When there is no such village, or the plan has mobile units.
    """
    why = sweeps.explain_village(_case(planned, sweeps.PointEffort()), village)
    return Explanation(tuple(why.lines()), why.options, why.as_dict())


def explain_unserved(planned: Result) -> Explanation:
    """List every village that is not served whole, with the reasons."""
    left = sweeps.unserved(_case(planned, sweeps.PointEffort()))
    line = sweeps.unserved_line(left)
    return Explanation((line,), left, {"says": [line], "villages": left.to_dict("records")})


def explain_alternatives(
    planned: Result,
    number: int = 3,
    *,
    effort: EffortName = "normal",
    time_limit_s: float | None = None,
    seed: int = 0,
    progress: Say = silent,
) -> Explanation:
    """Look for so many plans with other sites that cost at most 1 % more.

    Parameters
    ----------
    effort, time_limit_s, seed, progress : of each plan, as in :func:`coldchain.plan`; 60 s when left out
    """
    tried = effort_of(effort, ANSWER_S, time_limit_s, seed, progress)
    found = sweeps.alternatives(_case(planned, tried), number, WITHIN, tried)
    facts = found.as_dict()
    return Explanation(tuple(found.lines()), pd.DataFrame(facts["found"]), facts)


def explain_failures(planned: Result, *, cut: tuple[float, float] | None = None, progress: Say = silent) -> Explanation:
    """Let each depot fail in its peak week, each owner withdraw, a road be cut: tonnes and money, nothing built anew.

    Parameters
    ----------
    cut : longitude and latitude near the road to be cut; the busiest one when left out
    """
    effort = effort_of("quick", ANSWER_S, None, progress=progress)
    found = sweeps.failures(_case(planned, effort), effort, cut)
    return Explanation(tuple(found.lines()), found.table(), found.as_dict())


def explain_visits(planned: Result, most: int = 10, *, spread: float = 0.5, seed: int = 0) -> Explanation:
    """Name the villages to visit before building, in the order in which to go, and what knowing them is worth a year.

    Parameters
    ----------
    most : villages to name; fewer are, where more visits would change nothing
    spread : coefficient of variation of a village's tonnes of a crop

    Raises
    ------
    UsageError
        When the plan has mobile units.
    """
    effort = effort_of("quick", ANSWER_S, None, seed)
    found = sweeps.visits(_case(planned, effort), most, spread, effort)
    facts = found.as_dict()
    return Explanation(tuple(found.lines()), pd.DataFrame(facts["villages"]), facts)


def explain(
    planned: Result,
    *,
    depot: str | None = None,
    village: str | None = None,
    unserved: bool = False,
    alternatives: int | None = None,
    effort: EffortName = "normal",
    time_limit_s: float | None = None,
    seed: int = 0,
    progress: Say = silent,
) -> Explanation:
    """Answer one why, as :func:`explain_depot`, ``explain_village``, ``explain_unserved`` or ``explain_alternatives``.

    Raises
    ------
    UsageError
        When not exactly one question is asked, the id is not there, or the plan has mobile units.
    """
    asked = {"depot": depot, "village": village, "unserved": unserved or None, "alternatives": alternatives}
    if sum(value is not None for value in asked.values()) != 1:
        raise UsageError(_("ask for one of depot, village, unserved, alternatives"))
    if village is not None:
        return explain_village(planned, village)
    if unserved:
        return explain_unserved(planned)
    if depot is not None:
        return explain_depot(planned, depot, effort=effort, time_limit_s=time_limit_s, seed=seed, progress=progress)
    return explain_alternatives(
        planned, alternatives or 1, effort=effort, time_limit_s=time_limit_s, seed=seed, progress=progress
    )


def _case(planned: Result, effort: sweeps.PointEffort) -> sweeps.ExplainedRun:
    return sweeps.open_case(planned.plan, effort)


def compare(first: Planned, second: Planned) -> sweeps.Comparison:
    """Say what differs between two plans, or run folders: ``.figures``, ``.depots`` and ``.villages`` are frames."""
    return sweeps.compare(_run(first, "first"), _run(second, "second"))


def _run(planned: Planned, name: str) -> Run:
    return planned.as_run(name) if isinstance(planned, Result) else Run.open(planned)


def share(
    scenario: Scenario,
    folder: Path | str | None = None,
    *,
    members: str = "cooperative",
    rule: str = "equal_profit",
    processes: int = 1,
    effort: EffortName = "normal",
    time_limit_s: float | None = None,
    seed: int = 0,
    progress: Say = silent,
) -> Shares:
    """Split the yearly cost between the members of a scenario: every group of them is planned.

    Parameters
    ----------
    folder : group plans are kept there and never computed twice; nowhere when left out
    members : column of the villages that names the member; at most 12 members
    rule : of the bills; ``.rules()`` has all of them
    processes : side by side; with more than one a script needs ``if __name__ == "__main__":`` around its work
    effort, time_limit_s, seed, progress : of each group's plan, as in :func:`coldchain.plan`; 3 s when left out, of a
        quick one 1 s; m members have 2^m - 1 groups

    Raises
    ------
    BadInputError
        When a village has no member, there are too many, or there is no such rule.
    """
    named = settlement.members_of(scenario, members)
    limit = 1.0 if effort == "quick" and time_limit_s is None else seconds(effort, GROUP_S, time_limit_s)
    tried = settlement.GroupEffort(limit, seed, processes)
    with _kept_in(folder) as place:
        groups = place / settlement.GROUPS
        return Shares(settlement.settle(scenario, named, groups, rules=(rule,), effort=tried, say=progress))


@contextmanager
def _kept_in(folder: Path | str | None) -> Iterator[Path]:
    """Lend a folder that is there; one that goes again when none is given."""
    if folder is None:
        with TemporaryDirectory(prefix="coldchain-") as lent:
            yield Path(lent)
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    yield Path(folder)


def sensitivity(
    planned: Planned,
    *,
    figures: int = 0,
    scenario: Path | str | None = None,
    seed: int = 0,
    progress: Say = silent,
) -> Doubts:
    """Move every uncertain figure of a plan, or of a run folder, to both ends of its band; decisions stay.

    Parameters
    ----------
    figures : so many of those that move the net benefit most are decided by again, at both ends
    scenario : where the scenario of a run folder lies now, when it was moved
    progress : hears of every figure

    Raises
    ------
    UsageError
        When the scenario is no longer the one that was planned.
    BadInputError
        When the run folder, or its scenario, cannot be read.
    """
    run: Run = planned.plan if isinstance(planned, Result) else _as_planned(planned, scenario)
    found = sweeps.sensitivity(run, progress)
    if not figures:
        return Doubts(found)
    return Doubts(found, sweeps.decisions(run, found.by_importance(), figures, seed=seed, say=progress))


def _as_planned(folder: Path | str, scenario: Path | str | None) -> Run:
    return Run.open(folder, None if scenario is None else Path(scenario)).as_planned()
