"""Loss from field to shop, recomputed from the lots: what the published rates of field and shop make of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from coldchain.model import FIELD_LOSS, RETAIL_LOSS, Published
from coldchain.verify.record import Record


def whole_chain(
    record: Record, today: pd.DataFrame, lots: pd.DataFrame, least_rate: float
) -> dict[tuple[str, ...], float]:
    """Return leaves of the summary: shares lost in field and shops, and of the whole chain.

    ``least_rate`` is the least until the market, as stated.
    """
    group = {crop.id: crop.group for crop in record.scenario.commodities}
    mix = lots["tonnes"].groupby(lots["commodity"].map(group)).sum()
    rates = {
        "today": float(today["loss_t"].sum() / (today["tonnes"].sum() or 1.0)),
        "plan": float(lots["loss_t"].sum() / (lots["tonnes"].sum() or 1.0)),
        "least": least_rate,
    }
    found: dict[tuple[str, ...], float] = {}
    for end in ("low", "rate", "high"):
        field, retail = (_mixed(stage, end, mix) for stage in (FIELD_LOSS, RETAIL_LOSS))
        found |= {("stages", "field", end): field, ("stages", "retail", end): retail}
        for name, rate in rates.items():
            found["stages", f"whole_{name}", end] = field + (1 - field) * (rate + (1 - rate) * retail)
    return found


def _mixed(stage: Mapping[Any, Published], end: str, mix: pd.Series) -> float:
    """Weigh one end of the rates of a stage by tonnes."""
    lost_t = sum(float(getattr(stage[group], end)) * float(t) for group, t in mix.items())
    return lost_t / (float(mix.sum()) or 1.0)
