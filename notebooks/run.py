"""Execute every notebook: ``python notebooks/run.py``. A cell that fails ends the run with its traceback."""

from __future__ import annotations

from pathlib import Path

import jupytext
import nbclient


def main() -> None:
    """Run all notebooks of this folder in order of name."""
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.name != Path(__file__).name:
            nbclient.NotebookClient(jupytext.read(path), timeout=600, kernel_name="python3").execute()
            print(f"{path.name}: ran")


if __name__ == "__main__":
    main()
