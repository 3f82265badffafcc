"""Questions about a scenario or a plan: many budgets, why, what differs, who pays, how far wrong figures move it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from coldchain import settlement, sweeps
from coldchain.api.results import Doubts, Explanation, Frontier, Result, Shares
from coldchain.errors import UsageError
from coldchain.language import _
from coldchain.model import Scenario
from coldchain.runs import Run

Planned = Result | Path | str


def sweep(
    scenario: Scenario,
    budgets_cny: Sequence[float],
    folder: Path | str | None = None,
    *,
    time_limit_s: float = 30.0,
    loss: float = 0.08,
    coverage: float = 0.6,
) -> Frontier:
    """Plan for many budgets, at most so many seconds each.

    Parameters
    ----------
    folder : points are kept there and never computed twice; nowhere when left out
    loss, coverage : shares whose least budget is sought

    Returns
    -------
    Frontier
        ``.table()`` has one row for each budget, ``.lines()`` the least budgets and what the next million buys.
    """
    targets = (sweeps.Target("loss_rate", loss), sweeps.Target("coverage", coverage))
    effort = sweeps.Effort(time_limit_s)
    with _kept_in(folder) as place:
        found = sweeps.run_sweep(scenario, tuple(budgets_cny), place, effort, targets, ())
    return Frontier(found, f"{scenario.name} · {scenario.variant}", scenario.siting.budget_cny)


def explain(
    planned: Result,
    *,
    depot: str | None = None,
    village: str | None = None,
    unserved: bool = False,
    alternatives: int | None = None,
    time_limit_s: float = 60.0,
) -> Explanation:
    """Answer one why about a plan.

    Parameters
    ----------
    depot : plan again with this site closed, or forced open when nothing stands there
    village : why it goes where it goes
    unserved : every village that is not served whole, with the reasons
    alternatives : so many different choices of sites
    time_limit_s : of each plan made to answer

    Raises
    ------
    UsageError
        When not exactly one question is asked, the id is not there, or the plan has mobile units.
    """
    asked = {"depot": depot, "village": village, "unserved": unserved or None, "alternatives": alternatives}
    if sum(value is not None for value in asked.values()) != 1:
        raise UsageError(_("ask for one of depot, village, unserved, alternatives"))
    effort = sweeps.Effort(time_limit_s)
    case = sweeps.open_case(planned.plan, effort)
    if depot is not None:
        return _of_depot(sweeps.what_if_depot(case, depot, effort))
    if village is not None:
        why = sweeps.explain_village(case, village)
        return Explanation(tuple(why.lines()), why.options, why.as_dict())
    if alternatives is not None:
        found = sweeps.alternatives(case, alternatives, 0.01, effort)
        facts = found.as_dict()
        return Explanation(tuple(found.lines()), pd.DataFrame(facts["found"]), facts)
    left = sweeps.unserved(case)
    line = sweeps.unserved_line(left)
    return Explanation((line,), left, {"says": [line], "villages": left.to_dict("records")})


def _of_depot(found: sweeps.WhatIf) -> Explanation:
    shown = found.against or found.free or found.fixed
    return Explanation(tuple(found.lines()), pd.DataFrame() if shown is None else shown.villages, found.as_dict())


def compare(first: Planned, second: Planned) -> sweeps.Comparison:
    """Say what differs between two plans, or run folders: ``.figures``, ``.depots`` and ``.villages`` are frames."""
    return sweeps.compare(_run(first, "first"), _run(second, "second"))


def _run(planned: Planned, name: str) -> Run:
    if isinstance(planned, Result):
        return planned.as_run(name)
    return Run.open(planned)


def share(
    scenario: Scenario,
    folder: Path | str | None = None,
    *,
    members: str = "cooperative",
    rule: str = "equal_profit",
    time_limit_s: float = 3.0,
    processes: int = 1,
) -> Shares:
    """Split the yearly cost between the members of a scenario: every group of them is planned.

    Parameters
    ----------
    folder : group plans are kept there and never computed twice; nowhere when left out
    members : column of the villages that names the member; at most 12 members
    rule : of the bills; ``.rules()`` has all of them
    time_limit_s : of each group's plan; m members have 2^m - 1 groups
    processes : side by side; with more than one a script needs ``if __name__ == "__main__":`` around its work

    Raises
    ------
    BadInputError
        When a village has no member, there are too many, or there is no such rule.
    """
    named = settlement.members_of(scenario, members)
    effort = settlement.Effort(time_limit_s, processes=processes)
    with _kept_in(folder) as place:
        return Shares(settlement.settle(scenario, named, place / settlement.GROUPS, rules=(rule,), effort=effort))


@contextmanager
def _kept_in(folder: Path | str | None) -> Iterator[Path]:
    """Lend a folder that is there; one that goes again when none is given."""
    if folder is None:
        with TemporaryDirectory(prefix="coldchain-") as lent:
            yield Path(lent)
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    yield Path(folder)


def sensitivity(planned: Result, *, time_limit_s: float = 20.0) -> Doubts:
    """Change one figure at a time and work out the year of the planned depots anew.

    Raises
    ------
    UsageError
        When the plan has mobile units.
    """
    return Doubts(sweeps.sensitivity(planned.plan, effort=sweeps.Effort(time_limit_s)))
