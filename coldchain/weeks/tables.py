"""The tables of a week and the object of ``roll.json``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from coldchain.arrays import KG_PER_T, Floats
from coldchain.dispatch.orders import TEMPLATE
from coldchain.errors import grouped
from coldchain.language import _, language
from coldchain.model.naming import labelled
from coldchain.planning import existing_modules
from coldchain.planning.people import people_of
from coldchain.planning.summary import delivery
from coldchain.weeks.calendar import days_of, iso_week, monday
from coldchain.weeks.expected import day_shares
from coldchain.weeks.roll import Rolled, week_cny

SCHEMA = "coldchain.roll/1"
LEAST_KG, LEAST_SHARE = 0.5, 1e-6
"""Orders of less are not written."""
LEFT = ("full", "unpaid")
"""Why a village that had a depot is left to today's chain: no room or people for it, or fetching costs more."""
EXPECTED = ("village", "commodity", "tonnes", "planned_t", "basis")
CHANGES = ("village", "name", "commodities", "from", "to", "why", "left_out_t", "cny")
HELD = ("village", "commodity", "depot", "reason")
UNITS = ("unit", "depot", "count", "before")
HIRE = ("vehicle", "owned", "most_day", "hired_days", "hire_cny")
CREWS = ("skill", "place", "hours_day", "needed_h_day", "worth_cny_person")
NEARLY_FULL = 0.999
"""Share of a depot's day that orders fill first: they are written in tenths of a kg."""
COOLER = ("depot", "zone", "method", "unit")
DAYS = ("village", "commodity", "depot", "date", "kg")
ORDERS = tuple(TEMPLATE)
ONWARD = ("depot", "commodity", "kind", "to", "kg")
"""``kind``: sell at the market ``to`` (empty: as the plan has it), store until the period ``to``, empty to a market."""


def tables_of(rolled: Rolled) -> dict[str, pd.DataFrame]:
    """Return name -> frame."""
    return {
        "expected": _expected(rolled), "ways": _ways(rolled), "changes": changes(rolled), "held": _held(rolled),
        "units": _units(rolled), "hire": _hire(rolled), "days": _days(rolled),
        "people": people_of(rolled.plan.scenario, rolled.plan.tables).drop(columns="period"),
        **({"crews": _crews(rolled)} if rolled.hands else {}),
        **({} if rolled.sold is None else {"sales": rolled.sold.sales, "stores": rolled.sold.stores,
                                           "markets": rolled.sold.markets}),
    }  # fmt: skip


def _ways(rolled: Rolled) -> pd.DataFrame:
    """Return who goes where after the week; ``state``: goes this week, is left out of it, or has nothing to bring."""
    now = rolled.plan.tables["assignment"]
    busy = set(zip(now["village"], now["commodity"], strict=True))
    meant = _expected(rolled).query("tonnes * 1000 > @LEAST_KG")
    due = set(zip(meant["village"], meant["commodity"], strict=True))
    keys = list(zip(rolled.ways["village"], rolled.ways["commodity"], strict=True))
    state = ["goes" if key in busy else "left" if key in due else "idle" for key in keys]
    return rolled.ways.assign(state=state)


def _crews(rolled: Rolled) -> pd.DataFrame:
    rows = [(*one.hand.post, one.hand.hours_day, one.needed_h_day, one.worth_cny) for one in rolled.hands]
    return pd.DataFrame(rows, columns=list(CREWS))


