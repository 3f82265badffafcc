"""What `--dry-run` says against what happens: ``python benchmarks/size.py``: memory and seconds of quick plans.

A first small plan, not shown, lets the routing engine be compiled, which would count otherwise.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from coldchain.plan import size_of
from coldchain.scenario import load, upland, write_scenario

WARM_UP, VILLAGES = 12, (50, 100, 200, 400, 800)
PROGRAM = """
import resource, sys, time
from pathlib import Path
from coldchain.plan import plan_quickly
from coldchain.scenario import load
began = time.monotonic()
plan_quickly(load(Path(sys.argv[1]))[0])
print(round(time.monotonic() - began, 1), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def main() -> None:
    """Print one line for each county."""
    print("villages      arcs   MiB said   MiB peak   s said   s taken")
    with tempfile.TemporaryDirectory() as held:
        planned(Path(held), WARM_UP)
        for villages in VILLAGES:
            print(planned(Path(held), villages), flush=True)


def planned(held: Path, villages: int) -> str:
    """Plan a county in a process of its own; return its row."""
    folder = held / str(villages)
    write_scenario(upland(villages, 7), folder)
    size = size_of(load(folder)[0])
    done = subprocess.run([sys.executable, "-c", PROGRAM, folder], capture_output=True, text=True, check=True)
    seconds, peak = done.stdout.split()[-2:]
    return f"{villages:8}{size.arcs:10,}{size.memory_mib:11.0f}{peak:>11}{size.quick_s:9.0f}{seconds:>10}"


if __name__ == "__main__":
    main()
