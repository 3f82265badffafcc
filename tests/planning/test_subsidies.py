"""Subsidy programmes: shipped rules reckon what their notices say, plans obey them, contradictions are refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scenario_cases import append, change, change_all, faults_of, replace_in_toml, set_in_toml, small_county

from coldchain.model import DepotType, Scenario, Subsidy, award_cny, eligible_type
from coldchain.planning import Ground, Near, Options, Plan, lay_ground, plan_on
from coldchain.planning.awards import grant, module_awards
from coldchain.scenario import load, programme, programme_keys
from coldchain.verify import verify_tables


def depot(net_m3: float, capex_cny: float, construction: str = "mechanical") -> DepotType:
    """Make a depot type of which only size, cost and construction matter."""
    return DepotType(
        id="any", zone="cold", temp_c=1, method="room", half_cooling_h=9, energy_ratio=1, throughput_t_day=5,
        storage_t=50, opex_cny_year=0, net_m3=net_m3, capex_cny=capex_cny, construction=construction,
    )  # fmt: skip


@pytest.mark.parametrize("name", programme_keys())
def test_shipped_programmes_are_rules_with_a_source(name: str) -> None:
    """Every programme is a valid rule and says where it is from."""
    rule = programme(name)
    assert rule.programme == name
    assert "http" in rule.source or "doi" in rule.source


@pytest.mark.parametrize(
    ("name", "county_class", "kind", "award"),
    [
        ("hunan_2021", "", depot(850, 1e6), 178_500),
        ("hunan_2021", "formerly_poor", depot(850, 1e6), 238_000),
        ("liaoning_2022", "", depot(500, 350_000), 65_000),
        ("liaoning_2022", "", depot(500, 200_000), 60_000),
        ("liaoning_2022", "", depot(500, 350_000, "ventilated"), 50_000),
        ("liaoning_2022", "", depot(500, 350_000, "ventilated_pit"), 40_000),
        ("tianjin", "", depot(500, 350_000), 97_500),
        ("tianjin", "", depot(500, 420_000, "controlled_atmosphere"), 117_500),
        ("national_2020", "", depot(500, 350_000), 105_000),
        ("national_2020", "poverty", depot(500, 350_000), 175_000),
        ("plan_40", "", depot(500, 350_000), 140_000),
        ("wuhan_2024", "", depot(500, 350_000), 175_000),
    ],
)
def test_awards_are_those_of_the_notices(name: str, county_class: str, kind: DepotType, award: float) -> None:
    """Hunan's own example of 850 m³ (178.5 and 238 thousand), Liaoning's and Tianjin's unit rates and 30 %."""
    rule = programme(name).model_copy(update={"class_of_county": {"here": county_class}})
    assert award_cny(rule, kind, "here") == pytest.approx(award)


def test_types_outside_the_list_are_not_eligible() -> None:
    """Liaoning pays nothing for controlled atmosphere, Hunan nothing for a ventilated store."""
    assert not eligible_type(programme("liaoning_2022"), depot(1, 1, "controlled_atmosphere"))
    assert not eligible_type(programme("hunan_2021"), depot(1, 1, "ventilated"))
    assert eligible_type(Subsidy(), depot(1, 1, "ventilated"))


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """Fifteen villages, three sites, a million to spend."""
    county = load(small_county(tmp_path_factory.mktemp("subsidy") / "county", 11, 5))[0]
    rich = county.siting.model_copy(update={"budget_cny": 1e6})
    return lay_ground(replace(county, siting=rich), Options.quickly())


@pytest.fixture(scope="module")
def county(ground: Ground) -> Scenario:
    """Return that county."""
    return ground.scenario


def planned(ground: Ground, scenario: Scenario, **rule: object) -> Plan:
    """Plan the scenario with the rule changed."""
    ruled = replace(scenario, subsidy=scenario.subsidy.model_copy(update=rule))
    return plan_on(ground.under(ruled), Options.quickly(tries=5), Near(further=False, doubt=False))


def test_a_plan_under_liaonings_rule_lists_its_awards(ground: Ground, county: Scenario) -> None:
    """The notice gives owner, volume and how each amount was reckoned; amounts are 130 CNY/m³ or 30 % of the cost."""
    made = planned(
        ground, county, **programme_keys()["liaoning_2022"], programme="liaoning_2022", unit_price_cny_m3=None
    )
    notice = made.tables["subsidies"]
    assert made.report.problems == ()
    assert len(notice)
    assert (notice["award_cny"] <= 130.0 * notice["net_m3"] + 1e-6).all()
    assert (notice["award_cny"] <= 0.3 * notice["investment_cny"] + 1e-6).all()
    assert notice["reckoning"].str.contains(r"m³ × 130 CNY/m³|CNY × 30%").all()
    assert notice["no"].tolist() == list(range(1, len(notice) + 1))


