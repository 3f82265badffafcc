"""What people mistype is doubted with a guess, in one line for each kind; what is sound raises no alarm."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from tiny_cases import TABLES, tiny_county

from coldchain.cli import run
from coldchain.errors import Fault, grouped
from coldchain.language import speaking
from coldchain.scenario import inspect, load

NAMES = [f"V{n}" for n in range(1, 9)]
BUDGET = "[siting]\nbudget_cny = 300000\n"
HEAD = "village,commodity,period,tonnes\n"


def county(folder: Path, tonnes: Sequence[float], settings: str = BUDGET) -> Path:
    """Write a county of as many villages as there are harvests of tomatoes; those of nought stand in no row."""
    names = NAMES[: len(tonnes)]
    villages = "id,name,county,lon,lat\n" + "".join(f"{v},{v}村,A,{109 + n / 100},28.0\n" for n, v in enumerate(names))
    harvest = HEAD + "".join(f"{v},tomato,p,{t}\n" for v, t in zip(names, tonnes, strict=True) if t)
    return tiny_county(folder, settings, villages=villages, harvest=harvest)


def doubts(folder: Path) -> list[Fault]:
    """Return the warnings; there must be no error."""
    return list(load(folder)[1])


SOUND = [60.0, 80.0, 90.0, 120.0, 150.0, 200.0]


def test_a_sound_county_raises_no_alarm(tmp_path: Path) -> None:
    """Villages between 60 and 200 t and a budget for some depots are what people plan with."""
    assert doubts(county(tmp_path / "c", SOUND)) == []


@pytest.mark.parametrize(
    ("tonnes", "codes", "guess"),
    [
        pytest.param([*SOUND, 120_000.0], ["harvest-outlier", "harvest-above-capacity"], "斤", id="jin"),
        pytest.param([*SOUND, 9e4, 7e4], ["harvest-outlier"] * 2 + ["harvest-above-capacity"], "斤", id="two in jin"),
        pytest.param([t * 2000 for t in SOUND], ["harvest-scale", "harvest-above-capacity"], "斤", id="all in jin"),
        pytest.param([t / 1e4 for t in SOUND], ["harvest-scale"], "万吨 taken for tonnes", id="all in 万吨"),
        pytest.param([*SOUND, 0, 0], ["village-without-harvest"] * 2, "", id="none"),
    ],
)
def test_harvests(tmp_path: Path, tonnes: list[float], codes: list[str], guess: str) -> None:
    """One village twenty times the median, a whole column in another unit, villages without harvest."""
    found = doubts(county(tmp_path / "c", tonnes))
    assert [fault.code for fault in found if fault.code != codes[0]] == [code for code in codes if code != codes[0]]
    assert guess in next(fault.guess for fault in found if fault.code == codes[0])
    assert len(grouped(found)) == len(set(codes))


def test_villages_without_harvest_are_named_in_one_line(tmp_path: Path) -> None:
    """The line names table, column, rows and villages."""
    (group,) = grouped(doubts(county(tmp_path / "c", [*SOUND, 0, 0])))
    assert str(group) == (
        'villages.csv, name: 2 rows (8, 9; "V7村", "V8村"): has no harvest: it is left out of the plan'
    )


@pytest.mark.parametrize(
    ("budget", "doubted", "guess"),
    [(3e6, False, ""), (1e7, False, ""), (3e9, True, "yuan taken for 万元?"), (9e11, True, "")],
)
def test_a_budget_beyond_anything_payable(tmp_path: Path, budget: float, doubted: bool, guess: str) -> None:
    """One site of four modules can be awarded 4 x 40 % of 899,600 CNY: 1.4 M CNY at most."""
    found = doubts(county(tmp_path / "c", SOUND, f"[siting]\nbudget_cny = {budget:.0f}\n"))
    assert [(f.code, f.column, f.guess) for f in found] == [
        ("budget-above-awards", "siting.budget_cny", guess)
    ] * doubted


@pytest.mark.parametrize(
    ("row", "guess"),
    [
        ("V1,tomato,p,,2,40", None),
        ("V1,tomato,p,80,2,", None),
        ("V1,tomato,p,,2,3000", "kg/mu taken for t/ha?"),
        ("V1,tomato,p,,2,0.6", "t/ha taken for kg/mu?"),
        ("V1,tomato,p,200000,2,", "斤 (jin) taken for tonnes?"),
        ("V1,tomato,p,80,30000,", ""),
    ],
)
def test_yields_outside_the_range_of_the_crop(tmp_path: Path, row: str, guess: str | None) -> None:
    """Tomatoes yield 22 to 375 t/ha a year (1,500 to 25,000 kg/mu); a season may bring a part of it."""
    harvest = "village,commodity,period,tonnes,area_ha,yield_t_ha\n" + row + "\n"
    found = [fault for fault in doubts(tiny_county(tmp_path / "c", harvest=harvest)) if fault.code == "yield-range"]
    assert [fault.guess for fault in found] == ([] if guess is None else [guess])
    assert all("1,500 to 25,000 kg/mu" in fault.message for fault in found)


UNUSUAL = [
    ("[economics]\npower_cny_kwh = 5.5\n", "economics.power_cny_kwh", "fen taken for yuan?"),
    ("[chain]\ntoday_wait_h = 90\n", "chain.today_wait_h", "minutes taken for hours?"),
    ("[subsidy]\ncap_per_owner_cny = 100\n", "subsidy.cap_per_owner_cny", "万元 taken for yuan?"),
    ("[depot_type.cold_room_200]\ncapex_cny = 15.77\n", "depot_type.cold_room_200.capex_cny", "万元 taken for yuan?"),
    ("[vehicle.light_truck]\npayload_kg = 1.5\n", "vehicle.light_truck.payload_kg", "tonnes taken for kg?"),
    ("[vehicle.light_truck]\ncost_cny_h = 6000\n", "vehicle.light_truck.cost_cny_h", "the wage of a month?"),
    ("[commodity.tomato]\nprice_cny_kg = 2600\n", "commodity.tomato.price_cny_kg", "a price of a tonne?"),
    ("[routing]\nstop_h = 6\n", "routing.stop_h", "minutes taken for hours?"),
]


@pytest.mark.parametrize(("settings", "column", "guess"), UNUSUAL)
def test_figures_outside_the_range_of_their_kind(tmp_path: Path, settings: str, column: str, guess: str) -> None:
    """Wages, prices, payloads, hours and power that were typed in another unit name the setting and the slip."""
    found = [f for f in inspect(tiny_county(tmp_path / "c", settings))[1] if f.code == "unusual"]
    assert [(fault.column, fault.guess, fault.warning) for fault in found] == [(column, guess, True)]


def test_what_is_free_is_not_doubted(tmp_path: Path) -> None:
    """Nought says that something costs nothing."""
    assert (
        doubts(tiny_county(tmp_path / "c", "[siting]\nbudget_cny = 3e5\n[depot_type.cold_room_200]\ncapex_cny = 0\n"))
        == []
    )


@pytest.mark.parametrize(
    ("datum", "lon", "lat", "code", "warning"),
    [
        pytest.param("gcj02", 39.47, 75.99, "swapped", False, id="Kashgar"),
        pytest.param("bd09", 39.47, 75.99, "swapped", False, id="Kashgar bd09"),
        pytest.param("wgs84", 39.47, 75.99, "swapped", True, id="Kashgar wgs84"),
        pytest.param("gcj02", 0.0, 0.0, "outside-china", False, id="nowhere"),
        pytest.param("wgs84", 0.0, 0.0, "null-island", True, id="nowhere wgs84"),
        pytest.param("cgcs2000", 10.0, 50.0, "outside-china", False, id="Frankfurt"),
    ],
)
def test_places_out_of_the_country(
    tmp_path: Path, datum: str, lon: float, lat: float, code: str, warning: bool
) -> None:
    """All places of a county lie wrong alike, so that their median tells nothing."""
    rows = {stem: f"id,county,lon,lat\n{stem[0]},A,{lon},{lat}\n" for stem in ("villages", "sites", "hubs")}
    folder = tiny_county(tmp_path / "c", **rows, harvest=HEAD + "v,tomato,p,300\n")
    path = folder / "scenario.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("wgs84", datum), encoding="utf-8")
    (group, *others) = [g for g in grouped(inspect(folder)[1]) if g.first.file == "villages.csv"]
    assert (group.first.code, group.first.warning, others) == (code, warning, [])


def test_codes_cut_by_a_spreadsheet(tmp_path: Path) -> None:
    """Twelve digits saved as a power of ten are no code."""
    tables = {stem: TABLES[stem].replace("V1", "4.33101E+11") for stem in ("villages", "harvest")}
    (fault,) = doubts(tiny_county(tmp_path / "c", **tables))
    assert (fault.code, fault.row, fault.value) == ("cut-code", 2, "4.33101E+11")


def test_check_plan_and_its_dry_run_say_it_alike(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same line comes from ``check`` and ``plan --dry-run``; ``check --json`` gives the group with its guess."""
    folder = str(county(tmp_path / "c", [*SOUND, 120_000.0]))
    lines = []
    for command in (["check", folder], ["plan", folder, "--dry-run"]):
        assert run(command) == 0
        lines.append([line for line in capsys.readouterr().err.splitlines() if "median village" in line])
    assert lines[0] == lines[1] != []
    assert run(["check", folder, "--json"]) == 0
    group = json.loads(capsys.readouterr().out)["faults"][0]
    assert {key: group[key] for key in ("code", "count", "where", "guess", "warning")} == {
        "code": "harvest-outlier", "count": 1, "where": "harvest.csv, tonnes, row 8",
        "guess": "斤 (jin) taken for tonnes?", "warning": True,
    }  # fmt: skip


