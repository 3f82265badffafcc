"""Answers around the answer: many budgets, why a depot or a village, the next best plans, and what differs."""

from coldchain.sweeps.alternatives import Alternative, Alternatives, SiteNeed, alternatives
from coldchain.sweeps.compare import Comparison, compare
from coldchain.sweeps.decisions import Flip, decisions, table_of
from coldchain.sweeps.explain import ExplainedRun, open_case, what_if_depot
from coldchain.sweeps.failures import Failure, failures, parse_place
from coldchain.sweeps.points import Point
from coldchain.sweeps.relax import loosenings
from coldchain.sweeps.rules import DecidedRules, decide_rules, rules_of
from coldchain.sweeps.sensitivity import Sensitivity, of_plan, sensitivity
from coldchain.sweeps.solving import PointEffort
from coldchain.sweeps.sweep import MOST_PROBES, Sweep, Target, parse_budgets, run_sweep
from coldchain.sweeps.villages import explain_village, unserved
from coldchain.sweeps.visits import visits
from coldchain.sweeps.words import unserved_line

__all__ = [
    "MOST_PROBES",
    "Alternative",
    "Alternatives",
    "Comparison",
    "DecidedRules",
    "ExplainedRun",
    "Failure",
    "Flip",
    "Point",
    "PointEffort",
    "Sensitivity",
    "SiteNeed",
    "Sweep",
    "Target",
    "alternatives",
    "compare",
    "decide_rules",
    "decisions",
    "explain_village",
    "failures",
    "loosenings",
    "of_plan",
    "open_case",
    "parse_budgets",
    "parse_place",
    "rules_of",
    "run_sweep",
    "sensitivity",
    "table_of",
    "unserved",
    "unserved_line",
    "visits",
    "what_if_depot",
]
