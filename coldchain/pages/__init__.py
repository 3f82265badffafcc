"""Pages that answer: a county planned in the browser, on this machine alone."""

from __future__ import annotations

from coldchain.pages.desk import Desk
from coldchain.pages.planning import Voice, planning_page
from coldchain.pages.server import serve

__all__ = ["Desk", "Voice", "planning_page", "serve"]