def test_only_eligible_owners_build_unless_with_own_money(ground: Ground, county: Scenario) -> None:
    """Where only co-operatives may apply companies build nothing; allowed to use their own money, they get no award."""
    sites = tuple(site.model_copy(update={"owner_kind": "company"}) for site in county.sites)
    companies = replace(county, sites=sites)
    assert planned(ground, companies, owner_kinds=("cooperative",)).summary["depots"]["built"] == 0
    free = planned(ground, companies, owner_kinds=("cooperative",), own_money=True)
    assert free.report.problems == ()
    assert free.summary["depots"]["built"] > 0
    assert free.summary["investment"]["subsidy_cny"] == 0.0
    assert free.tables["subsidies"]["reckoning"].str.contains("not eligible").all()
    tampered = replace(free.scenario, subsidy=free.scenario.subsidy.model_copy(update={"own_money": False}))
    placed = free.basis.placed
    report = verify_tables(tampered, placed.network.given, free.tables, free.summary)
    assert any('an owner of kind "company" is not eligible' in problem for problem in report.problems)


@pytest.mark.slow
def test_least_size_keeps_small_projects_out(ground: Ground, county: Scenario) -> None:
    """No depot adds less than 700 m³, and verify says so of one that does."""
    made = planned(ground, county, least_m3=700.0)
    assert made.report.problems == ()
    assert (made.tables["depots"]["net_m3"] >= 700).all()
    rule = made.scenario.subsidy.model_copy(update={"least_m3": 5000.0})
    placed = made.basis.placed
    report = verify_tables(replace(made.scenario, subsidy=rule), placed.network.given, made.tables, made.summary)
    assert any("the least size is 5000 m³" in problem for problem in report.problems)


def test_people_at_hand_limit_the_modules(ground: Ground, county: Scenario) -> None:
    """With half a person at each site only one 200 m³ module can be run there."""
    sites = tuple(site.model_copy(update={"staff": 0.5}) for site in county.sites)
    made = planned(ground, replace(county, sites=sites))
    assert made.report.problems == ()
    assert made.tables["depots"]["new_modules"].str.fullmatch(r"\w+_200:1").all()


def test_awards_by_hand(county: Scenario) -> None:
    """Two modules of 500 m³ at 700 CNY/m³ and 30 % are 210,000 CNY; a cap of 150,000 cuts that."""
    ruled = replace(county, subsidy=Subsidy(rate=0.3, unit_price_cny_m3=700.0, cap_per_owner_cny=150_000.0))
    kinds = [kind.id for kind in county.depot_types]
    count = np.zeros((len(county.sites), len(kinds)), dtype=np.int64)
    count[0, kinds.index("cold_forced_air_500")] = 2
    granted = grant(ruled, count)
    assert module_awards(ruled)[0, kinds.index("cold_forced_air_500")] == pytest.approx(105_000)
    assert (granted.uncapped[0], granted.award[0]) == (pytest.approx(210_000), pytest.approx(150_000))


Edit = Callable[[Path], None]


def _rule(text: str) -> Edit:
    """Put keys into [subsidy]."""
    return lambda folder: replace_in_toml(folder, 'programme = "hunan_2021"', f'programme = "hunan_2021"\n{text}')


def _all(*edits: Edit) -> Edit:
    def edit(folder: Path) -> None:
        for one in edits:
            one(folder)

    return edit


def _cell(line: int, **cells: str) -> Edit:
    return lambda folder: change(folder, "sites", line, **cells)


def _column(**cells: str) -> Edit:
    return lambda folder: change_all(folder, "sites", lambda row: row | cells)


