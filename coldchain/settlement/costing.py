"""Cost of every group by the planner itself: cached on disk, resumable, in parallel, each started from its parts.

Groups are planned by size. The modules of the cheapest two parts, side by side, are a plan of the group: it is worked
out, and siting starts from it, first among the modules that any of the group's parts have. Members alone, pairs and
the group of all are sited among all modules too, with more time: a member planned too briefly on its own would make
sharing look better than it is. The cheapest plan counts.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from coldchain import __version__
from coldchain.arrays import Floats, Ints
from coldchain.economy import REGULAR, folded, standing_cny
from coldchain.model import Scenario
from coldchain.progress import Event, Say, Stage, silent
from coldchain.settlement.members import Members, group_scenario, legs
from coldchain.work import Meter

if TYPE_CHECKING:
    from coldchain.planning import Ground

FREE_SIZE = 2
FLOOR_WORK = 60.0  # units to lay what all plans stand on
LARGEST_SPLIT = 12  # members of a group whose splits are all looked at
PAIR_FACTOR, LONG_FACTOR, WHOLE_FACTOR = 3.0, 10.0, 30.0
FREE_SHARES, NARROW_SHARES = (0.3, 0.2, 0.3, 0.0), (0.3, 0.4, 0.0, 0.0)
Modules = dict[str, list[int]]
FIGURES = REGULAR


@dataclass(frozen=True)
class GroupCost:
    """The plan of one group in figures a year.

    Attributes
    ----------
    cost_cny : the whole bill, losses included
    bound_cny : no plan of the group costs less, proved
    annual_cny : the bill by part
    loss_t, harvest_t : tonnes
    starts : new modules by site, in the order of the depot types: of the plan, and those siting ended with
    """

    mask: int
    cost_cny: float
    bound_cny: float
    annual_cny: dict[str, float]
    loss_t: float
    harvest_t: float
    starts: tuple[Modules, ...]


@dataclass(frozen=True)
class GroupEffort:
    """Units of work for each plan, seed, processes side by side.

    Pairs get thrice the work, members alone tenfold, all together thirtyfold.
    """

    work: float = 1.0
    seed: int = 0
    processes: int = 2


_shared: list[Any] = []


def _start(scenario: Scenario, members: Members, effort: GroupEffort) -> None:
    _shared[:] = [lay_floor(scenario), members, effort]


def lay_floor(scenario: Scenario) -> Ground:
    """Return what the plans of all groups stand on: roads, travel and lanes, computed once."""
    from coldchain.planning import Options, lay_ground

    return lay_ground(scenario, Options(FLOOR_WORK))


def cost_of(floor: Ground, members: Members, mask: int, parts: Sequence[Modules], effort: GroupEffort) -> GroupCost:
    """Plan one group.

    Parameters
    ----------
    floor : of all members, from :func:`lay_floor`
    parts : modules to start from; the first may be built as they are, the others widen the choice
    """
    scenario = floor.scenario
    group = [i for i in range(len(members.names)) if mask >> i & 1]
    if members.tonnes[group].sum() <= 0:
        return _nothing_to_cool(scenario, members, mask, group)
    if not all(legs(scenario, members, group)):
        return _today(floor, members, mask, group)
    whole, free = len(group) == len(members.names), len(group) <= FREE_SIZE
    factor = WHOLE_FACTOR if whole else LONG_FACTOR if len(group) == 1 else PAIR_FACTOR if free else 1.0
    own = replace(effort, work=effort.work * factor)
    return _planned(floor, group_scenario(scenario, members, group), mask, parts, own, free=free or whole)


def _planned(
    floor: Ground, scenario: Scenario, mask: int, parts: Sequence[Modules], effort: GroupEffort, *, free: bool
) -> GroupCost:
    from coldchain.planning import Near, Options, course_with, plan_on

    ground = floor.part(scenario, Options(effort.work, effort.seed))
    starts = tuple(_counts(scenario, modules) for modules in parts)
    shares = FREE_SHARES if free or not starts else NARROW_SHARES
    options = Options(effort.work, effort.seed, shares)
    courses = (course_with(ground, starts[0], options),) if starts and starts[0].any() else ()
    options = replace(options, meter=Meter())
    made = plan_on(ground, options, Near(starts, courses, further=False, doubt=False))
    told = made.summary
    annual = folded(told["annual_cny"])
    cost, aim = float(told["annual_cny"]["total"]), told["objective"]
    bound = float(aim["bound"]) if aim["name"] == "total_cost_cny" else 0.0
    ended = (made.course.decision.count, *made.starts)
    modules = tuple(_modules(scenario, count) for count in ended)
    harvest = float(scenario.harvest_t.sum())
    return GroupCost(mask, cost, min(bound, cost), annual, float(told["loss"]["plan_t"]), harvest, modules)


def _modules(scenario: Scenario, count: Ints) -> Modules:
    return {site.id: row.tolist() for site, row in zip(scenario.sites, count, strict=True) if row.any()}


def _counts(scenario: Scenario, modules: Modules) -> Ints:
    none = [0] * len(scenario.depot_types)
    return np.array([modules.get(site.id, none) for site in scenario.sites], dtype=np.int64)


def _today(floor: Ground, members: Members, mask: int, group: Sequence[int]) -> GroupCost:
    """Without vehicles for both legs produce goes today's way; what stands is still kept up."""
    today = floor.part(group_scenario(floor.scenario, members, group)).today
    upkeep = _upkeep(floor.scenario, members, group)
    annual = today.yearly.regular()
    annual["operation"] += upkeep
    cost, harvest = today.yearly.total + upkeep, today.outcome.harvest_t
    return GroupCost(mask, cost, cost, annual, today.outcome.loss_t, harvest, ({},))


