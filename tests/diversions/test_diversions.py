"""What to do for lots in danger: figures worked out by hand, the rest of the day kept, the day written anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from dispatching_cases import line_county, order, routed, table, write_table

from coldchain.cli import run
from coldchain.dispatch.tables import tables_of
from coldchain.diversions.desk import DayDispatcher
from coldchain.diversions.outlook import LotOutlook
from coldchain.diversions.proposals import REROUTE, ProposalTerms, proposals
from coldchain.spoilage import taken_off
from coldchain.telemetry.dayplan import read_day
from coldchain.telemetry.readings import MessageReader
from coldchain.telemetry.rules import AlarmRules
from coldchain.telemetry.store import ReadingStore
from coldchain.telemetry.watch import Setup, Watched, watched
from coldchain.telemetry.ways import DEPOT, MARKET, SELL

DATE, MIDNIGHT_S = "2026-07-15", 1_784_044_800
ROOM = "room/D/cold/forced_air"
KEPT_H, STRICT = 24.0, AlarmRules(worse=0.01)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Route a hot day of the county in a row, both depots open: yangmei of A at 8 and at 13 o'clock, to depot D."""
    root = tmp_path_factory.mktemp("diversions")
    county = line_county(root / "county", {"siting": {"max_first_mile_h": 4.0}})
    for name, column, values in (
        ("harvest", "commodity", {"pak_choi": "yangmei"}), ("sites", "status", {"candidate": "existing"}),
    ):  # fmt: skip
        frame = pd.read_csv(county / f"{name}.csv", dtype=str, keep_default_na=False)
        frame[column] = frame[column].replace(values)
        if name == "sites":
            frame["existing"] = frame["existing"].iloc[0]
        frame.to_csv(county / f"{name}.csv", index=False)
    periods = pd.read_csv(county / "periods.csv")
    periods[[column for column in periods if column.startswith("t")]] = 32.0
    periods.to_csv(county / "periods.csv", index=False)
    rows = (
        order("A1", "A", 900, "yangmei", ready="08:00", depot="D"),
        order("A2", "A", 1400, "yangmei", ready="13:00", depot="D"),
    )
    orders = write_table(root / "orders.csv", rows)
    routed(county, root / "day", "--orders", str(orders), "--day", "warm")
    return root / "day"


def messages(until_h: float) -> str:
    """Return readings up to an hour: trucks as warm as the air, and a room whose cooling fails at ten."""
    lines = []
    for n in range(60, round(until_h * 10) + 1):
        hour, flicker = n / 10.0, 0.1 * (n % 2)
        temps = {ROOM: 1.0 if hour < 10.0 else min(1.0 + 8.0 * (hour - 10.0), 30.0)}
        temps |= {"truck/D-1": 32.0} if 7.0 <= hour <= 9.3 else {}
        temps |= {"truck/D-2": 32.0} if 12.0 <= hour <= 14.3 else {}
        lines += [
            json.dumps({"device": device, "time": MIDNIGHT_S + hour * 3600.0, "temp_c": temp + flicker})
            for device, temp in temps.items()
        ]
    return "\n".join(lines)


def seen(folder: Path, until_h: float, rules: AlarmRules = STRICT) -> Watched:
    """Watch the day up to an hour."""
    with ReadingStore() as store:
        store.add(row for one in messages(until_h).splitlines() for row in MessageReader().rows(one))
        return watched(store, read_day(folder), Setup(date=DATE, rules=rules))


