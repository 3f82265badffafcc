"""Damaged inputs never end as a bug, hang, fill the memory, change an input or leave something behind."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from benchmarks.fuzz_readers import cases, damaged, search, try_one, write_sound


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of sound inputs of every kind, without a run."""
    folder = tmp_path_factory.mktemp("sound")
    write_sound(folder, with_run=False)
    return folder


@pytest.mark.parametrize("place", range(18))
def test_a_damaged_input_of_each_kind(sound: Path, place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One for each kind of file; what is wrong is told in words."""
    monkeypatch.chdir(sound)
    known = cases(sound)
    assert len(known) >= 18
    assert try_one(sound, known[place], 4242 + place) == ""


def test_damages_are_seeded_and_damage() -> None:
    """Equal seeds damage alike, other seeds otherwise."""
    content = b"id,name\nV1,Upper\n" * 20
    assert damaged(content, random.Random(1)) == damaged(content, random.Random(1)) != content
    assert len({damaged(content, random.Random(seed)) for seed in range(20)}) > 15


@pytest.mark.slow
def test_many_damaged_inputs(tmp_path: Path) -> None:
    """A slice of `make fuzz`, run folders included, within limits of time and memory."""
    write_sound(tmp_path, with_run=True)
    assert search(tmp_path, range(7000, 7150)) == []
