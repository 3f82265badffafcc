"""What a plan brings net of its costs, and when it is earned back: by hand, and on counties of one village."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from planned import decided
from tiny_cases import site_rows, tiny_county

from coldchain.planning import Plan
from coldchain.planning.net import Net
from coldchain.reports.figures import before_and_after, net_facts
from coldchain.scenario import load

STRAWBERRIES = "village,commodity,period,tonnes\nV1,strawberry,p,300\n"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Plan one village that is worth a depot."""
    return decided(load(tiny_county(tmp_path_factory.mktemp("net") / "one", harvest=STRAWBERRIES))[0])


def test_the_net_benefit_is_the_difference_of_both_bills(tiny: Plan) -> None:
    """Both totals hold the value lost; the benefit is what the plan's year is cheaper by, and verify agrees."""
    net, bill, loss = (tiny.summary[name] for name in ("net", "annual_cny", "loss"))
    scenario = tiny.scenario
    trader = scenario.economics.today_haul_cny_t_km * float(tiny.basis.today_km[0]) * 300.0
    handled = 300.0 * (60.0 + 15.0 + 3 * 12.0)  # baskets, sorting, hands three times
    assert net["today_cny"] == pytest.approx(loss["baseline_cny"] + trader + handled)
    assert bill["handling"] == pytest.approx(300.0 * (30.0 + 20.0 + 30.0 + 2 * 12.0))
    assert net["plan_cny"] == pytest.approx(bill["total"])
    assert net["benefit_cny"] == pytest.approx(net["today_cny"] - net["plan_cny"])
    assert net["payback_years"] == pytest.approx(
        tiny.summary["investment"]["total_cny"] / (net["benefit_cny"] + bill["capital"])
    )
    depots = bill["operation"] + bill["energy"] + bill["capital"]
    assert net["depot_cny_t"] == pytest.approx(depots / 300.0)
    assert dict(net_facts(tiny.summary))["Depots, a tonne cooled"].startswith("CNY ")
    assert tiny.report.problems == ()


def test_what_stands_costs_its_upkeep_with_and_without_the_plan(tmp_path: Path) -> None:
    """A standing depot that nothing is added to: both years are the same one, and nothing is earned back."""
    sites = site_rows("S1,A,109.01,28.0,existing,cold_room_200:1,,,0")
    made = decided(load(tiny_county(tmp_path / "stands", sites=sites))[0])
    net = made.summary["net"]
    assert made.report.problems == ()
    assert net["today_cny"] == pytest.approx(net["plan_cny"])
    assert net["payback_years"] is None
    assert made.summary["annual_cny"]["operation"] == pytest.approx(25_200.0)


@pytest.mark.parametrize(
    ("net", "years"),
    [(Net(100.0, 60.0, 10.0, 200.0), 4.0), (Net(100.0, 105.0, 10.0, 200.0), 40.0), (Net(100.0, 60.0, 10.0, 0.0), None),
     (Net(100.0, 120.0, 10.0, 200.0), None)],
    ids=["gain", "gain-before-capital-only", "nothing-built", "loss"],
)  # fmt: skip
def test_payback_is_the_investment_over_the_benefit_before_capital(net: Net, years: float | None) -> None:
    """By hand: 200 invested and 40 + 10 a year come back in 4 years; a plan that only loses is never earned back."""
    assert net.payback_years == (None if years is None else pytest.approx(years))


def _summary(**net: float | None) -> dict[str, Any]:
    loss = dict.fromkeys(("baseline_rate", "plan_rate", "baseline_t", "plan_t", "baseline_cny", "plan_cny"), 0.0)
    return {
        "loss": {**loss, "baseline_rate": 0.25, "baseline_t": 250.0}, "investment": {"total_cny": 1e6},
        "coverage": {"baseline": 0.0, "plan": 0.5}, **({"net": net} if net else {}),
    }  # fmt: skip


def test_people_read_totals_cost_per_tonne_and_payback() -> None:
    """250 t lost are a quarter of 1,000 t: 5 M a year are 5,000 a tonne. Runs of earlier versions show dashes."""
    told = _summary(today_cny=5e6, plan_cny=3e6, benefit_cny=2e6, payback_years=2.5)
    assert before_and_after(told)[-2:] == [
        ("Cost a year, losses included", "CNY 5.00 M", "CNY 3.00 M"),
        ("The same per tonne harvested", "CNY 5,000", "CNY 3,000"),
    ]
    assert dict(net_facts(told)) == {
        "Net benefit a year": "CNY 2.00 M, CNY 2,000 a tonne",
        "Payback": "2.5 years, from the benefit before capital",
    }
    assert {text for _label, text in net_facts(_summary())} == {"–"}
    never = _summary(today_cny=5e6, plan_cny=6e6, benefit_cny=-1e6, payback_years=None)
    assert dict(net_facts(never))["Payback"] == "never"
