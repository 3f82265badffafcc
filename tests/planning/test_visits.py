"""Whom to visit before building: worth of knowing, by hand and through the command."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from perishable import write_perishable
from planned import decided, saved

from coldchain.cli import run
from coldchain.planning import Near, Options, decide, lay_ground
from coldchain.planning.visits import _picked, _spread, worth_visiting
from coldchain.scenario import load

HALF = np.array([0.5, 0.5, 0.5])
EACH = SimpleNamespace(village=np.array([0, 1, 2]))
"""Three demands, each a village of its own."""


def test_a_village_that_changes_nothing_is_not_visited() -> None:
    """A rival 100 dearer: village 0 may turn that round, village 1 a little, village 2 not at all."""
    change = np.array([[400.0, 60.0, 0.0]])
    picked = _picked(np.array([-10.0]), change, HALF, EACH, 3, 0)  # type: ignore[arg-type] - what is used of arcs
    assert [one.village for one in picked] == [0, 1]
    assert picked[0].cny > picked[1].cny > 0.0
    assert _picked(np.array([-1e9]), change, HALF, EACH, 3, 0) == ()  # type: ignore[arg-type]
    assert _picked(np.zeros(0), np.zeros((0, 3)), HALF, EACH, 3, 0) == ()  # type: ignore[arg-type]


def test_the_worth_by_hand() -> None:
    """One village, a rival just as good: worth is the mean of the better half, c·E max(0, ε), by quadrature."""
    (one,) = _picked(np.zeros(1), np.array([[100.0]]), HALF[:1], SimpleNamespace(village=np.array([0])), 1, 0)  # type: ignore[arg-type]
    sigma = np.sqrt(np.log1p(0.25))
    z = (np.arange(20_000) + 0.5) / 20_000
    from scipy.stats import norm

    strays = np.exp(sigma * norm.ppf(z) - sigma**2 / 2) - 1.0
    assert one.cny == pytest.approx(100.0 * np.maximum(strays, 0.0).mean(), rel=0.15)


def test_two_that_tell_the_same_are_worth_less_than_twice() -> None:
    """Each is worth what it adds: the second village of the same kind adds less, as square roots do."""
    change = np.array([[100.0, 100.0]])
    first, second = _picked(np.zeros(1), change, HALF[:2], SimpleNamespace(village=np.array([0, 1])), 2, 0)  # type: ignore[arg-type]
    assert second.cny == pytest.approx((np.sqrt(2.0) - 1.0) * first.cny, rel=0.3)


def test_crops_of_a_demand_stray_by_themselves(tmp_path: Path) -> None:
    """Two crops of equal tonnes, each off by a half: together by 0.5/√2; and the ranking of a county is repeatable."""
    write_perishable(6, 3, tmp_path / "scenario")
    scenario, faults = load(tmp_path / "scenario")
    options = Options.quickly()
    ground = lay_ground(scenario, options, faults)
    cv = np.full(scenario.harvest_t.shape[:2], 0.5)
    spread = _spread(ground, cv)
    harvest = scenario.harvest_t.sum(axis=2)
    for d in range(len(spread)):
        tonnes = harvest[ground.arcs.village[d], ground.arcs.members[ground.arcs.group[d]]]
        assert spread[d] == pytest.approx(0.5 * np.sqrt((tonnes**2).sum()) / tonnes.sum())
    course = decide(ground, options, Near(further=False)).course
    one, again = (worth_visiting(ground, course, options, cv, 5) for _time in range(2))
    assert one == again
    assert len({found.village for found in one}) == len(one) <= 5
    assert worth_visiting(ground, course, options, cv * 0.0, 5) == ()


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """English and Chinese, words and object; nothing is worth a visit where nothing is uncertain."""
    write_perishable(5, 3, tmp_path / "scenario")
    saved(decided(load(tmp_path / "scenario")[0]), tmp_path / "run", {"scenario": str(tmp_path / "scenario")})
    command = ["explain", str(tmp_path / "run"), "--visits", "3", "--quiet"]
    assert run([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["spread"] == 0.5
    assert len(found["villages"]) <= 3
    assert all(one["worth_cny"] > 0.0 and one["tonnes"] > 0.0 for one in found["villages"])
    assert run([*command, "--spread", "0"]) == 0
    assert "no visit is worth anything" in capsys.readouterr().out
    assert run([*command, "--spread", "0", "--lang", "zh"]) == 0
    assert "不必专门核实" in capsys.readouterr().out
