"""Markets behind the hubs, and what a kilogram is expected to fetch in each in a week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from coldchain.dispatch.headings import Aliases, read_table
from coldchain.errors import BadInputError, Fault
from coldchain.forecasts import DatedSeries, forecast, panel_of
from coldchain.forecasts.dates import Step, number_of, read_date
from coldchain.forecasts.reading import CLOSED, MISSING
from coldchain.language import _
from coldchain.model import Hub, Noun, Scenario, figure
from coldchain.model.naming import crops_of, of_places
from coldchain.scenario.headings import refer_rows
from coldchain.scenario.references import NameReference
from coldchain.scenario.tables import RawTable, Row, parse_rows
from coldchain.weeks.calendar import iso_week, periods_in

MARKETS: Aliases = {
    "market": ("name", "市场", "市场名称"),
    "hub": ("hub_id", "集配中心", "枢纽", "分拨中心"),
    "onward_h": ("drive_h", "外运时间", "外运小时"),
    "market_h": ("市场停留时间", "市场停留小时"),
    "market_temp_c": ("市场温度",),
    "freight_cny_t": ("freight", "运费"),
    "most_t": ("limit_t", "每周上限", "每周上限吨"),
    "closed_through": ("closed_until", "休市至"),
}
PRICES: Aliases = {
    "market": ("市场", "市场名称"),
    "commodity": ("crop", "product", "品种", "品名", "产品"),
    "date": ("day", "week", "日期", "周"),
    "price_cny_kg": ("price", "价格", "均价"),
}
OLD_WEEKS = 4
"""A price whose last week lies further back is named."""
Basis = str
FARM_GATE, LAST, FORECAST = "farm_gate", "last", "forecast"


class MarketRow(Noun):
    """A market behind a hub."""

    market: str = figure("-", "name of the market", min_length=1)
    hub: str = figure("-", "id or name of the hub from which it is reached", min_length=1)
    onward_h: float = figure("h", "drive from the hub", ge=0, le=240, usual=(0.25, 120))
    market_h: float | None = figure("h", "until sold; that of the hub if empty", None, ge=0, le=240)
    market_temp_c: float | None = figure("°C", "of its hall; that of the hub if empty", None, ge=-5, le=35)
    freight_cny_t: float = figure("CNY/t", "for the chilled ride from the hub and for selling", 0.0, ge=0, le=1e5)
    most_t: float | None = figure("t", "most it takes in a week by this way; none means no limit", None, ge=0, le=1e6)
    closed_through: str = figure("-", "last day or week in which it is closed; open if empty", "")


class PriceRow(Noun):
    """What a kilogram fetched."""

    market: str = figure("-", "name of a market", min_length=1)
    commodity: str = figure("-", "id or name of the commodity", min_length=1)
    date: str = figure("-", "day or week", min_length=1)
    price_cny_kg: float = figure("CNY/kg", "for the first grade", gt=0, le=10_000)


@dataclass(frozen=True)
class Market:
    """A market as it is reached from a hub.

    Attributes
    ----------
    hub : index; way : that hub, with the hours and the hall of the market
    """

    name: str
    hub: int
    way: Hub
    freight_cny_t: float = 0.0
    most_t: float | None = None
    open: bool = True


@dataclass(frozen=True)
class Price:
    """What a kilogram is expected to fetch, and what that rests on: a forecast, the last price, the farm gate."""

    cny_kg: float
    basis: Basis
    week: str = ""


@dataclass(frozen=True, eq=False)
class Outlets:
    """Where goods of a week can be sold.

    Attributes
    ----------
    prices : (name of a market, commodity) -> expected
    """

    markets: tuple[Market, ...]
    prices: Mapping[tuple[str, int], Price] = field(default_factory=dict)

    def of_hub(self, hub: int) -> list[int]:
        """Return the markets behind a hub that are open in the week."""
        return [m for m in self.behind(hub) if self.markets[m].open]

    def behind(self, hub: int) -> list[int]:
        """Return all markets behind a hub, those that are closed in the week included."""
        return [m for m, one in enumerate(self.markets) if one.hub == hub]

    def price(self, market: int, crop: int) -> Price | None:
        """Return what is expected; None where nothing is known."""
        return self.prices.get((self.markets[market].name, crop))


def outlets_of(scenario: Scenario, week: int, markets: Path | None, prices: Path | None) -> tuple[Outlets, list[Fault]]:
    """Read markets and prices; a hub without a row has one market of its own, and every price is the farm gate's."""
    faults: list[Fault] = []
    stated: list[Market] = []
    names: set[str] = set()
    if markets is not None:
        stated, names, found = _markets(markets, scenario, week)
        faults += found
    served = {one.hub for one in stated}
    own = [Market(hub.name or hub.id, h, hub) for h, hub in enumerate(scenario.hubs) if h not in served]
    farm = {c: Price(crop.price_cny_kg, FARM_GATE) for c, crop in enumerate(scenario.commodities)}
    known = {(one.name, c): price for one in own for c, price in farm.items()}
    if markets is None and prices is not None:
        message = _("prices are of no use without a table of markets; state each market and its hub in {name}")
        faults.append(Fault(prices.name, None, "", "", message.format(name="markets.csv"), "no-markets"))
    elif prices is not None:
        quoted, found = _prices(prices, scenario, week, names)
        known |= quoted
        faults += [*found, *_unpriced(prices.name, scenario, week, stated, quoted)]
    else:
        known |= {(one.name, c): price for one in stated for c, price in farm.items()}
    return Outlets((*stated, *own), known), faults


