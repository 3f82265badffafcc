"""Settlement statements: what one member sees, as data. A member sees its own rows and the totals, never another's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from coldchain.arrays import Floats
from coldchain.model import Scenario
from coldchain.settlement.costing import GroupCost
from coldchain.settlement.members import Members
from coldchain.settlement.settle import MISREPORT, AnySettlement
from coldchain.sharing import Leaving, whole_fen

SCHEMA = "coldchain.statement/1"


def fen_bills(settlement: AnySettlement) -> list[int]:
    """Return the bills in whole fen; they add up to the rounded cost of all together."""
    return whole_fen(settlement.amounts.tolist())


def member_statement(settlement: AnySettlement, member: int, fen: list[int]) -> dict[str, Any]:
    """Return the statement of one member: own figures and totals only."""
    scenario, who, rule, everyone = settlement.scenario, settlement.members, settlement.rule, settlement.everyone
    alone, bill = float(settlement.alone[member]), fen[member] / 100
    marginal = settlement.known[everyone] - settlement.known.get(everyone ^ 1 << member, 0.0)
    group, slack = settlement.nearest(member)
    return {
        "schema": SCHEMA,
        "member": who.names[member],
        "rule": rule,
        "tonnes_year": round(float(who.tonnes[member]), 3),
        "subsidy_claim_cny": round(float(who.claim_cny[member]), 2),
        "alone_cny": round(alone, 2),
        "bill_fen": fen[member],
        "bill_cny": bill,
        "saving_cny": round(alone - bill, 2),
        "saving_share": round((alone - bill) / alone, 6) if alone else 0.0,
        "band_cny": [round(float(side[member]), 2) for side in settlement.bands[rule]],
        "why": {
            "marginal_cny": round(marginal, 2),
            "nearest_group_size": group.bit_count(),
            "nearest_group_loses_cny": round(slack, 2),
        },
        "if_it_leaves": _leaving_figures(settlement.leaving, member, rule),
        "misreport_gain_cny": _misreport_figures(settlement.misreport, member, rule),
        "brings": _brings(scenario, who, member),
        "villages": _villages_of(scenario, who, member, fen[member]),
        "totals": _totals(settlement, fen),
    }


def _brings(scenario: Scenario, members: Members, member: int) -> dict[str, list[str]]:
    """Return the sites and vehicles a member brings."""
    sites = [site.id for site, owner in zip(scenario.sites, members.site, strict=True) if owner == member]
    return {"sites": sites, "vehicles": [vehicle for vehicle, owner in members.vehicles if owner == member]}


def _leaving_figures(leaving: Sequence[Leaving], member: int, rule: str) -> dict[str, float]:
    """Return what the member loses by leaving, and what all the others together would pay for it to stay."""
    if not leaving or rule not in leaving[member].pays_to_keep:
        return {}
    told = leaving[member]
    return {
        "it_loses_cny": round(told.loses[rule], 2),
        "others_pay_more_cny": round(float(told.pays_to_keep[rule].sum()), 2),
    }


def _misreport_figures(gains: Mapping[str, Floats], member: int, rule: str) -> dict[str, float]:
    """Return what a member gains by reporting a tenth more, and a tenth less, where the rule has it worked out."""
    if rule not in gains:
        return {}
    return {f"{share:+.0%}": round(float(gains[rule][member, k]), 2) for k, share in enumerate((MISREPORT, -MISREPORT))}


def _villages_of(scenario: Scenario, members: Members, member: int, bill_fen: int) -> list[dict[str, Any]]:
    """Split the bill of a member between its villages by tonnes, in whole fen that add up to it; none: an owner."""
    mine = np.flatnonzero(members.village == member)
    if not len(mine):
        return []
    tonnes = scenario.harvest_t[mine].sum(axis=(1, 2))
    share = tonnes / tonnes.sum() if tonnes.sum() > 0 else np.full(len(mine), 1 / len(mine))
    fen = whole_fen((share * bill_fen / 100).tolist())
    return [
        {"village": scenario.villages[v].id, "tonnes_year": round(float(t), 3), "bill_fen": f}
        for v, t, f in zip(mine, tonnes, fen, strict=True)
    ]


def _totals(settlement: AnySettlement, fen: list[int]) -> dict[str, Any]:
    """Return the figures everybody sees."""
    told = settlement.verdict(settlement.rule)
    proved = {"proved_epsilon_cny": round(told["proved_epsilon"], 2)} if "proved_epsilon" in told else {}
    return {
        "scenario": settlement.scenario.name,
        "variant": settlement.scenario.variant,
        "members": settlement.n,
        "bill_fen": sum(fen),
        "saved": {name: _saved_figures(alone, joint) for name, (alone, joint) in settlement.saved().items()},
        "holds": told["holds"],
        "most_any_group_gains_cny": round(told["gain"], 2),
        **proved,
        "inputs_sha256": settlement.fingerprint,
        "groups_planned": len(settlement.planned),
        "corrected": settlement.corrected,
    }


def _saved_figures(alone: float, joint: float) -> dict[str, float]:
    """Return a figure of all standing alone, of all together, and the share saved."""
    return {
        "alone": round(alone, 2),
        "together": round(joint, 2),
        "saved_share": (alone - joint) / alone if alone else 0.0,
    }


def overview(settlement: AnySettlement) -> dict[str, Any]:
    """Return what the trustee sees: every rule, every member, who would leave, and the totals."""
    players, fen, bills = settlement.members.names, fen_bills(settlement), settlement.bills
    return {
        "schema": "coldchain.share/1",
        "game": {"id": settlement.scenario.name, "kind": "cost", "players": list(players)},
        "rule": settlement.rule,
        "allocations": {rule: dict(zip(players, bill.tolist(), strict=True)) for rule, bill in bills.items()},
        "fen": dict(zip(players, fen, strict=True)),
        "alone_cny": dict(zip(players, np.round(settlement.alone, 2).tolist(), strict=True)),
        "stability": {rule: settlement.verdict(rule) for rule in bills},
        "bands": {rule: [side.tolist() for side in sides] for rule, sides in settlement.bands.items()},
        "misreport_gain_cny": {rule: gain.tolist() for rule, gain in settlement.misreport.items()},
        "if_leaves": [_leaving_of_all(settlement, told) for told in settlement.leaving],
        **settlement.more(),
        "totals": _totals(settlement, fen),
    }


def _leaving_of_all(settlement: AnySettlement, told: Leaving) -> dict[str, Any]:
    """Return the others' plan and bills when a member leaves."""
    players, rule = settlement.members.names, settlement.rule
    rest = settlement.planned[settlement.everyone ^ 1 << told.member]
    bill, more = told.amounts.get(rule), told.pays_to_keep.get(rule)
    return {
        "member": players[told.member],
        "plan_without_it": {
            "cost_cny": round(rest.cost_cny, 2),
            "loss_t": rest.loss_t,
            "new_modules": _named(settlement.scenario, rest),
        },
        "bills": {} if bill is None else dict(zip(players, np.round(bill, 2).tolist(), strict=True)),
        "others_pay_more": {} if more is None else dict(zip(players, np.round(more, 2).tolist(), strict=True)),
        "it_loses_cny": None if bill is None else round(told.loses[rule], 2),
    }


def _named(scenario: Scenario, cost: GroupCost) -> dict[str, dict[str, int]]:
    """Return the new modules of a plan by site and depot type."""
    kinds = [kind.id for kind in scenario.depot_types]
    return {
        site: {kind: number for kind, number in zip(kinds, row, strict=True) if number}
        for site, row in cost.starts[0].items()
    }
