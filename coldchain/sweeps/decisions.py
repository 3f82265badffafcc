"""Which uncertain figure, and which village's harvest, moves a depot: the plan made again at both ends of its band.

What is known better is worth what deciding by it saves: the year of today's decision, repaired to the limits, less that
of the decision found from there, both at that end. It is a lower estimate: few decisions are tried from the plan on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from coldchain.model import Scenario
from coldchain.model.bands import HARVEST, PACKAGING, Figures, Uncertain, in_words, put, uncertain_figures
from coldchain.planning import Options, lay_ground, redecide
from coldchain.progress import Event, Say, Stage, silent
from coldchain.runs import Run
from coldchain.sweeps.sensitivity import label_of, row_names

TRIED_A_VILLAGE = 2
"""Villages tried for each that is asked for: those of the largest harvest."""
VILLAGE = "village"


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


def decisions(
    plan: Run, ranked: Sequence[str], figures: int, villages: int, *, seed: int = 0, say: Say = silent
) -> tuple[Flip, ...]:
    """Plan again at both ends of the figures that matter most, and of the harvest of the largest villages.

    Parameters
    ----------
    ranked : keys of the figures, the most important first
    figures, villages : how many of each are told of
    """
    cases = [*_figures(plan.planned, ranked, figures), *_villages(plan.planned, villages)]
    found = []
    for n, (one, what, scenarios) in enumerate(cases, start=1):
        say(Event(Stage.FIGURE, done=n, of=len(cases), facts={"figure": one.key}))
        found += [_flip(plan, one, what, end, scenario, seed) for end, scenario in scenarios]
    best = {key: -max(one.worth_cny for one in found if one.key == key) for key in {one.key for one in found}}
    found.sort(key=lambda one: (one.key.startswith(VILLAGE), best[one.key], one.key, one.end != "low"))
    return (
        *[one for one in found if not one.key.startswith(VILLAGE)],
        *[one for one in found if one.key.startswith(VILLAGE)][: 2 * villages],
    )


def table_of(found: Sequence[Flip]) -> pd.DataFrame:
    """Return the table: key, what, end, at, opens, closes (ids apart by semicolons), kept_cny, cost_cny, worth_cny."""
    names = [*Flip.__dataclass_fields__, "worth_cny"]
    rows = [one.row() | {"opens": ";".join(one.opens), "closes": ";".join(one.closes)} for one in found]
    return pd.DataFrame(rows, columns=names)


Case = tuple[Uncertain, str, list[tuple[str, Scenario]]]


def _figures(scenario: Scenario, ranked: Sequence[str], most: int) -> Iterator[Case]:
    """Yield the figures that a decision can depend on: packagings count in the plan's own bruising alone."""
    names = row_names(scenario)
    by_key = {one.key: one for one in uncertain_figures(scenario)}
    some = [by_key[key] for key in ranked if key in by_key and by_key[key].places[0][0] != PACKAGING]
    for one in some[:most]:
        ends = [(end, put(Figures(scenario), [(one, at)]).scenario) for end, at in _ends(one)]
        yield one, label_of(one, names), ends


def _villages(scenario: Scenario, most: int) -> Iterator[Case]:
    """Yield the villages of the largest harvest, each at both ends of the band of all harvests."""
    band = next(one for one in uncertain_figures(scenario) if any(table == HARVEST for table, _name in one.places))
    tonnes = scenario.harvest_t.sum(axis=(1, 2))
    for v in np.argsort(-tonnes, kind="stable")[: TRIED_A_VILLAGE * most].tolist():
        village = scenario.villages[v]
        one = replace(band, key=f"{VILLAGE}:{village.id}", row=village.id)
        ends = []
        for end, at in _ends(band):
            factor = np.ones(len(tonnes))
            factor[v] = at
            ends.append((end, replace(scenario, harvest_t=scenario.harvest_t * factor[:, None, None])))
        yield one, village.name or village.id, ends


def _ends(one: Uncertain) -> tuple[tuple[str, float], ...]:
    return ("low", one.low), ("high", one.high)


def _flip(plan: Run, one: Uncertain, what: str, end: str, scenario: Scenario, seed: int) -> Flip:
    options = Options.warm(seed=seed)
    made = redecide(lay_ground(scenario, options), plan, options)
    sites = [site.id for site in scenario.sites]
    before, after = ({sites[j] for j in np.flatnonzero(count.any(axis=1))} for count in (made.before, made.after))
    at = dict(_ends(one))[end]
    opens, closes = sorted(after - before), sorted(before - after)
    return Flip(one.key, what, end, in_words(one, at), tuple(opens), tuple(closes), made.kept_cny, made.cost_cny)
