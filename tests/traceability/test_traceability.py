"""The lots of a day as EPCIS 2.0 events: what is written, and what a check finds in it and in files of others."""

from __future__ import annotations

import copy
import json
import random
import re
import warnings
from collections import Counter
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from dispatching_cases import table
from hypothesis import given
from hypothesis import strategies as st
from tracing_cases import ORDERS, codes, rehashed, traced_folder, written_document

from benchmarks.trace_faults import COUNT, FOUND_AS, damaged, day_of, is_found, sound_day
from coldchain.cli import run
from coldchain.errors import BadInputError, UsageError
from coldchain.scenario import load
from coldchain.traceability.check import check, check_schema
from coldchain.traceability.custody import accounts_of
from coldchain.traceability.document import Document, document_of, document_text, read_document
from coldchain.traceability.events import Numbering
from coldchain.traceability.hashing import canonical, event_hash, namespaces_of
from coldchain.traceability.keys import Prefix, check_digit, key_of, normalised, wrong_key

Tree = dict[str, Any]
Capture = pytest.CaptureFixture[str]
VILLAGE, LOT = "https://id.gs1.org/414/9521234000013", "https://id.gs1.org/01/09521234000020/10/L1"
TRUCK = "https://id.gs1.org/8004/9521234V-1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a routed day of three lots."""
    return traced_folder(tmp_path_factory.mktemp("trace"))


@pytest.fixture(scope="module")
def tree(folder: Path) -> Tree:
    """Document of that day."""
    return written_document(folder)


def events_of(tree: Tree, lot: str) -> list[Tree]:
    """Return the events of a lot, in order."""
    return [event for event in tree["epcisBody"]["eventList"] if f"/10/260715-{lot}" in json.dumps(event)]


def test_a_lot_goes_from_harvest_to_delivery(tree: Tree) -> None:
    """Eleven events in order of time, at the hours of the day's tables, in places and vehicles."""
    events = events_of(tree, "A1")
    assert [event["bizStep"] for event in events] == [
        "commissioning", "loading", "transporting", "unloading", "commissioning", "storing", "loading", "transporting",
        "unloading", "destroying", "accepting",
    ]  # fmt: skip
    times = [event["eventTime"] for event in events]
    assert times == sorted(times)
    assert {event["eventTimeZoneOffset"] for event in events} == {"+08:00"}
    assert events[0]["ilmd"] == {
        "cc:lot": "260715-A1", "cc:order": "A1", "cc:crop": "tomato", "cc:village": "A", "cc:landmark": "GI1",
    }  # fmt: skip
    assert events[4]["inputQuantityList"][0]["epcClass"] != events[4]["outputQuantityList"][0]["epcClass"]


def test_times_are_those_of_the_tables(tree: Tree, folder: Path) -> None:
    """Harvest, loading and return of every lot to the second."""
    for row in table(folder, "lots").to_dict("records"):
        if row["order"] not in ("A1", "B1"):
            continue
        events = events_of(tree, str(row["order"]))
        for event, name in zip(events, ("harvest_h", "leave_h", "back_h"), strict=False):
            moment = datetime.fromisoformat(event["eventTime"])
            assert moment.hour * 3600 + moment.minute * 60 + moment.second == round(row[name] * 3600)


def test_kilograms_balance_exactly(tree: Tree) -> None:
    """Harvested is sold and lost, to the gram; nothing is left in a vehicle or depot."""
    document = document_of(tree)
    accounts = accounts_of(document)
    harvested, sold, lost = (Fraction(0) for _ in range(3))
    for event in document.events:
        kg = sum(Fraction(str(one["quantity"])) for one in event.get("quantityList", ()))
        harvested += kg if event.get("action") == "ADD" and event["type"] == "ObjectEvent" else 0
        sold += kg if event["bizStep"] == "accepting" else 0
        lost += kg if event["bizStep"] == "destroying" else 0
    assert harvested == sold + lost == sum(Fraction(str(row["kg"])) for row in ORDERS)
    assert lost > 0
    left = [much for key, one in accounts.held.items() if accounts.units.get(key) == "kg" for much in one.values()]
    assert sum(filter(None, left)) == sold


def test_assets_have_keys_of_their_own(folder: Path) -> None:
    """Names stay readable where they fit; long names that end alike do not get the same key."""
    numbering = Numbering(load(folder.parent / "county")[0])
    assert numbering.asset("D", "truck/D-1#2") == "https://id.gs1.org/8004/9521234D-truck.D-1.2"
    long = {numbering.asset("H", f"{village}-of-a-depot-with-a-long-name-tomato") for village in ("A01", "B01", "官庄")}
    assert len(long) == 3
    assert all(key_of(key) == key for key in long)


