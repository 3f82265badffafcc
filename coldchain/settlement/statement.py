"""Settlement statements: what one member sees, as data. A member sees its own rows and the totals, never another's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from coldchain.arrays import Floats
from coldchain.model import Scenario
from coldchain.settlement.costing import GroupCost
from coldchain.settlement.members import Members
from coldchain.settlement.settle import MISREPORT, Settlement, within
from coldchain.sharing import Leaving, whole_fen

SCHEMA = "coldchain.statement/1"


def fen_bills(settlement: Settlement) -> list[int]:
    """Return the bills in whole fen; they add up to the rounded cost of all together."""
    return whole_fen(settlement.amounts.tolist())


def member_statement(settlement: Settlement, member: int, fen: list[int]) -> dict[str, Any]:
    """Return the statement of one member: own figures and totals only."""
    game, rule = settlement.game, settlement.rule
    alone = float(game.alone[member])
    bill = fen[member] / 100
    everyone = game.everyone
    marginal = float(game.values[-1] - game.values[everyone ^ (1 << member)])
    group, slack = within(settlement, member)
    return {
        "schema": SCHEMA,
        "member": game.players[member],
        "rule": rule,
        "tonnes_year": round(float(settlement.members.tonnes[member]), 3),
        "subsidy_claim_cny": round(float(settlement.members.claim_cny[member]), 2),
        "alone_cny": round(alone, 2),
        "bill_fen": fen[member],
        "bill_cny": bill,
        "saving_cny": round(alone - bill, 2),
        "saving_share": round((alone - bill) / alone, 6) if alone else 0.0,
        "band_cny": [round(float(side[rule][member]), 2) for side in (settlement.band.low, settlement.band.high)],
        "why": {
            "marginal_cny": round(marginal, 2),
            "nearest_group_size": group.bit_count(),
            "nearest_group_loses_cny": round(slack, 2),
        },
        "if_it_leaves": leaving_figures(settlement.leaving, member, rule),
        "misreport_gain_cny": misreport_figures(settlement.misreport, member, rule),
        "brings": brings(settlement.scenario, settlement.members, member),
        "villages": villages_of(settlement.scenario, settlement.members, member, fen[member]),
        "totals": totals(settlement, fen),
    }


def brings(scenario: Scenario, members: Members, member: int) -> dict[str, list[str]]:
    """Return the sites and vehicles a member brings."""
    sites = [site.id for site, owner in zip(scenario.sites, members.site, strict=True) if owner == member]
    return {"sites": sites, "vehicles": [vehicle for vehicle, owner in members.vehicles if owner == member]}


def leaving_figures(leaving: Sequence[Leaving], member: int, rule: str) -> dict[str, float]:
    """Return what the member loses by leaving, and what all the others together would pay for it to stay."""
    if not leaving or rule not in leaving[member].pays_to_keep:
        return {}
    told = leaving[member]
    return {
        "it_loses_cny": round(told.loses[rule], 2),
        "others_pay_more_cny": round(float(told.pays_to_keep[rule].sum()), 2),
    }


def misreport_figures(gains: Mapping[str, Floats], member: int, rule: str) -> dict[str, float]:
    """Return what a member gains by reporting a tenth more, and a tenth less, where the rule has it worked out."""
    if rule not in gains:
        return {}
    return {f"{share:+.0%}": round(float(gains[rule][member, k]), 2) for k, share in enumerate((MISREPORT, -MISREPORT))}


def villages_of(scenario: Scenario, members: Members, member: int, bill_fen: int) -> list[dict[str, Any]]:
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


def totals(settlement: Settlement, fen: list[int]) -> dict[str, Any]:
    """Return the figures everybody sees."""
    told = settlement.found.divisions[settlement.rule].stability
    saved = {name: saved_figures(alone, joint) for name, (alone, joint) in settlement.saved().items()}
    return {
        "scenario": settlement.scenario.name,
        "variant": settlement.scenario.variant,
        "members": settlement.game.n,
        "bill_fen": sum(fen),
        "saved": saved,
        "holds": told.holds,
        "most_any_group_gains_cny": round(told.gain, 2),
        "inputs_sha256": settlement.fingerprint,
        "groups_planned": len(settlement.costs),
        "corrected": {"subadditive": settlement.closure.split, "monotone": settlement.closure.shrunk},
    }


def saved_figures(alone: float, joint: float) -> dict[str, float]:
    """Return a figure of all standing alone, of all together, and the share saved."""
    return {
        "alone": round(alone, 2),
        "together": round(joint, 2),
        "saved_share": (alone - joint) / alone if alone else 0.0,
    }


def overview(settlement: Settlement) -> dict[str, Any]:
    """Return what the trustee sees: every rule, every member, who would leave, and the totals."""
    game, fen = settlement.game, fen_bills(settlement)
    rules = settlement.found.divisions
    return {
        "schema": "coldchain.share/1",
        "game": {"id": game.name, "kind": game.kind, "players": list(game.players)},
        "rule": settlement.rule,
        "allocations": {rule: dict(zip(game.players, d.amounts.tolist(), strict=True)) for rule, d in rules.items()},
        "fen": dict(zip(game.players, fen, strict=True)),
        "alone_cny": dict(zip(game.players, np.round(game.alone, 2).tolist(), strict=True)),
        "stability": {
            rule: {
                "holds": d.stability.holds, "worst_group": list(d.stability.group), "gain": d.stability.gain,
                "groups_that_gain": d.stability.groups,
            }
            for rule, d in rules.items()
        },
        "least_epsilon": settlement.found.least_epsilon,
        "left_out": settlement.found.left_out,
        "bands": {
            rule: [settlement.band.low[rule].tolist(), settlement.band.high[rule].tolist()] for rule in rules
        },
        "misreport_gain_cny": {rule: gain.tolist() for rule, gain in settlement.misreport.items()},
        "if_leaves": [_leaving_of_all(settlement, leaving.member) for leaving in settlement.leaving],
        "largest_correction": settlement.closure.largest,
        "totals": totals(settlement, fen),
    }  # fmt: skip


def _leaving_of_all(settlement: Settlement, member: int) -> dict[str, Any]:
    rest = settlement.costs[(settlement.game.everyone ^ (1 << member)) - 1]
    players = settlement.game.players
    return leaving_told(settlement.scenario, players, settlement.rule, settlement.leaving[member], rest)


def leaving_told(
    scenario: Scenario, players: Sequence[str], rule: str, told: Leaving, rest: GroupCost
) -> dict[str, Any]:
    """Return the others' plan and bills when a member leaves.

    Parameters
    ----------
    rest : plan of the others
    """
    bill, more = told.amounts.get(rule), told.pays_to_keep.get(rule)
    return {
        "member": players[told.member],
        "plan_without_it": {
            "cost_cny": round(rest.cost_cny, 2),
            "loss_t": rest.loss_t,
            "new_modules": _named(scenario, rest),
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
