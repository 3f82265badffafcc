"""Building a p-median model: arrays into OR-Tools against PySAL spopt's loop, least of a few runs; both optima."""

from __future__ import annotations

import argparse
import time
import tracemalloc
from typing import Any

import numpy as np

from coldchain.benching.warehouses import Warehouses, siting_problem
from coldchain.siting import SitingProblem, solve_siting
from coldchain.siting.integer import everything, integer_model
from coldchain.siting.space import build_space


def plane(customers: int, sites: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return weighted distances, shape (customers, sites), and weights."""
    rng = np.random.default_rng(seed)
    place, at = rng.uniform(0, 100, (customers, 2)), rng.uniform(0, 100, (sites, 2))
    weight = rng.integers(1, 20, customers).astype(float)
    return np.linalg.norm(place[:, None] - at[None], axis=2).round(2), weight


def ours(distance: np.ndarray, weight: np.ndarray, count: int) -> tuple[float, SitingProblem]:
    """Return the seconds from arrays to the solver's message, and the problem."""
    begin = time.process_time()
    customers, sites = distance.shape
    cost = (distance * weight[:, None]).T
    problem = siting_problem(Warehouses(cost, np.zeros(sites), np.ones(customers), np.full(sites, np.inf), count))
    space = build_space(problem)
    integer_model(space, everything(space)).proto()
    return time.process_time() - begin, problem


def theirs(distance: np.ndarray, weight: np.ndarray, count: int) -> tuple[float, Any]:
    """Return the seconds spopt takes to state its model, and the model."""
    from spopt.locate import PMedian

    begin = time.process_time()
    model = PMedian.from_cost_matrix(distance, weight, p_facilities=count)
    return time.process_time() - begin, model


def main() -> None:
    """Build both at each size, solve both at the smallest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=["200x40", "1000x100", "2000x200"])
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    ours(*plane(20, 5, 0), 2)  # compiling and importing are not on the clock
    theirs(*plane(20, 5, 0), 2)
    print(f"{'size':>10}{'ours CPU s':>12}{'spopt CPU s':>13}{'times':>8}{'spopt MB':>10}{'ours':>16}{'spopt':>16}")
    for n, size in enumerate(options.sizes):
        customers, sites = (int(part) for part in size.split("x"))
        distance, weight = plane(customers, sites, options.seed)
        mine, problem = min((ours(distance, weight, sites // 10) for _ in range(3)), key=lambda pair: pair[0])
        tracemalloc.start()
        theirs(distance, weight, sites // 10)
        memory = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        other, model = min((theirs(distance, weight, sites // 10) for _ in range(2)), key=lambda pair: pair[0])
        line = f"{size:>10}{mine:12.3f}{other:13.2f}{other / mine:8.0f}{memory:10.0f}"
        if n == 0:
            import pulp

            model.solve(pulp.PULP_CBC_CMD(msg=False))
            found = float(pulp.value(model.problem.objective))
            line += f"{solve_siting(problem).value:16.3f}{found:16.3f}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