def test_what_is_written_is_sound(tree: Tree, folder: Path) -> None:
    """Nothing is found in it, with the register of landmark products too; lots carry what they have a right to."""
    register = load(folder.parent / "county")[0].landmarks
    assert check(document_of(tree), register) == ()
    assert [one.covers("A", "tomato", 7) for one in register] == [True]
    marked = [event["ilmd"].get("cc:landmark") for event in tree["epcisBody"]["eventList"] if "ilmd" in event]
    assert Counter(marked) == {"GI1": 4, None: 2}


def test_equal_days_give_equal_bytes(folder: Path, tree: Tree) -> None:
    """The file is the same at every writing, and whatever the language."""
    again = written_document(folder, "--lang", "zh")
    assert document_text(again) == document_text(tree)


def test_planned_temperatures_are_marked(tree: Tree) -> None:
    """Without readings the reports are those of the plan, and say so; the open ride is as warm as the air."""
    elements = [one for event in tree["epcisBody"]["eventList"] for one in event.get("sensorElementList", ())]
    assert {one["cc:basis"] for one in elements} == {"planned"}
    assert all("deviceID" not in one["sensorMetadata"] for one in elements)
    ride = events_of(tree, "A1")[2]["sensorElementList"][0]["sensorReport"][0]
    assert ride == {"type": "Temperature", "minValue": 20.0, "meanValue": 20.0, "maxValue": 20.0, "uom": "CEL"}


READINGS = """{"time": "2026-07-15T10:55:00+08:00", "device": "truck/D-1", "temp_c": 21.5, "humidity": 80}
{"time": "2026-07-15T11:40:00+08:00", "device": "truck/D-1", "temp_c": 23.5}
{"time": "2026-07-15T11:40:00+08:00", "device": "truck/D-1", "temp_c": 23.5}
{"time": "2026-07-16T11:40:00+08:00", "device": "truck/D-1", "temp_c": 40}
{"time": "2026-07-15T11:00:00+08:00", "device": "truck/elsewhere", "temp_c": 40}
{"time": "2026-07-15T18:00:00+08:00", "device": "room/D/cool/forced_air#2", "temp_c": 10.5}
"""


def test_readings_take_the_place_of_the_plan(folder: Path, tmp_path: Path) -> None:
    """Least, mean and greatest of the readings on that ride; doubled lines, other days and places change nothing."""
    (tmp_path / "r.jsonl").write_text(READINGS, encoding="utf-8")
    tree = written_document(folder, "--readings", str(tmp_path / "r.jsonl"))
    element = events_of(tree, "A1")[2]["sensorElementList"][0]
    assert element["cc:basis"] == "measured"
    assert element["sensorReport"] == [
        {"type": "Temperature", "minValue": 21.5, "meanValue": 22.5, "maxValue": 23.5, "uom": "CEL"},
        {"type": "RelativeHumidity", "meanValue": 80.0, "uom": "P1"},
    ]
    room = events_of(tree, "A1")[5]["sensorElementList"]
    assert [one["sensorReport"][0]["meanValue"] for one in room] == [10.5]
    assert all(one["sensorMetadata"]["deviceID"].startswith("https://id.gs1.org/8004/9521234D-") for one in room)
    assert check(document_of(tree)) == ()


def test_simulated_days_are_traced(folder: Path, tmp_path: Path) -> None:
    """The messages that simulate-telemetry makes are taken as they are, and what is written of them is sound."""
    messages = tmp_path / "day.jsonl"
    assert run(["simulate-telemetry", str(folder), "--out", str(messages), "--date", "2026-07-15", "--quiet"]) == 0
    tree = written_document(folder, "--readings", str(messages))
    events = tree["epcisBody"]["eventList"]
    bases = Counter(one["cc:basis"] for event in events for one in event.get("sensorElementList", ()))
    assert bases["measured"] > 6
    assert check(document_of(tree)) == ()


def test_devices_are_placed_by_a_table(folder: Path, tmp_path: Path) -> None:
    """A sensor of any name stands where the table says."""
    (tmp_path / "r.jsonl").write_text(READINGS.replace("truck/D-1", "TT-7"), encoding="utf-8")
    (tmp_path / "s.csv").write_text("device,place\nTT-7,truck/D-1\n", encoding="utf-8")
    options = ["--readings", str(tmp_path / "r.jsonl"), "--sensors", str(tmp_path / "s.csv")]
    element = events_of(written_document(folder, *options), "A1")[2]["sensorElementList"][0]
    assert element["sensorMetadata"]["deviceID"] == "https://id.gs1.org/8004/9521234D-TT-7"


@pytest.mark.parametrize("text", ["{", "[]", '{"device": "truck/D-1", "time": "2026-07-15T10:00:00Z", "temp_c": 300}'])
def test_what_is_no_reading_is_refused(folder: Path, tmp_path: Path, capsys: Capture, text: str) -> None:
    """With the line; nothing is written."""
    (tmp_path / "r.jsonl").write_text(text, encoding="utf-8")
    out = tmp_path / "x.jsonld"
    assert run(["trace", str(folder), "--out", str(out), "--readings", str(tmp_path / "r.jsonl")]) == 3
    assert "r.jsonl row 1" in capsys.readouterr().err
    assert not out.exists()


