"""Start-up times: ``python benchmarks/startup.py``: processor seconds of every command's help, and of the import."""

from __future__ import annotations

import os
import subprocess
import sys

from coldchain.cli import cli
from coldchain.cli.configuring import leaves

REPEATS = 3


def seconds(*arguments: str) -> float:
    """Return user and system time of one process, the best of three."""
    found = []
    for _ in range(REPEATS):
        before = os.times()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        after = os.times()
        found.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return min(found)


def main() -> None:
    """Print one line for each, and the slowest help."""
    print(f"{'python -c pass':<28}{seconds('-c', 'pass'):6.2f} s")
    print(f"{'import coldchain':<28}{seconds('-c', 'import coldchain'):6.2f} s")
    print(f"{'--help':<28}{seconds('-m', 'coldchain', '--help'):6.2f} s")
    times = {" ".join(path): seconds("-m", "coldchain", *path, "--help") for path, _command in leaves(cli)}
    for name, taken in times.items():
        print(f"{name + ' --help':<28}{taken:6.2f} s")
    print(f"slowest help {max(times.values()):.2f} s of the processor; --lang zh "
          f"{seconds('-m', 'coldchain', 'plan', '--help', '--lang', 'zh'):.2f} s")  # fmt: skip


if __name__ == "__main__":
    main()