CASES: dict[str, tuple[Edit, str, str, str]] = {
    "pots of counties above the total": (
        _rule('pot_by_county_cny = {"district A" = 5e6}'), "pots-above-budget", "subsidy.pot_by_county_cny",
        r"add up to 5,000,000 CNY, [\d,]+ more than siting.budget_cny"),
    "pots of years above the total": (
        _rule("years = [2025, 2026]\npot_by_year_cny = {2025 = 5e5, 2026 = 5e5}"), "pots-above-budget",
        "subsidy.pot_by_year_cny", "add up to 1,000,000 CNY"),
    "a floor above the rate": (
        _rule("floor_share = 0.5"), "floor-above-cap", "subsidy.floor_share", "at most 30.0% of any investment"),
    "a floor above the cap": (
        _rule("rate = 0.5\nfloor_share = 0.4\ncap_per_owner_cny = 40000.0"), "floor-above-cap", "subsidy.floor_share",
        r"at most 29\.\d% of any investment"),
    "a rate in per cent": (_rule("rate = 30"), "out-of-range", "subsidy.rate", "if 30 % was meant, write 0.3"),
    "a county's rate in per cent": (
        _rule('rate_by_county = {"district A" = 40}'), "out-of-range", "subsidy.rate_by_county.district A",
        "if 40 % was meant, write 0.4"),
    "a programme year without a pot": (
        _rule("years = [2025, 2026]\npot_by_year_cny = {2025 = 1e4}"), "year-without-pot", "subsidy.years",
        "this programme year has no pot"),
    "a pot of another year": (
        _rule("years = [2025]\npot_by_year_cny = {2025 = 1e4, 2027 = 1e4}"), "unknown-year", "subsidy.pot_by_year_cny",
        "not among the programme years"),
    "an unknown programme": (
        lambda folder: replace_in_toml(folder, '"hunan_2021"', '"hunan_2012"'), "unknown-programme",
        "subsidy.programme", 'did you mean hunan_2021'),
    "an unknown construction": (
        _rule("award_by_type_cny_m3 = {mechanic = 100}"), "unknown-depot-type", "subsidy.award_by_type_cny_m3",
        'did you mean mechanical'),
    "a class without a rate": (
        _rule('rate_by_class = {formerly_poor = 0.4}\nclass_of_county = {"district A" = "poor"}'), "unknown-class",
        "subsidy.class_of_county.district A", "not a class of rate_by_class"),
    "owners of no eligible kind": (
        _rule('owner_kinds = ["cooperative"]'), "no-eligible-owner", "subsidy.owner_kinds", "fill the column"),
    "two owners for one site": (_cell(2, owner="Li; Wang"), "two-owners", "owner", "a site has one applicant"),
    "two kinds of one owner": (
        _all(_column(owner="one", owner_kind="company"), _cell(2, owner_kind="cooperative")), "two-kinds", "owner_kind",
        'is of kind "cooperative" on row 2'),
    "a forced site without room": (
        _cell(2, status="forced", max_modules="0"), "forced-impossible", "max_modules", "no module fits"),
    "a forced site without power": (
        _cell(2, status="forced", power_kw="2"), "forced-impossible", "power_kw", "the smallest module needs"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_contradictions_are_refused(case: str, tmp_path: Path) -> None:
    """Each contradiction is named by its key with what would be right."""
    edit, code, column, message = CASES[case]
    folder = small_county(tmp_path / "county", 15, 5)
    change_all(folder, "sites", lambda row: row | {"max_modules": "4", "power_kw": "", "owner_kind": ""})
    set_in_toml(folder, "class_of_county", "{}")
    if case == "a class without a rate":
        replace_in_toml(folder, "class_of_county = {}  # ", "# class_of_county = {}  # ")
    edit(folder)
    found = [fault for fault in faults_of(folder) if not fault.warning]
    assert [(fault.code, fault.column) for fault in found][:1] == [(code, column)], found
    assert re.search(message, found[0].text), found[0].text


def test_a_named_programme_is_filled_in_and_may_be_overridden(tmp_path: Path) -> None:
    """One key of one's own beside a named programme leaves the rest to it; a variant may name another."""
    folder = small_county(tmp_path / "county")
    replace_in_toml(folder, 'programme = "hunan_2021"', 'programme = "liaoning_2022"\ncap_per_owner_cny = 5e5')
    set_in_toml(folder, "class_of_county", "{}")
    append(folder, '\n[variants.north.subsidy]\nprogramme = "tianjin"\n')
    rule = load(folder)[0].subsidy
    assert (rule.cap_per_owner_cny, rule.rate, rule.award_by_type_cny_m3["mechanical"]) == (5e5, 0.3, 130.0)
    assert load(folder, "north")[0].subsidy.award_by_type_cny_m3["mechanical"] == 195.0
