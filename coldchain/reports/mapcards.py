"""What the map tells about a place that is clicked: figures by season, crops, which depot and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from coldchain.arrays import Floats, Indices
from coldchain.language import _, language
from coldchain.language.ids import word
from coldchain.model import Scenario
from coldchain.network import travel
from coldchain.reports.figures import money
from coldchain.runs import Run

FULL = 0.95
"""Share of a zone's throughput on the peak day of a season from which it counts as full."""
NEARER_H = 0.02
"""A depot counts as nearer when the ride is shorter by more than this."""
NEAREST, NEARER_FULL, NEARER_ELSE = 0, 1, 2


@dataclass(frozen=True)
class _Cell:
    """One zone of one depot: capacity, and tonnes in each season."""

    depot: int
    zone: str
    capacity_t_day: float
    tonnes: Floats
    use: Floats


def cards(plan: Run) -> dict[str, Any]:
    """Return what the cards of depots and villages hold beyond the columns of the map, plain values.

    Returns
    -------
    dict
        ``periods`` names; ``depots``, one for each row of the depots table: ``zones`` [zone, t/day, [t of each season],
        [use of each season]], ``farther_h`` and ``alone`` (what if it were missing), ``avoided_t``, ``villages`` (rows
        by tonnes), ``products`` (sentences on what its plants make);
        ``villages``, one for each row: ``crops`` [name, t, loss share, depot row or -1, zone, h until
        cooled, h to market, share lost today or None in runs that do not tell], ``why`` [depot row, zone, h, code,
        other depot row, its h, season].
    """
    cells = _cells(plan)
    hours = _hours(plan)
    lots = _lots(plan)
    return {
        "periods": [_(period.name) or period.id for period in plan.scenario.periods],
        "depots": _depot_cards(plan, cells, hours, lots),
        "villages": _village_cards(plan, cells, hours, lots),
    }


