"""The planner from Python, as README shows it."""

from __future__ import annotations

import inspect
import json
import re
import shutil
from pathlib import Path

import pytest

import coldchain as cc
from coldchain.api import Result
from coldchain.api.replays import stored
from coldchain.cli import run
from coldchain.errors import BadInputError, UsageError
from coldchain.planning import Plan

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def result(small_plan: Plan) -> Result:
    """Return a small county that is worth depots, planned."""
    return Result(small_plan)


@pytest.fixture(scope="module")
def saved(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of its run, which nobody changes."""
    return result.save(tmp_path_factory.mktemp("api") / "run")


def test_plan_is_a_plain_function(result: Result) -> None:
    """``cc.plan`` says what it takes, whichever rooms are loaded already."""
    import coldchain.planning
    import coldchain.reports

    assert coldchain.planning.Options is not None
    assert isinstance(result, cc.Result)
    assert [*inspect.signature(cc.plan).parameters][:1] == ["scenario"]
    assert [*inspect.signature(cc.report).parameters][:1] == ["planned"]
    assert result.summary["loss"]["plan_rate"] == result.loss_rate
    assert 0 <= result.gap < 1


def test_results_are_layers_on_the_map(result: Result) -> None:
    """Depots, villages and routes are GeoDataFrames in WGS-84 with the columns of the tables."""
    assert len(result.villages) == 12
    assert set(result.tables["depots"].columns) < set(result.depots.columns)
    assert len(result.routes) == len(result.tables["routes"])
    assert {layer.crs.to_epsg() for layer in result.layers.values()} == {4326}


def test_a_smaller_budget_is_obeyed(tmp_path: Path) -> None:
    """With a budget of nothing nothing is awarded."""
    found = cc.plan(cc.example(tmp_path / "county", villages=4, seed=3), budget_cny=0.0, effort="quick")
    assert found.summary["investment"]["subsidy_cny"] == 0


def test_picture_map_and_folder(result: Result, saved: Path, tmp_path: Path) -> None:
    """The picture has the map and figures, the map is one file, and the folder is that of a run."""
    pytest.importorskip("matplotlib")
    result.plot().savefig(tmp_path / "plan.png")
    assert (tmp_path / "plan.png").stat().st_size > 20_000
    assert result.explore(tmp_path / "map.html").stat().st_size > 500_000
    assert (saved / "summary.json").is_file()


@pytest.mark.slow
def test_a_sweep_from_python(tmp_path: Path) -> None:
    """One row for each budget asked for."""
    county = cc.example(tmp_path / "county", villages=4, seed=3)
    found = cc.sweep(county, [0.0, 1e6], tmp_path / "sweep", effort="quick")
    assert {0.0, 1e6} <= set(found.table()["budget_cny"])


@pytest.mark.slow
def test_a_sweep_is_drawn_and_asked(tmp_path: Path) -> None:
    """The least budget is that of the table's cheapest plan within the target, and the chart has four panels."""
    pytest.importorskip("matplotlib")
    county = cc.example(tmp_path / "county", villages=6, seed=3)
    found = cc.sweep(county, [0.0, 4e5], tmp_path / "sweep", effort="quick", loss=0.12)
    reached = found.table().query("loss_rate <= 0.12")
    assert found.least_cny() == (None if reached.empty else reached["subsidy_cny"].min())
    assert len(found.plot().axes) == 4
    assert len(found.plot_marginal().axes) == 1


def test_why(result: Result) -> None:
    """A village, the unserved and the next best choices of sites are explained in sentences with a table."""
    village = result.tables["villages"]["village"].iloc[0]
    why = cc.explain(result, village=village)
    assert str(why).startswith(village)
    assert set(why.table["depot"]) <= {site.id for site in result.plan.scenario.sites}
    left = cc.explain(result, unserved=True)
    assert len(left.table) == result.tables["villages"].query("cooled_t < harvest_t * (1 - 1e-6)").shape[0]
    others = cc.explain(result, alternatives=2, effort="quick")
    assert 1 <= len(others.table) <= 2
    with pytest.raises(UsageError, match="ask for one of depot, village, unserved, alternatives"):
        cc.explain(result)


@pytest.mark.slow
def test_whom_to_visit(result: Result) -> None:
    """At most so many villages, in the order in which to go, as the command names them."""
    found = cc.explain_visits(result, 2)
    assert len(found.table) == len(found.facts["villages"]) <= 2
    assert "before building is worth" in str(found) or "no visit is worth anything" in str(found)


@pytest.mark.slow
def test_a_depot_closed(result: Result) -> None:
    """Closing a depot moves the villages it had; what is proved is the last sentence."""
    depot = result.tables["depots"]["depot"].iloc[0]
    found = cc.explain(result, depot=depot, effort="quick")
    assert found.facts["action"] == "closed"
    assert len(found.table) >= 1
    assert "proved" in found.lines[-1]


def test_what_differs(result: Result, saved: Path) -> None:
    """A plan against itself, as a result and as its folder, differs in nothing."""
    found = cc.compare(result, saved)
    assert (found.figures["difference"].fillna(0) == 0).all()
    assert len(found.depots) == len(found.villages) == 0


def test_a_saved_plan_knows_its_scenario(saved: Path) -> None:
    """The folder written from Python can be verified by the command line."""
    assert run(["verify", str(saved)]) == 0


def test_a_replay_is_that_of_its_folder(result: Result, saved: Path, tmp_path: Path) -> None:
    """A result and the folder it was saved to are lived through alike; the command line takes and writes the same."""
    folder = shutil.copytree(saved, tmp_path / "run")
    found, again = (cc.replay(one, years=3, days=1, seed=2) for one in (result, folder))
    assert found.facts == again.facts
    assert run(["replay", str(folder), "--years", "3", "--days", "1", "--seed", "2", "--quiet"]) == 0
    assert json.loads((folder / "replay.json").read_text(encoding="utf-8")) == found.facts
    table = found.table()
    assert (table["p5"] <= table["p50"]).all()
    assert (table["p50"] <= table["p95"]).all()
    assert len(found.years()) == 3
    assert set(found.depots()["depot"]) == set(result.tables["depots"]["depot"])
    assert found.stresses().loc["warmer", "today_rate"] > found.stresses().loc["undisturbed", "today_rate"]
    assert str(found).startswith("3 years of random weather")


def test_without_chance_the_plan_comes_out(result: Result) -> None:
    """The plan's own loss, the mean of its days; spreads of nought make all years the usual day, which loses less."""
    still = cc.replay(result, years=2, days=1, chances=cc.Chances(0, 0, 0, 0, 0, 0, 0))
    assert still.stresses().loc["undisturbed", "rate"] == pytest.approx(result.loss_rate, rel=1e-9)
    least, most = still.table().loc["rate", ["p5", "p95"]].to_numpy()
    assert least == most < result.loss_rate


def test_a_report_from_python(result: Result, saved: Path, tmp_path: Path) -> None:
    """Workbook, page and the replay they tell of, which stands for the run's folder too; a folder must be named."""
    written = cc.report(result, tmp_path / "report", years=3)
    assert [path.name for path in written] == ["report.xlsx", "report.html"]
    page = written[1].read_text(encoding="utf-8")
    assert f"{result.loss_rate * 100:.1f}%" in page
    assert "3 years of random weather" in page
    assert stored(saved, tmp_path / "report") is not None
    with pytest.raises(UsageError, match="a result has no folder of its own"):
        cc.report(result)


def test_the_usual_years_are_those_of_the_command_line() -> None:
    """Python and the command line replay as many years and days unless told otherwise."""
    from coldchain.api import replays, reports
    from coldchain.cli import replaying, reporting

    assert (replays.YEARS, replays.DAYS) == (replaying.YEARS, replaying.DAYS)
    assert reports.YEARS == reporting.YEARS


@pytest.mark.slow
def test_a_sweep_in_a_report(result: Result, tmp_path: Path) -> None:
    """The report tells what each budget buys, from a sweep in Python as from its folder."""
    found = cc.sweep(result.plan.scenario, [0.0, 4e5], tmp_path / "sweep", effort="quick")
    page = cc.report(result, tmp_path / "report", years=0, sweep=found)[1].read_text(encoding="utf-8")
    assert "What each budget buys" in page


@pytest.mark.slow
def test_a_quick_plan_is_the_batch_plan(tmp_path: Path) -> None:
    """A quick plan made twice is the same, whatever the clock says."""
    county = cc.example(tmp_path / "county", villages=4, seed=3)
    first, second = (cc.plan(county, effort="quick").summary["objective"] for _time in range(2))
    assert first == second


def test_bills_of_two_members(tmp_path: Path) -> None:
    """Bills add up to the cost of all together to the fen, and nobody pays more than alone; kept groups come again."""
    county = cc.example(tmp_path / "county", villages=6, seed=3)
    names = sorted({village.cooperative for village in county.villages})
    found = cc.share(county, tmp_path / "share", effort="quick")
    table = found.table()
    assert list(table["member"]) == names
    assert round(table["bill_cny"].sum(), 2) == round(float(found.settlement.game.values[-1]), 2)
    assert found.holds == bool((table["saving_cny"] >= -0.01).all()) or len(names) > 2
    assert set(found.rules().columns) == {*names, "holds"}
    assert len(found.plot().axes) == 1
    assert (found.save(tmp_path / "share") / "settlement.html").is_file()


@pytest.mark.slow
def test_what_moves_the_answer(result: Result) -> None:
    """Both ends of each band: more harvest is more lost today, warmth too; prices of building move no tonnes."""
    found = cc.sensitivity(result)
    today = found.found.ends("loss_today_t").set_index("figure")
    assert (today["at_low"] < today["at_high"])[["harvests", "temperature of the air"]].all()
    unmoved = today.loc[["price of electricity", "cost of vehicles", "cost of building"], ["at_low", "at_high"]]
    assert unmoved.to_numpy() == pytest.approx(result.summary["loss"]["baseline_t"], abs=1e-9)
    assert len(found.plot("saving_t").axes) == 1


def test_from_openstreetmap(tmp_path: Path) -> None:
    """The invented valley becomes a scenario with its roads: all places produce, towns are hubs."""
    file = cc.example_osm(tmp_path / "valley.osm", villages=5)
    county = cc.import_osm(file, tmp_path / "valley")
    assert sorted(village.name for village in county.villages) == [f"Village {n}" for n in range(1, 6)]
    assert {hub.name for hub in county.hubs} == {"Lower Town", "Upper Town"}
    assert county.roads.file == "roads.gpkg"
    assert [fault for fault in cc.check(tmp_path / "valley") if not fault.warning] == []
    with pytest.raises(UsageError, match="exists already"):
        cc.example_osm(file)


def test_from_a_list(tmp_path: Path) -> None:
    """A list of places becomes a scenario on a proximity network."""
    rows = "id,name,level,lon,lat\n1,A,village,109.7,28.3\n2,B,town,109.71,28.31\n3,C,county,109.72,28.32\n"
    (tmp_path / "places.csv").write_text(rows, encoding="utf-8")
    county = cc.import_points(tmp_path / "places.csv", tmp_path / "county", "wgs84")
    assert (len(county.villages), county.roads.file) == (1, "")


def test_speaking_chinese(result: Result) -> None:
    """Headings of the figures are in the language spoken; another language is refused."""
    cc.speak("zh")
    assert result.before_and_after().index[0] == "损耗率"
    with pytest.raises(ValueError, match="language must be one of en, zh"):
        cc.speak("fr")


def test_faults_are_raised_and_listed(tmp_path: Path) -> None:
    """A folder without a scenario is refused with its name, and checked without being raised."""
    with pytest.raises(BadInputError, match="no such scenario folder"):
        cc.load(tmp_path / "none")
    assert [fault.code for fault in cc.check(tmp_path / "none")] == ["missing-file"]
    with pytest.raises(AttributeError, match="has no attribute fly"):
        cc.fly  # type: ignore[attr-defined] # noqa: B018


def test_the_example_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python block of the README, on the smallest county."""
    block = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    assert 'cc.load("scenarios/upland")' in block[1]
    small = block[1].replace('cc.load("scenarios/upland")', 'cc.example("county", villages=2, seed=3)')
    monkeypatch.chdir(tmp_path)
    exec(compile(small, "README.md", "exec"), {})  # noqa: S102 - it is ours
    assert {path.name for path in tmp_path.iterdir()} >= {"county", "depots.gpkg", "map.html"}
