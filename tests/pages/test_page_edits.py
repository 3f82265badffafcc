"""The planning page: rule, vehicles, sites moved and added, states saved; there and back ends where it began."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from page_cases import PATIENCE_S, click, opened, planned
from perishable import write_perishable

from coldchain.cli import run
from coldchain.errors import BadInputError, UsageError
from coldchain.language import speaking
from coldchain.model import Subsidy
from coldchain.network import proximity_network
from coldchain.network.nearest import NearestRoad
from coldchain.pages import PlanningDesk
from coldchain.pages.asked import FORBIDDEN, FORCED, STATED, AskedSites
from coldchain.pages.desk import free_name, named_folder
from coldchain.pages.planning import PlanningPage
from coldchain.pages.sitemap import ADD, LOOK
from coldchain.pages.words import state_label
from coldchain.runs.saved import saved_options
from coldchain.scenario import load, write_memory
from coldchain.scenario.edits import Edits, Owned, Spot, Vehicles
from coldchain.scenario.rules import Rule


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> PlanningDesk:
    """Open a county of twelve villages and several sites; its first plan is made once."""
    folder = tmp_path_factory.mktemp("edits") / "county"
    write_perishable(12, 3, folder)
    return PlanningDesk.open(folder)


def test_rule_and_vehicles_are_edits_only_where_they_differ(desk: PlanningDesk) -> None:
    owned = tuple(kind.model_copy(update={"own_cny_year": 9e3}) for kind in desk.scenario.vehicles)
    page = opened(replace(desk, scenario=replace(desk.scenario, vehicles=owned)))
    controls, stated = page.controls, page.desk.scenario
    controls.rate.value, controls.cap.value, controls.programme.value = 25.0, 80_000.0, "loan_interest"
    assert page.edits.rule == Rule(0.25, 80_000.0, "", "loan_interest")
    asked = page.edits.on(stated).subsidy
    assert (asked.rate, asked.cap_per_owner_cny, asked.kind) == (0.25, 80_000.0, "loan_interest")
    controls.rate.value, controls.cap.value = None, stated.subsidy.cap_per_owner_cny
    controls.programme.value = ""
    assert page.edits == Edits()
    controls.vehicles.patch({"own": [(0, "0")], "line_haul": [(0, "yes")]})
    first = stated.vehicles[0]
    assert page.edits.vehicles.owned == (Owned(first.id, 0),)
    assert page.edits.on(stated).vehicles[0].own_most == 0
    assert first.id in page.edits.vehicles.line_haul
    controls.vehicles.patch({"own": [(0, "many")], "line_haul": [(0, "no")]})
    assert page.edits == Edits()


def test_no_vehicle_on_offer_is_said(desk: PlanningDesk) -> None:
    page = opened(desk)
    kinds = len(desk.scenario.vehicles)
    page.controls.vehicles.patch({"collection": [(slice(0, kinds), ["no"] * kinds)]})
    click(page, page.go)
    assert "First mile: no vehicle type is on offer" in page.status.text
    assert page.job is None


def test_a_site_is_moved_on_the_map_in_the_table_and_by_the_fields(desk: PlanningDesk) -> None:
    """Dragged, typed into a cell, put by a button: each is the same edit, and back is none."""
    page, site = opened(desk), desk.scenario.sites[0]
    lon, lat = round(site.lon + 0.01, 6), round(site.lat, 6)
    spot = Spot(site.id, lon, lat)
    page.map.sites.patch({"lon": [(0, lon)]})
    assert page.edits.moved == (spot,)
    page.map.sites.patch({"lon": [(0, round(site.lon, 6))]})
    assert page.edits == Edits()
    page.tools.select(site.id)
    page.tools.lon.value = lon
    click(page, page.tools.put)
    assert page.edits.moved == (spot,)
    page.map.sites.patch({"lat": [(0, 123.0)]})
    assert page.map.sites.data["lat"][0] == lat
    xy = page.map.window.metres(np.array([(lon + 0.01, lat + 0.01)]))[0]
    assert page.map.lonlat(*xy) == pytest.approx((lon + 0.01, lat + 0.01), abs=1e-9)
    page.map.sites.patch({"lon": [(0, lon + 0.01)], "lat": [(0, lat + 0.01)]})  # as a drag does
    (dragged,) = page.edits.moved
    assert (dragged.lon, dragged.lat) == pytest.approx((lon + 0.01, lat + 0.01), abs=2e-6)
    assert page.map.sites.data["x"][0] == pytest.approx(xy[0], abs=0.2)


def test_a_site_is_added_on_the_map_and_by_the_fields_and_removed(desk: PlanningDesk) -> None:
    page = opened(desk)
    page._tapped(SimpleNamespace(x=0.0, y=0.0))
    assert page.edits == Edits()
    assert page.map.mode.active == LOOK
    page.map.mode.active = ADD
    page._tapped(SimpleNamespace(x=0.0, y=0.0))
    page.tools.name.value, page.tools.lon.value, page.tools.lat.value = "<b>Ford</b>", 109.5, 28.25
    click(page, page.tools.add)
    one, two = page.edits.added
    assert (one.id, two) == ("N1", Spot("N2", 109.5, 28.25, "<b>Ford</b>"))
    assert page.tools.chosen == ["N2"]
    assert list(page.map.sites.data["key"])[-2:] == ["N1", "N2"]
    new = page.edits.on(desk.scenario)
    assert new.sites[-1].county in {village.county for village in new.villages}
    assert "county of the nearest village" in new.notes[-1]
    click(page, page.tools.remove)
    page.tools.select("N1")
    click(page, page.tools.remove)
    assert page.edits == Edits()
    page.tools.select(desk.scenario.sites[0].id)
    click(page, page.tools.remove)
    assert "forbid this one instead" in page.status.text


def test_places_that_are_none_are_refused(desk: PlanningDesk) -> None:
    page = opened(desk)
    page.tools.lon.value = None
    click(page, page.tools.add)
    assert "give longitude and latitude" in page.status.text
    with pytest.raises(UsageError, match="latitude between -90 and 90"):
        page.asked.add("", 109.0, 91.0)


def test_a_place_far_from_the_roads_is_said(desk: PlanningDesk) -> None:
    """A road along the equator: 0.01 degrees north of it is 1,112 m off."""
    road = NearestRoad(proximity_network(np.array([109.0, 109.1]), np.array([0.0, 0.0]), 30.0, 1.4))
    asked = AskedSites(desk.scenario, road)
    site = asked.add("Ford", 109.05, 0.01)
    assert asked.off_road() == ["Ford (N1): 1,112 m from the nearest road"]
    asked.put(site, 109.05, 0.001)
    assert asked.off_road() == []
    asked.put(site, 109.05, 0.1)
    assert "beyond 5,000 m no plan is made" in asked.off_road()[0]


def test_a_bad_place_is_refused_when_planning_and_frees_the_page(desk: PlanningDesk) -> None:
    """As a file with that place would be: far outside China and from every village."""
    page = opened(desk)
    page.move(desk.scenario.sites[0].id, -60.0, -40.0)
    click(page, page.go)
    assert page.job is not None
    page.job.wait(PATIENCE_S)
    page.poll()
    assert page.job is None
    assert "alarm" in page.status.text
    assert not page.go.disabled


def same_plan(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Hold two summaries together: all but names, seconds, and the work that a second search is spared."""
    apart = {"scenario", "seconds", "work"}
    assert {key: value for key, value in one.items() if key not in apart} == {
        key: value for key, value in json.loads(json.dumps(other)).items() if key not in apart
    }


