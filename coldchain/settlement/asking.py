"""What members ask where only some of the groups are planned: bills without one of them, and what lying gains.

Both are worked out on the groups planned already, by the rules that need no others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from coldchain.arrays import Floats
from coldchain.language import N_
from coldchain.sharing import Leaving, equal_profit_known, in_proportion, least_epsilon_known

ASKED_RULES = ("equal_profit", "proportional", "volume")
SLACK = 1e-7


def bills_of_known(known: Mapping[int, float], n: int, volume: Floats, rules: tuple[str, ...]) -> dict[str, Floats]:
    """Return by rule what n members pay; equal profit at the least epsilon of the groups known where it must be."""
    total, alone = known[(1 << n) - 1], np.array([known[1 << i] for i in range(n)])
    work: dict[str, Callable[[], Floats]] = {
        "equal_profit": lambda: _equal_profit(known, n),
        "proportional": lambda: in_proportion(total, alone, N_("values alone")),
        "volume": lambda: in_proportion(total, volume, N_("volumes")),
    }
    found = {}
    for rule in rules:
        try:
            found[rule] = work[rule]()
        except ZeroDivisionError:
            continue
    return found


def _equal_profit(known: Mapping[int, float], n: int) -> Floats:
    size = max(abs(cost) for cost in known.values())
    epsilon = max(least_epsilon_known(known, n), 0.0) * (1 + SLACK) + 1e-9 * size
    return equal_profit_known(known, n, epsilon) if n > 1 else np.array([known[1]])


def leaving_known(known: Mapping[int, float], member: int, volume: Floats, now: Mapping[str, Floats]) -> Leaving:
    """Return the bills of the others when a member leaves, from the groups known among them.

    Parameters
    ----------
    known : cost by mask; members alone, all, and all but the member are among them
    now : bills by rule; those of :data:`ASKED_RULES` are worked out
    """
    n = len(volume)
    rest = {_without(mask, member): cost for mask, cost in known.items() if not mask >> member & 1}
    rules = tuple(rule for rule in ASKED_RULES if rule in now)
    keep = np.delete(np.arange(n), member)
    amounts = {}
    for rule, bill in bills_of_known(rest, n - 1, volume[keep], rules).items():
        amounts[rule] = np.full(n, known[1 << member])
        amounts[rule][keep] = bill
    change = {rule: amounts[rule] - now[rule] for rule in amounts}
    loses = {rule: float(more[member]) for rule, more in change.items()}
    pays = {rule: np.where(np.arange(n) == member, 0.0, more) for rule, more in change.items()}
    return Leaving(member, amounts, pays, loses)


def _without(mask: int, member: int) -> int:
    """Return a group of the others as they are numbered without the member.

    >>> bin(_without(0b1011, 2)), bin(_without(0b1001, 1))
    ('0b111', '0b101')
    """
    low = mask & ((1 << member) - 1)
    return low | mask >> (member + 1) << member


def lying_known(
    known: Mapping[int, float], member: int, share: float, volume: Floats, now: Mapping[str, Floats]
) -> dict[str, float]:
    """Return by rule what a member gains by reporting a share more or less produce: an estimate to first order.

    Its marginal cost in every group moves by the share. Where the group without it was not planned, that cost is taken
    between the one alone and the one among all, by size of the group. Bills are scaled to the true total.
    """
    n, everyone = len(volume), (1 << len(volume)) - 1
    one, last = known[1 << member], known[everyone] - known[everyone ^ 1 << member]

    def marginal(mask: int) -> float:
        rest = mask ^ 1 << member
        if not rest or rest in known:
            return known[mask] - known.get(rest, 0.0)
        return one + (last - one) * (mask.bit_count() - 1) / (n - 1)

    told = {mask: cost + (share * marginal(mask) if mask >> member & 1 else 0.0) for mask, cost in known.items()}
    reported = volume * np.where(np.arange(n) == member, 1.0 + share, 1.0)
    rules = tuple(rule for rule in ASKED_RULES if rule in now)
    scale = known[everyone] / told[everyone]
    billed = bills_of_known(told, n, reported, rules)
    return {rule: float(now[rule][member] - scale * bill[member]) for rule, bill in billed.items()}
