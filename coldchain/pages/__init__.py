"""Pages that answer: a county planned, or a day watched, in the browser."""

from __future__ import annotations

from coldchain.pages.day import DayDesk, day_page, is_day
from coldchain.pages.desk import Desk
from coldchain.pages.planning import Voice, planning_page
from coldchain.pages.server import serve

__all__ = ["DayDesk", "Desk", "Voice", "day_page", "is_day", "planning_page", "serve"]
