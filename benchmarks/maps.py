"""Write maps and look at them: ``python benchmarks/maps.py [RUN ...]``.

Without runs: the one that ``make plan`` leaves in ``runs/``. Xiangxi's villages (``$COLDCHAIN_SHARED``) and a synthetic
county of 2,000 villages are drawn besides, every village at the nearest of a quarter of the sites: not planned.
Needs Chromium or Chrome; the network is cut.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from browser import browser, found_browser  # type: ignore[import-not-found]  # noqa: E402
from runs import command  # noqa: E402

from coldchain.network import travel  # noqa: E402
from coldchain.reports.lines import plan_lines  # noqa: E402
from coldchain.reports.map import write_map  # noqa: E402
from coldchain.reports.mapdata import map_data  # noqa: E402
from coldchain.runs import Inputs, Run, place_on_roads  # noqa: E402
from coldchain.scenario import load, upland, write_scenario  # noqa: E402

RUNS = ("runs/upland-base",)
XIANGXI = (
    Path(os.environ.get("COLDCHAIN_SHARED", ROOT.parent / "shared")) / "data/villages/xiangxi_prefecture_points.csv"
)
RULES = ROOT / "scenarios" / "rules" / "xiangxi.toml"
VILLAGES, STOPS, SEED = 2000, 2, 1
EVERY = 4
STEPS = 40
LAYERS = ("roads_major", "roads_minor", "routes", "hauls", "spokes")
FRAMES = """new Promise((done) => {
  const { x_range: x, y_range: y } = coldchainMap.panes[0].plot
  const [dx, dy] = [(x.end - x.start) / 200, (y.end - y.start) / 200]
  const times = []
  let last = performance.now()
  const step = (n) => requestAnimationFrame((now) => {
    if (n) times.push(now - last)
    last = now
    if (n == STEPS) return done([times.reduce((a, b) => a + b) / times.length, Math.max(...times)])
    MOVE
    step(n + 1)
  })
  step(0)
})"""
MOVES = {
    "pan": "x.setv({ start: x.start + dx, end: x.end + dx })",
    "zoom": "x.setv({ start: x.start + dx, end: x.end - dx }); y.setv({ start: y.start + dy, end: y.end - dy })",
}


@dataclass(frozen=True)
class Row:
    """What was measured of one map."""

    name: str
    villages: int
    features: int
    write_s: float
    megabytes: float
    paint_s: float
    pan_ms: float
    zoom_ms: float

    def line(self) -> str:
        """Return it as a row of the table whose header is ``HEADER``."""
        return (
            f"{self.name:22}{self.villages:>9,}{self.features:>10,}{self.write_s:>10.1f}{self.megabytes:>8.1f}"
            f"{self.paint_s:>10.1f}{self.pan_ms:>10.0f}{self.zoom_ms:>10.0f}"
        )


HEADER = (
    f"{'map':22}{'villages':>9}{'features':>10}{'write s':>10}{'MB':>8}{'paint s':>10}{'pan ms':>10}{'zoom ms':>10}"
)


def main(runs: list[str]) -> None:
    """Print one row for each run and one for the synthetic county."""
    program = found_browser()
    if program is None:
        raise SystemExit("no Chromium or Chrome on this system")
    print(HEADER, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in runs or [str(ROOT / run) for run in RUNS]:
            print(measure(Path(name).name, Run.open(Path(name)), Path(folder), program), flush=True)
        for name, write in (("xiangxi", imported), ("synthetic", drafted)):
            write(Path(folder) / name)
            print(measure(name, nearest(Path(folder) / name), Path(folder), program), flush=True)


def imported(folder: Path) -> None:
    """Import Xiangxi's villages."""
    command(
        "import", "points", str(XIANGXI), "--out", str(folder), "--datum", "gcj02", "--rules", str(RULES), "--quiet"
    )


