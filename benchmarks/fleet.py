"""What trips and fleet are worth, and whether the stated bill is that of replayed years: ``fleet.py [FOLDER ...]``.

Each county (without arguments three small ones of the upland kind) is planned with vehicles that go once a day and are
hired, that go again, and that may be owned besides; each plan is replayed, and its stated bill held against the mean of
the years, in all and by term. Trips and owning are those of the scenario, or of the shipped county where it names none.
"""

from __future__ import annotations

import sys
from dataclasses import replace
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
COUNTIES = ((12, 21), (16, 22), (20, 23))
FIGURES = ("trips_day", "own_cny_year", "own_h_year")
HEADER = (
    f"{'county':16}{'vehicles':>10}{'stated M':>10}{'bound M':>10}{'most a day':>11}{'owned':>7}{'loss %':>8}"
    f"{'replayed M':>11}{'error':>8}{'short by %':>11}"
)


def fleets(scenario: Scenario) -> dict[str, Scenario]:
    """Return the scenario with vehicles that go once, go again, and may be owned."""
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
    return {
        name: replace(scenario, vehicles=tuple(k.model_copy(update=dict(of[k.id])) for k in scenario.vehicles))
        for name, of in changes.items()
    }


def row(name: str, which: str, scenario: Scenario) -> None:
    """Plan, replay and print."""
    made = plan(scenario, Options.quickly())
    summary = made.summary
    replayer = Replayer(scenario, made.basis.placed, made.tables)
    found = replay(replayer, Chances(), Effort(years=YEARS, days=DAYS, seed=7), summary)
    bill, objective = found["bill"], summary["objective"]
    years = pd.DataFrame(found["years"])[["collection_cny", "line_haul_cny", "handling_cny", "energy_cny", "plan_cny"]]
    error = float(years.sum(axis=1).std() / np.sqrt(YEARS))
    print(
        f"{name:16}{which:>10}{bill['stated_cny'] / 1e6:>10.3f}{objective['bound'] / 1e6:>10.3f}"
        f"{summary['routes']['vehicles']:>11}{sum(one['owned'] for one in summary['fleet']):>7}"
        f"{summary['loss']['plan_rate']:>8.2%}{bill['mean_cny'] / 1e6:>11.3f}{error / 1e6:>8.3f}"
        f"{bill['mean_cny'] / bill['stated_cny'] - 1.0:>11.2%}",
        flush=True,
    )
    terms = (f"{key} {term['mean_cny'] - term['stated_cny']:+,.0f}" for key, term in bill["by_term"].items())
    print(f"{'':16}{'':>10}  replayed less stated: {'; '.join(terms)}", flush=True)


def main() -> None:
    """Print three rows for each county."""
    print(HEADER)
    for folder in map(Path, sys.argv[1:]):
        for which, scenario in fleets(load(folder)[0]).items():
            row(folder.name, which, scenario)
    for villages, seed in () if len(sys.argv) > 1 else COUNTIES:
        with TemporaryDirectory() as place:
            write_scenario(upland(villages, seed), Path(place) / "county")
            for which, scenario in fleets(load(Path(place) / "county")[0]).items():
                row(f"{villages} villages {seed}", which, scenario)


if __name__ == "__main__":
    main()