def test_figures_of_proposals(folder: Path) -> None:
    """At 10:54 A1 stands in a room that warms: E is 60 km away, the hub 30; a truck fetches it and goes back."""
    found, desk = seen(folder, 10.9), DayDispatcher(folder)
    made = proposals(desk, found, ProposalTerms(repair_h=KEPT_H))
    at = {(one.action, one.to): one for one in made if one.lots[0].plan.key == "A1"}
    assert {(DEPOT, "E"), (MARKET, "H"), (SELL, "D")} >= at.keys() >= {(DEPOT, "E"), (MARKET, "H")}
    truck = desk.source.scenario.vehicle("light_truck")
    there = at[DEPOT, "E"]
    halt_h = desk.source.scenario.routing.stop_h + 0.9 * desk.source.scenario.routing.load_h_t
    hours = 4.0 + halt_h + desk.source.scenario.chain.unload_h
    assert (there.km, there.trucks) == (pytest.approx(120.0), ("light_truck",))
    assert there.cost_cny == pytest.approx(truck.cost_cny_day + 120 * truck.cost_cny_km + hours * truck.cost_cny_h)
    assert there.leave_h == pytest.approx(10.9 + 0.5 + 2.0 + halt_h)
    assert there.arrive_h == pytest.approx(there.leave_h + 2.0)
    assert at[MARKET, "H"].km == pytest.approx(60.0)
    for one in made:
        lot = one.lots[0]
        assert lot.then.value < lot.left.value
        price = lot.plan.kg * lot.plan.crop.price_cny_kg
        assert lot.saved_cny == pytest.approx(price * (lot.left.value - lot.then.value))
        assert one.net_cny == pytest.approx(sum(x.saved_cny for x in one.lots) - one.cost_cny)
    assert [one.net_cny for one in made] == sorted((one.net_cny for one in made), reverse=True)


def test_nothing_is_proposed_without_danger(folder: Path) -> None:
    """A room that is mended within the hour does no harm worth a truck; nor does a day before the failure."""
    desk = DayDispatcher(folder)
    assert proposals(desk, seen(folder, 10.9, AlarmRules()), ProposalTerms(repair_h=0.5)) == []
    assert proposals(desk, seen(folder, 9.8), ProposalTerms(repair_h=KEPT_H)) == []


def test_a_sale_on_the_spot_takes_the_greater_discount(folder: Path) -> None:
    """What is fresh goes at the discount of a sale on the spot; no way onward wears it."""
    found = seen(folder, 10.9)
    outlook = LotOutlook(found, KEPT_H, 0.3)
    plan = found.day.lots[0]
    lost = outlook.sold(plan, outlook.condition(plan), 11.4)
    assert lost.value == pytest.approx(lost.loss + (1.0 - lost.loss) * 0.3)
    assert lost.loss < outlook.lost(plan, outlook.condition(plan)).loss
    assert float(taken_off(found.day.scenario.economics, pd.Series([0.0]).to_numpy())[0]) == 0.0


def watch(folder: Path, file: Path, *options: str) -> list[str]:
    """Return a command."""
    return ["watch", str(folder), "--replay", str(file), "--date", DATE, "--quiet", *options]


