"""What `--dry-run` says against what happens: ``python benchmarks/size.py``: memory and seconds of quick plans. Linux.

Memory is the most at one time of the process and its solver, pages that they share counted once; seconds are those of
the processor, so that a busy machine gives the same. A first small plan, not shown, has the routing engine compiled.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from coldchain.planning import size_of
from coldchain.scenario import load, upland, write_scenario

WARM_UP, VILLAGES = 12, (50, 100, 200, 400, 800)
LOOK_S = 0.1
PROGRAM = """
import sys
from pathlib import Path
from coldchain.planning import plan_quickly
from coldchain.scenario import load
plan_quickly(load(Path(sys.argv[1]))[0])
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
    before, peak = spent_s(), 0.0
    with subprocess.Popen([sys.executable, "-c", PROGRAM, folder]) as process:
        while process.poll() is None:
            peak = max(peak, mib_of(process.pid))
            time.sleep(LOOK_S)
    if process.returncode:
        raise SystemExit(process.returncode)
    seconds = spent_s() - before
    return f"{villages:8}{size.arcs:10,}{size.memory_mib:11.0f}{peak:11.0f}{size.quick_s:9.0f}{seconds:10.1f}"


def spent_s() -> float:
    """Return the processor's seconds of all processes started here that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def mib_of(process: int) -> float:
    """Return the memory of a process and of those it started, MiB; 0 when it has ended."""
    mib = 0.0
    with suppress(OSError):
        rows = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
        mib = sum(int(row.split()[1]) for row in rows if row.startswith("Pss:")) / 1024
        for task in Path(f"/proc/{process}/task").iterdir():
            mib += sum(mib_of(int(child)) for child in (task / "children").read_text(encoding="ascii").split())
    return mib


if __name__ == "__main__":
    main()
