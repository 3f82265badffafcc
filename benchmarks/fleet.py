"""What trips, fleet and weather are worth in a plan, and whether the stated bill is that of replayed years.

``fleet.py``: ten made-up counties of 8 to 17 villages, or the ``FOLDER``s named, each planned three times: without all
of it (every vehicle goes once a day and is hired, no load strays), for usual days only (several trips, owned or hired,
no load strays), and with all. The first is replayed twice: as planned, and with its depots and assignment driven by the
dispatcher of the others, in several trips of owned vehicles. All dispatchers hire lorries on overflow; all plans live
through the same years. Last come the means over the counties of what the plans cost more than the one with all, and
what planning with all takes more than without.

``fleet.py --bill FOLDER ...``: the plan with all only, its stated bill against the mean of the years, by term.

Trips and owning are those of the scenario, or the usual ones of new counties where it names none.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from coldchain.model import Scenario
from coldchain.planning import Near, Options, Plan, lay_ground, plan_on
from coldchain.planning.course import work_out
from coldchain.planning.days import Effort as Routing
from coldchain.planning.pipeline import plan_of
from coldchain.replays import Chances, ReplayEffort, Replayer, replay
from coldchain.scenario import load, upland, write_scenario
from coldchain.scenario.fleet import fleet_figures, offered_types

YEARS, DAYS = 40, 3
COUNTIES = tuple((8 + n, 31 + n) for n in range(10))
SEED = 7
FIGURES = ("trips_day", "own_cny_year", "own_h_year")
SPREADS = ("harvest_crop_cv", "harvest_village_cv", "harvest_day_cv", "travel_day_cv", "travel_leg_cv")
LIVED = ["line_haul_cny", "overflow_cny", "handling_cny", "energy_cny", "plan_cny"]
HEADER = (
    f"{'county':18}{'planned':>11}{'stated M':>10}{'most a day':>11}{'owned':>7}{'loss %':>8}{'replayed M':>11}"
    f"{'error':>8}{'stated short by':>16}{'work':>8}{'s':>7}"
)


@dataclass(frozen=True)
class Lived:
    """A plan replayed: mean of its bills and the error of that, CNY."""

    mean: float
    error: float


def fleets(scenario: Scenario) -> dict[str, Scenario]:
    """Return the scenario planned without, for usual days only, and with all."""
    usual = {row["id"]: {name: row[name] for name in FIGURES} for row in fleet_figures().to_dict("records")}
    own = {
        kind.id: {name: getattr(kind, name) for name in FIGURES} if kind.trips_day > 1 else usual.get(kind.id, {})
        for kind in scenario.vehicles
    }
    once = dict.fromkeys(FIGURES) | {"trips_day": 1}
    plain, mixed = (
        replace(scenario, vehicles=tuple(kind.model_copy(update=given[kind.id]) for kind in scenario.vehicles))
        for given in (dict.fromkeys(own, once), own)
    )
    calm = scenario.routing.model_copy(update=dict.fromkeys(SPREADS, 0.0))
    return {"without": replace(plain, routing=calm), "usual": replace(mixed, routing=calm), "all": mixed}


def driven(old: Plan, scenario: Scenario) -> Plan:
    """Return an old plan's depots and assignment with the routes and fleet of a scenario."""
    options = Options.quickly()
    ground = lay_ground(scenario, options)
    course = work_out(ground.basis, ground.arcs, old.course.decision, Routing(quick=True))
    return plan_of(ground, course, options)


