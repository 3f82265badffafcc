"""What the compiler keeps on disk is thrown away where a killed run or a full disk cut it short."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from coldchain.compiled import drop_damaged

INDEX = pickle.dumps("0.60") + pickle.dumps((("stamp", 1), {"key": "f-1.nbc"}))
MODULE = "coldchain.routing.kernel.data"
RESULT = pickle.dumps({"code": b"x" * 100})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("f.nbi", b""), ("f.nbi", INDEX[:9]), ("f.nbi", INDEX[:-4]), ("f.nbi", b"\0" * 50), ("f-1.nbc", b""),
        ("f-1.nbc", RESULT[:-1]),
    ],
)  # fmt: skip
def test_what_was_cut_short_goes_and_the_rest_stays(tmp_path: Path, name: str, content: bytes) -> None:
    """Cut at any place, emptied or zeroed; whole files beside it and other files stay."""
    kept = {"g.nbi": INDEX, "g-1.nbc": RESULT, "notes.txt": b""}
    for other, whole in kept.items():
        (tmp_path / other).write_bytes(whole)
    (tmp_path / name).write_bytes(content)
    drop_damaged(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(kept)


@pytest.mark.parametrize(
    ("module", "name", "left"),
    [(MODULE, "Data", 1), (MODULE, "Date", 0), (MODULE, "Dat", 0), (f"{MODULE}s", "Data", 0)],
)
def test_an_index_of_an_earlier_release_goes(tmp_path: Path, module: str, name: str, left: int) -> None:
    """What it names must still be in the package, which is seen in the source alone."""
    named = f"c{module}\n{name}\n".encode()
    (tmp_path / "f.nbi").write_bytes(pickle.dumps("0.60") + b"(I1\n" + named + b"t.")
    drop_damaged(tmp_path)
    assert len(list(tmp_path.iterdir())) == left


def test_looking_at_the_cache_imports_nothing_of_the_package() -> None:
    """The routing room alone would take a second."""
    program = "import sys, coldchain.compiled; print([m for m in sys.modules if m.startswith('coldchain.r')])"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout == "[]\n"