def test_hashes_are_those_of_the_reference(tree: Tree) -> None:
    """Each eventID, and the text it is made of, as the reference implementation has them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hashes = pytest.importorskip("epcis_event_hash_generator.hash_generator")
        reader = pytest.importorskip("epcis_event_hash_generator.json_to_py")
        for document in (tree, written_as(OTHERS)):
            listed = reader.event_list_from_epcis_document_json(copy.deepcopy(document))
            texts = hashes.derive_prehashes_from_events(listed)
            spaces, events = namespaces_of(document["@context"]), document["epcisBody"]["eventList"]
            assert [canonical(event, spaces) for event in events] == texts
            right = hashes.calculate_hashes_from_pre_hashes(texts)
            assert [event_hash(event, spaces) for event in events] == right


def test_a_hash_worked_out_by_hand() -> None:
    """The text of a small event, field by field; order and spelling of the fields do not matter."""
    event = {"action": "OBSERVE", "bizStep": "loading", "eventTime": "2026-07-15T08:00:00+08:00", "type": "ObjectEvent",
             "eventTimeZoneOffset": "+08:00", "epcList": ["urn:epc:id:sgtin:9521234.000001.7"]}  # fmt: skip
    assert canonical(event, {}) == (
        "eventType=ObjectEventeventTime=2026-07-15T00:00:00.000ZeventTimeZoneOffset=+08:00"
        "epcListepc=https://id.gs1.org/01/09521234000013/21/7action=OBSERVEbizStep=https://ref.gs1.org/cbv/BizStep-loading"
    )
    other = {**event, "bizStep": "https://ref.gs1.org/cbv/BizStep-loading", "eventTime": "2026-07-15T00:00:00Z"}
    assert event_hash(other, {}) == event_hash(dict(sorted(event.items())), {})
    assert event_hash({**event, "action": "ADD"}, {}) != event_hash(event, {})


OTHERS: list[Tree] = [
    {
        "type": "ObjectEvent", "eventTime": "2026-07-15T08:00:00.5Z", "eventTimeZoneOffset": "+08:00", "action": "ADD",
        "epcList": ["urn:epc:id:sgtin:4012345.011111.9876", "https://shop.example.com/gtin/4012345111118/ser/1"],
        "quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.012345.998877", "quantity": 200.50, "uom": "KGM"}],
        "bizStep": "urn:epcglobal:cbv:bizstep:commissioning", "disposition": "active",
        "persistentDisposition": {"set": ["completeness_verified"], "unset": ["completeness_inferred"]},
        "readPoint": {"id": "urn:epc:id:sgln:4012345.00001.12", "cc:gate": "3"},
        "sourceList": [{"type": "possessing_party", "source": "urn:epc:id:pgln:4012345.00001"},
                       {"type": "location", "source": "urn:epc:id:sgln:4012345.00001.0"}],
        "bizTransactionList": [{"type": "po", "bizTransaction": "urn:epc:id:gdti:0614141.06012.1234"}],
        "ilmd": {"cc:village": "001", "cc:more": {"cc:a": [1, 2.5, "x"], "cc:b": True}}, "cc:note": "007",
        "sensorElementList": [{
            "sensorMetadata": {"time": "2026-07-15T08:00:00Z", "deviceID": "urn:epc:id:giai:4012345.T1", "cc:q": "1"},
            "sensorReport": [{"type": "Temperature", "value": 4.0, "uom": "CEL", "cc:r": "2"},
                             {"type": "Temperature", "exception": "ALARM_CONDITION"}],
            "cc:s": "4",
        }],
    },
    {
        "type": "AggregationEvent", "eventTime": "2026-07-15T09:00:00+02:00", "eventTimeZoneOffset": "+02:00",
        "action": "ADD", "parentID": "urn:epc:id:sscc:4012345.0000000111", "bizStep": "packing",
        "childEPCs": ["urn:epc:id:grai:4012345.00001.5"],
        "childQuantityList": [{"epcClass": "urn:epc:idpat:sgtin:4012345.012345.*", "quantity": 7}],
    },
    {
        "type": "TransformationEvent", "eventTime": "2026-07-15T09:00:00Z", "eventTimeZoneOffset": "+00:00",
        "transformationID": "urn:epc:id:gdti:0614141.12345.400",
        "inputEPCList": ["urn:epc:id:itip:4012345.012345.01.02.9"],
        "outputEPCList": ["urn:epc:id:cpi:4012345.5PQ7.12"], "bizStep": "https://example.org/peeling",
        "inputQuantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.012345.A1", "quantity": 10, "uom": "KGM"}],
        "outputQuantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.012345.A2", "quantity": 10.0, "uom": "KGM"}],
    },
]  # fmt: skip


def written_as(events: list[Tree]) -> Tree:
    """Return a document of events."""
    context = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"cc": "https://example.org/x/"}]
    head = {"@context": context, "type": "EPCISDocument", "schemaVersion": "2.0"}
    return {**head, "creationDate": "2026-07-15T10:00:00Z", "epcisBody": {"eventList": copy.deepcopy(events)}}


def test_events_of_others_are_read() -> None:
    """URNs, links of other domains and full words pass; nothing is found in sound events of another maker."""
    assert check(document_of(written_as(OTHERS))) == ()


@pytest.mark.parametrize("kind", FOUND_AS)
def test_seeded_faults_of_each_kind_are_found(tree: Tree, kind: str) -> None:
    """Each of a dozen, by its kind and at its lot, though every damaged event has the right hash."""
    day = day_of(document_of(tree))
    for seed in range(12):
        document, where = damaged(day, kind, random.Random(f"{kind} {seed}"))
        assert is_found(document, kind, where), seed


@pytest.mark.slow
def test_a_thousand_seeded_faults_are_found(tmp_path: Path) -> None:
    """1,000 of 1,000, in a county of forty villages; the sound day has none."""
    day = sound_day(tmp_path)
    assert check(day.document) == ()
    kinds = list(FOUND_AS)
    cases = [(seed, kinds[seed % len(kinds)]) for seed in range(COUNT)]
    assert [case for case in cases if not is_found(*_case(day, *case))] == []


def _case(day: Any, seed: int, kind: str) -> tuple[Document, str, set[int]]:
    document, where = damaged(day, kind, random.Random(seed))
    return document, kind, where


def test_the_order_of_events_in_the_file_does_not_matter(tree: Tree) -> None:
    """Events of different times may stand anywhere; what is found is the same, by the events' own numbers."""
    shuffled = copy.deepcopy(tree)
    events = shuffled["epcisBody"]["eventList"]
    random.Random(3).shuffle(events)
    events.sort(key=lambda event: event["eventTime"], reverse=True)
    same = [n for n, event in enumerate(events[1:]) if event["eventTime"] == events[n]["eventTime"]]
    assert same, "equal times keep the order of the file"
    kept = sorted(tree["epcisBody"]["eventList"], key=lambda event: event["eventTime"], reverse=True)
    shuffled["epcisBody"]["eventList"] = kept
    assert check(document_of(shuffled)) == ()


