"""Markets chosen by price and hours, goods put into store and taken out, week by week; and what the check finds."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_week_people import replanned
from test_weeks import WEEK, County, planned

from coldchain.cli import run
from coldchain.errors import BadInputError
from coldchain.planning import Options
from coldchain.runs import Run
from coldchain.runs.folder import read_tables
from coldchain.weeks import Asked, roll_week
from coldchain.weeks.assign import assign
from coldchain.weeks.calendar import iso_week, span_of, week_number
from coldchain.weeks.expected import planned_t
from coldchain.weeks.markets import outlets_of
from coldchain.weeks.recheck import verify_week
from coldchain.weeks.roll import before_of, former_of, lay_week

__all__ = ["planned"]
MARKETS = "market,hub,onward_h,freight_cny_t,most_t,closed_through\n"
PRICES = "market,commodity,date,price_cny_kg\n"


@dataclass(frozen=True)
class Stall:
    """A county with two markets behind each of its hubs: the near one at 8 h, the far one at 16 h."""

    county: County

    def write(self, near: str = ",", far: str = ",") -> None:
        """Write markets; limits and closures as given."""
        lines = [f"{kind} {hub.id},{hub.id},{hours},{freight},{more}" for hub in self.county.run.scenario.hubs
                 for kind, hours, freight, more in (("near", 8, 100, near), ("far", 16, 200, far))]  # fmt: skip
        (self.county.folder / "markets.csv").write_text(MARKETS + "\n".join(lines) + "\n", encoding="utf-8")

    def price(self, near: float, far: float, more: str = "") -> None:
        """Write prices of every crop."""
        scenario = self.county.run.scenario
        lines = [f"{kind} {hub.id},{crop.id},2026-W30,{price}" for hub in scenario.hubs for crop in scenario.commodities
                 for kind, price in (("near", near), ("far", far))]  # fmt: skip
        (self.county.folder / "prices.csv").write_text(PRICES + "\n".join(lines) + "\n" + more, encoding="utf-8")

    def roll(self, week: str = WEEK) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
        """Plan a week; it must verify."""
        shutil.rmtree(self.county.folder / "rolls" / week, ignore_errors=True)
        found = roll_week(Asked(self.county.folder, week, {}))
        folder = self.county.folder / "rolls" / week
        assert verify_week(folder).problems == ()
        return found, read_tables(folder)


def made(planned: Path, folder: Path) -> Stall:
    """Copy a county."""
    shutil.copytree(planned, folder)
    return Stall(County(folder, Run.open(folder / "plan")))


def test_the_market_is_chosen_by_price_and_hours(planned: Path, tmp_path: Path) -> None:
    """The far one pays more and is in time; then it is closed; then it has little room; then it comes too late."""
    stall = made(planned, tmp_path / "county")
    stall.write()
    stall.price(5.0, 9.0)
    found, tables = stall.roll()
    sales = tables["sales"]
    assert set(sales["market"].str.split().str[0]) == {"far"}
    row = sales.iloc[0]
    assert row["earned_cny"] == pytest.approx(row["tonnes"] * (9000.0 * (1.0 - row["lost_share"]) - 200.0))
    assert found["sales"]["earned_cny"] > found["sales"]["nearest_cny"] > 0.0
    assert found["sales"]["in_time_share"] == 1.0
    folder = stall.county.folder / "rolls" / WEEK
    onward = pd.concat(pd.read_csv(path, encoding="utf-8-sig") for path in sorted((folder / "onward").iterdir()))
    assert onward["kg"].sum() == pytest.approx(1000.0 * sales["tonnes"].sum(), rel=1e-3)
    sheet = next((folder / "sheets").iterdir()).read_text(encoding="utf-8")
    assert all(text in sheet for text in ("Markets", "市场去向", row["market"]))
    assert row["market"] in (folder / "notice.html").read_text(encoding="utf-8")

    stall.write(far=",2026-W31")
    closed, tables = stall.roll()
    assert set(tables["sales"]["market"].str.split().str[0]) == {"near"}
    assert any("the market is closed in 2026-W31" in text for text in closed["warnings"])

    stall.write(far="1,")
    _found, tables = stall.roll()
    sold = tables["sales"].groupby(tables["sales"]["market"].str.split().str[0])["tonnes"].sum()
    assert sold["far"] == pytest.approx(min(len(stall.county.run.scenario.hubs), sold.sum()))

    late = (stall.county.folder / "markets.csv").read_text(encoding="utf-8").replace(",16,200,1,", ",46,200,,")
    (stall.county.folder / "markets.csv").write_text(late, encoding="utf-8")
    _found, tables = stall.roll()
    assert set(tables["sales"]["market"].str.split().str[0]) == {"near"}


def test_goods_lie_in_store_until_they_pay(planned: Path, tmp_path: Path) -> None:
    """What fetches nine times as much in autumn is put in while there is room, stays, and is sold in its season."""
    scenario = Run.open(planned / "plan").scenario
    rows = [f"{one.id},summer,autumn,15,{one.price_cny_kg * 9}" for one in scenario.commodities]
    text = "commodity,period,until,days,price_cny_kg\n" + "\n".join(rows) + "\n"
    stall = Stall(replanned(planned, tmp_path / "county", "storage.csv", text))
    first, _tables = stall.roll("2026-W34")
    stored = first["sales"]["stored_t"]
    assert stored["before"] == 0.0 < stored["in"] == stored["after"]
    second, _tables = stall.roll("2026-W35")
    again = second["sales"]["stored_t"]
    assert again["before"] == pytest.approx(stored["after"])
    assert again["out"] < again["before"]
    folder = stall.county.folder / "rolls" / "2026-W35"
    page = (folder / "notice.html").read_text(encoding="utf-8")
    assert "In store since" in page
    third, tables = stall.roll("2026-W36")
    last = third["sales"]["stored_t"]
    assert last["before"] == pytest.approx(again["after"])
    assert last["out"] > 0.0 == last["in"]
    out = tables["sales"][tables["sales"]["from_week"] != ""]
    assert out["tonnes"].sum() == pytest.approx(last["out"])
    orders = pd.concat(pd.read_csv(path, encoding="utf-8-sig") for path in
                       sorted((stall.county.folder / "rolls" / "2026-W36" / "onward").iterdir()))  # fmt: skip
    assert set(orders["kind"]) == {"sell", "empty"}
    path = stall.county.folder / "rolls" / "2026-W36" / "tables" / "stores.csv"
    table = pd.read_csv(path, encoding="utf-8-sig").assign(before_t=lambda one: one["before_t"] + 1.0)
    table.to_csv(path, index=False)
    assert any("stores:" in text for text in verify_week(path.parents[1]).problems)


def test_what_the_plan_keeps_is_fetched_for_it(planned: Path, tmp_path: Path) -> None:
    """A tonne is worth what the plan's store makes of its share; what pays through that alone is fetched.

    While every market is shut the store takes what it has room for, and only the rest goes nowhere.
    """
    run = Run.open(planned / "plan")
    rows = [f"{one.id},summer,autumn,15,{one.price_cny_kg * 9}" for one in run.scenario.commodities]
    text = "commodity,period,until,days,price_cny_kg\n" + "\n".join(rows) + "\n"
    stall = Stall(replanned(planned, tmp_path / "county", "storage.csv", text))
    run, week = stall.county.run, week_number("2026-W34")
    span, tonnes = span_of(run.scenario.periods, week), planned_t(run.scenario, week)
    ground = lay_week(run, span, tonnes, [], Options.quickly())
    arcs, scenario, kept = ground.arcs, ground.scenario, run.tables["storage"].set_index(["depot", "commodity"])
    depot, crop = kept.index[0]
    row, c = kept.loc[(depot, crop)], [one.id for one in scenario.commodities].index(crop)
    group = next(g for g, members in enumerate(arcs.members) if c in members)
    worth = np.zeros(len(arcs.demand))
    for other in (one for one in arcs.members[group] if (depot, scenario.commodities[one].id) in kept.index):
        own = kept.loc[(depot, scenario.commodities[other].id)]
        each = own["share"] * (own["earned_cny"] - own["power_cny"]) / own["tonnes"]
        worth += each * scenario.harvest_t[arcs.village[arcs.demand], other, 0]
    site = [one.id for one in scenario.sites].index(depot)
    mine = (arcs.site == site) & (arcs.group[arcs.demand] == group) & (arcs.storage_cny > 0.0)
    assert mine.any()
    assert row["zone"] == ground.basis.classes[arcs.cooling[mine][0]].zone
    np.testing.assert_allclose(arcs.storage_cny[mine], worth[mine], rtol=1e-12)
    gain = arcs.outside.of("total_cost_cny")[arcs.demand] - arcs.inside.of("total_cost_cny")
    dear = np.where(np.isfinite(gain), gain, 0.0) + arcs.storage_cny / 2.0 + 1e-3
    costly = replace(arcs, inside=replace(arcs.inside, money_cny=arcs.inside.money_cny + dear))
    former = former_of(ground, run, before_of(run, week), [])
    for storage_cny, fetched in ((arcs.storage_cny, True), (np.zeros(len(arcs.demand)), False)):
        there = replace(ground, arcs=replace(costly, storage_cny=storage_cny))
        assert bool(assign(there, former, 0).share.any()) is fetched

    stall.write(near=",2026-W34", far=",2026-W34")
    stall.price(5.0, 9.0)
    found, tables = stall.roll("2026-W34")
    came = tables["days"]["kg"].sum() / 1000.0
    nowhere = sum(one["t"] for one in found["sales"]["nowhere"])
    assert found["sales"]["stored_t"]["in"] > 0.0
    assert found["sales"]["stored_t"]["in"] + nowhere == pytest.approx(came, rel=1e-2)


def test_what_the_check_finds_in_sales(planned: Path, tmp_path: Path) -> None:
    stall = made(planned, tmp_path / "county")
    stall.write()
    stall.price(5.0, 9.0)
    stall.roll()
    folder = stall.county.folder / "rolls" / WEEK
    path = folder / "tables" / "sales.csv"
    right = path.read_text(encoding="utf-8-sig")
    table = pd.read_csv(path, encoding="utf-8-sig", keep_default_na=False)
    texts = {
        "tonnes": "are sold or kept",
        **{name: f"{name} of" for name in ("lost_share", "in_time_share", "earned_cny")},
    }
    for column, text in texts.items():
        table.assign(**{column: table[column].astype(float) * 0.5}).to_csv(path, index=False)
        assert any(text in one for one in verify_week(folder).problems), column
    table.assign(market="elsewhere").to_csv(path, index=False)
    assert any("is not reached from" in one for one in verify_week(folder).problems)
    path.write_text(right, encoding="utf-8")
    told = json.loads((folder / "roll.json").read_text(encoding="utf-8"))
    told["sales"]["earned_cny"] *= 2
    (folder / "roll.json").write_text(json.dumps(told), encoding="utf-8")
    assert any("sales.earned_cny" in one for one in verify_week(folder).problems)


def test_prices_are_forecast_from_two_seasons(planned: Path, tmp_path: Path) -> None:
    """Two years of weeks make a forecast, one week stands as it is."""
    stall = made(planned, tmp_path / "county")
    stall.write()
    scenario, week = stall.county.run.scenario, week_number(WEEK)
    hub, (first, second) = scenario.hubs[0].id, (crop.id for crop in scenario.commodities[:2])
    lines = [f"near {hub},{first},{iso_week(week - n)},{4 + n % 3}" for n in range(1, 160)]
    lines.append(f"near {hub},{second},{iso_week(week - 1)},7")
    path = stall.county.folder / "prices.csv"
    path.write_text(PRICES + "\n".join(lines) + "\n", encoding="utf-8")
    outlets, faults = outlets_of(scenario, week, stall.county.folder / "markets.csv", path)
    assert all(fault.warning for fault in faults)
    price = outlets.prices[f"near {hub}", 0]
    assert price.basis == "forecast"
    assert 3.0 < price.cny_kg < 7.0
    assert outlets.prices[f"near {hub}", 1].basis == "last"


BAD_MARKETS = """market,hub,onward_h,most_t,closed_through
near,{hub},8,,
near,{hub},9,,
far,nowhere,-3,,
shut,{hub},4,,soon
"""
BAD_PRICES = """market,commodity,date,price_cny_kg
near,{crop},2026-W30,5
near,{crop},2026-W30,5
near,{crop},2026-W30,6
near,{crop},2026-W29,-2
near,dragon fruit,2026-W29,5
away,{crop},2026-W29,5
near,{crop},2026-W40,5
near,{crop},2026-W28,休市
near,{crop},2026-13,5
"""


def test_every_fault_of_markets_and_prices(planned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each with file, row, column and value; nothing is written; the command says the same in Chinese."""
    stall = made(planned, tmp_path / "county")
    scenario = stall.county.run.scenario
    names = {"hub": scenario.hubs[0].id, "crop": scenario.commodities[0].id}
    for name, text in (("markets", BAD_MARKETS), ("prices", BAD_PRICES)):
        (stall.county.folder / f"{name}.csv").write_text(text.format(**names), encoding="utf-8")
    with pytest.raises(BadInputError, match="nowhere") as caught:
        roll_week(Asked(stall.county.folder, WEEK, {}))
    found = {(one.file, one.row, one.column, one.value) for one in caught.value.faults if not one.warning}
    assert found == {
        ("markets.csv", 3, "market", "near"), ("markets.csv", 4, "hub", "nowhere"),
        ("markets.csv", 4, "onward_h", "-3"),
        ("markets.csv", 5, "closed_through", "soon"), ("prices.csv", 4, "price_cny_kg", "6"),
        ("prices.csv", 5, "price_cny_kg", "-2"), ("prices.csv", 6, "commodity", "dragon fruit"),
        ("prices.csv", 7, "market", "away"), ("prices.csv", 8, "date", "2026-W40"),
        ("prices.csv", 10, "date", "2026-13"),
    }  # fmt: skip
    warned = {(one.row, one.code) for one in caught.value.faults if one.warning and one.file == "prices.csv"}
    assert {(3, "doubled-row"), (9, "missing-value")} <= warned
    assert not (stall.county.folder / "rolls").exists()
    assert run(["--lang", "zh", "roll", str(stall.county.folder), "--week", WEEK]) == 3
    assert "没有这个市场" in capsys.readouterr().err
    (stall.county.folder / "markets.csv").unlink()
    with pytest.raises(BadInputError, match=r"markets\.csv") as caught:
        roll_week(Asked(stall.county.folder, WEEK, {}))
    assert "no-markets" in {one.code for one in caught.value.faults}