@pytest.mark.slow
def test_a_saved_state_is_planned_to_the_same(
    desk: PlanningDesk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sites, rule and vehicles edited: the folder saved says how it was planned, and never writes over another."""
    page = opened(desk)
    page.home = tmp_path
    first = planned(page)
    click(page, page.keep)
    sites = desk.scenario.sites
    page.move(sites[0].id, sites[0].lon + 0.004, sites[0].lat)
    page.asked.add("Ford", sites[1].lon + 0.002, sites[1].lat + 0.002)
    page.choose("N1", FORCED)
    page.choose(sites[-1].id, FORBIDDEN)
    page.controls.rate.value = 30.0
    page.controls.vehicles.patch({"collection": [(0, "yes")]})
    shown = planned(page)
    assert shown.edits != first.edits
    click(page, page.keep)
    folders = sorted(path.name for path in tmp_path.iterdir())
    assert len(folders) == 2
    assert not any("partial" in name for name in folders)
    for name, state in zip(folders, (first, shown), strict=True):
        capsys.readouterr()
        assert run(["plan", str(tmp_path / name), "--out", str(tmp_path / "runs" / name), "--json", "--quiet"]) == 0
        same_plan(json.loads(capsys.readouterr().out), state.summary)
    page.name.value = folders[0]
    click(page, page.keep)
    assert "exists already" in page.saved.text


def test_a_rate_survives_the_programme_it_was_laid_over(desk: PlanningDesk, tmp_path: Path) -> None:
    """A file merges the rates of a named programme back in; an edited rate stands on its own."""
    scenario = replace(desk.scenario, subsidy=Subsidy(programme="hunan_2021", rate=0.3, rate_by_class={"poor": 0.4}))
    edited = Edits(rule=Rule(rate=0.2)).on(scenario)
    write_memory(edited, tmp_path / "saved")
    again = load(tmp_path / "saved")[0].subsidy
    assert (again.rate, again.rate_by_class, again.programme) == (0.2, {}, "")


@pytest.mark.parametrize("line", ['effort = "hasty"', "seed = -1", "budget = 5", "after = 3"])
def test_a_plan_option_that_is_none_is_named(line: str, tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(line, encoding="utf-8")
    with pytest.raises(BadInputError, match="must be seed, a number from 0"):
        saved_options(tmp_path)


@pytest.mark.parametrize("name", ["", ".hidden", "../up", "a/b", "a\\b", "c:", "x" * 81])
def test_names_lead_nowhere_else(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a name of at most 80 characters"):
        named_folder(name, tmp_path)


def test_a_free_name_has_a_number(tmp_path: Path) -> None:
    (tmp_path / "county").mkdir()
    assert (free_name("county", tmp_path), free_name("other", tmp_path)) == ("county-2", "other")


def random_edit(page: PlanningPage, rng: random.Random) -> None:
    """Edit something of the page as a planner would."""
    site = rng.choice(list(page.asked.choices))
    kind = rng.randrange(7)
    if kind == 0:
        page.choose(site, rng.choice([FORBIDDEN, FORCED, STATED]))
    elif kind == 1:
        rows = {row.id: row for row in page.asked.rows()}
        page.move(site, rows[site].lon + rng.uniform(-0.01, 0.01), rows[site].lat + rng.uniform(-0.01, 0.01))
    elif kind == 2:
        near = rng.choice(page.desk.scenario.villages)
        page.asked.add("", near.lon + rng.uniform(-0.01, 0.01), near.lat)
    elif kind == 3:
        page.controls.budget.value = float(rng.randrange(50_000, 400_000))
    elif kind == 4:
        page.controls.rate.value = float(rng.randrange(10, 60))
    elif kind == 5:
        page.controls.cap.value = float(rng.randrange(50_000, 500_000))
    else:
        page.controls.vehicles.patch({"line_haul": [(rng.randrange(4, 7), rng.choice(["yes", "no"]))]})


def undone(page: PlanningPage) -> None:
    """Take every edit back by hand, one by one."""
    for site in list(page.asked.added):
        page.asked.remove(site)
    for site in page.desk.scenario.sites:
        page.choose(site.id, STATED)
        page.move(site.id, site.lon, site.lat)
    page.controls.take(None, Rule(), Vehicles())


@pytest.mark.parametrize("seed", range(8))
def test_thirty_edits_and_returns_ask_for_what_was_asked_at_first(desk: PlanningDesk, seed: int) -> None:
    page, rng = opened(desk), random.Random(seed)
    before = deepcopy(dict(page.map.sites.data))
    for _n in range(30):
        random_edit(page, rng)
    page._show_sites()
    undone(page)
    page._show_sites()
    assert page.edits == Edits()
    assert dict(page.map.sites.data) == before
    assert page.status.text == ""


@pytest.mark.parametrize("seed", range(3))
def test_thirty_edits_saved_and_taken_back_are_the_county_again(desk: PlanningDesk, seed: int, tmp_path: Path) -> None:
    """What the command line would read: with the edits all of them, without them the county as it was."""
    page, rng = opened(desk), random.Random(seed)
    for _n in range(30):
        random_edit(page, rng)
    asked = page.edits
    desk.save(asked, tmp_path / "edited")
    undone(page)
    desk.save(page.edits, tmp_path / "back")
    for name, edits in (("edited", asked), ("back", Edits())):
        found, faults = load(tmp_path / name)
        wanted = edits.on(desk.scenario)
        for part in ("villages", "sites", "hubs", "commodities", "vehicles", "depot_types", "siting", "subsidy"):
            assert getattr(found, part) == getattr(wanted, part)
        assert np.array_equal(found.harvest_t, wanted.harvest_t)
        assert not set(map(str, faults)) - set(map(str, desk.faults))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_thirty_edits_planned_and_returned_end_where_they_began(desk: PlanningDesk, seed: int, tmp_path: Path) -> None:
    """On the page, in another tab, and on the command line from what was saved."""
    page, rng = opened(desk), random.Random(seed)
    page.home = tmp_path
    first = planned(page)
    for n in range(1, 31):
        random_edit(page, rng)
        if n % 10 == 0:
            click(page, page.go)
            if page.job is not None:
                page.job.wait(PATIENCE_S)
                page.poll()
    undone(page)
    assert planned(page) is first
    same_plan(first.summary, planned(opened(desk)).summary)
    click(page, page.keep)
    (folder,) = tmp_path.iterdir()
    assert run(["plan", str(folder), "--out", str(tmp_path / "run"), "--quiet"]) == 0
    same_plan(json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8")), first.summary)


def test_a_state_is_called_by_what_was_asked_for() -> None:
    summary = {"investment": {"budget_cny": 1e6}, "annual_cny": {"total": 2e6}}
    edits = Edits(None, ("T001",), (), Rule(0.3, 1e5, "hunan_2021"), Vehicles(("a",)), (Spot("T002", 1, 2),),
                  (Spot("N1", 1, 2),))  # fmt: skip
    label = state_label(2, edits, summary)
    for part in (
        "2. budget",
        "rate 30",
        "cap",
        "programme hunan_2021",
        "1 forbidden",
        "1 moved",
        "1 added",
        "other veh",
    ):
        assert part in label
    with speaking("zh"):
        assert "禁建1处" in state_label(2, edits, summary)
