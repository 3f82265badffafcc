"""What is dispatched from: a plan that was written, or a scenario with depots that stand already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from coldchain.arrays import HOURS_PER_DAY
from coldchain.economy import nearest_hub
from coldchain.errors import BadInputError, Fault, bad_file
from coldchain.language import _
from coldchain.model import CoolingClass, Scenario, Site, cooling_class
from coldchain.runs import PlacedNetwork, Run, place_on_roads
from coldchain.scenario import FILE, is_scenario, load

SUMMARY, ROUTES = "summary.json", "routes.json"
Route = tuple[str, str, str]  # depot, zone, method


@dataclass(frozen=True)
class Depot:
    """A depot that is open today.

    Attributes
    ----------
    site : index in the scenario
    t_day : most t/day of each cooling class; inf where nothing is known yet
    hub : index of the hub it delivers to
    """

    site: int
    place: Site
    modules: str
    t_day: dict[CoolingClass, float]
    hub: int

    @property
    def id(self) -> str:
        """Id of the site."""
        return self.place.id


@dataclass(frozen=True)
class DispatchSource:
    """A scenario, its roads and open depots, and where a plan sends each village's commodities.

    Attributes
    ----------
    folder : of the scenario
    kind : ``plan`` or ``scenario``
    planned : (village, commodity, period) -> [(depot, zone, method, share)], empty without a plan
    aboard_h : (village, commodity, period) -> planned hours aboard
    owned : vehicles that the plan owns, by type
    faults : every warning; ``known_faults`` those of the scenario alone, which its planner has seen already
    """

    kind: str
    path: Path
    folder: Path
    variant: str
    scenario: Scenario
    placed: PlacedNetwork
    depots: tuple[Depot, ...]
    planned: dict[tuple[int, int, int], list[tuple[str, str, str, float]]]
    aboard_h: dict[tuple[int, int, int], float]
    faults: tuple[Fault, ...]
    known_faults: tuple[Fault, ...] = ()
    owned: Mapping[str, int] = field(default_factory=dict)

    def depot_node(self, depot: int) -> int:
        """Node of an open depot."""
        return int(self.placed.site_node[self.depots[depot].site])


def read_source(path: Path, variant: str = "base", moved: Path | None = None) -> DispatchSource:
    """Read a run folder or a scenario folder.

    Parameters
    ----------
    variant : of a scenario; a run names its own
    moved : where the scenario of a run lies now

    Raises
    ------
    BadInputError
        When the folder is neither, its parts cannot be read, or no depot is open.
    """
    if (path / SUMMARY).is_file():
        return _from_run(path, moved)
    if (path / ROUTES).is_file():
        message = _("is a folder of routes; name the plan or the scenario, and give this one with --start-from")
        raise bad_file(path, message, "not-a-plan")
    if not is_scenario(path):
        message = _("is neither a plan (no {SUMMARY}) nor a scenario (no {FILE})").format(SUMMARY=SUMMARY, FILE=FILE)
        raise bad_file(path, message, "not-a-plan")
    scenario, faults = load(path, variant)
    placed, odd = place_on_roads(scenario)
    hubs = _nearest_hubs(scenario, placed)
    depots = tuple(
        _depot(scenario, n, site, site.modules(), hubs[n])
        for n, site in enumerate(scenario.sites)
        if site.modules() or site.status == "forced"
    )
    _demand_open(path, depots)
    return DispatchSource(
        "scenario",
        path,
        path,
        variant,
        scenario,
        placed,
        depots,
        {},
        {},
        (*faults, *odd, *_bare(depots)),
        (*faults, *odd),
    )


def _from_run(path: Path, moved: Path | None) -> DispatchSource:
    run = Run.open(path, moved)
    scenario, placed, tables = run.scenario, run.placed, run.tables
    wrong = _unknown(path, scenario, tables)
    if wrong:
        raise BadInputError(wrong)
    sites = {site.id: n for n, site in enumerate(scenario.sites)}
    hubs = {hub.id: n for n, hub in enumerate(scenario.hubs)}
    depots = []
    for row in tables["depots"].to_dict("records"):
        site = scenario.sites[sites[row["depot"]]]
        text = ";".join(filter(None, (row["standing_modules"], row["new_modules"])))
        modules = site.model_copy(update={"existing": text}).modules()
        depots.append(_depot(scenario, sites[site.id], site, modules, hubs[row["hub"]]))
    _demand_open(path, tuple(depots))
    changed = []
    if not run.unchanged:
        text = _("the scenario has changed since this plan was made; its roads and figures of today are used")
        changed = [Fault(str(path), None, "", "", text, "changed", warning=True)]
    planned, aboard = _planned(scenario, tables)
    return DispatchSource(
        "plan",
        path,
        run.inputs.path,
        scenario.variant,
        scenario,
        placed,
        tuple(depots),
        planned,
        aboard,
        (*run.inputs.faults, *changed),
        run.inputs.faults,
        {str(row["vehicle"]): int(row["owned"]) for row in tables["fleet"].to_dict("records")},
    )


def _unknown(path: Path, scenario: Scenario, tables: dict[str, pd.DataFrame]) -> list[Fault]:
    """Name what the plan speaks of and the scenario does not know."""
    known: dict[str, set[str]] = {
        "depot": {site.id for site in scenario.sites},
        "hub": {hub.id for hub in scenario.hubs},
        "village": {village.id for village in scenario.villages},
        "commodity": {crop.id for crop in scenario.commodities},
    }
    needed = {
        "depots": ("depot", "hub", "standing_modules", "new_modules"),
        "assignment": ("village", "commodity", "depot", "zone", "method", "share"),
        "lots": ("village", "commodity", "period", "aboard_h"),
    }
    faults = []
    for name, columns in needed.items():
        for column in columns:
            if name not in tables or column not in tables[name].columns:
                faults.append(
                    Fault(f"{path / 'tables' / name}.csv", None, column, "", _("is missing"), "missing-column")
                )
            elif column in known:
                odd = sorted(set(tables[name][column]) - known[column])
                faults += [
                    Fault(
                        f"{name}.csv",
                        None,
                        column,
                        key,
                        _("is no {column} of the scenario").format(column=column),
                        "unknown",
                    )
                    for key in odd
                ]
    return faults


def _planned(
    scenario: Scenario, tables: dict[str, pd.DataFrame]
) -> tuple[dict[tuple[int, int, int], list[tuple[str, str, str, float]]], dict[tuple[int, int, int], float]]:
    villages = {item.id: n for n, item in enumerate(scenario.villages)}
    crops = {item.id: n for n, item in enumerate(scenario.commodities)}
    periods = {item.id: n for n, item in enumerate(scenario.periods)}
    planned: dict[tuple[int, int, int], list[tuple[str, str, str, float]]] = defaultdict(list)
    for row in tables["assignment"].to_dict("records"):
        way = (row["depot"], row["zone"], row["method"], float(row["share"]))
        for period in [periods[row["period"]]] if row["period"] else periods.values():
            planned[villages[row["village"]], crops[row["commodity"]], period].append(way)
    aboard = {
        (villages[row["village"]], crops[row["commodity"]], periods[row["period"]]): float(row["aboard_h"])
        for row in tables["lots"].to_dict("records")
        if row["period"] in periods and np.isfinite(float(row["aboard_h"]))
    }
    return dict(planned), aboard


def _depot(scenario: Scenario, number: int, site: Site, modules: dict[str, int], hub: int) -> Depot:
    """Open a depot with its modules; where none stands yet, with all that is on offer and no limit."""
    kinds = {kind.id: kind for kind in scenario.depot_types}
    room: dict[CoolingClass, float] = defaultdict(float)
    for key, count in modules.items():
        cooling = cooling_class(kinds[key])
        stay_d = (cooling.precool_h + scenario.chain.depot_dwell_h) / HOURS_PER_DAY
        room[cooling] += count * min(kinds[key].throughput_t_day, kinds[key].storage_t / stay_d)
    if not modules:
        offered = scenario.siting.depot_types or tuple(kinds)
        room = defaultdict(float, {cooling_class(kinds[key]): float("inf") for key in offered if key in kinds})
    text = ";".join(f"{key}:{count}" for key, count in modules.items())
    return Depot(number, site, text, dict(room), hub)


def _nearest_hubs(scenario: Scenario, placed: PlacedNetwork) -> list[int]:
    from coldchain.network import travel

    hours = travel(placed.network, placed.site_node, placed.hub_node).time_h
    return [int(n) for n in nearest_hub(scenario.hubs, hours)]


def _demand_open(path: Path, depots: tuple[Depot, ...]) -> None:
    if depots:
        return
    message = _(
        "no depot is open: nothing stands, no site is forced, and there is no plan; run `coldchain plan` first "
        "and name its folder here"
    )
    raise bad_file(path, message, "no-depot")


def _bare(depots: tuple[Depot, ...]) -> list[Fault]:
    text = _("is forced but nothing stands there yet: taken to cool every crop on offer, without limit")
    return [Fault("sites.csv", None, "id", d.id, text, "bare-depot", warning=True) for d in depots if not d.modules]
