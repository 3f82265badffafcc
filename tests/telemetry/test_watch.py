"""Lots watched on their way: the same in any order of messages, the truth inside the bracket, one alarm a cause."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from dispatching_cases import line_county, routed

from coldchain.cli import run
from coldchain.errors import BadInputError, UsageError
from coldchain.spoilage import rate_per_h
from coldchain.telemetry.alarms import silences, stretches
from coldchain.telemetry.dayplan import DayPlan, SensorPlace, read_day
from coldchain.telemetry.health import Sensor, compared, judged
from coldchain.telemetry.kept import lanes_of, write_lanes
from coldchain.telemetry.outbox import send, to_address, to_file
from coldchain.telemetry.page import page_text, write_page
from coldchain.telemetry.readings import MessageKeys, MessageReader, RefusedError
from coldchain.telemetry.replay import read_sensors
from coldchain.telemetry.rules import AlarmRules, read_rules
from coldchain.telemetry.simulate import MishapRates, SensorWorld
from coldchain.telemetry.store import Acknowledged, ReadingStore
from coldchain.telemetry.watch import Setup, Watched, alarm_id, watched, written_moment

DATE = "2026-07-15"
MIDNIGHT_S = 1_784_044_800  # of that day in China
ROOM, TRUCK = "room/D/cool/forced_air", "truck/D-1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Route the day of the county in a row."""
    root = tmp_path_factory.mktemp("watch")
    routed(line_county(root / "county"), root / "day")
    return root / "day"


@pytest.fixture(scope="module")
def day(folder: Path) -> DayPlan:
    """Read that day: lots of villages A and B, one truck, one room."""
    return read_day(folder)


def line(device: str, hour: float, **values: object) -> str:
    """Return one message."""
    return json.dumps({"device": device, "time": MIDNIGHT_S + hour * 3600.0, **values})


def steady(device: str, first: float, last: float, temp_c: float, step: float = 0.1, **more: object) -> list[str]:
    """Return messages of one temperature, but for a tenth up and down."""
    hours = np.arange(first, last + 1e-9, step)
    return [line(device, float(h), temp_c=temp_c + 0.1 * (n % 2), **more) for n, h in enumerate(hours)]


def seen(day: DayPlan, lines: list[str], setup: Setup | None = None, now_h: float | None = None) -> Watched:
    """Watch messages."""
    with ReadingStore() as store:
        reader = MessageReader()
        store.add(row for one in lines for row in reader.rows(one))
        return watched(store, day, setup or Setup(date=DATE), now_h)


GOOD = {
    "object": '{"device": "a", "time": "2026-07-15T08:00:00+08:00", "temp_c": 4.5}',
    "local time": '{"device": "a", "time": "2026-07-15T08:00:00", "temp_c": 4.5}',
    "UTC": '{"device": "a", "time": "2026-07-15T00:00:00Z", "temp_c": 4.5}',
    "seconds": '{"device": "a", "time": 1784073600, "temp_c": 4.5}',
    "milliseconds": '{"device": "a", "time": 1784073600000, "temp_c": 4.5}',
    "list": '[{"device": "a", "time": 1784073600, "temp_c": 4.5}]',
    "batch": '{"device": "a", "readings": [{"time": 1784073600, "temp_c": 4.5}]}',
    "SenML": '[{"bn": "a:", "bt": 1784073600, "n": "temperature", "u": "Cel", "v": 4.5}]',
    "SenML base unit": '[{"bn": "a/", "bu": "Cel", "bt": 1784073000}, {"n": "temperature", "t": 600, "v": 4.5}]',
}


@pytest.mark.parametrize("form", GOOD)
def test_forms_of_a_reading(form: str) -> None:
    """4.5 °C of device a at eight in the morning, however it is written."""
    assert MessageReader().rows(GOOD[form]) == [("a", 1_784_073_600_000, 4.5, None, None, None, None, None)]


