"""The tables of a week and the object of ``roll.json``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from coldchain.arrays import KG_PER_T, Floats
from coldchain.dispatch.orders import TEMPLATE
from coldchain.errors import grouped
from coldchain.language import _
from coldchain.model.naming import labelled
from coldchain.planning.people import people_of
from coldchain.planning.summary import delivery
from coldchain.weeks.calendar import days_of, iso_week, monday
from coldchain.weeks.expected import day_shares
from coldchain.weeks.roll import Rolled, week_cny

SCHEMA = "coldchain.roll/1"
LEAST_KG, LEAST_SHARE = 0.5, 1e-6
"""Orders of less are not written."""
EXPECTED = ("village", "commodity", "tonnes", "planned_t", "basis")
CHANGES = ("village", "name", "commodities", "from", "to", "why", "left_out_t", "cny")
HELD = ("village", "commodity", "depot", "reason")
UNITS = ("unit", "depot", "count", "before")
HIRE = ("vehicle", "owned", "most_day", "hired_days", "hire_cny")
CREWS = ("skill", "place", "hours_day", "needed_h_day", "worth_cny_person")
DAYS = ("village", "commodity", "depot", "date", "kg")
ORDERS = tuple(TEMPLATE)


def tables_of(rolled: Rolled) -> dict[str, pd.DataFrame]:
    """Return name -> frame."""
    return {
        "expected": _expected(rolled), "ways": rolled.ways, "changes": changes(rolled), "held": _held(rolled),
        "units": _units(rolled), "hire": _hire(rolled), "days": _days(rolled),
        "people": people_of(rolled.plan.scenario, rolled.plan.tables).drop(columns="period"),
        **({"crews": _crews(rolled)} if rolled.hands else {}),
    }  # fmt: skip


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
    rides; the bills of both weeks have the routed figures.
    """
    ground, former = rolled.plan.ground, rolled.former
    arcs, scenario = ground.arcs, ground.scenario
    village = arcs.village[arcs.demand]
    saved = _worth(rolled, rolled.choice.share) - _worth(rolled, rolled.stay_choice.share)
    stayed, goes = (_served_t(rolled, one.share) for one in (rolled.stay_choice, rolled.choice))
    rows = []
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
        rows.append((place.id, place.name, ";".join(crops), _sites(rolled, of & former.went),
                     _sites(rolled, of & (rolled.choice.share > 0)), why, left, float(saved[v])))  # fmt: skip
    return pd.DataFrame(rows, columns=list(CHANGES))


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
    """Return what is fetched where on which day: the week's assignment over the days on which a village delivers."""
    scenario, days = rolled.plan.scenario, days_of(rolled.given.week)
    number = {village.id: v for v, village in enumerate(scenario.villages)}
    rows = []
    for row in rolled.plan.tables["assignment"].to_dict("records"):
        for day, share in zip(days, day_shares(rolled.given.past, number[row["village"]], len(days)), strict=True):
            kg = float(row["tonnes_year"]) * KG_PER_T * share
            if kg > LEAST_KG:
                rows.append((row["village"], row["commodity"], row["depot"], str(day), kg))
    frame = pd.DataFrame(rows, columns=list(DAYS))
    return frame.sort_values(["date", "village", "commodity", "depot"], ignore_index=True)


def orders_of(days: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return date -> table as ``coldchain routes --orders`` reads it."""
    found = {}
    for day, rows in days.groupby("date", sort=True):
        numbered = rows.assign(order=[f"{day}-{n:03d}" for n in range(1, len(rows) + 1)], kg=rows["kg"].round(1))
        found[str(day)] = numbered.assign(**{name: "" for name in ORDERS if name not in numbered})[list(ORDERS)]
    return found


def summary_of(rolled: Rolled, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Return the object of ``roll.json``."""
    plan, outlook = rolled.plan, rolled.expected
    bill, stay = plan.summary["annual_cny"], rolled.stay.summary["annual_cny"]
    changed = tables["changes"]
    villages = len(plan.scenario.villages)
    return {
        "schema": SCHEMA,
        "county": plan.scenario.name,
        "week": iso_week(rolled.given.week),
        "from": str(monday(rolled.given.week)),
        "period": plan.scenario.periods[0].id,
        "before": rolled.before.source,
        "expected": {"t": float(outlook.tonnes.sum()), "planned_t": float(outlook.planned.sum()),
                     "commodities": _crops(rolled)},
        "villages": {"total": villages, "changed": len(changed), "limit": rolled.limit,
                     "changed_share": len(changed) / villages},
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
        "loss": {name: plan.summary["loss"][name] for name in ("plan_rate", "plan_t", "plan_cny")},
        "t": {"cooled": float(plan.tables["villages"]["cooled_t"].sum()), "harvest": float(outlook.tonnes.sum())},
        "verified": {"ok": not rolled.problems, "problems": list(rolled.problems)},
        "warnings": [*(str(group) for group in grouped(rolled.given.faults)), *_short(rolled)],
    }  # fmt: skip


def _short(rolled: Rolled) -> list[str]:
    """Name what is held and cannot go anywhere with the people at hand."""
    arcs, villages = rolled.plan.ground.arcs, rolled.plan.scenario.villages
    served = np.bincount(arcs.demand, rolled.choice.share, minlength=len(arcs.village))
    left = np.unique(arcs.village[rolled.former.held & (served < 1.0 - LEAST_SHARE)]) if rolled.hands else ()
    if not len(left):
        return []
    text = _("people and room do not suffice for all that is held; it stays in part: {villages}")
    return [text.format(villages=_(", ").join(labelled(villages[v].id, villages[v].name) for v in left))]


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
