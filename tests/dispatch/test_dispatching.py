"""The day's dispatch on a county small enough to work out by hand: hours, money, losses, windows, fleets, starts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from dispatching_cases import line_county, order, routed, table, write_table
from planned import saved

from coldchain.cli import run
from coldchain.dispatch.clock import clock, months_of, period_of
from coldchain.dispatch.dispatch import DispatchRequest, dispatch
from coldchain.dispatch.headings import ORDERS, heading_of
from coldchain.dispatch.orders import TEMPLATE
from coldchain.errors import UsageError
from coldchain.model import Period, cooling_class
from coldchain.model.packaging import packed
from coldchain.planning import Plan
from coldchain.scenario import load
from coldchain.spoilage import age, cold_stages, worn_loss
from coldchain.spoilage.kinetics import wear_per_h


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return line_county(tmp_path_factory.mktemp("dispatching") / "county")


def test_the_typical_day_by_hand(county: Path, tmp_path: Path) -> None:
    """One truck: out to B (500 kg), back through A (400 kg); hours, money and losses are those of pencil and paper."""
    summary = routed(county, tmp_path / "day", "--day", "warm")
    tour, stops = table(tmp_path / "day", "tours").iloc[0], table(tmp_path / "day", "stops")
    assert list(stops["village"]) == ["B", "A"]
    assert list(stops["kg"]) == pytest.approx([500.0, 400.0])
    assert list(stops["start_h"]) == pytest.approx([9.5, 9.5 + 0.175 + 1.0])  # ready at 8:00 + 1.5 h; 0.1 + 0.15 · t
    assert list(stops["arrive"]) == ["09:30", "10:40"]
    assert list(stops["aboard_h"]) == pytest.approx([1.0 + 0.16 + 1.0, 1.0])
    assert (tour["leave"], tour["back"]) == ("07:30", "11:50")
    assert tour["hours"] == pytest.approx(4.0 + 0.175 + 0.16 + 0.25)
    assert tour["cost_cny"] == pytest.approx(60 + 1.3 * 120 + 30 * 4.585)
    assert summary["cost_cny"]["vehicles"] == pytest.approx(353.55)
    assert (summary["vehicles"], summary["trips"], summary["km"]) == (1, 1, pytest.approx(120.0))
    assert summary["orders"] == {"count": 2, "kg": 900.0, "served_kg": 900.0, "unserved_kg": 0.0}


def test_expected_loss_by_hand(county: Path, tmp_path: Path) -> None:
    """At 20 °C B's lot ages 4.075 h from harvest to the dock's next quarter of an hour, then it is in the cold."""
    routed(county, tmp_path / "day", "--day", "warm")
    lots = table(tmp_path / "day", "lots").set_index("village")
    scenario, _ = load(county)
    crop = next(crop for crop in scenario.commodities if crop.id == "tomato")
    period, chain = scenario.periods[0], scenario.chain
    kind = next(kind for kind in scenario.depot_types if kind.id == "cool_forced_air_500")
    cold = cold_stages(chain, cooling_class(kind), scenario.hubs[0], (1.0 / 0.9, None), crop)
    own = packed(crop, planned=True)
    worn = wear_per_h(own, 20.0, period.humidity) * (12.25 - 8.175) + age(own, period, 12.25, cold).worn[-1]
    assert lots.loc["B", "harvest_h"] == pytest.approx(9.675 - 1.5)
    assert lots.loc["B", "loss_share"] == pytest.approx(float(worn_loss(own, worn, chain.planned_transfers)), rel=1e-9)
    assert lots.loc["B", "loss_kg"] == pytest.approx(500.0 * lots.loc["B", "loss_share"])
    assert lots.loc["B", "loss_cny"] == pytest.approx(lots.loc["B", "loss_kg"] * crop.price_cny_kg)


def test_a_ready_hour_starts_the_clock(county: Path, tmp_path: Path) -> None:
    """With ready hours lots wait and spoil until they are fetched: harvest 1.5 h before, loading never earlier."""
    orders = write_table(tmp_path / "o.csv", [order("1", "A", ready="07:15"), order("2", "B", ready="08:00")])
    summary = routed(county, tmp_path / "day", "--day", "warm", "--orders", str(orders))
    lots, stops = table(tmp_path / "day", "lots").set_index("order"), table(tmp_path / "day", "stops")
    assert summary["day"]["counted_from"] == "ready"
    assert dict(lots["harvest_h"]) == {"1": 5.75, "2": 6.5}
    assert stops.set_index("village")["start_h"].ge([8.0 if v == "B" else 7.25 for v in stops["village"]]).all()


def test_lots_of_one_village_are_one_stop(county: Path, tmp_path: Path) -> None:
    """Three lots of one village and hour are one halt; the lots keep their kilograms. All orders lie at one place."""
    rows = [order("1", "A", 100), order("2", "甲村", 200), order("3", "A", 0.3, "pak_choi")]
    rows = [{**row, "kg": "", "t": row["kg"]} if row["order"] == "3" else row for row in rows]
    summary = routed(county, tmp_path / "day", "--orders", str(write_table(tmp_path / "o.csv", rows)), "--day", "warm")
    lots = table(tmp_path / "day", "lots").set_index("order")
    assert (summary["stops"], summary["vehicles"]) == (1, 1)
    assert dict(lots["kg"]) == pytest.approx({"1": 100.0, "2": 200.0, "3": 300.0})
    assert dict(lots["zone"]) == {"1": "cool", "2": "cool", "3": "cold"}


def test_a_load_larger_than_the_truck_is_split(county: Path, tmp_path: Path) -> None:
    """Four tonnes need three trucks of 1.5 t; the lot's parts add up."""
    orders = write_table(tmp_path / "o.csv", [order("1", "A", 4000)])
    summary = routed(county, tmp_path / "day", "--orders", str(orders), "--day", "warm")
    assert summary["vehicles"] == 3
    assert table(tmp_path / "day", "lots")["kg"].sum() == pytest.approx(4000)
    assert summary["orders"]["unserved_kg"] == 0


