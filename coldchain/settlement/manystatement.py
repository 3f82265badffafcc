"""What a settlement on some of the groups says: statements of members, and the trustee's overview."""

from __future__ import annotations

from typing import Any

import numpy as np

from coldchain.settlement.many import ManySettlement
from coldchain.settlement.settle import saved_by
from coldchain.settlement.statement import (
    SCHEMA,
    brings,
    leaving_figures,
    leaving_told,
    misreport_figures,
    saved_figures,
    villages_of,
)
from coldchain.sharing import Leaving, indicator, members, whole_fen


def many_overview(settlement: ManySettlement) -> dict[str, Any]:
    """Return what the trustee sees."""
    names = settlement.members.names
    fen, error = whole_fen(settlement.amounts.tolist()), settlement.standard_error
    return {
        "schema": "coldchain.share/1",
        "game": {"id": settlement.scenario.name, "kind": "cost", "players": list(names)},
        "rule": settlement.rule,
        "allocations": {
            rule: dict(zip(names, bill.tolist(), strict=True)) for rule, bill in settlement.bills.items()
        },
        "fen": dict(zip(names, fen, strict=True)),
        "alone_cny": dict(zip(names, np.round(settlement.alone, 2).tolist(), strict=True)),
        "stability": {
            rule: {
                "holds": told.gain <= settlement.epsilon, "worst_group": [names[i] for i in members(told.mask)],
                "gain": told.gain, "proved_epsilon": told.epsilon,
            }
            for rule, told in settlement.verdicts.items()
        },
        "least_epsilon": settlement.epsilon,
        "bands": {settlement.rule: [settlement.low.tolist(), settlement.high.tolist()]},
        "standard_error_cny": None if error is None else dict(zip(names, np.round(error, 2).tolist(), strict=True)),
        "misreport_gain_cny": {rule: gain.tolist() for rule, gain in settlement.misreport.items()},
        "if_leaves": [_leaving_of_all(settlement, told) for told in settlement.leaving],
        "totals": many_totals(settlement, fen),
    }  # fmt: skip


def _leaving_of_all(settlement: ManySettlement, told: Leaving) -> dict[str, Any]:
    rest = settlement.costs[settlement.everyone ^ 1 << told.member]
    return leaving_told(settlement.scenario, settlement.members.names, settlement.rule, told, rest)


def many_totals(settlement: ManySettlement, fen: list[int]) -> dict[str, Any]:
    """Return the figures everybody sees."""
    told, n = settlement.verdicts[settlement.rule], len(fen)
    saved = saved_by([settlement.costs[1 << i] for i in range(n)], settlement.costs[settlement.everyone])
    return {
        "scenario": settlement.scenario.name,
        "variant": settlement.scenario.variant,
        "members": n,
        "bill_fen": sum(fen),
        "saved": {name: saved_figures(*pair) for name, pair in saved.items()},
        "holds": told.gain <= settlement.epsilon,
        "most_any_group_gains_cny": round(told.gain, 2),
        "proved_epsilon_cny": round(told.epsilon, 2),
        "inputs_sha256": settlement.fingerprint,
        "groups_planned": len(settlement.costs),
        "corrected": {"subadditive": settlement.corrected, "monotone": 0},
    }


def many_statement(settlement: ManySettlement, member: int, fen: list[int]) -> dict[str, Any]:
    """Return the statement of one member: own figures and totals only."""
    scenario, who = settlement.scenario, settlement.members
    alone, bill = float(settlement.alone[member]), fen[member] / 100
    marginal = settlement.known[settlement.everyone] - settlement.known[settlement.everyone ^ 1 << member]
    group, slack = _nearest(settlement, member)
    return {
        "schema": SCHEMA,
        "member": who.names[member],
        "rule": settlement.rule,
        "tonnes_year": round(float(who.tonnes[member]), 3),
        "subsidy_claim_cny": round(float(who.claim_cny[member]), 2),
        "alone_cny": round(alone, 2),
        "bill_fen": fen[member],
        "bill_cny": bill,
        "saving_cny": round(alone - bill, 2),
        "saving_share": round((alone - bill) / alone, 6) if alone else 0.0,
        "band_cny": [round(float(side[member]), 2) for side in (settlement.low, settlement.high)],
        "why": {
            "marginal_cny": round(marginal, 2),
            "nearest_group_size": group.bit_count(),
            "nearest_group_loses_cny": round(slack, 2),
        },
        "if_it_leaves": leaving_figures(settlement.leaving, member, settlement.rule),
        "misreport_gain_cny": misreport_figures(settlement.misreport, member, settlement.rule),
        "brings": brings(scenario, who, member),
        "villages": villages_of(scenario, who, member, fen[member]),
        "totals": many_totals(settlement, fen),
    }


def _nearest(settlement: ManySettlement, member: int) -> tuple[int, float]:
    """Return the planned group with this member that comes nearest to leaving, and what it would lose."""
    n = len(settlement.members.names)
    loses = {
        mask: cost - float(np.asarray(indicator(mask, n)) @ settlement.amounts)
        for mask, cost in settlement.known.items()
        if mask >> member & 1 and mask != settlement.everyone
    }
    best = min(loses, key=lambda mask: loses[mask])
    return best, loses[best]
