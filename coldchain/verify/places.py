"""Tables of depots, assignment, villages, commodities and lots, recomputed from what decides the plan."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coldchain.language import _
from coldchain.model import DepotType, MobileUnit, Site
from coldchain.verify.depots import Built
from coldchain.verify.haul import holds_t
from coldchain.verify.record import Record, rows
from coldchain.verify.restated import Figure, Restated, by_lot, check_table
from coldchain.verify.subsidy import CheckedAwards

CRUMB = 1e-6
"""Lots of a smaller share of what is harvested are crumbs of rounding: they are compared in sum only."""


def check_depots(record: Record, built: Built, awards: CheckedAwards) -> None:
    """Hold what depots are, what they have and what that costs against scenario and rule.

    Parameters
    ----------
    built : new modules and units bought, by depot
    """
    check_table(record, Restated("depots", ("depot",), list(_depots(record, built, awards))))


def _depots(record: Record, built: Built, awards: CheckedAwards) -> Iterator[dict[str, Any]]:
    parked = set(record.tables["units"]["depot"])
    for site in record.scenario.sites:
        new, wheels = _parted(record, built, site)
        standing = [(record.kinds[key], count) for key, count in record.standing[site.id].items() if count]
        if not (new or wheels or standing or site.id in parked):
            continue
        status = (
            ("built" if new and not standing else "expanded" if new else "existing") if new or standing else "mobile"
        )
        found = {
            "depot": site.id, "name": site.name, "county": site.county, "owner": site.owner or site.id,
            "lon": site.lon, "lat": site.lat, "status": status, "new_modules": _modules(record, new),
            "standing_modules": _modules(record, standing), "units_bought": _modules(record, wheels),
            "net_m3": sum(kind.net_m3 * count for kind, count in [*new, *standing]),
            "throughput_t_day": sum(kind.throughput_t_day * count for kind, count in [*new, *standing]),
            "capex_cny": sum(kind.capex_cny * count for kind, count in [*new, *wheels]),
            "subsidy_cny": awards.of_site(site),
        }  # fmt: skip
        if site.id in record.hub_of:
            found["haul_h"], found["haul_km"] = record.to_hub(record.site_node(site.id), record.hub_of[site.id])
        yield found


Modules = list[tuple[DepotType, int]]


def _parted(record: Record, built: Built, site: Site) -> list[Modules]:
    """Part what is bought for a site into modules and units on wheels."""
    bought = [(record.kinds[key], count) for key, count in built.get(site.id, {}).items() if count]
    return [[pair for pair in bought if isinstance(pair[0], MobileUnit) is rolls] for rolls in (False, True)]


def _modules(record: Record, modules: Modules) -> str:
    """Write modules as ``type:count;type:count`` in the order of the catalogue."""
    order = {kind.id: n for n, kind in enumerate(record.scenario.depot_types)}
    return ";".join(f"{kind.id}:{n}" for kind, n in sorted(modules, key=lambda pair: order[pair[0].id]))


def check_service(record: Record, lots: pd.DataFrame) -> None:
    """Hold tonnes and villages of each depot against the lots."""
    cold = lots[lots["depot"] != ""]
    tonnes, served = by_lot(cold, ("depot",), "tonnes"), cold.groupby("depot")["village"].nunique()
    found = [
        {"depot": key, "tonnes_year": tonnes.get(key, 0.0), "villages": int(served.get(key, 0))}
        for key in record.tables["depots"]["depot"]
    ]
    check_table(record, Restated("depots", ("depot",), found, whole=False))


ASSIGNED = ("village", "commodity", "depot", "zone", "method", "unit", "period")


def check_shares(record: Record) -> None:
    """Hold tonnes and hours of each row of the assignment against its share; no lane has two rows of one period."""
    table = record.tables["assignment"]
    found, spoken = [], defaultdict(list)
    for row in rows(table):
        harvest = record.scenario.harvest_t[record.villages[row.village][0], record.crops[row.commodity][0]]
        tonnes = sum(float(harvest[p]) * float(row.share) for p, _rest in record.periods_of(row))
        hours, _km = record.roads.way_to(record.village_node(row.village), record.site_node(row.depot))
        figures = {"tonnes_year": tonnes, "direct_h": hours}
        found.append({name: getattr(row, name) for name in ASSIGNED} | figures)
        spoken[tuple(getattr(row, name) for name in ASSIGNED[:-1])].append(row.period)
    check_table(record, Restated("assignment", ASSIGNED, found))
    for lane, periods in spoken.items():
        if len(set(periods)) < len(periods) or (len(periods) > 1 and "" in periods):
            text = _("{table}: {key} is listed twice for the same period")
            record.wrong(text.format(table="assignment", key=_(", ").join(filter(None, lane))))


def check_trips(record: Record) -> None:
    """Hold hub, days and load of each row of the line haul, and the numbers of stops, against what they follow from."""
    hauls = []
    for row in rows(record.tables["line_haul"]):
        vehicle = record.vehicles[row.vehicle]
        days = record.periods[row.period][1].days
        copied = {"hub": record.hub_of[row.depot], "days": days, "capacity_t": holds_t(record, vehicle)}
        hauls.append({name: getattr(row, name) for name in HAUL} | copied)
    check_table(record, Restated("line_haul", HAUL, hauls))
    table = record.tables["line_haul"]
    for row in rows(table[table.duplicated(list(HAUL))]):
        where = _(", ").join(str(getattr(row, name)) for name in HAUL if getattr(row, name))
        record.wrong(_("{table}: {id} is listed twice").format(table="line_haul", id=where))
    for route, order in record.tables["stops"].groupby("route")["order"]:
        if sorted(map(float, order)) != list(range(1, len(order) + 1)):
            record.odd(_("stops: the stops of {route} are not numbered from 1 on").format(route=route))


HAUL = ("depot", "period", "zone", "vehicle", "tour")


def check_villages(record: Record, lots: pd.DataFrame, today: pd.DataFrame) -> None:
    """Hold the table of villages against scenario and lots.

    Parameters
    ----------
    today : lots without the plan
    """
    harvest = record.scenario.harvest_t.sum(axis=(1, 2))
    cooled = by_lot(lots[lots["depot"] != ""], ("village",), "tonnes")
    before, after = (by_lot(frame, ("village",), "loss_t") for frame in (today, lots))
    others = {
        f"{side}_{name}": by_lot(frame, ("village",), of)
        for side, frame in (("baseline", today), ("plan", lots))
        for name, of in (("water_t", "water_t"), ("loss_cny", "lost_cny"))
    }
    found = []
    for v, village in enumerate(record.scenario.villages):
        was, now = before.get(village.id, 0.0), after.get(village.id, 0.0)
        whole = float(harvest[v]) or 1.0
        found.append(
            {
                "village": village.id, "name": village.name, "county": village.county, "town": village.town,
                "cooperative": village.cooperative, "lon": village.lon, "lat": village.lat,
                "harvest_t": float(harvest[v]), "cooled_t": cooled.get(village.id, 0.0), "baseline_loss_t": was,
                "plan_loss_t": now, "avoided_t": Figure(was - now, was + now), "baseline_rate": was / whole,
                "plan_rate": now / whole,
                **{name: figures.get(village.id, 0.0) for name, figures in others.items()},
            }
        )  # fmt: skip
    check_table(record, Restated("villages", ("village",), found))
    for row in rows(record.tables["villages"]):
        if row.village in record.villages and bool(row.reason) == (cooled.get(row.village, 0.0) > 0):
            text = (
                _("villages: {village} is cooled, and a reason why it is not is given")
                if row.reason
                else _("villages: the reason why nothing of {village} is cooled is missing")
            )
            record.odd(text.format(village=row.village))


def check_commodities(record: Record, lots: pd.DataFrame, today: pd.DataFrame) -> None:
    """Hold the table of commodities against scenario and lots."""
    harvest = record.scenario.harvest_t.sum(axis=(0, 2))
    cooled = by_lot(lots[lots["depot"] != ""], ("commodity",), "tonnes")
    before, after = (by_lot(frame, ("commodity",), "loss_t") for frame in (today, lots))
    found = []
    for c, crop in enumerate(record.scenario.commodities):
        was, now, whole = before.get(crop.id, 0.0), after.get(crop.id, 0.0), float(harvest[c]) or 1.0
        figures = {
            "harvest_t": float(harvest[c]),
            "cooled_share": cooled.get(crop.id, 0.0) / whole,
            "baseline_loss_t": was,
            "plan_loss_t": now,
            "baseline_rate": was / whole,
            "plan_rate": now / whole,
        }
        found.append({"commodity": crop.id, "name": crop.name, "name_zh": crop.name_zh, **figures})
    check_table(record, Restated("commodities", ("commodity",), found))


LANE = ("village", "commodity", "period", "depot", "zone", "method", "until")
LOT_FIGURES = (
    "tonnes", "aboard_h", "wait_h", "cooled_h", "delivery_h", "loss_share", "loss_t", "water_t", "loss_cny",
    "today_share",
)  # fmt: skip


def check_lots(record: Record, lots: pd.DataFrame, today: pd.DataFrame) -> None:
    """Hold every lot against the lots followed again; crumbs of rounding count in their sum only."""
    of = ["village", "commodity", "period"]
    grown = today.groupby(of)[["tonnes", "loss_t"]].sum()
    mine = grown.reindex(pd.MultiIndex.from_frame(lots[of]))
    found = lots.assign(
        loss_share=lots["loss_t"] / lots["tonnes"],
        loss_cny=lots["lost_cny"],
        cooled_h=lots["cooled_h"].replace(np.inf, math.nan),
        today_share=(mine["loss_t"] / mine["tonnes"]).to_numpy(),
    )[[*LANE, *LOT_FIGURES]][~_crumbs(lots, grown["tonnes"])]
    stated = record.tables["lots"]
    kept = {"lots": stated[~_crumbs(stated, grown["tonnes"])]}
    part = Record(record.scenario, record.roads, kept, record.found, record.stage)
    order = ("aboard_h", "delivery_h", "tonnes")
    check_table(part, Restated("lots", LANE, list(_dicts(found)), order=order))
    total = float(pd.to_numeric(stated["tonnes"], errors="coerce").sum())
    record.differs(_("lots: tonnes in all"), total, float(record.scenario.harvest_t.sum()), 1.0)


def _crumbs(lots: pd.DataFrame, grown: pd.Series) -> NDArray[np.bool_]:
    """Tell which lots are less than a millionth of what their village harvests of the commodity in the period."""
    mine = grown.reindex(pd.MultiIndex.from_frame(lots[["village", "commodity", "period"]])).to_numpy(dtype=np.float64)
    weight = pd.to_numeric(lots["tonnes"], errors="coerce").to_numpy(dtype=np.float64)
    return np.asarray(np.abs(weight) <= CRUMB * mine, dtype=np.bool_)


def _dicts(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in frame.to_dict("records"):
        yield {str(name): cell for name, cell in row.items()}
