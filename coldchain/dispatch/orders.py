"""Orders: who has how much of what, when. Read from a table, every fault at once; or written as one to fill in."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from pydantic import BeforeValidator

from coldchain.arrays import KG_PER_T
from coldchain.cells import csv_text
from coldchain.dispatch.clock import clock, parse_clock
from coldchain.dispatch.headings import ORDERS, read_table
from coldchain.errors import Fault, UsageError, system_reason
from coldchain.language import _, language
from coldchain.model import Noun, Scenario, figure
from coldchain.model.naming import crops_of, of_places
from coldchain.scenario.checks import duplicate_ids
from coldchain.scenario.headings import refer_rows
from coldchain.scenario.references import NameReference
from coldchain.scenario.tables import RawTable, parse_rows


def _hours(value: Any) -> Any:
    return parse_clock(value) if isinstance(value, str) else value


Clock = Annotated[float, BeforeValidator(_hours)]


class OrderRow(Noun):
    """One line of an orders table."""

    order: str = figure("-", "number of the order, unique; given by the row when empty", "")
    village: str = figure("-", "id or name of the village", min_length=1)
    commodity: str = figure("-", "id or name of the commodity", min_length=1)
    kg: float | None = figure("kg", "amount; or give t", None, ge=0, le=1e7)
    t: float | None = figure("t", "amount; or give kg", None, ge=0, le=1e4)
    ready: Clock | None = figure("h", "clock time from which it can be loaded, e.g. 08:30", None)
    until: Clock | None = figure("h", "latest clock time at which loading may begin", None)
    depot: str = figure("-", "depot it must go to; the planned one if empty", "")
    regime: str = figure("-", "temperature regimes it may ride in, e.g. `cold;cool`; any if empty", "")
    value_cny: float | None = figure("CNY", "what is lost when it stays behind; empty: it must be fetched", None, ge=0)
    note: str = figure("-", "for the driver", "")


@dataclass(frozen=True)
class Order:
    """An order as understood: indices of village and commodity, clock hours, names of regimes.

    Attributes
    ----------
    zone, method : cooling class it is planned for; empty when open
    ready_h, until_h : None and inf where none is given
    harvest_h : clock hour at which it was harvested, where that is known
    halt : name of the halt of a tour that stays as it is
    value_cny : inf when it must be fetched
    row : line of the table, None for a typical day
    """

    id: str
    village: int
    commodity: int
    kg: float
    ready_h: float | None = None
    until_h: float = math.inf
    depot: str = ""
    zone: str = ""
    method: str = ""
    regimes: tuple[str, ...] = ()
    value_cny: float = math.inf
    note: str = ""
    row: int | None = None
    harvest_h: float | None = None
    halt: str = ""


def read_orders(path: Path, scenario: Scenario, depots: Collection[str]) -> tuple[list[Order], list[Fault]]:
    """Read an orders table.

    Parameters
    ----------
    depots : ids of the depots that are open

    Returns
    -------
    (orders, faults)
        By village, commodity and what else they are, whatever the order of the rows. Rows of amount zero are no
        orders.
    """
    table = read_table(path, ORDERS)
    raw, faults = _referred(table.raw, scenario, depots)
    rows, wrong = parse_rows(raw, OrderRow)
    faults += wrong
    if not raw.rows and not faults:
        faults.append(Fault(raw.file, None, "", "", _("holds no orders, only headings"), "no-orders"))
    reader = _OrderRows(raw.file, scenario, depots, {fault.row for fault in faults if fault.column in ("kg", "t")})
    orders = [reader.order(row.line, row.noun) for row in rows]
    faults += reader.faults
    kept = sorted((order for order in orders if order is not None and order.kg > 0), key=_what_it_is)
    faults += duplicate_ids(raw.file, ((row.line, row.noun.order) for row in rows), "order")
    if rows and not any(not fault.warning for fault in faults) and not kept:
        faults.append(Fault(raw.file, None, "kg", "0", _("every amount is zero: nothing to fetch"), "no-orders"))
    return kept, sorted(table.seen(faults), key=lambda fault: (fault.row or 0, fault.column))


def _what_it_is(order: Order) -> tuple[object, ...]:
    ready_h = -math.inf if order.ready_h is None else order.ready_h
    wanted = order.village, order.commodity, ready_h, order.until_h, order.depot, order.regimes
    return (*wanted, order.kg, order.value_cny, order.note, order.id)


def _referred(raw: RawTable, scenario: Scenario, depots: Collection[str]) -> tuple[RawTable, list[Fault]]:
    """Put ids where orders name villages, crops and depots; return what is not known."""
    sites = [site for site in scenario.sites if site.id in set(depots)]
    references = {
        "village": NameReference("village", of_places(scenario.villages)),
        "commodity": NameReference("commodity", crops_of(scenario)),
        "depot": NameReference("depot", of_places(sites)),
    }
    return refer_rows(raw, references)


class _OrderRows:
    """Turns rows into orders and collects what is wrong with them."""

    def __init__(
        self, file: str, scenario: Scenario, depots: Collection[str], unweighed: Collection[int | None]
    ) -> None:
        self.file, self.depots, self.unweighed = file, {"", *depots}, unweighed
        self.villages = {item.id: n for n, item in enumerate(scenario.villages)}
        self.crops = {item.id: n for n, item in enumerate(scenario.commodities)}
        self.faults: list[Fault] = []

    def order(self, line: int, row: OrderRow) -> Order | None:
        """Return the order of a row, None when it cannot be one."""
        before = len(self.faults)
        village, commodity = self.villages.get(row.village, -1), self.crops.get(row.commodity, -1)
        kg = self._kg(line, row)
        if row.ready is not None and row.until is not None and row.until < row.ready:
            text = _("the window closes before it opens: ready {clock}, until {clock2}").format(
                clock=clock(row.ready), clock2=clock(row.until)
            )
            self._wrong(line, "until", clock(row.until), text, "bad-window")
        if len(self.faults) > before or min(village, commodity) < 0 or row.depot not in self.depots:
            return None
        return Order(
            id=row.order or f"row{line}",
            village=village,
            commodity=commodity,
            kg=kg,
            ready_h=row.ready,
            until_h=math.inf if row.until is None else row.until,
            depot=row.depot,
            regimes=tuple(sorted({part.strip() for part in row.regime.split(";") if part.strip()})),
            value_cny=math.inf if row.value_cny is None else row.value_cny,
            note=row.note,
            row=line,
        )

    def _wrong(self, line: int, column: str, value: str, message: str, code: str) -> None:
        self.faults.append(Fault(self.file, line, column, value, message, code))

    def _kg(self, line: int, row: OrderRow) -> float:
        if (row.kg is None) == (row.t is None) and line not in self.unweighed:
            words = (
                _("one amount must be given, as kg or as t")
                if row.kg is None
                else _("kg and t are both given; leave one")
            )
            self._wrong(line, "kg", "", words, "missing")
        return row.kg if row.kg is not None else (row.t or 0.0) * KG_PER_T


def with_free_ids(orders: Sequence[Order]) -> list[Order]:
    """Give orders whose made-up id collides with a written one another."""
    taken: set[str] = set()
    kept = []
    for order in orders:
        key, n = order.id, 2
        while key in taken:
            key, n = f"{order.id}-{n}", n + 1
        taken.add(key)
        kept.append(order if key == order.id else replace(order, id=key))
    return kept


TEMPLATE = {
    "order": "订单号", "village": "村庄", "commodity": "品种", "kg": "公斤", "ready": "最早", "until": "最晚",
    "depot": "预冷库", "regime": "温区", "value_cny": "货值(元)", "note": "备注",
}  # fmt: skip
"""Columns of the template and their Chinese headings, which ``ORDERS`` knows."""


def write_template(orders: Sequence[Order], scenario: Scenario, path: Path, ready_h: float) -> None:
    """Write orders as a table to change and send back in, in the language spoken; Excel opens it as it is.

    Parameters
    ----------
    ready_h : written where an order has no ready time

    Raises
    ------
    UsageError
        When the file exists (inputs are never overwritten) or cannot be written.
    """
    chinese = language() == "zh"
    crops = [(chinese and crop.name_zh) or crop.id for crop in scenario.commodities]
    villages, sites = of_places(scenario.villages), of_places(scenario.sites)
    rows = [
        (
            order.id, villages.label(scenario.villages[order.village].id), crops[order.commodity], round(order.kg, 1),
            clock(ready_h if order.ready_h is None else order.ready_h), "", sites.label(order.depot), "", "", "",
        )
        for order in orders
    ]  # fmt: skip
    heads = list(TEMPLATE.values() if chinese else TEMPLATE)
    text = csv_text(pd.DataFrame(rows, columns=heads))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8-sig", newline="") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(
            _("{path} exists already; choose another name, nothing was written").format(path=path)
        ) from None
    except OSError as error:
        raise UsageError(
            _("{path} cannot be written: {strerror}").format(path=path, strerror=system_reason(error))
        ) from error