def test_other_forms_by_a_mapping() -> None:
    """Keys within keys, and the device from the topic."""
    keys = MessageKeys(time="meta.ts", temp_c="data.T", topic="site/+/{device}/up")
    found = MessageReader(keys).rows('{"meta": {"ts": 1784073600}, "data": {"T": 4.5}}', "site/7/a/up")
    assert found[0][:3] == ("a", 1_784_073_600_000, 4.5)


BAD = [
    ("", "is not JSON"), ("[" * 5000, "is not JSON"), ("7", "is not a reading"), ("[]", "holds no reading"),
    ("[[1]]", "is not a reading"), ('{"device": "a", "time": 1784073600}', "holds no reading"),
    ('{"device": "", "time": 1784073600, "temp_c": 4}', "device must be a name"),
    ('{"device": "a\\u0000", "time": 1784073600, "temp_c": 4}', "device must be a name"),
    ('{"device": true, "time": 1784073600, "temp_c": 4}', "device must be a name"),
    ('{"time": 1784073600, "temp_c": 4}', "device must be a name"),
    ('{"device": "a", "time": "noon", "temp_c": 4}', "time must be ISO 8601"),
    ('{"device": "a", "time": NaN, "temp_c": 4}', "time must be ISO 8601"),
    ('{"device": "a", "time": true, "temp_c": 4}', "time must be ISO 8601"),
    ('{"device": "a", "time": 60, "temp_c": 4}', "time must lie in the years"),
    ('{"device": "a", "time": 1' + "0" * 400 + ', "temp_c": 4}', "time must be ISO 8601"),
    ('{"device": "a", "time": "0001-01-01T00:00:00+14:00", "temp_c": 4}', "time must"),
    ('{"device": "a", "time": 1784073600, "temp_c": 1' + "0" * 400 + "}", "a value is no number"),
    ('{"device": "a", "time": 1784073600, "temp_c": "4"}', "a value is no number"),
    ('{"device": "a", "time": 1784073600, "temp_c": NaN}', "a value is no number"),
    ('{"device": "a", "time": 1784073600, "temp_c": 400}', "a value is no number"),
    ('{"device": "a", "time": 1784073600, "temp_c": false}', "a value is no number"),
    ('{"device": "a", "time": 1784073600, "door": "ajar"}', "door must be open or closed"),
    ('{"device": "a", "readings": 4}', "readings must be a list"),
    ('{"device": "a", "readings": [4]}', "is not a reading"),
    ('[{"bn": "a:", "bt": 1784073600, "n": "temperature", "u": "K", "v": 280}]', "quantity or unit"),
    ('[{"bn": "a:", "n": "temperature", "u": "Cel", "v": 4}]', "not relative to now"),
    ("[" + "1" * 2_000_000 + "]", "is longer than a message may be"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD, ids=range(len(BAD)))
def test_what_is_not_a_reading_is_refused(text: str, message: str) -> None:
    """Nothing is accepted that is not a reading, and the reason is said."""
    with pytest.raises(RefusedError, match=message):
        MessageReader().rows(text)


def test_damaged_messages_are_read_or_refused() -> None:
    """Bytes changed anywhere: rows or a refusal, never another error, and no value outside what sensors measure."""
    draw = random.Random(5)
    for text in GOOD.values():
        for _case in range(200):
            data = bytearray(text.encode())
            for _change in range(draw.randint(1, 4)):
                data[draw.randrange(len(data))] = draw.randrange(256)
            try:
                rows = MessageReader().rows(bytes(data))
            except RefusedError:
                continue
            assert all(-80 <= row[2] <= 90 for row in rows if row[2] is not None)


ODD = {
    "time": ["2026-07-15T08:00:00+08:00", 1_784_073_600_000, 1_784_073_600.5, None, "noon", 1e9, True],
    "temp_c": [None, -0.0, 90, 90.5, float("nan"), float("inf"), "4", 10**400, False],
    "humidity": [None, 91, 101], "door": ["open", True, 1, 0, 1.0, "ajar", None, []],
    "lon": [110.1, 181], "lat": [28.2], "battery": [None, 88, -1],
    "device": ["b", 7, True, "", None, {}], "readings": [None, 3],
}  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_a_batch_is_read_as_its_readings_are(seed: int) -> None:
    """A batch of sound readings with up to three odd values: the rows of each by itself, or refused if one of them is.

    The first half is named by the batch, the second by each reading.
    """
    draw = random.Random(seed)
    items: list[dict[str, object]] = [{"time": 1_784_073_600 + 60 * n, "temp_c": n % 7 + 0.5} for n in range(12)]
    for _change in range(draw.randint(0, 3)):
        key = draw.choice(list(ODD))
        draw.choice(items)[key] = draw.choice(ODD[key])
    if draw.random() < 0.2:
        draw.choice(items).pop("temp_c")
    batch: object = {"device": "a", "readings": items} if seed % 2 else [{"device": "a", **item} for item in items]
    alone = [json.dumps([item] if seed % 2 == 0 else {"device": "a", "readings": [item]}) for item in
             (items if seed % 2 else [{"device": "a", **item} for item in items])]  # fmt: skip
    reader, rows = MessageReader(), []
    try:
        rows = [row for one in alone for row in reader.rows(one)]
    except RefusedError:
        with pytest.raises(RefusedError, match=r"."):
            reader.rows(json.dumps(batch))
        return
    assert list(map(repr, reader.rows(json.dumps(batch)))) == list(map(repr, rows))


def test_two_readings_of_one_moment_are_one_in_any_order() -> None:
    """The warmer and the open door count, and what only one of them has is kept."""
    rows = [("a", 1, 4.0, None, 0.0, None, None, None), ("a", 1, 5.0, 90.0, None, None, None, None)]
    for order in (rows, rows[::-1], [*rows, *rows], 20 * rows):
        with ReadingStore() as store:
            for row in order:
                store.add([row])
            store.add(order)
            assert store.series(0, 9)[0].values[0, :3].tolist() == [5.0, 90.0, 0.0]
            assert store.count() == 1


def test_what_is_stored_is_there_after_a_restart(tmp_path: Path) -> None:
    """Readings, devices and notes of alarms."""
    with ReadingStore(tmp_path / "a.sqlite") as store:
        store.add([("a", 1, 4.0, None, None, None, None, None)])
        store.acknowledge(Acknowledged("a", "warm", 7, "door was repaired", "Li"))
    with ReadingStore(tmp_path / "a.sqlite") as store:
        store.add([("b", 1, 4.0, None, None, None, None, None), ("a", 1, 4.0, None, None, None, None, None)])
        assert (store.count(), [one.device for one in store.series(0, 9)]) == (2, ["a", "b"])
        assert store.acknowledged() == [Acknowledged("a", "warm", 7, "door was repaired", "Li")]


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    """A text file given as the store."""
    (tmp_path / "a.sqlite").write_text("not a database, but long enough to be mistaken for one" * 40)
    with pytest.raises(BadInputError, match="is no store of readings"):
        ReadingStore(tmp_path / "a.sqlite")


def test_a_lot_that_keeps_its_temperature_ages_at_its_rate(day: DayPlan) -> None:
    """A sensor of its own at 12 °C from harvest to the gate: hours times the rate there."""
    plan = day.lots[0]
    crate = f"crate/{plan.key}"
    hours = np.linspace(plan.harvest_h, plan.depart_h, 100)
    lot = seen(day, [line(crate, float(h), temp_c=12.0) for h in hours[:20]]).lots[0]
    assert lot.clock_h == pytest.approx(hours[19], abs=1e-6)
    assert lot.used == pytest.approx((lot.clock_h - plan.harvest_h) * rate_per_h(plan.crop, 12.0), rel=1e-9)
    assert lot.low < lot.used < lot.high


def test_without_readings_a_lot_is_as_planned(day: DayPlan) -> None:
    """Only the clock passes: the expected loss stays that of the plan, to the step of five minutes."""
    for plan in day.lots:
        for hour in (plan.harvest_h + 0.5, plan.back_h, plan.depart_h - 1.0, 40.0):
            lots = {lot.plan.key: lot for lot in seen(day, [], now_h=hour).lots}
            assert lots[plan.key].loss == pytest.approx(plan.loss, abs=2e-4)
            assert lots[plan.key].low <= lots[plan.key].used <= lots[plan.key].high


def shaken(lines: tuple[str, ...], draw: random.Random) -> list[str]:
    """Return messages in another order, some of them twice, batches taken apart."""
    made = []
    for one in lines:
        tree = json.loads(one)
        if "readings" in tree and draw.random() < 0.7:
            made += [json.dumps({"device": tree["device"], **reading}) for reading in tree["readings"]]
        else:
            made.append(one)
    made += draw.sample(made, len(made) // 10)
    draw.shuffle(made)
    return made


@pytest.mark.parametrize("cases", [8, pytest.param(1000, marks=pytest.mark.slow)])
def test_order_copies_and_splits_change_nothing(day: DayPlan, cases: int) -> None:
    """Everything printed is equal byte for byte, so life used is to 1e-12."""
    draw = random.Random(7)
    for seed in range(cases):
        lines = SensorWorld(day, DATE, seed=seed, every_s=600.0).simulated().lines
        assert json.dumps(seen(day, list(lines)).as_dict()) == json.dumps(seen(day, shaken(lines, draw)).as_dict())


@pytest.mark.parametrize("cases", [15, pytest.param(300, marks=pytest.mark.slow)])
def test_the_truth_lies_in_the_bracket(day: DayPlan, cases: int) -> None:
    """Gaps, dead and stuck sensors, jumps, open doors and failures: two lots a day, all of them inside."""
    rates = MishapRates(failure=0.4, left_open=0.3, late=0.0, lost=0.6, dead=0.2, stuck=0.2, jumping=0.2, offset=0.0)
    outside = []
    for seed in range(cases):
        world = SensorWorld(day, DATE, seed=seed, every_s=300.0, rates=rates).simulated()
        for lot, truth in zip(seen(day, list(world.lines), now_h=40.0).lots, world.lots(), strict=True):
            if not lot.low <= truth.used <= lot.high:
                outside.append((seed, lot.plan.key, lot.low, truth.used, lot.high))
    assert len(outside) <= 0.001 * 2 * cases, outside


def test_stretches_end_by_the_hysteresis_and_gaps() -> None:
    """A dip within the hysteresis does not end it; a gap does, unless the next reading is out of range again."""
    hours = np.array([0.0, 0.1, 0.2, 0.3, 2.0, 2.1])
    over = np.array([-1.0, 1.0, -0.3, 1.0, 1.0, -1.0])
    found = list(stretches(hours, over, 0.5, 0.5))
    assert [(one.start_h, one.end_h) for one in found] == [(0.05, pytest.approx(2.075))]
    ended = list(stretches(hours, np.where(hours == 2.0, -0.2, over), 0.5, 0.5))
    assert [(one.start_h, one.end_h) for one in ended] == [(0.05, 0.3)]


def test_thresholds_of_a_file(day: DayPlan, tmp_path: Path) -> None:
    """Half an hour at 5 K above is an alarm, but not where 6 K are allowed, or 40 minutes; other keys are refused."""
    readings = [*steady(ROOM, 9.0, 14.0, 10.0), *steady(ROOM, 14.1, 14.6, 15.0), *steady(ROOM, 14.7, 17.0, 10.0)]
    file = tmp_path / "rules.toml"
    levels = {"": ["excursion"], "above_c = 6": [], "excursion_min = 40": [], "breach_min = 20": ["breach"]}
    for text, expected in levels.items():
        file.write_text(text, encoding="utf-8")
        found = seen(day, readings, Setup(date=DATE, rules=read_rules(file)))
        assert [one.level for one in found.alarms if one.cause == "warm"] == expected
    file.write_text("above = 6\nmissed = 0", encoding="utf-8")
    with pytest.raises(BadInputError, match=r"above(.|\n)*missed|missed(.|\n)*above"):
        read_rules(file)


def test_a_room_that_warms_is_one_alarm_with_its_lots(day: DayPlan) -> None:
    """Excursion from ten minutes, breach from an hour, ended, with extreme and lots; a short one is none."""
    lines = steady(TRUCK, 7.5, 11.8, 20.0) + steady(ROOM, 12.2, 14.0, 10.0)
    short = seen(day, [*lines, line(ROOM, 14.1, temp_c=16.0), *steady(ROOM, 14.2, 15.0, 10.0)])
    assert short.as_dict()["alarms"] == []
    warm = seen(day, [*lines, *steady(ROOM, 14.1, 16.0, 16.0), *steady(ROOM, 16.1, 22.0, 10.0)]).as_dict()["alarms"]
    assert [(one["cause"], one["level"], one["start"][11:16], one["end"][11:16]) for one in warm] == [
        ("warm", "breach", "14:04", "16:02")
    ]
    assert warm[0]["lots"] == ["B-tomato", "A-tomato"]
    assert warm[0]["peak"] == pytest.approx(16.1)


def test_an_open_door_is_the_cause_of_its_excursion(day: DayPlan) -> None:
    """One alarm, not two; a door that stands open without harm is one of its own after half an hour."""
    base = steady(TRUCK, 7.5, 11.8, 20.0) + steady(ROOM, 12.2, 14.0, 10.0, door="closed")
    after = steady(ROOM, 15.1, 22.0, 10.0, door="closed")
    warm = seen(day, [*base, *steady(ROOM, 14.1, 15.0, 16.0, door="open"), *after]).as_dict()["alarms"]
    assert [one["cause"] for one in warm] == ["door"]
    harmless = seen(day, [*base, *steady(ROOM, 14.1, 15.0, 10.0, door="open"), *after]).as_dict()["alarms"]
    assert [(one["cause"], one["peak"]) for one in harmless] == [("door", None)]


def test_silence_is_an_alarm_from_the_third_missed_reading_and_ends() -> None:
    """Readings every six minutes, the last at 1.0: silent from 1.3, known at 1.35; one alarm for all sensors."""
    place = SensorPlace("p", "room", 1.0, (0.0, 10.0))
    hours = np.concatenate([np.arange(11) / 10.0, np.arange(50, 101) / 10.0])
    one = judged("p", "p", hours, np.arange(hours.size) % 3.0)
    assert [(round(s.start_h, 9), s.end_h) for s in silences(place, [one], AlarmRules(), 10.0)] == [(1.3, 5.0)]
    early = replace(one, hour=hours[:11], temp_c=one.temp_c[:11], good=one.good[:11])
    assert list(silences(place, [early], AlarmRules(), 1.34)) == []
    assert [(round(s.start_h, 9), s.is_open) for s in silences(place, [early], AlarmRules(), 1.36)] == [(1.3, True)]
    assert [s.device for s in silences(place, [one, replace(one, device="q")], AlarmRules(), 10.0)] == [""]
    other = judged("q", "p", np.arange(101) / 10.0, np.arange(101) % 3.0)
    assert [s.device for s in silences(place, [one, other], AlarmRules(), 10.0)] == ["p"]
    assert [s.start_h for s in silences(place, [], AlarmRules(), 10.0)] == [0.0]


@pytest.mark.parametrize("kind", ["good", "stuck", "jumping", "offset"])
def test_bad_sensors_are_told_from_bad_chains(kind: str) -> None:
    """Three sensors of a room that warms by ten kelvin: the chain is bad; one of them wrong: the sensor is."""
    draw = np.random.default_rng(3)
    hours = np.arange(200) / 20.0
    true = 1.0 + 10.0 * np.clip((hours - 5.0) / 3.0, 0.0, 1.0)
    sensors = []
    for n in range(3):
        temps = np.round(true + draw.normal(0, 0.15, 200), 1)
        if n == 1 and kind == "stuck":
            temps[80:] = temps[80]
        if n == 1 and kind == "jumping":
            temps[80:] += np.where(draw.random(120) < 0.4, 15.0, 0.0)
        if n == 1 and kind == "offset":
            temps += np.clip(hours - 2.0, 0.0, 4.0)
        sensors.append(judged(f"s{n}", "p", hours, temps))
    assert [one.state for one in compared(sensors)] == ["good", kind, "good"]


def test_a_dead_sensor_does_not_make_its_neighbours_wrong() -> None:
    """One died early while the room was cold; the others go on."""
    hours = np.arange(100) / 10.0
    temps = 1.0 + hours + 0.1 * (np.arange(100) % 2)
    whole = [judged(name, "p", hours, temps) for name in "ab"]
    dead = judged("c", "p", hours[:20], temps[:20])
    assert {one.state for one in compared([*whole, dead])} == {"good"}


def test_a_lot_in_danger_is_named_once(day: DayPlan) -> None:
    """A lot that will lose three points more stands with the alarm of its room, or has one of its own."""
    lines = steady(TRUCK, 7.5, 11.8, 20.0) + steady(ROOM, 12.2, 22.6, 35.0)
    (alarm,) = seen(day, lines).as_dict()["alarms"]
    assert (alarm["cause"], alarm["at_risk"]) == ("warm", ["B-tomato", "A-tomato"])
    hot = steady(TRUCK, 7.5, 11.8, 45.0) + steady(ROOM, 12.2, 22.6, 10.0)
    strict = Setup(date=DATE, rules=AlarmRules(worse=0.0003))
    own = seen(day, hot, strict).as_dict()["alarms"]
    assert {(one["cause"], *one["at_risk"]) for one in own} == {("quality", "B-tomato"), ("quality", "A-tomato")}


def test_an_alarm_is_acknowledged_for_good(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Kept in the store over a restart; late readings that move its start do not undo it."""
    file, store = tmp_path / "day.jsonl", str(tmp_path / "day.sqlite")
    file.write_text("\n".join(steady(ROOM, 12.2, 14.0, 10.0) + steady(ROOM, 14.5, 16.0, 16.0)))
    command = ["watch", str(folder), "--store", store, "--date", DATE, "--json", "--quiet"]
    assert run([*command, "--replay", str(file)]) == 0
    ids = {one["cause"]: one["id"] for one in json.loads(capsys.readouterr().out)["alarms"]}
    assert run([*command, "--ack", ids["warm"], "--reason", "compressor replaced", "--who", "Li"]) == 0
    file.write_text("\n".join(steady(ROOM, 14.2, 14.4, 16.0)))
    capsys.readouterr()
    assert run([*command, "--replay", str(file)]) == 0
    warm = next(one for one in json.loads(capsys.readouterr().out)["alarms"] if one["cause"] == "warm")
    assert warm["id"] != ids["warm"]
    assert warm["acknowledged"] == {"reason": "compressor replaced", "who": "Li"}
    assert not warm["escalated"]
    assert run([*command, "--ack", "nothing", "--reason", "x"]) == 2
    assert "is no alarm of this day" in capsys.readouterr().err


def test_a_day_is_simulated_and_watched(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The two commands, their objects, and a file with lines that are no readings."""
    file, truth = tmp_path / "day.jsonl", tmp_path / "truth.json"
    simulate = ["simulate-telemetry", str(folder), "--out", str(file), "--truth", str(truth), "--seed", "3"]
    assert run(simulate) == 0
    first = file.read_bytes()
    assert run(simulate) == 0
    assert file.read_bytes() == first
    assert json.loads(truth.read_text())["lots"][0]["life_used"] > 0
    with file.open("a") as more:
        more.write('nonsense\n{"topic": "x", "payload": {"device": "stranger", "time": 1784073600, "temp_c": 4}}\n')
    capsys.readouterr()
    assert run(["watch", str(folder), "--replay", str(file), "--json"]) == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert [lot.keys() >= {"lot", "life_used", "low", "high", "quality"} for lot in found["lots"]] == [True, True]
    assert found["date"] == DATE
    assert found["unknown_devices"] == ["stranger"]
    assert "is not JSON" in printed.err
    assert run(["watch", str(folder), "--replay", str(file), "--lang", "zh"]) == 0
    assert "2 批" in capsys.readouterr().out


def test_devices_by_a_table(day: DayPlan, tmp_path: Path) -> None:
    """Their own names, in a table with Chinese headings; unknown places are named with their row."""
    table = tmp_path / "sensors.csv"
    table.write_text(f"设备,位置\n0x1,{TRUCK}\n0x2,{ROOM}\n0x3,crate/B-tomato\n", encoding="gb18030")
    places = read_sensors(table, day)
    assert places == {"0x1": TRUCK, "0x2": ROOM, "0x3": "crate/B-tomato"}
    setup = Setup(places, DATE)
    assert seen(day, steady("0x1", 7.5, 11.8, 30.0), setup).lots[0].used > seen(day, [], setup, 11.8).lots[0].used
    table.write_text("device,place\n0x1,truck/none\n")
    with pytest.raises(BadInputError, match='row 2, place = "truck/none": is no truck, room or crate'):
        read_sensors(table, day)


@pytest.mark.parametrize(
    ("options", "message"),
    [([], "give readings"), (["--replay", "x", "--broker", "mqtt://x"], "--broker needs --store"),
     (["--replay", "x", "--ack", "1"], "belong together"),
     (["--replay", "x", "--ack", "1", "--reason", "y"], "needs --store")],
)  # fmt: skip
def test_options_that_do_not_fit(
    folder: Path, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said with code 2."""
    assert run(["watch", str(folder), *options]) == 2
    assert message in capsys.readouterr().err


def test_only_a_folder_of_routes_is_watched(tmp_path: Path) -> None:
    """Another folder is refused with what to do."""
    with pytest.raises(BadInputError, match="is no folder of routes; make one"):
        read_day(tmp_path)


def test_moments_are_written_by_the_countys_clock() -> None:
    """Offsets of half hours and west of Greenwich."""
    assert written_moment(0, 5.5) == "1970-01-01T05:30:00+05:30"
    assert written_moment(0, -3.0) == "1969-12-31T21:00:00-03:00"


def test_alarms_have_names_of_their_own(day: DayPlan) -> None:
    """Two alarms never share an id."""
    world = SensorWorld(day, DATE, seed=1, rates=MishapRates(failure=1.0, left_open=1.0, lost=1.0)).simulated()
    found = seen(day, list(world.lines)).alarms
    assert len({alarm_id(one) for one in found}) == len(found) > 1


def test_a_sensor_without_readings_has_no_state() -> None:
    """A single reading is enough to be judged."""
    sensor: Sensor = judged("a", "p", np.array([1.0]), np.array([4.0]))
    assert (sensor.state, sensor.interval_h) == ("good", 1.0)


def test_promised_and_kept_by_lane(day: DayPlan, tmp_path: Path) -> None:
    """A room three kelvin too warm: its mean, the measured part of the way, and more lost than planned."""
    lines = steady(TRUCK, 7.0, 12.0, 20.0) + steady(ROOM, 12.0, 23.0, 13.0)
    table = lanes_of(seen(day, lines))
    assert table["village"].tolist() == ["A", "B"]
    assert table["room_mean_c"].tolist() == pytest.approx([13.05, 13.05], abs=0.01)
    assert table["room_set_c"].tolist() == [10.0, 10.0]
    assert table["measured_share"].tolist() == pytest.approx([1.0, 1.0])
    assert (table["loss_measured"] > table["loss_planned"]).all()
    assert table["kg_lost_planned"].sum() == pytest.approx(sum(plan.kg * plan.loss for plan in day.lots))
    half = lanes_of(seen(day, steady(TRUCK, 7.0, 12.0, 20.0), now_h=40.0))
    assert ((half["measured_share"] > 0.05) & (half["measured_share"] < 0.3)).all()
    write_lanes(seen(day, lines), tmp_path / "lanes.csv")
    assert (tmp_path / "lanes.csv").read_text(encoding="utf-8-sig").startswith("date,village,room,commodity,vehicle,")


def alarmed(day: DayPlan, store: ReadingStore, last: float) -> Watched:
    """Watch a room that is too warm from 14:04 on, up to an hour."""
    for one in [*steady(ROOM, 12.2, 14.0, 10.0), *steady(ROOM, 14.1, last, 16.0)]:
        store.add(MessageReader().rows(one))
    return watched(store, day, Setup(date=DATE))


def test_news_of_alarms_come_once_each(day: DayPlan, tmp_path: Path) -> None:
    """Begin, breach and end are told once over restarts; what a channel did not take is tried again."""
    taken = tmp_path / "news.jsonl"

    def news() -> list[tuple[str, str]]:
        rows = map(json.loads, taken.read_text().splitlines()) if taken.exists() else ()
        return [(row["news"], row["cause"]) for row in rows if row["cause"] == "warm"]

    def full(_text: str) -> None:
        raise OSError

    with ReadingStore(tmp_path / "a.sqlite") as store:
        early = alarmed(day, store, 14.5)
        assert send(early, store, "x", full) > 0
        assert send(early, store, "x", to_file(taken)) == 0
        assert news() == [("begins", "warm")]
    with ReadingStore(tmp_path / "a.sqlite") as store:
        later = alarmed(day, store, 16.0)
        for _again in range(2):
            assert send(later, store, "x", to_file(taken)) == 0
        assert news() == [("begins", "warm"), ("breach", "warm"), ("escalated", "warm")]


def test_news_are_posted(day: DayPlan) -> None:
    """To an address of the loopback, as JSON; what is no address of the web is refused."""
    got: list[dict[str, object]] = []

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_more: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Taker) as server, ReadingStore() as store:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = alarmed(day, store, 14.5)
        url = f"http://127.0.0.1:{server.server_port}/alarms"
        assert send(found, store, url, to_address(url)) == 0
        server.shutdown()
    assert {(one["news"], one["cause"]) for one in got} >= {("begins", "warm")}
    with pytest.raises(UsageError, match="must be an address"):
        to_address("file:///etc/passwd")


def test_the_page_is_one_file_and_names_stay_text(day: DayPlan, tmp_path: Path) -> None:
    """No script, no address outside; what a device or a lot is called cannot act on the page."""
    evil = '<script>alert(1)</script>"onload=x'
    bad = f"{ROOM}#{evil}"
    named = replace(day, name=evil, lots=tuple(replace(plan, key=f"{evil}{plan.key}") for plan in day.lots))
    found = seen(
        named, [*steady(bad, 12.2, 13.0, 16.0), line(TRUCK, 9.0, temp_c=20.0, lon=109.5, lat=28.0)], now_h=20.0
    )
    write_page(found, tmp_path / "page.html", every_s=60.0)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "http://" not in text
    assert "https://" not in text
    assert "default-src 'none'" in text
    assert "D, room of 10 °C" in text
    assert 'data-h="quality"' in text
    assert 'content="60"' in text
    assert text.count("<circle") == 1
    assert 'http-equiv="refresh"' not in page_text(found)


def test_what_is_stored_without_a_signal_is_sent_on(day: DayPlan) -> None:
    """Half the way has no signal: the same readings, none lost, later; the lots end as they do with one."""
    calm = MishapRates(
        failure=0.3, late=0.0, lost=0.0, dead=0.0, stuck=0.0, offset=0.0, jumping=0.0, doubled=0.0, delayed=0.0
    )
    half = float(np.mean([lon for place in day.places.values() for _h, lon, _lat in place.track]))
    with_one = SensorWorld(day, DATE, seed=3, rates=calm).simulated()
    without = SensorWorld(day, DATE, seed=3, rates=calm, signal=lambda where: where[:, 0] < half).simulated()

    def readings(lines: Iterable[str]) -> list[str]:
        trees = [json.loads(one) for one in lines]
        items = [(tree["device"], item) for tree in trees for item in tree.get("readings", [tree])]
        return sorted(json.dumps([device, item | {"device": device}], sort_keys=True) for device, item in items)

    assert readings(without.lines) == readings(with_one.lines)
    assert [one for one in without.events if one.kind == "no-signal"]
    assert any('"readings"' in one for one in without.lines)
    assert without.lines != with_one.lines
    ended = [seen(day, list(made.lines), now_h=40.0).as_dict()["lots"] for made in (with_one, without)]
    assert ended[0] == ended[1]