def drafted(folder: Path) -> None:
    """Draft a county of 2,000 villages."""
    write_scenario(upland(VILLAGES, SEED), folder)


def measure(name: str, plan: Run, folder: Path, program: str) -> str:
    """Write the map of a run, open it, move it; return its row."""
    lines = plan_lines(plan)
    data = map_data(plan, lines, 1.25)
    features = sum(len(getattr(data, layer)["xs"]) for layer in LAYERS)
    path = folder / f"{name}.html"
    began = time.monotonic()
    write_map(plan, path)
    write_s = time.monotonic() - began
    with browser(program) as page:
        page.size(1400, 900)
        began = time.monotonic()
        page.call("Page.navigate", url=path.as_uri())
        page.until("document.body && document.body.classList.contains('ready')")
        paint_s = time.monotonic() - began
        frames = {
            move: page.run(FRAMES.replace("STEPS", str(STEPS)).replace("MOVE", script))[0]
            for move, script in MOVES.items()
        }
        if page.errors or page.requests != [path.as_uri()]:
            raise SystemExit(f"{name}: {page.errors} {page.requests}")
    size = path.stat().st_size / 1e6
    return Row(name, len(data.villages["x"]), features, write_s, size, paint_s, frames["pan"], frames["zoom"]).line()


def nearest(folder: Path) -> Run:
    """Open a scenario with every village at the nearest of a quarter of the sites."""
    scenario, _faults = load(folder)
    placed, _more = place_on_roads(scenario)
    sites = np.arange(0, len(scenario.sites), EVERY)
    ways = travel(placed.network, placed.village_node, placed.site_node[sites])
    own = ways.time_h.argmin(axis=1)
    summary = SimpleNamespace(scenario=scenario, sites=sites, own=own, ways=ways)
    tables = {
        "villages": _villages(summary), "depots": _depots(summary), "lots": _lots(summary),
        "assignment": _assignment(summary), "commodities": _commodities(summary), **_routes(summary),
    }  # fmt: skip
    return Run(_figures(scenario), tables, Inputs(scenario, placed))


def _villages(s: Any) -> pd.DataFrame:
    harvest = s.scenario.harvest_t.sum(axis=(1, 2))
    columns = ("name", "county", "cooperative", "lon", "lat")
    rows = [{"village": one.id, **{name: getattr(one, name) for name in columns}} for one in s.scenario.villages]
    return pd.DataFrame(rows).assign(
        harvest_t=harvest, cooled_t=harvest, baseline_loss_t=0.25 * harvest, plan_loss_t=0.05 * harvest,
        avoided_t=0.2 * harvest, baseline_rate=0.25, plan_rate=0.05, reason="",
    )  # fmt: skip