def test_one_order_and_none(county: Path, tmp_path: Path) -> None:
    """One order is one tour; a season without harvest is an empty day, written and verified all the same."""
    orders = write_table(tmp_path / "o.csv", [order("1", "B")])
    assert routed(county, tmp_path / "one", "--orders", str(orders), "--day", "warm")["stops"] == 1
    summary = routed(county, tmp_path / "none", "--day", "dead")
    assert (summary["orders"]["count"], summary["vehicles"], summary["status"]) == (0, 0, "feasible")
    assert run(["verify", str(tmp_path / "one")]) == 0
    assert run(["verify", str(tmp_path / "none")]) == 0


def test_several_trips_and_unserved_lots(county: Path, tmp_path: Path) -> None:
    """One truck with two trips fetches two of three full loads; the third stays, for want of vehicles."""
    fleet = write_table(tmp_path / "f.csv", [{"车型": "light_truck", "车牌号": "湘U1", "数量": 1, "趟数": 2}])
    orders = write_table(tmp_path / "o.csv", [order(str(n), "A", 1500) for n in range(3)])
    options = ("--orders", str(orders), "--fleet", str(fleet), "--day", "warm")
    summary = routed(county, tmp_path / "day", *options)
    assert (summary["vehicles"], summary["trips"], summary["orders"]["unserved_kg"]) == (1, 2, 1500.0)
    assert {row["cause"] for row in summary["unserved"]} == {"fleet"}
    assert table(tmp_path / "day", "tours")["vehicle"].tolist() == ["湘U1"]
    assert run(["verify", str(tmp_path / "day")]) == 0


def test_a_window_that_cannot_be_met(county: Path, tmp_path: Path) -> None:
    """The depot opens at eight and B is two hours away: a lot that waits until nine stays, with the hours said."""
    orders = write_table(tmp_path / "o.csv", [order("1", "B", until="09:00"), order("2", "A")])
    options = ("--orders", str(orders), "--day", "warm", "--depot-hours", "08:00-20:00")
    left = routed(county, tmp_path / "day", *options)["unserved"]
    assert [(row["order"], row["cause"]) for row in left] == [("1", "window")]
    assert "10:00" in left[0]["detail"]
    assert "09:00" in left[0]["detail"]


