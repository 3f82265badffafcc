"""Members of a scenario, group plans, consistent costs and statements."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perishable import write_perishable
from sharing_cases import cost_game, routing_costs

from coldchain.cli import run
from coldchain.economy import REGULAR, standing_cny
from coldchain.errors import BadInputError
from coldchain.model import Scenario
from coldchain.planning import Ground, Options, lay_ground
from coldchain.progress import Event, Stage
from coldchain.scenario import load
from coldchain.settlement import (
    GroupCost,
    GroupEffort,
    Settlement,
    cost_of,
    cost_table,
    county_fund,
    fen_bills,
    fingerprint,
    group_scenario,
    lay_floor,
    member_floors,
    member_statement,
    members_of,
    overview,
    work_out,
    write_settlement,
)
from coldchain.settlement.asking import ASKED_RULES, leaving_known, lying_known
from coldchain.settlement.costing import Modules
from coldchain.sharing import (
    bands,
    bills,
    consistent,
    equal_profit,
    equal_profit_known,
    gain_of_misreport,
    if_leaves,
    least_epsilon_known,
    misreported,
    shapley,
    without,
)

NAMES = ("联合社, 东", "<west>", "idle")


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """Twelve villages of two co-operatives, one named in Chinese with a comma, and an idle one without produce."""
    folder = tmp_path_factory.mktemp("settling") / "county"
    write_perishable(12, 3, folder)
    scenario, _ = load(folder)
    owner = [NAMES[2] if v == 0 else NAMES[v % 2] for v in range(12)]
    villages = tuple(
        village.model_copy(update={"cooperative": name}) for village, name in zip(scenario.villages, owner, strict=True)
    )
    harvest = scenario.harvest_t.copy()
    harvest[0] = 0.0
    sites = tuple(s.model_copy(update={"owner": NAMES[j]}) for j, s in enumerate(scenario.sites))
    return replace(scenario, villages=villages, harvest_t=harvest, sites=sites)


def made_up(costs: np.ndarray, gap: float = 0.0) -> list[GroupCost]:
    """Group costs with the given table and nothing else of interest."""
    parts = dict.fromkeys(REGULAR, 0.0)
    return [GroupCost(m, c, c * (1 - gap), {**parts, "loss": c}, 1.0, 2.0, ({},)) for m, c in enumerate(costs) if m]


@pytest.fixture(scope="module")
def settlement(county: Scenario) -> Settlement:
    """Settle the county on a made-up table; the idle member adds nothing."""
    members = members_of(county)
    busy = [1 << i for i, name in enumerate(members.names) if name != "idle"]
    table = {0: 0.0, busy[0]: 1000.01, busy[1]: 900.0, busy[0] | busy[1]: 1500.0}
    costs = np.array([table[mask & (busy[0] | busy[1])] for mask in range(8)])
    return work_out(county, members, made_up(costs, 0.02), "equal_profit", "0" * 64, tables=20)


def test_members_own_villages_sites_and_claims(county: Scenario) -> None:
    """Sites go to the member their owner names; claims are shares of the harvest."""
    members = members_of(county)
    assert set(members.names) == set(NAMES)
    assert [members.names[m] for m in members.site] == [NAMES[0], NAMES[1]]
    assert members.claim_cny.sum() == pytest.approx(county.siting.budget_cny)
    assert members.claim_cny[members.names.index("idle")] == 0.0
    assert members.bare == (members.names.index("idle"),)


def test_sites_of_strangers_go_to_the_nearest_village(county: Scenario) -> None:
    """An owner that is no member leaves the site to whoever is nearest."""
    stranger = county.sites[0].model_copy(
        update={"owner": "county", "lon": county.villages[3].lon, "lat": county.villages[3].lat}
    )
    members = members_of(replace(county, sites=(stranger, *county.sites[1:])))
    assert members.site[0] == members.village[3]


def test_part_of_a_ground_is_the_ground_of_the_part(county: Scenario) -> None:
    """Travel, lanes and arcs of a group are the same picked from the whole county as worked out for the group."""
    members = members_of(county)
    group = group_scenario(county, members, [members.names.index(NAMES[1])])
    picked = lay_floor(county).part(group)
    afresh = lay_ground(group, Options.quickly())
    for name in ("out_h", "back_h", "out_km", "back_km"):
        np.testing.assert_allclose(getattr(picked.basis.reach, name), getattr(afresh.basis.reach, name), atol=1e-5)
    np.testing.assert_allclose(picked.basis.lanes.loss, afresh.basis.lanes.loss, atol=1e-9)
    np.testing.assert_allclose(picked.arcs.inside.money_cny, afresh.arcs.inside.money_cny, rtol=1e-5)
    np.testing.assert_allclose(picked.today.yearly.total, afresh.today.yearly.total, rtol=1e-6)


def test_natural_order_of_names(county: Scenario) -> None:
    """Member 10 comes after member 9."""
    villages = tuple(v.model_copy(update={"cooperative": f"co-op {n + 1}"}) for n, v in enumerate(county.villages))
    assert members_of(replace(county, villages=villages)).names[-3:] == ("co-op 10", "co-op 11", "co-op 12")


def test_members_that_cannot_be_read(county: Scenario) -> None:
    """A column that is none, and villages without a member, are named."""
    with pytest.raises(BadInputError, match=r"--members.*colour.*must be named by a column of the villages: id, name"):
        members_of(county, "colour")
    blank = (county.villages[0].model_copy(update={"cooperative": " "}), *county.villages[1:])
    with pytest.raises(BadInputError, match=f'cooperative = "{blank[0].id}": 1 village has no cooperative'):
        members_of(replace(county, villages=blank))


@pytest.fixture(scope="module")
def pooled(county: Scenario) -> Scenario:
    """Give the trucks of the first mile to a carrier, and a standing depot to somebody else."""
    trucks = tuple(
        v.model_copy(update={"owner": "carrier"}) if v.id in county.routing.collection_vehicles else v
        for v in county.vehicles
    )
    kind = county.depot_types[0].id
    standing = county.sites[0].model_copy(update={"owner": "landlord", "status": "existing", "existing": f"{kind}:1"})
    return replace(county, vehicles=trucks, sites=(standing, *county.sites[1:]))


def test_owners_and_carriers_are_members_on_request(pooled: Scenario) -> None:
    """Without villages, they bring a depot and trucks; nobody else may use these without them."""
    assert set(members_of(pooled).names) == set(NAMES)
    members = members_of(pooled, owners=True)
    assert set(members.names) == {*NAMES, "carrier", "landlord"}
    at = {name: members.names.index(name) for name in members.names}
    assert members.site[0] == at["landlord"]
    assert members.tonnes[at["carrier"]] == members.claim_cny[at["landlord"]] == 0.0
    assert members.bare == (at["idle"],)
    alone = group_scenario(pooled, members, [at[NAMES[1]]])
    assert {site.status for site in alone.sites} == {"forbidden"}
    served = group_scenario(pooled, members, [at[NAMES[1]], at["carrier"]])
    assert {site.status for site in served.sites} == {"candidate"}
    assert served.routing.collection_vehicles == pooled.routing.collection_vehicles


def test_a_depot_and_its_trucks_are_worth_nothing_apart(pooled: Scenario) -> None:
    """Alone the landlord pays the upkeep and the carrier nothing; produce without trucks goes today's way."""
    members, floor = members_of(pooled, owners=True), lay_floor(pooled)
    at = {name: members.names.index(name) for name in members.names}
    upkeep = standing_cny(pooled)[pooled.depot_types[0].id]  # staff, upkeep, standby
    effort = GroupEffort(0.02)
    assert cost_of(floor, members, 1 << at["landlord"], (), effort).cost_cny == upkeep
    assert cost_of(floor, members, 1 << at["carrier"], (), effort).cost_cny == 0.0
    grower = 1 << at[NAMES[1]]
    alone = cost_of(floor, members, grower, (), effort)
    assert alone.annual_cny["collection"] == alone.annual_cny["operation"] == 0.0
    both = cost_of(floor, members, grower | 1 << at["landlord"], (), effort)
    assert both.cost_cny == pytest.approx(alone.cost_cny + upkeep)
    assert sum(both.annual_cny.values()) == pytest.approx(both.cost_cny)


