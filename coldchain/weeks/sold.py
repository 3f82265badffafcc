"""Real sales, and the share of them that goes back to those who produced: booked sale by sale, in whole fen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from coldchain.arrays import KG_PER_T
from coldchain.dispatch.headings import Aliases, read_table
from coldchain.errors import Fault, demand_right
from coldchain.forecasts.dates import read_date
from coldchain.language import _
from coldchain.model import Noun, Scenario, figure
from coldchain.model.naming import crops_of, of_places
from coldchain.runs.folder import csv_bytes, write_folder
from coldchain.scenario.headings import refer_rows
from coldchain.scenario.references import NameReference
from coldchain.scenario.tables import Row, parse_rows
from coldchain.sharing import levy_fund
from coldchain.weeks.deliveries import DELIVERIES

SOLD: Aliases = {
    **{name: DELIVERIES[name] for name in ("village", "commodity", "kg", "t", "date", "lot")},
    "price_cny_kg": ("price", "价格", "单价"),
    "cny": ("amount_cny", "sales_cny", "金额", "销售额", "货款"),
    "market": ("市场", "市场名称", "买方"),
}
SCHEMA, FUND = "coldchain.fund/1", "fund.json"
SUMS = ("village", "county", "commodity", "market")
LEDGER = ("date", "lot", "village", "county", "commodity", "market", "kg", "cny", "fen")


class SoldRow(Noun):
    """One sale."""

    village: str = figure("-", "id or name of the village", min_length=1)
    commodity: str = figure("-", "id or name of the commodity", min_length=1)
    date: str = figure("-", "day or week of the sale", min_length=1)
    kg: float | None = figure("kg", "amount; or give t", None, ge=0, le=1e7)
    t: float | None = figure("t", "amount; or give kg", None, ge=0, le=1e4)
    price_cny_kg: float | None = figure("CNY/kg", "price; or give cny", None, ge=0, le=10_000)
    cny: float | None = figure("CNY", "what was paid; or give the price", None, ge=0, le=1e10)
    market: str = figure("-", "where it was sold", "")
    lot: str = figure("-", "number of the lot, unique", "")


@dataclass(frozen=True, eq=False)
class Fund:
    """A fund booked on sales.

    Attributes
    ----------
    ledger : frame of `LEDGER`, a row a sale in the order of the file
    """

    ledger: pd.DataFrame
    rate: float
    faults: tuple[Fault, ...]

    def by(self, column: str) -> pd.DataFrame:
        """Return tonnes, CNY and fen by village, county, commodity or market."""
        found = self.ledger.groupby(column, sort=True)[["kg", "cny", "fen"]].sum().reset_index()
        return found.assign(tonnes=found["kg"] / KG_PER_T)[[column, "tonnes", "cny", "fen"]]

    def as_dict(self) -> dict[str, Any]:
        """Return the object of ``--json``."""
        counties = self.by("county")
        return {
            "schema": SCHEMA, "by": "sales", "rate": self.rate,
            "sales_cny": float(self.ledger["cny"].sum()), "tonnes": float(self.ledger["kg"].sum() / KG_PER_T),
            "levy_fen": int(self.ledger["fen"].sum()),
            "counties": dict(zip(counties["county"], counties["fen"].astype(int).tolist(), strict=True)),
            "villages": self.by("village").to_dict("records"),
            "warnings": [str(one) for one in self.faults],
        }  # fmt: skip


def fund_of_sales(path: Path, scenario: Scenario, rate: float) -> Fund:
    """Book a share of every sale for the village it came from.

    Raises
    ------
    BadInputError
        With every fault of the table.
    """
    table = read_table(path, SOLD)
    references = {"village": NameReference("village", of_places(scenario.villages)),
                  "commodity": NameReference("commodity", crops_of(scenario))}  # fmt: skip
    raw, faults = refer_rows(table.raw, references)
    rows, wrong = parse_rows(raw, SoldRow)
    faults += wrong
    blamed = {(fault.row, fault.column) for fault in faults}
    kept: list[SoldRow] = []
    seen: dict[tuple[Any, ...], SoldRow] = {}
    for row in rows:
        faults += _amounts(raw.file, row, blamed)
        former = seen.setdefault(_key(row.noun), row.noun)
        if former is row.noun:
            kept.append(row.noun)
        else:
            faults.append(_twice(raw.file, row, same=former == row.noun))
    if not raw.rows and not faults:
        faults.append(Fault(raw.file, None, "", "", _("holds no sales, only headings"), "no-rows"))
    faults = table.seen(sorted(faults, key=lambda one: (one.row or 0, one.column)))
    demand_right(faults)
    return Fund(_booked(kept, scenario, rate), rate, tuple(faults))


def write_fund(fund: Fund, folder: Path) -> None:
    """Write ``fund.json``, the ledger and the sums by village, county, commodity and market; whole or not at all."""

    def fill(at: Path) -> None:
        (at / FUND).write_text(json.dumps(fund.as_dict(), ensure_ascii=False, indent=1), encoding="utf-8")
        (at / "ledger.csv").write_bytes(csv_bytes(fund.ledger))
        for name in SUMS:
            (at / f"{name}.csv").write_bytes(csv_bytes(fund.by(name)))

    write_folder(folder, fill, FUND, SCHEMA.partition("/")[0])


def _key(one: SoldRow) -> tuple[Any, ...]:
    return (one.lot,) if one.lot else tuple(one.model_dump().values())


def _amounts(file: str, row: Row[SoldRow], blamed: set[tuple[int | None, str]]) -> list[Fault]:
    """Name a date that is none, and an amount or a price that is missing or given twice."""
    one, found = row.noun, []
    if read_date(one.date) is None:
        message = _("must be a date such as 2026-03-14, 2026-03 or 2026-W11")
        found.append(Fault(file, row.line, "date", one.date, message, "not-a-date"))
    pairs = (("kg", "t", one.kg, one.t), ("price_cny_kg", "cny", one.price_cny_kg, one.cny))
    for first, second, given, other in pairs:
        if (given is None) == (other is None) and not {(row.line, first), (row.line, second)} & blamed:
            text = _("{first} or {second} must be given, and one of them only").format(first=first, second=second)
            found.append(Fault(file, row.line, first, "", text, "missing"))
    return found


def _twice(file: str, row: Row[SoldRow], *, same: bool) -> Fault:
    one, column = row.noun, "lot" if row.noun.lot else "village"
    message = (
        _("the row is doubled; it counts once")
        if same
        else _("the number of the lot is given twice, with different figures")
    )
    value = one.lot or one.village
    return Fault(file, row.line, column, value, message, "doubled-row" if same else "duplicate-id", warning=same)


def _booked(rows: list[SoldRow], scenario: Scenario, rate: float) -> pd.DataFrame:
    """Return the ledger; its fen add up to the levy on all sales."""
    county = {one.id: one.county for one in scenario.villages}
    table = []
    for one in rows:
        kg = one.kg if one.kg is not None else (one.t or 0.0) * KG_PER_T
        cny = one.cny if one.cny is not None else kg * (one.price_cny_kg or 0.0)
        table.append((one.date, one.lot, one.village, county[one.village], one.commodity, one.market, kg, cny))
    frame = pd.DataFrame(table, columns=list(LEDGER[:-1]))
    sales = {str(n): float(cny) for n, cny in enumerate(frame["cny"])}
    fen = (
        levy_fund({"sales": sum(sales.values())}, rate, sales) if sum(sales.values()) > 0.0 else dict.fromkeys(sales, 0)
    )
    return frame.assign(fen=list(fen.values()))
