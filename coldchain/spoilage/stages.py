"""Ageing along the stages of a lane: wait, ride, pre-cool, store, haul.

A lot has a temperature and a clock. Each stage moves both on and uses up part of the lot's life,
``∫ k(T(t)) dt``. There are six kinds of stage:

- ``ambient``: field-warm produce follows the air;
- ``drift``: a chilled lot in an uncooled or insulated body approaches the air, Newton's law with a half-time;
- ``cool``: the lot approaches a fixed temperature with a half-time (pre-cooling, storage); what is colder stays so;
- ``hall``: the same in a chilled hall, which warms, too;
- ``hold``: the lot keeps the temperature it has;
- ``reefer``: a colder lot approaches the reefer's air; a warmer one stays warm, or warms by breath that the reefer
  does not take. It holds, it does not cool.

Air temperature is linear between the hours. Integration is four-point Gauss-Legendre on pieces no longer than half an
hour (``ambient``, ``drift``) or half a half-time (``cool``), cut where the temperature crosses a kink or a jump of the
rate: the edges of the Q10 bands, the chilling threshold and floor, the freezing point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from coldchain.arrays import Floats
from coldchain.model import Commodity, Period
from coldchain.spoilage.kernels import STAGE_COLUMNS, WEAR, air_at, run_stage
from coldchain.spoilage.kinetics import pack

StageKind = Literal["ambient", "drift", "cool", "hold", "hall", "reefer"]
_CODES: dict[str, float] = {"ambient": 0.0, "drift": 1.0, "cool": 2.0, "hold": 3.0, "hall": 4.0, "reefer": 5.0}
_COLDEST_CLOCK_H, _WARMEST_CLOCK_H = 5.0, 14.5


LATE_SHARE = 1.0 / 15.0
"""A lot that comes so little of the time between two loadings late still joins: a minute of a quarter of an hour."""


def loading_slot(ready_h: Floats | float, slot_h: float) -> Floats:
    """Return the loading of the pre-coolers that a lot joins, as a multiple of the hours between two of them.

    Examples
    --------
    >>> loading_slot(np.array([8.0, 8.01, 8.02]), 0.25).tolist()
    [32.0, 32.0, 33.0]
    """
    return np.asarray(np.ceil(np.asarray(ready_h) / slot_h - LATE_SHARE))


@dataclass(frozen=True)
class LaneStage:
    """One step of a lane: kind, hours, target temperature (``cool``, ``hall``, ``reefer``), half-time.

    ``humidity`` is that of the air around where it is not the season's, ``dry_per_k`` the share of weight that goes
    with each kelvin of cooling (vacuum).
    """

    kind: StageKind
    hours: float
    temp_c: float = 0.0
    half_h: float = 1.0
    humidity: float = 1.0
    dry_per_k: float = 0.0


@dataclass(frozen=True)
class Ageing:
    """Wear after each stage (cumulative, shape (stages, 3)), the cargo's temperature there, and the hours passed."""

    worn: Floats
    temp_c: Floats
    hours: Floats

    @property
    def used(self) -> Floats:
        """Used-up life after each stage."""
        return np.asarray(self.worn[:, 0])


def hourly_air_c(period: Period) -> Floats:
    """Air temperature at the full hours 0-23, shape (24,), °C.

    From the hourly means when given, else two half cosines through the low at 05:00 and the high at 14:30.
    """
    if period.hourly_c is not None:
        return np.array(period.hourly_c, dtype=np.float64)
    return _day_between(float(period.temp_min_c or 0.0), float(period.temp_max_c or 0.0)).copy()


@lru_cache(maxsize=1024)
def _day_between(low: float, high: float) -> Floats:
    """Return the day's course through a low and a high; asked for thousands of times of the same few days."""
    clock = np.arange(24.0)
    rising = (clock - _COLDEST_CLOCK_H) / (_WARMEST_CLOCK_H - _COLDEST_CLOCK_H)
    falling = ((clock - _WARMEST_CLOCK_H) % 24.0) / (24.0 - _WARMEST_CLOCK_H + _COLDEST_CLOCK_H)
    is_rising = (clock >= _COLDEST_CLOCK_H) & (clock <= _WARMEST_CLOCK_H)
    wave = np.where(is_rising, -np.cos(np.pi * rising), np.cos(np.pi * falling))
    return np.asarray((low + high) / 2 + (high - low) / 2 * wave, dtype=np.float64)


def stage_array(stages: Sequence[LaneStage]) -> Floats:
    """Pack stages for the kernels, shape (stages, 6): kind, hours, target °C, half-time h, humidity, dried per K."""
    rows = [
        (_CODES[stage.kind], stage.hours, stage.temp_c, stage.half_h, stage.humidity, stage.dry_per_k)
        for stage in stages
    ]
    return np.array(rows, dtype=np.float64).reshape(len(rows), STAGE_COLUMNS)


def age(
    commodity: Commodity, period: Period, clock_h: float, stages: Sequence[LaneStage], warmer_c: float = 0.0
) -> Ageing:
    """Follow a lot that is as warm as the air at ``clock_h`` through its stages.

    Parameters
    ----------
    clock_h : hour of the day at which the first stage begins
    stages : in the order they are passed
    warmer_c : by how much the day is warmer than its season

    Returns
    -------
    Ageing, arrays of shape (len(stages),)
    """
    params, hourly = pack(commodity, period.humidity), hourly_air_c(period) + warmer_c
    temp = air_at(hourly, clock_h)
    wear, hours = np.zeros(WEAR), 0.0
    rows: list[tuple[float, ...]] = []
    for stage, row in zip(stages, stage_array(stages), strict=True):
        temp = run_stage(params, hourly, clock_h + hours, temp, row, wear)
        hours += stage.hours
        rows.append((*wear.tolist(), temp, hours))
    table = np.array(rows, dtype=np.float64).reshape(len(rows), WEAR + 2)
    return Ageing(table[:, :WEAR], table[:, WEAR], table[:, WEAR + 1])
