"""Execute every notebook, or those named: ``python notebooks/run.py [NAME …] [--pair]``.

The ``.py`` files are the source. ``--pair`` writes the ``.ipynb`` beside each anew, without outputs. A cell that fails
ends the run with its traceback.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import jupytext
import nbclient
import nbformat

HERE = Path(__file__).parent


def main(arguments: list[str]) -> None:
    """Run the notebooks of this folder in order of name."""
    wanted = [word for word in arguments if not word.startswith("-")]
    for path in sorted(HERE.glob("*.py")):
        if path.name == Path(__file__).name or (wanted and path.stem not in wanted):
            continue
        book = jupytext.read(path)
        if "--pair" in arguments:
            pair(book, path.with_suffix(".ipynb"))
            continue
        began = time.monotonic()
        nbclient.NotebookClient(book, timeout=600, kernel_name="python3").execute()
        print(f"{path.name}: ran in {time.monotonic() - began:.0f} s", flush=True)


def pair(book: nbformat.NotebookNode, path: Path) -> None:
    """Write a notebook without outputs; cells are numbered, so that the same source gives the same file."""
    for number, cell in enumerate(book.cells):
        cell["id"] = f"cell-{number}"
    book.metadata["jupytext"] = {"formats": "ipynb,py:percent"}
    nbformat.write(book, path)
    print(f"{path.name}: written")


if __name__ == "__main__":
    main(sys.argv[1:])
