"""How fast a commodity ages at a temperature, and how much of a lot is lost when part of its life is used up.

The rate is the share of shelf life used per hour, ``k(T) = relative(T) / (relative(T0)·life(T0))``. The cold anchor
``life(T0)`` is published, and so is the warm one where there is one; ``relative`` follows one of three laws:

- ``arrhenius``: ``exp(-Ea/(R·T))``;
- ``q10``: piecewise exponential by temperature band. The bands 0-10, 10-20, 20-30, 30-40 °C have Q10 of 3, 2.5, 2
  and 1.5 (Saltveit, USDA Handbook 66: relative life 100/33/13/7/4 at 0/10/20/30/40 °C), stretched by one exponent;
- ``ratkowsky``: ``(1 + c·T)²`` for fish on ice, ``c`` = 0.1/K (Olley & Ratkowsky).

The first two have one strength (Ea, exponent). With a warm anchor it is the one by which the law goes through both
anchors; without, it follows from the commodity's Ea or Q10.

Below the chilling threshold hours times depth add up to a dose, which harms beyond an onset; a commodity without an
onset follows the older law, by which the rate rises eightfold for every 10 K. Below the freezing point life is one day.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from coldchain.arrays import KG_PER_T, Floats
from coldchain.model import Commodity
from coldchain.spoilage.kernels import BAND_Q10, WEAR, add_wear, breath_growths, log_relative, rate_of

GAS_CONSTANT = 8.31451
RESPIRATION_Q10 = 2.5
FISH_PER_K = 0.1
QUALITY_AT_LIFE = 0.2
WATT_HOURS_KJ = 3.6
_KINDS = {"arrhenius": 0.0, "q10": 1.0, "ratkowsky": 2.0}


def pack(commodity: Commodity, humidity: float = 1.0) -> Floats:
    """Return the kinetics as the numbers the compiled kernels read.

    They are: law, strength (Ea/R in K, exponent of the bands, c in 1/K), log of the anchor; chilling threshold,
    chilling floor, freezing point and the temperature below which colder keeps no longer, °C (minus infinity where
    absent); whether chilling is a dose; whether coolers leave alone what is colder than they are (not by the older law,
    without warm anchor); weight lost as water, 1/(h·kPa); humidity of the air outside; warming by the own breath at
    0 °C, K/h, and the logarithm of its growth for each K.
    """
    kind = _KINDS[commodity.kinetics]
    strength = _strength(commodity)
    anchor = -math.log(commodity.life_d * 24.0) - log_relative(kind, strength, commodity.life_temp_c)
    edges = (commodity.chill_threshold_c, commodity.chill_floor_c, commodity.freezing_c, commodity.flat_below_c)
    known = [-math.inf if edge is None else edge for edge in edges]
    dose = float(commodity.chill_onset_k_h is not None)
    newer = float(commodity.warm_life_d is not None)
    water = commodity.water_kg_t_h_kpa / KG_PER_T
    breath, growth = _breath(commodity)
    return np.array([kind, strength, anchor, *known, dose, newer, water, humidity, breath, growth])


def _breath(commodity: Commodity) -> tuple[float, float]:
    """Return warming by respiration at 0 °C in a load that gives no heat away, K/h, and ln of its growth per K."""
    cold, warm = respiration_w_t(commodity, 0.0), respiration_w_t(commodity, 20.0)
    if cold <= 0.0:
        return 0.0, 0.0
    return cold * WATT_HOURS_KJ / KG_PER_T / commodity.heat_kj_kg_k, math.log(max(warm, cold) / cold) / 20.0


def _strength(commodity: Commodity) -> float:
    """Strength of the law: by both anchors where there are two, else by the commodity's own Ea or Q10."""
    if commodity.warm_life_d is None:
        if commodity.kinetics == "arrhenius" and commodity.ea_kj_mol is not None:
            return commodity.ea_kj_mol * 1000.0 / GAS_CONSTANT
        if commodity.kinetics == "ratkowsky":
            return FISH_PER_K
        return math.log(commodity.q10 or 1.0) / math.log(math.sqrt(BAND_Q10[0] * BAND_Q10[1]))
    kind = _KINDS[commodity.kinetics]
    steps = log_relative(kind, 1.0, commodity.warm_temp_c) - log_relative(kind, 1.0, commodity.life_temp_c)
    return math.log(commodity.life_d / commodity.warm_life_d) / float(steps)


