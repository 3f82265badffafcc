"""EPCIS in XML: read into the same events as JSON, checked alike; what could expand or is no EPCIS is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from tracing_cases import traced_folder, written_document

from coldchain.cli import run
from coldchain.errors import BadInputError
from coldchain.traceability.check import check
from coldchain.traceability.document import OWN, document_of, read_document

PARTS = {"epcList": "epc", "childEPCs": "epc", "inputEPCList": "epc", "outputEPCList": "epc"}


def element(name: str, value: Any) -> str:
    """Write a field of an event as EPCIS 2.0 has it in XML."""
    if name.lower().endswith("quantitylist"):
        parts = "".join(f"<quantityElement>{inner(one)}</quantityElement>" for one in value)
    elif name in PARTS:
        parts = "".join(f"<{PARTS[name]}>{escape(one)}</{PARTS[name]}>" for one in value)
    elif name == "sensorElementList":
        parts = "".join(f"<sensorElement>{sensor(one)}</sensorElement>" for one in value)
    else:
        parts = inner(value) if isinstance(value, dict) else escape(str(value))
    return f"<{name}>{parts}</{name}>"


def inner(tree: dict[str, Any]) -> str:
    return "".join(element(name, value) for name, value in tree.items())


def sensor(one: dict[str, Any]) -> str:
    """Write a sensor element: its figures are attributes."""
    rows = [("sensorMetadata", one["sensorMetadata"]), *(("sensorReport", report) for report in one["sensorReport"])]
    own = {name: value for name, value in one.items() if ":" in name}
    return inner(own) + "".join(
        f"<{name} {' '.join(f'{key}={quoteattr(str(value))}' for key, value in row.items())}/>" for name, row in rows
    )


def document(events: str, version: int = 2, header: str = "") -> str:
    """Return a document of events written in XML."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:{version}" '
        f'xmlns:cc="{OWN}" schemaVersion="{version}.0" creationDate="2026-07-15T00:00:00Z">'
        f"<EPCISHeader>{header}</EPCISHeader><EPCISBody><EventList>{events}</EventList></EPCISBody>"
        "</epcis:EPCISDocument>"
    )


def test_events_in_xml_are_those_of_json(tmp_path: Path) -> None:
    """A day of ours written as XML is read into the same events: hashes, masses and custody hold, a fault is found."""
    tree = written_document(traced_folder(tmp_path))
    events = tree["epcisBody"]["eventList"]
    texts = [f"<{one['type']}>{inner({k: v for k, v in one.items() if k != 'type'})}</{one['type']}>" for one in events]
    file = tmp_path / "day.xml"
    file.write_text(document("".join(texts)), encoding="utf-8")
    read = read_document(file)
    assert list(read.events) == events
    assert check(read) == ()
    changed = "".join(texts).replace("<quantity>300</quantity>", "<quantity>301</quantity>", 1)
    file.write_text(document(changed), encoding="utf-8")
    found = {one.code for one in check(read_document(file))}
    assert found == {one.code for one in check(document_of(changed_json(tree)))} >= {"hash", "mass"}


def changed_json(tree: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON with the first 300 kg made 301."""
    text = json.dumps(tree)
    changed: dict[str, Any] = json.loads(text.replace('"quantity": 300,', '"quantity": 301,', 1))
    return changed


HARVEST = """<ObjectEvent><eventTime>2026-07-15T08:00:00.000+08:00</eventTime>
<eventTimeZoneOffset>+08:00</eventTimeZoneOffset><epcList/><action>ADD</action>
<bizStep>urn:epcglobal:cbv:bizstep:commissioning</bizStep><disposition>urn:epcglobal:cbv:disp:active</disposition>
<readPoint><id>urn:epc:id:sgln:9521234.00001.0</id></readPoint>
<bizTransactionList><bizTransaction type="urn:epcglobal:cbv:btt:po">urn:epc:id:gdti:9521234.00001.7</bizTransaction>
</bizTransactionList><extension><quantityList><quantityElement><epcClass>urn:epc:class:lgtin:9521234.000003.L1</epcClass>
<quantity>250.5</quantity><uom>{uom}</uom></quantityElement></quantityList>
<ilmd><cc:village>A</cc:village></ilmd></extension></ObjectEvent>
<extension><TransformationEvent><eventTime>2026-07-15T09:00:00+08:00</eventTime>
<eventTimeZoneOffset>+08:00</eventTimeZoneOffset><inputEPCList/><inputQuantityList><quantityElement>
<epcClass>urn:epc:class:lgtin:9521234.000003.L1</epcClass><quantity>250.5</quantity><uom>KGM</uom></quantityElement>
</inputQuantityList><outputQuantityList><quantityElement><epcClass>urn:epc:class:lgtin:9521234.000004.L1</epcClass>
<quantity>250.5</quantity><uom>KGM</uom></quantityElement></outputQuantityList>
<bizStep>urn:epcglobal:cbv:bizstep:packing</bizStep></TransformationEvent></extension>"""
NAMES = """<extension><EPCISMasterData><VocabularyList><Vocabulary type="urn:epcglobal:epcis:vtype:BusinessLocation">
<VocabularyElementList><VocabularyElement id="urn:epc:id:sgln:9521234.00001.0">
<attribute id="urn:epcglobal:cbv:mda#name">甲村</attribute></VocabularyElement></VocabularyElementList></Vocabulary>
</VocabularyList></EPCISMasterData></extension>"""


@pytest.mark.parametrize(("uom", "faults"), [("KGM", set()), ("KG", {"unit"})])
def test_older_versions_are_unwrapped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], uom: str, faults: set[str]
) -> None:
    """Version 1.2 wraps quantities, ilmd and transformations, has words and keys as URNs, and empty lists."""
    file = tmp_path / "old.xml"
    file.write_text(document(HARVEST.format(uom=uom), 1, NAMES), encoding="utf-8")
    read = read_document(file)
    assert [one["type"] for one in read.events] == ["ObjectEvent", "TransformationEvent"]
    assert read.events[0]["quantityList"][0]["quantity"] == 250.5
    assert read.own(read.events[0]["ilmd"], "village") == "A"
    assert read.label("urn:epc:id:sgln:9521234.00001.0").startswith("甲村")
    assert run(["trace", "check", str(file), "--json"]) == (3 if faults else 0)
    printed = json.loads(capsys.readouterr().out)
    assert printed["events"] == 2
    assert faults <= {one["code"] for one in printed["faults"]}


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
BAD = [
    (BOMB, "declares a document type"), ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "declares a document type"),
    (document(HARVEST)[:400], "is no sound XML, or cut: line"), ("<a>" * 200, "nests more than 100 levels"),
    ("<gpx/>", "is XML, but no document of EPCIS"), ("<", "is no sound XML, or cut"),
    ('<?xml version="1.0" encoding="klingon"?><a/>', "is no sound XML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD, ids=range(len(BAD)))
def test_what_is_no_epcis_in_xml_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """Nothing is expanded or fetched, and the reason is said."""
    file = tmp_path / "bad.xml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match=message):
        read_document(file)
