"""Exact certificate of a nucleolus, in rational arithmetic.

A division is the nucleolus when, level after level of its excesses, the groups of the level are *balanced*: some
weights, positive on each, add their indicators up to what is settled already (Kohlberg 1971, doi
10.1137/0120009). It is enough to find balanced collections whose span holds the level. A linear programme
proposes each collection as a vertex, so its weights are unique; they are recomputed as fractions and must be
positive there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from scipy.optimize import linprog

from coldchain.language import _
from coldchain.sharing.game import indicator, members
from coldchain.sharing.nucleolus import Nucleolus
from coldchain.sharing.span import Span

LARGEST_EXACT = 12
SUPPORT = 1e-9
Vector = list[Fraction]


@dataclass(frozen=True)
class Certificate:
    """The verdict on a division.

    Attributes
    ----------
    payoff : the division as fractions
    right : it is the nucleolus, proved without rounding
    levels : excesses of the levels gone through
    reason : what is wrong, empty when right
    """

    payoff: tuple[Fraction, ...]
    right: bool
    levels: tuple[Fraction, ...]
    reason: str = ""


def exact_figures(figures: Sequence[float]) -> list[Fraction]:
    """Return the decimal figures as they print, as fractions.

    >>> exact_figures([0.1, 2.0])
    [Fraction(1, 10), Fraction(2, 1)]
    """
    return [Fraction(repr(float(figure))) for figure in figures]


def certify(
    worth: Sequence[Fraction], found: Nucleolus, *, rational: bool = True, per_capita: bool = False
) -> Certificate:
    """Solve the equations of a nucleolus as fractions and check the answer against all groups."""
    payoff = exact_payoff(worth, found, per_capita=per_capita)
    if payoff is None:
        return Certificate((), right=False, levels=(), reason=_("the equations found do not determine a division"))
    return check(worth, payoff, rational=rational, per_capita=per_capita)


def exact_payoff(worth: Sequence[Fraction], found: Nucleolus, *, per_capita: bool = False) -> Vector | None:
    """Solve x(S) + w(S)·t[level] = v(S), x(N) = v(N) as fractions; None when they contradict or leave x open."""
    n, levels = len(found.payoff), len(found.levels)
    rows = [[Fraction(1)] * n + [Fraction(0)] * levels + [worth[-1]]]
    for item in found.settled:
        row = [Fraction(int(value)) for value in indicator(item.mask, n)] + [Fraction(0)] * levels
        if item.level is not None:
            row[n + item.level] = Fraction(item.mask.bit_count() if per_capita else 1)
        rows.append([*row, worth[item.mask]])
    solved = _eliminate(rows)
    pivots = {_pivot(row): row for row in solved}
    width = n + levels
    if width in pivots or any(i not in pivots or any(pivots[i][i + 1 : width]) for i in range(n)):
        return None
    return [pivots[i][width] for i in range(n)]


def check(
    worth: Sequence[Fraction], payoff: Sequence[Fraction], *, rational: bool = True, per_capita: bool = False
) -> Certificate:
    """Check a division against all groups without rounding."""
    n = len(payoff)
    given = tuple(payoff)
    bound = [i for i in range(n) if payoff[i] == worth[1 << i]] if rational else []
    if sum(payoff) != worth[-1]:
        return Certificate(given, right=False, levels=(), reason=_("the shares do not add up to the worth of all"))
    if rational and any(payoff[i] < worth[1 << i] for i in range(n)):
        return Certificate(given, right=False, levels=(), reason=_("a member gets less than its worth alone"))
    excess, unit = _whole_excesses(worth, payoff, per_capita=per_capita)
    span = Span(n)
    span.add([1] * n)
    levels: list[Fraction] = []
    while span.rank < n:
        normal = [int(value) for value in span.normal()]
        left = [mask for mask in range(1, len(worth) - 1) if sum(normal[i] for i in members(mask)) % (1 << 64)]
        top = max(excess[mask] for mask in left)
        level = [mask for mask in left if excess[mask] == top]
        if not _balance(level, bound, span):
            reason = _("level {level} can fall").format(level=Fraction(top, unit))
            return Certificate(given, right=False, levels=tuple(levels), reason=reason)
        if not levels or levels[-1] != Fraction(top, unit):
            levels.append(Fraction(top, unit))
    return Certificate(given, right=True, levels=tuple(levels))


def _whole_excesses(
    worth: Sequence[Fraction], payoff: Sequence[Fraction], *, per_capita: bool
) -> tuple[list[int], int]:
    """Return all excesses as whole numbers, and the unit they are counted in."""
    n = len(payoff)
    heads = lcm(*range(1, n + 1)) if per_capita else 1
    scale = lcm(*(value.denominator for value in (*worth, *payoff)))
    share = [int(value * scale) for value in payoff]
    total = [0]
    for value in share:
        total += [before + value for before in total]
    excess = [int(value * scale) - given for value, given in zip(worth, total, strict=True)]
    if per_capita:
        excess = [e * (heads // max(mask.bit_count(), 1)) for mask, e in enumerate(excess)]
    return excess, scale * heads


def _balance(level: list[int], bound: list[int], span: Span) -> bool:
    """Find one balanced collection within the level and settle it; False when there is none."""
    n = span.n
    groups = np.array([indicator(mask, n) for mask in level], dtype=np.float64)
    single = np.eye(n)[bound]
    basis = np.array([[float(value) for value in row] for row in span.basis()])
    weights = len(level) + len(bound)
    left = np.vstack([np.vstack([groups, single, -basis]).T, np.r_[np.ones(weights), np.zeros(len(basis))]])
    aim = np.r_[-np.ones(len(level)), np.zeros(len(bound) + len(basis))]
    limits = [(0.0, None)] * weights + [(None, None)] * len(basis)
    answer: Any = linprog(aim, A_eq=left, b_eq=np.r_[np.zeros(n), 1.0], bounds=limits, method="highs-ds")
    if not answer.success or -answer.fun <= SUPPORT:
        return False
    support = [c for c in range(weights) if answer.x[c] > SUPPORT]
    masks = [level[c] if c < len(level) else 1 << bound[c - len(level)] for c in support]
    if not _positive(masks, span):
        return False
    for mask in masks:
        span.add(indicator(mask, n).tolist())
    return True


def _positive(masks: list[int], span: Span) -> bool:
    """Tell whether exact weights, unique up to scale and all positive, bring the groups into the span."""
    n = span.n
    columns = [[Fraction(int(value)) for value in indicator(mask, n)] for mask in masks] + span.basis()
    solved = _eliminate([list(row) for row in zip(*columns, strict=True)])
    pivots = [_pivot(row) for row in solved]
    free = [c for c in range(len(columns)) if c not in pivots]
    if len(free) != 1:
        return False
    value = {free[0]: Fraction(1)} | {pivot: -row[free[0]] for pivot, row in zip(pivots, solved, strict=True)}
    weights = [value[c] for c in range(len(masks))]
    return all(w > 0 for w in weights) or all(w < 0 for w in weights)


def _pivot(row: Vector) -> int:
    return next(i for i, value in enumerate(row) if value)


def _eliminate(rows: list[Vector]) -> list[Vector]:
    """Return the reduced echelon form without empty rows."""
    done: list[Vector] = []
    for given in rows:
        row = given
        for other in done:
            if factor := row[_pivot(other)]:
                row = [a - factor * b if b else a for a, b in zip(row, other, strict=True)]
        if not any(row):
            continue
        at = _pivot(row)
        row = [value / row[at] if value else value for value in row]
        done = [[a - o[at] * b if b else a for a, b in zip(o, row, strict=True)] if o[at] else o for o in done]
        done.append(row)
    return done
