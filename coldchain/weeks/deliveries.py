"""What a county hands in for a week: deliveries so far, and what is loaded, contracted or frozen."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from coldchain.arrays import KG_PER_T, Bools, Floats
from coldchain.dispatch.headings import ORDERS, Aliases, WrittenTable, read_table
from coldchain.errors import Fault
from coldchain.forecasts.dates import Step, number_of, read_date
from coldchain.language import _
from coldchain.model import Noun, Scenario, figure
from coldchain.model.naming import crops_of, of_places
from coldchain.scenario.headings import refer_rows
from coldchain.scenario.references import NameReference
from coldchain.scenario.tables import RawTable, Row, parse_rows
from coldchain.weeks.calendar import iso_week, periods_in

PLACES = ("village", "commodity", "depot")
DELIVERIES: Aliases = {
    **{name: ORDERS[name] for name in (*PLACES, "kg", "t")},
    "date": ("day", "week", "日期", "周", "时间"),
    "lot": ("lot_id", "批号", "批次号", "单号", "订单号"),
}
HELD: Aliases = {
    **{name: ORDERS[name] for name in (*PLACES, "note")},
    "through": ("until", "until_week", "截止周", "截止"),
    "reason": ("why", "state", "原因", "状态"),
}


class DeliveryRow(Noun):
    """One delivery of a village."""

    village: str = figure("-", "id or name of the village", min_length=1)
    commodity: str = figure("-", "id or name of the commodity", min_length=1)
    date: str = figure("-", "day of the delivery, or its week", min_length=1)
    kg: float | None = figure("kg", "amount; or give t", None, ge=0, le=1e7)
    t: float | None = figure("t", "amount; or give kg", None, ge=0, le=1e4)
    depot: str = figure("-", "depot it went to", "")
    lot: str = figure("-", "number of the lot, unique", "")


class HeldRow(Noun):
    """What stays where it goes: loaded, contracted or frozen."""

    village: str = figure("-", "id or name of the village", min_length=1)
    commodity: str = figure("-", "id or name of the commodity; all of the village if empty", "")
    depot: str = figure("-", "depot it must go to; where it went if empty", "")
    through: str = figure("-", "last week in which it holds; without end if empty", "")
    reason: str = figure("-", "loaded, contracted or frozen", "frozen")
    note: str = figure("-", "remark", "")


@dataclass(frozen=True, eq=False)
class Past:
    """Deliveries by week, and what is under way in the week itself.

    Attributes
    ----------
    weeks : number of each week with a row, in order
    tonnes : float64[weeks, villages, commodities]
    by_day : float64[villages, 7], t by day of the week
    loaded : (village, commodity) -> depot, of rows in the week itself
    recorded : bool[villages, commodities], those with a row; of others nothing is known, which is not zero
    """

    weeks: tuple[int, ...] = ()
    tonnes: Floats = field(default_factory=lambda: np.zeros((0, 0, 0)))
    by_day: Floats = field(default_factory=lambda: np.zeros((0, 7)))
    loaded: Mapping[tuple[int, int], str] = field(default_factory=dict)
    recorded: Bools = field(default_factory=lambda: np.zeros((0, 0), dtype=np.bool_))
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Hold:
    """A village's commodity that does not move; ``commodity`` -1: all of them. Depot "": where it went."""

    village: int
    commodity: int
    depot: str
    reason: str


def read_past(
    path: Path, scenario: Scenario, week: int, open_depots: Collection[str] | None = None
) -> tuple[Past, list[Fault]]:
    """Read deliveries; of the week itself they are loaded already.

    Parameters
    ----------
    open_depots : those that take anything in; every site if left out
    """
    table, raw, faults = _referred(path, DELIVERIES, scenario)
    rows, wrong = parse_rows(raw, DeliveryRow)
    reader = _DeliveryRows(
        raw.file, scenario, week, {one.row for one in wrong if one.column in ("kg", "t")}, open_depots
    )
    for row in rows:
        reader.take(row)
    faults = sorted([*faults, *wrong, *reader.faults], key=lambda one: (one.row or 0, one.column))
    if not raw.rows and not faults:
        faults.append(Fault(raw.file, None, "", "", _("holds no deliveries, only headings"), "no-rows"))
    past = reader.past()
    return past, [*table.seen(faults), *_gaps(raw.file, past, week), *_unrecorded(raw.file, past, scenario)]


