"""Verify a written plan from its tables and the inputs alone, sharing no code with the solvers.

Feasibility (capacities, limits, routes, subsidy rule), cost, loss and subsidy are recomputed; every violation and
every stated figure that differs by more than a millionth is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from coldchain.model import Scenario
from coldchain.verify.acceptance import check_acceptance
from coldchain.verify.balance import check_balance
from coldchain.verify.bill import CheckedYear, bill_of, modules_of, net_of
from coldchain.verify.carbon import Carbon, check_emissions, summary_of
from coldchain.verify.cooling import Plants
from coldchain.verify.depots import check_assignment, new_modules
from coldchain.verify.drawn import check_layers, check_map
from coldchain.verify.figures import CheckedSums, check_summary
from coldchain.verify.fleet import check_fleet
from coldchain.verify.form import check_form
from coldchain.verify.haul import check_carried, check_line_haul
from coldchain.verify.limits import check_limits
from coldchain.verify.losses import check_losses
from coldchain.verify.mobile import check_units
from coldchain.verify.operators import Operation, check_operators
from coldchain.verify.overflow import check_overflow
from coldchain.verify.people import check_people
from coldchain.verify.places import (
    check_commodities,
    check_depots,
    check_lots,
    check_service,
    check_shares,
    check_trips,
    check_villages,
)
from coldchain.verify.products import check_products
from coldchain.verify.provenance import check_run
from coldchain.verify.record import Record, Report
from coldchain.verify.roadfile import check_road_file
from coldchain.verify.roads import CheckedWays, StatedRoads
from coldchain.verify.storage import check_kept, check_storage, read_storage
from coldchain.verify.subsidy import check_notice, check_subsidy
from coldchain.verify.today import check_today
from coldchain.verify.transport import check_routes

__all__ = ["Report", "Written", "verify_tables", "verify_written"]


def verify_tables(
    scenario: Scenario,
    given: StatedRoads | None,
    tables: Mapping[str, pd.DataFrame],
    summary: Mapping[str, Any],
    whole: Scenario | None = None,
) -> Report:
    """Recompute a plan.

    Parameters
    ----------
    whole : the county whose roads they are, where the scenario has only some of its places; nothing is attributed then
    given : the roads as their reader gives them; None without a road file
    tables : as written to ``tables/``
    summary : as written to ``summary.json``
    """
    record = Record(scenario, CheckedWays(scenario, given, whole), tables)
    with record.at("inputs"):
        check_road_file(record, given)
    return Report.of(record.found, *_recomputed(record, summary, attributing=whole is None))


@dataclass(frozen=True)
class Written:
    """A run folder as it was read: its tables, the objects of both JSON files, and where maps and layers lie."""

    folder: Path
    tables: Mapping[str, pd.DataFrame]
    summary: Mapping[str, Any]
    run: Mapping[str, Any]


def verify_written(scenario: Scenario, given: StatedRoads | None, written: Written) -> Report:
    """Recompute a plan that was written, and hold its map and its layers against its tables; as :func:`verify_tables`.

    Parameters
    ----------
    scenario : the inputs as they lie there now, with the budget of the run
    """
    record = Record(scenario, CheckedWays(scenario, given), written.tables)
    with record.at("inputs"):
        check_road_file(record, given)
        check_run(record, written.run, written.summary)
    figures = _recomputed(record, written.summary)
    if figures:
        with record.at("figures"):
            check_acceptance(record, written.folder)
    with record.at("drawn"):
        for name, check in (("plan.gpkg", check_layers), ("map.html", check_map)):
            if figures and (written.folder / name).exists():
                check(record, written.folder / name)
    return Report.of(record.found, *figures)


def _recomputed(record: Record, summary: Mapping[str, Any], *, attributing: bool = True) -> tuple[float, ...]:
    """Note what is wrong; return loss rate, bill and subsidy, nothing where the tables have no meaning."""
    with record.at("form"):
        if not check_form(record):
            return ()
    with record.at("depots"):
        rooms = built = new_modules(record)
    with record.at("assignment"):
        check_assignment(record, built)
        check_shares(record)
    with record.at("units"):
        built, moves = check_units(record, built)
    with record.at("depots"):
        awards = check_subsidy(record, built)
        check_depots(record, built, awards)
    with record.at("vehicles"):
        vehicles = check_fleet(record)
    with record.at("routes"):
        fetched = check_routes(record, vehicles)
    with record.at("line_haul"):
        hauled = check_line_haul(record, vehicles)
        check_trips(record)
        overflow = check_overflow(record)
    with record.at("storage"):
        stores = read_storage(record)
    with record.at("routes"):
        plants = Plants(record, built)
        losses = check_losses(record, fetched, hauled.rides, stores, plants)
        cooling = plants.check(losses.lots)
    with record.at("storage"):
        check_storage(record, stores, built)
        check_kept(record, stores)
    with record.at("line_haul"):
        check_carried(record, hauled, losses.arriving_t)
    without = check_today(record)
    year = CheckedYear(fetched, hauled, stores, losses, built, moves, overflow)
    bill = bill_of(record, year)
    net = net_of(bill_of(record, without), bill, sum(awards.capex.values()), year.lots)
    check_limits(record, losses.lots, losses.arriving_t, awards)
    check_people(record, rooms)
    check_operators(Operation(record, built, awards, losses.lots, fetched, hauled, overflow))
    check_notice(record, built, awards)
    check_service(record, losses.lots)
    check_lots(record, losses.lots, without.lots)
    check_products(record, losses.lots)
    emissions = _emissions(record, summary, year, without)
    check_villages(record, losses.lots, without.lots)
    check_balance(record, year, without)
    check_commodities(record, losses.lots, without.lots)
    check_summary(
        record,
        summary,
        CheckedSums(
            losses.lots, without.lots, bill, built, awards, net, cooling, vehicles, emissions, attributing=attributing
        ),
    )
    harvest = float(record.scenario.harvest_t.sum())
    rate = losses.loss_t / harvest if harvest else 0.0
    return rate, bill["total"], sum(awards.award.values())


def _emissions(record: Record, summary: Mapping[str, Any], year: CheckedYear, without: CheckedYear) -> dict[str, float]:
    """Check the table of emissions; return the leaves of the summary, none for a run of an earlier format."""
    if "emissions" not in summary and "emissions" not in record.tables:
        return {}
    plan, today = (Carbon.of(record, one, list(modules_of(record, one.built))) for one in (year, without))
    check_emissions(record, plan)
    return summary_of(plan, today)
