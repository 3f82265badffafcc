"""Splits in closed form: separable costs, proportions, and a fund between counties."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from coldchain.arrays import Floats
from coldchain.language import N_, _
from coldchain.sharing.game import Game
from coldchain.sharing.money import whole_fen


def scrb(game: Game) -> Floats:
    """Separable costs, remaining benefits (the alternate cost avoided method), shape (n,).

    Each member pays its marginal cost of joining the others; what remains is split in proportion to stand-alone cost
    less marginal cost (Young, Okada & Hashimoto 1982, doi 10.1029/WR018i003p00463).

    Raises
    ------
    ZeroDivisionError
        When something remains and the remaining benefits add up to nothing.
    """
    without = game.values[game.everyone ^ (1 << np.arange(game.n))]
    return scrb_of(float(game.values[-1]), game.alone, without)


def scrb_of(total: float, alone: Floats, without: Floats) -> Floats:
    """Return :func:`scrb` of what all together cost, each alone, and all but each, shape (n,)."""
    marginal = total - without
    rest = in_proportion(float(total - marginal.sum()), alone - marginal, N_("remaining benefits"))
    return np.asarray(marginal + rest, dtype=np.float64)


def equal_charge(game: Game) -> Floats:
    """Each pays its marginal cost of joining the others; what remains is split into equal parts, shape (n,)."""
    return equal_charge_of(float(game.values[-1]), game.values[game.everyone ^ (1 << np.arange(game.n))])


def equal_charge_of(total: float, without: Floats) -> Floats:
    """Return :func:`equal_charge` of what all together cost, and all but each, shape (n,)."""
    marginal = total - without
    return np.asarray(marginal + (total - marginal.sum()) / len(marginal), dtype=np.float64)


def proportional(game: Game) -> Floats:
    """Split in proportion to what each stands for alone, shape (n,)."""
    return in_proportion(float(game.values[-1]), game.alone, N_("values alone"))


def by_volume(game: Game) -> Floats:
    """Split in proportion to volume, shape (n,)."""
    if game.volume is None:
        raise ValueError(_("the volumes of the members are not known"))
    return in_proportion(float(game.values[-1]), game.volume, N_("volumes"))


def in_proportion(amount: float, weights: Floats, what: str) -> Floats:
    """Split an amount in proportion to weights.

    Raises
    ------
    ZeroDivisionError
        Naming ``what`` adds up to nothing.
    """
    total = float(weights.sum())
    size = float(np.abs(weights).max(initial=0.0))
    if abs(total) <= 1e-12 * size or size == 0.0:
        if abs(amount) <= 1e-9 * max(size, 1e-300):
            return np.zeros(len(weights))
        message = _("the {what} add up to 0: there is nothing to split in proportion to")
        raise ZeroDivisionError(message.format(what=_(what)))
    return np.asarray(amount * weights / total, dtype=np.float64)


def levy_fund(sales_cny: Mapping[str, float], rate: float, weight: Mapping[str, float]) -> dict[str, int]:
    """Return a share of platform sales to producing counties, in fen that add up to the levy.

    Parameters
    ----------
    sales_cny : yearly sales of each platform, market or county that pays the levy
    rate : share of the sales, for example 0.01
    weight : what the levy is returned by: tonnes produced, value at the farm gate, loss avoided

    Examples
    --------
    >>> levy_fund({"east": 1000.0}, 0.01, {"hill": 2.0, "river": 1.0})
    {'hill': 667, 'river': 333}
    """
    levy = rate * sum(sales_cny.values())
    parts = in_proportion(levy, np.array(list(weight.values()), dtype=np.float64), N_("weights of the fund"))
    return dict(zip(weight, whole_fen(parts), strict=True))