def crop_names(tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return crop id -> name in the language spoken."""
    crops = tables["commodities"]
    shown = crops["name_zh"].where(crops["name_zh"] != "", crops["name"]) if language() == "zh" else crops["name"]
    return dict(zip(crops["commodity"], shown, strict=True))


def _rows(frame: pd.DataFrame, key: str) -> dict[str, int]:
    return {str(name): n for n, name in enumerate(frame[key])}


def _lots(plan: Run) -> pd.DataFrame:
    """Lots with the rows of village, depot (-1: today's chain) and period."""
    lots, tables = plan.tables["lots"], plan.tables
    period = {one.id: n for n, one in enumerate(plan.scenario.periods)}
    return lots.assign(
        v=lots["village"].map(_rows(tables["villages"], "village")),
        d=lots["depot"].map(_rows(tables["depots"], "depot")).fillna(-1).astype(int),
        p=lots["period"].map(period),
    )


def _cells(plan: Run) -> dict[tuple[int, str], _Cell]:
    """Collect every zone of every depot: what it can cool, what it cools, and how full its peak days are."""
    scenario, lots = plan.scenario, _lots(plan)
    days = np.array([period.days for period in scenario.periods], dtype=np.float64)
    capacity = _capacity(scenario, plan.tables["depots"])
    found = {}
    cooled = lots[lots["d"] >= 0].groupby(["d", "zone", "p"])["tonnes"].sum()
    for depot, zone in sorted({*capacity, *((int(d), str(z)) for d, z, _p in cooled.index)}):
        tonnes = np.array([float(cooled.get((depot, zone, p), 0.0)) for p in range(len(days))])
        most = capacity.get((depot, zone), 0.0)
        use = tonnes / days * scenario.siting.peak_factor / most if most > 0 else np.zeros(len(days))
        found[depot, zone] = _Cell(depot, zone, most, tonnes, use)
    return found


def _capacity(scenario: Scenario, depots: pd.DataFrame) -> dict[tuple[int, str], float]:
    kinds = {kind.id: kind for kind in scenario.depot_types}
    capacity: dict[tuple[int, str], float] = {}
    for n, (new, old) in enumerate(zip(depots["new_modules"], depots["standing_modules"], strict=True)):
        for part in filter(None, f"{new};{old}".split(";")):
            name, _colon, count = part.rpartition(":")
            if kind := kinds.get(name):
                cell = (n, kind.zone)
                capacity[cell] = capacity.get(cell, 0.0) + int(count) * kind.throughput_t_day
    return capacity


def _hours(plan: Run) -> Floats:
    """Hours of the straight ride from each village to each depot, float64[villages, depots]."""
    placed, scenario = plan.placed, plan.scenario
    site = {one.id: int(node) for one, node in zip(scenario.sites, placed.site_node, strict=True)}
    village = {one.id: int(node) for one, node in zip(scenario.villages, placed.village_node, strict=True)}
    sources = np.array([village[name] for name in plan.tables["villages"]["village"]], dtype=np.int64)
    targets = np.array([site[name] for name in plan.tables["depots"]["depot"]], dtype=np.int64)
    if not len(targets) or not len(sources):
        return np.zeros((len(sources), len(targets)))
    return travel(placed.network, sources, targets).time_h


def _finite(hours: float) -> float | None:
    return round(float(hours), 3) if np.isfinite(hours) else None


def _depot_cards(
    plan: Run, cells: Mapping[tuple[int, str], _Cell], hours: Floats, lots: pd.DataFrame
) -> list[dict[str, Any]]:
    villages = plan.tables["villages"]
    avoided = villages["avoided_t"].to_numpy(dtype=np.float64)
    cooled = lots[lots["d"] >= 0].groupby("v")["tonnes"].sum()
    served = lots[lots["d"] >= 0].groupby(["d", "v"])["tonnes"].sum()
    result, made = [], _products(plan)
    for depot, name in enumerate(plan.tables["depots"]["depot"]):
        own = served.loc[[depot]].droplevel(0).sort_values(ascending=False, kind="stable") if depot in served else None
        rows = np.array([] if own is None else own.index, dtype=np.intp)
        share = np.array([] if own is None else (own / cooled.reindex(own.index)).to_numpy(dtype=np.float64))
        zones = [
            [word(cell.zone), cell.capacity_t_day, cell.tonnes.round(1).tolist(), cell.use.round(4).tolist()]
            for cell in cells.values()
            if cell.depot == depot
        ]
        farther, alone = _without(depot, rows, cells, hours)
        result.append(
            {
                "zones": zones, "villages": rows.tolist(), "farther_h": farther, "alone": alone,
                "avoided_t": round(float((avoided[rows] * share).sum()), 2), "products": made.get(name, []),
            }
        )  # fmt: skip
    return result


def _products(plan: Run) -> dict[str, list[str]]:
    """Return by depot what its plants make of each crop in a year."""
    if "products" not in plan.tables:
        return {}
    crops, found = crop_names(plan.tables), defaultdict(list)
    text = _("{crop}, {zone}: {raw:,.1f} t become {product:,.1f} t, sold for {cny}")
    sums = plan.tables["products"].groupby(["depot", "zone", "commodity"], as_index=False)
    for row in sums[["raw_t", "product_t", "revenue_cny"]].sum().to_dict("records"):
        figures = {"raw": row["raw_t"], "product": row["product_t"], "cny": money(row["revenue_cny"])}
        told = text.format(crop=_(crops[row["commodity"]]), zone=word(row["zone"]), **figures)
        found[str(row["depot"])].append(told)
    return dict(found)


def _without(
    depot: int, rows: Indices, cells: Mapping[tuple[int, str], _Cell], hours: Floats
) -> tuple[float | None, int]:
    """Tell what its villages would do without it.

    Returns
    -------
    (more hours on average to the nearest other depot with one of its zones, villages that reach none)
    """
    zones = {zone for d, zone in cells if d == depot}
    others = sorted({d for d, zone in cells if d != depot and zone in zones})
    if not len(rows) or not others:
        return None, len(rows)
    extra = hours[rows][:, others].min(axis=1) - hours[rows, depot]
    reached = np.isfinite(extra)
    return (_finite(extra[reached].mean()) if reached.any() else None), int((~reached).sum())


def _village_cards(
    plan: Run, cells: Mapping[tuple[int, str], _Cell], hours: Floats, lots: pd.DataFrame
) -> list[dict[str, Any]]:
    names = crop_names(plan.tables)
    weighted = lots.assign(
        until=lots["cooled_h"].fillna(0.0) * lots["tonnes"],
        away=lots["delivery_h"].fillna(0.0) * lots["tonnes"],
        before=lots.get("today_share", np.nan) * lots["tonnes"],
    )
    keys = ["v", "commodity", "d", "zone"]
    summed = ["tonnes", "loss_t", "until", "away", "before"]
    sums = weighted.groupby(keys, sort=False)[summed].sum(min_count=1).reset_index()
    result: list[dict[str, Any]] = [{"crops": [], "why": []} for _row in range(len(plan.tables["villages"]))]
    for row in sums[sums["tonnes"] > 0].to_dict("records"):
        t, v, d = row["tonnes"], int(row["v"]), int(row["d"])
        hours_of = [round(row["until"] / t, 1) if d >= 0 else None, round(row["away"] / t, 1)]
        crop = names.get(row["commodity"], row["commodity"])
        today = None if np.isnan(row["before"]) else round(row["before"] / t, 4)
        shown = [crop, round(t, 2), round(row["loss_t"] / t, 4), d, word(row["zone"]), *hours_of, today]
        result[v]["crops"].append(shown)
    pairs = sums[sums["d"] >= 0].groupby(["v", "d", "zone"], sort=False)["tonnes"].sum()
    for v, d, zone in pairs.sort_values(ascending=False, kind="stable").index:
        _tell(result[int(v)]["why"], _why(int(v), int(d), str(zone), cells, hours))
    return result


def _tell(told: list[list[Any]], why: list[Any]) -> None:
    """Add a reason; of one that holds for several zones of a depot only the zone is added."""
    zone = word(why[1])
    for one in told:
        if one[0] == why[0] and one[2:] == why[2:]:
            one[1] += f" / {zone}"
            return
    told.append([why[0], zone, *why[2:]])


def _why(v: int, d: int, zone: str, cells: Mapping[tuple[int, str], _Cell], hours: Floats) -> list[Any]:
    """Say why a village goes to a depot: it is the nearest of its zone, or the nearer one is full, or costs more."""
    fit: Sequence[int] = [depot for depot, kind in cells if kind == zone]
    own = hours[v, d]
    nearer = min((depot for depot in fit if depot != d), key=lambda depot: hours[v, depot], default=None)
    if nearer is None or not hours[v, nearer] < own - NEARER_H:
        other = [-1, None] if nearer is None else [nearer, _finite(hours[v, nearer])]
        return [d, zone, _finite(own), NEAREST, *other, -1]
    use = cells[nearer, zone].use
    season = int(use.argmax())
    full = bool(use[season] >= FULL)
    code = NEARER_FULL if full else NEARER_ELSE
    return [d, zone, _finite(own), code, nearer, _finite(hours[v, nearer]), season if full else -1]
