"""The nouns of the planner; every figure carries its unit, default and meaning (see docs/dictionary.md)."""

from coldchain.model.assets import (
    VEHICLE_FIGURES,
    Cooler,
    CoolingClass,
    DepotType,
    MobileUnit,
    Plant,
    VehicleType,
    cooling_class,
    cooling_classes,
)
from coldchain.model.assumption import Assumption, badges
from coldchain.model.award import (
    AwardBasis,
    award_basis,
    award_cny,
    cap_cny,
    eligible_owner,
    eligible_type,
    rate_of,
)
from coldchain.model.base import Noun, Status, figure
from coldchain.model.bookings import BookingRules, Sight, Standing
from coldchain.model.goods import HOURS, Commodity, Keeping, Landmark, Period
from coldchain.model.limit import LIMIT_KINDS, Limit, LimitKind
from coldchain.model.papers import Papers, day_of
from coldchain.model.people import SKILLS, Crew, Skill
from coldchain.model.places import Harvest, Hub, Mast, Place, Site, Village, modules_of
from coldchain.model.scenario import Scenario
from coldchain.model.settings import Chain, Economics, Objective, Roads, Routing, Siting, Subsidy
from coldchain.model.wholechain import FIELD_LOSS, RETAIL_LOSS, Published

__all__ = [
    "FIELD_LOSS",
    "HOURS",
    "LIMIT_KINDS",
    "RETAIL_LOSS",
    "SKILLS",
    "VEHICLE_FIGURES",
    "Assumption",
    "AwardBasis",
    "BookingRules",
    "Chain",
    "Commodity",
    "Cooler",
    "CoolingClass",
    "Crew",
    "DepotType",
    "Economics",
    "Harvest",
    "Hub",
    "Keeping",
    "Landmark",
    "Limit",
    "LimitKind",
    "Mast",
    "MobileUnit",
    "Noun",
    "Objective",
    "Papers",
    "Period",
    "Place",
    "Plant",
    "Published",
    "Roads",
    "Routing",
    "Scenario",
    "Sight",
    "Site",
    "Siting",
    "Skill",
    "Standing",
    "Status",
    "Subsidy",
    "VehicleType",
    "Village",
    "award_basis",
    "award_cny",
    "badges",
    "cap_cny",
    "cooling_class",
    "cooling_classes",
    "day_of",
    "eligible_owner",
    "eligible_type",
    "figure",
    "modules_of",
    "rate_of",
]  # fmt: skip
