"""Plans: from a scenario to depots, routes, losses and money, verified."""

from coldchain.planning.arcs import existing_modules
from coldchain.planning.course import Course
from coldchain.planning.pipeline import (
    Decided,
    Ground,
    Near,
    Plan,
    course_with,
    decide,
    lay_ground,
    lay_part,
    plan,
    plan_of,
    plan_on,
    plan_quickly,
    plan_with,
)
from coldchain.planning.rent import rent_cny_t
from coldchain.planning.replan import Redecided, kept, near_to, redecide, replan, used_arcs
from coldchain.planning.search import Options
from coldchain.planning.size import Size, size_of

__all__ = [
    "Course",
    "Decided",
    "Ground",
    "Near",
    "Options",
    "Plan",
    "Redecided",
    "Size",
    "course_with",
    "decide",
    "existing_modules",
    "kept",
    "lay_ground",
    "lay_part",
    "near_to",
    "plan",
    "plan_of",
    "plan_on",
    "plan_quickly",
    "plan_with",
    "redecide",
    "rent_cny_t",
    "replan",
    "size_of",
    "used_arcs",
]