def rate_per_h(commodity: Commodity, temp_c: ArrayLike) -> Floats:
    """Share of shelf life used per hour at each temperature.

    Parameters
    ----------
    temp_c : any shape, °C

    Returns
    -------
    float64 array of the same shape, 1/h
    """
    params = pack(commodity)
    temperatures = np.asarray(temp_c, dtype=np.float64)
    rates = [rate_of(params, float(temp)) for temp in temperatures.ravel()]
    return np.array(rates, dtype=np.float64).reshape(temperatures.shape)


def life_d(commodity: Commodity, temp_c: float) -> float:
    """Shelf life in days when held at ``temp_c`` throughout: until its age or chilling alone has spoiled the lot.

    A lot is spoiled when as much of it is unsaleable as at the end of its life.
    """
    kinetic_d = 1.0 / (24.0 * float(rate_per_h(commodity, temp_c)))
    depth = float(wear_per_h(commodity, temp_c, 1.0)[1])
    if depth <= 0.0 or commodity.chill_onset_k_h is None:
        return kinetic_d
    dose = commodity.chill_onset_k_h - commodity.chill_k_h * math.log(1.0 - commodity.loss_at_life)
    return min(kinetic_d, dose / depth / 24.0)


def respiration_w_t(commodity: Commodity, temp_c: float) -> float:
    """Heat of respiration in W/t, exponential through the published values at 0 and 20 °C.

    Beyond 20 °C it grows by 2 for 10 K at most and beyond 30 °C by 1.5 (Saltveit, USDA Handbook 66). Where only the
    value at 20 °C is published (crops that are not stored near 0 °C) it falls by 2.5 for every 10 K; 0 where none is.
    """
    return _respiration_w_t(commodity.respiration_w_t_0c, commodity.respiration_w_t_20c, float(temp_c))


@lru_cache(maxsize=4096)
def _respiration_w_t(low: float, high: float, temp_c: float) -> float:
    """Remember what is asked thousands of times: the breath of a few crops at a few temperatures."""
    return float(_breath_w_t(low, high, np.asarray(temp_c, dtype=np.float64)))


def breath_w_t(commodity: Commodity, temp_c: Floats) -> Floats:
    """Heat of respiration at many temperatures, as :func:`respiration_w_t`; of the same shape."""
    return _breath_w_t(commodity.respiration_w_t_0c, commodity.respiration_w_t_20c, temp_c)


def _breath_w_t(low: float, high: float, temp_c: Floats) -> Floats:
    if high <= 0.0:
        return np.full(temp_c.shape, low)
    if low <= 0.0:
        low = high / RESPIRATION_Q10**2
    per_k = math.log(high / low) / 20.0
    return np.asarray(low * np.exp(breath_growths(per_k, temp_c.ravel())).reshape(temp_c.shape))


@lru_cache(maxsize=1024)
def loss_curve(commodity: Commodity) -> tuple[float, float]:
    """Return scale ``λ`` and shape ``b`` of the share unsaleable ``1 - exp(-λ·u^b)`` after ``u`` of the life.

    Decay data fix both: ``ln(-ln(1 - share))`` is a straight line over ``ln u``, and least squares give it; one
    measurement fixes the scale at the given shape. Without any, ``λ = -ln(1 - loss_at_life)``.
    """
    shape, points = commodity.loss_shape, commodity.decay_points
    if not points:
        return -math.log(1.0 - commodity.loss_at_life), shape
    used = np.log([days * 24.0 * float(rate_per_h(commodity, temp_c)) for temp_c, days, _share in points])
    lost = np.log([-math.log(1.0 - share) for _temp, _days, share in points])
    spread = used - used.mean()
    if len(points) > 1 and (spread**2).sum() > 0.0:
        shape = float((spread * lost).sum() / (spread**2).sum())
    return float(math.exp(lost.mean() - shape * used.mean())), shape


