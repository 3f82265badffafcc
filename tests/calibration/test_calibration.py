"""Bands narrowed by weighings: known truth found again, outliers named, inputs never changed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_cases import tiny_county

from coldchain.calibration import Weighing, calibrate, read_weighings, write_calibrated
from coldchain.cli import run
from coldchain.errors import BadInputError, UsageError
from coldchain.model import Commodity, Scenario
from coldchain.model.bands import ends_of
from coldchain.model.packaging import packed
from coldchain.scenario import load
from coldchain.spoilage import Held, held_loss, steady

HARVEST = "village,commodity,period,tonnes\nV1,pak_choi,p,200\nV1,strawberry,p,100\n"
PLACES = ((25.0, 36.0), (25.0, 60.0), (22.0, 72.0), (2.0, 200.0), (1.0, 320.0))


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a county of leaf and berries."""
    return tiny_county(tmp_path_factory.mktemp("calibration") / "one", harvest=HARVEST)


@pytest.fixture(scope="module")
def scenario(county: Path) -> Scenario:
    """Load it."""
    return load(county)[0]


def crop_of(scenario: Scenario, key: str) -> Commodity:
    """Return a crop by its id."""
    return next(crop for crop in scenario.commodities if crop.id == key)


def weighed(truth: Commodity, times: int = 1) -> list[tuple[int, Weighing]]:
    """Return what would be weighed if a crop were so, without error."""
    box = packed(steady(truth), planned=True)
    rows = [
        Weighing(crop=truth.id, temp=temp, hours=hours, loss=held_loss(box, [Held(temp, hours)], 0.85, 1))
        for temp, hours in PLACES * times
    ]
    return list(enumerate(rows, start=2))


@pytest.mark.parametrize("key", ["pak_choi", "strawberry"])
def test_what_agrees_with_the_stated_figures_narrows_around_them(scenario: Scenario, key: str) -> None:
    """Perfect weighings of the crop as stated: values stay, no band grows, one that the lots tell of is narrower."""
    found = calibrate(scenario, weighed(crop_of(scenario, key)))
    assert found.outliers == ()
    for one in found.narrowed:
        assert one.after[0] == pytest.approx(one.before[0], rel=0.01)
        assert one.before[1] <= one.after[1] <= one.after[0] <= one.after[2] <= one.before[2]
    assert max(one.narrower for one in found.narrowed) > 0.2


def test_another_truth_is_approached(scenario: Scenario) -> None:
    """A crop that keeps a tenth longer than stated: the fit goes there, nearer with more weighings."""
    crop = crop_of(scenario, "pak_choi")
    truth = crop.model_copy(update={"life_d": 17.0, "warm_life_d": 3.9, "loss_at_life": 0.08})
    few, many = (calibrate(scenario, weighed(truth, times)) for times in (1, 8))
    off = [sum(abs(r.measured - r.expected) for r in found.residuals) / len(found.residuals) for found in (few, many)]
    assert off[1] <= off[0] < 0.01
    widths = [sum(one.narrower for one in found.narrowed) for found in (few, many)]
    assert widths[0] < widths[1]


def test_the_curvature_is_that_of_the_posterior(scenario: Scenario) -> None:
    """One figure open, many weighings: the deviation by a grid over the posterior agrees with Laplace's."""
    crop = crop_of(scenario, "strawberry").model_copy(
        update={"life_min_d": 9.22, "life_max_d": 9.22, "handling_loss": 0.0, "loss_at_life_min": None}
    )
    alone = replace(scenario, commodities=(crop,))
    rows = [(n, Weighing(crop="strawberry", temp=22.0, hours=24.0, loss=0.12)) for n in range(2, 8)]
    found = next(one for one in calibrate(alone, rows).narrowed if one.figure == "warm_life_d")
    low, high = ends_of(crop, "warm_life_d")
    theta = np.linspace(np.log(low), np.log(high), 4001)
    box = packed(steady(crop), planned=True)
    loss = np.array([
        held_loss(box.model_copy(update={"warm_life_d": float(np.exp(t))}), [Held(22.0, 24.0)], 0.85, 1) for t in theta
    ])  # fmt: skip
    spread = np.log(high / low) / (2 * 1.6448536)
    logs = -0.5 * (6 * ((0.12 - loss) / np.hypot(0.03, 0.15 * 0.12)) ** 2 + ((theta - np.log(1.2)) / spread) ** 2)
    weight = np.exp(logs - logs.max()) / np.exp(logs - logs.max()).sum()
    ends = np.exp(np.interp([0.05, 0.95], np.cumsum(weight), theta))
    assert found.after[0] == pytest.approx(np.exp(theta[weight.argmax()]), rel=1e-3)
    assert found.after[1:] == pytest.approx(ends, rel=0.03)


