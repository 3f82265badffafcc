"""The synthetic country: counties that load, differ, and stay the same whatever their number."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from coldchain.cli import run
from coldchain.errors import UsageError
from coldchain.scenario import load, toml_text, write_nation
from coldchain.scenario.nation import LANDSCAPES, county


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write twelve counties of about twenty villages."""
    folder = tmp_path_factory.mktemp("nation") / "country"
    write_nation(12, 4, folder, villages=20)
    return folder


def test_every_county_loads_without_a_fault(country: Path) -> None:
    """The list names each folder with its villages, tonnes and budget as they are read back."""
    listed = pd.read_csv(country / "counties.csv", encoding="utf-8-sig")
    assert len(listed) == 12
    for row in listed.itertuples():
        scenario, faults = load(country / str(row.scenario))
        assert faults == ()
        assert (scenario.name, len(scenario.villages), len(scenario.sites)) == (row.name, row.villages, row.sites)
        assert scenario.harvest_t.sum() == pytest.approx(row.production_t, abs=0.1)
        assert scenario.siting.budget_cny == row.budget_cny


def test_counties_differ(country: Path) -> None:
    """In size, climate, crops, hours, budget and rule; each lies within its landscape."""
    made = [load(path.parent)[0] for path in sorted(country.glob("*/scenario.toml"))]
    facts = {
        "villages": [len(s.villages) for s in made],
        "summer": [s.periods[1].temp_max_c for s in made],
        "crops": [frozenset(c.id for c in s.commodities) for s in made],
        "wait": [s.chain.today_wait_h for s in made],
        "onward": [s.hubs[0].onward_h for s in made],
        "centre": [(s.villages[0].lon, s.villages[0].lat) for s in made],
    }
    assert {name: len(set(values)) for name, values in facts.items() if len(set(values)) < 8} == {}
    assert len({s.subsidy.programme for s in made}) > 1
    listed = pd.read_csv(country / "counties.csv", encoding="utf-8-sig")
    lands = {land.name: land for land in LANDSCAPES}
    for scenario, name in zip(made, listed["landscape"], strict=True):
        assert lands[name].lat[0] - 0.5 <= scenario.villages[0].lat <= lands[name].lat[1] + 0.5


def test_a_county_does_not_depend_on_how_many_are_asked_for(country: Path, tmp_path: Path) -> None:
    """The first three of three are the first three of twelve, file for file; another seed gives others."""
    write_nation(3, 4, tmp_path / "three", villages=20)
    for path in sorted((tmp_path / "three").glob("county-*/**/*.*")):
        assert path.read_bytes() == (country / path.relative_to(tmp_path / "three")).read_bytes()
    assert toml_text(county(1, 4, 20)[1]) != toml_text(county(1, 5, 20)[1])


def test_sizes_are_around_what_is_asked_for() -> None:
    """Sixty counties of 50 villages on average hold 2,500 to 3,500, none under 10 or over 150."""
    sizes = [len(county(n, 9, 50)[1].tables["villages"]) for n in range(1, 61)]
    assert 2500 <= sum(sizes) <= 3500
    assert min(sizes) >= 10
    assert max(sizes) <= 150


def test_a_country_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command says what it wrote and what comes next; a folder in use and counties of a county are refused."""
    assert run(["init", str(tmp_path / "c"), "--template", "nation", "--counties", "2", "--villages", "15"]) == 0
    assert "counties.csv --out" in capsys.readouterr().err
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == ["counties.csv", "county-0001", "county-0002"]
    assert run(["init", str(tmp_path / "d"), "--counties", "2"]) == 2
    assert "goes with --template nation" in capsys.readouterr().err
    with pytest.raises(UsageError, match="is not empty"):
        write_nation(1, 1, tmp_path / "c")
