"""Hold markets and stores of a week against its plan, the week before and the table of storage, by a law of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from coldchain.language import _
from coldchain.model import Hub, MobileUnit, Period, Scenario
from coldchain.verify.ageing import AgeingLots, Floats, fate_of, mean_over_days, middle_h
from coldchain.verify.losses import Chains, through_depot, to_buyer
from coldchain.verify.record import KG_PER_T, ON_THE_DOT_H, PROCESS, Record

RELATIVE, LEAST_T, LEAST_CNY = 1e-6, 2e-6, 1.0
WHERE = ("depot", "commodity", "zone", "method", "unit")
Tables = Mapping[str, pd.DataFrame]
Key = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Trade:
    """What a week sells and keeps.

    Attributes
    ----------
    whole : the scenario of the county, with its periods and its table of storage
    record : of the plan of the week
    tables : of the week; before : stores of the week before
    sales : as ``roll.json`` states them
    week : its name
    periods : week -> period of the county, of each week from which anything lies in store
    """

    whole: Scenario
    record: Record
    tables: Tables
    before: pd.DataFrame
    sales: Mapping[str, Any]
    week: str
    periods: Mapping[str, Period]


def trade_problems(trade: Trade) -> list[str]:
    """Return what is wrong with sales and stores."""
    return [*_balance(trade), *_stores(trade), *_rooms(trade), *_markets(trade), *_earned(trade)]


def _key(row: Mapping[Any, Any]) -> Key:
    return tuple(str(row[name]) for name in WHERE)


def _shown(key: Key) -> str:
    return _(", ").join(part for part in key if part)


def _lots(trade: Trade) -> dict[Key, list[Mapping[Any, Any]]]:
    """Return the lots of the plan that go on to a market, by depot, commodity and what cools them."""
    units = {
        tuple(str(row[name]) for name in ("village", *WHERE[:4])): str(row["unit"])
        for row in trade.record.tables["assignment"].to_dict("records")
    }
    at_market = {crop.id for crop in trade.whole.commodities if crop.sold_at == "market"}
    found: dict[Key, list[Mapping[Any, Any]]] = defaultdict(list)
    for row in trade.record.tables["lots"].to_dict("records"):
        if row["depot"] and row["method"] != PROCESS and row["commodity"] in at_market:
            where = tuple(str(row[name]) for name in WHERE[:4])
            found[(*where, units.get((str(row["village"]), *where), ""))].append(row)
    return found


def _balance(trade: Trade) -> Iterator[str]:
    """Hold what is sold fresh or put into store against what came."""
    came = {key: sum(float(row["tonnes"]) for row in rows) for key, rows in _lots(trade).items()}
    goes: dict[Key, float] = defaultdict(float)
    for row in trade.tables["sales"].to_dict("records"):
        goes[_key(row)] += float(row["tonnes"]) if not row["from_week"] else 0.0
    for row in trade.tables["stores"].to_dict("records"):
        goes[_key(row)] += float(row["in_t"])
    for key in sorted(came.keys() | goes.keys()):
        there, told = came.get(key, 0.0), goes.get(key, 0.0)
        if abs(there - told) > LEAST_T + RELATIVE * there:
            text = _("sales: {where}: {stated:,.3f} t are sold or kept, {found:,.3f} t came")
            yield text.format(where=_shown(key), stated=told, found=there)


def _stores(trade: Trade) -> Iterator[str]:
    """Hold the store against the week before, what was taken out, and the table of storage."""
    lay = {(*_key(row), str(row["from_week"]), str(row["until"])): float(row["tonnes"])
           for row in trade.before.to_dict("records") if float(row["tonnes"]) > LEAST_T}  # fmt: skip
    sold: dict[Key, float] = defaultdict(float)
    for row in trade.tables["sales"].to_dict("records"):
        sold[(*_key(row), str(row["from_week"]))] += float(row["tonnes"])
    rules = {(rule.commodity, rule.period, rule.until) for rule in trade.whole.storage}
    seen = set()
    for row in trade.tables["stores"].to_dict("records"):
        key = (*_key(row), str(row["from_week"]), str(row["until"]))
        seen.add(key)
        before, came, out, stays = (float(row[name]) for name in ("before_t", "in_t", "out_t", "tonnes"))
        right = lay.get(key, 0.0)
        if abs(before - right) > LEAST_T or abs(before + came - out - stays) > LEAST_T:
            text = _(
                "stores: {where}: {before:,.3f} + {came:,.3f} - {out:,.3f} is not {stays:,.3f} t; {right:,.3f} lay"
            )
            yield text.format(where=_shown(key), before=before, came=came, out=out, stays=stays, right=right)
        if right and abs(out - sold.get(key[:-1], 0.0)) > LEAST_T:
            text = _("stores: {where}: {out:,.3f} t are taken out, {sold:,.3f} t are sold")
            yield text.format(where=_shown(key), out=out, sold=sold.get(key[:-1], 0.0))
        if (key[1], trade.periods[str(row["from_week"])].id, key[-1]) not in rules or key[4]:
            text = _("stores: {where} may not be kept there by the table of storage")
            yield text.format(where=_shown(key))
    for key in sorted(lay.keys() - seen):
        yield _("stores: {where}: {t:,.3f} t lay there the week before and are not listed").format(
            where=_shown(key), t=lay[key]
        )


def _rooms(trade: Trade) -> Iterator[str]:
    """Hold what lies in rooms against their modules, less what passes through on a peak day."""
    scenario = trade.record.scenario
    lies: dict[Key, float] = defaultdict(float)
    for row in trade.tables["stores"].to_dict("records"):
        lies[str(row["depot"]), str(row["zone"]), str(row["method"])] += float(row["tonnes"])
    passes: dict[Key, float] = defaultdict(float)
    for key, rows in _lots(trade).items():
        if not key[4]:
            passes[key[0], key[2], key[3]] += sum(float(row["tonnes"]) for row in rows)
    for key, tonnes in lies.items():
        kinds = [kind for kind in trade.record.kinds.values()
                 if (kind.zone, kind.method) == key[1:] and not isinstance(kind, MobileUnit)]  # fmt: skip
        room = sum(kind.storage_t * trade.record.standing[key[0]].get(kind.id, 0) for kind in kinds)
        stay_d = (3.0 * kinds[0].half_cooling_h + scenario.chain.depot_dwell_h) / 24.0
        passing = passes.get(key, 0.0) / scenario.periods[0].days * scenario.siting.peak_factor * stay_d
        if tonnes > max(room - passing, 0.0) * (1 + RELATIVE) + LEAST_T and not _is_leftover(trade, key):
            text = _("stores: {tonnes:,.2f} t lie in {where}; beside what passes through there is room for {room:,.2f}")
            yield text.format(tonnes=tonnes, where=_shown(key), room=max(room - passing, 0.0))


def _is_leftover(trade: Trade, room: Key) -> bool:
    """Tell whether nothing new was put into a room: what no market takes stays where it lies."""
    stores = trade.tables["stores"]
    mine = (stores["depot"] == room[0]) & (stores["zone"] == room[1]) & (stores["method"] == room[2])
    return float(stores["in_t"][mine].sum()) <= LEAST_T


def _markets(trade: Trade) -> Iterator[str]:
    """Hold sales against markets: open, behind the hub of the depot, with room."""
    there = {(str(row["market"]), str(row["hub"])): row for row in trade.tables["markets"].to_dict("records")}
    sold: dict[tuple[str, str], float] = defaultdict(float)
    for row in trade.tables["sales"].to_dict("records"):
        key = str(row["market"]), str(row["hub"])
        if key[1] != trade.record.hub_of[str(row["depot"])] or (key[0] and key not in there):
            text = _("sales: {market} is not reached from {depot}")
            yield text.format(market=key[0] or key[1], depot=row["depot"])
        if key[0]:
            sold[key] += float(row["tonnes"])
    for key in sorted(sold.keys() & there.keys()):
        most = float(there[key]["most_t"])
        if not int(there[key]["open"]) or sold[key] > most * (1 + RELATIVE) + LEAST_T:
            text = _("sales: {market} takes {t:,.2f} t; it is closed or takes {most:,.2f} t")
            yield text.format(market=key[0], t=sold[key], most=0.0 if not int(there[key]["open"]) else most)


def _earned(trade: Trade) -> Iterator[str]:
    """Recompute what every sale loses on its way, when it is there, and what it earns."""
    chains, lots = Chains(trade.record), _lots(trade)
    ways = {(str(row["market"]), str(row["hub"])): _hub_as(trade, row)
            for row in trade.tables["markets"].to_dict("records")}  # fmt: skip
    stores = {(*_key(row), str(row["from_week"])): row for row in trade.tables["stores"].to_dict("records")}
    total, soon, fresh = 0.0, 0.0, 0.0
    for row in trade.tables["sales"].to_dict("records"):
        key, hub = _key(row), ways.get((str(row["market"]), str(row["hub"])))
        if hub is None:
            continue
        came, tonnes = str(row["from_week"]), float(row["tonnes"])
        if came:
            lying = stores.get((*key, came), {"warm_h": np.nan, "haul_h": np.nan})
            hours, share = (float(lying["warm_h"]), float(lying["haul_h"])), 1.0
        else:
            hours, share = _mean_lot(trade, chains, key, lots.get(key, [])), _in_time(trade, lots.get(key, []), hub)
            soon, fresh = soon + share * tonnes, fresh + tonnes
        lost = _lost(trade, chains, key, hub, hours, came)
        earned = tonnes * (float(row["price_cny_kg"]) * KG_PER_T * (1.0 - lost) - float(row["freight_cny_t"]))
        total += earned
        for name, found, least in (
            ("lost_share", lost, 1.0),
            ("in_time_share", share, 1.0),
            ("earned_cny", earned, 1e3),
        ):
            if not abs(float(row[name]) - found) <= RELATIVE * max(abs(found), least):
                text = _("sales: {name} of {where}: {stated:,.6g} stated, {found:,.6g} found")
                yield text.format(
                    name=name, where=_shown((*key, str(row["market"]))), stated=float(row[name]), found=found
                )
    stated = {"earned_cny": total, "in_time_share": soon / fresh if fresh else 0.0}
    for name, found in stated.items():
        if abs(float(trade.sales[name]) - found) > RELATIVE * max(abs(found), LEAST_CNY):
            text = _("sales.{name}: {stated:,.6g} stated, {found:,.6g} found")
            yield text.format(name=name, stated=float(trade.sales[name]), found=found)


def _hub_as(trade: Trade, row: Mapping[Any, Any]) -> Hub:
    hub = trade.record.hubs[str(row["hub"])][1]
    return hub.model_copy(update={name: float(row[name]) for name in ("onward_h", "market_h", "market_temp_c")})


def _mean_lot(trade: Trade, chains: Chains, key: Key, rows: list[Mapping[Any, Any]]) -> tuple[float, float]:
    """Return hours until the pre-cooler is loaded and on the line haul, by tonnes."""
    hub, kind = chains.hub_of(key[0]), chains.kind((key[2], key[3], key[4]))
    weight = sum(float(row["tonnes"]) for row in rows) or np.nan
    warm = sum(float(row["tonnes"]) * (float(row["cooled_h"]) - 3.0 * kind.half_cooling_h) for row in rows)
    beyond = trade.whole.chain.depot_dwell_h + hub.dwell_h + hub.onward_h
    haul = sum(float(row["tonnes"]) * (float(row["delivery_h"]) - float(row["cooled_h"]) - beyond) for row in rows)
    return warm / weight, haul / weight


def _in_time(trade: Trade, rows: list[Mapping[Any, Any]], way: Hub) -> float:
    hub = trade.record.hubs[way.id][1]
    late_h = trade.whole.chain.delivery_target_h + ON_THE_DOT_H
    soon = [float(row["tonnes"]) for row in rows if float(row["delivery_h"]) - hub.onward_h + way.onward_h <= late_h]
    return sum(soon) / (sum(float(row["tonnes"]) for row in rows) or 1.0)


def _lost(trade: Trade, chains: Chains, key: Key, hub: Hub, hours: tuple[float, float], came: str) -> float:
    """Return the share of the value that a lot has lost at a market."""
    scenario = trade.whole
    crop = next(one for one in scenario.commodities if one.id == key[1])
    period = trade.periods[came] if came else trade.record.scenario.periods[0]
    kept_d = float((_day(trade.week, 1) - _day(came, 1)).days) if came else 0.0
    chain = scenario.chain.model_copy(update={"depot_dwell_h": scenario.chain.depot_dwell_h + 24.0 * kept_d})
    kind = chains.kind((key[2], key[3], key[4]))
    start_h = np.full(1, middle_h(period))

    def lost(warmer_c: float) -> Floats:
        lot = AgeingLots.begin(crop, period, start_h, crop.packaging, warmer_c=warmer_c).in_air(hours[0])
        lot = to_buyer(through_depot(lot, chain, kind), chain, kind, hub, crop, haul_h=hours[1], half_h=chains.half_h)
        return fate_of(crop, lot, chain.planned_transfers, crop.packaging, scenario.economics)

    return float(mean_over_days(chain, lost)[2][0])


def _day(week: str, number: int) -> date:
    """Return a day of a week like 2026-W31, Monday is 1."""
    year, _w, of_year = week.partition("-W")
    return date.fromisocalendar(int(year), int(of_year), number)
