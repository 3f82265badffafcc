"""Sharing: known answers, tied games, times beside coopgame, few group costs, and a county shared by its co-operatives.

``python benchmarks/sharing.py games|times|frugal|county|effort [--shared ../shared/bench]``
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from coldchain.scenario import load
from coldchain.settlement import GroupEffort, Settlement, cost_table, fingerprint, members_of, work_out
from coldchain.sharing import (
    AskedCosts,
    Game,
    certify,
    core_test,
    divide,
    equal_profit_of,
    nucleolus,
    read_game,
    shapley,
    sums,
)

Floats = NDArray[np.float64]
TIED_GAMES = 600
UPLAND = Path(__file__).parents[1] / "scenarios" / "upland"


@njit(cache=True)
def _held_karp(far: Floats, n: int) -> Floats:
    path = np.full((1 << n, n), np.inf)
    costs = np.zeros(1 << n)
    for i in range(n):
        path[1 << i, i] = far[n, i]
    for mask in range(1, 1 << n):
        best = np.inf
        for j in range(n):
            if path[mask, j] < np.inf:
                best = min(best, path[mask, j] + far[j, n])
                for k in range(n):
                    if not mask >> k & 1:
                        path[mask | 1 << k, k] = min(path[mask | 1 << k, k], path[mask, j] + far[j, k])
        costs[mask] = best
    return costs


def routing_costs(n: int, seed: int) -> Floats:
    """Cost of the shortest round trip of every group of n farms in a unit square."""
    xy = np.random.default_rng(seed).random((n + 1, 2))
    return np.asarray(_held_karp(np.hypot(*(xy[:, None] - xy[None]).T), n), dtype=np.float64)


def tied(seed: int) -> Floats:
    """Small whole numbers, so that many groups tie."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 8))
    worth = rng.integers(0, int(rng.choice([2, 3, 5, 20])), 1 << n).astype(np.float64)
    if rng.random() < 0.5:
        worth[1 << np.arange(n)] = 0.0
    worth[0] = 0.0
    worth[-1] = max(worth[-1], worth[1 << np.arange(n)].sum())
    return worth


def cpu(work: Callable[[], Any], repeats: int = 3) -> float:
    """Return the least CPU seconds of a few runs."""
    seconds = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return min(seconds)


def _kept(found: list[Any], work: Callable[[Any], Any], given: object) -> None:
    found.append(work(given))


def _printed_unit(share: object) -> float:
    """Half a unit of the last digit of a published decimal; 0 for whole numbers and fractions."""
    text = str(share)
    return 0.5 * 10.0 ** -len(text.partition(".")[2]) if "." in text else 0.0


def _published(file: Path, identity: str | None, answers: dict[str, list[Any]]) -> list[tuple[float, float]]:
    """Return for each published answer its largest relative difference, and how much of it rounding explains."""
    game = read_game(file, identity)
    assert isinstance(game, Game)
    found = divide(game, tuple(answers))
    rows = []
    for rule, answer in answers.items():
        expected = np.array([float(Fraction(str(share))) for share in answer])
        size = np.abs(expected).max()
        error = np.abs(found.divisions[rule].amounts - expected).max() / size
        rows.append((error, max(map(_printed_unit, answer)) / size))
    return rows


def games(shared: Path) -> None:
    """Check every published answer, and 600 tied games in fractions."""
    file, council = shared / "games" / "known_games.json", shared / "games" / "unsc15.json"
    rows = [
        row
        for told in json.loads(file.read_text(encoding="utf-8"))
        for row in _published(file, told["id"], told["answers"])
    ]
    told = json.loads(council.read_text(encoding="utf-8"))
    rows += _published(council, None, {rule: told[rule] for rule in ("shapley", "nucleolus")})
    exact = [error for error, _ in rows if error <= 1e-9]
    rounded = [(error, unit) for error, unit in rows if error > 1e-9]
    print(f"published answers: {len(rows)}; met to 1e-9: {len(exact)}, largest difference {max(exact):.1e}")
    met = sum(error <= 1.01 * unit for error, unit in rounded)
    print(f"printed with few digits: {len(rounded)}; met to half a unit of the last digit: {met}")
    right = tried = 0
    for seed in range(TIED_GAMES):
        worth = tied(seed)
        whole = [Fraction(int(value)) for value in worth]
        for rational in (True, False):
            proof = certify(whole, nucleolus(worth, rational=rational), rational=rational)
            right, tried = right + proof.right, tried + 1
    print(f"tied games: {TIED_GAMES}, nucleoli and prenucleoli proved in fractions: {right} of {tried}")


