"""An archive: one file with inputs, tables and the referee's report that opens, verifies and prints anywhere."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from planned import decided
from scenario_cases import replace_in_toml
from tiny_cases import tiny_county

import coldchain
from coldchain import api
from coldchain.cli import run as command
from coldchain.errors import BadInputError
from coldchain.runs import Run, run_information, write_tables
from coldchain.runs.archive import MANIFEST, fingerprint_of, place_of, write_archive
from coldchain.runs.carry import carry_over
from coldchain.runs.folder import SUMMARY
from coldchain.scenario import load, upland
from coldchain.scenario.template import write_template
from coldchain.sweeps import compare

Capture = pytest.CaptureFixture[str]
REPORT = {"ok": True, "problems": []}


def written(county: Path, target: Path) -> Path:
    """Plan a county and write the run, without its pictures."""
    made = decided(load(county)[0])
    target.mkdir()
    write_tables(made.tables, target, SUMMARY, made.summary, run_information(made, {"scenario": str(county)}))
    return target


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plan a county of one village whose only crop is worth a depot, in a folder that holds both."""
    root = tmp_path_factory.mktemp("archive")
    harvest = "village,commodity,period,tonnes\nV1,strawberry,p,300\n"
    written(tiny_county(root / "county", harvest=harvest), root / "2026")
    return root


