"""Which sites get how many modules of which type, and who is served where, under a subsidy rule.

The public face: build a :class:`SitingProblem` from arrays, call :func:`solve_siting`, read the frozen
:class:`SitingResult`; ask :func:`diagnose_siting` what to relax when nothing is feasible.
"""

from coldchain.siting.assign import Assigned
from coldchain.siting.coupling import Coupling
from coldchain.siting.elastic import KINDS, DiagnosisNames, Relaxation, diagnose_siting, side_relaxations
from coldchain.siting.extended import ExtendedEffort, Extension, ExtraRow, solve_extended
from coldchain.siting.fixed import FixedModules
from coldchain.siting.mobile import Fleet, add_units, split_units, unit_costs, widened
from coldchain.siting.pooled import DepotColumn, choose_columns
from coldchain.siting.problem import SitingProblem
from coldchain.siting.result import (
    SitingResult,
    award_of_owner,
    cell_modules,
    count_violations,
    plan_value,
    plan_violations,
)
from coldchain.siting.side import SideRow
from coldchain.siting.solve import solve_siting
from coldchain.siting.split import prepare as prepare_siting

__all__ = [
    "KINDS",
    "Assigned",
    "Coupling",
    "DepotColumn",
    "DiagnosisNames",
    "ExtendedEffort",
    "Extension",
    "ExtraRow",
    "FixedModules",
    "Fleet",
    "Relaxation",
    "SideRow",
    "SitingProblem",
    "SitingResult",
    "add_units",
    "award_of_owner",
    "cell_modules",
    "choose_columns",
    "count_violations",
    "diagnose_siting",
    "plan_value",
    "plan_violations",
    "prepare_siting",
    "side_relaxations",
    "solve_extended",
    "solve_siting",
    "split_units",
    "unit_costs",
    "widened",
]