def superadditive(n: int, seed: int) -> Floats:
    """Worth of groups that grow more than in proportion, with noise: joining never harms."""
    rng = np.random.default_rng(1000 + seed)
    weight = sums(rng.uniform(1, 3, n))
    return np.asarray(weight**2 * (1 + 0.05 * rng.random(1 << n)) * (weight > 0), dtype=np.float64)


def _beside(worth: Floats, repeats: int) -> Floats:
    """Return CPU seconds of Shapley and nucleolus, ours and coopgame's, and the largest relative difference."""
    import coopgame

    answer = nucleolus(worth).payoff
    other = coopgame.Game(worth[1:].tolist())
    found: list[Any] = []
    seconds = [
        cpu(partial(shapley, worth), repeats),
        cpu(partial(coopgame.shapley, other), repeats),
        cpu(partial(nucleolus, worth), repeats),
        cpu(partial(_kept, found, coopgame.nucleolus, other), repeats),
    ]
    differ = np.abs(np.array(found[0]["allocation"]) - answer).max() / np.abs(answer).max()
    return np.array([*seconds, differ])


def times() -> None:
    """Print CPU seconds beside coopgame: mean of some games, each the least of a few runs."""
    print(f"{'n':>3} {'game':8} {'Shapley':>9} {'coopgame':>9} {'ratio':>6}", end=" ")
    print(f"{'nucleolus':>9} {'coopgame':>9} {'ratio':>6} {'differ':>8}")
    for n, count, repeats in ((10, 5, 5), (12, 5, 5), (15, 5, 3), (20, 1, 1)):
        for kind, make in (("routing", lambda n, s: -routing_costs(n, s)), ("growing", superadditive)):
            rows = np.array([_beside(make(n, seed), repeats) for seed in range(count)])
            *seconds, _ = rows.mean(axis=0)
            told = [f"{a:9.4f} {b:9.4f} {b / a:6.1f}" for a, b in (seconds[:2], seconds[2:])]
            print(f"{n:3} {kind:8} {told[0]} {told[1]} {rows[:, 4].max():8.0e}", flush=True)
    for n, kind, worth in ((22, "routing", -routing_costs(22, 22)), (25, "growing", superadditive(25, 25))):
        own = cpu(partial(shapley, worth), 1), cpu(partial(nucleolus, worth), 1)
        print(f"{n:3} {kind:8} {own[0]:9.4f} {'':16} {own[1]:9.4f}", flush=True)


def frugal() -> None:
    """Print how many group costs the certified core test asks for."""
    print(
        "costed, mean / most over 8 routing games: core test of the nucleolus, equal profit found, and the test again"
    )
    print("where the planner gives lower bounds within 2 %")
    print(f"{'n':>3} {'groups':>6}")
    for n in (8, 10, 12):
        rows = []
        for seed in range(8):
            costs = routing_costs(n, seed)
            ask = lambda mask, c=costs: float(c[mask])  # noqa: E731
            bound = lambda mask, c=costs: 0.98 * float(c[mask])  # noqa: E731
            tested = [core_test(AskedCosts(ask, n, known), -nucleolus(-costs).payoff).costed for known in (None, bound)]
            rows.append((tested[0], equal_profit_of(AskedCosts(ask, n)).costed, tested[1]))
        mean, most = np.mean(rows, axis=0), np.max(rows, axis=0)
        groups = (1 << n) - 1
        shares = " ".join(f"{m:7.0f} / {x:4.0f} ({x / groups:5.1%})" for m, x in zip(mean, most, strict=True))
        print(f"{n:3} {groups:6}   {shares}")


