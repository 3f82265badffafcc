"""Every lot of the year under a plan: where it goes, how long it is aboard, how much of it is lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from coldchain.arrays import ROUNDING, Bools, Floats, Indices
from coldchain.planning.arcs import Arcs
from coldchain.planning.basis import Basis
from coldchain.planning.cooling import by_power, late_losses
from coldchain.planning.days import Days
from coldchain.planning.decision import Decision, day_pieces, site_lots
from coldchain.planning.storing import NOT_KEPT, keep
from coldchain.spoilage import Fate

TODAY = -1
LOT_COLUMNS = (
    "village", "commodity", "period", "site", "cooling", "tonnes", "aboard_h", "wait_h", "cooled_h", "delivery_h",
    "loss_share", "water_share", "value_share", "keep", "keep_cny_t",
)  # fmt: skip


def lots_of(basis: Basis, arcs: Arcs, decision: Decision, days: Days) -> pd.DataFrame:
    """List all lots.

    Returns
    -------
    DataFrame with ``LOT_COLUMNS``: indices of village, commodity, period, site (``TODAY`` for today's chain) and class,
    tonnes in the period, hours aboard, hours waited for a later trip of a vehicle, hours from harvest until cooled and
    until the market (days in store not counted); shares lost of the weight, as water, of the value; the row of
    ``basis.keeps`` by which it is kept (``NOT_KEPT``), and electricity for that less what it earns more, CNY/t
    """
    cold = keep(basis, decision.count, _cold_lots(basis, arcs, decision, days))
    taken = np.zeros(basis.scenario.harvest_t.shape)
    np.add.at(taken, (cold["village"], cold["commodity"], cold["period"]), cold["tonnes"])
    return pd.concat([cold, _today_lots(basis, basis.scenario.harvest_t - taken)], ignore_index=True)


def _pieces(days: Days) -> pd.DataFrame:
    """Share of each village's load of a depot and period by hours aboard, and waited for a later trip of a vehicle."""
    rows = [row for day in days.collection for row in day_pieces(day)]
    frame = pd.DataFrame(rows, columns=["village", "site", "period", "part", "aboard_h", "wait_h"])
    return frame.astype({"village": int, "site": int, "period": int, "part": float, "aboard_h": float, "wait_h": float})


def _cold_lots(basis: Basis, arcs: Arcs, decision: Decision, days: Days) -> pd.DataFrame:
    lots = site_lots(basis, arcs, decision, np.arange(len(decision.share)))
    row, period = np.nonzero(lots.t_day > 0)
    scenario = basis.scenario
    length_d = np.array([p.days for p in scenario.periods])
    table = pd.DataFrame(
        {
            "village": lots.village[row],
            "commodity": lots.commodity[row],
            "period": period,
            "site": lots.site[row],
            "cooling": lots.cooling[row],
            "assigned_t": lots.t_day[row, period] * length_d[period],
        }
    )
    table = table.merge(_pieces(days), on=["village", "site", "period"], how="inner")
    table = _with_rides(table.assign(tonnes=table["assigned_t"] * table["part"]), basis, days)
    ready = basis.lanes.batch((table["aboard_h"] + table["wait_h"]).to_numpy())[table["period"], np.arange(len(table))]
    table = by_power(basis, decision, table.assign(batch=ready))
    batch = table["batch"].to_numpy(dtype=np.intp)
    cooled_h, delivery_h = _hours(basis, table, batch)
    table = with_fate(table.assign(cooled_h=cooled_h, delivery_h=delivery_h), _fates(basis, days, table, batch))
    return table.assign(keep=NOT_KEPT, keep_cny_t=0.0)[list(LOT_COLUMNS)]


def _with_rides(table: pd.DataFrame, basis: Basis, days: Days) -> pd.DataFrame:
    """Split what rides along on tours, or later, off what goes straight; ``ride`` is its place among the rides, or -1.

    Every truck of a depot carries the same mix, so each lot splits alike.
    """
    zones = np.array([kind.zone for kind in basis.classes], dtype=object)[table["cooling"]]
    site, period = table["site"].to_numpy(), table["period"].to_numpy()
    left, parts = np.ones(len(table)), []
    for n, ride in enumerate(days.rides):
        mine = np.flatnonzero((site == ride.site) & (period == ride.period) & (zones == ride.zone))
        if len(mine):
            left[mine] -= ride.share
            along = table.iloc[mine]
            parts.append(along.assign(tonnes=along["tonnes"] * ride.share, ride=n))
    straight = table.assign(tonnes=table["tonnes"] * left, ride=-1)[left > ROUNDING]
    split = pd.concat([straight, *parts], ignore_index=True)
    longer = np.array([*(ride.ride_h for ride in days.rides), 0.0])[split["ride"]]
    return split.assign(haul_h=np.where(split["ride"] >= 0, longer, basis.lane_haul_h[split["site"]]))


def _fates(basis: Basis, days: Days, table: pd.DataFrame, batch: Indices) -> Fate:
    """Return what is lost of each lot: from the table of lanes on a straight trip, of its ride on a tour."""
    known = np.full(len(table), basis.lanes.loss.shape[-1])
    columns = tuple(table[name].to_numpy() for name in ("ride", "commodity", "cooling"))
    for n, (ride, c, o) in enumerate(zip(*columns, strict=True)):
        if ride >= 0:
            known[n] = len(days.rides[ride].fate[int(c), int(o)].loss)
    late = late_losses(basis, table, table["haul_h"].to_numpy(), known)
    batch = np.minimum(batch, known - 1)
    where = (table["commodity"], table["period"], table["cooling"], table["site"], batch)
    found = basis.lanes.fate[where]
    for n, (ride, c, o) in enumerate(zip(*columns, strict=True)):
        if ride >= 0:
            found.put(n, days.rides[ride].fate[int(c), int(o)][batch[n]])
    return found.but(~np.isnan(late.loss), late)


def with_fate(lots: pd.DataFrame, fate: Fate) -> pd.DataFrame:
    """Give lots their shares lost."""
    return lots.assign(loss_share=fate.loss, water_share=fate.water, value_share=fate.value)


def _hours(basis: Basis, table: pd.DataFrame, batch: Indices) -> tuple[Floats, Floats]:
    """Hours from harvest until cooled and until the buyer, through a depot."""
    names = ("commodity", "period", "cooling", "site", "haul_h")
    commodity, period, cooling, site, haul_h = (table[name].to_numpy() for name in names)
    cooled = basis.timing.cooled_h(period, cooling, batch)
    return cooled, basis.timing.delivery_h(commodity, cooling, site, cooled, haul_h)


def _today_lots(basis: Basis, tonnes: Floats) -> pd.DataFrame:
    """List what stays in today's chain; crumbs of rounding are left out."""
    harvest = basis.scenario.harvest_t
    village, commodity, period = np.nonzero(tonnes > 1e-9 * np.maximum(harvest, 1e-9))
    frame = pd.DataFrame({"village": village, "commodity": commodity, "period": period})
    return with_fate(frame, basis.today.fate[village, commodity, period]).assign(
        site=TODAY,
        cooling=TODAY,
        tonnes=tonnes[village, commodity, period],
        aboard_h=np.nan,
        wait_h=np.nan,
        cooled_h=np.inf,
        delivery_h=basis.today.hours[village, commodity],
        keep=NOT_KEPT,
        keep_cny_t=0.0,
    )[list(LOT_COLUMNS)]


@dataclass(frozen=True)
class Outcome:
    """Totals of a year: t harvested and lost, of these as water; CNY lost, of these by discounts; share in time."""

    harvest_t: float
    loss_t: float
    water_t: float
    loss_cny: float
    discount_cny: float
    coverage: float

    @property
    def loss_rate(self) -> float:
        """Share of the harvest that is lost."""
        return self.loss_t / self.harvest_t if self.harvest_t else 0.0


def cooled_in_time(basis: Basis, lots: pd.DataFrame) -> Bools:
    """Tell which lots are pre-cooled within the deadline of their commodity."""
    return basis.timing.is_in_time(lots["commodity"].to_numpy(), lots["cooled_h"].to_numpy())


def delivered_on_time(basis: Basis, lots: pd.DataFrame) -> Bools:
    """Tell which lots reach their buyer within the target."""
    return basis.timing.is_on_time(lots["delivery_h"].to_numpy())


def outcome(basis: Basis, lots: pd.DataFrame) -> Outcome:
    """Add up the lots."""
    value = lots["tonnes"] * basis.prices.value_cny_t[lots["commodity"]]
    total = float(lots["tonnes"].sum())
    cooled = float(lots["tonnes"].to_numpy() @ cooled_in_time(basis, lots))
    return Outcome(
        harvest_t=total,
        loss_t=float((lots["tonnes"] * lots["loss_share"]).sum()),
        water_t=float((lots["tonnes"] * lots["water_share"]).sum()),
        loss_cny=float((value * lots["value_share"]).sum()),
        discount_cny=float((value * (lots["value_share"] - lots["loss_share"])).sum()),
        coverage=cooled / total if total else 0.0,
    )