def _expected(rolled: Rolled) -> pd.DataFrame:
    scenario, outlook = rolled.plan.scenario, rolled.expected
    rows = [
        (scenario.villages[v].id, scenario.commodities[c].id, outlook.tonnes[v, c], outlook.planned[v, c],
         outlook.basis[c])
        for v, c in zip(*np.nonzero((outlook.tonnes > 0.0) | (outlook.planned > 0.0)), strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(EXPECTED))


def changes(rolled: Rolled) -> pd.DataFrame:
    """Return who changes: ``why`` is ``room`` (the former depot is full), ``cost``, or ``new`` (it went nowhere).

    ``left_out_t`` is what the former depot could not have taken of the week, ``cny`` what the change saves by direct
    rides; the bills of both weeks have the routed figures. Below them who went to a depot and is not fetched, wholly or
    in part (`LEFT`): ``left_out_t`` keeps today's chain, ``to`` is where the rest goes. Their depot stays for later.
    """
    rows = [*_moved(rolled), *_left(rolled)]
    return pd.DataFrame(rows, columns=list(CHANGES))


def _moved(rolled: Rolled) -> Iterator[tuple[Any, ...]]:
    ground, former = rolled.plan.ground, rolled.former
    arcs, scenario = ground.arcs, ground.scenario
    village = arcs.village[arcs.demand]
    saved = _worth(rolled, rolled.choice.share) - _worth(rolled, rolled.stay_choice.share)
    stayed, goes = (_served_t(rolled, one.share) for one in (rolled.stay_choice, rolled.choice))
    for v in rolled.choice.changed:
        mine = village == v
        groups = {int(arcs.group[arcs.demand[a]]) for a in np.flatnonzero(mine & _new(rolled))}
        crops = sorted(
            scenario.commodities[c].id for g in groups for c in arcs.members[g] if rolled.expected.tonnes[v, c]
        )
        left = max(float(goes[v] - stayed[v]), 0.0)
        why = "new" if not (mine & former.went).any() else "room" if left > 1e-6 else "cost"
        of = np.isin(arcs.group[arcs.demand], list(groups)) & mine
        place = scenario.villages[v]
        yield (place.id, place.name, ";".join(crops), _sites(rolled, of & former.went),
               _sites(rolled, of & (rolled.choice.share > 0)), why, left, float(saved[v]))  # fmt: skip


def _left(rolled: Rolled) -> Iterator[tuple[Any, ...]]:
    """Yield who went to a depot and stays, with some of its goods at least, in today's chain this week."""
    ground, former = rolled.plan.ground, rolled.former
    arcs, scenario = ground.arcs, ground.scenario
    served = np.bincount(arcs.demand, rolled.choice.share, minlength=len(arcs.village))
    before = set(zip(rolled.before.ways["village"], rolled.before.ways["commodity"], strict=True))
    before |= {(row.village, row.commodity) for row in _held(rolled).itertuples() if row.depot}
    gain = arcs.outside.of("total_cost_cny")[arcs.demand] - arcs.arc_cost("total_cost_cny")
    for d in np.flatnonzero(arcs.yearly_t * (1.0 - served) > LEAST_KG / KG_PER_T):
        v, mine = arcs.village[d], arcs.demand == d
        place, tonnes = scenario.villages[v], rolled.expected.tonnes[v]
        members = [scenario.commodities[c].id for c in arcs.members[arcs.group[d]]]
        if not any((place.id, crop) in before or (place.id, "") in before for crop in members):
            continue
        crops = sorted(scenario.commodities[c].id for c in arcs.members[arcs.group[d]] if tonnes[c])
        why = LEFT[0] if (gain[mine & former.went] > 0.0).any() else LEFT[1]
        yield (place.id, place.name, ";".join(crops), _sites(rolled, mine & former.went),
               _sites(rolled, mine & (rolled.choice.share > 0)), why, float(arcs.yearly_t[d] * (1.0 - served[d])),
               0.0)  # fmt: skip


def _new(rolled: Rolled) -> Any:
    return (rolled.choice.share > 0.0) & ~rolled.former.went


def _sites(rolled: Rolled, arcs: Any) -> str:
    sites = rolled.plan.scenario.sites
    return ";".join(sorted({sites[j].id for j in rolled.plan.ground.arcs.site[arcs]}))


def _worth(rolled: Rolled, share: Floats) -> Floats:
    """Return what each village's week saves against today's chain by direct rides, float[villages]."""
    arcs = rolled.plan.ground.arcs
    gain = arcs.outside.of("total_cost_cny")[arcs.demand] - arcs.arc_cost("total_cost_cny")
    used = np.where(share > 0.0, np.where(np.isfinite(gain), gain, 0.0) * share, 0.0)
    return _by_village(rolled, used)


def _served_t(rolled: Rolled, share: Floats) -> Floats:
    arcs = rolled.plan.ground.arcs
    return _by_village(rolled, share * arcs.yearly_t[arcs.demand])


def _by_village(rolled: Rolled, figure: Floats) -> Floats:
    village = rolled.plan.ground.arcs.village[rolled.plan.ground.arcs.demand]
    size = len(rolled.plan.scenario.villages)
    return np.asarray(np.bincount(village, figure, minlength=size), dtype=np.float64)


def _held(rolled: Rolled) -> pd.DataFrame:
    scenario, past = rolled.plan.scenario, rolled.given.past
    rows = [
        (scenario.villages[one.village].id, "" if one.commodity < 0 else scenario.commodities[one.commodity].id,
         one.depot, one.reason)
        for one in rolled.given.holds
    ]  # fmt: skip
    loaded = [
        (scenario.villages[v].id, scenario.commodities[c].id, depot, "loaded") for (v, c), depot in past.loaded.items()
    ]
    return pd.DataFrame([*rows, *loaded], columns=list(HELD))


def _units(rolled: Rolled) -> pd.DataFrame:
    scenario, stood, stands = rolled.plan.scenario, rolled.former.stood, rolled.choice.standing
    kinds = scenario.depot_types[scenario.fixed_types :]
    rows = [
        (kinds[m].id, scenario.sites[j].id, int(stands[j, m]), int(stood[j, m]))
        for j, m in zip(*np.nonzero((stands > 0) | (stood > 0)), strict=True)
    ]
    return pd.DataFrame(rows, columns=list(UNITS))


def _hire(rolled: Rolled) -> pd.DataFrame:
    fleet = rolled.plan.tables["fleet"]
    named = fleet.rename(columns={"hire_cny_year": "hire_cny"})[list(HIRE)]
    return named[(named["hired_days"] > 0) | (named["owned"] > 0)].reset_index(drop=True)


def _days(rolled: Rolled) -> pd.DataFrame:
    """Return what is fetched where on which day: the week's assignment over the days on which a village delivers.

    What a depot cannot take in on a day moves to the next that has room, else to one before.
    """
    scenario, days = rolled.plan.scenario, days_of(rolled.given.week)
    number = {village.id: v for v, village in enumerate(scenario.villages)}
    assigned = rolled.plan.tables["assignment"]
    rows = []
    for cooling, mine in assigned.groupby(list(COOLER), sort=True):
        shares = [day_shares(rolled.given.past, number[village], len(days)) for village in mine["village"]]
        most_kg = _takes_kg(rolled, *map(str, cooling))
        kg = mine["tonnes_year"].to_numpy()[:, None] * KG_PER_T * np.array(shares)
        kg = levelled(levelled(kg, NEARLY_FULL * most_kg), most_kg)
        for row, amounts in zip(mine.to_dict("records"), kg, strict=True):
            rows += [(row["village"], row["commodity"], row["depot"], str(day), float(one))
                     for day, one in zip(days, amounts, strict=True) if one > LEAST_KG]  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(DAYS))
    frame = frame.groupby(list(DAYS[:-1]))["kg"].sum().reset_index()
    return frame.sort_values(["date", "village", "commodity", "depot"], ignore_index=True)


