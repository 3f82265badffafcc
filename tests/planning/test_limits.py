"""Limits of a whole plan: coverage, counties, hubs, hours, own money, whole demands, ranked aims, programme years."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perishable import as_of_2026
from planned import decided
from scenario_cases import append, faults_of, set_in_toml, small_county

from coldchain.errors import InfeasibleError, LimitError
from coldchain.model import Limit, Scenario
from coldchain.planning import Ground, Near, Options, Plan, lay_ground, plan_on
from coldchain.planning.limits import shortfalls
from coldchain.planning.milestones import Milestone, county_targets
from coldchain.planning.rollout import order
from coldchain.planning.search import site
from coldchain.planning.summary import delivery as summarise_delivery
from coldchain.scenario import load
from coldchain.verify import Report, verify_tables

ALONE = Near(further=False, doubt=False)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """Twelve villages, two million to spend: roads and lanes once for all tests."""
    folder = small_county(tmp_path_factory.mktemp("limits") / "county", 12, 5)
    return lay_ground(as_of_2026(changed(load(folder)[0], siting={"budget_cny": 2e6})), Options.quickly())


def changed(scenario: Scenario, **sections: dict[str, Any]) -> Scenario:
    """Return the scenario with some settings replaced."""
    updates = {name: getattr(scenario, name).model_copy(update=values) for name, values in sections.items()}
    return replace(scenario, **updates)


def planned(ground: Ground, **sections: dict[str, Any]) -> Plan:
    """Plan with some settings of siting, subsidy and economics changed; the plan must verify."""
    options = Options.quickly(tries=5)
    made = plan_on(ground.under(changed(ground.scenario, **sections)), options, ALONE)
    assert made.report.problems == ()
    return made


def verified(made: Plan, **sections: dict[str, Any]) -> Report:
    """Verify the tables of a plan under other settings."""
    placed = made.basis.placed
    scenario = changed(made.scenario, **sections)
    return verify_tables(scenario, placed.network.given, made.tables, made.summary)


@pytest.fixture(scope="module")
def free(ground: Ground) -> Plan:
    """Plan without any limit."""
    return planned(ground)


def total(made: Plan) -> float:
    """Bill of a year."""
    return float(made.summary["annual_cny"]["total"])


def test_less_coverage_than_is_asked_for_is_named(free: Plan) -> None:
    """The free plan covers less than 95 %."""
    assert free.summary["coverage"]["plan"] < 0.95
    assert any("coverage in all" in problem for problem in verified(free, siting={"coverage": 0.95}).problems)


@pytest.mark.slow
def test_least_coverage_is_kept_after_routing_and_costs(ground: Ground, free: Plan) -> None:
    """Asked for 95 % the routed plan has them, for more money."""
    made = planned(ground, siting={"coverage": 0.95})
    assert made.summary["coverage"]["plan"] >= 0.95 - 1e-6
    assert total(made) >= total(free) * 0.99
    assert made.summary["objective"]["bound"] >= free.summary["objective"]["bound"] * 0.99


def test_a_target_beyond_reach_is_proved_so(ground: Ground) -> None:
    """Half of what stands within three minutes of a site cannot be three quarters of the harvest."""
    sites = tuple(site.model_copy(update={"max_modules": 0}) for site in ground.scenario.sites)
    none = replace(ground, basis=replace(ground.basis, scenario=replace(ground.scenario, sites=sites)))
    with pytest.raises(InfeasibleError, match=r"pre-cooled in time: short by [\d,.e+]+ t a year"):
        planned(none, siting={"coverage": 0.6})


@pytest.mark.slow
def test_every_county_gets_its_share(ground: Ground, free: Plan) -> None:
    """Each county by itself has 90 % of its harvest cooled in time; verify names one that has not."""
    made = planned(ground, siting={"county_coverage": 0.9})
    assert made.summary["coverage"]["plan"] >= 0.9 - 1e-6
    problems = verified(free, siting={"coverage_by_county": {"district A": 0.999}}).problems
    assert any("coverage in district A" in problem for problem in problems)


def test_a_class_of_counties_has_a_target_of_its_own(ground: Ground, free: Plan) -> None:
    """Its own target goes before that of its class, that of the class before the general one; verify reads the same."""
    county = ground.scenario.villages[0].county
    classes = {"class_of_county": {county: "poor"}, "rate_by_class": {"poor": ground.scenario.subsidy.rate}}
    rule = ground.scenario.subsidy.model_copy(update=classes)

    def targets(**siting: object) -> dict[str, float]:
        aims = ground.scenario.siting.model_copy(update=siting)
        return county_targets(replace(ground.scenario, siting=aims, subsidy=rule))

    assert targets(county_coverage=0.3, coverage_by_class={"poor": 0.6})[county] == 0.6
    assert targets(county_coverage=0.3, coverage_by_class={"rich": 0.6})[county] == 0.3
    assert targets(coverage_by_class={"poor": 0.6}, coverage_by_county={county: 0.2})[county] == 0.2
    others = {village.county for village in ground.scenario.villages} - {county}
    assert targets(coverage_by_class={"poor": 0.0}, county_coverage=0.3) == dict.fromkeys(others, 0.3)
    problems = verified(free, siting={"coverage_by_class": {"poor": 0.999}}, subsidy=classes).problems
    assert any(f"coverage in {county}" in problem for problem in problems)


@pytest.mark.slow
def test_the_target_of_a_class_is_kept(ground: Ground) -> None:
    """The plan cools as much in the county of that class as its target says."""
    county = ground.scenario.villages[0].county
    classes = {"class_of_county": {county: "poor"}, "rate_by_class": {"poor": ground.scenario.subsidy.rate}}
    made = planned(ground, siting={"coverage_by_class": {"poor": 0.9}}, subsidy=classes)
    lots = made.tables["lots"]
    inside = lots["village"].isin([village.id for village in ground.scenario.villages if village.county == county])
    cooled = lots["tonnes"].where(lots["depot"] != "", 0.0)
    assert cooled[inside].sum() >= 0.9 * lots["tonnes"][inside].sum() - 1e-6


def test_hubs_have_room_for_so_much(ground: Ground, free: Plan) -> None:
    """With room for eight tonnes a peak day less is cooled; the free plan would overfill the hub."""
    hubs = tuple(hub.model_copy(update={"limit_t_day": 8.0}) for hub in ground.scenario.hubs)
    small = replace(ground, basis=replace(ground.basis, scenario=replace(ground.scenario, hubs=hubs)))
    made = planned(small)
    assert 0 < made.summary["coverage"]["plan"] < free.summary["coverage"]["plan"]
    placed = free.basis.placed
    report = verify_tables(made.scenario, placed.network.given, free.tables, free.summary)
    assert any("it has room for 8" in problem for problem in report.problems)


@pytest.mark.slow
def test_owners_build_only_what_returns(ground: Ground, free: Plan) -> None:
    """At a fee of 50 CNY/t the free plan loses its owner money; with returns asked, only what pays is built."""
    economics = {"fee_cny_t": 50.0, "must_return": True}
    assert any("does not return" in problem for problem in verified(free, economics=economics).problems)
    made = planned(ground, economics=economics)
    assert (made.tables["operators"]["net_cny"] >= -1.0).all()
    assert total(made) > total(free)
    generous = planned(ground, economics=economics | {"fee_cny_t": 400.0})
    assert total(generous) == pytest.approx(total(free), rel=0.02)
    assert planned(ground, economics=economics | {"fee_cny_t": 1.0}).summary["depots"]["built"] == 0


def test_the_fee_needed_is_the_fee_that_returns(free: Plan) -> None:
    """At the stated fee an owner breaks even; the subsidy needed without any fee pays for all it spends."""
    row = free.tables["operators"].iloc[0]
    spent = row["energy_cny"] + row["running_cny"] + row["capital_cny"]
    assert row["fee_needed_cny_t"] * row["cooled_t"] + row["award_cny_year"] == pytest.approx(spent)
    assert row["fee_without_award_cny_t"] > row["fee_needed_cny_t"] > 0
    assert "would return its money at a fee of" in row["verdict"]


def test_low_value_crops_are_not_cooled(ground: Ground) -> None:
    """With produce worth a fen a kilogram nothing is built and nothing is cooled, by arithmetic alone."""
    cheap = tuple(crop.model_copy(update={"price_cny_kg": 0.01}) for crop in ground.scenario.commodities)
    made = decided(replace(ground.scenario, commodities=cheap))
    assert made.summary["depots"]["built"] == 0
    assert made.summary["coverage"]["plan"] == 0.0
    assert made.report.ok


@pytest.mark.slow
def test_whole_demands(ground: Ground) -> None:
    """Under single sourcing every share is one, also where capacity is scarce."""
    scarce = {"budget_cny": 8e4}
    split = planned(ground, siting=scarce)
    assert (split.tables["assignment"]["share"] < 0.999).any()
    assert any("is split" in problem for problem in verified(split, siting={"single_source": True}).problems)
    made = planned(ground, siting=scarce | {"single_source": True})
    assert made.tables["assignment"]["share"].to_numpy() == pytest.approx(1.0, abs=1e-9)


@pytest.mark.slow
def test_three_aims_by_rank_with_tolerances_of_their_own(ground: Ground) -> None:
    """Least loss in tonnes within 5 %, then least value within 2 %, then cost: each earlier aim is kept."""
    least = planned(ground, siting={"objective": ("loss_t",), "tolerance": 0.0})
    aims = {"objective": ("loss_t", "loss_cny", "total_cost_cny"), "tolerances": (0.05, 0.02)}
    made = planned(ground, siting=aims)
    assert made.summary["loss"]["plan_t"] <= least.summary["loss"]["plan_t"] * 1.10
    assert total(made) <= total(least) * 1.001
    assert made.summary["objective"]["name"] == "loss_t"


@pytest.mark.slow
def test_awards_are_shared_between_counties(ground: Ground) -> None:
    """At least a third of the awards must go to the county of the last site: the plan verifies and does so."""
    sites = tuple(
        site.model_copy(update={"county": "district B" if n == len(ground.scenario.sites) - 1 else "district A"})
        for n, site in enumerate(ground.scenario.sites)
    )
    two = replace(ground, basis=replace(ground.basis, scenario=replace(ground.scenario, sites=sites)))
    made = planned(two, siting={"award_share_by_county": {"district B": 0.34}})
    notice = made.tables["subsidies"].groupby("county")["award_cny"].sum()
    assert notice.get("district B", 0.0) >= 0.34 * notice.sum() - 1.0
    assert notice.sum() > 0


YEARS = {
    "years": (2025, 2026, 2027),
    "pot_by_year_cny": {"2025": 6e4, "2026": 6e4, "2027": 1e5},
    "paid_after_years": 1.0,
}


def test_programme_years_fill_their_pots_in_turn(ground: Ground) -> None:
    """Awards never pass what the pots hold by then; losses fall year by year; payment comes a year after building."""
    made = planned(ground, siting={"budget_cny": 2.2e5}, subsidy=YEARS, economics={"fee_cny_t": 80.0})
    owners, years = made.tables["rollout"], made.tables["programme_years"]
    assert len(owners)
    assert (years["left_cny"] >= -0.02).all()
    assert years["awarded_cny"].sum() == pytest.approx(made.summary["investment"]["subsidy_cny"])
    assert (years["loss_t"].diff().dropna() <= 1e-6).all()
    assert years["loss_t"].iloc[0] == pytest.approx(made.summary["loss"]["baseline_t"])
    flow = made.tables["cash_flow"]
    first = flow[flow["owner"] == owners["owner"].iloc[0]]
    paid = first.loc[first["award_cny"] > 0, "year"].item()
    assert paid == first.loc[first["investment_cny"] > 0, "year"].item() + 1
    early = {"pot_by_year_cny": {"2025": 0.0, "2026": 0.0, "2027": 1e4}}
    assert any("are awarded by" in problem for problem in verified(made, subsidy=early).problems)
    tables = {name: frame.copy() for name, frame in made.tables.items()}
    tables["rollout"] = tables["rollout"].iloc[1:]
    placed = made.basis.placed
    report = verify_tables(made.scenario, placed.network.given, tables, made.summary)
    assert any("rollout: the row of" in problem and "is missing" in problem for problem in report.problems)


@pytest.mark.slow
def test_coverage_by_a_year_goes_before_what_saves_most(ground: Ground) -> None:
    """A tenth of the harvest is in time in 2027 at the latest; what is asked before anybody built cannot be had."""
    asked = {"budget_cny": 2.2e5, "coverage": 0.3, "coverage_by_year": {"2027": 0.34, "2028": 1.0}}
    made = planned(ground, siting=asked, subsidy=YEARS)
    covered = made.tables["programme_years"].set_index("year")["coverage"]
    assert covered[2025] == pytest.approx(made.summary["coverage"]["baseline"])
    assert covered[2027] >= 0.34 * 0.3 - 1e-9
    assert covered.is_monotonic_increasing
    early = {"coverage": 0.3, "coverage_by_year": {"2025": 1.0}}
    assert any("coverage in all in 2025" in text for text in verified(made, siting=early, subsidy=YEARS).problems)
    with pytest.raises(LimitError, match=r"missed: pre-cooled in time in 2025 by"):
        planned(ground, siting=asked | early, subsidy=YEARS)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_the_order_that_misses_least_of_what_is_asked(seed: int) -> None:
    """Of all orders of three owners over three years none misses less, or misses as little and saves more."""
    rng = np.random.default_rng(seed)
    award, saved, cooled = (rng.uniform(10, 100, 3).round() for _rest in range(3))
    pots = rng.uniform(0, 150, 3).round()
    pots[-1] += max(award.sum() - pots.sum(), 0.0)
    asked = [
        Milestone(Limit("coverage_year", "", str(early)), early, float(round(rng.uniform(0, 200))), 5.0, cooled)
        for early in (1, 2)
    ]

    def worth(choice: tuple[int, ...]) -> tuple[float, float]:
        built = np.array(choice, dtype=np.intp)
        if (np.cumsum(np.bincount(built, award, minlength=3)) > np.cumsum(pots) + 0.01).any():
            return -np.inf, -np.inf
        missed = sum(max(one.short_t(built), 0.0) for one in asked)
        return -missed, float(saved @ (3 - built))

    best = max(worth(choice) for choice in itertools.product(range(3), repeat=3))
    assert worth(tuple(order(award, saved, pots, asked))) == pytest.approx(best, abs=1e-4)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_building_is_the_best_of_all(seed: int) -> None:
    """Every order of up to four owners over up to three years, tried one by one, saves no more."""
    rng = np.random.default_rng(seed)
    owners, years = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    award, saved = rng.uniform(10, 100, owners).round(), rng.uniform(-20, 100, owners).round()
    pots = rng.uniform(0, 150, years).round()
    pots[-1] += max(award.sum() - pots.sum(), 0.0)

    def worth(choice: tuple[int, ...]) -> float:
        spent = np.cumsum(np.bincount(choice, award, minlength=years))
        if (spent > np.cumsum(pots) + 0.01).any():
            return -np.inf
        return float(np.maximum(saved, 0) @ (years - np.array(choice)))

    best = max(worth(choice) for choice in itertools.product(range(years), repeat=owners))
    assert worth(tuple(order(award, saved, pots))) == pytest.approx(best)


BAD: list[tuple[str, str, str, str, str]] = [
    ("must_return", "true", "no-fee", "economics.must_return", "says not what they charge"),
    ("tolerances", "[0.1, 0.2]", "too-many", "siting.tolerances", "2 figures for 1 aims"),
    ("tolerances", "[5]", "out-of-range", "siting.tolerances", "if 5 % was meant, write 0.05"),
    ("objective", '["loss_t", "loss_t"]', "aim-twice", "siting.objective", "stands twice"),
    ("coverage", "60", "out-of-range", "siting.coverage", "if 60 % was meant, write 0.6"),
    ("coverage_by_county", '{"district Z" = 0.5}', "unknown-county", "siting.coverage_by_county", "any village"),
    ("coverage_by_class", "{poor = 0.5}", "unknown-class", "siting.coverage_by_class", "the class of any county"),
    ("award_share_by_county", '{"district A" = 40}', "out-of-range", "siting.award_share_by_county.district A", "0.4"),
]


@pytest.mark.parametrize(("key", "value", "code", "column", "message"), BAD)
def test_contradictory_limits_are_refused(
    tmp_path: Path, key: str, value: str, code: str, column: str, message: str
) -> None:
    """Each is named by its key with what would be right."""
    folder = small_county(tmp_path / "county")
    set_in_toml(folder, key, value)
    found = [fault for fault in faults_of(folder) if not fault.warning]
    assert [(fault.code, fault.column) for fault in found] == [(code, column)]
    assert message in found[0].message


def test_a_hub_without_room_is_refused(tmp_path: Path) -> None:
    """A capacity of zero is no capacity: the hub would have to be left out."""
    folder = small_county(tmp_path / "county")
    append(folder, "\n")
    text = (folder / "hubs.csv").read_text(encoding="utf-8-sig").splitlines()
    rows = [f"{text[0]},limit_t_day", *(f"{line},0" for line in text[1:])]
    (folder / "hubs.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert [(f.column, f.message) for f in faults_of(folder)] == [("limit_t_day", "must be more than 0 t/day")]


def looked_ahead(ground: Ground, scenario: Scenario) -> pd.DataFrame:
    """Return the prospects of the sites of a scenario at a fee of 50 CNY/t."""
    asked = changed(scenario, economics={"fee_cny_t": 50.0})
    return plan_on(ground.under(asked), Options.quickly(), Near(doubt=False)).tables["prospects"]


def test_prospects_tell_which_sites_never_pay(ground: Ground) -> None:
    """With ponkan alone no site ever pays, which is proved; with the whole harvest every site has a fee that does."""
    every = looked_ahead(ground, ground.scenario)
    assert len(every) == len(ground.scenario.sites)
    assert every["verdict"].str.startswith("pays for itself at a fee from").all()
    assert (every["most_fee_cny_t"] > every["fee_needed_cny_t"]).all()
    keep = np.array([crop.id == "ponkan" for crop in ground.scenario.commodities])
    ponkan = replace(ground.scenario, harvest_t=ground.scenario.harvest_t * keep[None, :, None])
    bare = lay_ground(changed(ponkan, economics={"fee_cny_t": 50.0}))
    never = plan_on(bare, Options.quickly(), Near(doubt=False)).tables["prospects"]
    assert never["verdict"].str.startswith("never").all()


@pytest.mark.slow
def test_a_prospect_is_the_best_depot_of_its_site(ground: Ground) -> None:
    """The gain of a site alone is today's bill less the bound of siting with that site only and money without end."""
    first = looked_ahead(ground, ground.scenario).iloc[0]
    sites = tuple(
        place.model_copy(update={"status": "forbidden" if n else "candidate"})
        for n, place in enumerate(ground.scenario.sites)
    )
    only = replace(ground, basis=replace(ground.basis, scenario=replace(ground.scenario, sites=sites)))
    rich = only.under(changed(only.scenario, siting={"budget_cny": 1e9, "gap": 1e-4}))
    gain = ground.today.yearly.total - site(rich.basis, rich.arcs, Options.quickly()).bound
    assert first["gain_cny_year"] == pytest.approx(gain, rel=0.01)


