"""Subsidy levels: what the page shows of a grid, and where the next million is best spent."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from level_cases import AWARD_CNY, NET_CNY, RULES, frontier, without_draws

import coldchain as cc
from coldchain.errors import UsageError
from coldchain.language import speaking


def told(page: str) -> Any:
    """Return what the script of a page reads."""
    return json.loads(re.findall(r'<script type="application/json" id="told">(.*?)</script>', page, re.DOTALL)[0])


def test_the_next_million_by_class_of_owner() -> None:
    """From one to two million a company builds S2: 100,000 CNY a year for half a million is 200,000 for a million.

    The draws say between a loss of as much and a gain of twice as much; the co-operative gets nothing more.
    """
    company, cooperative = cc.levels(frontier()).next_million().to_dict("records")
    assert (company["county"], company["owner_kind"], company["opens"], company["closes"]) == ("A", "company", "S2", "")
    assert company["more_award_cny"] == AWARD_CNY["S2"]
    assert company["more_cooled_t"] == 100.0
    assert company["more_benefit_cny"] == NET_CNY["S2"][0]
    assert company["benefit_per_million_cny"] == pytest.approx(2e5)
    assert company["benefit_per_million_cny_p5"] == pytest.approx(-2e5)
    assert company["benefit_per_million_cny_p95"] == pytest.approx(4e5)
    assert company["gains_in"] == 0.5
    assert (cooperative["opens"], cooperative["more_award_cny"], cooperative["more_benefit_cny"]) == ("", 0.0, 0.0)
    assert str(cooperative["benefit_per_million_cny"]) == "nan"


def test_the_next_million_by_county_is_the_difference_of_two_plans() -> None:
    """From nothing to two million: both depots; what they bring is what the plans' benefits differ by."""
    found = frontier(own_cny=0.0)
    (row,) = cc.levels(found).next_million("county", more_cny=2e6).to_dict("records")
    points = found.sweep.points
    assert (row["county"], row["owner_kind"], row["opens"]) == ("A", "", "S1;S2")
    assert row["more_benefit_cny"] == pytest.approx(points[2].benefit_cny - points[0].benefit_cny)
    assert row["more_award_cny"] == pytest.approx(points[2].subsidy_cny)


def test_counties_add_up_by_class_of_owner() -> None:
    """Two counties that build alike: twice the awards, the same benefit for each million."""
    alone, both = (cc.levels(*found).next_million("owner_kind").iloc[0]
                   for found in ([frontier()], [frontier(), frontier("dale · base")]))  # fmt: skip
    assert both["more_award_cny"] == 2 * alone["more_award_cny"]
    assert both["benefit_per_million_cny"] == pytest.approx(alone["benefit_per_million_cny"])
    assert both["opens"] == "S2;S2"


def test_counties_of_one_name_stay_apart() -> None:
    found = cc.levels(frontier(), frontier("dale · base")).next_million("county")
    assert list(found["county"]) == ["A (hill · base)", "A (dale · base)"]
    assert list(found["opens"]) == ["S2", "S2"]


def test_the_next_million_under_a_rule_that_was_swept() -> None:
    """At 40 % S2 is awarded 200,000 instead of half a million: 100,000 CNY a year for it are 500,000 for a million."""
    found = cc.levels(frontier(rules=RULES))
    company = found.next_million(rate=0.4).iloc[0]
    assert (company["opens"], company["more_award_cny"]) == ("S2", 2e5)
    assert company["benefit_per_million_cny"] == pytest.approx(5e5)
    assert found.next_million(rate=0.2, programme="plan_40").iloc[0]["more_award_cny"] == 1e5
    with pytest.raises(UsageError, match="hill · base: no plan was made under this rule"):
        found.next_million(rate=0.3)


def test_a_million_too_little_changes_nothing() -> None:
    found = cc.levels(frontier()).next_million(more_cny=9e5)
    assert (found["more_award_cny"] == 0).all()
    assert found["gains_in"].isna().all()


def test_points_without_draws_are_refused() -> None:
    with pytest.raises(UsageError, match="the points of hill · base were kept by an earlier version"):
        cc.levels(without_draws(frontier())).next_million()


@pytest.mark.parametrize(("names", "words"), [((), "give one sweep"), (("a", "a"), "two sweeps are called a")])
def test_what_cannot_be_laid_side_by_side(names: tuple[str, ...], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        cc.levels(*map(frontier, names))


def test_the_page_holds_every_plan_of_the_grid(tmp_path: Path) -> None:
    """A panel for each programme, a curve for each rate, each with its ends; an endless payback has none."""
    found = cc.levels(frontier(rules=RULES))
    assert len(found.table()) == 3 * (1 + len(RULES))
    page = told(found.explore(tmp_path / "deep" / "levels.html").read_text(encoding="utf-8"))
    assert [one["title"] for one in page["panels"]] == ["as the scenario states", "plan_40"]
    assert [[curve["rate"] for curve in one["curves"]] for one in page["panels"]] == [[None, 0.2, 0.4], [0.2]]
    assert [one["at"] for one in page["rates"]] == [None, 0.2, 0.4]
    curve = page["panels"][0]["curves"][0]
    assert curve["figures"]["benefit_cny"] == {"at": [0.0, 0.3, 0.4], "low": [0.0, 0.1, 0.0], "high": [0.0, 0.5, 0.7]}
    assert curve["figures"]["payback_years"]["high"] == [None, None, None]
    assert curve["told"][2] == "2 depots built, awards CNY 1.30 M; opens S2"
    with speaking("zh"):
        other = told(found.explore(tmp_path / "zh.html").read_text(encoding="utf-8"))
    assert other["panels"][0]["curves"][0]["figures"]["benefit_cny"]["at"] == [0.0, 30.0, 40.0]


def test_a_notebook_gets_the_same_page(tmp_path: Path) -> None:
    """Packed into one frame, which names what it shows and asks for nothing elsewhere."""
    found = cc.levels(frontier("a<b · base"))
    shown = found._repr_html_()
    inside = html.unescape(re.findall(r'srcdoc="(.*?)"', shown, re.DOTALL)[0])
    packed = re.findall(r'atob\("(.*?)"\)', inside)[0]
    page = gzip.decompress(base64.b64decode(packed)).decode()
    assert told(page) == told(found.explore(tmp_path / "levels.html").read_text(encoding="utf-8"))
    assert "a&lt;b" in shown
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=", page)
