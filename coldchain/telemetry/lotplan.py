"""A lot on its way as planned."""

from __future__ import annotations

from dataclasses import dataclass

from coldchain.model import Commodity, CoolingClass
from coldchain.spoilage import LaneStage


@dataclass(frozen=True)
class LotPlan:
    """A lot on its way as planned; hours are clock hours of the day routed.

    Attributes
    ----------
    cargo, half_warming_h : the truck's body
    docked_h, depart_h : into the pre-cooler, and out of the depot
    onward : stages after the depot
    loss : share lost as planned, harvest to buyer
    transfers : how often it is handled
    hub, haul_h : where it arrives, and hours from leaving its depot until then; NaN when it is sold before
    """

    key: str
    order: str
    crop: Commodity
    kg: float
    village: str
    truck: str
    room: str
    cargo: str
    half_warming_h: float
    cooling: CoolingClass
    harvest_h: float
    leave_h: float
    back_h: float
    docked_h: float
    depart_h: float
    onward: tuple[LaneStage, ...]
    loss: float
    transfers: int
    hub: str
    haul_h: float
