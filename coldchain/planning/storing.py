"""Storage between seasons: what of a year's lots is kept in the rooms that are free, chosen exactly.

Rooms of one depot and cooling class hold, in each period, what passes through on a peak day for as long as it stays,
and what is kept. With t[r,j,o] the tonnes of keep r that arrive and g its mean gain (CNY/t):

    max Σ g·w    Σ_{r of one lot} w/t <= 1,    Σ_{r: p in its span} w[r,j,o] <= room[j,o] - stock[j,o,p]

a linear program that falls apart by depot and class. The same share is kept of every lot of a commodity and period.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import coo_array

from coldchain.arrays import HOURS_PER_DAY, ROUNDING, Bools, Floats, Indices, Ints
from coldchain.planning.basis import Basis
from coldchain.planning.cooling import batch_of, late_losses
from coldchain.planning.keeps import Keep
from coldchain.spoilage import Fate

NOT_KEPT = -1


def keep(basis: Basis, count: Ints, lots: pd.DataFrame) -> pd.DataFrame:
    """Part the lots into what is sold at once and what is kept.

    Parameters
    ----------
    count : new modules, shape (sites, types)
    lots : of depots, columns as in :data:`coldchain.planning.lots.LOT_COLUMNS`, nothing kept
    """
    if not basis.keeps or lots.empty:
        return lots
    fates, cost = _kept_fates(basis, lots)
    share = _shares(basis, free_room_t(basis, count, lots), lots, cost)
    place = lots["site"].to_numpy(), lots["cooling"].to_numpy()
    parts = np.array([share[r][place] * _of(basis, r, lots) for r in range(len(basis.keeps))])
    rest = 1.0 - parts.sum(axis=0)
    found = [lots.assign(tonnes=lots["tonnes"] * rest)[rest > ROUNDING]]
    price = basis.prices.value_cny_t[lots["commodity"]]
    for r, part in enumerate(parts):
        beyond = cost[r] - fates[r].value * price
        kept = lots.assign(
            tonnes=lots["tonnes"] * part, loss_share=fates[r].loss, water_share=fates[r].water,
            value_share=fates[r].value, keep=r, keep_cny_t=beyond,
        )  # fmt: skip
        found.append(kept[part > 0])
    whole: pd.DataFrame = pd.concat(found, ignore_index=True)
    return whole


def _of(basis: Basis, r: int, lots: pd.DataFrame) -> Bools:
    """Tell which lots a keep speaks of."""
    mine = (lots["commodity"] == basis.keeps[r].commodity) & (lots["period"] == basis.keeps[r].period)
    return mine.to_numpy(dtype=np.bool_) & (basis.timing.fresh[lots["cooling"]] > 0)


def _kept_fates(basis: Basis, lots: pd.DataFrame) -> tuple[list[Fate], Floats]:
    """Return what each lot loses by each keep, and value lost plus electricity less what is earned more, CNY/t."""
    lots = lots.assign(batch=batch_of(basis, lots))
    o, j = lots["cooling"].to_numpy(), lots["site"].to_numpy()
    known = np.full(len(lots), basis.lanes.loss.shape[-1])
    batch = np.minimum(lots["batch"].to_numpy(dtype=np.intp), known - 1)
    fates = [one.fate[o, j, batch] for one in basis.keeps]
    for r, rule in enumerate(basis.scenario.storage):
        mine = _of(basis, r, lots)
        late = late_losses(basis, lots[mine], basis.lane_haul_h[j[mine]], known[mine], rule.days)
        fates[r].put(mine, fates[r][mine].but(~np.isnan(late.loss), late))
    return fates, np.array([one.cost_cny_t(fate.value, o) for one, fate in zip(basis.keeps, fates, strict=True)])


def free_room_t(basis: Basis, count: Ints, lots: pd.DataFrame) -> Floats:
    """Tonnes that can be kept beside what passes through, float[sites, classes, periods]."""
    scenario = basis.scenario
    shape = len(scenario.sites), len(basis.classes), len(scenario.periods)
    room, passing = np.zeros(shape[:2]), np.zeros(shape)
    for k in range(scenario.fixed_types):
        kind = scenario.depot_types[k]
        standing = [site.modules().get(kind.id, 0) for site in scenario.sites]
        room[:, basis.class_of_type[k]] += (count[:, k] + standing) * kind.storage_t
    days = np.array([period.days for period in scenario.periods], dtype=np.float64)
    stay_d = np.array([kind.precool_h + scenario.chain.depot_dwell_h for kind in basis.classes]) / HOURS_PER_DAY
    np.add.at(passing, (lots["site"], lots["cooling"], lots["period"]), lots["tonnes"])
    stock = passing / days * stay_d[:, None] * scenario.siting.peak_factor
    return np.maximum(room[:, :, None] - stock, 0.0)


def _shares(basis: Basis, free: Floats, lots: pd.DataFrame, cost: Floats) -> Floats:
    """Share kept of what arrives, float[keeps, sites, classes]."""
    price = basis.prices.value_cny_t[lots["commodity"]]
    now = lots["value_share"].to_numpy() * price
    tonnes, gain = np.zeros((2, len(basis.keeps), *free.shape[:2]))
    for n in range(len(basis.keeps)):
        mine = _of(basis, n, lots)
        place = lots["site"].to_numpy()[mine], lots["cooling"].to_numpy()[mine]
        np.add.at(tonnes[n], place, lots["tonnes"].to_numpy()[mine])
        np.add.at(gain[n], place, (lots["tonnes"].to_numpy() * (now - cost[n]))[mine])
    found = np.nonzero((tonnes > 0) & (gain > 0) & (free.max(axis=2) > 0)[None])
    share = np.zeros(tonnes.shape)
    if len(found[0]):
        share[found] = best_shares(basis.keeps, found, (tonnes[found], gain[found]), free)
    return share


def best_shares(
    keeps: Sequence[Keep], place: tuple[Indices, ...], worth: tuple[Floats, Floats], free: Floats
) -> Floats:
    """Solve the linear program above; returns the share kept in each column.

    Parameters
    ----------
    place : keep, site and class of each column; worth : tonnes that arrive and the gain of keeping them all, CNY
    free : float[sites, classes, periods], t
    """
    r, j, o = place
    tonnes, gain = worth
    lots = np.array([(keeps[n].commodity, keeps[n].period) for n in r]).T
    _, once = np.unique(np.vstack([lots, j, o]), axis=1, return_inverse=True)
    column, period = np.nonzero(np.array([keeps[n].spans for n in r]))
    rooms, full = np.unique(np.stack([j[column], o[column], period]), axis=1, return_inverse=True)
    first = int(once.max()) + 1
    row = np.concatenate([once.ravel(), first + full.ravel()])
    value = np.concatenate([np.ones(len(r)), tonnes[column]])
    left = coo_array((value, (row, np.concatenate([np.arange(len(r)), column]))))
    most = np.concatenate([np.ones(first), free[tuple(rooms)]])
    limits: Any = left.tocsr()
    answer: Any = linprog(-gain, limits, most, bounds=(0.0, 1.0), method="highs")
    found = np.clip(answer.x, 0.0, 1.0)
    found[found < ROUNDING] = 0.0
    return np.asarray(found, dtype=np.float64)
