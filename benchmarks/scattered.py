"""Central against scattered pre-cooling, ``python benchmarks/scattered.py``: a county of ours planned in three ways.

After Ying and Kim 2026 (PLOS ONE 21(5), doi 10.1371/journal.pone.0350268): none, at every origin, at a few places. Its
origins, tonnes, prices and vehicles are not known to us, so the county is one of ours: a site at each village.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from coldchain.model import Scenario, Site
from coldchain.planning import plan_quickly
from coldchain.scenario import load, upland, write_scenario

VILLAGES, SEED, VOLUMES = 12, 3, (1.0, 3.0, 10.0)
WAYS = {"none": "forbidden", "central": "candidate", "scattered": "forced"}
BUDGET_CNY = 1e9


def main() -> None:
    """Print one line for each way at each volume."""
    print("t a village  way        depots  CNY M a year  against none   lost")
    with tempfile.TemporaryDirectory() as held:
        write_scenario(upland(VILLAGES, SEED), Path(held) / "county")
        county = load(Path(held) / "county")[0]
        for volume in VOLUMES:
            grown = replace(county, harvest_t=county.harvest_t * volume)
            found = three_ways(grown)
            for way, summary in found.items():
                print(
                    f"{grown.harvest_t.sum() / VILLAGES:11,.0f}  {way:<10}{summary['depots']['built']:7}"
                    f"{summary['annual_cny']['total'] / 1e6:14.2f}{change(found, way):14.1%}"
                    f"{summary['loss']['plan_rate']:7.2%}",
                    flush=True,
                )


def three_ways(county: Scenario) -> dict[str, dict[str, Any]]:
    """Plan a county with a site at each village: no depot, as many as pay, one in each; return the summaries."""
    return {way: plan_quickly(_with_sites(county, status)).summary for way, status in WAYS.items()}


def change(found: Mapping[str, Mapping[str, Any]], way: str) -> float:
    """Return the change of the yearly cost against no depot."""
    return float(found[way]["annual_cny"]["total"] / found["none"]["annual_cny"]["total"] - 1.0)


def _with_sites(county: Scenario, status: str) -> Scenario:
    sites = [
        Site.model_validate({"id": f"D{one.id}", "name": one.name, "county": one.county, "lon": one.lon,
                             "lat": one.lat, "status": status})
        for one in county.villages
    ]  # fmt: skip
    siting = county.siting.model_copy(update={"budget_cny": BUDGET_CNY})
    return replace(county, sites=tuple(sites), siting=siting)


if __name__ == "__main__":
    main()