def test_planner_summary_and_verification_share_one_hair_of_lateness(free: Plan) -> None:
    """A target half a millionth of an hour short of a lot: all three call it on time, and no share below is published.

    One hair more, and all three call it late.
    """
    lots, harvest = free.course.lots, free.course.outcome.harvest_t
    hour = float(lots["delivery_h"].sort_values().iloc[len(lots) // 2])
    for early, served in ((5e-7, lots["delivery_h"] <= hour + 1e-9), (5e-6, lots["delivery_h"] < hour - 1e-9)):
        share = float(lots["tonnes"][served].sum()) / harvest
        scenario = changed(free.scenario, chain={"delivery_target_h": hour - early}, siting={"on_time": share})
        basis = replace(free.basis, scenario=scenario)
        published = summarise_delivery(lots, hour - early, harvest)
        assert published["share_within_target"] == pytest.approx(share, abs=1e-12)
        assert shortfalls(basis, lots, np.zeros(3), free.course.awards, {}) == {}
        summary = {**free.summary, "delivery_h": published}
        report = verify_tables(scenario, free.basis.placed.network.given, free.tables, summary)
        assert [text for text in report.problems if "share" in text] == []


def test_a_target_of_a_year_is_a_share_in_a_year_that_counts(tmp_path: Path) -> None:
    """A share of no target, a share in per cent, and a year in which nothing can be built yet, are named."""
    folder, column = small_county(tmp_path / "county"), "siting.coverage_by_year"
    set_in_toml(folder, "coverage_by_year", '{"2030" = 50}')
    found = [(fault.code, fault.column) for fault in faults_of(folder) if not fault.warning]
    assert sorted(found) == [("no-target", column), ("out-of-range", f"{column}.2030"), ("unknown-year", column)]
    set_in_toml(folder, "coverage", "0.6")
    assert "no-target" not in [fault.code for fault in faults_of(folder)]


def test_a_target_of_a_class_is_a_share(tmp_path: Path) -> None:
    """Per cent are guessed; a class that has a target needs no rate."""
    folder = small_county(tmp_path / "county")
    set_in_toml(folder, "coverage_by_class", "{poor = 60}")
    set_in_toml(folder, "class_of_county", '{"district A" = "poor"}')
    found = [(fault.code, fault.column, fault.message) for fault in faults_of(folder) if not fault.warning]
    assert [one[:2] for one in found] == [("out-of-range", "siting.coverage_by_class.poor")]
    assert "write 0.6" in found[0][2]
