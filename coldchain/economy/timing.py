"""The hours of a lot from harvest to its buyer, and what counts as in time and on time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from coldchain.arrays import HOURS_TOLERANCE, Bools, Floats, Indices
from coldchain.model import CoolingClass, Hub, Scenario
from coldchain.spoilage import DepotLanes, harvest_clock_h


def is_on_time(hours: Floats, limit_h: Floats | float) -> Bools:
    """Tell which hours keep a limit; rounding breaks none."""
    return np.asarray(hours <= limit_h + HOURS_TOLERANCE, dtype=np.bool_)


def sold_at_market(scenario: Scenario) -> Floats:
    """Return 1 for commodities sold at the market behind the hub, 0 for those sold at the hub, shape (commodities,)."""
    return np.array([float(crop.sold_at == "market") for crop in scenario.commodities])


def beyond_hub_h(hubs: Sequence[Hub]) -> Floats:
    """Hours from a hub to the market behind it, shape (hubs,)."""
    return np.array([hub.dwell_h + hub.onward_h for hub in hubs])


def onward_h(scenario: Scenario) -> Floats:
    """Hours from a hub to the buyer, shape (hubs, commodities); 0 for what is sold at the hub."""
    return beyond_hub_h(scenario.hubs)[:, None] * sold_at_market(scenario)


def nearest_hub(hubs: Sequence[Hub], time_h: Floats) -> Indices:
    """Return the hub through which the market is reached soonest, shape (rows of time_h,)."""
    return np.asarray(np.argmin(time_h + beyond_hub_h(hubs), axis=1), dtype=np.intp)


@dataclass(frozen=True)
class Timing:
    """Hours of lots through depots; indices may be arrays that broadcast against each other.

    Attributes
    ----------
    docked_h : from harvest until batch 0 is loaded into the pre-cooler, shape (periods,); batch_h : between batches
    precool_h : shape (classes,); dwell_h : at the depot after it
    fresh : 1 where lots go on to a buyer, 0 where a plant of the depot takes them, shape (classes,)
    haul_h : from each site to its hub, shape (sites,); onward_h : on to the buyer, shape (sites, commodities)
    target_h : harvest to buyer; deadline_h : harvest until pre-cooled, shape (commodities,)
    """

    docked_h: Floats
    batch_h: float
    precool_h: Floats
    fresh: Floats
    dwell_h: float
    haul_h: Floats
    onward_h: Floats
    target_h: float
    deadline_h: Floats

    @classmethod
    def of(
        cls,
        scenario: Scenario,
        lanes: DepotLanes,
        *,
        classes: Sequence[CoolingClass],
        site_hub: Indices,
        haul_h: Floats,
    ) -> Timing:
        """Read the hours of a scenario's lanes."""
        clocks = np.array([harvest_clock_h(period) for period in scenario.periods])
        return cls(
            docked_h=lanes.first_batch_h - clocks,
            batch_h=lanes.batch_h,
            precool_h=np.array([kind.precool_h for kind in classes]),
            fresh=np.array([float(not kind.is_plant) for kind in classes]),
            dwell_h=scenario.chain.depot_dwell_h,
            haul_h=haul_h,
            onward_h=onward_h(scenario)[site_hub],
            target_h=scenario.chain.delivery_target_h,
            deadline_h=np.array([crop.precool_deadline_h for crop in scenario.commodities]),
        )

    def cooled_h(self, period: Any, cooling: Any, batch: Indices) -> Floats:
        """Hours from harvest until a lot of a batch is pre-cooled."""
        return np.asarray(self.docked_h[period] + batch * self.batch_h + self.precool_h[cooling], dtype=np.float64)

    def delivery_h(
        self, commodity: Any, cooling: Any, site: Any, cooled_h: Floats, haul_h: Floats | None = None
    ) -> Floats:
        """Hours from harvest to the buyer, or to a plant; ``haul_h`` where the line haul is not the direct one."""
        hauled = self.haul_h[site] if haul_h is None else haul_h
        beyond_h = np.where(self.fresh[cooling] > 0, self.dwell_h + hauled, 0.0)
        onward_h = np.where(self.fresh[cooling] > 0, self.onward_h[site, commodity], 0.0)
        return np.asarray(cooled_h + beyond_h + onward_h, dtype=np.float64)

    def is_on_time(self, delivery_h: Floats) -> Bools:
        """Tell which lots reach their buyer within the target."""
        return is_on_time(delivery_h, self.target_h)

    def is_in_time(self, commodity: Any, cooled_h: Floats) -> Bools:
        """Tell which lots are pre-cooled within the deadline of their commodity."""
        return is_on_time(cooled_h, self.deadline_h[commodity])
