"""Random small counties over all features: each is planned and verified, and held against itself.

``python benchmarks/fuzz_counties.py [COUNT] [FIRST_SEED]`` plans COUNT counties and prints what is wrong, a line for
each finding with the seed that makes it again. What is asked of a county:

- a county that passes the checks is planned, or proved infeasible, and its plan verifies;
- no bound lies above the value of the plan;
- a larger budget, and a plan with more effort, cost no more (beyond the tolerance of the aims);
- limits set to what a plan reaches are never called infeasible.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from coldchain.errors import InfeasibleError, LimitError
from coldchain.model import Scenario
from coldchain.planning import Options, Plan, plan, plan_quickly
from coldchain.scenario import inspect

COUNTIES = ("A", "B")
CROPS = ("tomato", "pak_choi", "kiwifruit", "ponkan", "navel_orange", "strawberry", "peach", "chilli")
TYPES = ("cold_room_200", "cold_forced_air_200", "cold_forced_air_500", "cool_forced_air_200", "cool_room_500",
         "mild_forced_air_200", "mild_room_200", "cold_vacuum_500")  # fmt: skip
UNITS = ("mobile_forced_air_1t", "mobile_cool_1t")
KINDS = ("cooperative", "company", "")
BOUND_SLACK = 1e-6
DEARER_SLACK = 1e-3
"""A larger budget or more effort may cost so much more: routes and siting end at gaps of that size."""
NORMAL_S = 6.0


@dataclass(frozen=True)
class Finding:
    """Something wrong with a county."""

    seed: int
    kind: str
    detail: str

    def __str__(self) -> str:
        """Render as a line."""
        return f"seed {self.seed}: {self.kind}: {self.detail}"


class _Draw:
    """Random choices of one seed."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def number(self, low: float, high: float, digits: int = 2) -> float:
        return round(float(self.rng.uniform(low, high)), digits)

    def count(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def one(self, *choices: Any) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def some(self, choices: tuple[str, ...], least: int = 1) -> list[str]:
        return sorted(self.rng.choice(choices, self.count(least, len(choices)), replace=False).tolist())

    def place(self) -> str:
        return f"{self.number(109.0, 109.4, 4)},{self.number(27.9, 28.2, 4)}"


def write_county(folder: Path, seed: int) -> Path:
    """Write the county of a seed: tables and settings that pass the checks, features at random."""
    draw = _Draw(seed)
    folder.mkdir(parents=True, exist_ok=True)
    periods = [f"p{n}" for n in range(draw.count(1, 3))]
    crops = draw.some(CROPS[: draw.count(1, len(CROPS))])[:3]
    tables = {
        "villages": _villages(draw),
        "sites": _sites(draw),
        "hubs": _hubs(draw),
        "periods": _periods(draw, periods),
    }
    villages = [line.split(",")[0] for line in tables["villages"][1:]]
    tables["harvest"] = _harvest(draw, villages, crops, periods)
    if len(periods) > 1 and draw.chance(0.3):
        tables["storage"] = [
            "commodity,period,until,days,price_cny_kg",
            f"{crops[0]},{periods[0]},{periods[1]},{draw.count(5, 60)},{draw.number(3, 12)}",
        ]
    for stem, lines in tables.items():
        (folder / f"{stem}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    head = f'schema = "coldchain.scenario/1"\nname = "fuzz-{seed}"\ndatum = "wgs84"\n'
    (folder / "scenario.toml").write_text(head + _settings(draw, tables["sites"][1:]), encoding="utf-8")
    return folder


def _villages(draw: _Draw) -> list[str]:
    rows = [f"V{n},{draw.one(*COUNTIES)},{draw.place()}" for n in range(draw.count(1, 8))]
    return ["id,county,lon,lat", *rows]


def _sites(draw: _Draw) -> list[str]:
    rows = ["id,county,lon,lat,owner,owner_kind,status,existing,max_modules,power_kw,staff,haul_payload_kg"]
    shared = draw.chance(0.3)
    kinds: dict[str, tuple[str, str]] = {}
    for n in range(draw.count(1, 4)):
        owner = draw.one("O1", "O2", "") if shared else ""
        kind, county = kinds.setdefault(owner or f"S{n}", (draw.one(*KINDS), draw.one(*COUNTIES)))
        status = draw.one("candidate", "candidate", "candidate", "existing", "forced", "forbidden")
        standing = status == "existing" or draw.chance(0.15)
        existing = f"{draw.one(*TYPES)}:{draw.count(1, 2)}" if standing else ""
        limits = [draw.one("", "", str(draw.count(low, high))) for low, high in ((30, 150), (1, 6))]
        if status == "forced":
            limits = ["", ""]
        road = draw.one("", "", "", "2000")
        rows.append(f"S{n},{county},{draw.place()},{owner},{kind},{status},{existing},{draw.count(1, 4)},"
                    f"{limits[0]},{limits[1]},{road}")  # fmt: skip
    return rows


def _hubs(draw: _Draw) -> list[str]:
    rows = ["id,county,lon,lat,dwell_h,onward_h,limit_t_day"]
    tight = draw.chance(0.2)
    for n in range(draw.count(1, 2)):
        limit = draw.number(3, 30) if tight else ""
        rows.append(f"H{n},A,{draw.place()},{draw.number(1, 8)},{draw.number(4, 24)},{limit}")
    return rows


def _periods(draw: _Draw, periods: list[str]) -> list[str]:
    rows = ["id,days,temp_min_c,temp_max_c,harvest_start_h,harvest_end_h"]
    for name in periods:
        low, start = draw.number(4, 24, 1), draw.number(4, 12, 1)
        rows.append(f"{name},{draw.count(20, 90)},{low},{low + draw.number(4, 12, 1):.1f},{start},{start + 4:.1f}")
    return rows


def _harvest(draw: _Draw, villages: list[str], crops: list[str], periods: list[str]) -> list[str]:
    rows = [
        f"{village},{crop},{period},{draw.number(5, 400, 1)}"
        for village in villages
        for crop in crops
        for period in periods
        if draw.chance(0.6)
    ]
    return ["village,commodity,period,tonnes", *(rows or [f"{villages[0]},{crops[0]},{periods[0]},50"])]


def _settings(draw: _Draw, sites: list[str]) -> str:
    county, kind = (sites[0].split(",")[n] for n in (1, 5))
    sections = {
        "siting": _siting(draw, county),
        "subsidy": _subsidy(draw, county, kind),
        "economics": _economics(draw),
        "routing": _routing(draw),
    }
    mobile, rule = "mobile_units" in sections["siting"], sections["subsidy"]
    if mobile:  # what plans with units do not know
        sections["economics"].pop("must_return", None)
        rule.pop("years", None)
        rule.pop("pot_by_year_cny", None)
    text = "".join(f"[{name}]\n{_lines(values)}\n" for name, values in sections.items())
    return text + ("[depot_type.cold_forced_air_200]\ncapex_cny = 0\n" if draw.chance(0.08) else "")


def _lines(values: dict[str, Any]) -> str:
    return "\n".join(f"{key} = {_toml(value)}" for key, value in values.items())


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + "}"
    return json.dumps(value)


def _siting(draw: _Draw, county: str) -> dict[str, Any]:
    found: dict[str, Any] = {"budget_cny": draw.one(0.0, *(float(draw.count(100_000, 2_000_000)) for _n in range(5)))}
    optional: list[tuple[float, str, Any]] = [
        (0.2, "objective", draw.one(["loss_t"], ["loss_cny", "total_cost_cny"], ["loss_t", "loss_cny"])),
        (0.5, "depot_types", draw.some(TYPES, 2)),
        (0.25, "mobile_units", draw.some(UNITS)),
        (0.2, "seasonal", True),
        (0.2, "single_source", True),
        (0.15, "coverage", draw.number(0.02, 0.3)),
        (0.1, "county_coverage", draw.number(0.02, 0.2)),
        (0.1, "on_time", draw.number(0.05, 0.5)),
        (0.1, "award_share_by_county", {county: draw.number(0.1, 0.5)}),
        (0.2, "max_first_mile_h", draw.number(0.4, 2.0)),
        (0.3, "peak_factor", draw.number(1.0, 2.0)),
    ]
    found |= {key: value for share, key, value in optional if draw.chance(share)}
    if "award_share_by_county" in found and draw.chance(0.5):
        found["units_per_owner"] = draw.count(1, 2)
    return found


def _subsidy(draw: _Draw, county: str, kind: str) -> dict[str, Any]:
    optional: list[tuple[float, str, Any]] = [
        (0.3, "unit_price_cny_m3", float(draw.count(300, 900))),
        (0.3, "cap_per_owner_cny", float(draw.count(60_000, 400_000))),
        (0.15, "floor_share", draw.number(0.02, 0.15)),
        (0.15, "least_m3", float(draw.one(200, 400, 700))),
        (0.15, "owner_kinds", sorted({"cooperative", kind})),
        (0.15, "constructions", draw.one(["mechanical"], ["mechanical", "mobile"])),
        (0.15, "pot_by_county_cny", {county: float(draw.count(50_000, 90_000))}),
        (0.2, "paid_after_years", draw.number(0, 2, 1)),
    ]
    found: dict[str, Any] = {"rate": draw.number(0.25, 0.6)}
    found |= {key: value for share, key, value in optional if draw.chance(share)}
    if draw.chance(0.5) or "owner_kinds" in found or "constructions" in found:
        found["own_money"] = True
    if draw.chance(0.15) and "pot_by_county_cny" not in found:
        found |= {"years": [2026, 2027], "pot_by_year_cny": {"2026": 40_000.0, "2027": 50_000.0}}
    return found


def _economics(draw: _Draw) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if draw.chance(0.4):
        found["fee_cny_t"] = draw.number(50, 400)
        found |= {"must_return": True} if draw.chance(0.4) else {}
    found |= {"late_cny_t": draw.number(10, 200)} if draw.chance(0.2) else {}
    return found | ({"own_rate": draw.number(0.02, 0.12)} if draw.chance(0.2) else {})


def _routing(draw: _Draw) -> dict[str, Any]:
    return {
        "collection_vehicles": draw.some(("farm_tricycle", "light_truck", "medium_truck")),
        "line_haul_vehicles": ["reefer_4m2", *(["reefer_9m6"] if draw.chance(0.7) else [])],
        "split_pickups": draw.chance(0.6),
        "haul_depots": draw.count(1, 4),
    }


def examine(folder: Path, seed: int, *, efforts: bool = False) -> tuple[Finding, ...]:
    """Plan the county of a seed and return what is wrong; ``efforts`` compares a normal plan too."""
    scenario, faults = inspect(write_county(folder / f"county-{seed}", seed))
    errors = [fault for fault in faults if not fault.warning]
    if scenario is None or errors:
        return (Finding(seed, "refused", "; ".join(map(str, errors))),)
    try:
        made = plan_quickly(scenario, seed)
    except (InfeasibleError, LimitError) as error:
        return tuple(_false_alarm(seed, scenario, error))
    found = [*_sound(seed, made), *_cheaper(seed, scenario, made), *_reachable(seed, scenario, made)]
    if efforts:
        more = plan(scenario, Options(NORMAL_S, seed))
        found += [*_sound(seed, more), *_dearer(seed, "more effort", made, more)]
    return tuple(found)


def _sound(seed: int, made: Plan) -> Iterator[Finding]:
    if not made.report.ok:
        yield Finding(seed, "does not verify", "; ".join(made.report.problems[:3]))
    objective = made.summary["objective"]
    if objective["bound"] > objective["value"] + BOUND_SLACK * max(abs(objective["value"]), 1.0):
        yield Finding(seed, "bound above value", f"{objective['bound']} > {objective['value']}")


def _dearer(seed: int, what: str, first: Plan, second: Plan) -> Iterator[Finding]:
    """Hold the first aim of a plan with more of something against that of a plan with less."""
    less, more = (each.summary["objective"]["value"] for each in (first, second))
    if more > less + DEARER_SLACK * abs(less) + 1e-6:
        yield Finding(seed, f"{what} is dearer", f"{more:,.2f} > {less:,.2f}")


def _cheaper(seed: int, scenario: Scenario, made: Plan) -> Iterator[Finding]:
    siting = scenario.siting.model_copy(update={"budget_cny": scenario.siting.budget_cny * 1.5 + 50_000})
    more = plan_quickly(replace(scenario, siting=siting), seed)
    yield from _sound(seed, more)
    if len(scenario.siting.objective) == 1:
        yield from _dearer(seed, "more budget", made, more)


def _reachable(seed: int, scenario: Scenario, made: Plan) -> Iterator[Finding]:
    """Ask for nearly the coverage that the plan has: it must not be called impossible."""
    reached = float(made.summary["coverage"]["plan"])
    share = max(scenario.siting.coverage, np.floor(reached * 99) / 100)
    siting = scenario.siting.model_copy(update={"coverage": float(share)})
    try:
        yield from _sound(seed, plan_quickly(replace(scenario, siting=siting), seed))
    except InfeasibleError as error:
        yield Finding(seed, "false infeasible", f"coverage {share} of {reached} reached: {error}")
    except LimitError as error:
        yield Finding(seed, "not found", f"coverage {share} of {reached} reached: {error}")


LIMITS: dict[str, Any] = {
    "coverage": 0.0, "county_coverage": 0.0, "coverage_by_county": {}, "on_time": 0.0, "award_share_by_county": {},
}  # fmt: skip


def _false_alarm(seed: int, scenario: Scenario, error: Exception) -> Iterator[Finding]:
    """Say what is wrong with a county called impossible: nothing forced and nothing asked leaves today's chain."""
    asked = any(getattr(scenario.siting, key) for key in LIMITS)
    forced = any(site.status == "forced" and not site.existing for site in scenario.sites)
    if not asked and not forced:
        yield Finding(seed, "false infeasible", str(error))
        return
    free = replace(scenario, siting=scenario.siting.model_copy(update=LIMITS))
    if asked and not forced:
        yield from _sound(seed, plan_quickly(free, seed))


def main() -> int:
    """Examine the counties asked for; leave with 1 when anything is wrong."""
    count, first = (int(sys.argv[n]) if len(sys.argv) > n else default for n, default in ((1, 200), (2, 0)))
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + count):
            for finding in examine(Path(folder), seed, efforts=seed % 5 == 0):
                wrong += 1
                print(finding, flush=True)
            if (seed - first) % 20 == 19:
                print(f"{seed - first + 1} counties, {wrong} findings", file=sys.stderr, flush=True)
    print(f"{count} counties from seed {first}: {wrong} findings")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
