"""Cost of every group by the planner itself: cached on disk, resumable, in parallel, each started from its parts.

Groups are planned by size. A group of two or more first plans on the sites that the plans of its parts use, a far
smaller problem than all of its sites; members alone, pairs and the group of all plan freely too. The cheaper plan
counts.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from coldchain import __version__
from coldchain.model import Scenario
from coldchain.settling.members import Members, group_scenario

FREE_SIZE = 2
FREE_FACTOR = 3.0
FIGURES = ("collection", "line_haul", "operation", "energy", "capital", "loss")


@dataclass(frozen=True)
class GroupCost:
    """The plan of one group in figures a year.

    Attributes
    ----------
    cost_cny : the whole bill, losses included
    bound_cny : cost less the gap of the plan that was taken
    annual_cny : the bill by part
    loss_t, harvest_t : tonnes
    sites : with modules in the plan
    """

    mask: int
    cost_cny: float
    bound_cny: float
    annual_cny: dict[str, float]
    loss_t: float
    harvest_t: float
    sites: tuple[str, ...]


@dataclass(frozen=True)
class Effort:
    """Seconds for each plan (three times as many where a group plans freely), seed, and processes side by side."""

    seconds: float = 3.0
    seed: int = 0
    processes: int = 2


_shared: list[Any] = []


def _start(scenario: Scenario, members: Members, effort: Effort) -> None:
    _shared[:] = [scenario, members, effort]


def cost_of(scenario: Scenario, members: Members, mask: int, parts: Iterable[str], effort: Effort) -> GroupCost:
    """Plan one group.

    Parameters
    ----------
    parts : sites that the plans of its parts use
    """
    group = [i for i in range(len(members.names)) if mask >> i & 1]
    if members.tonnes[group].sum() <= 0:
        return _nothing_to_cool(scenario, members, mask, group)
    tries: list[tuple[frozenset[str] | None, float]] = []
    if len(group) > 1:
        tries.append((frozenset(parts), effort.seconds))
    if len(group) <= FREE_SIZE or len(group) == len(members.names):
        tries.append((None, effort.seconds * FREE_FACTOR))
    found = [_planned(group_scenario(scenario, members, group, sites), mask, limit, effort) for sites, limit in tries]
    return min(found, key=lambda cost: cost.cost_cny)


def _planned(scenario: Scenario, mask: int, limit: float, effort: Effort) -> GroupCost:
    from coldchain.plan import Options, plan

    made = plan(scenario, Options(time_limit_s=max(limit, 1.0), seed=effort.seed))
    told = made.summary
    annual = {name: float(told["annual_cny"][name]) for name in FIGURES}
    cost = float(told["annual_cny"]["total"])
    aim = told["objective"]
    bound = float(aim["bound"]) if aim["name"] == "total_cost_cny" else cost * (1.0 - float(aim["gap"]))
    loss, depots = told["loss"], made.tables["depots"]
    harvest = float(scenario.harvest_t.sum())
    sites = tuple(sorted(str(site) for site in depots["depot"]))
    return GroupCost(mask, cost, min(bound, cost), annual, float(loss["plan_t"]), harvest, sites)


def _nothing_to_cool(scenario: Scenario, members: Members, mask: int, group: Sequence[int]) -> GroupCost:
    """Without produce there is nothing to plan; what stands is still kept up."""
    upkeep = {kind.id: kind.opex_cny_year for kind in scenario.depot_types}
    own = [s for s, m in zip(scenario.sites, members.site, strict=True) if m in group]
    cost = float(sum(upkeep[kind] * count for s in own for kind, count in s.modules().items()))
    return GroupCost(mask, cost, cost, {name: cost * (name == "operation") for name in FIGURES}, 0.0, 0.0, ())


def fingerprint(scenario: Scenario, members: Members, effort: Effort) -> str:
    """Hash of everything the group costs follow from."""
    told: list[Any] = [
        scenario.sha256,
        scenario.variant,
        scenario.siting.model_dump(mode="json"),
        members.names,
        members.column,
    ]
    told += [members.village.tolist(), members.site.tolist(), scenario.harvest_t.sum(axis=(1, 2)).tolist()]
    told += [effort.seconds, effort.seed, __version__]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def cost_table(
    scenario: Scenario, members: Members, effort: Effort, folder: Path, say: Callable[[str], None] = lambda _: None
) -> list[GroupCost]:
    """Cost every group, by size, and keep each in the folder as soon as it is known.

    Returns
    -------
    list
        In the order of the masks, from 1.
    """
    cache = folder / fingerprint(scenario, members, effort)[:16]
    cache.mkdir(parents=True, exist_ok=True)
    known = _read(cache)
    n = len(members.names)
    if known:
        say(f"{len(known)} of {(1 << n) - 1} group plans are at hand from an earlier run")
    with _workers(scenario, members, effort) as pool:
        for size in range(1, n + 1):
            todo = [m for m in range(1, 1 << n) if m.bit_count() == size and m not in known]
            for done, found in enumerate(_plan_all(pool, todo, known), start=1):
                known[found.mask] = found
                _write(cache, found)
                if done == len(todo) or done % 10 == 0:
                    say(f"groups of {size}: {done} of {len(todo)} planned")
    return [known[mask] for mask in range(1, 1 << n)]


@contextmanager
def _workers(scenario: Scenario, members: Members, effort: Effort) -> Iterator[Executor | None]:
    """Start the processes; one process is this one."""
    if effort.processes == 1:
        _start(scenario, members, effort)
        yield None
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(effort.processes, context, _start, (scenario, members, effort)) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _plan_all(pool: Executor | None, masks: Sequence[int], known: Mapping[int, GroupCost]) -> Iterator[GroupCost]:
    """Plan groups of one size; each as soon as it is done."""
    parts = {mask: _parts(mask, known) for mask in masks}
    if pool is None:
        yield from (_job(mask, parts[mask]) for mask in masks)
    else:
        yield from (job.result() for job in as_completed([pool.submit(_job, mask, parts[mask]) for mask in masks]))


def _job(mask: int, parts: tuple[str, ...]) -> GroupCost:
    scenario, members, effort = _shared
    found: GroupCost = cost_of(scenario, members, mask, parts, effort)
    return found


def _parts(mask: int, known: Mapping[int, GroupCost]) -> tuple[str, ...]:
    """Return the sites of the cheapest split into two parts, with those of the parts that lack one member."""
    if mask.bit_count() < 2:
        return ()
    part, splits = (mask - 1) & mask, []
    while part:
        if part in known and mask ^ part in known:
            splits.append((known[part].cost_cny + known[mask ^ part].cost_cny, part))
        part = (part - 1) & mask
    _, best = min(splits)
    return tuple(sorted({*known[best].sites, *known[mask ^ best].sites}))


def _read(cache: Path) -> dict[int, GroupCost]:
    found = {}
    for path in sorted(cache.glob("*.json")):
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            found[told["mask"]] = GroupCost(**{**told, "sites": tuple(told["sites"])})
        except (ValueError, TypeError, KeyError):
            path.unlink()  # half a file of a run that was broken off: the group is planned again
    return found


def _write(cache: Path, found: GroupCost) -> None:
    path = cache / f"{found.mask}.json"
    part = path.with_suffix(f".{os.getpid()}.tmp")
    part.write_text(json.dumps(asdict(found)), encoding="utf-8")
    part.replace(path)


def as_table(costs: Sequence[GroupCost], figure: str = "cost_cny") -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return one figure of all groups, shape (2^n,), 0 for the empty one."""
    return np.array([0.0, *(float(getattr(cost, figure)) for cost in costs)])
