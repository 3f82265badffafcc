"""The loss law as verification integrates it, against hand figures and against the planner's own integration."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldchain.model import Commodity, Period
from coldchain.model.packaging import packed
from coldchain.spoilage import LaneStage, age, hourly_air_c, respiration_w_t, worn_loss
from coldchain.verify import ageing

CROP = Commodity(
    id="x", name="X", zone="cold", kinetics="q10", q10=math.sqrt(7.5), life_d=10, life_temp_c=0, life_min_d=9,
    life_max_d=11, freezing_c=-1, density_kg_m3=300, heat_kj_kg_k=4, price_cny_kg=1,
    precool_deadline_h=9, respiration_w_t_0c=20, respiration_w_t_20c=180,
)  # fmt: skip
MILD = Period(id="p", days=10, hourly_c=(10.0,) * 24)
LAWS = (
    {}, {"kinetics": "arrhenius", "ea_kj_mol": 75.0}, {"kinetics": "ratkowsky"}, {"q10": 3.1, "chill_threshold_c": 9.0},
    {"chill_threshold_c": 12.0, "chill_floor_c": 2.0}, {"freezing_c": 1.5}, {"warm_life_d": 1.5, "warm_temp_c": 22.0},
    {"q10": 2.5, "chill_threshold_c": 9.0, "chill_onset_k_h": 20.0, "chill_k_h": 60.0, "water_kg_t_h_kpa": 3.0},
    {"warm_life_d": 1.5, "warm_temp_c": 22.0, "flat_below_c": 7.0, "water_kg_t_h_kpa": 2.0, "packaging": "crate"},
    {"kinetics": "arrhenius", "warm_life_d": 2.5, "warm_temp_c": 20.0, "decay": ("20:2:0.1", "5:9:0.6", "20:5:0.8")},
)  # fmt: skip


def test_steady_air_by_hand() -> None:
    """At a steady 10 °C the rate is three times that at 0 °C, whose life is ten days: 80 h use the whole life."""
    lot = ageing.AgeingLots.begin(CROP, MILD, 8.0).in_air(80.0)
    assert lot.used == pytest.approx(1.0, abs=1e-12)
    assert (lot.temp_c, lot.clock_h) == (10.0, 88.0)
    assert ageing.loss_share(CROP, lot.used, 0) == pytest.approx(0.5, abs=1e-12)
    assert ageing.loss_share(CROP, math.inf, 0) == 1.0


def test_cooling_by_hand() -> None:
    """Twenty half-times in a cooler end at its temperature; a reefer then holds it at the rate of 0 °C."""
    lot = ageing.AgeingLots.begin(CROP, MILD, 8.0).cooled(20.0, 0.0, 1.0)
    assert lot.temp_c == pytest.approx(10.0 / 2**20)
    before = lot.used
    assert lot.ride(24.0, None).used - before == pytest.approx(0.1, rel=1e-5)


def test_frost_takes_a_day() -> None:
    """Below the freezing point life is one day, whatever the law."""
    assert float(ageing.Law.of(CROP).rate_per_h(-1.5)) == pytest.approx(1 / 24)


@pytest.mark.parametrize(("hour", "batch"), [(9.0, 9.0), (9.01, 9.0), (9.02, 9.25), (9.25, 9.25)])
def test_batches(hour: float, batch: float) -> None:
    """Pre-coolers are loaded at every multiple of a quarter of an hour; who comes within a minute still joins."""
    assert ageing.batch_h(hour, 0.25) == batch


HOURS = st.one_of(st.floats(0, 40), st.integers(0, 120).map(lambda n: n / 4))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    law=st.sampled_from(LAWS), low=st.floats(-8, 25), swing=st.floats(0, 15), hours=st.tuples(*(HOURS,) * 5),
    zone_c=st.floats(-2, 13), half_h=st.floats(0.1, 9), warming_h=st.sampled_from([3.0, 12.0]),
)  # fmt: skip
def test_both_integrations_agree(
    law: dict[str, object],
    low: float,
    swing: float,
    hours: tuple[float, ...],
    zone_c: float,
    half_h: float,
    warming_h: float,
) -> None:
    """Air, cooler, warm truck, reefer and hall use up the same life in both, frost and chilling on the way included."""
    crop = CROP.model_copy(update=law)
    period = Period(id="p", days=1, temp_min_c=low, temp_max_c=low + swing)
    assert np.allclose(hourly_air_c(period), ageing.air_c(period)[:24], rtol=0, atol=1e-12)
    stages = (
        LaneStage("ambient", hours[0]), LaneStage("cool", hours[1], zone_c, half_h, 0.9, 0.002),
        LaneStage("drift", hours[2], half_h=warming_h), LaneStage("hold", hours[3], humidity=0.8),
        LaneStage("hall", hours[4], max(8.0, zone_c), 3.0, 0.85),
    )  # fmt: skip
    own = packed(crop, planned=True)
    found = age(own, period, 8.0, stages)
    lot = ageing.AgeingLots.begin(crop, period, 8.0, crop.packaging)
    lot.in_air(hours[0]).cooled(hours[1], zone_c, half_h, 0.9, 0.002).ride(hours[2], warming_h)
    lot.ride(hours[3], None, 0.8).hall(hours[4], max(8.0, zone_c), 3.0, 0.85)
    assert lot.wear == pytest.approx(found.worn[-1], rel=1e-7, abs=1e-9)
    assert lot.temp_c == pytest.approx(float(found.temp_c[-1]), abs=1e-9)
    assert lot.lost(crop, 2, crop.packaging) == pytest.approx(float(worn_loss(own, lot.wear, 2)), abs=1e-12)
    assert ageing.respiration_w_t(crop, low) == pytest.approx(respiration_w_t(crop, low), rel=1e-12)