def _settled(folder: Path, effort: GroupEffort, column: str = "cooperative") -> tuple[Settlement, float]:
    scenario, _ = load(UPLAND)
    members = members_of(scenario, column)
    began = time.monotonic()
    costs = cost_table(scenario, members, effort, folder, lambda text: print(text, flush=True))
    seconds = time.monotonic() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy, load_average = used.ru_utime + used.ru_stime, os.getloadavg()[0]
    print(f"{seconds:.0f} s by the clock, {busy:.0f} s of processor so far, load {load_average:.1f}", flush=True)
    return work_out(scenario, members, costs, "equal_profit", fingerprint(scenario, members, effort)), seconds


def county(folder: Path, seconds: float) -> None:
    """Share the upland county between its eight co-operatives."""
    told, took = _settled(folder, GroupEffort(seconds))
    planned = np.array([cost.cost_cny for cost in told.planned.values()])
    gap = np.mean([1 - cost.bound_cny / cost.cost_cny for cost in told.planned.values()])
    print(f"{len(planned)} plans in {took:.0f} s; mean gap {gap:.1%}")
    mended = told.closure
    print(f"corrected: {mended.split} subadditive, {mended.shrunk} monotone, largest {mended.largest:.2%}")
    for what, (alone, joint) in told.saved().items():
        print(f"{what:14} alone {alone:14,.0f} together {joint:14,.0f} saved {(alone - joint) / alone:.1%}")
    for rule, division in told.found.divisions.items():
        verdict = division.stability
        saving = told.game.saving(division.amounts) / told.game.alone
        width = np.mean(told.bands[rule][1] - told.bands[rule][0]) / division.amounts.mean()
        holds = "holds" if verdict.holds else "blocked"
        print(f"{rule:22} {holds:8} gain {verdict.gain:12,.0f} CNY by {len(verdict.group)} members", end="; ")
        print(f"savings {saving.min():.1%} to {saving.max():.1%}; band {width:.1%} of the bill")
    for rule, why in told.found.left_out.items():
        print(f"{rule:22} left out: {why}")


def effort(folder: Path, seconds: float) -> None:
    """Share upland between its three districts, then with ten times the effort: do bills stay in their bands.

    A bill moves by the new amount less the old; its band is as wide as from the lower to the upper end.
    """
    for seed in range(3):
        short, _ = _settled(folder, GroupEffort(seconds, seed), "county")
        long, _ = _settled(folder, GroupEffort(10 * seconds, seed), "county")
        for rule, division in short.found.divisions.items():
            if rule not in long.found.divisions:
                continue
            amounts, (low, high) = long.bills[rule], short.bands[rule]
            inside = (amounts >= low) & (amounts <= high)
            change = np.abs(amounts - division.amounts)
            less = change < high - low
            moved = (change / division.amounts).max()
            told = f"inside the band {inside.sum()}, less than its width {less.sum()} of {len(inside)}"
            print(f"seed {seed} {rule:22} largest move {moved:.2%}; {told}", flush=True)


def main() -> None:
    """Run one measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["games", "times", "frugal", "county", "effort"])
    parser.add_argument("--shared", type=Path, default=Path("../shared/bench"))
    parser.add_argument("--out", type=Path, default=Path("runs/upland-share/groups"))
    parser.add_argument("--seconds", type=float, default=1.0)
    given = parser.parse_args()
    if given.what == "games":
        games(given.shared)
    elif given.what in {"county", "effort"}:
        {"county": county, "effort": effort}[given.what](given.out, given.seconds)
    else:
        {"times": times, "frugal": frugal}[given.what]()


if __name__ == "__main__":
    main()