def test_an_outlier_is_named_and_left_out(scenario: Scenario) -> None:
    """One lot lost nearly whole in a day among five good ones: it is named by its line; the others fit the same."""
    good = weighed(crop_of(scenario, "pak_choi"))
    bad = (99, Weighing(crop="pak_choi", temp=20.0, hours=24.0, loss=0.9))
    found = calibrate(scenario, [*good, bad])
    assert [one.line for one in found.outliers] == [99]
    assert found.outliers[0].deviations > 3
    assert found.narrowed == calibrate(scenario, good).narrowed


def test_weighings_beyond_every_band_move_nothing(scenario: Scenario) -> None:
    """Lots that no figure within its band explains are all outliers, and the bands stay."""
    rows = [(n, Weighing(crop="pak_choi", temp=2.0, hours=24.0, loss=0.8)) for n in (2, 3, 4)]
    found = calibrate(scenario, rows)
    assert len(found.outliers) == 3
    assert found.narrowed == ()


def test_the_written_scenario_has_the_new_bands(county: Path, scenario: Scenario, tmp_path: Path) -> None:
    """A copy with the figures, sources and, for measured decay, the curve as it was; the scenario itself stays."""
    before = {path.name: path.read_bytes() for path in county.iterdir()}
    rows = [*weighed(crop_of(scenario, "pak_choi")), *weighed(crop_of(scenario, "strawberry"))]
    found = calibrate(scenario, rows)
    copy = write_calibrated(county, tmp_path / "copy", scenario, found)
    assert {path.name: path.read_bytes() for path in county.iterdir()} == before
    made = load(copy)[0]
    for one in found.narrowed:
        if one.narrower >= 0.02:
            assert ends_of(crop_of(made, one.crop), one.figure) == pytest.approx(one.after[1:], rel=1e-3)
            assert getattr(crop_of(made, one.crop), one.figure) == pytest.approx(one.after[0], rel=1e-3)
    old, new = (steady(crop_of(one, "strawberry")) for one in (scenario, made))
    assert (new.loss_shape, new.loss_at_life) == pytest.approx((old.loss_shape, old.loss_at_life), rel=1e-5)
    assert crop_of(made, "strawberry").decay == ()
    with pytest.raises(UsageError, match="exists already and is not empty"):
        write_calibrated(county, copy, scenario, found)


TABLE = "crop,packaging,temp,hours,loss\npak_choi,crate,25,48,4%\nPak choi / bok choy,,25,72,0.09\n"


def test_reading(scenario: Scenario, tmp_path: Path) -> None:
    """Names and ids, shares and per cent; Chinese headings; packaging may be left out."""
    path = tmp_path / "w.csv"
    path.write_text(TABLE, encoding="utf-8")
    rows = [one for _line, one in read_weighings(path, scenario)]
    assert [(one.crop, one.packaging, one.loss) for one in rows] == [
        ("pak_choi", "crate", 0.04), ("pak_choi", None, 0.09),
    ]  # fmt: skip
    path.write_text("品种,包装,温度,小时,损耗\n小白菜,周转箱,25,48,4%\n", encoding="utf-8")
    assert read_weighings(path, scenario)[0][1] == rows[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("crop,temp,hours,loss\nkale,20,5,0.1\n", "row 2, crop"),
        ("crop,temp,hours,loss\npak_choi,99,5,0.1\n", "at most 45"),
        ("crop,temp,hours,loss\npak_choi,20,5,1.2\n", "less than 1"),
        ("crop,temp,hours,loss\npak_choi,20,,0.1\n", "must be given"),
        ("crop,temp,hours,loss\n", "no weighings"),
        ("crop,packaging,temp,hours,loss\npak_choi,bag,9,5,0.1\n", "packaging"),
        ("crop,temp,hours,loss\npak_choi,20,5,x%\n", "loss"),
    ],
    ids=["crop", "hot", "all-lost", "no-hours", "empty", "box", "text"],
)
def test_bad_tables(scenario: Scenario, tmp_path: Path, text: str, said: str) -> None:
    """Each fault by row and column."""
    path = tmp_path / "w.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match=said):
        read_weighings(path, scenario)


def test_the_command(county: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Proposals on stdout, a scenario only with --out, one object with --json."""
    path = tmp_path / "w.csv"
    path.write_text(TABLE, encoding="utf-8")
    assert run(["calibrate", str(county), str(path)]) == 0
    told = capsys.readouterr().out
    assert "pak_choi, unsaleable at the end of life: 0.1 (0.05-0.2) before" in told
    assert sorted(one.name for one in tmp_path.iterdir()) == ["w.csv"]
    assert run(["calibrate", str(county), str(path), "--out", str(tmp_path / "new"), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["schema"] == "coldchain.calibration/1"
    assert {one["figure"] for one in facts["figures"]} == {"life_d", "warm_life_d", "loss_at_life"}
    assert load(tmp_path / "new")[0].name == "one"