@pytest.fixture(scope="module")
def packed(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pack it, and put the file where neither run nor scenario is near."""
    target = tmp_path_factory.mktemp("elsewhere") / "2026.zip"
    write_archive(Run.open(home / "2026"), REPORT, target)
    return target


def test_the_same_run_gives_the_same_bytes(home: Path, packed: Path, tmp_path: Path) -> None:
    """Whenever and under whatever name it is packed; the fingerprint is that of ``sha256sum`` over the parts."""
    again = tmp_path / "again.zip"
    mark = write_archive(Run.open(home / "2026"), REPORT, again)
    assert again.read_bytes() == packed.read_bytes()
    with zipfile.ZipFile(packed) as file:
        manifest = json.loads(file.read(MANIFEST))
    assert manifest["fingerprint"] == mark == fingerprint_of(manifest["files"])
    assert re.fullmatch("[0-9a-f]{64}", mark)
    other = tmp_path / "other.zip"
    assert write_archive(Run.open(home / "2026"), {"ok": False}, other) != mark


def test_it_opens_as_the_run_it_was_made_of(home: Path, packed: Path) -> None:
    """Tables, summary and scenario come out of the file; nothing outside is needed."""
    run, opened = Run.open(home / "2026"), Run.open(packed).checked()
    assert opened.summary == run.summary
    assert opened.scenario.sha256 == run.scenario.sha256
    assert opened.unchanged
    assert not opened.inputs.path.is_relative_to(home)
    assert {name: frame.to_csv() for name, frame in opened.tables.items()} == {
        name: frame.to_csv() for name, frame in run.tables.items()
    }
    assert place_of(packed).archive is not None
    assert place_of(home / "2026").archive is None
    assert compare(run, opened).villages.empty


def test_the_commands_take_it_for_a_run(packed: Path, capsys: Capture) -> None:
    """Verification says by whom it was packed; the report goes into a folder beside it, or where it is told to."""
    assert command(["verify", str(packed)]) == 0
    out = capsys.readouterr().out
    assert f"archive of coldchain {coldchain.__version__}, packed verified; fingerprint " in out
    assert command(["verify", str(packed), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["archive"]["ok"], len(told["archive"]["fingerprint"])) == (True, True, 64)
    assert command(["report", str(packed), "--years", "0"]) == 0
    assert {path.name for path in (packed.parent / "2026-opened").iterdir()} == {"report.html", "report.xlsx"}
    assert api.open(packed).verify().problems == ()


def test_next_year_follows_an_archive(packed: Path, tmp_path: Path) -> None:
    """What was archived is enough to go on from."""
    carry_over(Run.open(packed), tmp_path / "2027")
    assert sum(load(tmp_path / "2027")[0].sites[0].modules().values()) > 0
    assert "Follows the run 2026.zip;" in load(tmp_path / "2027")[0].notes[-1]


def test_the_command_packs_and_says_so(home: Path, tmp_path: Path, capsys: Capture) -> None:
    """Beside the run by default; with --json one object; a run that does not verify is packed with what is wrong."""
    assert command(["archive", str(home / "2026"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["archive"]) == (True, str(home / "2026.zip"))
    shutil.copytree(home / "2026", tmp_path / "edited")
    table = tmp_path / "edited" / "tables" / "depots.csv"
    table.write_text(table.read_text(encoding="utf-8-sig").replace(",A,", ",B,", 1), encoding="utf-8-sig")
    assert command(["archive", str(tmp_path / "edited"), "--scenario", str(home / "county")]) == 3
    assert "1 problem; fingerprint" in capsys.readouterr().out
    archive = place_of(tmp_path / "edited.zip").archive
    assert archive is not None
    assert archive.report["ok"] is False


def test_other_inputs_are_not_packed(home: Path, tmp_path: Path) -> None:
    """A scenario that was changed since is not the one that the plan was made of."""
    shutil.copytree(home / "county", tmp_path / "county")
    replace_in_toml(tmp_path / "county", "budget_cny = 1000000", "budget_cny = 2000000")
    with pytest.raises(BadInputError, match="the scenario has changed since this plan was made"):
        write_archive(Run.open(home / "2026", tmp_path / "county"), REPORT, tmp_path / "x.zip")
    assert not (tmp_path / "x.zip").exists()


def test_a_workbook_is_packed_as_it_is(tmp_path: Path) -> None:
    """The scenario of the archive is the workbook itself."""
    book = write_template(upland(5, 3), tmp_path / "book")
    write_archive(Run.open(written(book, tmp_path / "run")), REPORT, tmp_path / "run.zip")
    shutil.rmtree(tmp_path / "book")
    opened = Run.open(tmp_path / "run.zip")
    assert opened.unchanged
    assert opened.scenario.home.joinpath(book.name).is_file()


Parts = dict[str, bytes]


def _repacked(packed: Path, target: Path, change: Callable[[Parts], None]) -> Path:
    with zipfile.ZipFile(packed) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    change(parts)
    with zipfile.ZipFile(target, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return target


def _manifest(key: str, value: object) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        parts[MANIFEST] = json.dumps({**json.loads(parts[MANIFEST]), key: value}).encode()

    return change


def _without(name: str) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        del parts[name]

    return change


DAMAGE: dict[str, tuple[Callable[[Parts], None], str]] = {
    "edited": (lambda parts: parts.update({"run/tables/depots.csv": b"x"}), r"depots\.csv: was changed after the arc"),
    "cut": (_without("run/summary.json"), r"run/summary\.json: is missing from the archive"),
    "more": (lambda parts: parts.update({"run/more.csv": b"x"}), r"run/more\.csv: does not belong to the archive"),
    "out": (lambda parts: parts.update({"../evil.txt": b"x"}), r"\.\./evil\.txt: does not belong to the archive"),
    "newer": (_manifest("schema", "coldchain.archive/9"), r'schema = "coldchain\.archive/9"'),
    "other": (_manifest("schema", "x"), 'schema = "x"'),
    "fingerprint": (_manifest("fingerprint", "0" * 64), r"archive\.json: was changed after the archive was made"),
    "garbled": (lambda parts: parts.update({MANIFEST: b"[]"}), "must hold schema, fingerprint, versions and files"),
    "no json": (lambda parts: parts.update({MANIFEST: b"{"}), r"x\.zip: cannot be read"),
    "none": (_without(MANIFEST), r"is no archive of a run: it lacks archive\.json"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_archive_is_refused(kind: str, packed: Path, tmp_path: Path) -> None:
    """What was edited, cut, added or written by a newer version is named; nothing is unpacked."""
    change, message = DAMAGE[kind]
    with pytest.raises(BadInputError, match=message):
        Run.open(_repacked(packed, tmp_path / "x.zip", change))
    assert not (tmp_path.parent / "evil.txt").exists()


def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    """A text that is named like an archive."""
    (tmp_path / "x.zip").write_text("no", encoding="utf-8")
    with pytest.raises(BadInputError, match=r"x\.zip.*zip"):
        Run.open(tmp_path / "x.zip")


def test_a_run_of_a_batch_is_named_without_its_key(home: Path, tmp_path: Path, capsys: Capture) -> None:
    """``runs/NAME`` stays the same while the key changes with the inputs; of two keys neither is meant."""
    shutil.copytree(home / "2026", tmp_path / "runs" / "county-1-0a1b")
    asked = ["verify", str(tmp_path / "runs" / "county-1"), "--scenario", str(home / "county")]
    assert command(asked) == 0
    assert "county-1-0a1b: verified" in capsys.readouterr().out
    assert command(["verify", str(tmp_path / "runs" / "county"), "--scenario", str(home / "county")]) == 3
    shutil.copytree(home / "2026", tmp_path / "runs" / "county-1-ffff")
    assert command(asked) == 3
    assert "is missing; a run folder holds it" in capsys.readouterr().err