def read_held(
    path: Path, scenario: Scenario, week: int, open_depots: Collection[str] | None = None
) -> tuple[list[Hold], list[Fault]]:
    """Read what stays where it goes in a week; parameters as of :func:`read_past`."""
    table, raw, faults = _referred(path, HELD, scenario)
    rows, wrong = parse_rows(raw, HeldRow)
    faults += wrong
    villages, crops = _numbers(scenario)
    holds = []
    for row in rows:
        one = row.noun
        spot = read_date(one.through) if one.through else None
        if one.through and (spot is None or spot.step is Step.MONTH):
            message = _("must be a day or a week, such as 2026-03-14 or 2026-W11")
            faults.append(Fault(raw.file, row.line, "through", one.through, message, "not-a-date"))
        over = spot is not None and number_of(spot.day, Step.WEEK) < week
        if not over:
            faults += _closed(raw.file, row.line, one.depot, scenario, open_depots)
        known = one.village in villages and (not one.commodity or one.commodity in crops)
        if known and not over:
            holds.append(Hold(villages[one.village], crops.get(one.commodity, -1), one.depot, one.reason))
    return holds, table.seen(sorted(faults, key=lambda fault: (fault.row or 0, fault.column)))


def _numbers(scenario: Scenario) -> tuple[dict[str, int], dict[str, int]]:
    villages = {one.id: n for n, one in enumerate(scenario.villages)}
    return villages, {one.id: n for n, one in enumerate(scenario.commodities)}


def _referred(path: Path, aliases: Aliases, scenario: Scenario) -> tuple[WrittenTable, RawTable, list[Fault]]:
    """Read a table; return it as written, with ids where it names villages, crops and depots, and what is not known."""
    table = read_table(path, aliases)
    references = {
        "village": NameReference("village", of_places(scenario.villages)),
        "commodity": NameReference("commodity", crops_of(scenario)),
        "depot": NameReference("depot", of_places(scenario.sites)),
    }
    raw, faults = refer_rows(table.raw, references)
    return table, raw, faults