def _upkeep(scenario: Scenario, members: Members, group: Sequence[int]) -> float:
    upkeep = standing_cny(scenario)
    own = [s for s, m in zip(scenario.sites, members.site, strict=True) if m in group]
    return float(sum(upkeep[kind] * count for s in own for kind, count in s.modules().items()))


def _nothing_to_cool(scenario: Scenario, members: Members, mask: int, group: Sequence[int]) -> GroupCost:
    """Without produce there is nothing to plan; what stands is still kept up."""
    cost = _upkeep(scenario, members, group)
    return GroupCost(mask, cost, cost, {name: cost * (name == "operation") for name in FIGURES}, 0.0, 0.0, ({},))


def fingerprint(scenario: Scenario, members: Members, effort: GroupEffort) -> str:
    """Hash of everything the group costs follow from."""
    told: list[Any] = [
        scenario.sha256,
        scenario.variant,
        scenario.siting.model_dump(mode="json"),
        members.names,
        members.column,
    ]
    told += [members.village.tolist(), members.site.tolist(), scenario.harvest_t.sum(axis=(1, 2)).tolist()]
    told += [members.vehicles] if members.vehicles else []
    factors = (PAIR_FACTOR, LONG_FACTOR, WHOLE_FACTOR, FREE_SHARES, NARROW_SHARES)
    told += [effort.work, effort.seed, *factors, __version__]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


class GroupPlanner:
    """Plans groups side by side; keeps each on disk as soon as it is known, so that a broken run goes on.

    Attributes
    ----------
    known : plans by mask
    """

    def __init__(
        self,
        scenario: Scenario,
        members: Members,
        effort: GroupEffort,
        folder: Path,
        say: Say = silent,
    ) -> None:
        self.inputs, self.say = (scenario, members, effort), say
        self.cache = folder / fingerprint(scenario, members, effort)[:16]
        self.cache.mkdir(parents=True, exist_ok=True)
        self.known = _read(self.cache)
        self.pool: Executor | None = None
        self._floor: Ground | None = None

    def __enter__(self) -> Self:
        """Start the processes; one process is this one."""
        if self.inputs[2].processes > 1:
            context = multiprocessing.get_context("spawn")
            self.pool = ProcessPoolExecutor(self.inputs[2].processes, context, _start, self.inputs)
        return self

    def __exit__(self, kind: object, *_error: object) -> None:
        """Let go of what has not begun when something went wrong."""
        if self.pool is not None:
            self.pool.shutdown(cancel_futures=kind is not None)

    @property
    def floor(self) -> Ground:
        """What all plans stand on, in this process."""
        if self._floor is None:
            self._floor = lay_floor(self.inputs[0])
        return self._floor

    def plan(self, masks: Sequence[int]) -> None:
        """Plan those groups of a list that are not known."""
        todo = [mask for mask in masks if mask not in self.known]
        for done, found in enumerate(self._plan_all(todo), start=1):
            self.known[found.mask] = found
            _write(self.cache, found)
            if done == len(todo) or done % 10 == 0:
                size = found.mask.bit_count()
                self.say(Event(Stage.GROUPS_PLANNED, done=done, of=len(todo), facts={"size": size}))

    def _plan_all(self, masks: Sequence[int]) -> Iterator[GroupCost]:
        """Yield each as soon as it is done."""
        parts = {mask: _parts(mask, self.known) for mask in masks}
        if self.pool is None:
            members, effort = self.inputs[1:]
            yield from (cost_of(self.floor, members, mask, parts[mask], effort) for mask in masks)
        else:
            yield from (job.result() for job in as_completed([self.pool.submit(_job, m, parts[m]) for m in masks]))


