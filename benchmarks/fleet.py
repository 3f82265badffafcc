"""What trips, fleet and weather are worth, and whether the stated bill is that of replayed years: ``fleet.py FOLDER``.

Each county (without arguments ten small ones of the upland kind) is planned with vehicles that go once a day and are
hired, that go again, that may be owned besides, and the last as if no load ever strayed; each plan is replayed by the
same dispatcher in the same years. A row holds the stated bill against the mean of the years; a second line what was
replayed by term, in percent of what was stated. Last the means over the counties of what each plan costs more than the
one with all, with standard errors. Trips and owning are those of the scenario, or of the shipped county where it names
none.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from coldchain.model import Scenario
from coldchain.planning import Options, plan
from coldchain.replays import Chances, Effort, Replayer, replay
from coldchain.scenario import load, upland, write_scenario

SHIPPED = Path(__file__).parents[1] / "scenarios" / "upland" / "vehicles.csv"
YEARS, DAYS = 40, 3
COUNTIES = tuple((8 + n, 31 + n) for n in range(10))
SEED = 7
FIGURES = ("trips_day", "own_cny_year", "own_h_year")
SPREADS = ("harvest_crop_cv", "harvest_village_cv", "harvest_day_cv", "travel_day_cv", "travel_leg_cv")
HEADER = (
    f"{'county':16}{'vehicles':>10}{'stated M':>10}{'bound M':>10}{'most a day':>11}{'owned':>7}{'loss %':>8}"
    f"{'replayed M':>11}{'error':>8}{'short by %':>11}"
)


def fleets(scenario: Scenario) -> dict[str, Scenario]:
    """Return the scenario with vehicles that go once, go again, may be owned, and these planned for usual days only."""
    shipped = pd.read_csv(SHIPPED, encoding="utf-8-sig").set_index("id")
    own = {
        kind.id: {name: getattr(kind, name) for name in FIGURES}
        if kind.trips_day > 1 or kind.id not in shipped.index
        else {name: shipped.loc[kind.id, name] for name in FIGURES}
        for kind in scenario.vehicles
    }
    once = dict.fromkeys(FIGURES) | {"trips_day": 1}
    changes = {
        "once": dict.fromkeys(own, once),
        "again": {key: once | {"trips_day": int(str(figures["trips_day"]))} for key, figures in own.items()},
        "owned": {key: figures | {"trips_day": int(str(figures["trips_day"]))} for key, figures in own.items()},
    }
    found = {
        name: replace(scenario, vehicles=tuple(k.model_copy(update=dict(of[k.id])) for k in scenario.vehicles))
        for name, of in changes.items()
    }
    calm = scenario.routing.model_copy(update=dict.fromkeys(SPREADS, 0.0))
    return found | {"calm": replace(found["owned"], routing=calm)}


def row(name: str, which: str, scenario: Scenario, chances: Chances) -> float:
    """Plan, replay and print; return the mean of the replayed bills."""
    made = plan(scenario, Options.quickly())
    summary = made.summary
    replayer = Replayer(scenario, made.basis.placed, made.tables)
    found = replay(replayer, chances, Effort(years=YEARS, days=DAYS, seed=SEED, draws=0), summary)
    bill, objective = found["bill"], summary["objective"]
    years = pd.DataFrame(found["years"])[["line_haul_cny", "overflow_cny", "handling_cny", "energy_cny", "plan_cny"]]
    error = float(years.sum(axis=1).std() / np.sqrt(YEARS))
    print(
        f"{name:16}{which:>10}{bill['stated_cny'] / 1e6:>10.3f}{objective['bound'] / 1e6:>10.3f}"
        f"{summary['routes']['vehicles']:>11}{sum(one['owned'] for one in summary['fleet']):>7}"
        f"{summary['loss']['plan_rate']:>8.2%}{bill['mean_cny'] / 1e6:>11.3f}{error / 1e6:>8.3f}"
        f"{bill['mean_cny'] / bill['stated_cny'] - 1.0:>11.2%}",
        flush=True,
    )
    terms = (
        f"{key} {term['mean_cny'] / term['stated_cny'] - 1.0:+.1%}" for key, term in bill["by_term"].items()
        if term["stated_cny"] and term["mean_cny"] != term["stated_cny"]
    )  # fmt: skip
    print(f"{'':16}{'':>10}  replayed against stated: {'; '.join(terms)}", flush=True)
    return float(bill["mean_cny"])


def counties() -> Iterator[tuple[str, Scenario]]:
    """Yield the counties asked for, or small ones."""
    for folder in map(Path, sys.argv[1:]):
        yield folder.name, load(folder)[0]
    for villages, seed in () if len(sys.argv) > 1 else COUNTIES:
        with TemporaryDirectory() as place:
            write_scenario(upland(villages, seed), Path(place) / "county")
            yield f"{villages} villages {seed}", load(Path(place) / "county")[0]


def main() -> None:
    """Print four rows for each county, and what each way of planning costs more."""
    print(f"{YEARS} years of {DAYS} days a season, seed {SEED}")
    print(HEADER)
    cost: dict[str, list[float]] = defaultdict(list)
    for name, scenario in counties():
        chances = Chances(*(getattr(Chances().of(scenario.routing), field.name) for field in fields(Chances)))
        for which, changed in fleets(scenario).items():
            cost[which].append(row(name, which, changed, chances))
    all_in = np.array(cost.pop("owned"))
    for which, values in cost.items():
        more = np.array(values) / all_in - 1.0
        error = more.std(ddof=1) / np.sqrt(len(more)) if len(more) > 1 else float("nan")
        print(f"replayed, planned {which}: {more.mean():+.2%} of the plan with all, standard error {error:.2%}")


if __name__ == "__main__":
    main()
