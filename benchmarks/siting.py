"""Siting on synthetic counties: value, bound, gap, seconds, arcs and memory, by size and seed."""

from __future__ import annotations

import argparse
import resource

import numpy as np

from coldchain.siting import SitingProblem, solve_siting

SEASONS = 4


def county(
    villages: int, zones: int, sites: int, types: int, seed: int, *, methods: int = 2, owned: int = 3
) -> SitingProblem:
    """Make a county of 100 by 80 km: one demand a village and zone, cooling methods in each zone, a tight budget.

    ``owned`` sites belong to one owner on average; with 1 every site has its own.
    """
    rng = np.random.default_rng(seed)
    village = rng.uniform(0, 1, (villages, 2)) * (100, 80)
    site = village[rng.choice(villages, sites, replace=sites > villages)] + rng.normal(0, 2, (sites, 2))
    km = 1.3 * np.linalg.norm(village[:, None] - site[None], axis=2)
    demands, classes = villages * zones, zones * methods
    tonnes = rng.gamma(2.0, 60.0, demands)
    season = rng.dirichlet(np.ones(SEASONS) * 2, zones)
    load = tonnes[:, None] * np.tile(season, (villages, 1)) / 60.0
    outside = tonnes * rng.uniform(600, 1500, demands)
    demand = np.repeat(np.arange(demands), sites * methods)
    place = np.tile(np.repeat(np.arange(sites), methods), demands)
    method = np.tile(np.arange(methods), demands * sites)
    distance = km[demand // zones, place]
    saved = outside[demand] * (0.75 + 0.12 * method) * np.exp(-distance / 60.0)
    cost = outside[demand] - saved + tonnes[demand] * (2.2 * distance + 25.0 + 30.0 * method)
    near = distance < 60.0
    module_class = np.arange(types) % classes
    step = np.arange(types) // classes
    capacity = 4.0 * 2.2**step * (1 + 0.1 * (module_class % methods))
    capex = 180_000 * (capacity / 4.0) ** 0.75 * rng.uniform(0.95, 1.05, types)
    capex = capex[None, :] * rng.uniform(0.9, 1.15, (sites, 1))
    owners = max(sites // owned, 1)
    owner = rng.integers(0, owners, sites) if owned > 1 else np.arange(sites)
    counties = np.minimum(np.arange(owners) % 4, 3)[owner]
    existing = np.zeros((sites, types), int)
    existing[: max(sites // 20, 1), 0] = 1
    return SitingProblem(
        outside_cost=outside,
        arc_demand=demand[near],
        arc_site=place[near],
        arc_class=((demand % zones) * methods + method)[near],
        arc_cost=cost[near],
        load=load,
        module_class=module_class,
        capacity=capacity,
        module_cost=0.16 * capex + 12_000,
        module_capex=capex,
        award=0.35 * capex,
        max_count=np.full((sites, types), 3),
        existing=existing,
        max_modules=np.full(sites, 6),
        power_kw=6.0 * capacity**0.9,
        power_limit=rng.choice([80.0, 160.0, np.inf], sites),
        forced=np.zeros(sites, bool),
        owner=owner,
        owner_cap=np.full(owners, 400_000.0),
        county=counties,
        pot=np.full(4, 60_000.0 * sites),
        budget=35_000.0 * sites,
        floor_share=0.2,
    )


SIZES = {  # (villages, zones, sites, types), methods, units of work, wanted gap
    "county": ((200, 3, 40, 12), 2, 45.0, 1e-3),
    "region": ((1400, 2, 100, 12), 2, 90.0, 1e-3),
    "small": ((500, 1, 60, 3), 1, 20.0, 1e-3),
    "large": ((2000, 1, 200, 3), 1, 120.0, 1e-2),
}


def peak_gib() -> float:
    """Return the largest memory of this process and of its solver, added up."""
    return sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 2**20


def main() -> None:
    """Run the sizes asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--sizes", choices=SIZES, nargs="+", default=["county", "region"])
    parser.add_argument("--work", type=float, default=0.0, help="units, about a second each; 0 takes those of the size")
    parser.add_argument("--owned", type=int, default=3, help="sites of one owner on average")
    parser.add_argument("--log", action="store_true")
    options = parser.parse_args()
    print(
        f"{'size':8}{'seed':>5}{'value':>15}{'bound':>15}{'gap %':>8}{'work':>7}{'s':>7}{'arcs':>9}{'kept':>8}"
        f"{'modules':>8}{'GiB':>7}"
    )
    for name in options.sizes:
        shape, methods, work, gap = SIZES[name]
        for seed in options.seeds:
            problem = county(*shape, seed, methods=methods, owned=options.owned)
            r = solve_siting(problem, work=options.work or work, gap=gap, seed=seed)
            print(
                f"{name:8}{seed:5d}{r.value:15.0f}{r.bound:15.0f}{100 * r.gap:8.3f}{r.work:7.1f}{r.seconds:7.1f}"
                f"{r.arcs_all:9d}{r.arcs_kept:8d}{r.count.sum():8d}{peak_gib():7.2f}",
                flush=True,
            )
            if options.log:
                print("\n".join(r.log), flush=True)


if __name__ == "__main__":
    main()
