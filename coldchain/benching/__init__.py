"""Published instances: readers of their formats, and runs of the routing and location solvers on them."""

from coldchain.benching.depots import DepotSettings, read_depots, recompute_depots, run_depots
from coldchain.benching.location import LocationSettings, run_location
from coldchain.benching.places import read_median, read_warehouses
from coldchain.benching.readers import PublishedDay, read_instance
from coldchain.benching.run import BenchRow, BenchSettings, recompute, run_file, solution_text

__all__ = [
    "BenchRow", "BenchSettings", "DepotSettings", "LocationSettings", "PublishedDay", "read_depots", "read_instance",
    "read_median", "read_warehouses", "recompute", "recompute_depots", "run_depots", "run_file", "run_location",
    "solution_text",
]  # fmt: skip
