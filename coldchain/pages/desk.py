"""What a page plans: a scenario and the plan every other one starts from.

The desk is shared by all tabs and holds nothing that a tab changes: a plan depends on what is asked for and on the
first plan alone, not on the way that led there. So equal questions get equal plans, on the command line too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Self

from coldchain.errors import BrokenOffError, Fault, UsageError
from coldchain.language import _
from coldchain.model import Scenario
from coldchain.network.nearest import NearestRoad
from coldchain.pages.states import PlanState
from coldchain.progress import Say
from coldchain.runs import PlacedNetwork, Run, place_on_roads
from coldchain.runs.saved import How, save_planned
from coldchain.scenario import budget_faults, changed, is_scenario, load
from coldchain.scenario.edits import Edits

if TYPE_CHECKING:
    from coldchain.planning import Ground, Options

POLL_S = 0.2
MOST_NAMES, MOST_NAME = 1000, 80
NO_NAME = frozenset('/\\:*?"<>|')
Stop = Callable[[], bool]


@dataclass(frozen=True)
class First:
    """The plan that every other one starts from, and the ground it stands on."""

    run: Run
    ground: Ground
    state: PlanState


@dataclass
class PlanningDesk:
    """A scenario to plan.

    Attributes
    ----------
    scenario : as its files state it
    source : where it was read from
    placed : its roads
    stated : the edits of the first plan: those of the run that was opened, none for a scenario
    run, run_folder : the run that was opened; None for a scenario
    """

    scenario: Scenario
    source: Path
    placed: PlacedNetwork
    faults: tuple[Fault, ...] = ()
    stated: Edits = field(default_factory=Edits)
    run: Run | None = None
    run_folder: Path | None = None
    _first: First | None = None
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def open(cls, folder: Path, variant: str | None = None) -> Self:
        """Open a scenario, or the run of a plan.

        Raises
        ------
        BadInputError
            When it cannot be read.
        UsageError
            For a variant beside a run.
        """
        if is_scenario(folder):
            scenario, faults = load(folder, variant or "base")
            placed, odd = place_on_roads(scenario)
            return cls(scenario, folder, placed, (*faults, *odd))
        if variant is not None:
            raise UsageError(_("--variant goes with a scenario; a run knows its variant"))
        run = Run.open(folder).checked()
        budget = float(run.summary["investment"]["budget_cny"])
        edits = Edits.of(run.information.get("arguments", {}), budget)
        if edits.budget_cny == run.scenario.siting.budget_cny:
            edits = replace(edits, budget_cny=None)
        return cls(run.scenario, run.inputs.path, run.placed, run.inputs.faults, edits, run, folder)

    @property
    def opened(self) -> PlanState | None:
        """The state of the run that was opened; None for a scenario."""
        return None if self.run is None else PlanState.of(self.run, self.stated)

    @cached_property
    def roads(self) -> NearestRoad | None:
        """The roads, to ask how far off a place is; None where no road data stand behind the plan."""
        return None if self.placed.network.kind == "proximity" else NearestRoad(self.placed.network)

    def checked(self, edits: Edits) -> Edits:
        """Return the edits, once they can be planned with.

        Raises
        ------
        UsageError
            Saying what is wrong with the budget.
        """
        if edits.budget_cny is not None and (wrong := budget_faults(edits.on(self.scenario).siting)):
            told = _("Subsidy budget: {amount:,.0f} {message}")
            raise UsageError(told.format(amount=edits.budget_cny, message=wrong[0].message))
        return edits

    def first(self, say: Say, stop: Stop) -> First:
        """Return the plan that the others start from; whoever asks first makes it, the others wait.

        Raises
        ------
        BrokenOffError
            When stopped before it was there.
        ColdchainError
            As :func:`coldchain.planning.plan_quickly`.
        """
        while not self._lock.acquire(timeout=POLL_S):
            _go_on(stop)
        try:
            if self._first is None:
                self._first = self._made(say, stop)
            return self._first
        finally:
            self._lock.release()

    def _made(self, say: Say, stop: Stop) -> First:
        from coldchain.planning import Options, lay_ground, plan_quickly  # loaded once somebody plans

        if self.run is not None:
            ground = lay_ground(self.scenario, Options.warm(say=say, stop=stop), self.faults)
            made = First(self.run, ground, PlanState.of(self.run, self.stated))
        else:
            plan = plan_quickly(self.scenario, faults=self.faults, say=say, stop=stop)
            made = First(plan, plan.ground, PlanState.of(plan, self.stated, plan.report.problems))
        _go_on(stop)  # a plan cut short is not what others may start from
        return made

    def plan(self, edits: Edits, say: Say, stop: Stop) -> PlanState:
        """Plan what is asked for, from the first plan.

        Raises
        ------
        BrokenOffError
            When stopped: a plan cut short could not be had again.
        ColdchainError
            As :func:`coldchain.planning.replan`.
        """
        from coldchain.planning import Options, replan

        if not edits.by_options:  # refused as files that say so would be
            changed(self.checked(edits).on(self.scenario), {}, {})
        first = self.first(say, stop)
        if edits == self.stated:
            return first.state
        options = Options.warm(say=say, stop=stop)
        plan = replan(self._ground(first, edits, options), first.run, options)
        _go_on(stop)
        return PlanState.of(plan, edits, plan.report.problems)

    def _ground(self, first: First, edits: Edits, options: Options) -> Ground:
        """Return the ground under the edits; routed days of other tabs are not shared."""
        if edits.new_ground:
            from coldchain.planning import lay_ground

            return lay_ground(edits.on(self.scenario), options, self.faults)
        ground = replace(first.ground, memo=dict(first.ground.memo))
        return ground.asked(edits.on(self.scenario), options, self.faults)

    def commands(self, edits: Edits) -> list[list[str]]:
        """Return the command lines that plan the same: the first plan where it has no folder yet, and this one.

        None where options do not say all that is asked for: such a plan is saved first.
        """
        if not edits.by_options:
            return []
        begin = ["coldchain", "plan", str(self.source)]
        if self.scenario.variant != "base":
            begin += ["--variant", self.scenario.variant]
        runs = Path("runs")
        first = self.run_folder or runs / f"{self.scenario.name}-{self.scenario.variant}-first"
        lines = [] if self.run_folder else [[*begin, "--effort", "quick", "--out", str(first)]]
        if edits == self.stated:
            return lines
        budget = [] if edits.budget_cny is None else ["--budget", _plain(edits.budget_cny)]
        closed = [word for site in edits.forbid for word in ("--forbid", site)]
        forced = [word for site in edits.force for word in ("--force", site)]
        out = runs / f"{self.scenario.name}-{self.scenario.variant}-edited"
        return [*lines, [*begin, "--after", str(first), *budget, *closed, *forced, "--out", str(out)]]

    def save(self, edits: Edits, folder: Path) -> list[str]:
        """Save what a plan was made from as a scenario folder; return the command that plans it to the same.

        Raises
        ------
        UsageError
            When the folder exists, or cannot be written.
        """
        first = self._first.run if self._first is not None else self.run
        how = self._stated_how() if edits == self.stated else How(first)
        save_planned(edits.on(self.scenario), how, folder)
        variant = [] if self.scenario.variant == "base" else ["--variant", self.scenario.variant]
        return ["coldchain", "plan", str(folder), *variant]

    def _stated_how(self) -> How:
        """Return how the first plan was made."""
        if self.run is None:
            return How(effort="quick")
        given = self.run.information.get("arguments", {})
        seed, after = int(self.run.summary["seed"]), given.get("after")
        effort = str(given.get("effort") or ("" if after else "normal"))
        return How(None if after is None else Run.open(after).checked(), effort, seed)


def free_name(wanted: str, folder: Path, suffix: str = "") -> str:
    """Return a name that nothing in a folder has: the one wanted, or with a number behind it, then the suffix."""
    names = (f"{wanted}{suffix}", *(f"{wanted}-{n}{suffix}" for n in range(2, MOST_NAMES)))
    return next((name for name in names if not (folder / name).exists()), f"{wanted}{suffix}")


def named_folder(name: str, folder: Path) -> Path:
    """Return where something of that name is saved.

    Raises
    ------
    UsageError
        When the name is none, or would lead elsewhere.
    """
    plain = name.strip()
    if (
        not plain
        or plain.startswith(".")
        or plain != Path(plain).name
        or NO_NAME & set(plain)
        or len(plain) > MOST_NAME
    ):
        told = _('a name of at most {most} characters without / \\ : * ? " < > | is needed; got {name}')
        raise UsageError(told.format(most=MOST_NAME, name=plain or "–"))
    return folder / plain


def _go_on(stop: Stop) -> None:
    if stop():
        raise BrokenOffError(_("Cancelled; nothing was changed."))


def _plain(amount: float) -> str:
    """Write an amount so that it is read as the same.

    Examples
    --------
    >>> _plain(250000.0), _plain(0.1)
    ('250000', '0.1')
    """
    return repr(amount).removesuffix(".0")