def _depots(s: Any) -> pd.DataFrame:
    harvest = s.scenario.harvest_t.sum(axis=(1, 2))
    rows = [
        {
            "depot": (site := s.scenario.sites[j]).id, "name": site.name, "county": site.county, "owner": site.owner,
            "lon": site.lon, "lat": site.lat, "status": "built", "new_modules": "cold_forced_air_500:2",
            "standing_modules": "", "net_m3": 1000.0, "throughput_t_day": 35.0,
            "tonnes_year": float(harvest[s.own == n].sum()), "villages": int((s.own == n).sum()), "capex_cny": 8.4e5,
            "subsidy_cny": 2.5e5, "hub": _hub(s, j), "haul_h": 1.0, "haul_km": 40.0,
        }
        for n, j in enumerate(s.sites)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _hub(s: Any, site: int) -> str:
    here = s.scenario.sites[site]
    hub = min(s.scenario.hubs, key=lambda one: (one.lon - here.lon) ** 2 + (one.lat - here.lat) ** 2)
    return str(hub.id)


def _lots(s: Any) -> pd.DataFrame:
    v, c, p = np.nonzero(s.scenario.harvest_t)
    tonnes = s.scenario.harvest_t[v, c, p]
    return pd.DataFrame({
        "village": [s.scenario.villages[n].id for n in v], "commodity": [s.scenario.commodities[n].id for n in c],
        "period": [s.scenario.periods[n].id for n in p], "depot": [_own_depot(s, n) for n in v], "zone": "cold",
        "tonnes": tonnes, "cooled_h": 3.0, "delivery_h": 30.0, "loss_t": 0.05 * tonnes,
    })  # fmt: skip


def _own_depot(s: Any, village: Any) -> str:
    return str(s.scenario.sites[s.sites[s.own[village]]].id)


def _assignment(s: Any) -> pd.DataFrame:
    lots = _lots(s).groupby(["village", "commodity", "depot", "zone"], sort=False)["tonnes"].sum()
    return lots.rename("tonnes_year").reset_index()


def _commodities(s: Any) -> pd.DataFrame:
    rows = [
        {"commodity": one.id, "name": one.name, "name_zh": one.name_zh, "harvest_t": 1.0, "cooled_share": 1.0,
         "baseline_loss_t": 0.2, "plan_loss_t": 0.05, "baseline_rate": 0.2, "plan_rate": 0.05}
        for one in s.scenario.commodities
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _routes(s: Any) -> dict[str, pd.DataFrame]:
    """Collect every two villages of a depot on one route, in every season; every depot has its line haul."""
    routes, stops, hauls = [], [], []
    vehicle = s.scenario.vehicles[0].id
    for period in s.scenario.periods:
        for n, j in enumerate(s.sites):
            depot = s.scenario.sites[j].id
            mine = np.flatnonzero(s.own == n)
            mine = mine[np.argsort(s.ways.time_h[mine, n])]
            for k in range(0, len(mine), STOPS):
                name = f"{depot}-{period.id}-{k}"
                calls = mine[k : k + STOPS]
                routes.append((name, depot, period.id, vehicle, period.days, len(calls), 1000.0, 40.0, 1.5, 2.0, 150.0))
                stops += [(name, m + 1, s.scenario.villages[v].id) for m, v in enumerate(calls)]
            hauls.append((depot, _hub(s, j), period.id, period.days, 1.0, 40.0, 500.0, ""))
    heads = (
        "route",
        "depot",
        "period",
        "vehicle",
        "days",
        "stops",
        "load_kg",
        "km",
        "drive_h",
        "hours",
        "cost_cny_day",
    )
    return {
        "routes": pd.DataFrame(routes, columns=heads),
        "stops": pd.DataFrame(stops, columns=("route", "order", "village")),
        "line_haul": pd.DataFrame(
            hauls, columns=("depot", "hub", "period", "days", "trips_day", "km_day", "cost_cny_day", "tour")
        ),
    }


def _figures(scenario: Any) -> dict[str, Any]:
    """Return a summary of zeros, as far as the panel beside the map reads it."""
    loss = {"baseline_rate": 0.25, "plan_rate": 0.05, "baseline_t": 0, "plan_t": 0, "baseline_cny": 0, "plan_cny": 0}
    money = {"total_cny": 0, "subsidy_cny": 0, "budget_cny": 0, "subsidy_share": 0}
    items = ("collection", "line_haul", "operation", "energy", "capital", "loss", "total")
    return {
        "scenario": {"name": scenario.name, "variant": scenario.variant}, "version": "", "seed": SEED,
        "status": "feasible", "interrupted": False, "loss": loss, "coverage": {"baseline": 0, "plan": 1},
        "investment": money, "annual_cny": dict.fromkeys(items, 0.0),
        "depots": {"built": 0, "existing": 0, "mobile": 0},
        "villages": {"served": 0, "total": 0}, "routes": {"count": 0, "km": 0, "vehicles": 0},
        "delivery_h": {"p50": 0, "p95": 0, "share_within_target": 1, "target": 48},
        "objective": {"name": "total_cost_cny", "value": 0, "bound": 0, "gap": 0},
    }  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
