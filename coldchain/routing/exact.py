"""Every order of every subset: the exact answer for a handful of stops."""

from __future__ import annotations

from functools import cache

from coldchain.routing.savings import RouteDraft
from coldchain.routing.segment import INF, Kernel, Segment

MAX_STOPS = 8  # 110,000 orders; beyond that the enumeration is refused


def enumerate_routes(kernel: Kernel) -> RouteDraft:
    """Return the routes of least cost; with counted vehicles those that leave least kg behind, then cost least.

    All orders of all subsets are priced for each vehicle type (n ≤ `MAX_STOPS`), then subsets are put together by
    dynamic programming over the set of stops still to be served and the vehicles left.

    Raises
    ------
    ValueError
        When the problem has more than `MAX_STOPS` stops.
    """
    n = kernel.problem.n
    if n > MAX_STOPS:
        msg = f"stops to enumerate must be at most {MAX_STOPS}; got {n}"
        raise ValueError(msg)
    best = _best_orders(kernel)
    kg = kernel.problem.load_kg

    @cache
    def solve(mask: int, left: tuple[int | None, ...]) -> tuple[float, float, tuple[tuple[int, int], ...], int]:
        if mask == 0:
            return 0.0, 0.0, (), 0
        low = mask & -mask
        behind, cost, routes, dropped = solve(mask ^ low, left)
        answer = (behind + float(kg[low.bit_length() - 1]), cost, routes, dropped | low)
        part = mask
        while part:
            if part & low:
                for kind, (price, _) in best.get(part, {}).items():
                    count = left[kind]
                    if count == 0:
                        continue
                    rest = left if count is None else (*left[:kind], count - 1, *left[kind + 1 :])
                    behind, cost, routes, dropped = solve(mask ^ part, rest)
                    if (behind, cost + price) < answer[:2]:
                        answer = (behind, cost + price, ((kind, part), *routes), dropped)
            part = (part - 1) & mask
        return answer

    _, _, routes, dropped = solve((1 << n) - 1, kernel.problem.available)
    return RouteDraft([(kind, best[part][kind][1]) for kind, part in routes], [i for i in range(n) if dropped >> i & 1])


def _best_orders(kernel: Kernel) -> dict[int, dict[int, tuple[float, tuple[int, ...]]]]:
    """Least price and its order, by subset (bit mask) and vehicle type.

    Orders grow at the end, so a prefix too heavy for every truck is not grown further.
    """
    n = kernel.problem.n
    singles = [kernel.single(i) for i in range(n)]
    roomiest = max((t.kg for t in kernel.trucks), default=0.0)
    best: dict[int, dict[int, tuple[float, tuple[int, ...]]]] = {}

    def grow(s: Segment, mask: int) -> None:
        if s.kg > roomiest:
            return
        for kind in range(len(kernel.trucks)):
            price = kernel.price(s, kind)
            if price < best.setdefault(mask, {}).get(kind, (INF, ()))[0]:
                best[mask][kind] = (price, s.stops)
        for i in range(n):
            if not mask >> i & 1:
                grow(kernel.join(s, singles[i]), mask | 1 << i)

    for i in range(n):
        grow(singles[i], 1 << i)
    return best