def levelled(kg: Floats, most_kg: float) -> Floats:
    """Move what is above a day's room to the next days with room, then to those before; shape (rows, days).

    Examples
    --------
    >>> levelled(np.array([[8.0, 0.0, 2.0], [4.0, 0.0, 2.0]]), 6.0).round(6).tolist()
    [[4.0, 4.0, 2.0], [2.0, 2.0, 2.0]]
    """
    kg = kg.copy()
    days = kg.shape[1]
    for day in range(days):
        for other in (*range(day + 1, days), *range(day - 1, -1, -1)):
            total = kg[:, day].sum()
            moved = min(total - most_kg, most_kg - kg[:, other].sum())
            if moved > 0.0:
                part = kg[:, day] * (moved / total)
                kg[:, day] -= part
                kg[:, other] += part
    return kg


def _takes_kg(rolled: Rolled, depot: str, zone: str, method: str, unit: str) -> float:
    """Return what a depot takes in on a day by a method, or in mobile units of a type."""
    basis, scenario = rolled.plan.ground.basis, rolled.plan.scenario
    site = next(j for j, one in enumerate(scenario.sites) if one.id == depot)
    there = existing_modules(basis)[site].astype(np.float64)
    there[scenario.fixed_types :] = rolled.choice.standing[site] if unit else 0.0
    kinds = [(kind.zone, kind.method, kind.id if unit else "") == (zone, method, unit) for kind in scenario.depot_types]
    return float((there * basis.capacity_t_day)[kinds].sum() * KG_PER_T)