def test_an_optional_lot_stays_when_it_is_not_worth_it(county: Path, tmp_path: Path) -> None:
    """A lot worth 5 CNY stays where the truck alone costs hundreds; the same lot without a value is fetched."""
    orders = write_table(tmp_path / "o.csv", [order("1", "A"), order("2", "B", 100, value_cny=5)])
    left = routed(county, tmp_path / "day", "--orders", str(orders), "--day", "warm")["unserved"]
    assert [(row["order"], row["cause"], row["kg"]) for row in left] == [("2", "not_worth", 100.0)]


def test_regimes_do_not_mix(county: Path, tmp_path: Path) -> None:
    """Two small lots that share no regime need two trips; with one in common they ride together."""
    rows = [order("1", "A", 50, regime="cold"), order("2", "B", 50, regime="cool")]
    apart = routed(county, tmp_path / "a", "--orders", str(write_table(tmp_path / "o.csv", rows)), "--day", "warm")
    rows[0]["regime"] = "cold;cool"
    joint = routed(county, tmp_path / "b", "--orders", str(write_table(tmp_path / "p.csv", rows)), "--day", "warm")
    assert (apart["trips"], joint["trips"]) == (2, 1)


def test_a_reefer_keeps_what_is_cool(tmp_path: Path) -> None:
    """Loaded in the cool of the morning, a lot loses less in a reefer than in the open through a hot forenoon."""
    county = line_county(tmp_path / "county")
    periods = (county / "periods.csv").read_text(encoding="utf-8-sig").splitlines()
    cells = dict(zip(periods[0].split(","), periods[1].split(","), strict=True))
    cells |= {f"t{n:02d}_c": str(12.0 + 2.0 * max(n - 7, 0)) if n < 15 else "28" for n in range(24)}
    (county / "periods.csv").write_text("\n".join([periods[0], ",".join(cells.values()), periods[2]]), encoding="utf-8")
    orders = write_table(tmp_path / "o.csv", [order("1", "B", ready="08:00")])
    shares = []
    for kind in ("light_truck", "insulated_4m2", "reefer_4m2"):
        fleet = write_table(tmp_path / f"{kind}.csv", [{"vehicle": kind, "count": 1}])
        options = ("--orders", str(orders), "--fleet", str(fleet), "--day", "warm")
        routed(county, tmp_path / kind, *options)
        shares.append(float(table(tmp_path / kind, "lots")["loss_share"].iloc[0]))
        assert run(["verify", str(tmp_path / kind)]) == 0
    assert shares[2] < shares[1] < shares[0]


def test_capacity_of_the_day(tmp_path: Path) -> None:
    """A depot of 7 t a day is offered 9 t of the kind: two stay, with the depot as the cause."""
    county = line_county(tmp_path / "county", existing="cool_forced_air_200:1")
    orders = write_table(tmp_path / "o.csv", [order("1", "A", 5000), order("2", "B", 4000)])
    summary = routed(county, tmp_path / "day", "--orders", str(orders), "--day", "warm")
    assert summary["orders"]["served_kg"] == pytest.approx(7000.0)
    assert {row["cause"] for row in summary["unserved"]} == {"depot"}
    assert run(["verify", str(tmp_path / "day")]) == 0


def test_vehicles_stand_at_their_depots(tmp_path: Path) -> None:
    """With the only truck at E, all goes the long way to E; a lot bound for D has no vehicle."""
    county = line_county(tmp_path / "county", {"siting": {"max_first_mile_h": 9.0}})
    sites = (county / "sites.csv").read_text(encoding="utf-8-sig").replace("candidate,", "existing,cool_room_500:1")
    (county / "sites.csv").write_text(sites, encoding="utf-8")
    fleet = write_table(tmp_path / "f.csv", [{"vehicle": "light_truck", "depot": "E", "count": 2}])
    orders = write_table(tmp_path / "o.csv", [order("1", "A"), order("2", "A", depot="D")])
    summary = routed(county, tmp_path / "day", "--orders", str(orders), "--fleet", str(fleet), "--day", "warm")
    assert set(table(tmp_path / "day", "tours")["depot"]) == {"E"}
    assert [(row["order"], row["cause"]) for row in summary["unserved"]] == [("2", "fleet")]
    assert run(["verify", str(tmp_path / "day")]) == 0


