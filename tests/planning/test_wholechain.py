"""Loss by stage: field and shops as published, the market as planned; 8 % reached, reachable or neither, in words."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from planned import decided
from tiny_cases import tiny_county

from coldchain.api import Result
from coldchain.language import LANGUAGES, speaking
from coldchain.model.goods import Group
from coldchain.model.wholechain import FIELD_LOSS, RETAIL_LOSS, Published
from coldchain.planning import Plan
from coldchain.reports.figures import before_and_after
from coldchain.reports.wholechain import stage_note, stage_rows
from coldchain.scenario import load
from coldchain.verify import verify_tables

EVIDENCE = Path(__file__).parents[2] / "docs" / "evidence.md"
MIXED = "village,commodity,period,tonnes\nV1,strawberry,p,300\nV1,chinese_cabbage,p,100\n"
POOR, RICH = "[siting]\nbudget_cny = 0\n", "[siting]\nbudget_cny = 5000000\n"


@pytest.fixture(scope="module", params=[POOR, RICH], ids=["poor", "rich"])
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Plan one village with fruit and vegetables that are cooled on arrival, with and without money."""
    folder = tiny_county(tmp_path_factory.mktemp("stages") / "one", request.param, harvest=MIXED)
    scenario = load(folder)[0]
    kinds = tuple(kind.model_copy(update={"cooling_kw": None}) for kind in scenario.depot_types)
    siting = scenario.siting.model_copy(update={"objective": ("loss_t",)})
    return decided(replace(scenario, depot_types=kinds, siting=siting))


@pytest.mark.parametrize("stage", [FIELD_LOSS, RETAIL_LOSS], ids=["field", "retail"])
@pytest.mark.parametrize("group", get_args(Group))
def test_every_group_of_goods_has_a_sourced_rate_in_its_band(stage: dict[str, Published], group: str) -> None:
    one = stage[group]
    assert 0.0 <= one.low <= one.rate <= one.high < 0.2
    row = f"| {group} | {100 * one.rate:g} % ({100 * one.low:g}-{100 * one.high:g}) | {one.source} |"
    assert row in EVIDENCE.read_text(encoding="utf-8")


def test_the_whole_chain_is_its_stages_one_after_another(tiny: Plan) -> None:
    """Three quarters fruit and a quarter vegetables, by hand."""
    found, loss = tiny.summary["stages"], tiny.summary["loss"]
    field, retail = 0.75 * 0.045 + 0.25 * 0.057, 0.75 * 0.08 + 0.25 * 0.037
    assert (found["field"]["rate"], found["retail"]["rate"]) == pytest.approx((field, retail))
    for name, market in (("today", loss["baseline_rate"]), ("plan", loss["plan_rate"])):
        right = 1.0 - (1.0 - field) * (1.0 - market) * (1.0 - retail)
        assert found[f"whole_{name}"]["rate"] == pytest.approx(right)
        assert found[f"whole_{name}"]["low"] < right < found[f"whole_{name}"]["high"]
    assert tiny.report.problems == ()


def test_the_least_needs_no_money_and_is_what_the_best_plan_reaches(tiny: Plan) -> None:
    """One village: rich, the plan comes within a fiftieth of the least (a second trip waits); poor, it is far below."""
    least, loss = tiny.summary["stages"]["least_market"], tiny.summary["loss"]
    if tiny.scenario.siting.budget_cny:
        assert least <= loss["plan_rate"] < 1.02 * least
    else:
        assert least < 0.8 * loss["plan_rate"] == pytest.approx(0.8 * loss["baseline_rate"])


@pytest.mark.parametrize(
    "path", [("field", "rate"), ("retail", "high"), ("whole_plan", "low"), ("whole_least", "rate")]
)
def test_verify_names_a_stage_that_is_off(tiny: Plan, path: tuple[str, str]) -> None:
    summary = copy.deepcopy(tiny.summary)
    summary["stages"][path[0]][path[1]] += 0.01
    report = verify_tables(tiny.scenario, tiny.basis.placed.network.given, tiny.tables, summary)
    assert any(f"stages.{path[0]}.{path[1]} is stated as" in problem for problem in report.problems)


def summed(market: float, least: float, outside: float) -> dict[str, Any]:
    """Return a summary that loses as much until the market, and ``outside`` in field and shops each."""
    share = {"low": outside / 2, "rate": outside, "high": outside * 1.5}
    chains = {
        f"whole_{name}": {end: 1.0 - (1.0 - rate) * (1.0 - out) ** 2 for end, out in share.items()}
        for name, rate in (("today", 0.2), ("plan", market), ("least", least))
    }
    loss = {"baseline_rate": 0.2, "plan_rate": market}
    return {"loss": loss, "stages": {"field": share, "retail": share, "least_market": least, **chains}}


@pytest.mark.parametrize(
    ("market", "least", "outside", "words"),
    [
        (0.05, 0.03, 0.01, ("8% is reached: 5.0%", "reached, too: 6.9%")),
        (0.075, 0.03, 0.01, ("8% is reached: 7.5%", "not reached: 9.3%; with each load on its best way 4.9%")),
        (0.05, 0.03, 0.05, ("8% is reached", "depots alone cannot: 12.5% at the least", "lose 3.2% together; 9.8% is")),
        (0.12, 0.06, 0.05, ("8% is not reached: 12.0%. A larger budget", "down to 6.0%", "depots alone cannot")),
        (0.12, 0.10, 0.0, ("no budget for depots reaches it: at least 10.0%", "depots alone cannot: 10.0%")),
    ],
)
def test_what_would_reach_eight_per_cent(market: float, least: float, outside: float, words: tuple[str, ...]) -> None:
    """Reached, reachable by money, or not by depots at all; in Chinese too."""
    summary = summed(market, least, outside)
    note = stage_note(summary)
    assert all(text in note for text in words)
    assert ("together" in note) == (market < 0.08 and "cannot" in note)
    with speaking("zh"):
        assert not any(word in stage_note(summary) for word in ("reached", "market", "shop"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_report_and_api_show_the_stages(tiny: Plan, language: str) -> None:
    """Four rows with three columns; the overview has today's and the plan's whole chain."""
    with speaking(language):
        frame = Result(tiny).stages()
        assert frame.shape == (4, 3)
        assert [frame.index[n] for n in range(4)] == [row[0] for row in stage_rows(tiny.summary)]
        whole = tiny.summary["stages"]["whole_today"]["rate"]
        assert f"{100 * whole:.1f}%" in [today for _label, today, _plan in before_and_after(tiny.summary)]


def test_a_run_of_an_earlier_version_has_no_stages(tiny: Plan) -> None:
    older = {key: value for key, value in tiny.summary.items() if key != "stages"}
    assert stage_rows(older) == []
    assert stage_note(older) == ""
    assert len(before_and_after(older)) == len(before_and_after(tiny.summary)) - 1