def simple(**more: Any) -> Tree:
    """Return a sound event of one lot."""
    head = {"type": "ObjectEvent", "eventTime": "2026-07-15T08:00:00+08:00", "eventTimeZoneOffset": "+08:00"}
    goods = {"action": "ADD", "quantityList": [{"epcClass": LOT, "quantity": 100, "uom": "KGM"}]}
    return {**head, **goods, "bizStep": "commissioning", "readPoint": {"id": VILLAGE}, **more}


def observed(hour: int, kg: float, **more: Any) -> Tree:
    """Return a later event that sees so much of the lot."""
    goods = [{"epcClass": LOT, "quantity": kg, "uom": "KGM"}]
    time = f"2026-07-15T{hour:02d}:00:00+08:00"
    return simple(**{"action": "OBSERVE", "bizStep": "storing", "eventTime": time, "quantityList": goods, **more})


def carried(hour: int, action: str, kg: float, place: str = VILLAGE) -> Tree:
    """Return an event of loading (ADD) or unloading (DELETE)."""
    goods = {"parentID": TRUCK, "childQuantityList": [{"epcClass": LOT, "quantity": kg, "uom": "KGM"}]}
    time = f"2026-07-15T{hour:02d}:00:00+08:00"
    head = {"type": "AggregationEvent", "eventTime": time, "eventTimeZoneOffset": "+08:00", "action": action}
    return {**head, **goods, "readPoint": {"id": place}}