def test_any_depot_may_be_better(tmp_path: Path) -> None:
    """Of two depots the near one is chosen; naming the far one sends the lot there."""
    county = line_county(tmp_path / "county", {"siting": {"max_first_mile_h": 9.0}})
    sites = (
        (county / "sites.csv").read_text(encoding="utf-8-sig").replace("candidate,", "existing,cool_forced_air_500:1")
    )
    (county / "sites.csv").write_text(sites, encoding="utf-8")
    orders = write_table(tmp_path / "o.csv", [order("1", "A", 1500), order("2", "B", 1500, depot="E")])
    routed(county, tmp_path / "day", "--orders", str(orders), "--day", "warm")
    assert dict(table(tmp_path / "day", "lots").set_index("order")["depot"]) == {"1": "D", "2": "E"}


def test_a_start_is_kept_and_never_ends_worse(county: Path, tmp_path: Path) -> None:
    """From yesterday's tours without one iteration: the same tours; orders gone drop out, new ones come in."""
    rows = [order("1", "A", 900), order("2", "B", 900), order("3", "B", 2000)]
    first = routed(county, tmp_path / "y", "--orders", str(write_table(tmp_path / "y.csv", rows)), "--day", "warm")
    options = ("--orders", str(tmp_path / "y.csv"), "--day", "warm", "--start-from", str(tmp_path / "y"))
    again = routed(county, tmp_path / "t", *options, iterations=0)
    assert again["objective"]["value"] == pytest.approx(first["objective"]["value"], rel=1e-12)
    today = write_table(tmp_path / "t.csv", [order("9", "A", 700)])
    file = tmp_path / "y" / "tables" / "stops.csv"
    options = ("--orders", str(today), "--day", "warm", "--start-from", str(file))
    assert routed(county, tmp_path / "u", *options, iterations=0)["stops"] == 1


def test_locked_tours_are_driven_as_they_stand(county: Path, tmp_path: Path) -> None:
    """A locked tour calls at A first, though B first is cheaper; its vehicle and order of halts are kept."""
    lock = write_table(
        tmp_path / "l.csv",
        [{"tour": "x", "vehicle": "light_truck", "depot": "D", "village": key} for key in ("A", "B")],
    )
    summary = routed(county, tmp_path / "day", "--day", "warm", "--locked", str(lock))
    stops = table(tmp_path / "day", "stops")
    assert list(stops["village"]) == ["A", "B"]
    assert table(tmp_path / "day", "tours")["locked"].tolist() == ["True"]
    assert any("breaks a limit: " in text and "A) is aboard" in text for text in summary["warnings"])
    assert run(["verify", str(tmp_path / "day")]) == 0


def test_sequences_stay_together(tmp_path: Path) -> None:
    """Halts of one sequence are driven one right after the other, in its order, by whichever vehicle."""
    lock = write_table(tmp_path / "l.csv", [{"village": key, "locked": "s"} for key in ("A", "B")])
    orders = write_table(tmp_path / "o.csv", [order("1", "A", 300), order("2", "B", 300)])
    sections = {"siting": {"max_first_mile_h": 6.0}}
    slow = line_county(tmp_path / "slow", sections)
    routed(slow, tmp_path / "day", "--day", "warm", "--orders", str(orders), "--locked", str(lock))
    stops = table(tmp_path / "day", "stops")
    assert list(stops["village"]) == ["A", "B"]
    assert list(stops["locked"]) == ["s", "s"]


def test_equal_seeds_give_equal_tours_and_a_stop_keeps_the_best(county: Path, tmp_path: Path) -> None:
    """Twice the same seed: the same tables; asked to stop at once, the day still has its tours."""
    texts = []
    for name in ("a", "b"):
        routed(county, tmp_path / name, "--day", "warm", "--seed", "3")
        texts.append((tmp_path / name / "tables" / "stops.csv").read_bytes())
    assert texts[0] == texts[1]
    made = dispatch(DispatchRequest(county, day="warm", time_limit_s=60.0, stop=lambda: True))
    assert made.interrupted
    assert len(made.result.tours) == 1


