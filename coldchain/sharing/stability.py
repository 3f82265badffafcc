"""Who would leave: the group that gains most by going alone, and the least subsidy that would keep all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Floats
from coldchain.sharing.game import Game, tolerance
from coldchain.sharing.nucleolus import excesses, nucleolus


@dataclass(frozen=True)
class Stability:
    """The verdict on a division.

    Attributes
    ----------
    holds : no group gains more than epsilon by leaving
    group : the group that gains most, or loses least
    mask : the same as a mask
    gain : what it gains by leaving; negative: what it would lose
    groups : how many groups gain more than epsilon
    epsilon : what leaving is taken to cost a group
    """

    holds: bool
    group: tuple[str, ...]
    mask: int
    gain: float
    groups: int
    epsilon: float = 0.0


def stability(game: Game, amounts: Floats, epsilon: float = 0.0) -> Stability:
    """Test a division against every group.

    Parameters
    ----------
    amounts : what each member pays (cost) or gets (profit), shape (n,)
    epsilon : what leaving costs a group, in the unit of the game
    """
    worth = game.worth
    slack = tolerance(worth)
    if game.n == 1:
        return Stability(True, game.players, 1, 0.0, 0, epsilon)
    excess = excesses(worth, game.sign * amounts)[1:-1]
    mask = int(excess.argmax()) + 1
    gain, leaving = float(excess[mask - 1]), int(np.count_nonzero(excess > epsilon + slack))
    gain = 0.0 if abs(gain) <= slack else gain
    return Stability(leaving == 0, game.group(mask), mask, gain, leaving, epsilon)


def least_epsilon(game: Game) -> float:
    """Return the least epsilon at which some division holds; above 0: the core is empty."""
    if game.n == 1:
        return 0.0
    level = nucleolus(game.worth, rational=False).levels[0]
    return 0.0 if abs(level) <= tolerance(game.worth) else level
