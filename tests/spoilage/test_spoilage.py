"""Kinetics, stages and lanes against hand calculation, closed forms and fine quadrature."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.integrate import quad

from coldchain.model import Commodity, Period
from coldchain.model.packaging import packed
from coldchain.scenario import catalogue_table
from coldchain.spoilage import (
    Held,
    LaneStage,
    age,
    extremes,
    hourly_air_c,
    life_d,
    loss_curve,
    loss_share,
    quality,
    rate_per_h,
    respiration_w_t,
    shelf_life,
    worn_loss,
)
from coldchain.spoilage.kinetics import worn_slope
from coldchain.spoilage.lanes import VACUUM_DRY_PER_K

CATALOGUE: dict[str, Commodity] = {c.id: c for c in catalogue_table("commodity") if isinstance(c, Commodity)}
SUMMER = Period(id="summer", days=85, temp_min_c=20.5, temp_max_c=29.5)
WINTER = Period(id="winter", days=60, temp_min_c=2.0, temp_max_c=9.5)
GAS_J = 8.31451


def crop(**changes: object) -> Commodity:
    """Make a crop on the generic band law: ten days at 0 °C, first-order loss, no chilling, no handling loss."""
    figures: dict[str, object] = {
        "id": "x", "name": "X", "zone": "cold", "kinetics": "q10", "q10": math.sqrt(3.0 * 2.5), "life_d": 10.0,
        "life_temp_c": 0.0, "life_min_d": 9, "life_max_d": 11, "freezing_c": -5, "density_kg_m3": 300,
        "heat_kj_kg_k": 4, "price_cny_kg": 1, "precool_deadline_h": 9, "loss_shape": 1.0, "handling_loss": 0.0,
    }  # fmt: skip
    return Commodity.model_validate(figures | changes)


def still(temp_c: float) -> Period:
    """Make a period whose air has one temperature all day."""
    return Period(id="still", days=1, hourly_c=(temp_c,) * 24)


def used_by(commodity: Commodity, period: Period, clock_h: float, *stages: LaneStage) -> float:
    """Return the life used up over all stages."""
    return float(age(commodity, period, clock_h, stages).used[-1])


def integral(commodity: Commodity, temp_c: Callable[[float], float], hours: float, kinks: list[float]) -> float:
    """Integrate the rate over a temperature history, by adaptive quadrature to 1e-12."""
    return float(quad(lambda t: float(rate_per_h(commodity, temp_c(t))), 0, hours, points=kinks, epsabs=1e-13,
                      epsrel=1e-12, limit=500)[0])  # fmt: skip


@pytest.mark.parametrize(("temp_c", "percent"), [(0, 100), (10, 33), (20, 13), (30, 7), (40, 4)])
def test_band_law_gives_the_published_relative_lives(temp_c: float, percent: float) -> None:
    """Relative life is 100/33/13/7/4 at 0/10/20/30/40 °C (Saltveit, USDA Handbook 66), within its rounding."""
    relative = 100.0 * life_d(crop(), temp_c) / life_d(crop(), 0.0)
    assert relative == pytest.approx(percent, abs=0.5)


def test_own_q10_stretches_all_bands() -> None:
    """A Q10 of 4 between 5 and 15 °C is met there, and the other bands are stretched by the same exponent."""
    strong = crop(q10=4.0)
    assert life_d(strong, 5.0) / life_d(strong, 15.0) == pytest.approx(4.0, rel=1e-12)
    exponent = math.log(4.0) / math.log(math.sqrt(7.5))
    assert life_d(strong, 20.0) / life_d(strong, 30.0) == pytest.approx(2.0**exponent, rel=1e-12)


def test_arrhenius_ratio_by_hand() -> None:
    """With Ea of 60 kJ/mol a lot ages exp(60000/R·(1/278.15 - 1/298.15)) times faster at 25 than at 5 °C."""
    berry = crop(kinetics="arrhenius", ea_kj_mol=60.0, q10=None)
    by_hand = math.exp(60_000.0 / GAS_J * (1 / 278.15 - 1 / 298.15))
    assert float(rate_per_h(berry, 25.0) / rate_per_h(berry, 5.0)) == pytest.approx(by_hand, rel=1e-12)
    assert by_hand == pytest.approx(5.70, abs=0.01)


@pytest.mark.parametrize("kinetics", ["arrhenius", "q10"])
@given(cold=st.tuples(st.floats(-1, 12), st.floats(4, 300)), warm=st.tuples(st.floats(15, 30), st.floats(0.05, 0.9)))
@settings(derandomize=True, deadline=None, max_examples=40)
def test_a_law_goes_through_any_two_anchors(
    kinetics: str, cold: tuple[float, float], warm: tuple[float, float]
) -> None:
    """Whatever two lives are stated, both laws give them, and between them the life falls all the way."""
    figures = {"life_temp_c": cold[0], "life_d": cold[1], "warm_temp_c": warm[0], "warm_life_d": cold[1] * warm[1]}
    made = crop(kinetics=kinetics, q10=None, **figures)
    assert life_d(made, cold[0]) == pytest.approx(cold[1], rel=1e-9)
    assert life_d(made, warm[0]) == pytest.approx(cold[1] * warm[1], rel=1e-9)
    between = [life_d(made, float(temp)) for temp in np.linspace(cold[0], warm[0], 9)]
    assert between == sorted(between, reverse=True)


def test_two_decay_points_fix_the_curve() -> None:
    """12.7 % after half the life and 70 % after all of it: shape ln(1.204/0.1358)/ln 2 = 3.148, by hand."""
    made = crop(decay=("0:5:0.127", "0:10:0.7"))
    scale, shape = loss_curve(made)
    assert shape == pytest.approx(math.log(math.log(0.3) / math.log(0.873)) / math.log(2.0), rel=1e-12)
    assert shape == pytest.approx(3.148, abs=1e-3)
    assert float(loss_share(made, 1.0)) == pytest.approx(0.7, abs=1e-12)
    assert scale == pytest.approx(-math.log(0.3), rel=1e-12)


def test_one_decay_point_fixes_the_end() -> None:
    """A single measurement keeps the stated shape and lies on the curve."""
    made = crop(decay=("10:2:0.3",), loss_shape=2.5)
    assert loss_curve(made)[1] == 2.5
    assert float(loss_share(made, 2.0 / life_d(made, 10.0))) == pytest.approx(0.3, abs=1e-12)


@pytest.mark.parametrize(
    ("figures", "message"),
    [
        ({"decay": ("20:3",)}, 'decay must read "°C:days:share'),
        ({"decay": ("20:3:1.2",)}, r'got "20:3:1.2"'),
        ({"decay": ("20:3:0.2", "20:3:0.3")}, "names a temperature and day twice"),
        ({"kinetics": "q10", "q10": None}, "needs q10 or warm_life_d"),
        ({"kinetics": "arrhenius"}, "needs ea_kj_mol or warm_life_d"),
        ({"kinetics": "ratkowsky", "warm_life_d": 1.0}, "leave warm_life_d empty"),
        ({"warm_life_d": 11.0}, "must be warmer and shorter"),
        ({"warm_life_d": 5.0, "life_temp_c": 26.0}, "must be warmer and shorter"),
    ],
)
def test_odd_kinetics_are_refused(figures: dict[str, object], message: str) -> None:
    """Anchors the wrong way round and decay data that cannot be read are named."""
    with pytest.raises(ValidationError, match=message):
        crop(**figures)


def test_quality_and_band_of_a_shelf() -> None:
    """Half a life leaves 100·√0.2 = 44.7; the loss lies in its band, which a missing source widens."""
    known = crop(
        life_d=10, life_min_d=8, life_max_d=12, life_source="known", warm_life_d=2.0, warm_temp_c=20.0, warm_min_d=1.6,
        warm_max_d=2.4, warm_source="known", q10=None,
    )  # fmt: skip
    half = shelf_life(known, [Held(0.0, 60.0), Held(20.0, 12.0)])
    assert half.life_d == pytest.approx(2.0)
    assert half.quality == pytest.approx(100.0 * math.sqrt(0.2), rel=1e-9)
    assert half.low < half.loss < half.high
    unknown = shelf_life(known.model_copy(update={"warm_source": ""}), [Held(0.0, 60.0), Held(20.0, 12.0)])
    assert (unknown.loss, unknown.low < half.low, unknown.high > half.high) == (half.loss, True, True)
    assert quality(0.0) == 100.0


@pytest.mark.parametrize("commodity", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_the_extremes_bracket_every_history(commodity: Commodity) -> None:
    """Over temperatures and days the loss lies in its band, and every corner of the bands is a law."""
    for temp in (-0.2, 5.0, 12.0, 22.0, 30.0):
        for days in (0.5, 2.0, 6.0):
            shelf = shelf_life(commodity, [Held(temp, 24.0 * days)])
            assert shelf.low <= shelf.loss + 1e-12
            assert shelf.loss <= shelf.high + 1e-12
    assert all(made.warm_life_d is None or made.warm_life_d < made.life_d for made in extremes(commodity))


def test_fish_law_by_hand() -> None:
    """Iced fish ages (1 + 0.1·T)² as fast as at 0 °C: four times at 10 °C."""
    fish = crop(kinetics="ratkowsky", q10=None)
    assert life_d(fish, 10.0) == pytest.approx(10.0 / 4.0, rel=1e-12)


def test_rates_keep_the_shape_of_the_temperatures() -> None:
    """An array of temperatures of shape (2, 2) gives rates of that shape, each as if asked alone."""
    temps = np.array([[0.0, 10.0], [20.0, 30.0]])
    rates = rate_per_h(crop(), temps)
    assert rates.shape == (2, 2)
    assert rates[1, 0] == float(rate_per_h(crop(), 20.0))


def test_cold_below_the_threshold_harms() -> None:
    """A tomato lives shorter at 2 °C than at its threshold of 10 °C, and at 10 °C longer than at 20 °C."""
    tomato = CATALOGUE["tomato"]
    assert life_d(tomato, 2.0) < life_d(tomato, 6.0) < life_d(tomato, 10.0)
    assert life_d(tomato, 10.0) > life_d(tomato, 20.0)


def test_chilled_tomato_lasts_as_published() -> None:
    """A tomato at 5 °C lasts 4-8 days, about half as long as at 10 °C (HB 66: 6-8 days)."""
    assert 4.0 <= life_d(CATALOGUE["tomato"], 5.0) <= 8.0


def test_peach_has_a_killing_zone_between_two_good_temperatures() -> None:
    """A peach lives longest near 0 °C; at 4 °C, in the killing zone, it lives shorter than at 1 °C or at 8 °C."""
    peach = CATALOGUE["peach"]
    assert life_d(peach, 4.0) < life_d(peach, 8.0) < life_d(peach, 1.0)


@pytest.mark.parametrize("commodity", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_freezing_leaves_a_day(commodity: Commodity) -> None:
    """Below its freezing point any lot is spent in a day, if chilling has not spoiled it before."""
    assert float(rate_per_h(commodity, commodity.freezing_c - 0.1)) == pytest.approx(1.0 / 24.0, rel=1e-12)
    assert life_d(commodity, commodity.freezing_c - 0.1) <= 1.0 + 1e-12


@pytest.mark.parametrize("commodity", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_loss_grows_from_nothing_to_everything(commodity: Commodity) -> None:
    """Loss is 0 for a fresh lot, never falls with used-up life, is that of its curve at its end and tends to 1."""
    used = np.linspace(0.0, 30.0, 3001)
    loss = loss_share(commodity, used)
    assert loss[0] == 0.0
    assert np.all(np.diff(loss) >= 0.0)
    scale, _shape = loss_curve(commodity)
    assert loss[100] == pytest.approx(1.0 - math.exp(-scale), abs=1e-12)
    assert commodity.decay or loss[100] == pytest.approx(commodity.loss_at_life, abs=1e-12)
    assert loss[-1] == pytest.approx(1.0, abs=1e-6)


@settings(derandomize=True, deadline=None)
@given(used=st.floats(0.01, 3.0), shape=st.floats(0.5, 8.0), dose=st.floats(0.0, 900.0), dry=st.floats(0.0, 0.3))
def test_slope_of_the_loss_is_its_derivative(used: float, shape: float, dose: float, dry: float) -> None:
    """The loss of an hour equals the central difference along the wear of that hour."""
    made = crop(loss_shape=shape, handling_loss=0.02, chill_threshold_c=9.0, chill_onset_k_h=400.0, chill_k_h=300.0)
    worn, rate = np.array([used, dose, dry]), np.array([0.02, 3.0, 0.004])
    step = 1e-5 * max(used, 0.1)
    if abs(dose - 400.0) < 1.0:
        return
    ends = [float(worn_loss(made, worn + sign * step * rate, 2)) for sign in (-1, 1)]
    assert worn_slope(made, worn, rate, 2) == pytest.approx((ends[1] - ends[0]) / (2 * step), rel=1e-4, abs=1e-7)


def test_each_transfer_bruises_what_is_left() -> None:
    """Three transfers at 2 % keep 0.98³ of a lot, whatever its age keeps."""
    bruised = crop(handling_loss=0.02)
    kept = 1.0 - loss_share(bruised, np.array([0.0, 1.0]), 3)
    assert kept == pytest.approx([0.98**3, 0.5 * 0.98**3], abs=1e-12)


def test_air_of_the_day_meets_its_low_and_high() -> None:
    """From a low of 20.5 at 05:00 and a high of 29.5 at 14:30 the day is warmest at 14 and 15 h, coldest at 5 h."""
    air = hourly_air_c(SUMMER)
    assert (air.argmin(), air[5]) == (5, 20.5)
    assert air.argmax() in (14, 15)
    assert air.max() == pytest.approx(29.5, abs=0.07)


def test_hourly_air_is_taken_as_given() -> None:
    """Twenty-four hourly means stand instead of low and high."""
    hours = tuple(float(h) for h in range(24))
    assert hourly_air_c(Period(id="p", days=1, hourly_c=hours)).tolist() == list(hours)


@pytest.mark.parametrize("kind", ["ambient", "drift", "hold", "cool"])
def test_constant_temperature_is_hours_times_rate(kind: str) -> None:
    """Where air, cargo and target share one temperature, each kind of stage uses hours × rate."""
    stage = LaneStage(kind, 31.7, 17.0, 2.0)
    expected = 31.7 * float(rate_per_h(crop(), 17.0))
    assert used_by(crop(), still(17.0), 6.3, stage) == pytest.approx(expected, rel=1e-12)


def test_newton_cooling_against_quadrature() -> None:
    """Cooling 28 -> 1 °C with a half-time of 0.8 h uses the life that fine quadrature finds; an eighth is left."""
    ends = age(crop(), still(28.0), 0.0, [LaneStage("cool", 2.4, 1.0, 0.8)])
    expected = integral(crop(), lambda t: 1.0 + 27.0 * 0.5 ** (t / 0.8), 2.4, [])
    assert ends.used[0] == pytest.approx(expected, rel=1e-6)
    assert ends.temp_c[0] == pytest.approx(1.0 + 27.0 / 8.0, abs=1e-9)


def test_ambient_day_against_trapezoid() -> None:
    """A day in the air of summer uses the mean of the rate over a fine grid of that day."""
    clock = np.linspace(0.0, 24.0, 24 * 600 + 1)
    air = np.interp(clock, np.arange(25.0), np.r_[hourly_air_c(SUMMER), hourly_air_c(SUMMER)[0]])
    expected = float(np.trapezoid(rate_per_h(crop(), air), clock))
    assert used_by(crop(), SUMMER, 9.25, LaneStage("ambient", 24.0)) == pytest.approx(expected, rel=1e-6)


def test_drift_against_quadrature_and_closed_form() -> None:
    """A lot at 5 °C in an uncooled body under still air of 25 °C warms as 25 - 20·2^(-t/3)."""
    lane = [LaneStage("cool", 400.0, 5.0, 1.0), LaneStage("drift", 7.0, half_h=3.0)]
    ends = age(crop(), still(25.0), 0.0, lane)
    expected = integral(crop(), lambda t: 25.0 - 20.0 * 0.5 ** (t / 3.0), 7.0, [])
    assert ends.used[1] - ends.used[0] == pytest.approx(expected, rel=1e-6)
    assert ends.temp_c[1] == pytest.approx(25.0 - 20.0 * 0.5 ** (7.0 / 3.0), abs=1e-9)


def test_drift_under_moving_air_follows_newton() -> None:
    """While the air warms by 2 K an hour the drifting cargo satisfies dT/dt = ln 2 / half · (air - T)."""
    warming = Period(id="p", days=1, hourly_c=tuple(2.0 * h for h in range(24)))
    decay = math.log(2.0) / 3.0
    cargo_c = age(
        crop(), warming, 4.0, [LaneStage("drift", 1e-9, half_h=3.0), LaneStage("drift", 5.0, half_h=3.0)]
    ).temp_c[1]
    lag = 2.0 / decay
    assert cargo_c == pytest.approx(8.0 + 2.0 * 5.0 - lag + lag * math.exp(-decay * 5.0), abs=1e-6)


@settings(derandomize=True, deadline=None)
@given(
    kind=st.sampled_from(["ambient", "drift", "hold", "cool"]),
    hours=st.floats(0.1, 40.0),
    share=st.floats(0.0, 1.0),
    clock=st.floats(0.0, 24.0),
    half=st.floats(0.2, 12.0),
)
def test_splitting_a_stage_changes_nothing(kind: str, hours: float, share: float, clock: float, half: float) -> None:
    """A stage cut in two anywhere uses the same life and leaves the same temperature."""
    whole = age(crop(), SUMMER, clock, [LaneStage("ambient", 1.0), LaneStage(kind, hours, 1.0, half)])
    parts = [LaneStage(kind, hours * share, 1.0, half), LaneStage(kind, hours * (1.0 - share), 1.0, half)]
    cut = age(crop(), SUMMER, clock, [LaneStage("ambient", 1.0), *parts])
    assert cut.used[-1] == pytest.approx(whole.used[-1], rel=1e-5)
    assert cut.temp_c[-1] == pytest.approx(whole.temp_c[-1], abs=1e-8)
    assert cut.hours[-1] == pytest.approx(whole.hours[-1], abs=1e-9)


@pytest.mark.parametrize("name", ["peach", "tomato", "tea_leaf", "freshwater_fish"])
@pytest.mark.parametrize("kind", ["ambient", "drift", "cool"])
def test_kinks_of_the_rate_cost_no_accuracy(name: str, kind: str) -> None:
    """Cooling through the killing zone of a peach, or past a threshold, agrees with a thousand short pieces."""
    half, warm = 9.0, LaneStage("ambient", 1.0)
    whole = used_by(CATALOGUE[name], SUMMER, 8.0, warm, LaneStage(kind, 30.0, 1.0, half))
    fine = used_by(CATALOGUE[name], SUMMER, 8.0, warm, *[LaneStage(kind, 0.03, 1.0, half)] * 1000)
    assert whole == pytest.approx(fine, rel=1e-5)


@pytest.mark.parametrize(
    ("stated", "warm_c", "hours", "gained_k"),
    [
        ({}, None, 12.0, 1.5),  # half of 3 K in 12 h
        ({}, None, 24.0, 2.25),
        ({}, 24.0, 24.0, 0.0),  # breathes nothing: it stays as warm as it came
        ({"respiration_w_t_0c": 50.0, "respiration_w_t_20c": 50.0}, 24.0, 24.0, 0.0),  # its breath does not grow
        ({"respiration_w_t_0c": 20.0, "respiration_w_t_20c": 200.0}, 24.0, 24.0, 0.0),  # 0.26 K/h; 0.29 taken
    ],
)
def test_loads_in_a_reefer(stated: dict[str, float], warm_c: float | None, hours: float, gained_k: float) -> None:
    """A cold load approaches air 3 K above it; a warm one neither cools nor warms by breath that the air takes."""
    flat = Period(id="p", name="p", days=90, temp_min_c=24.0, temp_max_c=24.0)
    made = crop(**stated)
    before = [] if warm_c is not None else [LaneStage("cool", 60.0, 1.0, 1.0)]
    ends = age(made, flat, 9.0, [*before, LaneStage("reefer", hours, 4.0, 12.0)]).temp_c
    assert ends[-1] == pytest.approx((warm_c or 1.0) + gained_k, abs=1e-6)


def test_breath_warms_a_warm_load_of_leaves() -> None:
    """Spinach at 24 °C breathes 903 W/t, 0.81 K/h; less what is taken at 4 °C and by the air, 12 h bring half of it.

    62 W/t at 0 °C and 684 at 20 °C, from there twice as much for 10 K: 902.5 at 24 and 100.2 at 4 °C; 0.722 K/h more
    than at the set point. The air takes 20 K · ln 2 / 48 h = 0.289 K/h. So the load goes to 24 + 0.433 · 12 / ln 2 =
    31.5 °C, half-way in 12 h.
    """
    flat = Period(id="p", name="p", days=90, temp_min_c=24.0, temp_max_c=24.0)
    ends = age(CATALOGUE["spinach"], flat, 9.0, [LaneStage("reefer", 12.0, 4.0, 12.0)]).temp_c
    net_k_h = (902.5 - 100.2) * 3.6 / 1000.0 / 4.0 - 20.0 * np.log(2.0) / 48.0
    assert ends[-1] == pytest.approx(24.0 + net_k_h * 12.0 / np.log(2.0) / 2.0, abs=0.01)


@pytest.mark.parametrize(
    ("temp_c", "watts_t"), [(0.0, 50.0), (10.0, 150.0), (20.0, 450.0), (25.0, 636.4), (30.0, 900.0), (40.0, 1350.0)]
)
def test_breath_grows_by_the_bands_beyond_20_degrees(temp_c: float, watts_t: float) -> None:
    """50 W/t at 0 °C and 450 at 20 °C: threefold for 10 K there; from 20 °C on twofold, from 30 °C on by half."""
    made = crop(respiration_w_t_0c=50.0, respiration_w_t_20c=450.0)
    assert respiration_w_t(made, temp_c) == pytest.approx(watts_t, abs=0.05)
    slow = crop(respiration_w_t_0c=50.0, respiration_w_t_20c=60.5)  # 1.1 for 10 K: slower than the bands, kept
    assert respiration_w_t(slow, 40.0) == pytest.approx(50.0 * 1.1**4)


def test_a_reefer_does_not_cool_a_warm_load() -> None:
    """Twenty hours in a reefer age a field-warm lot exactly as twenty hours at field temperature: it holds only."""
    clock, hours = 14.0, 20.0
    ends = age(crop(), SUMMER, clock, [LaneStage("hold", hours)])
    field_c = float(hourly_air_c(SUMMER)[14])
    assert ends.used[0] == pytest.approx(hours * float(rate_per_h(crop(), field_c)), rel=1e-12)
    assert ends.temp_c[0] == pytest.approx(field_c, abs=1e-12)
    cooled = age(crop(), SUMMER, clock, [LaneStage("cool", 2.4, 1.0, 0.8), LaneStage("hold", hours)])
    assert cooled.used[1] < 0.5 * ends.used[0]


@settings(derandomize=True, deadline=None)
@given(slow=st.floats(0.1, 20.0), factor=st.floats(0.01, 1.0), name=st.sampled_from(["pak_choi", "spinach", "litchi"]))
def test_faster_pre_cooling_is_never_worse(slow: float, factor: float, name: str) -> None:
    """With the same hours in the cold room, a shorter half-time never uses more life of a crop that loves the cold."""
    lots = [
        used_by(CATALOGUE[name], SUMMER, 9.0, LaneStage("cool", 12.0, 1.0, half), LaneStage("hold", 20.0))
        for half in (slow, slow * factor)
    ]
    assert lots[1] <= lots[0] * (1.0 + 1e-9)


def test_a_too_cold_room_is_worse_than_the_right_one() -> None:
    """Tomatoes kept at 1 °C for five days are chilled and lose more than at 10 °C; for one day they do not."""
    tomato = CATALOGUE["tomato"]
    for hours, worse in ((120.0, True), (24.0, False)):
        kept = [LaneStage("cool", hours, temp, 0.8) for temp in (1.0, 10.0)]
        lost = [float(worn_loss(tomato, age(tomato, SUMMER, 9.0, (stage,)).worn[-1], 0)) for stage in kept]
        assert (lost[0] > lost[1]) == worse


def test_nothing_passes_in_no_time() -> None:
    """Stages of zero hours use nothing and change no temperature; no stages give empty arrays."""
    ends = age(crop(), WINTER, 3.0, [LaneStage("ambient", 0.0), LaneStage("cool", 0.0, -3.0, 1.0)])
    assert ends.used.tolist() == [0.0, 0.0]
    assert ends.temp_c[1] == ends.temp_c[0]
    assert age(crop(), WINTER, 3.0, []).used.shape == (0,)


def test_respiration_passes_through_the_published_values() -> None:
    """Strawberry: 48 W/t at 0 °C and 446 at 20 °C as published, their geometric mean at 10 °C."""
    berry = next(crop for crop in catalogue_table("commodity") if crop.id == "strawberry")
    assert respiration_w_t(berry, 0.0) == pytest.approx(48)
    assert respiration_w_t(berry, 20.0) == pytest.approx(446)
    assert respiration_w_t(berry, 10.0) == pytest.approx((48 * 446) ** 0.5)


def test_chilling_is_a_dose_with_an_onset() -> None:
    """Ten hours 5 K below the threshold are 50 K·h: nothing below an onset of 60, 1 - exp(-1) beyond 50 + D."""
    made = crop(chill_threshold_c=10.0, chill_onset_k_h=60.0, chill_k_h=40.0, life_d=1000)
    worn = age(made, still(5.0), 8.0, (LaneStage("ambient", 10.0),)).worn[-1]
    assert worn[1] == pytest.approx(50.0, rel=1e-12)
    assert float(loss_share(made, 0.0, chilled=worn[1])) == 0.0
    assert float(loss_share(made, 0.0, chilled=100.0)) == pytest.approx(1.0 - math.exp(-1.0))
    assert life_d(made, 9.0) > life_d(made, 5.0)


@pytest.mark.parametrize("name", ["pak_choi", "kiwifruit", "apple", "tomato", "mango", "ponkan", "tea_leaf"])
def test_a_day_of_winter_air_harms_nothing(name: str) -> None:
    """A day and a half between 2 and 9.5 °C chills no crop of the catalogue, but green bananas."""
    worn = age(CATALOGUE[name], WINTER, 8.0, (LaneStage("ambient", 38.0),)).worn[-1]
    bare = CATALOGUE[name].model_copy(update={"chill_onset_k_h": None, "chill_threshold_c": None})
    free = age(bare, WINTER, 8.0, (LaneStage("ambient", 38.0),)).worn[-1]
    assert float(worn_loss(CATALOGUE[name], worn, 0)) == pytest.approx(float(worn_loss(bare, free, 0)), abs=1e-12)


def test_a_depot_never_cools_by_heating() -> None:
    """A bean of 6 °C stays so in a room of 10 °C; in a market hall of 8 °C it warms."""
    bean = CATALOGUE["snap_bean"]
    cold = age(bean, still(6.0), 8.0, (LaneStage("ambient", 1.0), LaneStage("cool", 10.0, 10.0, 1.0)))
    assert cold.temp_c[-1] == 6.0
    hall = age(bean, still(6.0), 8.0, (LaneStage("ambient", 1.0), LaneStage("hall", 3.0, 8.0, 3.0)))
    assert hall.temp_c[-1] == pytest.approx(7.0)


def test_tea_leaf_gains_nothing_below_fifteen_degrees() -> None:
    """Below 15-18 °C no significant effect was found (xdspkj 20241121): its life is the same from 0 to 15 °C."""
    tea = CATALOGUE["tea_leaf"]
    assert life_d(tea, 5.0) == life_d(tea, 10.0) == pytest.approx(life_d(tea, 15.0))
    assert life_d(tea, 5.0) >= 0.8 * life_d(tea, 15.0)


def test_vacuum_takes_one_per_cent_for_six_kelvin() -> None:
    """Cooled by 24 K in vacuum, a lot loses 4 % of its weight, within a fifth of the published 1 % per 6 K."""
    leaf = crop(warm_life_d=2.0, warm_temp_c=25.0, life_d=1000)
    stages = (LaneStage("ambient", 0.0), LaneStage("cool", 5.0, 1.0, 0.17, 1.0, VACUUM_DRY_PER_K))
    dried = age(leaf, still(25.0), 8.0, stages).worn[-1][2]
    assert 0.8 * 0.04 <= 1.0 - math.exp(-dried) <= 1.2 * 0.04


def test_water_by_hand() -> None:
    """At 25 °C and 70 % the deficit is 0.3 · 3.17 kPa; 3.8 kg/(t·h·kPa) over a day are 8.7 % of pak choi."""
    leaf = CATALOGUE["pak_choi"]
    air = Period(id="p", days=1, hourly_c=(25.0,) * 24, humidity=0.7)
    dried = age(leaf, air, 8.0, (LaneStage("ambient", 24.0),)).worn[-1][2]
    assert dried == pytest.approx(24.0 * 0.0038 * 0.3 * 3.1618, rel=1e-3)
    crate = packed(leaf, planned=True)
    assert age(crate, air, 8.0, (LaneStage("ambient", 24.0),)).worn[-1][2] == pytest.approx(dried / 4.0)
