"""How alike the plans of nearly the same inputs are: ``python benchmarks/steadiness.py [COUNTY ...] [--only rows]``.

Each county is planned as it is, with its rows shuffled, with other ids, with every place moved by a metre, with every
harvest changed by up to 0.1 %, and with other seeds. Printed: what each plan costs more than the first, the sites at
which both build as a share of those of either (Jaccard); last, how far the costs lie apart and the least of all shares.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from real import ROOT

from coldchain.model import Scenario
from coldchain.model.places import Place
from coldchain.planning import Near, Options, decide, lay_ground
from coldchain.scenario import load, upland, write_scenario
from coldchain.scenario.ordering import in_order

METRE_DEG, HARVEST = 1e-5, 1e-3
CHANGES = ("rows", "ids", "metre", "harvest", "seed")
SMALL = ("anji-tea", "zunyi-chilli", "upland-40", "upland-80")
"""Counties of the repository, or synthetic ones of so many villages."""


@dataclass(frozen=True)
class Found:
    """What one plan costs, where it builds, and the work it took."""

    cost_cny: float
    places: frozenset[str]
    work: float
    seconds: float


def main() -> None:
    """Print a line for each change of each county."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("counties", nargs="*", default=SMALL, help="folders of scenarios/, or upland-VILLAGES")
    parser.add_argument("--effort", choices=["quick", "normal"], default="quick")
    parser.add_argument("--only", nargs="+", choices=CHANGES, default=CHANGES, help="changes to plan with")
    parser.add_argument("--seeds", type=int, default=2, help="seeds besides 0, and of each change")
    given = parser.parse_args()
    print(f"{'county':16}{'change':12}{'cost M/yr':>12}{'dearer %':>10}{'depots':>8}{'Jaccard':>9}{'work':>8}{'s':>7}")
    with tempfile.TemporaryDirectory() as folder:
        for name in given.counties:
            report(name, Path(folder), given)


def report(name: str, folder: Path, given: argparse.Namespace) -> None:
    """Print each plan of one county as it is known, against the first, and the spread of all."""
    found: list[Found] = []
    for key, changed, seed in changes(county(name, folder), given.seeds, given.only):
        one = planned(changed, seed, given.effort)
        found.append(one)
        dearer = 100 * (one.cost_cny / found[0].cost_cny - 1)
        alike = jaccard(found[0].places, one.places)
        figures = f"{one.cost_cny / 1e6:12.4f}{dearer:10.3f}{len(one.places):8}{alike:9.2f}"
        print(f"{name:16}{key:12}{figures}{one.work:8.1f}{one.seconds:7.1f}", flush=True)
    costs = [one.cost_cny for one in found]
    least = min(jaccard(one.places, other.places) for one in found for other in found)
    print(f"{name:16}{'spread':12}{'':12}{100 * (max(costs) / min(costs) - 1):10.3f}{'':8}{least:9.2f}", flush=True)


def county(name: str, folder: Path) -> Scenario:
    """Load a county of the repository, or make one; its sites are named by their number, which no change touches."""
    kind, _, size = name.partition("-")
    path = ROOT / "scenarios" / name
    if kind == "upland" and size:
        path = folder / name
        write_scenario(upland(int(size), 7), path)
    found, _faults = load(path)
    sites = tuple(one.model_copy(update={"name": str(n)}) for n, one in enumerate(found.sites))
    return replace(found, sites=sites)


def changes(scenario: Scenario, seeds: int, only: Collection[str]) -> Iterator[tuple[str, Scenario, int]]:
    """Yield name, county and seed of each plan to make; each county stands as one that is read from its files."""
    yield "as it is", scenario, 0
    ways = {"rows": shuffled, "ids": renamed, "metre": moved, "harvest": grown}
    for seed in range(1, seeds + 1):
        random = np.random.default_rng(seed)
        for key in only:
            way = ways.get(key)
            yield f"{key} {seed}", scenario if way is None else in_order(way(scenario, random)), 0 if way else seed


def shuffled(scenario: Scenario, random: np.random.Generator) -> Scenario:
    """Return the county with its villages and sites in another order."""
    rows, sites = random.permutation(len(scenario.villages)), random.permutation(len(scenario.sites))
    return replace(
        scenario,
        villages=tuple(scenario.villages[v] for v in rows),
        harvest_t=scenario.harvest_t[rows],
        sites=tuple(scenario.sites[s] for s in sites),
    )


def renamed(scenario: Scenario, random: np.random.Generator) -> Scenario:
    """Return the county with other ids of villages and sites."""
    names = iter(f"P{code:05}" for code in random.permutation(len(scenario.villages) + len(scenario.sites)))
    return each_place(scenario, lambda _one: {"id": next(names)})


def moved(scenario: Scenario, random: np.random.Generator) -> Scenario:
    """Return the county with every village and site moved by about a metre."""
    steps = iter(random.uniform(-METRE_DEG, METRE_DEG, (len(scenario.villages) + len(scenario.sites), 2)))

    def step(one: Place) -> dict[str, float]:
        east, north = next(steps)
        return {"lon": one.lon + east, "lat": one.lat + north}

    return each_place(scenario, step)


def each_place(scenario: Scenario, change: Callable[[Place], Mapping[str, object]]) -> Scenario:
    """Return the county with every village and site changed."""
    return replace(
        scenario,
        villages=tuple(one.model_copy(update=change(one)) for one in scenario.villages),
        sites=tuple(one.model_copy(update=change(one)) for one in scenario.sites),
    )


def grown(scenario: Scenario, random: np.random.Generator) -> Scenario:
    """Return the county with every harvest changed by up to a thousandth."""
    factor = 1.0 + HARVEST * random.uniform(-1, 1, scenario.harvest_t.shape)
    return replace(scenario, harvest_t=scenario.harvest_t * factor)


def planned(scenario: Scenario, seed: int, effort: str) -> Found:
    """Decide a plan; tables and checks are left out."""
    began = time.monotonic()
    options = Options.quickly(seed) if effort == "quick" else Options.of(effort, seed=seed)
    course = decide(lay_ground(scenario, options), options, Near(further=False)).course
    built = np.flatnonzero(course.decision.count.any(axis=1))
    places = frozenset(scenario.sites[j].name for j in built)
    return Found(course.yearly.total, places, options.meter.spent, time.monotonic() - began)


def jaccard(some: frozenset[str], others: frozenset[str]) -> float:
    """Return what two sets have in common as a share of both."""
    return len(some & others) / len(some | others) if some | others else 1.0


if __name__ == "__main__":
    main()
