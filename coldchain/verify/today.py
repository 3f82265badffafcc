"""The year without the plan: what stands already runs by tables of its own, all else keeps today's chain."""

from __future__ import annotations

import pandas as pd

from coldchain.language import _
from coldchain.verify.bill import CheckedYear
from coldchain.verify.columns import TODAY
from coldchain.verify.cooling import Plants
from coldchain.verify.depots import check_assignment
from coldchain.verify.fleet import check_fleet
from coldchain.verify.haul import check_carried, check_line_haul
from coldchain.verify.losses import check_losses
from coldchain.verify.overflow import Overflows, overflow_cny
from coldchain.verify.places import check_shares, check_trips
from coldchain.verify.record import Problem, Record, rows
from coldchain.verify.storage import check_storage, read_storage
from coldchain.verify.transport import check_routes

RUN = ("assignment", "routes", "stops", "duties", "fleet", "line_haul", "storage", "units")


def check_today(record: Record) -> CheckedYear:
    """Follow every lot of today's side; what is wrong with its tables is noted in the record.

    Returns
    -------
    the year without the plan: nothing is built, what stands costs its upkeep
    """
    today = _record(record)
    check_shares(today)
    check_trips(today)
    if all(record.standing[depot] for depot in today.tables["assignment"]["depot"]):
        check_assignment(today, {})
    vehicles = check_fleet(today)
    fetched, hauled, stores = check_routes(today, vehicles), check_line_haul(today, vehicles), read_storage(today)
    plants = Plants(today, {})
    losses = check_losses(today, fetched, hauled.rides, stores, plants)
    plants.check(losses.lots)
    check_storage(today, stores, {})
    check_carried(today, hauled, losses.arriving_t)
    _check_hubs(record)
    told = _("without the plan: {problem}")
    record.found += [Problem(record.stage, told.format(problem=one.text), one.figure) for one in today.found]
    return CheckedYear(fetched, hauled, stores, losses, {}, overflow=overflow_cny(today, Overflows(today).rows()))


def _record(record: Record) -> Record:
    """Return what stands already as a plan of its own, with the hubs of its depots; empty where nothing was written."""
    tables = {name: record.tables.get(f"{TODAY}{name}", record.tables[name].iloc[:0]) for name in RUN}
    depots = record.tables["depots"][["depot", "hub"]]
    used = record.tables.get(f"{TODAY}depots", depots.iloc[:0])
    listed = pd.concat([used, depots[~depots["depot"].isin(used["depot"])]], ignore_index=True)
    return Record(record.scenario, record.roads, {**tables, "depots": listed})


def _check_hubs(record: Record) -> None:
    """Check that a depot delivers to the same hub with and without the plan, and is listed only where it is in use."""
    if f"{TODAY}depots" not in record.tables:
        return
    busy = set(record.tables[f"{TODAY}assignment"]["depot"])
    for row in rows(record.tables[f"{TODAY}depots"]):
        if record.hub_of.get(row.depot, row.hub) != row.hub:
            text = _("today_depots: {depot} delivers to {hub}; by the plan to {other}")
            record.odd(text.format(depot=row.depot, hub=row.hub, other=record.hub_of[row.depot]))
        if row.depot not in busy:
            record.odd(_("today_depots: {depot} is not in use").format(depot=row.depot))
