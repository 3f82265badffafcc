"""Shelf life of a commodity after a history of temperatures, with the band its figures leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from coldchain.arrays import Floats
from coldchain.model import Commodity
from coldchain.model.bands import NEARLY, ends_of
from coldchain.spoilage.kernels import WEAR
from coldchain.spoilage.kinetics import life_d, quality, steady, wear_per_h, worn_loss


@dataclass(frozen=True)
class Held:
    """Hours at a temperature."""

    temp_c: float
    hours: float


@dataclass(frozen=True)
class Shelf:
    """A lot after a history.

    Attributes
    ----------
    life_d : shelf life at the last temperature
    quality : of 100; 20 at the end of life
    loss : share unsaleable; ``low`` and ``high`` bound it when every figure of the commodity moves within its band
    """

    life_d: float
    quality: float
    loss: float
    low: float
    high: float


def shelf_life(commodity: Commodity, history: Sequence[Held], humidity: float = 1.0) -> Shelf:
    """Age a lot through a history of steady temperatures in air of a humidity.

    Examples
    --------
    >>> crop = Commodity(id="x", name="X", zone="cold", kinetics="q10", life_d=10, life_temp_c=0, life_min_d=8,
    ...     life_max_d=12, life_source="a test", warm_life_d=2, warm_temp_c=20, warm_source="a test",
    ...     loss_at_life=0.2, freezing_c=-1, density_kg_m3=300, heat_kj_kg_k=4, price_cny_kg=1, precool_deadline_h=9)
    >>> shelf = shelf_life(crop, [Held(20.0, 48.0)])
    >>> round(shelf.life_d, 9), round(shelf.quality, 9), round(shelf.loss, 9)
    (2.0, 20.0, 0.2)
    """
    losses = [held_loss(one, history, humidity) for one in (commodity, *extremes(commodity))]
    return Shelf(
        life_d=life_d(commodity, history[-1].temp_c),
        quality=float(quality(_worn(commodity, history, humidity)[0])),
        loss=losses[0],
        low=min(losses),
        high=max(losses),
    )


def extremes(commodity: Commodity) -> tuple[Commodity, ...]:
    """Return the commodity at the corners of its bands: both lives long or short, with the better or worse end of life.

    The loss curve keeps its place on the scale of used-up life, so that a longer life is a smaller loss with decay
    data, too. Beyond its anchors a law is steeper the
    more they differ, so that either pair of lives may be the worse one there.
    """
    curve = steady(commodity)
    end = curve.loss_at_life
    lost = (end, end) if commodity.decay else (commodity.loss_at_life_min or end, commodity.loss_at_life_max or end)
    made = []
    for cold_d, warm_d, share in product(ends_of(commodity, "life_d"), ends_of(commodity, "warm_life_d"), lost):
        figures: dict[str, object] = {"life_d": cold_d, "loss_at_life": share}
        if commodity.warm_life_d is not None:
            figures["warm_life_d"] = min(warm_d, NEARLY * cold_d)
        made.append(curve.model_copy(update=figures))
    return tuple(made)


def _worn(commodity: Commodity, history: Sequence[Held], humidity: float) -> Floats:
    return sum((held.hours * wear_per_h(commodity, held.temp_c, humidity) for held in history), np.zeros(WEAR))


def held_loss(commodity: Commodity, history: Sequence[Held], humidity: float = 1.0, transfers: int = 0) -> float:
    """Return the share lost of a lot after a history of steady temperatures and a number of transfers."""
    return float(worn_loss(commodity, _worn(commodity, history, humidity), transfers))
