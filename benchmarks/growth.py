"""Growth of siting with size: seconds to a proven gap of 1 %, and the gap reached, drawn."""

from __future__ import annotations

import argparse
from pathlib import Path

from siting import county

from coldchain.siting import solve_siting

SITES = (25, 50, 100, 200, 400)
GAP = 0.01


def measure(sites: int, seconds: float, seed: int) -> tuple[float, float, float]:
    """Return the seconds to the gap of 1 % (or the limit), the gap reached, and the arcs."""
    problem = county(10 * sites, 1, sites, 3, seed, methods=1)
    found = solve_siting(problem, work=seconds, gap=GAP, seed=seed)
    return found.seconds, found.gap, float(found.arcs_all)


def draw(rows: list[tuple[int, float, float, float]], path: Path) -> None:
    """Draw seconds and gaps against the number of sites."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    sites = [row[0] for row in rows]
    left.loglog(sites, [row[1] for row in rows], "o-", color="#1b6ca8")
    left.set_ylabel("seconds until 1 % is proved, or the limit")
    right.semilogx(sites, [100 * row[2] for row in rows], "o-", color="#b5473c")
    right.set_ylabel("proven gap at that time, %")
    right.set_ylim(bottom=0)
    for axis in (left, right):
        axis.set_xlabel("candidate sites (ten villages each, 4 seasons)")
        axis.set_xticks(sites, [str(n) for n in sites], minor=False)
        axis.minorticks_off()
        axis.grid(alpha=0.3)
    figure.savefig(path)


def main() -> None:
    """Run every size once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="SVG or PNG to draw")
    options = parser.parse_args()
    rows = []
    print(f"{'sites':>6}{'villages':>9}{'arcs':>9}{'s':>8}{'gap %':>8}")
    for sites in SITES:
        seconds, gap, arcs = measure(sites, options.seconds, options.seed)
        rows.append((sites, seconds, gap, arcs))
        print(f"{sites:6d}{10 * sites:9d}{arcs:9.0f}{seconds:8.1f}{100 * gap:8.3f}", flush=True)
    if options.out is not None:
        draw(rows, options.out)


if __name__ == "__main__":
    main()
