"""One state of a page: what was asked for, and the figures, depots and villages of the plan that answers it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coldchain.model.naming import labelled
from coldchain.runs import Run
from coldchain.scenario.edits import Edits

LEAST_CHANGE_T = 0.005
"""Tonnes a year from which a village counts as losing more or less; below, figures of two decimals would not differ."""


@dataclass(frozen=True)
class VillageLot:
    """What a plan means for one village.

    Attributes
    ----------
    loss_t : lost a year
    depot : id of the site most of its harvest is cooled at; empty where none is
    """

    id: str
    label: str
    loss_t: float
    depot: str


@dataclass(frozen=True)
class PlanState:
    """A plan as the page shows it.

    Attributes
    ----------
    edits : what was asked for
    summary : the object of ``summary.json``
    modules : new and standing modules, by id of the sites that have any or a mobile unit
    names : labels of the sites, by id
    problems : what the independent check found; empty for a plan that verifies
    """

    edits: Edits
    summary: dict[str, Any]
    modules: dict[str, tuple[str, str]]
    villages: tuple[VillageLot, ...]
    problems: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, run: Run, edits: Edits, problems: Iterable[object] = ()) -> PlanState:
        """Read the state from a run."""
        most = _most(run)
        lots = zip(*(run.tables["villages"][name] for name in ("village", "name", "plan_loss_t")), strict=True)
        villages = tuple(
            VillageLot(str(key), labelled(str(key), str(name)), float(loss), most.get(str(key), ""))
            for key, name, loss in lots
        )
        columns = ("depot", "new_modules", "standing_modules")
        depots = zip(*(run.tables["depots"][name].astype(str) for name in columns), strict=True)
        modules = {key: (new, standing) for key, new, standing in depots}
        names = {site.id: labelled(site.id, site.name) for site in run.scenario.sites}
        return cls(edits, run.summary, modules, villages, tuple(map(str, problems)), names)


def _most(run: Run) -> dict[str, str]:
    """Return village -> the depot that cools most of its harvest."""
    pairs = run.tables["assignment"].groupby(["village", "depot"])["tonnes_year"].sum().reset_index()
    pairs = pairs.sort_values(["tonnes_year", "depot"], ascending=[True, False])
    return {str(village): str(depot) for village, depot in zip(pairs["village"], pairs["depot"], strict=True)}


@dataclass(frozen=True)
class VillageChange:
    """What a plan changes for one village against another plan."""

    label: str
    before_t: float
    after_t: float
    from_depot: str
    to_depot: str

    @property
    def more_t(self) -> float:
        """Lost more a year; negative for a gain."""
        return self.after_t - self.before_t


@dataclass(frozen=True)
class Changes:
    """Who gains, who loses, and who goes elsewhere for the same; those who gain or lose most come first."""

    gain: Sequence[VillageChange]
    lose: Sequence[VillageChange]
    moved: Sequence[VillageChange]

    @classmethod
    def between(cls, before: PlanState, after: PlanState) -> Changes:
        """Compare two plans village by village."""
        then = {lot.id: lot for lot in before.villages}
        changes = [
            VillageChange(lot.label, then[lot.id].loss_t, lot.loss_t, then[lot.id].depot, lot.depot)
            for lot in after.villages
            if lot.id in then
        ]
        changes.sort(key=lambda one: (-abs(one.more_t), one.label))
        return cls(
            gain=[one for one in changes if one.more_t <= -LEAST_CHANGE_T],
            lose=[one for one in changes if one.more_t >= LEAST_CHANGE_T],
            moved=[one for one in changes if abs(one.more_t) < LEAST_CHANGE_T and one.from_depot != one.to_depot],
        )
