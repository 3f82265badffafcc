"""Settling: the group costs of a scenario by the planner, and statements of who pays what."""

from coldchain.settling.costing import Effort, GroupCost, cost_of, cost_table, fingerprint, lay_floor
from coldchain.settling.files import GROUPS, write_settlement
from coldchain.settling.fund import county_fund
from coldchain.settling.members import Members, group_scenario, members_of
from coldchain.settling.settle import Settlement, settle, work_out
from coldchain.settling.statement import fen_bills, member_statement, overview

__all__ = [
    "GROUPS",
    "Effort",
    "GroupCost",
    "Members",
    "Settlement",
    "cost_of",
    "cost_table",
    "county_fund",
    "fen_bills",
    "fingerprint",
    "group_scenario",
    "lay_floor",
    "member_statement",
    "members_of",
    "overview",
    "settle",
    "work_out",
    "write_settlement",
]  # fmt: skip
