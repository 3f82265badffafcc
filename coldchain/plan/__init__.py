"""Plans: from a scenario to depots, routes, losses and money, verified."""

import sys

from coldchain import CallableModule
from coldchain.plan.arcs import capacity_t_day, existing_modules
from coldchain.plan.course import Course
from coldchain.plan.pipeline import (
    Ground,
    Near,
    Plan,
    course_with,
    lay_ground,
    plan,
    plan_on,
    plan_quickly,
    plan_with,
)
from coldchain.plan.rent import rent_cny_t
from coldchain.plan.roads import PlacedNetwork, place_on_roads
from coldchain.plan.search import Options
from coldchain.plan.size import Size, size_of

__all__ = [
    "Course",
    "Ground",
    "Near",
    "Options",
    "PlacedNetwork",
    "Plan",
    "Size",
    "capacity_t_day",
    "course_with",
    "existing_modules",
    "lay_ground",
    "place_on_roads",
    "plan",
    "plan_on",
    "plan_quickly",
    "plan_with",
    "rent_cny_t",
    "size_of",
]

sys.modules[__name__].__class__ = CallableModule
