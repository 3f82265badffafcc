"""Routing problems in arrays, and the form in which the compiled loops take them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from scipy.spatial import cKDTree

from coldchain.arrays import Floats, Ints
from coldchain.routing.kernel import Data, State
from coldchain.routing.kernel import data as c

NEIGHBOURS = 100  # stops known to each stop; memory grows with it
HOMES = 64  # depots known to each stop
NO_WAY = 1e7  # km or h that stand for infinity; above any shift
NEVER = 1e9  # h that no clock reaches
ANY = 1e18  # no limit
UNSERVED = 1e9  # CNY of leaving out a stop of mean load that must be served
WAIT_SHARE = 0.2  # of an hour of waiting between two stops, when it is asked which are near
ORDINARY = (ANY, 1.0, 0.0, -1.0)  # driving h, trips, cargo and regimes of a type that names none


@dataclass(frozen=True)
class Tuning:
    """Figures of the search, all measured (benchmarks/routing.py)."""

    removed: float = 10.0
    longest: float = 10.0
    split: float = 0.5
    skip: float = 0.01
    blink: float = 0.01
    hot: float = 0.5
    cold: float = 0.02
    cycle: float = 1000.0
    toll: float = 0.0
    odds: tuple[float, ...] = (4.0, 4.0, 2.0, 1.0, 2.0)  # orders of insertion: chance, load, far, close, weight


@dataclass(frozen=True)
class Instance:
    """A routing problem in arrays; nodes 0..m-1 are depots, m..m+n-1 stops.

    Attributes
    ----------
    legs : (N, N, 2) km and hours from node to node, or (N, 2) coordinates of the nodes (memory linear in stops)
    load, volume : (n,) kg, m³
    weight : CNY/h aboard, (n,), or (n, g) for g cargoes of vehicles
    halt_h : (n,) h
    depots : (m, 2) kg a depot takes in all, CNY for using it
    types : (k, 8) payload kg, m³, CNY per vehicle, per km, per h, hours per hour at reference speed, longest h from
        first leaving to last arrival, most vehicles; (k, 12) with most driving h, most trips, cargo (column of
        ``weight``), and the bits of the temperature regimes it can hold
    value : (n,) CNY that leaving the stop out costs; inf when it must be served
    unload_h : h paid at the end of each trip
    max_aboard_h : h, most that a lot may be aboard; one figure or (n,)
    metric : km and hours per unit of coordinates; third figure 1 when distances are rounded to whole units
    window_h : (n, 2) earliest and latest start of the halt on the day's clock, or None
    depot_window_h : (m, 2) opening and closing, or None
    regimes : (n,) bits of the temperature regimes a lot may ride in; the lots of a trip need one in common; or None
    access_cny : (m, n) CNY for bringing the lot of a stop to a depot, inf where it may not go; or None
    since_ready : spoilage counts from the opening of the window, not from leaving the stop
    amounts, most : (n, q) what the stops add of further quantities, (k, q) most of them on a trip; or None
    """

    legs: Floats
    load: Floats
    volume: Floats
    weight: Floats
    halt_h: Floats
    depots: Floats
    types: Floats
    value: Floats
    unload_h: float = 0.0
    max_aboard_h: float | Floats = math.inf
    metric: tuple[float, float, float] = (1.0, 1.0, 0.0)
    window_h: Floats | None = None
    depot_window_h: Floats | None = None
    regimes: Ints | None = None
    access_cny: Floats | None = field(default=None, repr=False)
    since_ready: bool = False
    amounts: Floats | None = None
    most: Floats | None = None

    @property
    def n(self) -> int:
        """Number of stops."""
        return len(self.load)

    @property
    def m(self) -> int:
        """Number of depots."""
        return len(self.depots)

    @property
    def by_cargo(self) -> Floats:
        """CNY/h aboard by cargo, (n, g)."""
        weight: Floats = self.weight[:, None] if self.weight.ndim == 1 else self.weight
        return weight

    @property
    def full_types(self) -> Floats:
        """Vehicle types with all twelve columns."""
        lacking = 12 - self.types.shape[1]
        padding = np.tile(ORDINARY[len(ORDINARY) - lacking :], (len(self.types), 1)) if lacking else np.empty((0, 0))
        return np.hstack([self.types, padding]) if lacking else np.array(self.types, dtype=np.float64)

    @property
    def needs_duties(self) -> bool:
        """Whether routes must be judged as duties: windows, trips, driving hours, cargoes, regimes, quantities."""
        types = self.full_types
        special = (types[:, c.DRIVE] < ANY) | (types[:, c.TRIPS] > 1) | (types[:, c.REGIMES] >= 0)
        mixed = self.regimes is not None and bool((self.regimes != -1).any())
        own = np.unique(np.asarray(self.max_aboard_h)).size > 1
        counted = self.amounts is not None and self.amounts.size > 0
        return bool(special.any()) or mixed or own or counted or self.clocked or np.unique(types[:, c.AIR]).size > 1

    @property
    def clocked(self) -> bool:
        """Whether any hour of the day can bind."""
        types = self.full_types
        if self.since_ready:
            return True
        if self.window_h is not None and bool((self.window_h[:, 0] > 0).any() or (self.window_h[:, 1] < NEVER).any()):
            return True
        if self.depot_window_h is None:
            return False
        longest = float(types[:, c.SHIFT].max(initial=0.0)) + self.unload_h
        return bool((self.depot_window_h[:, 1] - self.depot_window_h[:, 0] < longest).any())


def data_of(instance: Instance, tuning: Tuning) -> Data:
    """Lay the instance out for the compiled loops."""
    m, n = instance.m, instance.n
    flat = instance.legs.ndim == 2
    legs = np.empty((0, 0, 2)) if flat else np.ascontiguousarray(np.minimum(instance.legs, NO_WAY))
    swapped = legs.transpose(1, 0, 2)
    types, window = instance.full_types, _windows(instance)
    air = np.vstack([np.zeros((m, instance.by_cargo.shape[1])), instance.by_cargo])
    regimes = np.full(m + n, -1, dtype=np.int64)
    regimes[m:] = -1 if instance.regimes is None else instance.regimes
    home, home_cost = _homes(instance, types)
    near, far = _near(instance, window)
    access = np.empty((0, 0))
    if instance.access_cny is not None:
        access = np.hstack([np.zeros((m, m)), instance.access_cny])
    return Data(
        out=legs,
        into=legs if np.array_equal(legs, swapped) else np.ascontiguousarray(swapped),
        xy=np.ascontiguousarray(instance.legs) if flat else np.empty((0, 2)),
        metric=np.array(instance.metric),
        stop=_stops(instance),
        air=air,
        window=window,
        regimes=regimes,
        depots=np.ascontiguousarray(instance.depots, dtype=np.float64),
        access=access,
        home=home,
        home_cost=home_cost,
        types=np.ascontiguousarray(types),
        **_quantities(instance),
        rules=_rules(instance, tuning, types, air),
        near=near,
        keys=_keys(instance, far, window),
        odds=np.cumsum(tuning.odds),
    )


def state_of(instance: Instance, seed: int) -> State:
    """Return the memory of a search with every stop left out."""
    m, n, kinds = instance.m, instance.n, len(instance.types)
    cargoes = instance.by_cargo.shape[1]
    slots = n + 1
    link = np.full((m + n, 5), -1, dtype=np.int64)
    link[:, c.FLAG] = 0
    ints_of = np.zeros((slots, 6), dtype=np.int64)
    ints_of[:, c.KIND] = -1
    pool = np.zeros(n + 1, dtype=np.int64)
    pool[:n] = np.arange(m, m + n)
    marks = np.zeros(9, dtype=np.int64)
    marks[c.POOL] = n
    return State(
        node=np.zeros((m + n, c.W_AIR + cargoes)),
        link=link,
        sums_of=np.zeros((slots, c.S_AIR + 2 * cargoes)),
        ints_of=ints_of,
        used=np.zeros(kinds, dtype=np.int64),
        depot_load=np.zeros(m),
        depot_routes=np.zeros(m, dtype=np.int64),
        sums=np.zeros(6),
        marks=marks,
        pool=pool,
        rank=np.zeros(n + 1),
        missed=np.zeros(m + n),
        touched=np.full(slots, -1, dtype=np.int64),
        undo=np.zeros(6 * slots + 8, dtype=np.int64),
        best_next=np.zeros(m + n, dtype=np.int64),
        best_route=np.zeros((slots, 3), dtype=np.int64),
        order=np.zeros((n + 2, 2), dtype=np.int64),
        clock=np.zeros((n + 2, 4)),
        random=np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1),
    )


def _windows(instance: Instance) -> Floats:
    window = np.tile([0.0, NEVER], (instance.m + instance.n, 1))
    for given, rows in ((instance.depot_window_h, slice(0, instance.m)), (instance.window_h, slice(instance.m, None))):
        if given is not None:
            window[rows] = np.clip(given, 0.0, NEVER)
    return window


def _stops(instance: Instance) -> Floats:
    stop = np.zeros((instance.m + instance.n, 7))
    must = np.isinf(instance.value)
    share = instance.load / max(float(instance.load.mean()), 1e-12) if instance.n else instance.load
    value = np.where(must, UNSERVED * np.maximum(share, 0.01), instance.value)
    weight = instance.by_cargo[:, int(instance.full_types[0, c.AIR]) if len(instance.types) else 0]
    aboard = np.broadcast_to(np.asarray(instance.max_aboard_h, dtype=np.float64), instance.load.shape)
    stop[instance.m :] = np.column_stack(
        [instance.load, instance.volume, weight, instance.halt_h, value, aboard, must.astype(np.float64)]
    )
    return stop


def _quantities(instance: Instance) -> dict[str, Floats]:
    """Return what nodes add of further quantities, and most of them by type; no columns where none is limited."""
    amounts = np.zeros((instance.n, 0)) if instance.amounts is None else instance.amounts
    most = np.zeros((len(instance.types), 0)) if instance.most is None else instance.most
    nodes = np.vstack([np.zeros((instance.m, amounts.shape[1])), amounts])
    return {"amounts": nodes, "most": np.ascontiguousarray(most, dtype=np.float64)}


def _rules(instance: Instance, tuning: Tuning, types: Floats, air: Floats) -> Floats:
    rules = np.zeros(11)
    rules[c.SINCE_READY] = float(instance.since_ready)
    rules[c.UNLOAD_H] = instance.unload_h
    rules[c.ABOARD_H] = np.min(instance.max_aboard_h, initial=math.inf)
    rules[[c.REMOVED, c.LONGEST, c.SPLIT, c.SKIP]] = tuning.removed, tuning.longest, tuning.split, tuning.skip
    rules[c.BLINKS] = 1.0 / math.log(1.0 - tuning.blink) if tuning.blink > 0 else -ANY
    rules[c.DUTIES] = float(instance.needs_duties)
    never_waits = instance.window_h is None and not instance.since_ready
    timeless = not air.any() and not types[:, c.PER_H].any() and bool((types[:, c.SHIFT] >= ANY).all())
    counted = instance.amounts is not None and instance.amounts.size > 0
    unlimited = bool(np.isinf(instance.max_aboard_h).all()) and not counted
    rules[c.EXACT] = float(unlimited and (never_waits or timeless))
    rules[c.MOST_TRIPS] = types[:, c.TRIPS].max(initial=1.0)
    return rules


def _keys(instance: Instance, far: Floats, window: Floats) -> Floats:
    """Orders of insertion: chance, load first, far first, close first, spoilage or narrow window first."""
    m = instance.m
    payload, space = instance.types[:, 0].max(initial=1e-9), instance.types[:, 1].max(initial=1e-9)
    keys = np.zeros((5, m + instance.n))
    keys[1, m:] = -np.maximum(instance.load / payload, instance.volume / space)
    keys[2, m:], keys[3, m:] = -far, far
    weight = instance.by_cargo[:, 0]
    keys[4, m:] = window[m:, 1] - window[m:, 0] if instance.clocked else -weight
    return keys


def _between(instance: Instance, rows: slice, cols: slice) -> tuple[Floats, Floats]:
    """Kilometres and hours between two ranges of nodes."""
    if instance.legs.ndim == 3:
        part = np.minimum(instance.legs[rows, cols], NO_WAY)
        return part[..., 0], part[..., 1]
    far = np.hypot(*(np.subtract.outer(instance.legs[rows, k], instance.legs[cols, k]) for k in range(2)))
    far = np.floor(far + 0.5) if instance.metric[2] > 0 else far
    return far * instance.metric[0], far * instance.metric[1]


def _homes(instance: Instance, types: Floats) -> tuple[Ints, Floats]:
    """Depots of each stop by the least that a trip for it alone costs there, and that cost, each shape (n, h)."""
    depots, stops = slice(0, instance.m), slice(instance.m, None)
    out_km, out_h = _between(instance, depots, stops)
    back_km, back_h = (a.T for a in _between(instance, stops, depots))
    weight = instance.by_cargo
    least = np.full(out_km.shape, np.inf)
    for kind in types:
        hours = (out_h + back_h) * kind[c.PACE] + instance.halt_h + instance.unload_h
        cost = kind[c.DAY] + kind[c.PER_KM] * (out_km + back_km) + kind[c.PER_H] * hours
        least = np.minimum(least, cost + weight[:, int(kind[c.AIR])] * back_h * kind[c.PACE])
    least = (least if instance.access_cny is None else least + instance.access_cny).T
    home = np.argsort(least, axis=1, kind="stable")[:, :HOMES]
    return home.astype(np.int64), np.ascontiguousarray(np.take_along_axis(least, home, axis=1))


def _near(instance: Instance, window: Floats) -> tuple[Ints, Floats]:
    """(n, k) nodes of the nearest other stops, nearest first, and (n,) hours or units to the nearest depot."""
    m, n = instance.m, instance.n
    count = min(NEIGHBOURS, n - 1)
    if n == 0:
        return np.zeros((0, 0), dtype=np.int64), np.zeros(0)
    if instance.legs.ndim == 2:
        places = instance.legs
        found = np.asarray(cKDTree(places[m:]).query(places[m:], k=list(range(1, count + 2)))[1])
        others = [row[row != i][:count] for i, row in enumerate(found)]
        depot_away = np.asarray(cKDTree(places[:m]).query(places[m:])[0], dtype=np.float64)
        return np.array(others, dtype=np.int64).reshape(n, count) + m, depot_away
    hours = np.minimum(instance.legs[..., 1], NO_WAY)
    if not hours.any():
        hours = np.minimum(instance.legs[..., 0], NO_WAY)
    inner = hours[m:, m:]
    if instance.clocked:
        inner = inner + _apart_in_time(inner, window[m:], instance.halt_h)
    between = np.minimum(inner, inner.T)
    np.fill_diagonal(between, -1.0)
    near = np.argsort(between, axis=1, kind="stable")[:, 1 : count + 1]
    return near.astype(np.int64) + m, hours[m:, :m].min(axis=1)


def _apart_in_time(hours: Floats, window: Floats, halt_h: Floats) -> Floats:
    """Hours by which stop j, right after i, must be waited for (in part) or is missed, shape (n, n)."""
    ready, last = window[:, 0] + halt_h, window[:, 1] + halt_h
    wait = np.maximum(window[:, 0][None, :] - last[:, None] - hours, 0.0)
    late = np.maximum(ready[:, None] + hours - window[:, 1][None, :], 0.0)
    apart: Floats = WAIT_SHARE * wait + late
    return apart
