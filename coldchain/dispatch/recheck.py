"""Hold the inputs written in a day's folder against the files they were read from, where these are the same still."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from coldchain.arrays import ROUNDING
from coldchain.dispatch.drivers import vehicle_of, within_week
from coldchain.dispatch.fleet import OWNED, default_fleet, read_fleet
from coldchain.dispatch.orders import Order, read_orders, with_free_ids
from coldchain.dispatch.source import DispatchSource, read_source
from coldchain.dispatch.tables import LIMITS, records
from coldchain.language import _
from coldchain.runs.folder import read_run

Tables = Mapping[str, pd.DataFrame]


def input_problems(run: Mapping[str, Any], tables: Tables, moved: Path | None = None) -> list[str]:
    """Name every depot, order and vehicle that is not as its source has it; files changed since are left alone.

    Parameters
    ----------
    run : the object of ``run.json``
    moved : where the scenario lies now
    """
    arguments, hashes = run["arguments"], run["sha256"]
    named = Path(str(arguments.get("source", "")))
    if not named.is_dir() or hashes.get("plan") != plan_hash(named):
        return []
    source = read_source(named, str(arguments["variant"]), moved)
    problems = _depot_problems(source, tables)
    ids = [depot.id for depot in source.depots]
    orders = _unchanged(arguments, hashes, "orders")
    if orders is not None:
        read, faults = read_orders(orders, source.scenario, ids)
        if not any(not fault.warning for fault in faults):
            problems += _order_problems(with_free_ids(read), source, tables)
    fleet = _unchanged(arguments, hashes, "fleet")
    if fleet is not None or not arguments.get("fleet"):
        drivers = records(tables["drivers"]) if "drivers" in tables else []
        listed = [*records(tables["fleet"]), *drivers]
        own = {str(row["base"]) for row in listed if vehicle_of(str(row["vehicle"])).endswith(OWNED)}
        at_hand = default_fleet(source.scenario, {key: source.owned.get(key, 0) for key in own})
        made, _faults = (at_hand, []) if fleet is None else read_fleet(fleet, source.scenario, ids)
        before = {str(row["driver"]): float(row["before_h"]) for row in drivers}
        made = within_week(made, before, source.scenario.routing.driver_h_week)
        rows = {(v.kind.id, v.depot): (v.count, *(getattr(v.kind, name) for name in LIMITS)) for v in made}
        problems += _fleet_problems(rows, tables)
    return problems


def hours_before(run: Mapping[str, Any]) -> dict[str, float] | None:
    """Return hours of each driver on the earlier days of a run, by their tours; None where one of these has changed."""
    folders = [Path(str(one)) for one in run["arguments"].get("driven") or ()]
    if [hash_of_drivers(folder) for folder in folders] != (run["sha256"].get("driven") or []):
        return None
    hours: dict[str, float] = defaultdict(float)
    for folder in folders:
        for row in records(read_run(folder, "routes.json")[2]["tours"]):
            hours[str(row["driver"])] += float(row["shift_h"])
    return dict(hours)


def hash_of_drivers(folder: Path) -> str | None:
    """Return the SHA-256 of the tours and drivers of a day; None where there are none."""
    files = [folder / "tables" / f"{name}.csv" for name in ("tours", "drivers")]
    if not all(file.is_file() for file in files):
        return None
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def plan_hash(path: Path) -> str | None:
    """Return the SHA-256 of a plan's depots, assignment and fleet; None for a scenario."""
    files = [path / "tables" / f"{name}.csv" for name in ("depots", "assignment", "fleet")]
    if not all(file.is_file() for file in files):
        return None
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _unchanged(arguments: Mapping[str, Any], hashes: Mapping[str, Any], name: str) -> Path | None:
    path = Path(str(arguments.get(name) or ""))
    if not arguments.get(name) or not path.is_file():
        return None
    return path if hashlib.sha256(path.read_bytes()).hexdigest() == hashes.get(name) else None


def _depot_problems(source: DispatchSource, tables: Tables) -> list[str]:
    known = {depot.id: depot for depot in source.depots}
    problems = []
    for row in records(tables["depots"]):
        depot = known.get(row["depot"])
        if depot is None:
            problems.append(_("depots: {depot} is not open").format(depot=row["depot"]))
        elif row["modules"] != depot.modules or row["hub"] != source.scenario.hubs[depot.hub].id:
            stated = _("{modules} and hub {hub}").format(modules=row["modules"] or _("no modules"), hub=row["hub"])
            right = _("{modules} and hub {hub}").format(
                modules=depot.modules or _("no modules"), hub=source.scenario.hubs[depot.hub].id
            )
            problems.append(
                _("depots: {depot} is stated with {stated}; the source has {right}").format(
                    depot=row["depot"], stated=stated, right=right
                )
            )
    return problems


def _order_problems(orders: list[Order], source: DispatchSource, tables: Tables) -> list[str]:
    scenario = source.scenario
    written = {row["order"]: row for row in records(tables["orders"])}
    problems = [
        _("orders: {key} is not in the orders file").format(key=key)
        for key in written.keys() - {order.id for order in orders}
    ]
    for order in orders:
        row = written.get(order.id)
        if row is None:
            problems.append(_("orders: {id} of the orders file is missing").format(id=order.id))
            continue
        right = {
            "village": scenario.villages[order.village].id, "commodity": scenario.commodities[order.commodity].id,
            "kg": order.kg, "ready_h": order.ready_h, "until_h": order.until_h, "depot": order.depot,
            "regime": ";".join(order.regimes), "value_cny": order.value_cny,
        }  # fmt: skip
        problems += [
            _("orders: {name} of {id} is stated as {stated}; the orders file has {value}").format(
                name=name, id=order.id, stated=row[name], value=value
            )
            for name, value in right.items()
            if not _same(row.get(name, math.nan), value)
        ]
    return problems


def _fleet_problems(right: Mapping[tuple[str, str], tuple[Any, ...]], tables: Tables) -> list[str]:
    written = {(row["vehicle"], row["depot"]): row for row in records(tables["fleet"])}
    if written.keys() != right.keys():
        odd = sorted({key[0] for key in written.keys() ^ right.keys()})
        return [_("fleet: {key} must be in both the table and the fleet file").format(key=key) for key in odd]
    return [
        _("fleet: {name} of {key} is stated as {stated}; the fleet file has {value}").format(
            name=name, key=key[0], stated=row.get(name), value=value
        )
        for key, row in written.items()
        for name, value in zip(("count", *LIMITS), right[key], strict=True)
        if not _same(row.get(name, math.nan), value)
    ]


def _same(stated: Any, right: Any) -> bool:
    """Compare; nothing, infinity and NaN are one."""
    if isinstance(right, str):
        return bool(stated == right)
    absent = right is None or not math.isfinite(right)
    if absent or stated != stated:  # noqa: PLR0124 - NaN
        return absent and stated != stated  # noqa: PLR0124 - NaN
    return abs(float(stated) - float(right)) <= ROUNDING * max(1.0, abs(float(right)))
