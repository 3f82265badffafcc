"""A year week by week: the plan as it is, the plan that ``coldchain roll`` follows, and one who knows every week.

python benchmarks/year.py scenarios/anji-tea scenarios/upland --weeks 2026-W01:2026-W52 --seed 1

Harvests are drawn once and are the same for all (``coldchain/weeks/world.py``). Each week everybody goes where the
plan, the rolled week or the one who knows sends him, on the harvest that really comes; what a depot cannot take in goes
today's way. All are priced alike: routed on the true harvest, recomputed by ``verify`` every few weeks.

* static: where the plan sends everybody in the season
* rolled: ``coldchain roll`` on disk, from the deliveries so far
* knows: the same limits and the same model, but on the true harvest
* best: the cheapest of all that was met in a week, with no limit on changes

With ``--out`` what a week came to is kept there: a year that was cut short goes on where it ended, to the same figures.
``--every 4`` lives through each fourth week alone, with the deliveries of all weeks before.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

import coldchain as cc
from coldchain.planning import Course, plan_of
from coldchain.planning.tables import assignment
from coldchain.runs import Run
from coldchain.weeks import Asked, roll_week
from coldchain.weeks.calendar import iso_week
from coldchain.weeks.roll import MOST_CHANGED, Before, before_of, ways_after
from coldchain.weeks.tables import LEFT
from coldchain.weeks.world import World, weeks_in_season
from coldchain.weeks.year import live, true_cny

POLICIES = ("static", "rolled", "knows", "best")
REFEREED = 4
"""Each so many weeks are recomputed by the referee."""


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
    villages = len(world.run.scenario.villages)
    world.hand_in(folder, week)
    began = time.process_time()
    roll_week(Asked(folder, iso_week(week), {}))
    seconds = time.process_time() - began
    lived = live(world, folder, week)
    knows = knows or lived.static
    courses = {"static": lived.courses(lived.static)[0], "rolled": lived.courses(lived.rolled)[0],
               "knows": cheapest(lived.courses(knows, int(MOST_CHANGED * villages)))}  # fmt: skip
    ground = lived.ground
    known = assignment(ground.basis, courses["knows"].decision, ground.arcs.members)
    knows = replace(lived.static, ways=ways_after(known, knows.ways))
    courses["best"] = cheapest([*courses.values(), *lived.courses(knows, villages)])
    odd = plan_of(ground, courses["rolled"], lived.options).report.problems if referee else ()
    listed = lived.tables["changes"]
    changed = set(listed["village"][~listed["why"].isin(LEFT)])
    frozen = {world.run.scenario.villages[one.village].id for one in lived.holds}
    share = lived.found["villages"]["changed_share"]
    cny = {name: true_cny(one) for name, one in courses.items()}
    return Told(week, cny, share, seconds, len(changed & frozen), list(odd)), knows


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
