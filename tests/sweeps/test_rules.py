"""Other rules of subsidy: what each rate, cap and programme would decide."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_cases import tiny_county

import coldchain as cc
from coldchain.cli import run
from coldchain.errors import UsageError
from coldchain.scenario import load
from coldchain.scenario.rules import Rule
from coldchain.sweeps import rules_of

STRAWBERRIES = "village,commodity,period,tonnes\nV1,strawberry,p,300\n"
SETTINGS = "[siting]\nbudget_cny = 1000000\n[subsidy]\nrate = 0.4\n"


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write one village that is worth a depot."""
    return tiny_county(tmp_path_factory.mktemp("rules") / "one", SETTINGS, harvest=STRAWBERRIES)


@pytest.fixture(scope="module")
def found(county: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[cc.Frontier, cc.Frontier]:
    """Sweep two rates, one of them with a cap too, twice into one folder."""
    folder = tmp_path_factory.mktemp("swept")
    twice = [
        cc.sweep(cc.load(county), [1e6], folder, rates=[0.2, 0.3], caps_cny=[1000.0, 9e6], effort="quick")
        for _time in range(2)
    ]
    return twice[0], twice[1]


def test_each_rule_awards_what_it_says(found: tuple[cc.Frontier, cc.Frontier]) -> None:
    """An award is the rate of the investment, at most the cap; where the budget buys all the same, nothing moves."""
    rows = found[0].decided()
    assert len(rows) == 1 + 4
    own = rows.iloc[0]
    assert own["subsidy_cny"] == pytest.approx(0.4 * own["investment_cny"])
    assert own["sites_built"] == 1
    assert own["cooled_t"] == pytest.approx(300.0, rel=1e-3)
    for row in rows.iloc[1:].to_dict("records"):
        assert row["subsidy_cny"] == pytest.approx(min(row["rate"] * row["investment_cny"], row["cap_cny"]))
        assert (row["opens"], row["closes"]) == ("", "")
        assert row["status"] in {"optimal", "feasible"}


def test_each_figure_stands_between_its_ends(found: tuple[cc.Frontier, cc.Frontier]) -> None:
    """The ends come from the same draws for every rule, which change nothing here but who pays."""
    rows, points = found[0].decided(), [point for _rule, point in found[0].rules.rows]
    for name in ("loss_rate", "saving_cny", "benefit_cny"):
        assert (rows[f"{name}_p5"] < rows[name]).all()
        assert (rows[name] < rows[f"{name}_p95"]).all()
        assert rows[f"{name}_p95"].nunique() == 1
    assert found[0].table().filter(like="_p5").columns.tolist() == rows.filter(like="_p5").columns.tolist()
    for point in points:
        assert point.net_cny["S1"][0] == pytest.approx(point.benefit_cny, abs=0.01)
        assert point.net_cny["S1"][1:] == pytest.approx(point.draws["benefit_cny"], abs=0.01)


def test_what_is_planned_is_kept(found: tuple[cc.Frontier, cc.Frontier]) -> None:
    first, second = found
    assert (first.rules.solved, first.rules.kept) == (4, 0)
    assert (second.rules.solved, second.rules.kept) == (0, 4)
    assert second.decided().equals(first.decided())


def test_the_command_writes_what_is_decided(county: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A budget too small for any award under one rate; the table and the object say the same."""
    out = tmp_path / "out"
    asked = ["sweep", str(county), "--budget", "1e6", "--rate", "0.5", "--effort", "quick", "--out", str(out)]
    assert run([*asked, "--json", "-q"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["rate"] for row in told["decided"]] == [None, 0.5]
    assert "decided.csv" in told["files"]
    assert run([*asked, "-q"]) == 0
    assert "awards" in capsys.readouterr().out


def test_a_rule_changes_the_subsidy_alone(county: Path) -> None:
    scenario = load(county)[0]
    assert Rule().on(scenario) == scenario
    other = Rule(rate=0.1, cap_cny=5.0, programme="hunan_2021").on(scenario)
    assert (other.subsidy.programme, other.subsidy.rate, other.subsidy.cap_per_owner_cny) == ("hunan_2021", 0.1, 5.0)
    assert other.subsidy.rate_by_class == {}
    assert other.siting == scenario.siting


@pytest.mark.parametrize(
    ("lists", "words"),
    [
        ({"rates": [1.5]}, "rates must lie between 0 and 1; got 1.5"),
        ({"caps_cny": [-1.0]}, "caps must be finite and not negative; got -1.0"),
        ({"programmes": ["nowhere"]}, "there is no programme nowhere; there are "),
    ],
)
def test_what_is_no_rule_is_refused(lists: dict[str, list[object]], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        rules_of(**lists)  # type: ignore[arg-type]
