"""A year week by week: the plan as it is, the plan that ``coldchain roll`` follows, and one who knows every week.

python benchmarks/year.py scenarios/anji-tea scenarios/upland --weeks 2026-W01:2026-W52 --seed 1

Harvests are drawn once and are the same for all: what the plan expects of a week, times a factor of the crop's and the
village's season (spreads of the scenario), of the crop's week (``WEEK_CV``, of which ``LASTS`` goes on into the next)
and of the village's week. A twentieth of the villages is frozen at a time. Each week everybody goes where the plan, the
rolled week or the one who knows sends him, on the harvest that really comes; what a depot cannot take in goes today's
way. All are priced alike: routed on the true harvest, recomputed by ``verify`` every few weeks.

* static: where the plan sends everybody in the season
* rolled: ``coldchain roll`` on disk, from the deliveries so far
* knows: the same limits and the same model, but on the true harvest
* best: the cheapest of all that was met in a week, with no limit on changes

With ``--out`` what a week came to is kept there: a year that was cut short goes on where it ended, to the same figures.
``--every 4`` lives through each fourth week alone, with the deliveries of all weeks before.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

import coldchain as cc
from coldchain.errors import UsageError
from coldchain.planning import Course, Options, lay_part, plan_of
from coldchain.planning.tables import assignment
from coldchain.replays.chances import factors
from coldchain.runs import Run
from coldchain.runs.folder import read_tables
from coldchain.weeks import Asked, roll_week
from coldchain.weeks.calendar import days_of, iso_week, span_of, week_number
from coldchain.weeks.county import week_of
from coldchain.weeks.deliveries import read_held
from coldchain.weeks.expected import planned_t
from coldchain.weeks.roll import MOST_CHANGED, Before, before_of, former_of, ways_after, week_cny, weighed

WEEK_CV, LASTS = 0.3, 0.7
"""Spread of a crop's week against its season, and the share of a gap that lasts into the next: assumptions."""
FROZEN, FROZEN_WEEKS = 0.05, 3
"""Share of the villages that is frozen at a time, and for how long."""
PICKING_DAYS = (0, 2, 4)
POLICIES = ("static", "rolled", "knows", "best")
REFEREED = 4
"""Each so many weeks are recomputed by the referee."""