def test_the_other_engine(county: Path, tmp_path: Path) -> None:
    """OR-Tools finds the same tour; where it cannot express the day it says why."""
    summary = routed(county, tmp_path / "day", "--day", "warm", "--engine", "ortools")
    assert summary["cost_cny"]["vehicles"] == pytest.approx(353.55)
    orders = write_table(tmp_path / "o.csv", [order("1", "A", ready="08:00")])
    wish = DispatchRequest(county, orders=orders, day="warm", engine="ortools", iterations=5)
    with pytest.raises(UsageError, match="the engine ortools cannot express time windows"):
        dispatch(wish)


def test_a_plan_is_routed_as_planned(small_plan: Plan, tmp_path: Path) -> None:
    """Of a written plan the typical day is what the assignment sends to each depot, and it verifies."""
    folder = small_plan.scenario.folder
    saved(small_plan, tmp_path / "run", {"scenario": str(folder), "variant": "base"})
    summary = routed(tmp_path / "run", tmp_path / "day", "--day", "summer")
    assignment, daily = small_plan.tables["assignment"], small_plan.scenario.daily_t[:, :, 1]
    villages = {village.id: n for n, village in enumerate(small_plan.scenario.villages)}
    crops = {crop.id: n for n, crop in enumerate(small_plan.scenario.commodities)}
    kg = [
        daily[villages[row["village"]], crops[row["commodity"]]] * row["share"] * 1000.0
        for row in assignment.to_dict("records")
    ]
    assert summary["orders"]["kg"] == pytest.approx(sum(kg))
    received = table(tmp_path / "day", "depots").set_index("depot")["received_kg"]
    assert dict(received) == pytest.approx(
        dict(assignment.assign(kg=kg).groupby("depot")["kg"].sum().reindex(received.index))
    )
    assert run(["verify", str(tmp_path / "day")]) == 0