def _markets(path: Path, scenario: Scenario, week: int) -> tuple[list[Market], set[str], list[Fault]]:
    """Read markets; also return the names of all rows, of faulty ones too, and what is wrong."""
    table = read_table(path, MARKETS)
    raw, faults = refer_rows(table.raw, {"hub": NameReference("hub", of_places(scenario.hubs))})
    rows, wrong = parse_rows(raw, MarketRow)
    hubs, found, seen = {hub.id: h for h, hub in enumerate(scenario.hubs)}, list[Market](), dict[tuple[str, str], int]()
    for row in rows:
        one = row.noun
        first = seen.setdefault((one.market, one.hub), row.line)
        if first != row.line:
            message = _("the market is stated twice for this hub, in row {row} too").format(row=first)
            faults.append(Fault(raw.file, row.line, "market", one.market, message, "duplicate-id"))
        shut, fault = _shut(raw.file, row, week)
        faults += fault
        if one.hub in hubs:
            found.append(_market(one, hubs[one.hub], scenario.hubs[hubs[one.hub]], is_open=not shut))
    faults = sorted([*faults, *wrong], key=lambda fault: (fault.row or 0, fault.column))
    for h, hub in enumerate(scenario.hubs):
        mine = [one for one in found if one.hub == h]
        if mine and not any(one.open for one in mine):
            message = _("all markets behind this hub are closed in {week}; nothing can be sold from it")
            text = message.format(week=iso_week(week))
            faults.append(Fault(raw.file, None, "hub", hub.id, text, "closed", warning=True))
    return found, {row.noun.market for row in rows}, table.seen(faults)


def _market(row: MarketRow, h: int, hub: Hub, *, is_open: bool) -> Market:
    stated = {name: getattr(row, name) for name in ("onward_h", "market_h", "market_temp_c")}
    way = hub.model_copy(update={name: value for name, value in stated.items() if value is not None})
    return Market(row.market, h, way, row.freight_cny_t, row.most_t, is_open)


def _shut(file: str, row: Row[MarketRow], week: int) -> tuple[bool, list[Fault]]:
    """Tell whether a market is closed in the week, and say so."""
    text = row.noun.closed_through
    spot = read_date(text) if text else None
    if text and (spot is None or spot.step is Step.MONTH):
        message = _("must be a day or a week, such as 2026-03-14 or 2026-W11")
        return False, [Fault(file, row.line, "closed_through", text, message, "not-a-date")]
    if spot is None or number_of(spot.day, Step.WEEK) < week:
        return False, []
    message = _("the market is closed in {week}; nothing is sent there").format(week=iso_week(week))
    return True, [Fault(file, row.line, "market", row.noun.market, message, "closed", warning=True)]


Quotes = dict[tuple[str, int], dict[int, list[float]]]


def _prices(
    path: Path, scenario: Scenario, week: int, names: set[str]
) -> tuple[dict[tuple[str, int], Price], list[Fault]]:
    table = read_table(path, PRICES)
    open_rows, faults = _quoted(table.raw)
    raw, found = refer_rows(open_rows, {"commodity": NameReference("commodity", crops_of(scenario))})
    rows, wrong = parse_rows(raw, PriceRow)
    quotes: Quotes = defaultdict(lambda: defaultdict(list))
    faults += [*found, *wrong, *_taken(raw.file, rows, scenario, week, names, quotes)]
    if not table.raw.rows and not faults:
        faults.append(Fault(raw.file, None, "", "", _("holds no prices, only headings"), "no-rows"))
    faults = sorted(faults, key=lambda fault: (fault.row or 0, fault.column))
    weekly = {key: {at: sum(one) / len(one) for at, one in sorted(found.items())} for key, found in quotes.items()}
    known = {key: Price(past[max(past)], LAST, iso_week(max(past))) for key, past in weekly.items()}
    for (market, crop), one in known.items():
        if max(weekly[market, crop]) < week - OLD_WEEKS:
            message = _("the last price is of {old}, more than {n} weeks ago; it is taken as it is")
            text = message.format(old=one.week, n=OLD_WEEKS)
            shown = f"{market}, {scenario.commodities[crop].id}"
            faults.append(Fault(raw.file, None, "date", shown, text, "old-price", warning=True))
    return known | _forecast(raw.file, weekly, week), table.seen(faults)


