"""What comes to a pre-cooler put in by the clock, recomputed: as power, tunnels and those ahead of it allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

SETTLED, SPARED, CRUMB, FORGOTTEN, MOST_DAYS = 1e-9, 1e-8, 1e-9, 1e-12, 60
Starts = dict[int, list[tuple[int, float]]]
"""Slot in which something came -> the slots in which it is put in, with the share of each."""


@dataclass(frozen=True)
class Line:
    """What waits for a pre-cooler, day after day alike.

    Attributes
    ----------
    came_t : slot -> t/day that come in it; peak_kw : heat at first of what came in a slot, put in in another
    power_kw : left for cooling; batch_t : most that cools at once, for ``cycle`` slots
    decay : of the heat from slot to slot; last : slot in which all is put in regardless; day : slots of a day
    together : whether all that waits is put in by equal shares, as in rooms
    """

    came_t: Mapping[int, float]
    peak_kw: Callable[[int, int], float]
    power_kw: float
    batch_t: float
    cycle: int
    decay: float
    last: int
    day: int
    together: bool

    def starts(self) -> Starts:
        """Let one day follow another until what is left of yesterday repeats itself."""
        day = _QueueOfDay(self, 0.0, {})
        for _day in range(MOST_DAYS):
            day.run()
            nothing_new = abs(day.tomorrow - day.flow_before) <= SETTLED * self.power_kw
            if nothing_new and day.differs() <= SETTLED * sum(self.came_t.values()):
                break
            day = _QueueOfDay(self, day.tomorrow, day.put_t)
        return day.found


@dataclass
class _QueueOfDay:
    """One day: heat left over and tonnes put in yesterday, and what is put in when."""

    line: Line
    flow_before: float
    put_before: Mapping[int, float]
    found: Starts = field(default_factory=lambda: defaultdict(list))
    put_t: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    tomorrow: float = 0.0
    flow: float = 0.0

    def run(self) -> None:
        """Pass from slot to slot."""
        line, first = self.line, min(self.line.came_t)
        waiting = dict.fromkeys(sorted(line.came_t), 1.0)
        self.flow = self.flow_before
        for slot in range(first, max(line.last, first + line.day) + 1):
            self.flow *= line.decay if slot > first else 1.0
            if slot == first + line.day:
                self.tomorrow = self.flow
            there = [came for came in waiting if came <= slot]
            for group in [there] if line.together and there else [[came] for came in there]:
                if self._put_in(group, slot, waiting) < 1.0:
                    break

    def _put_in(self, group: list[int], slot: int, waiting: dict[int, float]) -> float:
        """Put in as much of a group as there is room for; return the share of it."""
        line = self.line
        kw = {came: waiting[came] * line.peak_kw(came, slot) for came in group}
        tonnes = {came: waiting[came] * line.came_t[came] for came in group}
        by_power = _fitting(sum(kw.values()), line.power_kw * (1.0 - SPARED) - self.flow, line.power_kw)
        by_batch = _fitting(sum(tonnes.values()), line.batch_t - self._held_t(slot), line.batch_t)
        share = 1.0 if slot == line.last else min(by_power, by_batch)
        for came in group if share > 0 else ():
            self.found[came].append((slot, share * waiting[came]))
            self.flow += share * kw[came]
            self.put_t[slot] += share * tonnes[came]
            waiting[came] -= share * waiting[came]
            if waiting[came] <= FORGOTTEN:
                del waiting[came]
        return share

    def _held_t(self, slot: int) -> float:
        since, line = slot - self.line.cycle, self.line
        today = sum(t for at, t in self.put_t.items() if at > since)
        return today + sum(t for at, t in self.put_before.items() if since < at - line.day <= slot)

    def differs(self) -> float:
        """Most by which the tonnes put in differ from yesterday's, of those that tomorrow finds still in place."""
        since = min(self.line.came_t) + self.line.day - self.line.cycle
        slots = {at for at in (*self.put_t, *self.put_before) if at > since}
        return max((abs(self.put_t.get(at, 0.0) - self.put_before.get(at, 0.0)) for at in slots), default=0.0)


def _fitting(wanted: float, left: float, whole: float) -> float:
    """Return which share of what is wanted fits in what is left of the whole."""
    if wanted <= max(left, 0.0):
        return 1.0
    return left / wanted if left > CRUMB * whole else 0.0
