"""Line haul over several depots against separate trips: ``python benchmarks/hauls.py [--seconds S] [--counties N]``.

Each scenario is planned as it is and with ``routing.haul_depots = 1``, in equal time; then the depots, assignment and
routes of the first plan are kept and only the line haul is taken apart. Andorra's roads are read from
``$COLDCHAIN_SHARED`` (default ``../shared``).
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from runs import command

from coldchain.model import Scenario
from coldchain.plan import Options, Plan, plan
from coldchain.plan.arcs import build_arcs
from coldchain.plan.days import Days
from coldchain.plan.hauls import work_out_hauls
from coldchain.plan.lots import lots_of, outcome
from coldchain.plan.money import yearly
from coldchain.scenario import load

ROOT = Path(__file__).parents[1]
ANDORRA = Path("data") / "roads" / "andorra-2023-05.osm.pbf"
HEADER = (
    f"{'scenario':14}{'line haul':>22}{'depots':>8}{'trips/yr':>10}{'tours/yr':>10}{'trucks M':>10}{'loss %':>8}"
    f"{'total M':>10}{'bound M':>9}{'gap %':>7}"
)


def main() -> None:
    """Print three rows for each scenario, and the time the line haul of a plan takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="time limit of each plan")
    parser.add_argument("--counties", type=int, default=3, help="generated counties beside the two")
    given = parser.parse_args()
    print(HEADER, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, scenario in scenarios(Path(folder), given.counties):
            compare(name, scenario, given.seconds)


def scenarios(folder: Path, counties: int) -> Iterator[tuple[str, Scenario]]:
    """Yield upland, Andorra and generated counties."""
    yield "upland", load(ROOT / "scenarios" / "upland")[0]
    shared = Path(os.environ.get("COLDCHAIN_SHARED", ROOT.parent / "shared"))
    command("import", "osm", str(shared / ANDORRA), "--out", str(folder / "andorra"))
    yield "andorra", load(folder / "andorra")[0]
    command("init", str(folder / "nation"), "--template", "nation", "--counties", str(counties))
    for path in sorted((folder / "nation").glob("*/scenario.toml"))[:counties]:
        yield path.parent.name, load(path.parent)[0]


def apart(scenario: Scenario) -> Scenario:
    """Return the scenario with separate trips only."""
    return replace(scenario, routing=scenario.routing.model_copy(update={"haul_depots": 1}))


def compare(name: str, scenario: Scenario, seconds: float) -> None:
    """Plan both ways and take the first plan's line haul apart."""
    joined = plan(scenario, Options(time_limit_s=seconds))
    row(name, "joined", joined, joined.course.days)
    straight = plan(apart(scenario), Options(time_limit_s=seconds))
    row(name, "apart", straight, straight.course.days)
    decision, collection, arcs = joined.course.decision, joined.course.days.collection, build_arcs(joined.basis)
    began = time.monotonic()
    tours = work_out_hauls(joined.basis, arcs, decision, collection, None).tours
    took = time.monotonic() - began
    basis = replace(joined.basis, scenario=apart(scenario))
    days = Days(collection, work_out_hauls(basis, arcs, decision, collection, None).hauls)
    lots = lots_of(basis, arcs, decision, days)
    total = yearly(basis, decision, days, lots).total
    row(name, "joined, taken apart", joined, days, (outcome(scenario, lots).loss_rate, total))
    print(f"{name:14}{len(tours)} tours found in {took * 1e3:.0f} ms", flush=True)


def row(name: str, how: str, made: Plan, days: Days, other: tuple[float, float] | None = None) -> None:
    """Print one row; ``other``: loss rate and total of a plan that is not the one made."""
    length = [period.days for period in made.scenario.periods]
    trips = sum(day.haul.trips_day * length[day.period] for day in days.hauls)
    tours = sum(length[day.period] for day in days.tours)
    trucks = sum(cost * length[period] for _site, period, _load, cost in days.haul_shares())
    rate, total = other or (made.course.outcome.loss_rate, made.course.yearly.total)
    bound = made.summary["objective"]["bound"]
    print(
        f"{name:14}{how:>22}{len(made.tables['depots']):>8}{trips:>10,.0f}{tours:>10,.0f}{trucks / 1e6:>10.3f}"
        f"{rate:>8.2%}{total / 1e6:>10.3f}{bound / 1e6:>9.3f}{(total - bound) / total:>7.1%}"
        f"{'' if made.report.ok else '  NOT VERIFIED'}",
        flush=True,
    )


if __name__ == "__main__":
    main()
