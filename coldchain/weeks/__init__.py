"""Weeks of a county: forecast, planned anew within a limit of changes, written out, and judged over a year."""

from coldchain.weeks.folder import INPUTS, ROLL, Asked, marks_of, roll_week
from coldchain.weeks.roll import MOST_CHANGED

__all__ = ["INPUTS", "MOST_CHANGED", "ROLL", "Asked", "marks_of", "roll_week"]