def row(name: str, which: str, made: Plan, chances: Chances, spent: tuple[float, float]) -> Lived:
    """Replay and print a plan."""
    summary = made.summary
    replayer = Replayer(made.scenario, made.basis.placed, made.tables)
    found = replay(replayer, chances, ReplayEffort(years=YEARS, days=DAYS, seed=SEED, draws=0), summary)
    bill = found["bill"]
    years = pd.DataFrame(found["years"])[LIVED].sum(axis=1).to_numpy()
    pairs = years.reshape(-1, 2).mean(axis=1)  # years are mirror images two by two
    error = float(pairs.std(ddof=1) / np.sqrt(len(pairs)))
    print(
        f"{name:18}{which:>11}{bill['stated_cny'] / 1e6:>10.3f}{summary['routes']['vehicles']:>11}"
        f"{sum(one['owned'] for one in summary['fleet']):>7}{summary['loss']['plan_rate']:>8.2%}"
        f"{bill['mean_cny'] / 1e6:>11.3f}{error / 1e6:>8.3f}{bill['mean_cny'] / bill['stated_cny'] - 1.0:>16.2%}"
        f"{spent[0]:>8.1f}{spent[1]:>7.0f}",
        flush=True,
    )
    terms = (
        f"{key} {term['mean_cny'] / term['stated_cny'] - 1.0:+.1%}" for key, term in bill["by_term"].items()
        if term["stated_cny"] and abs(term["mean_cny"] / term["stated_cny"] - 1.0) > 5e-4
    )  # fmt: skip
    print(f"{'':18}{'':>11}  replayed against stated: {'; '.join(terms)}", flush=True)
    return Lived(float(bill["mean_cny"]), error)


def counties(folders: list[str]) -> Iterator[tuple[str, Scenario]]:
    """Yield the counties asked for, or small ones."""
    for folder in map(Path, folders):
        yield folder.name, load(folder)[0]
    for villages, seed in () if folders else COUNTIES:
        with TemporaryDirectory() as place:
            write_scenario(upland(villages, seed), Path(place) / "county")
            yield f"{villages} villages {seed}", load(Path(place) / "county")[0]


def planned(scenario: Scenario) -> tuple[Plan, tuple[float, float]]:
    """Return a quick plan, the units of work and processor seconds it took."""
    options, began = Options.quickly(), time.process_time()
    made = plan_on(lay_ground(scenario, options), options, Near(further=False, doubt=False))
    return made, (float(made.summary["work"]["units"]), time.process_time() - began)


def main() -> None:
    """Print the rows of each county, and what each way of planning costs more."""
    bill_only = "--bill" in sys.argv[1:]
    folders = [one for one in sys.argv[1:] if one != "--bill"]
    offered = ", ".join(key for types in offered_types().values() for key in types)
    print(f"{YEARS} years of {DAYS} days a season, seed {SEED}; usual fleet {offered}")
    print(HEADER)
    lived: dict[str, list[Lived]] = defaultdict(list)
    spent: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for name, scenario in counties(folders):
        chances = Chances(**asdict(Chances().of(scenario)))
        ways = fleets(scenario)
        for which in ("all",) if bill_only else tuple(ways):
            made, units = planned(ways[which])
            if which == "without":
                lived["as planned"].append(row(name, "as planned", made, chances, units))
                made = driven(made, ways["usual"])
            lived[which].append(row(name, which, made, chances, units))
            spent[which].append(units)
    if not bill_only:
        _compare(lived, spent)


def _compare(lived: dict[str, list[Lived]], spent: dict[str, list[tuple[float, float]]]) -> None:
    """Print what plans cost more than those with all, and what these took more to plan."""
    best = np.array([one.mean for one in lived["all"]])
    for which in ("as planned", "without", "usual"):
        more = np.array([one.mean for one in lived[which]]) / best - 1.0
        error = more.std(ddof=1) / np.sqrt(len(more)) if len(more) > 1 else float("nan")
        worse = sum(
            had.mean + had.error + one.error < one.mean for had, one in zip(lived[which], lived["all"], strict=True)
        )
        print(
            f"replayed, planned {which}: {more.mean():+.2%} of the plan with all, standard error {error:.2%}, "
            f"from {more.min():+.2%} to {more.max():+.2%}; with all is dearer by more than the errors in {worse}"
        )
    taken = {which: np.array(figures).sum(axis=0) for which, figures in spent.items()}
    work, seconds = taken["all"] / taken["without"] - 1.0
    print(f"planning with all against without: {work:+.0%} units of work, {seconds:+.0%} processor seconds")


if __name__ == "__main__":
    main()