def test_lanes_follow_the_trucks_of_a_group(county: Scenario) -> None:
    """Without the slow truck of another member the line haul is faster, as if the county had no such truck."""
    slow = county.vehicle(county.routing.line_haul_vehicles[0])
    slow = slow.model_copy(update={"id": "slow", "owner": "carrier", "speed_factor": 0.3})
    routing = county.routing.model_copy(update={"line_haul_vehicles": (*county.routing.line_haul_vehicles, "slow")})
    mixed = replace(county, vehicles=(*county.vehicles, slow), routing=routing)
    members = members_of(mixed, owners=True)
    group = group_scenario(mixed, members, [members.names.index(NAMES[1])])
    assert group.routing.line_haul_vehicles == county.routing.line_haul_vehicles
    picked, afresh = lay_floor(mixed).part(group), lay_ground(group, Options.quickly())
    np.testing.assert_allclose(picked.basis.lanes.loss, afresh.basis.lanes.loss, atol=1e-9)


def test_unions_of_members(county: Scenario) -> None:
    """Members of one county bargain as one; a member in two counties is named."""
    east = [v.model_copy(update={"county": "E" if v.cooperative == NAMES[0] else "W"}) for v in county.villages]
    members = members_of(replace(county, villages=tuple(east)), unions="county")
    told = {frozenset(members.names[i] for i in union) for union in members.unions}
    assert told == {frozenset({NAMES[0]}), frozenset(NAMES[1:])}
    torn = (east[1].model_copy(update={"county": "N"}), *east[2:])
    with pytest.raises(BadInputError, match=r"villages.csv, county = \"<west>\": lies in several unions: N, W"):
        members_of(replace(county, villages=(east[0], *torn)), unions="county")


