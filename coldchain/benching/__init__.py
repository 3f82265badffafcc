"""Published instances: readers of their formats, and runs of the routing engines on them."""

from coldchain.benching.readers import Published, read_instance
from coldchain.benching.run import Row, Settings, recompute, run_file, solution_text

__all__ = ["Published", "Row", "Settings", "read_instance", "recompute", "run_file", "solution_text"]