BAD_SOLD = """village,commodity,date,kg,price_cny_kg,cny,lot
{village},{crop},2026-07-27,100,5,,L1
{village},{crop},2026-07-27,100,5,,L1
{village},{crop},2026-07-27,200,5,,L1
nowhere,dragon fruit,2026-07-27,100,5,,
{village},{crop},2026-13-01,100,,-5,
{village},{crop},2026-07-28,100,5,500,
{village},{crop},2026-07-29,,5,,
"""


def test_the_fund_is_booked_on_real_sales(planned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """1 % of every sale, in fen that add up by hand; a doubled row counts once; each fault is named."""
    scenario = Run.open(planned / "plan").scenario
    villages, crop = [one.id for one in scenario.villages[:2]], scenario.commodities[0].id
    table = tmp_path / "sold.csv"
    second = f"{villages[1]},{crop},2026-07-28,500,,2000,L2,west"
    rows = [f"{villages[0]},{crop},2026-07-27,1000,3.335,,L1,east", second, second]
    table.write_text(
        "village,commodity,date,kg,price_cny_kg,cny,lot,market\n" + "\n".join(rows) + "\n", encoding="utf-8"
    )
    command = ["share", str(planned / "plan"), "--sold", str(table), "--out", str(tmp_path / "fund")]
    assert run([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["sales_cny"], told["levy_fen"]) == (5335.0, 5335)
    assert [(row["village"], row["fen"]) for row in told["villages"]] == [(villages[0], 3335), (villages[1], 2000)]
    assert sum(told["counties"].values()) == told["levy_fen"]
    assert any("counts once" in text for text in told["warnings"])
    ledger = pd.read_csv(tmp_path / "fund" / "ledger.csv", encoding="utf-8-sig")
    assert ledger["fen"].tolist() == [3335, 2000]
    table.write_text(BAD_SOLD.format(village=villages[0], crop=crop), encoding="utf-8")
    assert run(["--lang", "en", *command]) == 3
    said = capsys.readouterr().err
    for text in ("sold.csv row 4", "nowhere", "dragon fruit", "2026-13-01", "-5", "price_cny_kg or cny must be given",
                 "kg or t must be given"):  # fmt: skip
        assert text in said, text
