"""Answers around the answer: many budgets, why a depot or a village, the next best plans, and what differs."""

from coldchain.exploring.compare import Comparison, Run, compare
from coldchain.exploring.points import Point
from coldchain.exploring.solving import Effort
from coldchain.exploring.sweep import NextMillion, Sweep, Target, Threshold, parse_budgets, run_sweep

__all__ = [
    "Comparison",
    "Effort",
    "NextMillion",
    "Point",
    "Run",
    "Sweep",
    "Target",
    "Threshold",
    "compare",
    "parse_budgets",
    "run_sweep",
]
