"""The lane of one lot on one day, by the clock: harvest, wait, ride in a given body, dock, and on through the depot."""

from __future__ import annotations

from dataclasses import dataclass

from coldchain.model import Chain, Commodity, Period, VehicleType
from coldchain.model.packaging import packed
from coldchain.spoilage.kinetics import wear_per_h, worn_loss
from coldchain.spoilage.lanes import HALF_WARMING_H, loss_per_hour
from coldchain.spoilage.stages import LaneStage, age, loading_slot

DOCK_HALF_H = 3.0  # in which cargo that came cooler than the air takes on half the difference on the dock


@dataclass(frozen=True)
class Ride:
    """One lot's way to the depot: clock hours of harvest, of leaving the village, of arriving; the vehicle's body.

    ``half_warming_h`` is that of an insulated body; the house figure where it is None.
    """

    harvest_h: float
    leave_h: float
    back_h: float
    cargo: str = "ambient"
    half_warming_h: float | None = None

    @classmethod
    def of(cls, vehicle: VehicleType, harvest_h: float, leave_h: float, back_h: float) -> Ride:
        """Return the ride aboard a vehicle."""
        return cls(harvest_h, leave_h, back_h, vehicle.cargo, vehicle.half_warming_h)


def dock_clock_h(chain: Chain, back_h: float) -> float:
    """Clock time at which what came in at ``back_h`` goes into the pre-cooler: the multiple of the batch it joins."""
    return float(loading_slot(back_h + chain.unload_h, chain.dock_batch_h)) * chain.dock_batch_h


def ride_stages(chain: Chain, ride: Ride) -> tuple[LaneStage, ...]:
    """Return the stages from harvest to the pre-cooler.

    In the open and in an ambient body produce is as warm as the air; in an insulated body it drifts towards it; a
    reefer holds the temperature it was loaded with. On the dock cargo that was held cooler drifts.
    """
    docked = dock_clock_h(chain, ride.back_h)
    if ride.cargo == "ambient":
        return (LaneStage("ambient", max(docked - ride.harvest_h, 0.0)),)
    aboard = ride.back_h - ride.leave_h
    half_h = ride.half_warming_h or HALF_WARMING_H[ride.cargo]
    held = ride.cargo == "reefer" or half_h is None
    body = LaneStage("hold", aboard) if held else LaneStage("drift", aboard, half_h=half_h or 1.0)
    return (
        LaneStage("ambient", ride.leave_h - ride.harvest_h),
        body,
        LaneStage("drift", max(docked - ride.back_h, 0.0), half_h=DOCK_HALF_H),
    )


def ride_loss(chain: Chain, commodity: Commodity, period: Period, ride: Ride, cold: tuple[LaneStage, ...]) -> float:
    """Share of a lot that is lost from harvest to its buyer.

    Parameters
    ----------
    cold : stages after the pre-cooler is loaded, from :func:`coldchain.spoilage.cold_stages`
    """
    stages = (*ride_stages(chain, ride), *cold)
    own = packed(commodity, planned=True)
    worn = age(own, period, ride.harvest_h, stages).worn[-1]
    return float(worn_loss(own, worn, chain.planned_transfers))


def ride_loss_per_hour(
    chain: Chain, commodity: Commodity, period: Period, ride: Ride, cold: tuple[LaneStage, ...]
) -> tuple[float, float, float]:
    """Share of a lot lost for each further hour aboard an ambient, an insulated and a reefer body.

    ``dL/du · k(T)`` at the life used up by this ride in the open, with the cargo's temperature in each body at its
    middle: the air's, that of a load drifting for half the ride, and the one it was loaded with.
    """
    open_ride = Ride(ride.harvest_h, ride.leave_h, ride.back_h)
    own = packed(commodity, planned=True)
    worn = age(own, period, ride.harvest_h, (*ride_stages(chain, open_ride), *cold)).worn[-1]
    half = max((ride.back_h - ride.leave_h) / 2.0, 1e-6)
    wait = LaneStage("ambient", max(ride.leave_h - ride.harvest_h, 1e-6))
    bodies = (
        LaneStage("ambient", half),
        LaneStage("drift", half, half_h=ride.half_warming_h or 12.0),
        LaneStage("hold", half),
    )
    warm = [float(age(own, period, ride.harvest_h, (wait, body)).temp_c[-1]) for body in bodies]
    ambient, insulated, reefer = (
        loss_per_hour(commodity, worn, wear_per_h(own, temp_c, period.humidity), chain.planned_transfers)
        for temp_c in warm
    )
    return ambient, insulated, reefer