def _quoted(raw: RawTable) -> tuple[RawTable, list[Fault]]:
    """Leave out rows without a price, and say which."""
    rows, faults = [], []
    for line, cells in raw.rows:
        text = cells.get("price_cny_kg", "").strip().lower()
        closed = text in CLOSED
        if "price_cny_kg" in cells and (closed or text in MISSING):
            shut, none = (
                _("the market was closed; the date counts as missing"),
                _("has no value; the date counts as missing"),
            )
            note = Fault(raw.file, line, "price_cny_kg", text, shut if closed else none, "missing-value", warning=True)
            faults.append(note)
        else:
            rows.append((line, cells))
    return replace(raw, rows=tuple(rows)), faults


def _taken(
    file: str, rows: Sequence[Row[PriceRow]], scenario: Scenario, week: int, names: set[str], quotes: Quotes
) -> Iterator[Fault]:
    """Put prices by market, crop and week; yield what is wrong with rows."""
    crops, seen = (
        {crop.id: c for c, crop in enumerate(scenario.commodities)},
        dict[tuple[str, str, object], Row[PriceRow]](),
    )
    for row in rows:
        one = row.noun
        if names and one.market not in names:
            message = _("there is no such market; markets: {names}").format(names=_(", ").join(sorted(names)))
            yield Fault(file, row.line, "market", one.market, message, "unknown")
        spot = read_date(one.date)
        if spot is None or spot.step is Step.MONTH:
            message = _("must be a day or a week, such as 2026-03-14 or 2026-W11")
            yield Fault(file, row.line, "date", one.date, message, "not-a-date")
            continue
        at = number_of(spot.day, Step.WEEK)
        if at > week:
            message = _("lies after the week to be planned, {week}").format(week=iso_week(week))
            yield Fault(file, row.line, "date", one.date, message, "too-late")
        first = seen.setdefault((one.market, one.commodity, spot.day), row)
        if first is not row:
            same = first.noun.price_cny_kg == one.price_cny_kg
            message = _("the row is doubled; it counts once")
            other = _("has a second value, {value:g}; row {row} gives {first:g}").format(
                value=one.price_cny_kg, row=first.line, first=first.noun.price_cny_kg
            )
            code, text = ("doubled-row", message) if same else ("second-value", other)
            yield Fault(file, row.line, "price_cny_kg", f"{one.price_cny_kg:g}", text, code, warning=same)
        elif one.market in names and one.commodity in crops and at <= week:
            quotes[one.market, crops[one.commodity]][at].append(one.price_cny_kg)


def _forecast(
    file: str, weekly: Mapping[tuple[str, int], Mapping[int, float]], week: int
) -> dict[tuple[str, int], Price]:
    """Return forecasts of those with two seasons of weeks up to the last."""
    if not weekly:
        return {}
    keys = {f"{n}": key for n, key in enumerate(weekly)}
    values = {(n, at): one for n, key in keys.items() for at, one in weekly[key].items()}
    last = max(at for _n, at in values)
    if last >= week:
        return {}
    try:
        panel = panel_of(DatedSeries(file, Step.WEEK, tuple(keys), values))
        table = forecast(panel, week - last, file=file).table
    except BadInputError:
        return {}  # too short: the last price stands
    ahead = table.groupby("series").last()["value"]
    return {keys[str(n)]: Price(float(value), FORECAST, iso_week(last)) for n, value in ahead.items()}


def _unpriced(
    file: str, scenario: Scenario, week: int, markets: Sequence[Market], known: Mapping[tuple[str, int], Price]
) -> Iterator[Fault]:
    """Name crops of the season that no open market of a hub has a price of."""
    message = _("no market behind {hub} has a price of it; it is sold as the plan has it, and no market is chosen")
    due = scenario.harvest_t[:, :, periods_in(scenario.periods, week)].sum(axis=(0, 2)) > 0.0
    for h in sorted({one.hub for one in markets}):
        mine = [one for one in markets if one.hub == h and one.open]
        for c, crop in enumerate(scenario.commodities):
            if mine and due[c] and crop.sold_at == "market" and not any((one.name, c) in known for one in mine):
                text = message.format(hub=scenario.hubs[h].name or scenario.hubs[h].id)
                yield Fault(file, None, "commodity", crop.id, text, "unpriced", warning=True)