def steady(commodity: Commodity) -> Commodity:
    """Return the commodity with its loss curve stated, so that it stays in place when its lives are changed."""
    scale, shape = loss_curve(commodity)
    end = 1.0 - math.exp(-scale)
    return commodity.model_copy(update={"loss_shape": shape, "loss_at_life": end, "decay": ()})


def quality(used: ArrayLike) -> Floats:
    """Remaining quality of 100 after ``used`` of the life: first order, 20 at its end, as Coldtivate counts it.

    Examples
    --------
    >>> quality([0.0, 1.0]).round(9).tolist()
    [100.0, 20.0]
    """
    return np.asarray(100.0 * QUALITY_AT_LIFE ** np.maximum(np.asarray(used, dtype=np.float64), 0.0))


def loss_share(
    commodity: Commodity, used: ArrayLike, transfers: int = 0, *, chilled: ArrayLike = 0.0, dried: ArrayLike = 0.0
) -> Floats:
    """Share of a lot lost after ``used`` of its life and a number of transfers.

    ``1 - (1-h)^transfers · exp(-λ·used^b)``: a Weibull loss with the scale and shape of :func:`loss_curve` (shape 1
    is first order), and the handling loss ``h`` of each transfer. A chilling dose ``chilled`` in K·h spoils
    ``1 - exp(-(dose - onset)/D)`` beyond its onset, and ``dried`` is ``-ln`` of the weight kept.

    Examples
    --------
    >>> from coldchain.model import Commodity
    >>> crop = Commodity(id="x", name="X", zone="cold", kinetics="q10", q10=2.0, life_d=10, life_temp_c=0,
    ...     life_min_d=9, life_max_d=11, freezing_c=-1, density_kg_m3=300, heat_kj_kg_k=4,
    ...     price_cny_kg=1, precool_deadline_h=9, loss_shape=1.0, loss_at_life=0.5, handling_loss=0.01)
    >>> float(loss_share(crop, 1.0))
    0.5
    >>> round(float(loss_share(crop, 0.0, transfers=2)), 4)
    0.0199
    """
    scale, shape = loss_curve(commodity)
    kept = np.exp(-scale * np.power(np.maximum(np.asarray(used, dtype=np.float64), 0.0), shape))
    kept = kept * np.exp(-_injury(commodity, chilled) - np.asarray(dried, dtype=np.float64))
    return np.asarray(1.0 - (1.0 - commodity.handling_loss) ** transfers * kept, dtype=np.float64)


def _injury(commodity: Commodity, chilled: ArrayLike) -> Floats:
    """Chilling beyond its onset, in doses that each leave 37 % of a lot."""
    beyond = np.asarray(chilled, dtype=np.float64) - (commodity.chill_onset_k_h or 0.0)
    return np.asarray(np.maximum(beyond, 0.0) / commodity.chill_k_h)


def wear_per_h(commodity: Commodity, temp_c: float, humidity: float) -> Floats:
    """Wear of an hour at a temperature in air of that temperature and a humidity, shape (3,)."""
    wear = np.zeros(WEAR)
    add_wear(pack(commodity, humidity), temp_c, temp_c, humidity, 1.0, wear)
    return wear


def worn_loss(commodity: Commodity, worn: Floats, transfers: int) -> Floats:
    """Share lost of lots by their wear (life used, chilling dose, water), shape (..., 3)."""
    return loss_share(commodity, worn[..., 0], transfers, chilled=worn[..., 1], dried=worn[..., 2])


def worn_slope(commodity: Commodity, worn: Floats, rate: Floats, transfers: int) -> float:
    """Share of a lot lost per hour in which its wear grows by ``rate``, both of shape (3,)."""
    scale, shape = loss_curve(commodity)
    age = max(float(worn[0]), 1e-12)
    hazard = scale * shape * age ** (shape - 1.0) * float(rate[0]) + float(rate[2])
    if worn[1] > (commodity.chill_onset_k_h or 0.0):
        hazard += float(rate[1]) / commodity.chill_k_h
    return float((1.0 - worn_loss(commodity, worn, transfers)) * hazard)
