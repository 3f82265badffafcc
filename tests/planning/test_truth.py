"""Published figures: lives, decay, surveys, plans of counties. What the model misses is listed as missed, not tuned.

Every row names its source. ``hit`` says whether the law meets the figure; a row that changes sides fails here, so that
docs/evidence.md stays true.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from coldchain.model import Chain, Commodity, Hub, Period
from coldchain.model.packaging import packed
from coldchain.planning import Plan, plan_quickly
from coldchain.scenario import catalogue_table, load
from coldchain.spoilage import Held, age, life_d, shelf_life, today_stages, worn_loss

CROPS = {crop.id: crop for crop in catalogue_table("commodity") if isinstance(crop, Commodity)}


@dataclass(frozen=True)
class Life:
    """A published life: crop, °C, days from and to, source; ``fitted`` when the law was made to go through it."""

    crop: str
    temp_c: float
    low_d: float
    high_d: float
    source: str
    fitted: bool = False
    hit: bool = True


@dataclass(frozen=True)
class Decay:
    """A published share unsaleable after days at a temperature, from and to."""

    crop: str
    temp_c: float
    days: float
    low: float
    high: float
    source: str
    fitted: bool = False
    hit: bool = True


FISCHER = "Fischer et al., Semina Ciênc. Agrár. (art. 6500): peach Régis, 25 °C, 65 % RH, rots"
RIPENESS = "Rahman et al., BARI, two thirds coloured"
CARGO = "cargohandbook.com, grapes: life 40 % shorter at 4 °C, 70 % at 8 °C than the 52 d taken at 0 °C"
DAVIS = "UC Davis Produce Facts, broccoli (Cantwell, Suslow)"
AUSTRALIA = "postharvest.net.au, storage temperatures, life at 5 °C"
LIVES = (
    Life("pak_choi", 1, 12, 20, "O'Hare et al. 2001, Acta Hort. 553:695", fitted=True),
    Life("pak_choi", 25, 3, 4, "O'Hare et al. 2001, Acta Hort. 553:695", fitted=True),
    Life("chinese_cabbage", 20, 2, 4, "DPIRD Western Australia, open, 60-70 % RH", fitted=True),
    Life("litchi", 20, 3, 5, "CTAHR F_N-29", fitted=True),
    Life("litchi", 5, 21, 35, "CTAHR F_N-29", fitted=True),
    Life("snap_bean", 30, 0.83, 0.83, "Coldtivate crops.json, 30 °C to quality 20", hit=False),
    Life("broccoli", 5, 14, 14, DAVIS),
    Life("broccoli", 10, 5, 5, DAVIS, hit=False),
    Life("pak_choi", 5, 10, 14, AUSTRALIA),
    Life("chinese_cabbage", 5, 90, 90, AUSTRALIA, hit=False),
    Life("broccoli", 5, 14, 21, AUSTRALIA),
    Life("cabbage", 5, 14, 21, AUSTRALIA),
    Life("lettuce_leaf", 5, 7, 14, AUSTRALIA),
    Life("snap_bean", 5, 6, 8, AUSTRALIA),
    Life("strawberry", 0, 7, 10, "USDA HB66 / UC Davis table", hit=False),
    Life("peach", 5, 7.8, 7.8, "Coldtivate crops.json, 5 °C to quality 20 (killing zone not in it)", hit=False),
    Life("apple", 30, 6.6, 6.6, "Coldtivate crops.json, 30 °C to quality 20"),
    Life("mango", 30, 3, 8, "28-32 °C, ripe: handling guide (3dmxku.com 10177280), weak", fitted=True),
    Life("mango", 20, 5, 9, "Brecht 2014 (National Mango Board), 18-22 °C, 90-95 % RH, ripe"),
    Life("mango", 30, 2.8, 2.8, "Coldtivate crops.json, 30 °C to quality 20", hit=False),
    Life("tomato", 30, 2.4, 2.4, "Coldtivate crops.json, 30 °C to quality 20"),
    Life("grape", 4, 31, 31, CARGO),
    Life("grape", 8, 15.6, 15.6, CARGO, hit=False),
    Life("chilli", 10, 15, 15, "Jadhav and Gurav 2018, Ann. Biol. Res. 10(1):1, capsicum in a cold room, 93 % RH"),
    Life("freshwater_fish", 0, 9, 20, "Huss 1995, FAO Fish. Tech. Pap. 348", fitted=True),
)
DECAYS = (
    Decay("strawberry", 22, 1, 0.07, 0.23, "Rahman et al., BARI, 15 %", fitted=True),
    Decay("strawberry", 22, 2, 0.48, 0.64, "Rahman et al., BARI, 56 %", fitted=True),
    Decay("strawberry", 22, 4, 0.91, 1.0, "Rahman et al., BARI, 99 %", fitted=True),
    Decay("strawberry", 5, 10, 0.10, 0.50, "Saeed et al. 2023, doi 10.55627/pbulletin.002.02.0756", fitted=True),
    Decay("snap_bean", 21, 3, 0.10, 0.15, "J. Hort. Postharvest Res. 2021 (doaj f0a026c5)", fitted=True),
    Decay("snap_bean", 21, 6, 0.65, 0.75, "J. Hort. Postharvest Res. 2021 (doaj f0a026c5)", fitted=True),
    Decay("snap_bean", 4.5, 12, 0.25, 0.35, "J. Hort. Postharvest Res. 2021 (doaj f0a026c5)", fitted=True),
    Decay("strawberry", 22, 1, 0.00, 0.11, f"{RIPENESS}, 3 %", hit=False),
    Decay("strawberry", 22, 2, 0.106, 0.266, f"{RIPENESS}, 18.6 %", hit=False),
    Decay("strawberry", 22, 4, 0.66, 0.82, f"{RIPENESS}, 74 %", hit=False),
    Decay("peach", 25, 2, 0.086, 0.246, f"{FISCHER}, 16.6 %", hit=False),
    Decay("peach", 25, 6, 0.423, 0.583, f"{FISCHER}, 50.3 %", hit=False),
    Decay("tomato", 12, 28, 0.095, 0.255, "Rab et al. 2013, J. Anim. Plant Sci. 23:1347, pink, 17.5 %", hit=False),
)
THIRD = 0.35
"""How far a life that was not fitted may lie outside its published range."""


@pytest.mark.parametrize("row", LIVES, ids=lambda row: f"{row.crop}-{row.temp_c:g}")
def test_published_lives(row: Life) -> None:
    """A fitted life lies in its range within 15 %, another one within 35 %; a miss is a known one."""
    room = 0.15 if row.fitted else THIRD
    inside = row.low_d * (1.0 - room) <= life_d(CROPS[row.crop], row.temp_c) <= row.high_d * (1.0 + room)
    assert inside == row.hit, f"{row.source}: the law gives {life_d(CROPS[row.crop], row.temp_c):.2f} d"


@pytest.mark.parametrize("law", ["arrhenius", "q10"])
def test_one_law_for_all_meets_no_more(law: str) -> None:
    """Either law through the same anchors of all crops meets as many of the lives that no fit has used.

    What is missed is missed by both: the sources of a crop disagree, and no other interpolation brings them together.
    """
    others = [row for row in LIVES if not row.fitted and CROPS[row.crop].kinetics in ("arrhenius", "q10")]
    for row in others:
        found = life_d(CROPS[row.crop].model_copy(update={"kinetics": law}), row.temp_c)
        assert (row.low_d * (1.0 - THIRD) <= found <= row.high_d * (1.0 + THIRD)) == row.hit, row.source


@pytest.mark.parametrize("row", DECAYS, ids=lambda row: f"{row.crop}-{row.temp_c:g}-{row.days:g}")
def test_published_decay(row: Decay) -> None:
    """The share unsaleable lies in the published range; a miss is a known one."""
    loss = shelf_life(CROPS[row.crop], [Held(row.temp_c, 24.0 * row.days)]).loss
    assert (row.low <= loss <= row.high) == row.hit, f"{row.source}: the law gives {loss:.1%}"


SURVEYS = {"vegetable": 0.277, "fruit": 0.132, "meat": 0.064, "aquatic": 0.102}
"""Whole chain: 1,809 households in 35 counties 2017-19 (acemap 173047696; RCR 2022), 510 firms in 23 provinces."""
SEASONS = ((11.0, 20.0), (20.5, 29.5), (12.5, 21.5), (2.0, 9.5))


@pytest.mark.parametrize("group", SURVEYS)
def test_todays_chain_does_not_lose_more_than_surveys_find(group: str) -> None:
    """The mean over the group's crops and four seasons is at most 3 points above the survey of the whole chain.

    Figures were stated with their sources before this was compared. The model ends when goods are sold at the market:
    losses in the field, in shops and at home are not in it, so it lies below.
    """
    hub, chain, means = Hub(id="h", lon=110, lat=28), Chain(), []
    for crop in (packed(one, planned=False) for one in CROPS.values() if one.group == group):
        for low, high in SEASONS:
            season = Period(id="p", days=80, temp_min_c=low, temp_max_c=high)
            worn = age(crop, season, 8.0, today_stages(chain, crop, hub, 2.0)).worn[-1]
            means.append(float(worn_loss(crop, worn, chain.today_transfers)))
    assert 0.0 < sum(means) / len(means) <= SURVEYS[group] + 0.03


SHIPPED = Path(__file__).parents[2] / "scenarios" / "upland"


@pytest.fixture(scope="module")
def shipped() -> Plan:
    """Plan the shipped county by quick effort."""
    return plan_quickly(load(SHIPPED)[0])


def _avoided(made: Plan) -> float:
    loss = made.summary["loss"]
    return float(1.0 - loss["plan_t"] / loss["baseline_t"])


def _cost_change(made: Plan) -> float:
    net = made.summary["net"]
    return float(net["plan_cny"] / net["today_cny"] - 1.0)


@dataclass(frozen=True)
class Outcome:
    """What plans of counties are published to bring, from and to: a result of optimisation, reported and not tuned."""

    name: str
    measured: Callable[[Plan], float]
    low: float
    high: float
    source: str
    hit: bool = True


OUTCOMES = (
    Outcome("avoided share of the loss", _avoided, 0.40, 0.70, "survey 40-60 % (RCR 2022); ministry 69 %", hit=False),
    Outcome("change of the yearly cost", _cost_change, -0.15, -0.02, "-3.8 to -13.9 % in papers; value lost counts",
            hit=False),
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("row", OUTCOMES, ids=lambda row: row.name)
def test_what_a_plan_brings(row: Outcome, shipped: Plan) -> None:
    """Within the published range or not, as known; docs/evidence.md has the figures and the reasons."""
    found = row.measured(shipped)
    assert (row.low <= found <= row.high) == row.hit, f"{row.source}: {row.name} is {found:.1%}"


@pytest.mark.slow
def test_why_a_plan_brings_more_than_cold_alone(shipped: Plan) -> None:
    """Crates and fewer transfers save more tonnes than all else together; without value lost the plan costs more."""
    parts = {one["part"]: one["t"] for one in shipped.summary["waterfall"]}
    assert parts["packaging"] > 0.5 * sum(parts.values())
    net, loss = shipped.summary["net"], shipped.summary["loss"]
    assert net["plan_cny"] - loss["plan_cny"] > net["today_cny"] - loss["baseline_cny"]
