"""Settling: the group costs of a scenario by the planner, and statements of who pays what."""

from coldchain.settlement.costing import GroupCost, GroupEffort, cost_of, cost_table, fingerprint, lay_floor
from coldchain.settlement.files import GROUPS, write_settlement
from coldchain.settlement.floors import member_floors
from coldchain.settlement.fund import county_fund
from coldchain.settlement.many import GROUPS_A_MEMBER, settle_many
from coldchain.settlement.members import group_scenario, members_of
from coldchain.settlement.settle import MOST_MEMBERS, Settlement, settle, work_out
from coldchain.settlement.statement import fen_bills, member_statement, overview

__all__ = [
    "GROUPS", "GROUPS_A_MEMBER", "MOST_MEMBERS", "GroupCost", "GroupEffort", "Settlement", "cost_of", "cost_table",
    "county_fund", "fen_bills", "fingerprint", "group_scenario", "lay_floor", "member_floors", "member_statement",
    "members_of", "overview", "settle", "settle_many", "work_out", "write_settlement",
]  # fmt: skip
