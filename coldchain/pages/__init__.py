"""Pages that answer: a county planned, or a day watched, in the browser. Each is loaded when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coldchain.later import later

if TYPE_CHECKING:
    from coldchain.pages.day import DayDesk, day_page
    from coldchain.pages.desk import PlanningDesk
    from coldchain.pages.planning import Voice, planning_page
    from coldchain.pages.server import serve

__all__ = ["DayDesk", "PlanningDesk", "Voice", "day_page", "planning_page", "serve"]
LATER = {"DayDesk": "day", "day_page": "day", "PlanningDesk": "desk", "Voice": "planning", "planning_page": "planning",
         "serve": "server"}  # fmt: skip
__getattr__ = later(__name__, LATER)
