"""Processing plants through the whole plan: sited where they pay, against brute force, bounded, awarded, verified."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from planned import decided
from scenario_cases import faults_of
from tiny_cases import tiny_county

from coldchain.cli import run
from coldchain.economy import ChilledLots
from coldchain.language import speaking
from coldchain.model import Plant
from coldchain.model.rooms import modules_in_words
from coldchain.planning import Ground, Options, Plan, lay_ground
from coldchain.planning.course import work_out
from coldchain.planning.days import Decision, Effort
from coldchain.planning.search import site
from coldchain.replays import Replayer
from coldchain.reports.document import Told, sections
from coldchain.reports.mapcards import cards as map_cards
from coldchain.scenario import load
from coldchain.scenario.load import catalogue_table
from coldchain.verify import Report, verify_tables

VILLAGES = "id,county,lon,lat\nV1,A,109.0,28.0\nV2,A,109.06,28.0\nV3,A,109.03,28.05\n"
SITES = "id,county,lon,lat,status,max_modules\nS1,A,109.01,28.0,candidate,3\nS2,A,109.05,28.02,candidate,3\n"
HARVEST = "village,commodity,period,tonnes\nV1,tomato,p,120\nV2,tomato,p,200\nV3,tomato,p,150\nV3,pak_choi,p,90\n"
PLANT = """
[plant.dry]
zone = "drying"
takes = ["tomato"]
process_h = 4
yield_t_t = 0.1
product_cny_t = {price}
process_cny_t = 300
process_kwh_t = 60
throughput_t_day = 4
capex_cny = 100000
opex_cny_year = 8000
life_years = 12
power_kw = 10
net_m3 = 100
"""
SUBSIDY = '[subsidy]\nrate = 0.3\nown_money = {own}\nconstructions = ["{construction}"]\n'


def county(
    folder: Path, price: int = 60_000, *, own: str = "true", construction: str = "mechanical", villages: int = 3
) -> Path:
    """Write a county of three villages and two sites that may build one kind of room and one of plant."""
    rooms = '["cold_room_200", "mild_room_200"]'
    siting = f'[siting]\nbudget_cny = 1000000\ndepot_types = {rooms}\nplants = ["dry"]\npeak_factor = 1.2\n'
    settings = siting + SUBSIDY.format(own=own, construction=construction) + PLANT.format(price=price)
    kept = [line for line in HARVEST.splitlines() if line[:2] in ("vi", *(f"V{n + 1}" for n in range(villages)))]
    return tiny_county(folder, settings, villages=VILLAGES, sites=SITES, harvest="\n".join(kept) + "\n")


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """Lay the ground of that county."""
    return lay_ground(load(county(tmp_path_factory.mktemp("plants") / "county"))[0], Options.quickly())


@pytest.fixture(scope="module")
def made(ground: Ground) -> Plan:
    """Plan it."""
    return decided(ground.scenario)


def test_a_plant_that_pays_is_built_and_verified(made: Plan) -> None:
    """Drying earns more than fresh sales: it stands in depots, lots, bill and summary, and verification agrees."""
    assert made.report.problems == ()
    assert made.tables["depots"]["new_modules"].str.contains("dry:").any()
    products, summary = made.tables["products"], made.summary["products"]
    assert products["raw_t"].sum() == pytest.approx(summary["processed_t"]) == pytest.approx(470.0)
    assert products["revenue_cny"].sum() == pytest.approx(summary["revenue_cny"])
    assert made.summary["annual_cny"]["products"] < 0
    assert not (made.tables["line_haul"]["zone"] == "drying").any()
    lots = made.tables["lots"][made.tables["lots"]["zone"] == "drying"]
    assert (lots["delivery_h"] == lots["cooled_h"]).all()


def test_revenue_by_hand(made: Plan) -> None:
    """Of what is not lost a tonne gives 0.1 t; the bill gives up its fresh price and pays 300 for a tonne."""
    lots = made.tables["lots"][made.tables["lots"]["zone"] == "drying"]
    price = next(crop.price_cny_kg for crop in made.scenario.commodities if crop.id == "tomato") * 1000.0
    raw, lost_cny = float(lots["tonnes"].sum()), float(lots["loss_cny"].sum())
    product = (raw - lost_cny / price) * 0.1
    table = made.tables["products"].sum(numeric_only=True)
    assert table.to_dict() == pytest.approx(
        {"raw_t": raw, "product_t": product, "revenue_cny": product * 60_000, "process_cny": raw * 300}
    )
    given_up = raw * price - lost_cny
    assert made.summary["annual_cny"]["products"] == pytest.approx(given_up + raw * 300 - product * 60_000)


def test_terms_of_a_lot_in_a_plant(ground: Ground) -> None:
    """No premium beyond the hub, 60 kWh a tonne, and 5 % lost: 0.95 · (price - 6,000) + 300."""
    basis, scenario = ground.basis, ground.scenario
    o = next(n for n, kind in enumerate(basis.classes) if kind.is_plant)
    c = next(n for n, crop in enumerate(scenario.commodities) if crop.id == "tomato")
    found = basis.prices.chilled(ChilledLots(c, 0, o, 0, np.array(0.05), np.array(9.0)))
    price = scenario.commodities[c].price_cny_kg * 1000.0
    assert float(found["products"]) == pytest.approx(0.95 * (price - 6000.0) + 300.0)
    assert float(found["energy"]) == pytest.approx(60.0 * scenario.economics.power_cny_kwh)
    assert float(found["line_haul"]) == 0.0


@pytest.mark.parametrize("villages", [1, 2, pytest.param(3, marks=pytest.mark.slow)])
def test_no_decision_of_brute_force_is_better(villages: int, tmp_path: Path) -> None:
    """Each village's lot goes whole to any site's room or plant, or stays: none costs less, all more than the bound."""
    ground = lay_ground(load(county(tmp_path / "county", 45_000, villages=villages))[0], Options.quickly())
    best = decided(ground.scenario).summary["objective"]["value"]
    bound = site(ground.basis, ground.arcs, Options.quickly()).bound
    values = list(brute_force(ground))
    assert len(values) > 1
    assert best <= min(values) + 1e-6 * abs(min(values))
    assert bound <= min(values) + 1e-6


def brute_force(ground: Ground) -> list[float]:
    """Return the cost of every decision without split lots, with as many modules as it needs."""
    basis, arcs = ground.basis, ground.arcs
    takes, values = basis.capacity_t_day, []
    ways = [[-1, *np.flatnonzero(arcs.demand == d)] for d in range(len(arcs.village))]
    for chosen in itertools.product(*ways):
        share = np.zeros(len(arcs.demand))
        used = [int(arc) for arc in chosen if arc >= 0]
        share[used] = 1.0
        count = np.zeros((len(ground.scenario.sites), len(takes)), dtype=np.int64)
        for j, o in {(int(arcs.site[arc]), int(arcs.cooling[arc])) for arc in used}:
            k = int(np.flatnonzero(basis.class_of_type == o)[0])
            mine = [arc for arc in used if (arcs.site[arc], arcs.cooling[arc]) == (j, o)]
            count[j, k] = np.ceil(arcs.load_t_day[arcs.demand[mine]].sum(axis=0).max() / takes[k] - 1e-9)
        if (count.sum(axis=1) <= 3).all():
            course = work_out(basis, arcs, Decision.of(arcs, count, share), Effort(quick=True))
            values.append(course.yearly.total)
    return values


def test_a_plant_that_does_not_pay_is_not_built(tmp_path: Path) -> None:
    """At a third of the price fresh sale is better; nothing is processed and the bill says so."""
    plan = decided(load(county(tmp_path / "county", 20_000))[0])
    assert plan.report.problems == ()
    assert not plan.tables["depots"]["new_modules"].str.contains("dry").any()
    assert plan.summary["annual_cny"]["products"] == 0.0
    assert plan.summary["products"]["processed_t"] == 0.0


@pytest.mark.parametrize(("construction", "own", "share"), [("plant", "false", 0.3), ("mechanical", "false", None)])
def test_the_programme_awards_plants(construction: str, own: str, share: float | None, tmp_path: Path) -> None:
    """A plant that the programme names gets its share of the cost; one it does not name is built by nobody."""
    plan = decided(load(county(tmp_path / "county", own=own, construction=construction))[0])
    depots = plan.tables["depots"]
    dry = depots[depots["new_modules"].str.contains("dry")]
    assert plan.report.problems == ()
    if share is None:
        assert dry.empty
    else:
        assert dry["subsidy_cny"].tolist() == pytest.approx((share * dry["capex_cny"]).tolist())


def test_no_plant_on_offer_changes_nothing(tmp_path: Path) -> None:
    """The catalogue knows plants, but only what siting.plants lists is on offer: no heading, table or season by lot."""
    scenario = load(tiny_county(tmp_path / "county"))[0]
    assert not any(isinstance(kind, Plant) for kind in scenario.depot_types)
    assert not scenario.seasonal
    plan = decided(scenario)
    assert "products" not in {*plan.summary, *plan.summary["annual_cny"], *plan.tables}


def test_a_standing_plant_works_in_todays_chain(tmp_path: Path) -> None:
    """A plant that stands need not be on offer; it is today's chain already."""
    folder = county(tmp_path / "county", construction="mechanical", own="false")
    sites = SITES.replace("status,max_modules", "status,existing,max_modules").replace(
        "candidate,3\nS2", "existing,dry:3,0\nS2"
    )
    (folder / "sites.csv").write_text(sites.replace("candidate,3", "candidate,,0"), encoding="utf-8")
    text = (folder / "scenario.toml").read_text(encoding="utf-8").replace('plants = ["dry"]', "plants = []")
    (folder / "scenario.toml").write_text(text, encoding="utf-8")
    plan = decided(load(folder)[0])
    assert plan.report.problems == ()
    assert plan.summary["products"]["processed_t"] > 0
    assert plan.summary["investment"]["total_cny"] == 0


