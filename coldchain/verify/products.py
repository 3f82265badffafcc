"""What plants make of produce, recomputed from the lots: tonnes, revenue, and what processing costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from coldchain.model import Plant
from coldchain.verify.record import PROCESS, Record
from coldchain.verify.restated import Restated, check_table

KEY = ("depot", "zone", "commodity", "period")


def made_of(record: Record, lots: pd.DataFrame) -> pd.DataFrame:
    """Return the lots that plants take, with the tonnes made of each, what they fetch and what processing costs."""
    made = lots[lots["method"] == PROCESS]
    plant = {kind.zone: kind for kind in record.kinds.values() if isinstance(kind, Plant)}
    worth = made["tonnes"] * made["commodity"].map(record.price_cny_t).astype("float64")
    kept = 1.0 - made["lost_cny"] / worth.where(worth > 0, 1.0)

    def figure(name: str) -> pd.Series[Any]:
        return made["zone"].map({zone: getattr(kind, name) for zone, kind in plant.items()}).astype("float64")

    product_t = made["tonnes"] * kept * figure("yield_t_t")
    return made.assign(
        worth_cny=worth, product_t=product_t, revenue_cny=product_t * figure("product_cny_t"),
        process_cny=made["tonnes"] * figure("process_cny_t"),
    )  # fmt: skip


def products_cny(record: Record, lots: pd.DataFrame) -> pd.Series[Any]:
    """Return processing and fresh sales given up, less products, CNY a year of each lot; 0 of what is sold fresh."""
    if not any(isinstance(kind, Plant) for kind in record.kinds.values()):
        return pd.Series(0.0, lots.index)
    made = made_of(record, lots)
    return (made["worth_cny"] - made["lost_cny"] + made["process_cny"] - made["revenue_cny"]).reindex(
        lots.index, fill_value=0.0
    )


def check_products(record: Record, lots: pd.DataFrame) -> None:
    """Hold the table of products against the lots."""
    if "products" in record.tables:
        check_table(record, Restated("products", KEY, list(_rows(record, lots))))


def products_of(record: Record, lots: pd.DataFrame) -> dict[str, float]:
    """Return the totals of a year for the summary."""
    made = made_of(record, lots)
    sums = {name: float(made[name].sum()) for name in ("product_t", "revenue_cny", "process_cny")}
    return {"processed_t": float(made["tonnes"].sum()), **sums}


def _rows(record: Record, lots: pd.DataFrame) -> Iterator[dict[str, Any]]:
    made = made_of(record, lots).rename(columns={"tonnes": "raw_t"})
    figures = ["raw_t", "product_t", "revenue_cny", "process_cny"]
    for row in made.groupby(list(KEY), as_index=False)[figures].sum().to_dict("records"):
        yield {str(name): cell for name, cell in row.items()}
