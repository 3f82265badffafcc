"""One resolver for ids and names: what is clear is understood, what is not is asked with candidates."""

from __future__ import annotations

from pathlib import Path

import pytest
from scenario_cases import change, change_all, faults_of, small_county

from coldchain.cli import run
from coldchain.errors import UsageError
from coldchain.language import speaking
from coldchain.model import DepotType
from coldchain.model.naming import Named, Names, asked_for, of_periods
from coldchain.scenario import load
from coldchain.scenario.load import catalogue_table
from coldchain.scenario.references import ModulesReference, depot_type_names

VILLAGES = Names([
    Named("V1", ("官庄村",), ("锦和镇官庄村",)),
    Named("V2", ("新民村",), ("锦和镇新民村",)),
    Named("V3", ("新民村",), ("岩门镇新民村",)),
    Named("00012", ("Upper Mill (north)",)),
])  # fmt: skip
PERIODS = of_periods(
    [("春", "春季（3–5 月）"), ("夏", "夏季（6–8 月）"), ("秋", "秋季（9–11 月）"), ("冬", "冬季（12–2 月）")]
)


@pytest.mark.parametrize(
    ("text", "key", "how"),
    [
        ("V1", "V1", "id"), ("v1", "V1", "name"), ("官庄村", "V1", "name"), ("官庄村 ", "V1", "name"),
        ("官庄村村委会", "V1", "name"), ("锦和镇官庄村", "V1", "name"), ("官庄", "V1", "part"),
        ("岩门镇新民村", "V3", "name"), ("upper mill", "00012", "name"), ("新民村", "", "many"), ("新民", "", "many"),
        ("庄村", "", "none"), ("管庄村", "", "none"), ("12", "", "none"), ("", "", "none"),
    ],
)  # fmt: skip
def test_a_village_by_what_it_is_called(text: str, key: str, how: str) -> None:
    """Id, name in any width and case, name with township, unique beginning; doubled names are never decided."""
    match = VILLAGES.find(text)
    assert (match.id, match.how) == (key, how)


@pytest.mark.parametrize(
    ("text", "guess"),
    [
        ("新民村", "新民村 (V2), 新民村 (V3); give the id"),
        ("管庄村", "did you mean 官庄村 (V1)?"),
        ("12", "did you mean Upper Mill (north) (00012)?"),
        ("西藏", ""),
    ],
)
def test_what_is_not_clear_is_asked(text: str, guess: str) -> None:
    """All candidates of a doubled name; the nearest of a slip; an id that lost its zeros."""
    assert VILLAGES.find(text).guess == guess


def test_the_question_in_chinese() -> None:
    """The words of a county office."""
    with speaking("zh"):
        assert Names([Named("V1", ("官庄村",))]).find("管庄村").guess == "是否指官庄村（V1）？"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("夏", "夏"), ("夏季", "夏"), ("夏天", "夏"), ("summer", "夏"),
        ("7月下旬至8月", "夏"), ("6–8月", "夏"), ("7月", "夏"),
        ("12-2月", "冬"), ("11-12月", ""), ("3-11月", ""), ("旺季", ""),
    ],
)  # fmt: skip
def test_a_period_by_its_months(text: str, key: str) -> None:
    """Months within one period mean it; months of two are asked about."""
    assert PERIODS.find(text).id == key


TYPES = {item.id: item for item in catalogue_table("depot_type")}
MODULES = ModulesReference(depot_type_names(TYPES), TYPES)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("cold_forced_air_200:2", "cold_forced_air_200:2"),
        ("1 × 低温 差压预冷 200 立方米", "cold_forced_air_200:1"),
        ("1 × 1℃库 差压预冷 200 立方米", "cold_forced_air_200:1"),
        ("2 × cold forced air 200 m³, 1 × cool room cooling 500 m³", "cold_forced_air_200:2;cool_room_500:1"),
        ("cold room 500 m³", "cold_room_500:1"),
        ("15℃差压预冷库500立方米2间", "mild_forced_air_500:2"),
        ("cold_room_200; cold_room_200:2", "cold_room_200:3"),
        ("真空预冷库500立方米1座", "cold_vacuum_500:1"),
    ],
)
def test_modules_in_words(text: str, read: str) -> None:
    """What reports print, in either language, is accepted back; size, method and temperature may tell the type."""
    assert MODULES.read(text).text == read
    assert not MODULES.read(text).code


