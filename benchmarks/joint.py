"""Depots and routes together against siting then routing: ``python benchmarks/joint.py [compare|growth] ...``.

``compare``: the same engines and the same time limit, with the joint search and without it (all its time to siting), on
upland, Andorra, Xiangxi and ten counties of ``coldchain init --template nation``. ``growth``: a deep plan of counties
of several sizes, and when the progress of a normal one first shows a value within 1 % of it. Real data are read from
``$COLDCHAIN_SHARED``.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from real import ROOT, imported
from runs import command

from coldchain.planning import Options, Plan, plan
from coldchain.progress import Event, Stage
from coldchain.scenario import load

APART = (0.45, 0.0, 0.35, 0.05)  # shares of the time when depots come first and routes after
SIZES, LARGE = (25, 50, 100, 200, 400, 800, 1400), 400
ROUTED = (Stage.DECISION, Stage.JOINT)


def main() -> None:
    """Run one of the two."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["compare", "growth"])
    parser.add_argument("--counties", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60.0, help="time limit of a plan; Xiangxi gets twice as much")
    parser.add_argument("--out", type=Path, help="SVG or PNG to draw the growth into")
    parser.add_argument("--only", nargs="*", help="names of single scenarios, or sizes")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (compare if given.what == "compare" else growth)(Path(folder), given)


def compare(folder: Path, given: argparse.Namespace) -> None:
    """Print one row a scenario, and the mean gains."""
    command("init", str(folder / "nation"), "--template", "nation", "--counties", str(given.counties), "--seed", "7")
    sources = {"upland": ROOT / "scenarios" / "upland"}
    sources |= {name: imported(name, folder / name) for name in ("andorra", "xiangxi") if wanted(name, given)}
    sources |= {path.name: path for path in sorted((folder / "nation").glob("county-*"))}
    print(f"{'scenario':12}{'villages':>9}{'apart M/yr':>12}{'joint M/yr':>12}{'cost %':>8}{'loss %':>8}"
          f"{'gap apart %':>12}{'gap joint %':>12}")  # fmt: skip
    gains = []
    for name, path in sources.items():
        if not wanted(name, given):
            continue
        seconds = given.seconds * (2 if name == "xiangxi" else 1)
        apart = made(path, replace(Options(seconds), shares=APART, joint=0.0))
        joint = made(path, Options(seconds))
        before, after = (one.summary["objective"]["value"] for one in (apart, joint))
        lost = [one.summary["loss"]["plan_t"] for one in (apart, joint)]
        gains.append(1 - after / before)
        print(f"{name:12}{joint.summary['villages']['total']:>9}{before / 1e6:>12.3f}{after / 1e6:>12.3f}"
              f"{-100 * gains[-1]:>8.2f}{100 * (lost[1] / lost[0] - 1):>8.2f}"
              f"{100 * apart.summary['objective']['gap']:>12.2f}{100 * joint.summary['objective']['gap']:>12.2f}",
              flush=True)  # fmt: skip
    print(f"mean change of cost {-100 * sum(gains) / len(gains):.2f} %, worst {-100 * min(gains):.2f} %")


def wanted(name: str, given: argparse.Namespace) -> bool:
    """Tell whether a scenario is asked for."""
    return not given.only or name in given.only


def made(path: Path, options: Options) -> Plan:
    """Plan a scenario; leave when the independent check finds anything."""
    scenario, _faults = load(path)
    found = plan(scenario, replace(options, began=time.monotonic()))
    if not found.report.ok:
        raise SystemExit(f"{path.name}: {found.report.problems}")
    return found


def growth(folder: Path, given: argparse.Namespace) -> None:
    """Print for each size what a deep plan costs, and when a normal one was within 1 % of that."""
    rows = []
    print(f"{'villages':>9}{'deep M/yr':>11}{'gap %':>8}{'seconds':>9}{'normal M/yr':>13}{'gap %':>8}{'seconds':>9}"
          f"{'within 1 % after s':>20}")  # fmt: skip
    for size in SIZES:
        if not wanted(str(size), given):
            continue
        path, large = folder / f"county-{size}", size > LARGE
        command("init", str(path), "--villages", str(size))
        deep = made(path, Options.of("deep", given.seconds * (10 if large else 5)))
        value = deep.summary["objective"]["value"]
        normal, trace = traced(path, given.seconds * (5 if large else 2))
        first = min((at for at, told in trace if told <= 1.01 * value), default=float("inf"))
        rows.append((size, first, deep.summary["objective"]["gap"]))
        figures = "".join(
            f"{one.summary['objective']['value'] / 1e6:>{width}.3f}{100 * one.summary['objective']['gap']:>8.2f}"
            f"{one.summary['seconds']['total']:>9.0f}"
            for one, width in ((deep, 11), (normal, 13))
        )
        print(f"{size:>9}{figures}{first:>20.1f}", flush=True)
    if given.out is not None:
        draw(rows, given.out)


def traced(path: Path, seconds: float) -> tuple[Plan, list[tuple[float, float]]]:
    """Plan a county; return also when which value of a routed plan was told, and the last."""
    trace: list[tuple[float, float]] = []
    began = time.monotonic()

    def heard(event: Event) -> None:
        if event.stage in ROUTED and event.value is not None:
            trace.append((time.monotonic() - began, event.value))

    found = made(path, Options(seconds, say=heard))
    return found, [*trace, (time.monotonic() - began, found.summary["objective"]["value"])]


def draw(rows: list[tuple[int, float, float]], path: Path) -> None:
    """Draw seconds and proven gap over the number of villages; a size that was not within 1 % has no seconds."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    villages = [row[0] for row in rows]
    met = [row for row in rows if row[1] < float("inf")]
    left.loglog([row[0] for row in met], [row[1] for row in met], "o-")
    left.set(xlabel="villages", ylabel="seconds to within 1 % of a deep plan", ylim=(1, 300))
    left.set_yticks([1, 3, 10, 30, 100, 300], labels=["1", "3", "10", "30", "100", "300"])
    right.semilogx(villages, [100 * row[2] for row in rows], "o-")
    right.set(xlabel="villages", ylabel="proven gap of the deep plan, %", ylim=(0, None))
    for axes in (left, right):
        axes.set_xticks(villages, labels=[f"{number:,}" for number in villages])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