def test_fund_by_tonnes_and_by_value(county: Scenario) -> None:
    """One per cent of the sales goes back in fen that add up; by value a dear crop weighs more."""
    half = [v.model_copy(update={"county": "E" if n < 6 else "W"}) for n, v in enumerate(county.villages)]
    scenario = replace(county, villages=tuple(half))
    tonnes = scenario.harvest_t.sum(axis=(1, 2))
    fen = county_fund(scenario, 1_000_000.0, 0.01, "tonnes")
    assert sum(fen.values()) == 1_000_000
    assert fen["E"] == pytest.approx(1e6 * tonnes[:6].sum() / tonnes.sum(), abs=1)
    price = np.array([crop.price_cny_kg for crop in scenario.commodities])
    value = scenario.harvest_t.sum(axis=2) @ price
    assert county_fund(scenario, 1e6, 0.01)["W"] == pytest.approx(1e6 * value[6:].sum() / value.sum(), abs=1)
    both = county_fund(scenario, 1e6, 0.01, "tonnes", taxes_cny=40_000.0, tax_share=0.5)
    assert sum(both.values()) == 3_000_000
    assert both["W"] == pytest.approx(3 * fen["W"], abs=3)
    assert county_fund(scenario, 0.0, 0.0, "tonnes", taxes_cny=20_000.0, tax_share=0.5) == fen


def test_group_plans_with_its_own(county: Scenario) -> None:
    """A group has the villages, sites and claims of its members; pots follow the harvest; no site: none to build."""
    pots = county.subsidy.model_copy(update={"pot_by_county_cny": {county.villages[0].county: 1000.0}})
    county = replace(county, subsidy=pots)
    members = members_of(county)
    east = members.names.index(NAMES[0])
    alone = group_scenario(county, members, [east])
    assert {v.cooperative for v in alone.villages} == {NAMES[0]}
    assert [s.owner for s in alone.sites] == [NAMES[0]]
    assert alone.siting.budget_cny == pytest.approx(members.claim_cny[east])
    share = members.tonnes[east] / members.tonnes.sum()
    assert sum(alone.subsidy.pot_by_county_cny.values()) == pytest.approx(1000.0 * share)
    idle = group_scenario(county, members, [members.names.index("idle")])
    assert [(s.status, s.existing) for s in idle.sites] == [("forbidden", "")]
    whole = group_scenario(county, members, [0, 1, 2])
    assert (len(whole.villages), len(whole.sites)) == (12, len(county.sites))
    assert whole.siting.budget_cny == pytest.approx(county.siting.budget_cny)