OTHER = Prefix().place(2)
DEVICE = {"startTime": "2026-07-15T07:00:00+08:00", "endTime": "2026-07-15T08:30:00+08:00"}
BY_HAND = [
    ("sound", [simple(), observed(9, 100)], set()),
    ("half is taken along", [simple(), carried(9, "ADD", 40), carried(10, "DELETE", 40, OTHER),
                             observed(11, 40, readPoint={"id": OTHER}), observed(11, 60)], set()),
    ("more is loaded than there is", [simple(), carried(9, "ADD", 101)], {"mass"}),
    ("a gram is missing", [simple(), observed(9, 99.999)], {"mass"}),
    ("in tonnes it is the same", [simple(), observed(9, 1, quantityList=[
        {"epcClass": LOT, "quantity": 0.1, "uom": "TNE"}])], set()),
    ("in litres it is not", [simple(), observed(9, 1, quantityList=[
        {"epcClass": LOT, "quantity": 100, "uom": "LTR"}])], {"unit"}),
    ("seen where it is not", [simple(), observed(9, 100, readPoint={"id": OTHER})], {"custody"}),
    ("seen on the way", [simple(), carried(9, "ADD", 100), observed(10, 100)], {"custody"}),
    ("sent off and received", [simple(), observed(9, 100, bizStep="shipping"),
                               observed(10, 100, bizStep="receiving", readPoint={"id": OTHER})], set()),
    ("used before it is there", [simple(), observed(7, 100)], {"order"}),
    ("used after it is gone", [simple(), observed(9, 100, action="DELETE"), observed(10, 100)], {"order"}),
    ("readings from before", [simple(), observed(9, 100, sensorElementList=[
        {"sensorMetadata": DEVICE, "sensorReport": [{"type": "Temperature", "value": 4, "uom": "CEL"}]}])], {"sensor"}),
    ("goods from before the file", [observed(9, 100), carried(10, "ADD", 100)], set()),
    ("the same event twice", [simple(eventID="urn:uuid:1"), simple(eventID="urn:uuid:1")], {"hash"}),
    ("no amount is stated", [simple(quantityList=[{"epcClass": LOT}]), observed(9, 100)], set()),
    ("a part of the place", [simple(), observed(9, 100, readPoint={"id": f"{VILLAGE}/254/gate"})], set()),
]  # fmt: skip


@pytest.mark.parametrize(("events", "found"), [case[1:] for case in BY_HAND], ids=[case[0] for case in BY_HAND])
def test_accounts_worked_out_by_hand(events: list[Tree], found: set[str]) -> None:
    """What is where, and how much of it."""
    assert codes(Document(tuple(events))) == found


FORMS = [
    ("type", "FishEvent", "form", "type must be one of"),
    ("action", "MOVE", "word", "ADD, OBSERVE or DELETE"),
    ("bizStep", "harvested", "word", 'bizStep "harvested" is not a word'),
    ("bizStep", "https://example.org/ripening", None, ""),
    ("disposition", "urn:epcglobal:cbv:disp:fresh", "word", "disposition"),
    ("eventTime", "2026-13-40T99:00:00Z", "time", "eventTime must be a time"),
    ("eventTime", 20260715, "time", "eventTime"),
    ("eventTimeZoneOffset", "Z", "time", "must be as"),
    ("quantityList", [], "empty", "quantityList is empty"),
    ("quantityList", "x", "form", "must be a list"),
    ("quantityList", [{"epcClass": LOT, "quantity": -1, "uom": "KGM"}], "form", "above 0"),
    ("quantityList", [{"epcClass": LOT, "quantity": float("nan"), "uom": "KGM"}], "form", "above 0"),
    ("quantityList", [{"epcClass": LOT, "quantity": 1, "uom": "KG"}], "unit", "Rec 20"),
    ("quantityList", [7], "form", "objects with epcClass"),
    ("epcList", [None], "form", "must hold URIs"),
    ("readPoint", VILLAGE, "form", "object with the id"),
    ("readPoint", {"id": "https://id.gs1.org/414/9521234000014"}, "key", "9521234000014"),
    ("parentID", "truck", "form", "must be a URI"),
    ("weather", "fine", "form", "no field of EPCIS"),
    ("sourceList", [{"type": "neighbour", "source": VILLAGE}], "word", "neighbour"),
    ("sensorElementList", [{"sensorReport": [{"type": "Temperature", "value": 4, "uom": "KGM"}]}], "unit", "CEL, FAH"),
    ("sensorElementList", [{"sensorReport": [{"type": "Warmth", "value": 4}]}], "word", "kind of measurement"),
    ("sensorElementList", [{"sensorReport": []}], "empty", "no sensorReport"),
    ("sensorElementList", [{"sensorReport": [{"type": "Temperature", "value": 4000, "uom": "CEL"}]}], "sensor", "4000"),
    ("sensorElementList", [{"sensorReport": [{"type": "Temperature", "value": "x", "uom": "CEL"}]}], "form", "number"),
    ("sensorElementList", [{"sensorReport": [{"type": "Temperature", "minValue": 5, "maxValue": 4, "uom": "CEL"}]}],
     "sensor", "not in order"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "code", "told"), FORMS)
def test_one_event_by_itself(name: str, value: Any, code: str | None, told: str) -> None:
    """A wrong field gives one finding that names it and the value."""
    found = check(Document((simple(**{name: value}),)))
    assert {one.code for one in found} == ({code} if code else set())
    assert all(re.search(told, one.message) for one in found)


@pytest.mark.parametrize("event", [None, 7, "x", [], {}, {"type": []}, {"type": "ObjectEvent"}, {"type": {"a": 1}}])
def test_what_is_no_event_is_found(event: Any) -> None:
    """Whatever stands in a list of events is a finding, never a crash."""
    assert check(Document((event,)))


