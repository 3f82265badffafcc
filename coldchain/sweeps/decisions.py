"""Which uncertain figure moves a depot: the plan made again at both ends of its band.

What is known better is worth what deciding by it saves: the year of today's decision, repaired to the limits, less that
of the decision found from there, both at that end. It is a lower estimate: few decisions are tried from the plan on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from coldchain.model import Scenario
from coldchain.model.bands import PACKAGING, Figures, Uncertain, in_words, put, uncertain_figures
from coldchain.planning import Options, lay_ground, redecide
from coldchain.progress import Event, Say, Stage, silent
from coldchain.runs import Run
from coldchain.sweeps.sensitivity import label_of, row_names


@dataclass(frozen=True)
class Flip:
    """What would be decided with one figure at one end of its band.

    Attributes
    ----------
    key, what, end, at : the figure, ``low`` or ``high``, and how much that is
    opens, closes : sites at which modules would be built, or no longer
    kept_cny, cost_cny : a year there with the plan's decision, and with the one made for it
    """

    key: str
    what: str
    end: str
    at: str
    opens: tuple[str, ...]
    closes: tuple[str, ...]
    kept_cny: float
    cost_cny: float

    @property
    def worth_cny(self) -> float:
        """CNY a year that deciding by the figure saves there."""
        return max(self.kept_cny - self.cost_cny, 0.0)

    def row(self) -> dict[str, Any]:
        """Return the row of the table."""
        return {**asdict(self), "worth_cny": self.worth_cny}


def decisions(plan: Run, ranked: Sequence[str], most: int, *, seed: int = 0, say: Say = silent) -> tuple[Flip, ...]:
    """Plan again at both ends of the figures that matter most; what is worth most comes first.

    Parameters
    ----------
    ranked : keys of the figures, the most important first
    most : how many of them are tried
    """
    cases = list(_figures(plan.planned, ranked, most))
    found = []
    for n, case in enumerate(cases, start=1):
        say(Event(Stage.FIGURE, done=n, of=len(cases), facts={"figure": case.what}))
        found += [_flip(plan, case, end, seed) for end in ("low", "high")]
    best = {key: -max(one.worth_cny for one in found if one.key == key) for key in {one.key for one in found}}
    return tuple(sorted(found, key=lambda one: (best[one.key], one.key, one.end != "low")))


def table_of(found: Sequence[Flip]) -> pd.DataFrame:
    """Return the table: key, what, end, at, opens, closes (ids apart by semicolons), kept_cny, cost_cny, worth_cny."""
    names = [*Flip.__dataclass_fields__, "worth_cny"]
    rows = [one.row() | {"opens": ";".join(one.opens), "closes": ";".join(one.closes)} for one in found]
    return pd.DataFrame(rows, columns=names)


@dataclass(frozen=True)
class FigureBand:
    """A figure, what people call it, and the scenario at either end of its band."""

    figure: Uncertain
    what: str
    low: Scenario
    high: Scenario


def _figures(scenario: Scenario, ranked: Sequence[str], most: int) -> Iterator[FigureBand]:
    """Yield the figures that a decision can depend on: packagings count in the plan's own bruising alone."""
    names = row_names(scenario)
    by_key = {one.key: one for one in uncertain_figures(scenario)}
    some = [by_key[key] for key in ranked if key in by_key and by_key[key].places[0][0] != PACKAGING]
    for one in some[:most]:
        low, high = (put(Figures(scenario), [(one, at)]).scenario for at in (one.low, one.high))
        yield FigureBand(one, label_of(one, names), low, high)


def _flip(plan: Run, case: FigureBand, end: str, seed: int) -> Flip:
    scenario, at = (case.low, case.figure.low) if end == "low" else (case.high, case.figure.high)
    options = Options.warm(seed=seed)
    made = redecide(lay_ground(scenario, options), plan, options)
    sites = [site.id for site in scenario.sites]
    before, after = ({sites[j] for j in np.flatnonzero(count.any(axis=1))} for count in (made.before, made.after))
    opens, closes = tuple(sorted(after - before)), tuple(sorted(before - after))
    words = in_words(case.figure, at)
    return Flip(case.figure.key, case.what, end, words, opens, closes, made.kept_cny, made.cost_cny)
