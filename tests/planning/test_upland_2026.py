"""The county of 2026, kept with its catalogue: what the shipped catalogue becomes leaves its figures as they were."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from coldchain.errors import BadInputError
from coldchain.model import Scenario
from coldchain.planning.basis import prepare
from coldchain.runs import place_on_roads
from coldchain.scenario import load, upland, write_scenario

COUNTY = Path(__file__).parents[2] / "benchmarks" / "upland-2026"


@pytest.fixture(scope="module")
def county() -> Scenario:
    """Read the county."""
    made, faults = load(COUNTY)
    assert faults == ()
    return made


def test_loss_of_today_is_that_of_2026(county: Scenario) -> None:
    """Of 66,893 t a year 24.753 % are lost in today's chain when what stands is left out, and by crop as then."""
    placed, _odd = place_on_roads(county)
    lost = county.harvest_t * prepare(county, placed).today.loss
    assert lost.sum() / county.harvest_t.sum() == pytest.approx(0.2475335, abs=1e-7)
    by_crop = lost.sum((0, 2)) / county.harvest_t.sum((0, 2))
    stated = dict(zip([crop.id for crop in county.commodities], by_crop, strict=True))
    assert stated["pak_choi"] == pytest.approx(0.3029, abs=5e-5)
    assert stated["yangmei"] == pytest.approx(0.7068, abs=5e-5)
    assert stated["kiwifruit"] == pytest.approx(0.0125, abs=5e-5)


def test_nothing_is_taken_from_the_shipped_catalogue(county: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the shipped catalogue out of reach the county reads as before."""
    monkeypatch.setattr(import_module("coldchain.scenario.load"), "catalogue_table", lambda _kind: ())
    again, faults = load(COUNTY)
    assert faults == ()
    assert (again.commodities, again.depot_types, again.vehicles) == (
        county.commodities, county.depot_types, county.vehicles,
    )  # fmt: skip


def test_own_catalogue_must_be_whole(tmp_path: Path) -> None:
    """A county that takes nothing from the shipped catalogue and lists no vehicles of its own is told so by name."""
    write_scenario(upland(5, 3), tmp_path)
    (tmp_path / "vehicles.csv").unlink()
    file = tmp_path / "scenario.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("datum =", 'catalogue = "own"\ndatum ='), encoding="utf-8")
    with pytest.raises(BadInputError, match=r"light_truck.*is not a known vehicle"):
        load(tmp_path)
    file.write_text(text.replace("datum =", 'catalogue = "none"\ndatum ='), encoding="utf-8")
    with pytest.raises(BadInputError, match=r"catalogue.*must be one of shipped, own"):
        load(tmp_path)
