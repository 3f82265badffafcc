"""What a plan on atlas data costs on the truth, and how much visiting a tenth of the villages takes off that.

python benchmarks/regret.py --counties 2 --draws 15 --villages 20 --out regret

Counties are imported from a made-up map, crop table, people and normals, as ``coldchain import atlas`` does. The truth
is drawn: each village's tonnes of each crop times a lognormal factor of mean one and the spread that the atlas states.
Plans by quick effort. A plan made on other data than the truth keeps its depots; who goes where is decided once the
harvest is known. The plan of the truth is the cheapest that was met on it, so that no regret is below nought. Visited
villages are known without fault. Draws are the same for all rules, and kept in ``--out``: a run cut short goes on.

* atlas: the depots of the plan on atlas data; kept: besides, everybody goes where that plan said
* worth, spread, largest, random: a tenth visited by that rule, then planned again
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import atlas
import numpy as np

from coldchain.atlas import draft_from_atlas
from coldchain.atlas.visits import SPREAD
from coldchain.importing import write_import
from coldchain.model import Scenario
from coldchain.planning import Course, Ground, Near, Options, course_with, decide, lay_ground
from coldchain.planning.course import work_out
from coldchain.planning.days import Effort
from coldchain.planning.visits import worth_visiting
from coldchain.scenario import load
from coldchain.work import Meter

RULES = ("worth", "spread", "largest", "random")
POLICIES = ("kept", "atlas", *RULES)
CROPS, DEG_A_VILLAGE = ("vege", "citr", "temf", "toma"), 0.073


@dataclass(frozen=True, eq=False)
class Known:
    """A county as the atlas knows it, its plan, and whom to visit by each rule but chance."""

    ground: Ground
    course: Course
    visits: Mapping[str, list[int]]
    meter: Meter


def known(folder: Path, villages: int, seed: int, share: float) -> Known:
    """Import a county and plan it."""
    rng = np.random.default_rng(seed)
    atlas.SIDE = DEG_A_VILLAGE * villages**0.5
    folder.mkdir(parents=True)
    atlas.write_map(folder / "map.osm", villages, rng)
    drafted = draft_from_atlas(folder / "map.osm", atlas.write_layers(folder, rng, CROPS))
    write_import(drafted, folder / "county")
    scenario, _faults = load(folder / "county")
    options = Options.quickly()
    ground = lay_ground(scenario, options)
    course = decide(ground, options, Near(further=False)).course
    number = max(round(share * len(scenario.villages)), 1)
    row = {one.id: v for v, one in enumerate(scenario.villages)}
    order = drafted.beside["visits"]["id"].map(row).to_list()
    cv = np.full(scenario.harvest_t.shape[:2], SPREAD)
    worth = [one.village for one in worth_visiting(ground, course, options, cv, number)]
    worth += [v for v in order if v not in worth][: number - len(worth)]
    largest = np.argsort(-scenario.harvest_t.sum(axis=(1, 2)), kind="stable")[:number].tolist()
    return Known(ground, course, {"worth": worth, "spread": order[:number], "largest": largest}, options.meter)


def judged(county: Known, seed: int) -> dict[str, float]:
    """Draw a truth, and return what each plan costs on it, CNY a year."""
    scenario = county.ground.scenario
    villages, crops, _periods = scenario.harvest_t.shape
    rng = np.random.default_rng([seed, 1])
    sigma = np.sqrt(np.log1p(SPREAD**2))
    factor = np.exp(rng.normal(-(sigma**2) / 2, sigma, (villages, crops)))
    number = len(county.visits["worth"])
    visits = {**county.visits, "random": rng.choice(villages, number, replace=False).tolist()}
    truth = with_harvest(county, factor)
    options = replace(Options.quickly(), meter=county.meter)
    courses = {"atlas": course_with(truth, county.course.decision.count, options)}
    as_said = replace(Options.quickly(), meter=county.meter)
    effort = Effort(quick=True, seed=0, stop=as_said.halted, memo=truth.memo, meter=county.meter)
    kept = work_out(truth.basis, truth.arcs, county.course.decision, effort)
    for rule in RULES:
        seen = np.ones_like(factor)
        seen[visits[rule]] = factor[visits[rule]]
        count = planned(with_harvest(county, seen), county).decision.count
        courses[rule] = course_with(truth, count, options)
    near = Near(tuple(one.decision.count for one in courses.values()), tuple(courses.values()), further=False)
    best = decide(truth, replace(Options.quickly(), meter=county.meter), near).course
    cny = {name: one.yearly.total for name, one in courses.items()}
    return {"truth": min(best.yearly.total, *cny.values()), "idle": truth.idle.yearly.total,
            "kept": kept.yearly.total, **cny}  # fmt: skip


def with_harvest(county: Known, factor: np.ndarray) -> Ground:
    """Return the ground with each village's tonnes of each crop changed by a factor."""
    scenario: Scenario = county.ground.scenario
    return county.ground.part(replace(scenario, harvest_t=scenario.harvest_t * factor[:, :, None]))


def planned(ground: Ground, county: Known) -> Course:
    """Plan anew, from the plan on atlas data."""
    count = county.course.decision.count
    options = replace(Options.quickly(), meter=county.meter)
    near = Near((count,), (course_with(ground, count, options),), further=False)
    return decide(ground, options, near).course


def drawn(given: argparse.Namespace, out: Path) -> Iterator[dict[str, float]]:
    """Yield every draw of every county."""
    for county in range(given.counties):
        made: Known | None = None
        for draw in range(given.draws):
            kept = out / f"{county + 1}-{draw + 1}.json"
            if not kept.is_file():
                with tempfile.TemporaryDirectory() as name:
                    made = made or known(Path(name) / "made", given.villages, given.seed + county, given.share)
                    part = kept.with_suffix(".part")
                    part.write_text(json.dumps(judged(made, 1000 * (given.seed + county) + draw)), encoding="utf-8")
                    part.rename(kept)
                print(f"county {county + 1}, draw {draw + 1}: {made.meter.spent:.0f} units of work so far", flush=True)
            yield json.loads(kept.read_text(encoding="utf-8"))


def main() -> None:
    """Print the regret of each policy, in per cent of the cost and of what a plan that knows saves."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, number in (("counties", 2), ("draws", 15), ("villages", 20), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--share", type=float, default=0.1, help="of the villages that is visited")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    draws = list(drawn(given, given.out))
    truth, idle = (np.array([one[name] for one in draws]) for name in ("truth", "idle"))
    saving = np.mean(1.0 - truth / idle)
    print(f"{len(draws)} draws, seed {given.seed}: a plan that knows costs {saving:.1%} less than building nothing")
    print("| plan | regret, % of cost | standard error | most | % of saving | of atlas |"
          "\n|---|---|---|---|---|---|")  # fmt: skip
    regret = {name: np.array([one[name] for one in draws]) / truth - 1.0 for name in POLICIES}
    for name, share in regret.items():
        saved = (share * truth).sum() / (idle - truth).sum()
        figures = f"{share.mean():.2%} | {share.std(ddof=1) / len(share) ** 0.5:.2%} | {share.max():.2%} | {saved:.1%}"
        print(f"| {name} | {figures} | {share.mean() / max(regret['atlas'].mean(), 1e-12):.2f} |")


if __name__ == "__main__":
    main()
