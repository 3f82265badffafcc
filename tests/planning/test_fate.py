"""What becomes of a lot: water apart, discounts by quality, the same in siting, plan and verification."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from planned import decided
from tiny_cases import tiny_county

from coldchain.model import Commodity, Economics
from coldchain.scenario import catalogue_table, load
from coldchain.spoilage import Fate, loss_share, taken_off
from coldchain.verify.figures import _discount_cny

CATALOGUE = {one.id: one for one in catalogue_table("commodity") if isinstance(one, Commodity)}
PRICES = Economics(discount_at_life=0.4, discount_below_quality=60.0)


@pytest.mark.parametrize(
    ("used", "off"),
    [(0.0, 0.0), (math.log(60 / 100) / math.log(0.2), 0.0), (math.log(0.4) / math.log(0.2), 0.2), (1.0, 0.4),
     (2.5, 0.4)],
    ids=["fresh", "first-grade", "half-way", "end-of-life", "beyond"],
)  # fmt: skip
def test_discount_by_hand(used: float, off: float) -> None:
    """Quality falls from 100 to 20 over a life; between 60 and 20 the discount grows to 40 %, at 40 it is half."""
    assert float(taken_off(PRICES, np.array(used))) == pytest.approx(off, abs=1e-12)


@pytest.mark.parametrize("name", ["pak_choi", "strawberry", "tomato"])
@pytest.mark.parametrize("worn", [(0.2, 0.0, 0.05), (0.8, 900.0, 0.1), (1.5, 0.0, 0.0)])
def test_loss_is_unsaleable_and_water(name: str, worn: tuple[float, float, float]) -> None:
    """Without its water a lot loses what is unsaleable; water is lost by the rest; a discount is taken off the rest."""
    crop, wear = CATALOGUE[name], np.array(worn)
    fate = Fate.of(crop, wear, 2, PRICES)
    unsaleable = float(loss_share(crop, worn[0], 2, chilled=worn[1]))
    assert float(fate.water) == pytest.approx((1.0 - unsaleable) * (1.0 - math.exp(-worn[2])))
    assert float(fate.loss) == pytest.approx(unsaleable + float(fate.water))
    off = float(taken_off(PRICES, wear[0]))
    assert 1.0 - float(fate.value) == pytest.approx((1.0 - float(fate.loss)) * (1.0 - off))
    none = Fate.of(crop, wear, 2, PRICES.model_copy(update={"discount_at_life": 0.0}))
    assert float(none.value) == float(fate.loss)


def test_a_plan_states_water_and_discounts_and_verifies(tmp_path: Path) -> None:
    """A village of strawberries: discounts are part of the value lost, today more than with the plan."""
    harvest = "village,commodity,period,tonnes\nV1,strawberry,p,300\n"
    scenario = load(tiny_county(tmp_path / "one", harvest=harvest))[0]
    made = decided(scenario)
    assert made.report.problems == ()
    loss, lots = made.summary["loss"], made.tables["lots"]
    assert loss["plan_cny"] == pytest.approx(float(lots["loss_cny"].sum()))
    assert loss["plan_water_t"] == pytest.approx(float(lots["water_t"].sum()))
    assert 0.0 < loss["plan_water_t"] < loss["plan_t"]
    assert 0.0 <= loss["plan_discount_cny"] < loss["baseline_discount_cny"] < loss["baseline_cny"]
    price = 1000.0 * CATALOGUE["strawberry"].price_cny_kg
    villages = made.tables["villages"]
    for side in ("baseline", "plan"):
        assert villages[f"{side}_water_t"].sum() == pytest.approx(loss[f"{side}_water_t"])
        assert villages[f"{side}_loss_cny"].sum() == pytest.approx(loss[f"{side}_cny"])
    assert loss["baseline_cny"] == pytest.approx(price * loss["baseline_t"] + loss["baseline_discount_cny"])
    free = scenario.economics.model_copy(update={"discount_at_life": 0.0})
    plain = decided(replace(scenario, economics=free)).summary["loss"]
    assert plain["plan_discount_cny"] == plain["baseline_discount_cny"] == 0.0
    assert plain["baseline_cny"] == pytest.approx(price * plain["baseline_t"])


def test_discounts_are_judged_by_the_lots_they_are_taken_off() -> None:
    """Of two lots one sells 5 CNY below its price: the other's 3 million are no excuse for a wrong figure."""
    record: Any = SimpleNamespace(price_cny_t={"a": 3e6, "b": 100.0})
    lots = pd.DataFrame({"commodity": ["a", "b"], "loss_t": [1.0, 0.1], "lost_cny": [3e6, 15.0]})
    found = _discount_cny(record, lots)
    assert (found.value, found.scale) == (pytest.approx(5.0), 15.0)
    assert _discount_cny(record, lots[:1]).scale == 0.0
