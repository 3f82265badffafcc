"""Loss of a lane: kinetics of each commodity, stages of the chain, lanes through a depot and around it."""

from coldchain.spoilage.coolers import (
    LONGEST_WAIT_H,
    CoolerPlaces,
    Starts,
    base_kw,
    first_come,
    heat_kwh_t,
    peak_kw_t,
    stored_kw_t,
)
from coldchain.spoilage.fate import Fate, taken_off
from coldchain.spoilage.forks import CHANGES, Way, forked_losses
from coldchain.spoilage.kernels import air_at
from coldchain.spoilage.kinetics import (
    life_d,
    loss_curve,
    loss_share,
    quality,
    rate_per_h,
    respiration_w_t,
    steady,
    worn_loss,
)
from coldchain.spoilage.lanes import (
    DepotLanes,
    TodayLanes,
    batch_clock_h,
    cold_stages,
    depot_lanes,
    depot_stages,
    harvest_clock_h,
    line_haul_half_h,
    longer_haul_losses,
    loss_per_hour,
    today_cargo_stages,
    today_lanes,
    today_stages,
    today_wait_h,
)
from coldchain.spoilage.rides import Ride, dock_clock_h, ride_loss, ride_loss_per_hour
from coldchain.spoilage.shelf import Held, Shelf, extremes, held_loss, shelf_life
from coldchain.spoilage.stages import Stage, age, hourly_air_c, loading_slot
from coldchain.spoilage.weather import AirDay, air_days

__all__ = [
    "CHANGES", "LONGEST_WAIT_H", "AirDay", "CoolerPlaces", "DepotLanes", "Fate", "Held", "Ride", "Shelf", "Stage",
    "Starts", "TodayLanes", "Way", "age", "air_at", "air_days", "base_kw", "batch_clock_h", "cold_stages",
    "depot_lanes", "depot_stages", "dock_clock_h", "extremes", "first_come", "forked_losses", "harvest_clock_h",
    "heat_kwh_t", "held_loss", "hourly_air_c", "life_d", "line_haul_half_h", "loading_slot", "longer_haul_losses",
    "loss_curve", "loss_per_hour", "loss_share", "peak_kw_t", "quality", "rate_per_h", "respiration_w_t", "ride_loss",
    "ride_loss_per_hour", "shelf_life", "steady", "stored_kw_t", "taken_off", "today_cargo_stages", "today_lanes",
    "today_stages", "today_wait_h", "worn_loss",
]  # fmt: skip