def quick_plan(
    floor: Ground, scenario: Scenario, mask: int, parts: Sequence[Modules], effort: GroupEffort, *, free: bool
) -> GroupCost:
    """Stand in for the planner: a fixed cost for each group and something for each tonne."""
    tonnes = float(scenario.harvest_t.sum())
    assert free or parts
    assert len(floor.scenario.villages) >= len(scenario.villages)
    paid = ("collection", "line_haul", "operation", "energy", "capital")
    annual = {"handling": 0.0, "overflow": 0.0} | dict.fromkeys(paid, 100.0 + effort.seed)
    cost = 500.0 + 5 * effort.seed + tonnes
    return GroupCost(
        mask,
        cost,
        cost - effort.work,
        {**annual, "loss": tonnes},
        tonnes / 9,
        tonnes,
        ({scenario.sites[0].id: [1] + [0] * (len(scenario.depot_types) - 1)},),
    )


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plan with the stand-in."""
    monkeypatch.setattr("coldchain.settlement.costing._planned", quick_plan)


@pytest.mark.slow
def test_plans_side_by_side(county: Scenario, tmp_path: Path) -> None:
    """Two processes give every group its plan."""
    costs = cost_table(county, members_of(county), GroupEffort(1.0), tmp_path)
    assert [cost.mask for cost in costs] == list(range(1, 8))
    assert all(cost.cost_cny >= cost.bound_cny >= 0 for cost in costs)


@pytest.mark.usefixtures("quick")
def test_group_plans_are_kept(county: Scenario, tmp_path: Path) -> None:
    """Two runs give the same table, the second without planning; a member without produce costs nothing."""
    members = members_of(county)
    effort = GroupEffort(1.0, processes=1)
    said: list[Event] = []
    costs = cost_table(county, members, effort, tmp_path, said.append)
    assert [cost.mask for cost in costs] == list(range(1, 8))
    idle = members.names.index("idle")
    assert costs[(1 << idle) - 1].cost_cny == 0.0
    assert all(cost.bound_cny <= cost.cost_cny for cost in costs)
    assert all(sum(cost.annual_cny.values()) == pytest.approx(cost.cost_cny) for cost in costs)
    broken = next(tmp_path.glob("*/3.json"))
    broken.write_text('{"mask": 3', encoding="utf-8")
    again: list[Event] = []
    kept = cost_table(county, members, effort, tmp_path, again.append)
    assert again[0] == Event(Stage.GROUPS_KNOWN, done=6, of=7)
    assert [c for c in kept if c.mask != 3] == [c for c in costs if c.mask != 3]
    assert fingerprint(county, members, effort) != fingerprint(county, members, replace(effort, seed=1))


@pytest.mark.slow
def test_a_group_starts_from_its_parts(county: Scenario) -> None:
    """Two members together pay no more than apart by their real plans, and build on sites of theirs."""
    members = members_of(county)
    pair = [1 << members.names.index(name) for name in NAMES[:2]]
    floor = lay_floor(county)
    alone = [cost_of(floor, members, mask, (), GroupEffort(0.02)) for mask in pair]
    beside = {**alone[0].starts[0], **alone[1].starts[0]}
    joint = cost_of(floor, members, sum(pair), (beside,), GroupEffort(0.02))
    assert joint.cost_cny <= 1.001 * (alone[0].cost_cny + alone[1].cost_cny)
    assert joint.harvest_t == pytest.approx(county.harvest_t.sum())
    assert joint.bound_cny <= joint.cost_cny
    assert all(sum(cost.annual_cny.values()) == pytest.approx(cost.cost_cny) for cost in (*alone, joint))
    assert set(joint.starts[0]) <= {site.id for site in county.sites}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 30), min_size=15, max_size=15), st.sets(st.integers(0, 3)))
def test_consistent_costs(figures: list[int], bare: set[int]) -> None:
    """Afterwards no group costs more than any split of it, nor than with a bare member more; none was raised."""
    costs = np.array([0.0, *figures])
    closed = consistent(costs, tuple(bare)).costs
    assert (closed <= costs).all()
    for s in range(1, 16):
        part = s
        while part:
            assert closed[s] <= closed[part] + closed[s ^ part] + 1e-9
            part = (part - 1) & s
        for i in bare:
            assert closed[s] <= closed[s | 1 << i] + 1e-9
    assert consistent(closed, tuple(bare)).split == 0


def test_corrections_are_counted() -> None:
    """One joint plan dearer than its parts, one dearer than with a member more."""
    told = consistent(np.array([0.0, 4, 5, 10]))
    assert (told.costs.tolist(), told.split, told.shrunk) == ([0, 4, 5, 9], 1, 0)
    assert told.largest == pytest.approx(0.1)
    told = consistent(np.array([0.0, 8, 5, 7]), (1,))
    assert (told.costs.tolist(), told.split, told.shrunk) == ([0, 7, 5, 7], 0, 1)
    with pytest.raises(ValueError, match="at most 14 members"):
        consistent(np.zeros(1 << 15))


def test_who_pays_for_whom_to_stay() -> None:
    """By hand: a third member shares a fixed cost of 9; without it the others pay 4.5 each instead of 3."""
    game = cost_game(np.array([0.0, 9, 9, 9, 9, 9, 9, 9]))
    now = bills(game, ("shapley", "equal_profit"))
    told = if_leaves(game, 2, ("shapley", "equal_profit"), now)
    for rule in ("shapley", "equal_profit"):
        np.testing.assert_allclose(told.amounts[rule], [4.5, 4.5, 9.0], atol=1e-9)
        np.testing.assert_allclose(told.pays_to_keep[rule], [1.5, 1.5, 0.0], atol=1e-9)
        assert told.loses[rule] == pytest.approx(6.0)
    assert without(game, 0).players == ("m1", "m2")
    np.testing.assert_array_equal(without(game, 1).values, [0, 9, 9, 9])


def test_misreport_by_hand() -> None:
    """A tenth more of a cost that is all one's own raises the bill's share; understating lowers it."""
    game = replace(cost_game(np.array([0.0, 10, 10, 20])), volume=np.array([1.0, 1.0]))
    told = misreported(game, 0, 0.1)
    assert told.values.tolist() == [0, 11, 10, 21]
    gain = gain_of_misreport(game, told, ("volume", "shapley"), bills(game, ("volume", "shapley")))
    assert gain["volume"][0] == pytest.approx(10 - 20 * 1.1 / 2.1)
    assert gain["shapley"][0] == pytest.approx(10 - 11 * 20 / 21)
    lower = gain_of_misreport(game, misreported(game, 0, -0.1), ("shapley",), bills(game, ("shapley",)))
    assert lower["shapley"][0] == pytest.approx(10 - 9 * 20 / 19)


def test_bands_hold_the_bill_and_vanish_without_a_gap() -> None:
    """With proven costs there is no band; with a gap the bill lies inside and lower costs lie below."""
    costs = routing_costs(4, 1)
    game = cost_game(costs)
    now = {"shapley": shapley(costs)}
    none = bands(game, costs, ("shapley",), now, tables=10)
    np.testing.assert_allclose(none.high["shapley"] - none.low["shapley"], 0.0, atol=1e-12)
    some = bands(game, 0.9 * costs, ("shapley",), now, tables=40)
    assert (some.low["shapley"] < now["shapley"]).all()
    assert (some.high["shapley"] >= now["shapley"]).all()


def test_statement_adds_up_to_the_fen(settlement: Settlement) -> None:
    """Bills add up to the joint cost, villages to their member's bill, and the idle member pays nothing."""
    fen = fen_bills(settlement)
    assert sum(fen) == 150000
    told = [member_statement(settlement, i, fen) for i in range(3)]
    for statement, bill in zip(told, fen, strict=True):
        assert sum(village["bill_fen"] for village in statement["villages"]) == statement["bill_fen"] == bill
        assert statement["band_cny"][0] <= statement["bill_cny"] + 0.01
        assert statement["saving_cny"] == pytest.approx(statement["alone_cny"] - bill / 100, abs=0.006)
    idle = settlement.game.players.index("idle")
    assert fen[idle] == 0
    assert told[idle]["totals"]["bill_fen"] == 150000
    shares = [s["saving_share"] for i, s in enumerate(told) if i != idle]
    assert shares[0] == pytest.approx(shares[1], abs=1e-4)


