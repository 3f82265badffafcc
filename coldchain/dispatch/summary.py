"""The key figures of a day: the object of ``routes.json``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from coldchain import __version__
from coldchain.dispatch.dispatch import Dispatch, DispatchRequest
from coldchain.dispatch.drivers import used_up
from coldchain.dispatch.tables import Tables, records
from coldchain.errors import grouped, shortened
from coldchain.language import N_, plural
from coldchain.model.naming import labelled

SHOWN = 8
CRUMB = 1e-6
SCHEMA = "coldchain.routes/1"


def summarise(made: Dispatch, tables: Tables) -> dict[str, Any]:
    """Return the summary; plain values but for numbers of numpy."""
    day, source = made.day, made.day.source
    scenario = source.scenario
    tours, lots, unserved = tables["tours"], tables["lots"], tables["unserved"]
    served, left = float(lots["kg"].sum()), float(unserved["kg"].sum())
    loss_kg, loss_cny, cost = (float(frame.sum()) for frame in (lots["loss_kg"], lots["loss_cny"], tours["cost_cny"]))
    return {
        "schema": SCHEMA,
        "scenario": {"name": scenario.name, "variant": scenario.variant, "sha256": scenario.sha256},
        "source": source.kind,
        "version": __version__,
        "seed": made.wish.seed,
        "engine": made.wish.engine,
        "status": made.result.status,
        "interrupted": made.interrupted,
        "ended": str(made.ending),
        "day": {
            "given": made.wish.day or "",
            "period": scenario.periods[day.period].id,
            "orders": _orders_name(made.wish),
            "counted_from": "ready" if day.clock.since_ready else "loading",
        },
        "seconds": made.seconds,
        "iterations": made.result.iterations,
        "objective": {"name": "vehicles_spoilage_access_cny", "value": made.result.total_cny},
        "orders": {"count": len(made.orders), "kg": served + left, "served_kg": served, "unserved_kg": left},
        "depots": sum(1 for n in tables["depots"]["tours"] if n),
        "vehicles": len(tours),
        "trips": len(tables["trips"]),
        "stops": len(tables["stops"]),
        "hire": hire(made, tours),
        "used_up": used_up(made.drivers, scenario),
        "km": float(tours["km"].sum()),
        "hours": float(tours["hours"].sum()),
        "drive_h": float(tours["drive_h"].sum()),
        "aboard_h": _aboard(lots),
        "loss": {"kg": loss_kg, "cny": loss_cny, "rate": loss_kg / served if served else 0.0},
        "cost_cny": {"vehicles": cost, "loss": loss_cny, "total": cost + loss_cny},
        "unserved": [
            {name: row[name] for name in ("order", "village", "commodity", "kg", "cause", "detail")}
            for row in records(unserved)
        ],
        "warnings": [*stays_behind(made, tables), *map(str, grouped(made.faults)), *made.notes],
    }


def _orders_name(wish: DispatchRequest) -> str:
    if wish.rest is not None:
        return N_("rest of the day")
    return N_("typical day") if wish.orders is None else wish.orders.name


def hire(made: Dispatch, tours: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what must be hired for the day beside the vehicles owned, by type; nothing where a fleet was given."""
    kinds = [one.kind for one in made.day.fleet if one.for_hire]
    out = {kind.id: int((tours["vehicle"] == kind.id).sum()) for kind in kinds}
    return [
        {"type": kind.id, "vehicles": out[kind.id], "cny": out[kind.id] * kind.cost_cny_day}
        for kind in kinds
        if out[kind.id]
    ]


def left_kg(made: Dispatch, tables: Tables) -> dict[str, float]:
    """Return what stays behind of every order that must be fetched and is not fetched whole, kg by order."""
    left = tables["unserved"].groupby("order")["kg"].sum().to_dict()
    return {one.id: float(left[one.id]) for one in made.orders if math.isinf(one.value_cny) and one.id in left}


def nothing_fetched(made: Dispatch, tables: Tables) -> bool:
    """Tell whether all that must be fetched stays behind."""
    must = {one.id: one.kg for one in made.orders if math.isinf(one.value_cny)}
    left = left_kg(made, tables)
    return bool(must) and all(left.get(key, 0.0) >= kg * (1.0 - CRUMB) for key, kg in must.items())


def stays_behind(made: Dispatch, tables: Tables) -> tuple[str, ...]:
    """Say which lots that must be fetched stay behind, by village."""
    left = left_kg(made, tables)
    if not left:
        return ()
    must = sum(math.isinf(one.value_cny) for one in made.orders)
    places = {one.id: made.day.source.scenario.villages[one.village] for one in made.orders}
    named = tuple(f"{labelled(places[key].id, places[key].name)} {kg:,.0f} kg" for key, kg in left.items())
    told = plural(
        "{count} of {must} lots that must be fetched stays behind, {kg:,.0f} kg: {named}",
        "{count} of {must} lots that must be fetched stay behind, {kg:,.0f} kg: {named}",
        len(left),
    )
    return (told.format(count=len(left), must=must, kg=sum(left.values()), named=shortened(named, SHOWN)),)


def _aboard(lots: pd.DataFrame) -> dict[str, float]:
    """Hours aboard: at most so many for half the kilograms, and for all."""
    if lots.empty:
        return {"p50": 0.0, "max": 0.0}
    ranked = lots.sort_values("aboard_h", kind="stable")
    share = ranked["kg"].cumsum().to_numpy() / float(ranked["kg"].sum())
    half = int(np.searchsorted(share, 0.5 - 1e-12))
    hours = ranked["aboard_h"].to_numpy()
    return {"p50": float(hours[min(half, len(hours) - 1)]), "max": float(hours[-1])}
