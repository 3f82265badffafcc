"""What to expect: one row for each series and step ahead, with an 80 % interval and the naive figures beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from coldchain.errors import BadInputError, Fault, grouped
from coldchain.forecasts.backtest import chosen
from coldchain.forecasts.panel import SEASONS_NEEDED, Panel, Unmodelled
from coldchain.forecasts.trials import forecasts, try_out
from coldchain.language import _

SCHEMA = "coldchain.forecast/1"
COLUMNS = ("series", "date", "value", "low_80", "high_80", "naive", "seasonal_naive")
SIGNIFICANT = 6


@dataclass(frozen=True, eq=False)
class Outlook:
    """Forecasts.

    Attributes
    ----------
    table : series, date, value, low_80, high_80, naive, seasonal_naive; an interval is empty where no past origin
        could calibrate it
    model : the one that made `value`
    """

    table: pd.DataFrame
    model: str
    step: str
    horizon: int
    unmodelled: tuple[Unmodelled, ...]
    faults: tuple[Fault, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the object of ``--json``."""
        plain = self.table.astype(object).where(self.table.notna(), None)
        return {
            "schema": SCHEMA,
            "series": int(self.table["series"].nunique()),
            "step": self.step,
            "horizon": self.horizon,
            "default": self.model,
            "forecasts": plain.to_dict("records"),
            "unmodelled": [vars(one) for one in self.unmodelled],
            "warnings": [str(group) for group in grouped(self.faults)],
        }


def forecast(
    panel: Panel, horizon: int, *, file: str = "", trees: bool = False, faults: Sequence[Fault] = ()
) -> Outlook:
    """Forecast every series that has enough data.

    Parameters
    ----------
    horizon : steps ahead
    file : named in faults
    trees : boosted trees too
    faults : warnings found before, to be listed with the others

    Raises
    ------
    BadInputError
        When no series has two seasons of values in a row.
    """
    if not panel.names:
        needed = SEASONS_NEEDED * panel.step.season
        message = _("no series has {needed} values in a row up to the last date; that is two seasons")
        short = [Fault(file, None, "", "", message.format(needed=needed), "too-little-data")]
        short += [Fault(file, None, "series", one.series, one.reason, "unmodelled") for one in panel.unmodelled]
        raise BadInputError([*short, *faults])
    trials = try_out(panel, horizon, trees=trees)
    origins = trials.origins
    model = chosen(trials, origins[: len(origins) // 2])
    ahead = forecasts(trials.y, trials.season, horizon, trees=trees)
    width = trials.half_width(model, len(trials.y))
    middle = ahead[model]
    columns = {
        "value": np.exp(middle), "low_80": np.exp(middle - width), "high_80": np.exp(middle + width),
        "naive": np.exp(ahead["naive"]), "seasonal_naive": np.exp(ahead["seasonal_naive"]),
    }  # fmt: skip
    dates = [panel.label(len(trials.y) + h) for h in range(horizon)]
    table = pd.DataFrame({
        "series": np.repeat(np.array(panel.names, dtype=object), horizon),
        "date": dates * len(panel.names),
        **{name: [_figure(value) for value in values.T.ravel()] for name, values in columns.items()},
    })  # fmt: skip
    return Outlook(table, model, panel.step, horizon, panel.unmodelled, (*faults, *panel.faults))


def _figure(value: float) -> float:
    return float(f"{value:.{SIGNIFICANT}g}")