def cost_table(
    scenario: Scenario, members: Members, effort: GroupEffort, folder: Path, say: Say = silent
) -> list[GroupCost]:
    """Cost every group, by size.

    Returns
    -------
    list
        In the order of the masks, from 1.
    """
    n = len(members.names)
    with GroupPlanner(scenario, members, effort, folder, say) as desk:
        if desk.known:
            say(Event(Stage.GROUPS_KNOWN, done=len(desk.known), of=(1 << n) - 1))
        for size in range(1, n + 1):
            desk.plan([mask for mask in range(1, 1 << n) if mask.bit_count() == size])
    return [desk.known[mask] for mask in range(1, 1 << n)]


def _job(mask: int, parts: tuple[Modules, ...]) -> GroupCost:
    floor, members, effort = _shared
    found: GroupCost = cost_of(floor, members, mask, parts, effort)
    return found


def _parts(mask: int, known: Mapping[int, GroupCost]) -> tuple[Modules, ...]:
    """Return the modules of the cheapest parts side by side, then those of each part that lacks one member."""
    cut = _cheapest_parts(mask, known)
    lacking = [mask ^ 1 << i for i in range(mask.bit_length()) if mask >> i & 1]
    near = [part for part in (*lacking, *_around(mask, known)) if part in known]
    pool = [start for part in (*near, *cut) for start in known[part].starts]
    if not cut:
        return tuple(pool)
    together: Modules = {}
    ended: Modules = {}
    for part in cut:
        together, ended = _beside(together, known[part].starts[0]), _beside(ended, known[part].starts[-1])
    return (together, *pool, ended)


def _cheapest_parts(mask: int, known: Mapping[int, GroupCost]) -> tuple[int, ...]:
    """Return the cheapest two parts, or, when few groups are known, the largest that make up the group."""
    halves = [part for part in _parts_of(mask, known) if mask ^ part in known]
    splits = [(known[part].cost_cny + known[mask ^ part].cost_cny, part) for part in halves]
    if splits:
        best = min(splits)[1]
        return (best, mask ^ best)
    parts, rest = [], mask
    for part in sorted(known, key=lambda one: (-one.bit_count(), one)):
        if part != mask and part & rest == part:
            parts.append(part)
            rest ^= part
    return () if rest else tuple(parts)


def _parts_of(mask: int, known: Mapping[int, GroupCost]) -> Iterator[int]:
    """Yield the known groups within a group, without the group itself."""
    if mask.bit_count() > LARGEST_SPLIT:
        yield from (part for part in known if part & mask == part and part != mask)
        return
    part = (mask - 1) & mask
    while part:
        if part in known:
            yield part
        part = (part - 1) & mask


def _around(mask: int, known: Mapping[int, GroupCost]) -> list[int]:
    """Return the smallest known group around this one when its own parts are hardly known."""
    if mask.bit_count() <= LARGEST_SPLIT:
        return []
    around = [other for other in known if other & mask == mask and other != mask]
    return [min(around, key=lambda other: (other.bit_count(), other))] if around else []


def _beside(first: Modules, second: Modules) -> Modules:
    """Join the modules of two groups; they have no site in common."""
    return {**first, **second}


def _read(cache: Path) -> dict[int, GroupCost]:
    found = {}
    for path in sorted(cache.glob("*.json")):
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            found[told["mask"]] = GroupCost(**{**told, "starts": tuple(told["starts"])})
        except (ValueError, TypeError, KeyError):
            path.unlink()  # half a file of a run that was broken off: the group is planned again
    return found


def _write(cache: Path, found: GroupCost) -> None:
    path = cache / f"{found.mask}.json"
    part = path.with_suffix(f".{os.getpid()}.tmp")
    part.write_text(json.dumps(asdict(found)), encoding="utf-8")
    part.replace(path)


def as_table(costs: Sequence[GroupCost], figure: str = "cost_cny") -> Floats:
    """Return one figure of all groups, shape (2^n,), 0 for the empty one."""
    return np.array([0.0, *(float(getattr(cost, figure)) for cost in costs)])