def test_the_budget_of_the_option_is_doubted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """300 for 300 万元 is refused with what to write; far too much is doubted."""
    folder = str(county(tmp_path / "c", SOUND))
    assert run(["plan", folder, "--dry-run", "--budget", "3e10"]) == 0
    assert "yuan taken for 万元?" in capsys.readouterr().err
    assert run(["plan", folder, "--dry-run", "--budget", "300"]) == 2
    assert "write 3000000" in capsys.readouterr().err


def test_guesses_in_chinese(tmp_path: Path) -> None:
    """A county office reads its own words."""
    with speaking("zh"):
        found = doubts(county(tmp_path / "c", [*SOUND, 120_000.0]))
    assert found[0].text.endswith("是否把“斤”填作了“吨”？")


@pytest.mark.parametrize(
    ("book", "codes"),
    [
        ("mayang", set()),
        ("jin_as_tonnes", {"harvest-outlier"}),
        ("all_jin", {"harvest-scale", "harvest-above-capacity"}),
        ("budget_yuan", {"budget-above-awards"}),
        ("noharvest", {"village-without-harvest"}),
    ],
)
def test_a_real_list_and_its_slips(shared: Path, book: str, codes: set[str]) -> None:
    """The list of 62 villages raises no alarm; each slip raises its own."""
    assert {fault.code for fault in load(shared / "faults" / "workbook" / f"{book}.xlsx")[1]} == codes
