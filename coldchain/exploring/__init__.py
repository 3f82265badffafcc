"""Answers around the answer: many budgets, why a depot or a village, the next best plans, and what differs."""

from coldchain.exploring.alternatives import Alternative, Alternatives, Need, alternatives
from coldchain.exploring.compare import Comparison, Run, compare
from coldchain.exploring.explain import Case, WhatIf, open_case, what_if_depot
from coldchain.exploring.points import Point
from coldchain.exploring.relax import Loosening, Loosenings, loosenings
from coldchain.exploring.solving import Effort
from coldchain.exploring.sweep import NextMillion, Sweep, Target, Threshold, parse_budgets, run_sweep
from coldchain.exploring.villages import Village, explain_village, unserved

__all__ = [
    "Alternative",
    "Alternatives",
    "Case",
    "Comparison",
    "Effort",
    "Loosening",
    "Loosenings",
    "Need",
    "NextMillion",
    "Point",
    "Run",
    "Sweep",
    "Target",
    "Threshold",
    "Village",
    "WhatIf",
    "alternatives",
    "compare",
    "explain_village",
    "loosenings",
    "open_case",
    "parse_budgets",
    "run_sweep",
    "unserved",
    "what_if_depot",
]
