"""What members ask: who would leave or pay, what lying gains, how sure a bill is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from coldchain.arrays import Floats
from coldchain.sharing.closure import consistent
from coldchain.sharing.game import Game, sums
from coldchain.sharing.rules import divide

MISREPORT = 0.1


@dataclass(frozen=True)
class Leaving:
    """One member leaves: the bills of the others after it, and what it would be worth to them that it stays.

    Attributes
    ----------
    member : index of who leaves
    amounts : by rule, bills of the others, the leaver at its cost alone, shape (n,)
    pays_to_keep : by rule, how much more each other member would pay without it (positive: pays for it to stay)
    loses : by rule, what the leaver loses by leaving
    """

    member: int
    amounts: dict[str, Floats]
    pays_to_keep: dict[str, Floats]
    loses: dict[str, float]


def without(game: Game, member: int) -> Game:
    """Return the game of the others."""
    keep = [i for i in range(game.n) if i != member]
    values = game.values[sums(1 << np.array(keep, dtype=np.int64))]
    volume = None if game.volume is None else game.volume[keep]
    at = {i: k for k, i in enumerate(keep)}
    unions = tuple(left for union in game.unions if (left := tuple(at[i] for i in union if i != member)))
    return Game(tuple(game.players[i] for i in keep), game.kind, values, volume, unions, game.name)


def bills(game: Game, rules: Sequence[str]) -> dict[str, Floats]:
    """Return the amounts of those rules that apply."""
    return {rule: division.amounts for rule, division in divide(game, rules, certified=False).divisions.items()}


def if_leaves(game: Game, member: int, rules: Sequence[str], now: dict[str, Floats]) -> Leaving:
    """Work out the bills when a member leaves; read the other way round, when it joins."""
    keep = [i for i in range(game.n) if i != member]
    after = bills(without(game, member), rules)
    amounts = {}
    for rule, rest in after.items():
        amounts[rule] = game.alone.copy()
        amounts[rule][keep] = rest
    change = {rule: game.sign * (now[rule] - amounts[rule]) for rule in amounts if rule in now}
    loses = {rule: float(gain[member]) for rule, gain in change.items()}
    pays = {rule: np.where(np.arange(game.n) == member, 0.0, gain) for rule, gain in change.items()}
    return Leaving(member, amounts, pays, loses)


def misreported(game: Game, member: int, share: float) -> Game:
    """Estimate the game in which a member reports a share more or less produce.

    Its marginal cost in every group, and its volume, change by that share: an estimate to first order, no new plans.
    """
    masks = np.arange(len(game.values))
    marginal = np.where(masks >> member & 1, game.values - game.values[masks & ~(1 << member)], 0.0)
    volume = None if game.volume is None else game.volume * np.where(np.arange(game.n) == member, 1.0 + share, 1.0)
    return replace(game, values=game.values + share * marginal, volume=volume)


def gain_of_misreport(game: Game, told: Game, rules: Sequence[str], now: dict[str, Floats]) -> dict[str, Floats]:
    """Return what each member gains when the reported game is billed but the true cost of all must be covered.

    Bills by the reported table are scaled to the true total. Positive: pays less than by the truth.
    """
    scale = float(game.values[-1] / told.values[-1])
    return {rule: game.sign * (scale * y - now[rule]) for rule, y in bills(told, rules).items() if rule in now}


@dataclass(frozen=True)
class Bands:
    """How far bills move when every group cost lies anywhere between its bound and its plan.

    Attributes
    ----------
    low, high : by rule, 5th and 95th percentile of each bill and never short of the bill itself, shape (n,)
    tables : tables drawn
    """

    low: dict[str, Floats]
    high: dict[str, Floats]
    tables: int


def bands(
    game: Game,
    bounds: Floats,
    rules: Sequence[str],
    now: dict[str, Floats],
    *,
    tables: int = 100,
    seed: int = 0,
    mend: Callable[[Floats], Floats] | None = None,
) -> Bands:
    """Draw tables between bounds and plans, make them consistent, bill each as drawn and scaled to the total billed.

    As drawn, the joint plan gets cheaper as well; scaled, it is the one that is run and only its division changes.

    Parameters
    ----------
    bounds : proved lower bound on the cost of each group, shape (2^n,)
    now : bills by the plans as found
    mend : makes drawn costs consistent; subadditive by default
    """
    rng = np.random.default_rng(seed)
    close = mend or (lambda costs: consistent(costs).costs)
    drawn: dict[str, list[Floats]] = {rule: [] for rule in now}
    for _ in range(tables):
        costs = close(game.values - rng.random(len(game.values)) * np.maximum(game.values - bounds, 0.0))
        for rule, amounts in bills(replace(game, values=costs), rules).items():
            drawn[rule] += [amounts, amounts * (game.values[-1] / costs[-1] if costs[-1] else 1.0)]
    low, high = {}, {}
    for rule, rows in drawn.items():
        few = np.array([*rows, now[rule]])
        low[rule] = np.minimum(np.quantile(few, 0.05, axis=0), now[rule])
        high[rule] = np.maximum(np.quantile(few, 0.95, axis=0), now[rule])
    return Bands(low, high, tables)