def test_the_template_comes_back_as_orders(county: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The written template routes as it is, and is never written over."""
    template = tmp_path / "orders.csv"
    assert run(["routes", str(county), "--day", "warm", "--write-orders", str(template)]) == 0
    summary = routed(county, tmp_path / "day", "--orders", str(template), "--day", "warm")
    assert summary["orders"]["kg"] == pytest.approx(900.0)
    assert run(["routes", str(county), "--day", "warm", "--write-orders", str(template)]) == 2
    assert "exists already" in capsys.readouterr().err


def test_the_template_in_chinese_comes_back_too(county: Path, tmp_path: Path) -> None:
    """Headings and crops are Chinese where Chinese is spoken, and are read as they were written."""
    template = tmp_path / "订单.csv"
    assert run(["routes", str(county), "--day", "warm", "--write-orders", str(template), "--lang", "zh"]) == 0
    assert template.read_text(encoding="utf-8-sig").startswith("订单号,村庄,品种,公斤")
    assert {heading_of(text, ORDERS)[0] for text in TEMPLATE.values()} == set(TEMPLATE)
    summary = routed(county, tmp_path / "day", "--orders", str(template), "--day", "warm")
    assert summary["orders"]["kg"] == pytest.approx(900.0)


@pytest.mark.parametrize(
    ("language", "sheet", "existing", "day"), [("en", "sites", "existing", "夏季"), ("zh", "候选点", "已建", "summer")]
)
def test_a_workbook_is_routed(tmp_path: Path, language: str, sheet: str, existing: str, day: str) -> None:
    """Where a depot stands, the workbook of `init` gives a day's routes that verify; seasons go by either language."""
    assert run(["init", str(tmp_path / "county"), "--workbook", "--lang", language]) == 0
    path = tmp_path / "county" / "county.xlsx"
    book = openpyxl.load_workbook(path)
    book[sheet]["H2"], book[sheet]["I2"] = existing, "cold_forced_air_500:1"
    book.save(path)
    template = tmp_path / "orders.csv"
    assert run(["routes", str(path), "--day", day, "--write-orders", str(template), "--lang", language]) == 0
    summary = routed(path, tmp_path / "day", "--orders", str(template), "--day", day)
    assert summary["orders"]["served_kg"] > 0
    assert set(table(tmp_path / "day", "tours")["depot"]) == {"T001"}
    assert run(["verify", str(tmp_path / "day")]) == 0
    assert run(["routes", str(path), "--start-from", str(tmp_path / "day"), "--day", day, "--orders", str(template),
                "--out", str(tmp_path / "again")]) == 0  # fmt: skip


def test_a_workbook_without_depots_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The workbook of `init` has no depot yet: the error says so, and to plan first."""
    assert run(["init", str(tmp_path / "county"), "--workbook"]) == 0
    assert run(["routes", str(tmp_path / "county" / "county.xlsx"), "--out", str(tmp_path / "day")]) == 3
    assert "run `coldchain plan` first and name its folder here" in capsys.readouterr().err


def test_json_is_the_summary(county: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json stdout is the object of routes.json and nothing else."""
    capsys.readouterr()
    summary = routed(county, tmp_path / "day", "--day", "warm", "--json")
    assert json.loads(capsys.readouterr().out) == summary
    assert summary["schema"] == "coldchain.routes/1"
    assert summary["aboard_h"] == {"p50": pytest.approx(2.16), "max": pytest.approx(2.16)}


def test_days_and_periods() -> None:
    """A day is a period, a gathering day, or a date whose month a period tells of."""
    periods = [
        Period(id="spring", name="spring (Mar-May)", days=80, temp_min_c=10, temp_max_c=20),
        Period(id="冬季", name="冬季 11-2月", days=60, temp_min_c=2, temp_max_c=9),
    ]
    asked = ("spring", "81", "2026-04-02", "2026-01-31", "冬季")
    assert [period_of(periods, day) for day in asked] == [0, 1, 0, 1, 1]
    assert months_of(periods[1]) == (11, 12, 1, 2)
    with pytest.raises(UsageError, match="which of them has month 7"):
        period_of(periods, "2026-07-15")
    with pytest.raises(UsageError, match="from 1 to 140; got 141"):
        period_of(periods, "141")
    with pytest.raises(UsageError, match='got "soon"'):
        period_of(periods, "soon")


def test_clock_times_are_rounded_to_the_minute() -> None:
    """No time reads 08:60, whatever the fraction of the hour."""
    texts = [clock(hours) for hours in np.linspace(0.0, 47.99, 3001)]
    assert all(int(text[3:5]) < 60 and int(text[:2]) < 24 for text in texts)


def test_a_day_on_which_nothing_can_be_fetched_is_infeasible(
    county: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Depots open for a minute: all that must be fetched stays, the code is 4, the day is written and says so."""
    orders = write_table(tmp_path / "o.csv", [order("1", "A", 300), order("2", "B", 300)])
    asked = ["routes", str(county), "--orders", str(orders), "--day", "warm", "--depot-hours", "08:00-08:01"]
    assert run([*asked, "--out", str(tmp_path / "day")]) == 4
    said = capsys.readouterr().err
    assert "2 of 2 lots that must be fetched stay behind, 600 kg: 乙村 (B) 300 kg, 甲村 (A) 300 kg" in said
    assert "nothing that must be fetched can be fetched" in said
    assert (tmp_path / "day" / "routes.json").is_file()


def test_some_lots_that_stay_are_loud(county: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One lot cannot be ready in time: the day stands, with a warning that names it."""
    orders = write_table(tmp_path / "o.csv", [order("1", "A", 300), order("2", "B", 300, until="00:01")])
    asked = ["routes", str(county), "--orders", str(orders), "--day", "warm", "--depot-hours", "06:00-20:00"]
    assert run([*asked, "--out", str(tmp_path / "day")]) == 0
    assert "1 of 2 lots that must be fetched stays behind, 300 kg: 乙村 (B) 300 kg" in capsys.readouterr().err