def test_a_replay_without_chance_finds_what_the_plan_says(made: Plan) -> None:
    """What plants take is lost in a replay as in the plan."""
    replayer = Replayer(made.scenario, made.basis.placed, made.tables)
    assert replayer.shifted(0.0, 1.0, 1.0).sums["plan_t"] == pytest.approx(made.summary["loss"]["plan_t"], rel=1e-9)


def checked(made: Plan, change: Callable[[dict[str, pd.DataFrame]], None]) -> Report:
    """Verify the plan after a change to a copy of its tables."""
    tables = {name: frame.copy() for name, frame in made.tables.items()}
    change(tables)
    return verify_tables(made.scenario, made.basis.placed.network.given, tables, made.summary)


@pytest.mark.parametrize("column", ["raw_t", "product_t", "revenue_cny", "process_cny"])
def test_a_changed_product_is_found(made: Plan, column: str) -> None:
    """A figure of the table that is not as recomputed is named."""

    def more(tables: dict[str, pd.DataFrame]) -> None:
        tables["products"].loc[0, column] *= 1.01

    assert any("products" in problem and column in problem for problem in checked(made, more).problems)


def test_what_a_plant_does_not_take_is_found(made: Plan) -> None:
    """Leaves cannot be dried."""

    def leaves(tables: dict[str, pd.DataFrame]) -> None:
        dried = tables["assignment"]["zone"] == "drying"
        tables["assignment"].loc[dried.idxmax(), "commodity"] = "pak_choi"

    assert any("must not go to drying process" in problem for problem in checked(made, leaves).problems)


