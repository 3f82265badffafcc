"""Loans whose interest is subsidised: the award by hand, its place in the owner's years, the list, and the referee."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from perishable import as_of_2026
from scenario_cases import faults_of, replace_in_toml, small_county

from coldchain.language import speaking
from coldchain.model import Scenario, Subsidy
from coldchain.papers.notice import standard
from coldchain.planning import Near, Options, Plan, lay_ground, plan_on
from coldchain.scenario import load
from coldchain.verify import verify_tables

LOAN = {"kind": "loan_interest", "rate": 0.02, "loan_share": 0.5, "loan_years": 3, "cap_per_owner_cny": None,
        "unit_price_cny_m3": None}  # fmt: skip


def changed(scenario: Scenario, **sections: dict[str, Any]) -> Scenario:
    """Return the scenario with some settings replaced."""
    updates = {name: getattr(scenario, name).model_copy(update=values) for name, values in sections.items()}
    return replace(scenario, **updates)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Plan a county of twelve villages; its builders are paid two points of the interest on half of the cost."""
    folder = small_county(tmp_path_factory.mktemp("loans") / "county", 9, 5)
    scenario = changed(load(folder)[0], subsidy=LOAN, siting={"budget_cny": 2e6}, economics={"fee_cny_t": 80.0})
    scenario = as_of_2026(scenario)
    return plan_on(lay_ground(scenario, Options.quickly()), Options.quickly(tries=5), Near(further=False, doubt=False))


def test_the_award_is_points_times_loan_times_years(made: Plan) -> None:
    """Two points of half of the cost for three years are 3 % of it; the list says how."""
    notice = made.tables["subsidies"]
    assert made.report.problems == ()
    assert len(notice)
    assert notice["award_cny"].to_numpy() == pytest.approx(0.03 * notice["investment_cny"].to_numpy())
    assert notice["reckoning"].str.contains(r"CNY × 50% lent × 2\.00% × 3 years", regex=True).all()


def test_the_owner_s_years_hold_the_loan(made: Plan) -> None:
    """Half is lent at first and returned in year three; interest is paid each year, and a third of the award."""
    owner = str(made.tables["subsidies"]["owner"].iloc[0])
    flow = made.tables["cash_flow"].query("owner == @owner").set_index("year")
    capex, award = float(flow["investment_cny"][0]), float(made.tables["subsidies"]["award_cny"].iloc[0])
    rate = made.scenario.economics.interest_rate
    assert flow["loan_cny"].to_dict() == {year: {0: capex / 2, 3: -capex / 2}.get(year, 0.0) for year in flow.index}
    assert flow["interest_cny"].tolist()[:5] == pytest.approx([0, *[rate * capex / 2] * 3, 0])
    assert flow["award_cny"].tolist()[:5] == pytest.approx([0, *[award / 3] * 3, 0])
    assert flow["net_cny"][0] == pytest.approx(-capex / 2)
    year = made.tables["operators"].set_index("owner").loc[owner]
    worth = sum(award / 3 / (1 + rate) ** k for k in (1, 2, 3))
    life = max(kind.life_years for kind in made.scenario.depot_types)
    assert year["award_cny_year"] * (1 - (1 + rate) ** -life) / rate == pytest.approx(worth)


@pytest.mark.parametrize(
    ("table", "column", "told"),
    [
        ("cash_flow", "loan_cny", "cash_flow"),
        ("cash_flow", "interest_cny", "cash_flow"),
        ("operators", "award_cny_year", "operators"),
        ("subsidies", "award_cny", "subsidies"),
    ],
)
def test_the_referee_finds_what_is_changed(made: Plan, table: str, column: str, told: str) -> None:
    """A thousand more in any of the columns of the loan is a problem of its table."""
    tables = {name: frame.copy() for name, frame in made.tables.items()}
    tables[table].loc[0, column] += 1000.0
    problems = verify_tables(made.scenario, made.basis.placed.network.given, tables, made.summary).problems
    assert any(text.startswith(told) for text in problems)


def test_the_referee_applies_the_rule_itself(made: Plan) -> None:
    """Held against a grant of 3 % the awards agree and the loan does not; against a point more, the awards do not."""
    given = made.basis.placed.network.given

    def wrong(**rule: Any) -> list[str]:
        report = verify_tables(changed(made.scenario, subsidy=rule), given, made.tables, made.summary)
        return [text.split(":")[0].split()[0] for text in report.problems]

    assert "cash_flow" in wrong(kind="grant", rate=0.03)
    assert "depots" in wrong(rate=0.03)


def test_the_rule_in_words() -> None:
    """Papers say points, loan and years."""
    rule = Subsidy(**{**LOAN, "cap_per_owner_cny": 200_000})
    assert standard(rule, ()) == (
        "2% a year of a loan of at most 50% of the cost, for 3 years, at most CNY 200,000 for each builder"
    )
    with speaking("zh"):
        assert standard(rule, ()).startswith("按贷款额（不超过造价的50%）每年贴息2%，贴息3年")


def test_more_than_the_interest_is_refused(tmp_path: Path) -> None:
    """Forty per cent a year, the rate of a grant left in place, is named with the interest."""
    folder = small_county(tmp_path / "county")
    replace_in_toml(folder, "[subsidy]\n", '[subsidy]\nkind = "loan_interest"\n')
    found = {(fault.code, fault.column) for fault in faults_of(folder) if not fault.warning}
    assert ("above-interest", "subsidy.rate") in found
