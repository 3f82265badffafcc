"""One point of a sweep: what a budget buys, kept as a file so that it is computed once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from coldchain import __version__
from coldchain.model import Noun, Scenario
from coldchain.planning import Plan
from coldchain.planning.doubt import QUICK_DRAWS, draw, ends_of
from coldchain.planning.fixed import FixedPlan
from coldchain.progress import relative_gap

SCHEMA = "coldchain.sweep-point/2"
EARLIER = frozenset({"coldchain.sweep-point/1"})
"""Of points without benefit, saving, payback and draws; those are unknown then."""
DOUBTED = ("loss_rate", "saving_cny", "benefit_cny", "payback_years")
SOLVERS = ("ortools", "numpy", "numba")
TABLES_OF_NOUNS = (
    "villages", "periods", "commodities", "depot_types", "mobile_units", "vehicles", "sites", "hubs", "storage",
)  # fmt: skip
SECTIONS = ("chain", "economics", "subsidy", "roads", "routing")
DOUBT_COLUMNS = tuple(f"{name}{end}" for name in DOUBTED for end in ("", "_p5", "_p95"))
"""A figure as planned, and its 5th and 95th percentile."""
Modules = dict[str, dict[str, int]]
"""Site id -> depot type id -> new modules."""


@dataclass(frozen=True)
class Point:
    """What one budget buys.

    Attributes
    ----------
    status : of the plan; ``infeasible`` (proved) and ``limit`` come without figures (NaN)
    value, bound : of the first aim; the bound holds for this budget
    depots : ids of the sites with new modules
    ended : why the search stopped, a :class:`coldchain.model.ending.Ending`; "" without a plan
    how : ``solved``, ``same`` as the plan of a larger budget whose awards fit, or ``carried`` over from a smaller one
    of_budget_cny : the budget the plan was made for
    starts : new modules that siting ended with, to start the next budgets from
    problems : what the independent check found, and for an infeasible budget what to relax
    drawn : for the map: ``depots``, site id -> [new modules, standing modules, t a year, villages, investment CNY,
        award CNY]; and in the order of the scenario's villages ``today`` and ``loss``, loss rates without and
        with the plan, ``cooled``, a share, and ``to``, the site id that takes most, empty for none
    draws : figure of :data:`DOUBTED` -> its value in each draw of the uncertain figures, None where nothing comes back;
        the same draws for every point; empty for a point of before there were any
    net_cny : site with new modules -> what it brings a year beyond all it costs: as planned, then in each draw
    """

    budget_cny: float
    status: str
    value: float = float("nan")
    bound: float = float("nan")
    loss_rate: float = float("nan")
    loss_t: float = float("nan")
    loss_cny: float = float("nan")
    coverage: float = float("nan")
    annual_cny: float = float("nan")
    saving_cny: float = float("nan")
    benefit_cny: float = float("nan")
    payback_years: float = float("nan")
    subsidy_cny: float = float("nan")
    investment_cny: float = float("nan")
    depots: tuple[str, ...] = ()
    existing: int = 0
    served: int = 0
    seconds: float = 0.0
    ended: str = ""
    how: str = "solved"
    of_budget_cny: float = 0.0
    starts: tuple[Modules, ...] = ()
    problems: tuple[str, ...] = ()
    drawn: Mapping[str, Any] = field(default_factory=dict)
    draws: Mapping[str, list[float | None]] = field(default_factory=dict)
    net_cny: Mapping[str, list[float]] = field(default_factory=dict)

    @property
    def planned(self) -> bool:
        """Whether there is a plan."""
        return self.status in ("optimal", "feasible")

    @property
    def gap(self) -> float:
        """|value - bound| / |value|."""
        return relative_gap(self.value, self.bound)

    def ends(self, figure: str) -> tuple[float, float]:
        """Return the 5th and 95th percentile of a figure of :data:`DOUBTED`; NaN where it is not known or endless."""
        values = [np.inf if value is None else value for value in self.draws.get(figure, ())]
        low, _middle, high = ends_of(np.array(values, dtype=np.float64))
        return (np.nan if low is None else low, np.nan if high is None else high)

    def doubts(self) -> dict[str, float]:
        """Return the figures of :data:`DOUBT_COLUMNS`."""
        rows = [(getattr(self, name), *self.ends(name)) for name in DOUBTED]
        return dict(zip(DOUBT_COLUMNS, (cell for row in rows for cell in row), strict=True))

    @property
    def rank(self) -> tuple[float, float]:
        """What is compared between budgets: the first aim, then the yearly cost."""
        return (self.value, self.annual_cny)


def point_of(plan: Plan, budget_cny: float, seconds: float) -> Point:
    """Read the figures of a plan."""
    summary, depots = plan.summary, plan.tables["depots"]
    aim, loss, money, net = summary["objective"], summary["loss"], summary["investment"], summary["net"]
    doubt = _doubt_of(plan)
    return Point(
        budget_cny=budget_cny,
        status=summary["status"],
        value=float(aim["value"]),
        bound=float(aim["bound"]),
        loss_rate=float(loss["plan_rate"]),
        loss_t=float(loss["plan_t"]),
        loss_cny=float(loss["plan_cny"]),
        coverage=float(summary["coverage"]["plan"]),
        annual_cny=float(summary["annual_cny"]["total"]),
        saving_cny=float(loss["baseline_cny"]) - float(loss["plan_cny"]),
        benefit_cny=float(net["benefit_cny"]),
        payback_years=float("nan") if net["payback_years"] is None else float(net["payback_years"]),
        subsidy_cny=float(money["subsidy_cny"]),
        investment_cny=float(money["total_cny"]),
        depots=tuple(depots["depot"][depots["new_modules"] != ""]),
        existing=int(summary["depots"]["existing"]),
        served=int(summary["villages"]["served"]),
        seconds=seconds,
        ended=summary["ended"],
        of_budget_cny=budget_cny,
        starts=tuple(modules_of(plan.scenario, count) for count in plan.starts),
        problems=plan.report.problems,
        drawn=drawn_of(plan),
        draws=doubt.draws,
        net_cny=doubt.net_cny,
    )


@dataclass(frozen=True)
class _Doubt:
    """``draws`` and ``net_cny`` of a :class:`Point`."""

    draws: dict[str, list[float | None]]
    net_cny: dict[str, list[float]]


def _doubt_of(plan: Plan) -> _Doubt:
    """Judge a plan by the draws of quick effort."""
    fixed = FixedPlan(plan.basis, plan.tables, plan.summary)
    drawn = draw(fixed, QUICK_DRAWS)
    values = {"loss_rate": "loss_plan", **{name: name for name in DOUBTED[1:]}}
    draws = {
        name: [float(value) if np.isfinite(value) else None for value in drawn.values(of)]
        for name, of in values.items()
    }
    net = np.array([fixed.own.net_cny, *(one.net_cny for one in drawn.answers)]).T.round(2)
    return _Doubt(draws, dict(zip(fixed.depots, net.tolist(), strict=True)))


def drawn_of(plan: Plan) -> dict[str, Any]:
    """Return what the map of a sweep shows of a plan, see :class:`Point`."""
    tables = plan.tables
    depots = {
        row["depot"]: [
            row["new_modules"], row["standing_modules"], round(row["tonnes_year"], 1), int(row["villages"]),
            round(row["capex_cny"]), round(row["subsidy_cny"]),
        ]
        for row in tables["depots"].to_dict("records")
    }  # fmt: skip
    villages = tables["villages"].set_index("village").reindex([one.id for one in plan.scenario.villages])
    pairs = tables["assignment"].groupby(["village", "depot"])["tonnes_year"].sum().sort_values(kind="stable")
    most = {village: depot for village, depot in pairs.index if depot}
    cooled = (villages["cooled_t"] / villages["harvest_t"].where(villages["harvest_t"] > 0, 1.0)).round(4)
    return {
        "depots": depots,
        "today": villages["baseline_rate"].round(4).tolist(),
        "loss": villages["plan_rate"].round(4).tolist(),
        "cooled": cooled.tolist(),
        "to": [most.get(name, "") for name in villages.index],
        "seasons": _by_season(plan),
        "routes": _drawn_routes(plan),
    }


def _by_season(plan: Plan) -> dict[str, list[float]]:
    """Return depot -> t cooled in each season."""
    lots, periods = plan.tables["lots"], [period.id for period in plan.scenario.periods]
    cooled = lots[lots["depot"] != ""].groupby(["depot", "period"])["tonnes"].sum().unstack(fill_value=0)
    rows = cooled.reindex(columns=periods, fill_value=0.0).round(1)
    return {str(depot): row for depot, row in zip(rows.index, rows.to_numpy().tolist(), strict=True)}


def _drawn_routes(plan: Plan) -> list[list[Any]]:
    """Return route, depot, vehicle, season, days, load kg, km, h, CNY a day, and the rows of the villages in order."""
    row = {village.id: n for n, village in enumerate(plan.scenario.villages)}
    stops = plan.tables["stops"].sort_values(["route", "order"], kind="stable")
    calls = stops["village"].map(row).groupby(stops["route"], sort=False).agg(list).to_dict()
    names = ("route", "depot", "vehicle", "period")
    return [
        [
            *(route[name] for name in names), int(route["days"]), round(route["load_kg"]), round(route["km"], 1),
            round(route["hours"], 2), round(route["cost_cny_day"]), calls.get(route["route"], []),
        ]
        for route in plan.tables["routes"].to_dict("records")
    ]  # fmt: skip


def modules_of(scenario: Scenario, count: Any) -> Modules:
    """Name the modules of a count array, shape (sites, types)."""
    kinds = [kind.id for kind in scenario.depot_types]
    return {
        site.id: {kinds[k]: int(row[k]) for k in np.flatnonzero(row)}
        for site, row in zip(scenario.sites, count, strict=True)
        if row.any()
    }


def count_of(scenario: Scenario, modules: Modules) -> Any:
    """Return the count array of named modules, shape (sites, types)."""
    kinds = {kind.id: k for k, kind in enumerate(scenario.depot_types)}
    count = np.zeros((len(scenario.sites), len(kinds)), dtype=np.int64)
    for j, site in enumerate(scenario.sites):
        for kind, number in modules.get(site.id, {}).items():
            count[j, kinds[kind]] = number
    return count


def point_key(scenario: Scenario, budget_cny: float, settings: Mapping[str, Any]) -> str:
    """Return the hash of all that decides a point: inputs, settings resolved, budget, limits, versions.

    Tables and harvest are taken from the scenario too, which may have been changed since its files were read.
    """
    siting = scenario.siting.model_copy(update={"budget_cny": budget_cny})
    facts = {
        "inputs": scenario.sha256,
        "siting": siting.model_dump(mode="json"),
        "sections": {name: getattr(scenario, name).model_dump(mode="json") for name in SECTIONS},
        "nouns": {name: _dumped(getattr(scenario, name)) for name in TABLES_OF_NOUNS},
        "harvest": hashlib.sha256(np.ascontiguousarray(scenario.harvest_t).tobytes()).hexdigest(),
        "settings": dict(settings),
        "versions": {"coldchain": __version__, **{name: metadata.version(name) for name in SOLVERS}},
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _dumped(nouns: Iterable[Noun]) -> list[dict[str, Any]]:
    return [noun.model_dump(mode="json") for noun in nouns]


def point_file(folder: Path, budget_cny: float, key: str) -> Path:
    """Return where a point is kept."""
    return folder / f"{budget_cny:.0f}-{key[:16]}.json"


def keep_point(folder: Path, point: Point, key: str) -> None:
    """Write a point under another name first, then rename it."""
    folder.mkdir(parents=True, exist_ok=True)
    target = point_file(folder, point.budget_cny, key)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    known = {name: value for name, value in asdict(point).items() if value == value}  # noqa: PLR0124 - NaN
    text = json.dumps({"schema": SCHEMA, "key": key, "point": known}, ensure_ascii=False, indent=1, allow_nan=False)
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(target)


def kept_point(folder: Path, budget_cny: float, key: str) -> Point | None:
    """Read a point back; None when there is none, or it was made from other inputs, settings or versions."""
    try:
        held = json.loads(point_file(folder, budget_cny, key).read_text(encoding="utf-8"))
        if held["schema"] not in {SCHEMA, *EARLIER} or held["key"] != key:
            return None
        fields = held["point"]
        point = Point(**fields)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return replace(point, depots=tuple(point.depots), starts=tuple(point.starts), problems=tuple(point.problems))