def test_faults_of_plants(tmp_path: Path) -> None:
    """Unknown crops, unknown names, two figures for one kind, and a plant nobody may build are named."""
    folder = county(tmp_path / "county", own="false")
    path = folder / "scenario.toml"
    text = path.read_text(encoding="utf-8")
    again = PLANT.format(price=1000).replace("plant.dry", "plant.dry_2")
    path.write_text(text.replace('["dry"]', '["dry", "dry_2"]') + again, encoding="utf-8")
    assert {fault.code for fault in faults_of(folder)} >= {"mixed-class"}
    path.write_text(text.replace('takes = ["tomato"]', 'takes = ["tomatos"]'), encoding="utf-8")
    assert {fault.code for fault in faults_of(folder)} >= {"unknown-commodity"}


def test_the_catalogue_of_plants() -> None:
    """Every shipped plant says where its figures are from, or that they are assumed; one has its words."""
    plants = [kind for kind in catalogue_table("plant") if isinstance(kind, Plant)]
    assert {kind.zone for kind in plants} == {"drying", "tea_firing", "juicing"}
    assert all("assumption" in kind.source for kind in plants)
    assert modules_in_words(plants[0], 2) == "2 lines for drying, 5 t/day each"


TWO_SEASONS = "id,days,temp_min_c,temp_max_c\np,60,20,30\nq,30,22,32\n"


