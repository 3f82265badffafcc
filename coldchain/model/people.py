"""Who is there to run depots and drive: the table ``people``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from coldchain.language import N_
from coldchain.model.base import Noun, figure

Skill = Literal["operator", "driver"]
SKILLS: Mapping[Skill, str] = {"driver": N_("Drivers"), "operator": N_("Operators")}
"""What people of a skill are called."""


class Crew(Noun):
    """People of one skill who work one shift: a limit on what runs and drives in a place; shifts add up."""

    skill: Skill = figure("-", "operator (runs modules and mobile units) or driver")
    place: str = figure("-", "id of the site or name of the county they work for; all of the scenario if empty", "")
    shift: str = figure("-", "name of their shift, such as day or night", "")
    persons: float = figure("persons", "people who work this shift on a day", ge=0, le=1e5)
    hours_day: float = figure("h/day", "hours each of them works on such a day", 8.0, gt=0, le=24, usual=(2, 12))