texts = st.text("aZ0:/.{}<\\\u0000\u202e村 ", max_size=6) | st.sampled_from([LOT, VILLAGE, "ADD", "type", "id", "uom"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
NAMES = [
    "action", "bizStep", "eventTime", "readPoint", "quantityList", "sensorElementList", "ilmd", "epcList", "type",
    "parentID", "childQuantityList", "bizTransactionList", "persistentDisposition", "eventID", "#text",
]  # fmt: skip


@given(changes=st.dictionaries(st.sampled_from(NAMES), values, max_size=4))
def test_hostile_events_never_crash_the_check(changes: Tree) -> None:
    """Any value in any field: findings or none, and the hash can be taken."""
    event = {**simple(eventID="ni:///sha-256;0?ver=CBV2.0"), **changes}
    assert isinstance(check(Document((event, copy.deepcopy(event), 7)), ()), tuple)


CLAIMS = [
    ("GI1", "A", "tomato", "07", None),
    ("GI1", "B", "tomato", "07", "village B is not among"),
    ("GI1", "A", "kiwifruit", "07", "does not cover kiwifruit"),
    ("GI1", "A", "tomato", "11", "not of month 11"),
    ("GI9", "A", "tomato", "07", "no landmark product"),
]


@pytest.mark.parametrize(("landmark", "village", "crop", "month", "told"), CLAIMS)
def test_claims_are_held_against_the_register(
    folder: Path, landmark: str, village: str, crop: str, month: str, told: str | None
) -> None:
    """Village, crop and month of the harvest must be those of the landmark product."""
    register = load(folder.parent / "county")[0].landmarks
    ilmd = {"x:landmark": landmark, "x:village": village, "x:crop": crop}
    event = simple(ilmd=ilmd, eventTime=f"2026-{month}-15T08:00:00+08:00")
    document = Document((event,), {"x": "https://example.org/coldchain/trace/"})
    found = check(document, register)
    assert [one.code for one in found] == ([] if told is None else ["claim"])
    assert all(re.search(told or "", one.message) for one in found)
    assert check(document) == ()


def test_more_than_the_register_allows_is_found(folder: Path) -> None:
    """The lot that goes past the tonnes of the year is named, no other."""
    one = load(folder.parent / "county")[0].landmarks[0].model_copy(update={"most_t": 0.25})
    ilmd = {"x:landmark": "GI1", "x:village": "A", "x:crop": "tomato"}
    lots = [[{"epcClass": f"{LOT}{n}", "quantity": 100, "uom": "KGM"}] for n in range(4)]
    events = tuple(simple(ilmd=ilmd, quantityList=goods) for goods in lots)
    found = check(Document(events, {"x": "https://example.org/coldchain/trace/"}), (one,))
    assert [(fault.event, fault.code) for fault in found] == [(3, "claim")]


REGISTERS = [
    ("id,villages,commodities,months\nG,A;Z,tomato,7", '"Z": is not a known village'),
    ("id,villages,commodities,months\nG,A,durian,7", "is not a known commodity"),
    ("id,villages,commodities,months\nG,A,tomato,13", "a month must be from 1 to 12; got 13"),
    ("id,villages,commodities\nG,A,tomato\nG,B,tomato", "G"),
    ("id,villages,commodities\nG,,tomato", "villages"),
]


@pytest.mark.parametrize(("text", "told"), REGISTERS)
def test_a_faulty_register_is_refused(folder: Path, tmp_path: Path, text: str, told: str) -> None:
    """Unknown villages and crops, months that do not exist, doubled ids and empty cells, with row and column."""
    import shutil

    county = tmp_path / "county"
    shutil.copytree(folder.parent / "county", county)
    (county / "landmarks.csv").write_text(text + "\n", encoding="utf-8")
    with pytest.raises(BadInputError, match=told):
        load(county)


FILES = [
    ("", "is not JSON"),
    ('{"epcisBody": {"eventList": [', "is not JSON"),
    ("[" * 3000, "is not JSON"),
    ("7", "no document of EPCIS"),
    ('{"a": 1}', "no document of EPCIS"),
    ('{"epcisBody": {}}', "holds no eventList"),
    ('{"epcisBody": {"eventList": {"a": 1}}}', "holds no eventList"),
    ("<xml/>", "is XML, but no document of EPCIS"),
]


@pytest.mark.parametrize(("text", "told"), FILES)
def test_cut_and_hostile_files_are_refused(tmp_path: Path, capsys: Capture, text: str, told: str) -> None:
    """With the name of the file, and exit code 3."""
    (tmp_path / "x.jsonld").write_text(text, encoding="utf-8")
    assert run(["trace", "check", str(tmp_path / "x.jsonld"), "--json"]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.search(f"x.jsonld.*{told}", captured.err)


@pytest.mark.parametrize("place", ["document", "query", "list", "one"])
def test_every_form_of_events_is_read(tmp_path: Path, place: str) -> None:
    """A document, an answer to a query, a list, one event."""
    forms = {
        "document": written_as([simple()]),
        "query": {"epcisBody": {"queryResults": {"resultsBody": {"eventList": [simple()]}}}},
        "list": [simple()],
        "one": simple(),
    }
    (tmp_path / "x.json").write_text(json.dumps(forms[place]), encoding="utf-8")
    assert read_document(tmp_path / "x.json").events == (simple(),)


def test_check_prints_the_object_of_the_contract(tree: Tree, tmp_path: Path, capsys: Capture) -> None:
    """Events counted; each fault with event, code and message; code 3 with faults and 0 without."""
    file = tmp_path / "x.jsonld"
    file.write_text(document_text(tree), encoding="utf-8")
    assert run(["trace", "check", str(file), "--json"]) == 0
    count = len(tree["epcisBody"]["eventList"])
    assert json.loads(capsys.readouterr().out) == {"events": count, "faults": []}
    wrong = copy.deepcopy(tree)
    wrong["epcisBody"]["eventList"][2]["disposition"] = "fresh"
    file.write_text(json.dumps(wrong), encoding="utf-8")
    assert run(["trace", "check", str(file), "--json"]) == 3
    faults = json.loads(capsys.readouterr().out)["faults"]
    assert [(one["event"], one["code"]) for one in faults] == [(3, "hash"), (3, "word")]
    assert set(faults[0]) == {"event", "code", "message"}
    assert run(["trace", "check", str(file), "--lang", "zh"]) == 3
    assert "词表之外的用词（1 处）：\n  事件 3：disposition“fresh”" in capsys.readouterr().out


def test_events_of_others_follow_ours(folder: Path, tree: Tree, tmp_path: Path) -> None:
    """A buyer's event on our lot is checked with ours: right at the hub, wrong elsewhere; faulty files are refused."""
    last = events_of(tree, "A1")[-1]
    sold = {**last, "eventTime": "2026-07-20T08:00:00+08:00", "bizStep": "retail_selling", "action": "DELETE"}
    sold.pop("eventID")
    (tmp_path / "shop.json").write_text(json.dumps([sold]), encoding="utf-8")
    both = written_document(folder, "--with", str(tmp_path / "shop.json"))
    assert len(both["epcisBody"]["eventList"]) == len(tree["epcisBody"]["eventList"]) + 1
    assert check(document_of(both)) == ()
    elsewhere = {**sold, "readPoint": {"id": VILLAGE}, "bizLocation": {"id": VILLAGE}}
    (tmp_path / "shop.json").write_text(json.dumps([elsewhere]), encoding="utf-8")
    out = tmp_path / "out.jsonld"
    told = ["trace", str(folder), "--date", "2026-07-15", "--out", str(out), "--with", str(tmp_path / "shop.json")]
    assert run(told) == 3
    assert codes(read_document(out)) == {"custody"}
    (tmp_path / "shop.json").write_text(json.dumps([{**sold, "bizStep": "gift"}]), encoding="utf-8")
    out.unlink()
    assert run(told) == 3
    assert not out.exists()


def test_a_schema_of_the_user_is_asked(tree: Tree, tmp_path: Path) -> None:
    """What breaks it is told by event; a file that is no schema is refused."""
    pytest.importorskip("jsonschema")
    inner = {"items": {"properties": {"disposition": {"enum": ["active", "in_transit"]}}}}
    body = {"properties": {"eventList": inner}}
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps({"properties": {"epcisBody": body}}), encoding="utf-8")
    found = check_schema(document_of(tree), schema)
    wanted = [
        n
        for n, one in enumerate(tree["epcisBody"]["eventList"], 1)
        if one["disposition"] not in ("active", "in_transit")
    ]
    assert [one.event for one in found] == wanted
    assert found[0].message.startswith("disposition: ")
    schema.write_text('{"type": 7}', encoding="utf-8")
    with pytest.raises(BadInputError, match="is no JSON schema"):
        check_schema(document_of(tree), schema)
    schema.write_text('{"$ref": "https://example.org/other.json"}', encoding="utf-8")
    with pytest.raises(BadInputError, match="refers to another file"):
        check_schema(document_of(tree), schema)


KEYS = [
    ("urn:epc:id:sgtin:4012345.011111.9876", "https://id.gs1.org/01/04012345111118/21/9876"),
    ("urn:epc:id:sscc:4012345.0000000111", "https://id.gs1.org/00/040123450000001112"),
    ("urn:epc:id:sgln:4012345.00001.0", "https://id.gs1.org/414/4012345000016"),
    ("urn:epc:id:sgln:401234512345..x", "https://id.gs1.org/414/4012345123456/254/x"),
    ("urn:epc:class:lgtin:4012345.012345.A+1", "https://id.gs1.org/01/04012345123456/10/A%2B1"),
    ("urn:epc:id:giai:4012345.T1", "https://id.gs1.org/8004/4012345T1"),
    ("https://a.example.com/x/gtin/4012345111118/lot/7?y=1", "https://id.gs1.org/01/04012345111118/10/7"),
    ("https://id.gs1.org/01/04012345111118/22/2A/10/7/21/8", "https://id.gs1.org/01/04012345111118/21/8"),
    ("urn:epc:id:sgtin:40123.0111111.9", None),
    ("https://example.org/peeling", None),
    ("urn:uuid:1.2", None),
]


@pytest.mark.parametrize(("uri", "link"), KEYS)
def test_keys_are_compared_in_one_form(uri: str, link: str | None) -> None:
    """URNs and links of any domain become the link of the finest level; that stays as it is."""
    assert normalised(uri) == link
    if link is not None and "%" not in link:
        assert normalised(link) == link == key_of(uri)


@given(digits=st.text("0123456789", min_size=12, max_size=12), at=st.integers(0, 12), by=st.integers(1, 9))
def test_every_wrong_digit_is_found(digits: str, at: int, by: int) -> None:
    """One digit changed anywhere in a GLN is found; the right one is not."""
    right = digits + check_digit(digits)
    wrong = right[:at] + str((int(right[at]) + by) % 10) + right[at + 1 :]
    assert wrong_key(f"https://id.gs1.org/414/{right}") == ""
    assert wrong_key(f"https://id.gs1.org/414/{wrong}") == wrong


@pytest.mark.parametrize("prefix", ["", "12345", "1234567890123", "69A123", "６９０１２３"])
def test_a_prefix_must_be_one(prefix: str) -> None:
    """Six to twelve digits."""
    with pytest.raises(UsageError, match="--prefix must be"):
        Prefix(prefix)


def test_a_prefix_too_long_for_the_county_is_refused() -> None:
    """Twelve digits leave none for places."""
    assert Prefix("12345678901").place(9).endswith("/414/1234567890197")
    with pytest.raises(UsageError, match="leaves 1 digits for places and products; 10 does not fit"):
        Prefix("12345678901").place(10)
    with pytest.raises(UsageError, match="leaves 0 digits"):
        Prefix("123456789012").place(1)


REFUSED = [
    (["--date", "15.7."], 2, "must be a date such as"),
    (["--utc-offset", "8.001"], 2, "--utc-offset must be a whole number of minutes"),
    (["--prefix", "x"], 2, "--prefix must be"),
]


@pytest.mark.parametrize(("options", "code", "told"), REFUSED)
def test_odd_options_are_refused(
    folder: Path, tmp_path: Path, capsys: Capture, options: list[str], code: int, told: str
) -> None:
    """With what is right; nothing is written."""
    out = tmp_path / "x.jsonld"
    assert run(["trace", str(folder), "--out", str(out), *options]) == code
    assert told in capsys.readouterr().err
    assert not out.exists()


def test_folders_that_are_no_routes_are_refused(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    """An empty folder, and a day one of whose tables was edited."""
    import shutil

    assert run(["trace", str(tmp_path), "--out", str(tmp_path / "x.jsonld")]) == 3
    day = tmp_path / "day"
    shutil.copytree(folder, day)
    lots = day / "tables" / "lots.csv"
    lots.write_text(lots.read_text(encoding="utf-8-sig").replace(",tomato,", ",durian,", 1), encoding="utf-8-sig")
    capsys.readouterr()
    moved = ["--scenario", str(folder.parent / "county")]
    assert run(["trace", str(day), "--out", str(tmp_path / "x.jsonld"), *moved]) == 3
    assert re.search(r'lots.csv, commodity = "durian"', capsys.readouterr().err)


def test_issue_prints_its_balance(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    """Kilograms in and out, lots and events, what was assumed."""
    assert run(["trace", str(folder), "--out", str(tmp_path / "x.jsonld"), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["lots"], printed["claims"], printed["faults"]) == (3, 2, [])
    grams = {name: round(printed[f"kg_{name}"] * 1000) for name in ("in", "out", "lost", "left")}
    assert grams["in"] == 820_750 == grams["out"] + grams["lost"] + grams["left"]
    assert any("no date of harvest" in note for note in printed["notes"])
    assert any("for demonstration" in note for note in printed["notes"])


def test_tampering_with_a_claim_is_found_by_the_hash(tree: Tree) -> None:
    """A name added to a lot's harvest without a new hash; with a new hash it needs the register."""
    changed = copy.deepcopy(tree)
    harvest = next(
        event for event in changed["epcisBody"]["eventList"] if event.get("ilmd", {}).get("cc:order") == "B1"
    )
    harvest["ilmd"]["cc:landmark"] = "GI1"
    assert codes(document_of(changed)) == {"hash"}
    assert codes(rehashed(changed)) == set()
