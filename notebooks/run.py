"""Execute every notebook, or those named: ``python notebooks/run.py [NAME …] [--pair]``.

The ``.py`` files are the source. ``--pair`` writes the ``.ipynb`` beside each anew, with tables and pictures, so that a
reader on a code host sees them. A cell that fails ends the run with its traceback.
"""

from __future__ import annotations

import sys
import tempfile
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
        began = time.monotonic()
        nbclient.NotebookClient(book, timeout=600, kernel_name="python3").execute()
        print(f"{path.name}: ran in {time.monotonic() - began:.0f} s", flush=True)
        if "--pair" in arguments:
            pair(book, path.with_suffix(".ipynb"))


def pair(book: nbformat.NotebookNode, path: Path) -> None:
    """Write a notebook with what its cells show; cells are numbered, nothing of the machine is kept."""
    for number, cell in enumerate(book.cells):
        cell["id"] = f"cell-{number}"
        cell["metadata"] = {}
        if cell["cell_type"] == "code":
            cell["outputs"] = [kept for one in cell["outputs"] if (kept := shown(one)) is not None]
    book.metadata = {"jupytext": {"formats": "ipynb,py:percent"}, "kernelspec": book.metadata["kernelspec"]}
    nbformat.write(book, path)
    print(f"{path.name}: written, {path.stat().st_size / 1024:.0f} kB")


def shown(output: nbformat.NotebookNode) -> nbformat.NotebookNode | None:
    """Return an output as it is kept: no progress, one form of a picture or a table, no temporary path."""
    if output["output_type"] == "stream":
        return output if output["name"] == "stdout" else None
    forms = output.get("data", {})
    best = next((form for form in ("image/png", "text/html", "text/plain") if form in forms), None)
    if best is None or tempfile.gettempdir() in forms[best]:
        return None
    output["data"], output["metadata"] = {best: forms[best]}, {}
    return output


if __name__ == "__main__":
    main(sys.argv[1:])
