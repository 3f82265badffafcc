"""The three counties after the paper's cases: they load, hold what is published, and their plans verify."""

from __future__ import annotations

from pathlib import Path

import pytest

from coldchain.planning import plan_quickly
from coldchain.scenario import load, variants_of

SCENARIOS = Path(__file__).parents[2] / "scenarios"
PUBLISHED = {
    "anji-tea": {"tea_leaf": 1_860.0 * 4.5},  # made tea of 2017, times the leaf that a kilogram takes
    "baise-mango": {"mango": 280_000.0},  # Tianyang 2020
    "zunyi-chilli": {"chilli": 135_000.0 * 0.57, "chilli_for_drying": 135_000.0 * 0.43},  # Xinpu 2021, Yongle dries
}
BOXES = {  # west, south, east, north
    "anji-tea": (119.2, 30.35, 119.9, 30.9),
    "baise-mango": (106.4, 23.4, 107.2, 24.2),
    "zunyi-chilli": (106.9, 27.5, 107.5, 27.95),
}
WARNINGS = {"anji-tea": 0, "baise-mango": 1, "zunyi-chilli": 1}  # more is harvested on a day than sites could take


@pytest.mark.parametrize("name", PUBLISHED)
def test_harvest_is_the_published_one(name: str) -> None:
    """Tonnes of each crop add up to the published figure, to the kilogram."""
    county, _ = load(SCENARIOS / name)
    totals = dict(zip((crop.id for crop in county.commodities), county.harvest_t.sum(axis=(0, 2)), strict=True))
    assert totals == pytest.approx(PUBLISHED[name], abs=1e-3)


@pytest.mark.parametrize("name", PUBLISHED)
def test_warnings_are_those_the_notes_explain(name: str) -> None:
    """Nothing is warned of but a harvest above all modules on offer, and then a note says why."""
    county, faults = load(SCENARIOS / name)
    assert [fault.table for fault in faults] == ["harvest.csv"] * WARNINGS[name]
    explained = [one for one in county.assumptions if "coldchain check warns" in one.figure]
    assert len(explained) == WARNINGS[name]


@pytest.mark.parametrize("name", PUBLISHED)
def test_variants_load(name: str) -> None:
    """Every variant is read without an error, the one after the paper among them, with 40 % as rate and floor."""
    variants = variants_of(SCENARIOS / name)
    assert {"double", "none", "paper"} <= set(variants)
    read = {variant: load(SCENARIOS / name, variant)[0] for variant in variants}
    assert (read["paper"].subsidy.rate, read["paper"].subsidy.floor_share) == (0.4, 0.4)


@pytest.mark.parametrize("name", PUBLISHED)
def test_places_lie_in_their_county(name: str) -> None:
    """Every village, site and hub lies within the bounds of the county, and says that its point is approximate."""
    county, _ = load(SCENARIOS / name)
    west, south, east, north = BOXES[name]
    places = [*county.villages, *county.sites, *county.hubs]
    assert all(west < place.lon < east and south < place.lat < north for place in places)
    assert any(one.what == "places" and "approximate" in one.figure for one in county.assumptions)


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_assumption_names_its_source(name: str) -> None:
    """Whatever is not a note has a source, be it "assumption"."""
    county, _ = load(SCENARIOS / name)
    assert all(one.source for one in county.assumptions if one.what != "note")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "variant", "builds"),
    [
        ("anji-tea", "base", False),
        ("anji-tea", "covered", True),
        ("baise-mango", "base", False),
        ("zunyi-chilli", "base", False),
    ],
)
def test_plan_verifies(name: str, variant: str, builds: bool) -> None:
    """A quick plan passes its referee; where no coverage is demanded no depot earns its keep."""
    result = plan_quickly(load(SCENARIOS / name, variant)[0])
    assert result.report.problems == ()
    assert (result.summary["depots"]["built"] > 0) is builds
