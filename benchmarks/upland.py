"""Plan the upland county of 2026, kept with its catalogue, and its variants: ``python benchmarks/upland.py``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from runs import HEADER, line, planned

SCENARIO = Path(__file__).parent / "upland-2026"


def main() -> None:
    """Print one row for each variant; seed 0."""
    print(HEADER)
    with tempfile.TemporaryDirectory() as folder:
        for variant in ("none", "half", "base", "double"):
            run = planned(SCENARIO, Path(folder) / variant, "--variant", variant, "--seed", "0")
            print(line(f"upland-2026 {variant}", run), flush=True)


if __name__ == "__main__":
    main()
