"""The compiled loops of ruin and recreate: what they work on, what a route costs, how routes are torn and mended.

Slack induction by string removals (Christiaens & Vanden Berghe 2020, doi 10.1287/trsc.2019.0914): strings of
neighbouring stops are torn out of routes near to each other and put back greedily, blinking at one position in a
hundred; simulated annealing decides. Two ways to judge an insertion:

- `plain`, for one trip a vehicle and no clock but the length of the route: exact in constant time. With ``W`` the
  weight aboard when the vehicle leaves the stop before, a detour of ``Δ`` hours costs ``W·Δ``, and the new lot
  ``w·(hours from there to the depot)``. Driving and halts are summed apart, since only driving depends on the speed of
  the vehicle, so that a route can be priced for every vehicle type without another look at its stops.
- `duty`, for time windows, several trips a day, driving hours, cargo regimes: the same sums without waiting are a lower
  bound in constant time, and only insertions that could still win are driven through stop by stop.

Nodes 0..m-1 are depots, m..m+n-1 stops. Nothing here allocates while it runs, and nothing grows faster than the number
of stops, the matrices apart.
"""

from pathlib import Path

from coldchain.routing.kernel import data
from coldchain.routing.kernel.data import Data, State
from coldchain.routing.kernel.moves import recreate, relink
from coldchain.routing.kernel.plain import hold
from coldchain.routing.kernel.routes import refresh
from coldchain.routing.kernel.search import keep_best, left_behind, overfull, run

__all__ = [
    "Data",
    "State",
    "data",
    "hold",
    "is_compiled",
    "keep_best",
    "left_behind",
    "overfull",
    "recreate",
    "refresh",
    "relink",
    "run",
]


def is_compiled() -> bool:
    """Tell whether compiled loops are at hand from an earlier run; the first run takes about a minute to make them."""
    return any(Path(run.stats.cache_path).glob("*.nbc"))
