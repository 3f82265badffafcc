"""Weeks of a county: forecast, planned anew within a limit of changes, written out, and judged over a year."""

from coldchain.weeks.folder import ROLL, Asked, marks_of, roll_week
from coldchain.weeks.roll import MOST_CHANGED

__all__ = ["MOST_CHANGED", "ROLL", "Asked", "marks_of", "roll_week"]
