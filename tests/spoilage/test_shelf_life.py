"""``coldchain shelf-life``: its contract for programs, its words for people, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coldchain.cli import run
from coldchain.scenario import load, upland, write_scenario
from coldchain.spoilage import life_d

Capture = pytest.CaptureFixture[str]


def asked(capsys: Capture, *arguments: str) -> dict[str, object]:
    """Return the object that the command prints."""
    assert run(["shelf-life", *arguments, "--json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_contract_for_programs(capsys: Capture) -> None:
    """The fields are those agreed on; the loss lies between low and high; each source names figure, band and text."""
    found = asked(capsys, "pak_choi", "--temp", "25", "--days", "1")
    assert list(found) == ["life_d", "quality", "loss", "low", "high", "sources"]
    assert found["life_d"] == pytest.approx(3.46, abs=0.01)
    assert 0.0 < float(str(found["low"])) <= float(str(found["loss"])) <= float(str(found["high"])) < 1.0
    sources = found["sources"]
    assert isinstance(sources, list)
    assert {"figure", "source"} <= sources[0].keys()


def test_a_history_and_its_packaging(capsys: Capture) -> None:
    """Hours in the warm before, looser packaging and drier air each lose more; life_d is that of the last stage."""
    still = asked(capsys, "小白菜", "--temp", "1", "--days", "4")
    before = asked(capsys, "小白菜", "--stage", "25:12", "--temp", "1", "--days", "4")
    loose = asked(capsys, "小白菜", "--stage", "25:12", "--temp", "1", "--days", "4", "--packaging", "bulk")
    dry = asked(capsys, "小白菜", "--stage", "25:12", "--temp", "1", "--days", "4", "--humidity", "60")
    losses = [float(str(found["loss"])) for found in (still, before)]
    assert losses[0] < losses[1] < min(float(str(found["loss"])) for found in (loose, dry))
    assert still["life_d"] == before["life_d"]


@pytest.mark.parametrize(("lang", "words"), [("en", ("shelf life at 5 °C", "source")), ("zh", ("货架期", "剩余品质"))])
def test_words_for_people(capsys: Capture, lang: str, words: tuple[str, ...]) -> None:
    """The table speaks both languages, and says of an estimate that it is one."""
    assert run(["shelf-life", "spinach", "--temp", "5", "--days", "2", "--lang", lang]) == 0
    told = capsys.readouterr().out
    assert all(word in told for word in words)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("spinach", "--temp", "5"), 2, "give both"),
        (("spinach",), 2, "give --temp and --days"),
        (("spinach", "--stage", "25"), 2, "must be °C:hours"),
        (("spinach", "--stage", "99:3"), 2, "must be °C:hours"),
        (("spinich", "--temp", "5", "--days", "1"), 2, "did you mean"),
    ],
)
def test_refusals_say_what_to_do(capsys: Capture, arguments: tuple[str, ...], code: int, words: str) -> None:
    """What cannot be answered is a usage error that names the way out."""
    assert run(["shelf-life", *arguments]) == code
    assert words in capsys.readouterr().err


def test_a_stated_q10_takes_the_place_of_the_warm_anchor(tmp_path: Path) -> None:
    """Q10 of 2 between 5 and 15 °C is met by a crop of the catalogue for which a scenario states it."""
    write_scenario(upland(5, 3), tmp_path)
    with (tmp_path / "scenario.toml").open("a", encoding="utf-8") as file:
        file.write("\n[commodity.pak_choi]\nq10 = 2.0\n")
    made, _faults = load(tmp_path)
    crop = next(one for one in made.commodities if one.id == "pak_choi")
    assert crop.warm_life_d is None
    assert life_d(crop, 5.0) / life_d(crop, 15.0) == pytest.approx(2.0)