def written(folder: Path, out: Path, action: str, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    """Accept the best proposal of a kind by the command; return it as printed."""
    file, rules = out.with_suffix(".jsonl"), out.with_suffix(".toml")
    file.write_text(messages(10.9), encoding="utf-8")
    rules.write_text("worse = 0.01\n", encoding="utf-8")
    more = ("--rules", str(rules), "--repair-hours", str(KEPT_H), *options)
    assert run(watch(folder, file, "--propose", "--json", *more)) == 0
    found = json.loads(capsys.readouterr().out)["proposals"]
    chosen: dict[str, Any] = next(one for one in found if one["action"] == action)
    assert run(watch(folder, file, "--accept", chosen["id"], "--out", str(out), "--json", *more)) == 0
    assert json.loads(capsys.readouterr().out)["proposals"] == [chosen]
    return chosen


@pytest.mark.parametrize("action", [pytest.param(DEPOT, marks=pytest.mark.slow), MARKET])
def test_an_accepted_way_is_written(
    action: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The tours stay as they are to the byte; sheet and GPX of the truck lie beside theirs; the referee agrees."""
    out = tmp_path / "after"
    chosen = written(folder, out, action, capsys)
    for name in ("tours", "stops", "lots", "orders"):
        assert (out / "tables" / f"{name}.csv").read_bytes() == (folder / "tables" / f"{name}.csv").read_bytes()
    sheet = (out / "sheets" / f"{chosen['id']}-1.html").read_text(encoding="utf-8")
    assert "900 kg" in sheet
    gpx = (out / "sheets" / f"{chosen['id']}-1.gpx").read_text(encoding="utf-8")
    assert f"<name>{chosen['to']}</name>" in gpx
    assert "<name>1.1 D</name>" in gpx
    assert run(["verify", str(out)]) == 0
    plan = next(lot for lot in read_day(out).lots if lot.key == "A1")
    assert plan.loss == pytest.approx(chosen["loss_then"])
    assert plan.depart_h == pytest.approx(read_day(out).lots[0].depart_h)
    assert run(["trace", str(out), "--out", str(tmp_path / "a.jsonld"), "--date", DATE]) == 0
    capsys.readouterr()
    followed = seen(out, 10.9)
    assert next(lot for lot in followed.lots if lot.plan.key == "A1").plan.hub == "H"
    again = proposals(DayDispatcher(out), followed, ProposalTerms(repair_h=KEPT_H))
    assert "A1" not in {lot.plan.key for one in again for lot in one.lots}


def test_the_rest_of_the_day_is_routed_anew(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A2 is not loaded: a truck of E fetches it, none leaves before it can; the tour under way keeps name and hours."""
    out = tmp_path / "after"
    chosen = written(folder, out, REROUTE, capsys, "--notice-hours", "0.25")
    assert (chosen["lots"], chosen["to"]) == (["A2"], "E")
    tours, before = table(out, "tours").set_index("tour"), table(folder, "tours").set_index("tour")
    assert list(tours.index) == ["D-1", "E-1"]
    same = ["vehicle", "load_kg", "leave_h", "back_h", "km", "loss_kg", "cost_cny"]
    pd.testing.assert_series_equal(tours.loc["D-1", same], before.loc["D-1", same], check_dtype=False)
    assert tours.loc["E-1", "leave_h"] >= 10.9 + 0.25 - 1e-9
    assert chosen["km"] == pytest.approx(180.0 - 60.0)
    assert chosen["cost_cny"] >= tours["cost_cny"].sum() - before["cost_cny"].sum()
    assert (out / "sheets" / "E-1.gpx").is_file()
    assert run(["verify", str(out)]) == 0
    assert json.loads((out / "routes.json").read_text(encoding="utf-8"))["day"]["orders"] == "rest of the day"


def test_a_day_routed_anew_without_change_is_the_same_day(tmp_path: Path) -> None:
    """Loads of several trucks, halts of one minute: every tour keeps its name, hours and lots."""
    county = line_county(tmp_path / "county")
    rows = [order(f"{village}{n}", village, 2600) for village in "AB" for n in range(2)]
    routed(county, tmp_path / "day", "--orders", str(write_table(tmp_path / "o.csv", rows)), "--day", "warm")
    desk = DayDispatcher(tmp_path / "day")
    made = tables_of(desk.rerouted(set(), "D", 0.0))
    for name, keys in (("tours", ["tour"]), ("trips", ["tour", "trip"])):
        columns = (
            ["vehicle", "load_kg", "leave_h", "back_h", "km", "loss_kg"] if name == "tours" else ["load_kg", "leave_h"]
        )
        new, old = (frame[name].set_index(keys)[columns].sort_index() for frame in (made, desk.run.tables))
        pd.testing.assert_frame_equal(new, old, check_dtype=False, rtol=1e-9, atol=1e-9)
    kg = [frame["lots"].groupby("tour")["kg"].sum() for frame in (made, desk.run.tables)]
    pd.testing.assert_series_equal(*kg, rtol=1e-9)


def test_vehicles_that_are_out_are_not_at_hand(folder: Path) -> None:
    """Any number where none is stated; of a counted fleet those that are back."""
    desk = DayDispatcher(folder)
    assert [one.count for one in desk.at_hand("D", 8.0)] == [None] * len(desk.fleet())
    counted = write_table(folder.parent / "fleet.csv", [{"vehicle": "light_truck", "count": 1}])
    desk.fleet_path = counted
    assert [len(desk.at_hand("D", hour)) for hour in (8.0, 16.0)] == [0, 1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--accept", "00000000", "--out", "{out}"),
            "--accept 00000000 is no proposal of this moment; there are: none",
        ),
        (("--accept", "00000000"), "--accept and --out belong together"),
    ],
)
def test_what_cannot_be_accepted(
    options: tuple[str, ...], message: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An id that is none, and half of a pair of options."""
    file = tmp_path / "m.jsonl"
    file.write_text(messages(9.0), encoding="utf-8")
    given = [text.format(out=tmp_path / "after") for text in options]
    assert run(watch(folder, file, *given)) == 2
    assert message in capsys.readouterr().err