def orders_of(days: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return date -> table as ``coldchain routes --orders`` reads it."""
    found = {}
    for day, rows in days.groupby("date", sort=True):
        numbered = rows.assign(order=[f"{day}-{n:03d}" for n in range(1, len(rows) + 1)], kg=rows["kg"].round(1))
        found[str(day)] = numbered.assign(**{name: "" for name in ORDERS if name not in numbered})[list(ORDERS)]
    return found


def onward_of(tables: Mapping[str, pd.DataFrame], week: int) -> dict[str, pd.DataFrame]:
    """Return date -> what leaves each depot or goes into store: what comes on a day, in the week's shares.

    What is taken out of store leaves on the first day on which anything comes, else on Monday.
    """
    if "sales" not in tables:
        return {}
    days, keys = tables["days"], ["depot", "commodity"]
    sales, stores = tables["sales"], tables["stores"]
    fresh = sales[sales["from_week"] == ""].assign(to=sales["market"], kind="sell")[[*keys, "kind", "to", "tonnes"]]
    kept = stores[stores["in_t"] > 0.0].assign(to=stores["until"], kind="store", tonnes=stores["in_t"])
    goes = pd.concat([fresh, kept[[*keys, "kind", "to", "tonnes"]]])
    goes = goes.groupby([*keys, "kind", "to"])["tonnes"].sum().reset_index()
    goes = goes.assign(share=goes["tonnes"] / goes.groupby(keys)["tonnes"].transform("sum"))
    come = days.groupby(["date", *keys])["kg"].sum().reset_index().merge(goes, on=keys)
    come = come.assign(kg=come["kg"] * come["share"])[["date", *ONWARD]]
    out = sales[sales["from_week"] != ""].assign(
        date=days["date"].min() if len(days) else str(monday(week)),
        kind="empty",
        to=sales["market"],
        kg=sales["tonnes"] * KG_PER_T,
    )
    rows = pd.concat([come, out[["date", *ONWARD]]]).groupby(["date", *ONWARD[:-1]])["kg"].sum().reset_index()
    rows = rows[rows["kg"] > LEAST_KG].assign(kg=lambda one: one["kg"].round(1))
    return {str(day): one[list(ONWARD)].reset_index(drop=True) for day, one in rows.groupby("date", sort=True)}


def _trade(rolled: Rolled) -> dict[str, Any]:
    """Return what the week's sales earn, and what goes into store and out of it."""
    sold = rolled.sold
    if sold is None:
        return {}
    stores, earned = sold.stores, float(sold.sales["earned_cny"].sum())
    return {
        "sales": {
            "earned_cny": earned, "nearest_cny": sold.nearest_cny, "in_time_share": sold.in_time_share,
            "markets": sorted(set(sold.sales["market"]) - {""}),
            "stored_t": {name: float(stores[f"{name}_t"].sum()) for name in ("before", "in", "out")}
            | {"after": float(stores["tonnes"].sum())},
            "nowhere": [{"depot": depot, "commodity": crop, "t": t} for (depot, crop), t in sold.nowhere.items()],
        }
    }  # fmt: skip


def summary_of(rolled: Rolled, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Return the object of ``roll.json``."""
    plan, outlook = rolled.plan, rolled.expected
    bill, stay = plan.summary["annual_cny"], rolled.stay.summary["annual_cny"]
    changed = tables["changes"]
    left = changed["why"].isin(LEFT)
    moved, villages = int((~left).sum()), len(plan.scenario.villages)
    return {
        "schema": SCHEMA,
        "county": plan.scenario.name,
        "week": iso_week(rolled.given.week),
        "from": str(monday(rolled.given.week)),
        "period": plan.scenario.periods[0].id,
        "before": rolled.before.source,
        "expected": {"t": float(outlook.tonnes.sum()), "planned_t": float(outlook.planned.sum()),
                     "commodities": _crops(rolled)},
        "villages": {"total": villages, "changed": moved, "limit": rolled.limit,
                     "changed_share": moved / villages, "left_out": int(changed["village"][left].nunique())},
        "changes": changed.to_dict("records"),
        "held": len(tables["held"]),
        "units": tables["units"].to_dict("records"),
        "hire": tables["hire"].to_dict("records"),
        "people": tables["people"].to_dict("records"),
        **({"crews": tables["crews"].to_dict("records")} if "crews" in tables else {}),
        "cny": {"week": rolled.cost_cny, "stay": week_cny(stay), "gain": rolled.gain_cny, "moves": rolled.moves_cny,
                "terms": dict(bill)},
        "delivery_h": {"today": _todays_hours(rolled), "stay": rolled.stay.summary["delivery_h"],
                       "week": plan.summary["delivery_h"]},
        **_trade(rolled),
        "loss": {name: plan.summary["loss"][name] for name in ("plan_rate", "plan_t", "plan_cny")},
        "t": {"cooled": float(plan.tables["villages"]["cooled_t"].sum()), "harvest": float(outlook.tonnes.sum())},
        "verified": {"ok": not rolled.problems, "problems": list(rolled.problems)},
        "warnings": [*(str(group) for group in grouped(rolled.given.faults)), *_short(rolled), *_unsold(rolled)],
    }  # fmt: skip


def _short(rolled: Rolled) -> list[str]:
    """Name what is held and cannot go anywhere with the people at hand."""
    arcs, villages = rolled.plan.ground.arcs, rolled.plan.scenario.villages
    served = np.bincount(arcs.demand, rolled.choice.share, minlength=len(arcs.village))
    went = np.bincount(arcs.demand, rolled.former.went, minlength=len(arcs.village)) > 0
    short = rolled.former.held & went & (served < 1.0 - LEAST_SHARE)
    left = np.unique(arcs.village[short]) if rolled.hands else ()
    if not len(left):
        return []
    text = _("people and room do not suffice for all that is held; it stays in part: {villages}")
    return [text.format(villages=_(", ").join(labelled(villages[v].id, villages[v].name) for v in left))]


def _unsold(rolled: Rolled) -> Iterator[str]:
    """Name what no open market and no room takes."""
    for (depot, crop), t in (rolled.sold.nowhere if rolled.sold else {}).items():
        text = _("{depot}: no open market and no store has room for {t:,.1f} t of {crop}")
        site = next(one for one in rolled.plan.scenario.sites if one.id == depot)
        goods = next(one for one in rolled.plan.scenario.commodities if one.id == crop)
        name = goods.name_zh if language() == "zh" and goods.name_zh else goods.name
        yield text.format(depot=labelled(site.id, site.name), t=t, crop=name)


def _todays_hours(rolled: Rolled) -> dict[str, float]:
    """Return hours from harvest to the buyer where nobody uses a depot, as summaries have them."""
    ground = rolled.plan.ground
    target = ground.scenario.chain.delivery_target_h
    return delivery(ground.today.lots, target, ground.today.outcome.harvest_t)


def _crops(rolled: Rolled) -> list[dict[str, Any]]:
    outlook, crops = rolled.expected, rolled.plan.scenario.commodities
    return [
        {"commodity": crop.id, "t": float(outlook.tonnes[:, c].sum()), "planned_t": float(outlook.planned[:, c].sum()),
         "low_80_t": outlook.low_t[c], "high_80_t": outlook.high_t[c], "basis": outlook.basis[c]}
        for c, crop in enumerate(crops)
    ]  # fmt: skip
