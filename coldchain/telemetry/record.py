"""What a temperature logger recorded: readings, figures of days, alarms as it states them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from coldchain.arrays import Floats

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - loggers write the clock of the wall
GAP_STEPS = 3.0
"""Logging intervals without a reading that make a gap."""


@dataclass(frozen=True)
class LoggerDay:
    """Least, greatest and mean temperature of the part of a day that was recorded; ``silent_s`` it was not.

    ``entire`` is false where the mean may leave out a part: on the day a logger was switched on.
    """

    start_s: float
    end_s: float
    min_c: float
    max_c: float
    mean_c: float
    silent_s: float = 0.0
    entire: bool = True


@dataclass(frozen=True)
class LoggerAlarm:
    """An excursion beyond a limit: when it began or was raised, and the minutes it adds up to."""

    start_s: float
    minutes: int
    limit_c: float
    high: bool


@dataclass(frozen=True)
class LoggerFigures:
    """Figures the logger itself states; None where it does not."""

    mean_c: float | None = None
    mkt_c: float | None = None
    min_c: float | None = None
    max_c: float | None = None


@dataclass(frozen=True)
class LoggerRecord:
    """One file of a logger.

    Attributes
    ----------
    time_s, temp_c : readings in order of time, shape (readings,); seconds since 1970 by the logger's own clock
    days : figures of days in order, none where the file has only readings
    """

    device: str
    serial: str
    start_s: float
    end_s: float
    time_s: Floats = field(default_factory=lambda: np.empty(0))
    temp_c: Floats = field(default_factory=lambda: np.empty(0))
    days: tuple[LoggerDay, ...] = ()
    alarms: tuple[LoggerAlarm, ...] = ()
    stated: LoggerFigures = LoggerFigures()

    @property
    def gap_s(self) -> float:
        """Step between readings beyond which the time between them counts as unknown."""
        steps = np.diff(self.time_s)
        return GAP_STEPS * float(np.median(steps)) if steps.size else 0.0

    @property
    def extremes_c(self) -> tuple[float, float]:
        """Coldest and warmest temperature of readings, days and stated figures together."""
        known = [float(temp) for temp in self.temp_c]
        known += [temp for day in self.days for temp in (day.min_c, day.max_c)]
        known += [temp for temp in (self.stated.min_c, self.stated.max_c) if temp is not None]
        return min(known), max(known)


def seconds_of(moment: datetime) -> float:
    """Return seconds since 1970 of a moment without time zone.

    Examples
    --------
    >>> seconds_of(datetime(1970, 1, 2, 0, 1))
    86460.0
    """
    return (moment - EPOCH).total_seconds()


def moment_of(seconds: float) -> str:
    """Write a moment as ISO 8601, seconds only where there are any.

    Examples
    --------
    >>> moment_of(86460.0), moment_of(86461.0)
    ('1970-01-02T00:01', '1970-01-02T00:01:01')
    """
    moment = EPOCH + timedelta(seconds=round(seconds))
    return moment.isoformat(timespec="seconds" if moment.second else "minutes")