def test_a_member_sees_nobody_else(settlement: Settlement, tmp_path: Path) -> None:
    """No other member's name, and no other bill, stands in a member's files; names are escaped in pages."""
    told = write_settlement(settlement, tmp_path)
    assert told["totals"]["bill_fen"] == 150000
    folders = sorted((tmp_path / "members").iterdir())
    assert len(folders) == 3
    for i, folder in enumerate(folders):
        texts = [path.read_text(encoding="utf-8-sig") for path in sorted(folder.iterdir())]
        assert len(texts) == 3
        others = [name for name in settlement.game.players if name != settlement.game.players[i]]
        shown = [name.replace("<", "&lt;").replace(">", "&gt;") for name in others]
        assert not any(name in text for text in texts for name in (*others, *shown))
    page = (tmp_path / "settlement.html").read_text(encoding="utf-8")
    assert "&lt;west&gt;" in page
    assert "<west>" not in page
    assert "联合社, 东" in page
    assert "http" not in page
    rows = list(csv.reader((tmp_path / "bills.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert [row[0] for row in rows[1:]] == list(settlement.game.players)
    assert sum(round(float(row[2]) * 100) for row in rows[1:]) == 150000


def test_savings_are_disclosed_in_stages(settlement: Settlement, tmp_path: Path) -> None:
    """Pairs first: 1000.01 + 900 - 1500 saved; then all three; only groups one belongs to; withdrawn on request."""

    def rows(i: int) -> list[list[str]]:
        folder = sorted((tmp_path / "members").iterdir())[i]
        return list(csv.reader((folder / "groups.csv").read_text(encoding="utf-8-sig").splitlines()))

    players = settlement.game.players
    idle = players.index("idle")
    write_settlement(settlement, tmp_path, disclose=2)
    for i in range(3):
        told = rows(i)
        assert told[0] == ["stage", "group", "saving_cny"]
        assert [row[0] for row in told[1:]] == ["2", "2"]
        assert all(players[i] in row[1] for row in told[1:])
        assert sorted(float(row[2]) for row in told[1:]) == ([0.0, 0.0] if i == idle else [0.0, 400.01])
    write_settlement(settlement, tmp_path, disclose=3)
    assert [row[0] for row in rows(0)[1:]] == ["2", "2", "3"]
    assert float(rows(0)[3][2]) == 400.01
    write_settlement(settlement, tmp_path)
    assert not list(tmp_path.glob("members/*/groups.csv"))


def test_overview_names_who_would_leave(settlement: Settlement) -> None:
    """Every rule has its verdict; the totals hold savings and the hash."""
    told = overview(settlement)
    gone = told["if_leaves"][settlement.game.players.index(NAMES[0])]
    assert gone["plan_without_it"]["cost_cny"] == 1000.01
    assert gone["it_loses_cny"] == pytest.approx(900 - 1500 * 900 / 1900.01, abs=0.01)
    assert gone["others_pay_more"][NAMES[1]] == pytest.approx(1000.01 - 1500 * 1000.01 / 1900.01, abs=0.01)
    assert set(told["allocations"]) == set(told["stability"]) >= {"shapley", "nucleolus", "equal_profit", "volume"}
    assert told["totals"]["inputs_sha256"] == "0" * 64
    assert told["totals"]["saved"]["cost_cny"]["saved_share"] == pytest.approx(1 - 1500 / 1900.01)
    assert told["totals"]["holds"]
    json.dumps(told)


@pytest.mark.usefixtures("quick")
def test_share_of_a_scenario_at_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A scenario is planned group by group and settled; the second time its plans are at hand."""
    write_perishable(4, 5, tmp_path / "county")
    options = ["--members", "id", "--plan-seconds", "1", "--processes", "1", "--out", str(tmp_path / "out")]
    villages = (tmp_path / "county" / "villages.csv").read_text(encoding="utf-8-sig").splitlines()
    (tmp_path / "county" / "villages.csv").write_text("\n".join(villages[:3]) + "\n", encoding="utf-8")
    harvest = (tmp_path / "county" / "harvest.csv").read_text(encoding="utf-8-sig").splitlines()
    kept = [harvest[0], *(row for row in harvest if row.startswith(("V0001", "V0002")))]
    (tmp_path / "county" / "harvest.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    assert run(["share", str(tmp_path / "county"), *options, "--json", "-q"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["game"]["players"] == ["V0001", "V0002"]
    assert sum(told["fen"].values()) == told["totals"]["bill_fen"]
    assert run(["share", str(tmp_path / "county"), *options, "--rule", "shapley"]) == 0
    shown = capsys.readouterr()
    assert "3 of 3 group plans are at hand" in shown.err
    assert "bills follow shapley" in shown.out
    assert run(["share", str(tmp_path / "county"), *options, "--leaves", "V0002", "-q"]) == 0
    shown = capsys.readouterr()
    assert "without V0002 the others plan for" in shown.out
    assert "leaves: loses" in shown.out
    assert run(["share", str(tmp_path / "county"), *options, "--leaves", "V0009", "-q"]) == 3
    assert '--leaves = "V0009": must be a member: V0001, V0002; did you mean V0002' in capsys.readouterr().err
    assert run(["share", str(tmp_path / "county"), "--sales", "5e6", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["levy_fen"] == 5_000_000


@pytest.mark.usefixtures("quick")
def test_too_many_members(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Past thirty members nothing is planned, and the message says what to do; so does one without unions."""
    write_perishable(31, 5, tmp_path / "county")
    options = ["--out", str(tmp_path / "out"), "--plan-seconds", "1"]
    assert run(["share", str(tmp_path / "county"), "--members", "id", *options]) == 3
    assert "31 members are too many to share between; at most 30: join some into one" in capsys.readouterr().err
    assert run(["share", str(tmp_path / "county"), "--members", "county", "--rule", "owen", *options]) == 3
    assert '--rule = "owen": needs --unions COLUMN of the villages' in capsys.readouterr().err


@pytest.mark.slow
def test_floors_are_below_every_plan(county: Scenario) -> None:
    """No group of members plans for less than its floors together, and the floor of the idle member is nothing."""
    members, floor = members_of(county), lay_floor(county)
    floors = member_floors(floor, members)
    assert floors[members.names.index("idle")] == 0.0
    for mask in range(1, 8):
        planned = cost_of(floor, members, mask, (), GroupEffort(0.02))
        below = sum(floors[i] for i in range(3) if mask >> i & 1)
        assert below <= planned.cost_cny * (1 + 1e-9)
        assert below >= 0.3 * planned.cost_cny


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_fourteen_members_share_on_few_groups(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past twelve members single groups are planned; bills add up, and what no group can gain is stated."""
    monkeypatch.setattr("coldchain.settlement.many.member_floors", lambda _, members: members.tonnes)
    write_perishable(14, 5, tmp_path / "county")
    options = ["--members", "id", "--plan-seconds", "1", "--processes", "1", "--out", str(tmp_path / "out")]
    assert run(["share", str(tmp_path / "county"), *options, "--groups", "40", "--json", "-q"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["game"]["players"]) == 14
    assert told["totals"]["groups_planned"] <= 40
    assert sum(told["fen"].values()) == told["totals"]["bill_fen"]
    verdict = told["stability"]["equal_profit"]
    assert verdict["gain"] <= 1e-3 < verdict["proved_epsilon"]
    low, high = told["bands"]["equal_profit"]
    bill = list(told["allocations"]["equal_profit"].values())
    assert all(a <= b <= c for a, b, c in zip(low, bill, high, strict=True))
    assert len(list((tmp_path / "out" / "members").glob("*/statement.html"))) == 14
    assert "已证明任何小组" in (tmp_path / "out" / "settlement.html").read_text(encoding="utf-8")
    assert run(["share", str(tmp_path / "county"), *options, "--rule", "volume", "-q"]) == 0
    assert "proved: no group whatever gains more than" in capsys.readouterr().out
    assert run(["share", str(tmp_path / "county"), *options, "--rule", "nucleolus", "-q"]) == 3
    assert '"nucleolus": needs the plans of all 16,383 groups; with 14 members one of' in capsys.readouterr().err
    assert run(["share", str(tmp_path / "county"), *options, "--rule", "shapley", "--json", "-q"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rule"] == "shapley"
    assert set(told["standard_error_cny"]) == set(told["fen"])
    share = [alone - 500 * 13 / 14 for alone in told["alone_cny"].values()]  # a fixed cost of 500 for every group
    assert list(told["allocations"]["shapley"].values()) == pytest.approx(share, abs=500)
    assert sum(told["fen"].values()) == told["totals"]["bill_fen"]
    assert run(["share", str(tmp_path / "county"), *options, "--leaves", "V0001", "-q"]) == 0
    assert "without V0001 the others plan for" in capsys.readouterr().out
    told = json.loads((tmp_path / "out" / "settlement.json").read_text(encoding="utf-8"))
    first = told["if_leaves"][0]
    alone, bill = told["alone_cny"]["V0001"], told["allocations"]["equal_profit"]["V0001"]
    assert first["it_loses_cny"] == pytest.approx(alone - bill, abs=0.02)
    assert sum(first["bills"].values()) == pytest.approx(alone + first["plan_without_it"]["cost_cny"], abs=0.1)
    assert run(["share", str(tmp_path / "county"), *options, "--leaves", "nobody", "-q"]) == 3
    assert '--leaves = "nobody": must be a member: V0001' in capsys.readouterr().err


@pytest.mark.parametrize("seed", range(4))
def test_what_members_ask_as_in_the_full_table(seed: int) -> None:
    """With every group known, bills after a leaving and gains from lying are those of the full table."""
    volume = np.arange(1.0, 6.0)
    game = replace(cost_game(routing_costs(5, seed)), volume=volume)
    known = dict(enumerate(game.values.tolist()))
    del known[0]
    now = bills(game, ASKED_RULES)
    for member in range(5):
        left, want = leaving_known(known, member, volume, now), if_leaves(game, member, ASKED_RULES, now)
        lies = lying_known(known, member, 0.1, volume, now)
        truth = gain_of_misreport(game, misreported(game, member, 0.1), ASKED_RULES, now)
        for rule in ASKED_RULES:
            np.testing.assert_allclose(left.amounts[rule], want.amounts[rule], atol=1e-6, err_msg=rule)
            np.testing.assert_allclose(left.pays_to_keep[rule], want.pays_to_keep[rule], atol=1e-6)
            assert left.loses[rule] == pytest.approx(want.loses[rule], abs=1e-6)
            assert lies[rule] == pytest.approx(truth[rule][member], abs=1e-6), rule


def test_equal_profit_of_known_groups() -> None:
    """With all groups known it is the point of the full table; an empty core has its least epsilon."""
    costs = routing_costs(6, 2)
    known = dict(enumerate(costs.tolist()))
    del known[0]
    np.testing.assert_allclose(equal_profit_known(known, 6), equal_profit(cost_game(costs)), atol=1e-8)
    assert least_epsilon_known(known, 6) == pytest.approx(0.0, abs=1e-9)
    empty = dict(zip(range(1, 8), [3.0, 3, 3, 3, 3, 3, 6], strict=True))
    assert least_epsilon_known(empty, 3) == pytest.approx(1.0)