class _DeliveryRows:
    """Adds up deliveries and collects what is wrong with them."""

    def __init__(
        self, file: str, scenario: Scenario, week: int, unweighed: Collection[int | None],
        open_depots: Collection[str] | None,
    ) -> None:  # fmt: skip
        self.file, self.scenario, self.week, self.unweighed = file, scenario, week, unweighed
        self.open_depots = open_depots
        self.recorded = np.zeros((len(scenario.villages), len(scenario.commodities)), dtype=np.bool_)
        self.villages, self.crops = _numbers(scenario)
        self.faults: list[Fault] = []
        self.tonnes: dict[int, Floats] = {}
        self.by_day = np.zeros((len(scenario.villages), 7))
        self.loaded: dict[tuple[int, int], str] = {}
        self.seen: dict[tuple[str, ...], DeliveryRow] = {}

    def take(self, row: Row[DeliveryRow]) -> None:
        """Add a row."""
        one, before = row.noun, len(self.faults)
        spot = read_date(one.date)
        if spot is None or spot.step is Step.MONTH:
            message = _("must be a day or a week, such as 2026-03-14 or 2026-W11")
            self._note(row.line, "date", one.date, message, "not-a-date")
        if (one.kg is None) == (one.t is None) and row.line not in self.unweighed:
            both = _("kg and t are both given; leave one")
            none = _("one amount must be given, as kg or as t")
            self._note(row.line, "kg", "", none if one.kg is None else both, "missing")
        wrong = row.line in self.unweighed or spot is None or len(self.faults) > before
        if self._doubled(row.line, one) or spot is None or wrong:
            return
        week = number_of(spot.day, Step.WEEK)
        if week > self.week:
            message = _("lies after the week to be planned, {week}").format(week=iso_week(self.week))
            self._note(row.line, "date", one.date, message, "too-late")
        village, crop = self.villages.get(one.village, -1), self.crops.get(one.commodity, -1)
        if min(village, crop) < 0 or week > self.week:
            return
        if week == self.week:
            self.loaded[village, crop] = one.depot
            self.faults += _closed(self.file, row.line, one.depot, self.scenario, self.open_depots)
            return
        if not self.recorded[village, crop] and not self.scenario.harvest_t[village, crop].any():
            message = _("is not in the plan of this village; what is expected of it rests on deliveries alone")
            self._note(row.line, "commodity", one.commodity, message, "unplanned", warning=True)
        self.recorded[village, crop] = True
        amount = one.t if one.t is not None else (one.kg or 0.0) / KG_PER_T
        size = (len(self.villages), len(self.crops))
        self.tonnes.setdefault(week, np.zeros(size))[village, crop] += amount
        if spot.step is None:
            self.by_day[village, spot.day.weekday()] += amount

    def past(self) -> Past:
        """Return what was read."""
        weeks = tuple(sorted(self.tonnes))
        size = (len(self.villages), len(self.crops))
        tonnes = np.array([self.tonnes[week] for week in weeks]).reshape(len(weeks), *size)
        warned = tuple(one for one in self.faults if one.warning)
        return Past(weeks, tonnes, self.by_day, self.loaded, self.recorded, warned)

    def _doubled(self, line: int, one: DeliveryRow) -> bool:
        """Tell whether the row is there already; a lot number with two different rows is a fault."""
        key = (one.lot,) if one.lot else tuple(str(value) for value in one.model_dump().values())
        former = self.seen.setdefault(key, one)
        if former is one:
            return False
        if former == one:
            message = _("the row is doubled; it counts once")
            self._note(line, "lot" if one.lot else "village", one.lot or one.village, message, "doubled-row", True)
        else:
            message = _("the number of the lot is given twice, with different figures")
            self._note(line, "lot", one.lot, message, "duplicate-id")
        return True

    def _note(self, line: int, column: str, value: str, message: str, code: str, warning: bool = False) -> None:
        self.faults.append(Fault(self.file, line, column, value, message, code, warning=warning))


def _closed(
    file: str, line: int, depot: str, scenario: Scenario, open_depots: Collection[str] | None
) -> Iterator[Fault]:
    """Name a depot that takes nothing in."""
    if open_depots is not None and depot in {site.id for site in scenario.sites} and depot not in open_depots:
        message = _("nothing stands there by the plan, so nothing can go there; depots: {names}")
        names = _(", ").join(sorted(open_depots))
        yield Fault(file, line, "depot", depot, message.format(names=names), "closed")


def _unrecorded(file: str, past: Past, scenario: Scenario) -> Iterator[Fault]:
    """Name villages and crops of the plan without a row: nothing is known of them, so the plan's figure stands."""
    if not past.weeks:
        return
    message = _("no delivery is recorded; the plan's figure stands, it is not counted as zero")
    seasons = sorted({n for week in past.weeks for n in periods_in(scenario.periods, week)})
    planned = scenario.harvest_t[:, :, seasons].sum(axis=2) > 0.0
    for column, nouns, axis in (("village", scenario.villages, 1), ("commodity", scenario.commodities, 0)):
        missing = planned.any(axis=axis) & ~past.recorded.any(axis=axis)
        for n in np.flatnonzero(missing):
            yield Fault(file, None, column, nouns[n].id, message, "unrecorded", warning=True)


def _gaps(file: str, past: Past, week: int) -> Iterator[Fault]:
    """Name weeks without a row between the first and the one to be planned: not recorded, which is not nothing."""
    if not past.weeks:
        return
    for missing in sorted(set(range(past.weeks[0], week)) - set(past.weeks)):
        message = _("no deliveries are recorded in this week; it is left out, not counted as zero")
        yield Fault(file, None, "date", iso_week(missing), message, "missing-date", warning=True)
