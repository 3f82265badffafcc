"""Progress is data: the same events in every language, and every stage has its sentence, shown now and then."""

from __future__ import annotations

import pytest

from coldchain.cli import telling
from coldchain.language import speaking
from coldchain.model import LIMIT_KINDS, Limit
from coldchain.planning import Options, plan
from coldchain.progress import Event, Stage
from coldchain.scenario import load, upland, write_scenario
from coldchain.sweeps.points import Point

POINT = Point(1e6, "optimal", loss_rate=0.08, coverage=0.9, annual_cny=5e6, seconds=2.0)
EVENTS = (
    Event(Stage.COMPILING),
    Event(Stage.COUNTY, "Shibi", facts={"villages": 12, "sites": 3}),
    Event(Stage.COUNTY, "Shibi", facts={"depots": 1, "roads": "proximity"}),
    Event(Stage.ROADS, "roads", facts={"nodes": 10, "arcs": 20}),
    Event(Stage.TODAY, facts={"loss_rate": 0.2, "harvest_t": 1000.0}),
    Event(Stage.SITING, "loss_t", value=110.0, bound=100.0),
    Event(Stage.SITING, "daily_trips", value=110.0),
    Event(Stage.DECISION, value=5e6, done=1, facts={"loss_rate": 0.08}),
    Event(Stage.FORMER, "runs/base", value=2e6),
    Event(Stage.WITH_DEPOTS),
    Event(Stage.WITH_DEPOTS, bound=4e6),
    Event(Stage.JOINT, "total_cost_cny", value=5e6, bound=4e6),
    Event(Stage.WHOLE_BOUND, "total_cost_cny", bound=4e6),
    Event(Stage.WHOLE_PLAN, value=5e6),
    Event(Stage.REPAIR, done=1, of=4, facts={"missing": {Limit("on_time"): 12.5}}),
    Event(Stage.ROUTING, done=10, of=20),
    Event(Stage.BUDGET, facts={"point": POINT}),
    Event(Stage.CLOSING, value=6e6, facts={"sites": ("S1", "S2"), "best": 5e6}),
    Event(Stage.WHAT_IF, "S1", facts={"action": "closed", "fixed": True}),
    Event(Stage.RENEWAL),
    Event(Stage.FIGURE, done=3, of=60, facts={"figure": "price_cny_kg"}),
    Event(Stage.ORDERS, facts={"orders": 3, "stops": 2, "kg": 1500.0}),
    Event(Stage.SEARCH, value=900.0, done=1000, facts={"seconds": 0.2}),
    Event(Stage.TOURS, value=900.0, done=1000, facts={"tours": 2}),
    Event(Stage.CROWDED, facts={"classes": 2}),
    Event(Stage.GROUPS, of=31, facts={"members": 5}),
    Event(Stage.GROUPS_KNOWN, done=3, of=31),
    Event(Stage.GROUPS_PLANNED, done=3, of=10, facts={"size": 2}),
    Event(Stage.CORE, value=100.0, done=7, facts={"empty": True}),
)


def test_every_stage_is_shown_above() -> None:
    """The list of events misses no stage."""
    assert {event.stage for event in EVENTS} == set(Stage)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"{event.stage}-{event.label}")
def test_every_stage_has_a_sentence_in_both_languages(event: Event) -> None:
    """No placeholder is left open, and the Chinese sentence is another one."""
    english = telling.sentence(event)
    with speaking("zh"):
        chinese = telling.sentence(event)
    assert english
    assert "{" not in english + chinese
    assert chinese != english


@pytest.mark.parametrize("language", ["en", "zh"])
def test_of_one_stage_a_line_now_and_then(
    language: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Seventy events of one aim within a second are one line in either language; another aim has its own."""
    clock = iter(range(10_000))
    monkeypatch.setattr(telling.time, "monotonic", lambda: next(clock) * 0.01)
    with speaking(language):
        say = telling.progress()
        for n in range(70):
            say(Event(Stage.SITING, "loss_t", value=200.0 - n, bound=100.0))
        say(Event(Stage.SITING, "daily_trips", value=200.0))
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_a_plan_reports_the_same_stages_in_either_language(tmp_path) -> None:
    """Events of a plan do not depend on the language spoken."""
    write_scenario(upland(6, 3), tmp_path)
    scenario, faults = load(tmp_path)
    heard: dict[str, list[Event]] = {"en": [], "zh": []}
    for language, events in heard.items():
        with speaking(language):
            plan(scenario, Options.quickly(say=events.append), faults)
    first = [event for event in heard["en"] if event.stage != Stage.COMPILING]
    assert first == heard["zh"]
    assert {Stage.COUNTY, Stage.ROADS, Stage.TODAY, Stage.SITING, Stage.DECISION} <= {event.stage for event in first}


@pytest.mark.parametrize("kind", LIMIT_KINDS)
def test_a_limit_is_named_in_both_languages(kind) -> None:
    """Every kind has its words and keeps its place and period apart from them."""
    limit = Limit(kind, "S1", "summer")
    with speaking("zh"):
        chinese = str(limit)
    assert "{" not in str(limit) + chinese
    assert chinese != str(limit)
    assert limit == Limit(kind, "S1", "summer")