@pytest.fixture(scope="module")
def seasons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plan two seasons, in one of which the plants are too small for all; return the run folder."""
    folder = tmp_path_factory.mktemp("day")
    one = county(folder / "county")
    (one / "periods.csv").write_text(TWO_SEASONS, encoding="utf-8")
    more = "V1,tomato,q,300\nV2,tomato,q,10\nV3,pak_choi,q,5\n"
    (one / "harvest.csv").write_text(HARVEST + more, encoding="utf-8")
    assert run(["plan", str(one), "--out", str(folder / "run"), "--effort", "quick", "--quiet"]) == 0
    return folder / "run"


@pytest.mark.parametrize("depots", ["planned", "any"])
@pytest.mark.parametrize("day", ["p", "q"])
def test_a_day_with_plants_is_routed_and_verified(
    seasons: Path, day: str, depots: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the plan sends to plants on such a day goes there, no more than its season has, and the referee agrees."""
    out = tmp_path / "day"
    asked = ["routes", str(seasons), "--day", day, "--depots", depots, "--iterations", "200", "--out", str(out)]
    assert run(asked) == 0
    assert run(["verify", str(out)]) == 0, capsys.readouterr().out
    lots = pd.read_csv(out / "tables" / "lots.csv", encoding="utf-8-sig")
    table = pd.read_csv(seasons / "tables" / "lots.csv", encoding="utf-8-sig")
    days = {"p": 60.0, "q": 30.0}[day]
    cooled = table[(table["period"] == day) & table["depot"].notna()]
    assert (lots["zone"] == "drying").any()
    assert lots["kg"].sum() == pytest.approx(1000.0 * cooled["tonnes"].sum() / days)
    if depots == "planned":
        dried = cooled[cooled["zone"] == "drying"]["tonnes"].sum() / days
        assert lots[lots["zone"] == "drying"]["kg"].sum() == pytest.approx(1000.0 * dried)


def test_map_and_report_show_what_plants_make(made: Plan) -> None:
    """The card of a depot by crop, the report by season; in Chinese with the crop's own name."""
    cards = map_cards(made)["depots"]
    told = [text for card in cards for text in card["products"]]
    table = made.tables["products"]
    assert len(told) == len(table.groupby(["depot", "commodity"]))
    assert sum(float(text.split(": ")[1].split(" t ")[0].replace(",", "")) for text in told) == pytest.approx(470.0)
    assert all("drying" in [zone for zone, *_rest in card["zones"]] for card in cards if card["products"])
    parts = {part.title: part for part in sections(Told(made.summary, made.tables))}
    assert parts["Products of plants"].rows["revenue_cny"].sum() == pytest.approx(
        made.summary["products"]["revenue_cny"]
    )
    with speaking("zh"):
        chinese = {part.title: part for part in sections(Told(made.summary, made.tables))}
        assert "烘干" in map_cards(made)["depots"][0]["products"][0]
    assert list(chinese["加工产品"].rows["zone"].unique()) == ["烘干"]