def test_modules_that_several_types_fit_are_asked() -> None:
    """A cold store of 200 m³ without zone and method: the candidates are listed."""
    read = MODULES.read("冷库200立方米1座")
    assert read.code == "unknown-depot-type"
    assert "(cold_room_200)" in read.guess
    assert "(cool_room_200)" in read.guess
    assert not any(
        kind.id in read.guess for kind in TYPES.values() if isinstance(kind, DepotType) and kind.net_m3 != 200
    )


def test_an_option_that_names_nothing_says_so() -> None:
    """The option, what was given, and the candidates."""
    with pytest.raises(UsageError, match=r'--village "管庄村" is not a known village; did you mean 官庄村 \(V1\)\?'):
        asked_for("--village", "管庄村", VILLAGES, "village")
    with pytest.raises(UsageError, match=r"several villages are called so; 新民村 \(V2\), 新民村 \(V3\); give the id"):
        asked_for("--village", "新民村", VILLAGES, "village")


@pytest.fixture
def county(tmp_path: Path) -> Path:
    """Write an upland county of eight villages."""
    return small_county(tmp_path / "county")


def test_a_harvest_by_names_is_the_same_harvest(county: Path) -> None:
    """Villages, crops and periods by name give the plan's harvest to the kilogram."""
    before, _faults = load(county)
    villages = {one.id: one.name for one in before.villages}
    assert len(set(villages.values())) == len(villages)
    crops = {one.id: one.name_zh for one in before.commodities}
    change_all(county, "harvest", lambda row: row | {
        "village": villages[row["village"]], "commodity": crops[row["commodity"]],
    })  # fmt: skip
    after, faults = load(county)
    assert faults == ()
    assert (after.harvest_t == before.harvest_t).all()


def test_a_doubled_name_in_a_harvest_names_the_candidates(county: Path) -> None:
    """The name of two villages is never one of them."""
    change(county, "villages", 2, name="双河村")
    change(county, "villages", 3, name="双河村")
    change(county, "harvest", 2, village="双河村")
    (fault,) = faults_of(county)
    assert (fault.code, fault.value, fault.row) == ("ambiguous-village", "双河村", 2)
    assert fault.guess.count("双河村 (") == 2


def test_a_name_taken_by_its_part_is_said(county: Path) -> None:
    """The beginning of a name that only one village has is understood, with a warning."""
    change(county, "villages", 2, name="石板坪村")
    change(county, "harvest", 2, village="石板坪")
    (fault,) = faults_of(county)
    assert (fault.code, fault.warning, fault.value) == ("taken-for", True, "石板坪")
    assert "石板坪村 (" in fault.message


def test_the_one_workbook_of_a_folder_is_the_scenario(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``init --workbook`` and ``check`` of the same folder; of two workbooks one must be named."""
    assert run(["init", str(tmp_path / "county"), "--workbook"]) == 0
    assert run(["check", str(tmp_path / "county")]) == 0
    book = tmp_path / "county" / "county.xlsx"
    (tmp_path / "county" / "county.checked.xlsx").write_bytes(book.read_bytes())
    assert load(tmp_path / "county")[0].sha256 == load(book)[0].sha256
    (tmp_path / "county" / "other.xlsx").write_bytes(book.read_bytes())
    capsys.readouterr()
    assert run(["check", str(tmp_path / "county")]) == 3
    assert "name one of county.xlsx, other.xlsx" in capsys.readouterr().err
