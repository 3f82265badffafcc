"""Notebooks: a source and its pair say the same, cells are short and without logic, and every one runs."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
SOURCES = sorted(path for path in FOLDER.glob("*.py") if path.name != "run.py")
QUICK = "quick_start"
MOST_LINES = 20
MOST_BYTES = 800_000
LOGIC = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.Try, ast.Lambda)


def cells(path: Path) -> list[tuple[str, str]]:
    """Return kind and text of the cells of a percent script."""
    _head, *parts = path.read_text(encoding="utf-8").split("\n# %%")
    found = []
    for part in parts:
        mark, _, text = part.partition("\n")
        if "markdown" in mark:
            text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in text.strip().split("\n"))
        found.append(("markdown" if "markdown" in mark else "code", text.strip()))
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_the_pair_says_the_same(path: Path) -> None:
    """The ``.ipynb`` beside a source has its cells, executed, with a picture or a table, and nothing of a machine."""
    text = path.with_suffix(".ipynb").read_text(encoding="utf-8")
    book = json.loads(text)
    assert [(cell["cell_type"], "".join(cell["source"])) for cell in book["cells"]] == cells(path)
    outputs = [output for cell in book["cells"] for output in cell.get("outputs", ())]
    forms = {form for output in outputs for form in output.get("data", {})}
    assert forms & {"image/png", "text/html"}
    assert not [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"]
    assert all(cell["execution_count"] for cell in book["cells"] if cell["cell_type"] == "code")
    assert not re.search(r"/tmp/|/home/|/root/", text)  # noqa: S108 - what must not be there
    assert len(text) < MOST_BYTES
    assert set(book["metadata"]) == {"jupytext", "kernelspec"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_notebook_asks_one_question(path: Path) -> None:
    """The title is a question, in Chinese below it; cells are short and hold no logic."""
    first, *rest = cells(path)
    title, chinese = first[1].split("\n")[:2]
    assert title.startswith("# ")
    assert title.endswith("?")
    assert "？" in chinese
    for kind, text in rest:
        assert text.count("\n") < MOST_LINES
        if kind == "code":
            assert not [node for node in ast.walk(ast.parse(text)) if isinstance(node, LOGIC)]


def ran(path: Path, folder: Path) -> None:
    """Run a source as a script of its own, temporary files in ``folder``."""
    told = {**os.environ, "TMPDIR": str(folder), "COLDCHAIN_LANG": "en"}
    done = subprocess.run(
        [sys.executable, str(path)], cwd=folder, env=told, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_quick_start_runs(tmp_path: Path) -> None:
    """The first notebook anybody opens leaves a map and a run behind."""
    ran(FOLDER / f"{QUICK}.py", tmp_path)
    assert len(list(tmp_path.glob("*/map.html"))) == 1
    assert len(list(tmp_path.glob("*/run/summary.json"))) == 1


@pytest.mark.slow
@pytest.mark.parametrize("path", [path for path in SOURCES if path.stem != QUICK], ids=lambda path: path.stem)
def test_the_others_run(path: Path, tmp_path: Path) -> None:
    """So do the others, which take longer."""
    ran(path, tmp_path)