@dataclass(eq=False)
class World:
    """A county's true year: weeks in season, and t of each village and crop."""

    run: Run
    seed: int
    weeks: list[int]
    harvest: dict[int, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Draw the year."""
        scenario, routing = self.run.scenario, self.run.scenario.routing
        villages, crops = len(scenario.villages), len(scenario.commodities)
        rng = np.random.default_rng([self.seed, 1])
        crop_season = factors(rng, routing.harvest_crop_cv, (len(scenario.periods), crops))
        village_season = factors(rng, routing.harvest_village_cv, (len(scenario.periods), villages))
        gap = np.zeros(crops)
        spread = math.sqrt(math.log1p(WEEK_CV**2))
        for week in self.weeks:
            rng = np.random.default_rng([self.seed, 2, week])
            gap = LASTS * gap + math.sqrt(1.0 - LASTS**2) * rng.standard_normal(crops)
            own = factors(rng, routing.harvest_day_cv / math.sqrt(len(PICKING_DAYS)), (villages, crops))
            p = span_of(scenario.periods, week).period
            level = crop_season[p] * np.exp(spread * gap - spread**2 / 2.0)
            self.harvest[week] = planned_t(scenario, week) * level * village_season[p][:, None] * own

    def deliveries(self, before: int) -> str:
        """Write what came before a week, as a county would."""
        scenario, lines = self.run.scenario, ["village,commodity,date,kg"]
        for week in (one for one in self.weeks if one < before):
            for v, c in zip(*np.nonzero(self.harvest[week]), strict=True):
                names = f"{scenario.villages[v].id},{scenario.commodities[c].id}"
                kg = self.harvest[week][v, c] * 1000.0 / len(PICKING_DAYS)
                lines += [f"{names},{days_of(week)[day]},{kg:.3f}" for day in PICKING_DAYS]
        return "\n".join(lines) + "\n"

    def held(self, week: int) -> str:
        """Write who is frozen in a week."""
        villages = self.run.scenario.villages
        lines = ["village,through,reason"]
        for start in range(week - FROZEN_WEEKS + 1, week + 1):
            drawn = np.random.default_rng([self.seed, 3, start]).random(len(villages)) < FROZEN / FROZEN_WEEKS
            lines += [f"{villages[v].id},{iso_week(start + FROZEN_WEEKS - 1)},frozen" for v in np.flatnonzero(drawn)]
        return "\n".join(dict.fromkeys(lines)) + "\n"

    def hand_in(self, folder: Path, week: int) -> None:
        """Write the tables of a week into a county's folder."""
        if week > self.weeks[0]:
            (folder / "deliveries.csv").write_text(self.deliveries(week), encoding="utf-8")
        (folder / "held.csv").write_text(self.held(week), encoding="utf-8")


@dataclass(frozen=True)
class Told:
    """What a week came to.

    Attributes
    ----------
    cny : of each policy, without capital and operation
    seconds : of the processor, for the re-plan
    frozen_moved : villages that changed although they were frozen
    odd : what the referee found in the prices
    """

    week: int
    cny: dict[str, float]
    changed_share: float
    seconds: float
    frozen_moved: int
    odd: list[str]


def cheapest(courses: Iterable[Course]) -> Course:
    """Return the course with the least bill."""
    return min(courses, key=lambda one: one.yearly.total)


def lived(world: World, folder: Path, every: int) -> Iterator[Told]:
    """Live through the weeks of a county; those that are kept are not planned again."""
    knows: Before | None = None
    kept = folder / "lived"
    kept.mkdir(exist_ok=True)
    for n, week in enumerate(world.weeks[::every]):
        figures, ways = kept / f"{iso_week(week)}.json", kept / f"{iso_week(week)}.csv"
        if not figures.is_file():
            told, after = lived_week(world, folder, week, knows, referee=n % REFEREED == 0)
            after.ways.to_csv(ways, index=False)
            part = figures.with_suffix(".part")
            part.write_text(json.dumps(asdict(told), indent=1), encoding="utf-8")
            part.rename(figures)
        knows = replace(before_of(world.run, week), ways=pd.read_csv(ways, dtype=str, keep_default_na=False))
        yield Told(**json.loads(figures.read_text(encoding="utf-8")))


def lived_week(world: World, folder: Path, week: int, knows: Before | None, *, referee: bool) -> tuple[Told, Before]:
    """Live through a week; also return where one who knows left everybody."""
    run, options = world.run, Options.quickly()
    villages = len(run.scenario.villages)
    world.hand_in(folder, week)
    began = time.process_time()
    found = roll_week(Asked(folder, iso_week(week), {}))
    seconds = time.process_time() - began
    tables = read_tables(folder / "rolls" / iso_week(week))
    holds, _faults = read_held(folder / "held.csv", run.scenario, week)
    scenario = week_of(run.scenario, run, span_of(run.scenario.periods, week), world.harvest[week])
    ground, static = lay_part(run, scenario, options), before_of(run, week)
    rolled, knows = replace(static, ways=tables["ways"]), knows or static

    home = former_of(ground, run, static, holds)

    def priced(way: Before, most: int) -> Course:
        tried = weighed(ground, former_of(ground, run, way, holds), most, options, home)
        return cheapest(way.course for way in tried)

    courses = {"static": priced(static, 0), "rolled": priced(rolled, 0),
               "knows": priced(knows, int(MOST_CHANGED * villages))}  # fmt: skip
    known = assignment(ground.basis, courses["knows"].decision, ground.arcs.members)
    knows = replace(static, ways=ways_after(known, knows.ways))
    courses["best"] = cheapest([*courses.values(), priced(knows, villages)])
    odd = plan_of(ground, courses["rolled"], options).report.problems if referee else ()
    changed = set(tables["changes"]["village"])
    frozen = {run.scenario.villages[one.village].id for one in holds}
    cny = {name: week_cny(one.yearly.written(frozenset())) for name, one in courses.items()}
    return Told(week, cny, found["villages"]["changed_share"], seconds, len(changed & frozen), list(odd)), knows


def weeks_in_season(run: Run, first: str, last: str) -> list[int]:
    """Return the weeks in which something is harvested."""
    found = []
    for week in range(week_number(first), week_number(last) + 1):
        with contextlib.suppress(UsageError):
            if planned_t(run.scenario, week).sum() > 0.0:
                found.append(week)
    return found


def judged(source: Path, folder: Path, weeks: tuple[str, str], seed: int, every: int = 1) -> None:
    """Print a county's year."""
    if not (folder / "plan").is_dir():
        cc.plan(cc.load(source), effort="quick").save(folder / "plan")
    run = Run.open(folder / "plan")
    if not len(run.tables["assignment"]):
        print(f"| {source.name} | nothing is built: nothing to plan anew |", flush=True)
        return
    told = []
    for one in lived(World(run, seed, weeks_in_season(run, *weeks)), folder, every):
        told.append(one)
        figures = " ".join(f"{name} {one.cny[name]:,.0f}" for name in POLICIES)
        print(f"{iso_week(one.week)} {figures}; {one.changed_share:.1%} changed, {one.seconds:.1f} s", file=sys.stderr)
    sums = {name: math.fsum(one.cny[name] for one in told) for name in POLICIES}
    cells = [f"{sums['static'] / 1e4:,.1f}", *(f"{sums[name] / sums['static'] - 1.0:+.2%}" for name in POLICIES[1:]),
             f"{sums['rolled'] / sums['knows'] - 1.0:+.2%}", f"{max(one.changed_share for one in told):.1%}",
             f"{np.mean([one.changed_share for one in told]):.1%}", str(sum(one.frozen_moved for one in told)),
             f"{np.median([one.seconds for one in told]):.1f}", f"{max(one.seconds for one in told):.1f}",
             str(sum(len(one.odd) for one in told))]  # fmt: skip
    print(f"| {source.name} | {len(told)} | {' | '.join(cells)} |", flush=True)


def killed(source: Path, folder: Path, weeks: tuple[str, str], seed: int) -> None:
    """Roll some weeks twice, the second time killed now and then, and compare the bytes."""
    run = Run.open(source / "plan")
    world = World(run, seed, weeks_in_season(run, *weeks))
    rng = np.random.default_rng([seed, 4])
    kills = 0
    shutil.copytree(source / "plan", folder / "plan")
    for week in world.weeks:
        world.hand_in(folder, week)
        command = [sys.executable, "-m", "coldchain", "roll", str(folder), "--week", iso_week(week), "-q", "--json"]
        for _attempt in range(2):
            going = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            try:
                going.wait(float(rng.uniform(0.5, 20.0)))
            except subprocess.TimeoutExpired:
                going.kill()
                going.wait()
                kills += 1
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    names = [path.relative_to(folder) for path in sorted((folder / "rolls").rglob("*")) if path.is_file()]
    other = [name for name in names if (source / name).read_bytes() != (folder / name).read_bytes()]
    print(f"{len(world.weeks)} weeks, killed {kills} times: {len(names)} files, {len(other)} differ", flush=True)


def main() -> None:
    """Live through the counties named, or through three made-up ones."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "scenarios", nargs="*", type=Path, help="scenario folders; three counties of --villages if none"
    )
    parser.add_argument("--weeks", default="2026-W01:2026-W52")
    parser.add_argument("--villages", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="live through each Nth week alone")
    parser.add_argument("--kill", action="store_true", help="afterwards roll the same weeks again, killed now and then")
    parser.add_argument("--out", type=Path, help="folder that is kept; a year in it goes on")
    given = parser.parse_args()
    first, _colon, last = given.weeks.partition(":")
    print(f"weeks {given.weeks}, seed {given.seed}; CNY 10,000 of the static plan, the others against it")
    print("| county | weeks | static | rolled | knows | best | rolled to knows | most changed | mean | frozen moved "
          "| CPU s, median | most | odd |")  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        out = given.out or Path(name)
        for n in range(0 if given.scenarios else 3):
            source = out / f"county {n + 1}"
            if not source.is_dir():
                cc.example(source, villages=given.villages, seed=n + 1)
            given.scenarios.append(source)
        for source in given.scenarios:
            judged(source, out / f"{source.name}, weeks", (first, last or first), given.seed, given.every)
            if given.kill:
                killed(
                    out / f"{source.name}, weeks", out / f"{source.name}, killed", (first, last or first), given.seed
                )


if __name__ == "__main__":
    main()
