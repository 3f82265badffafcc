"""Messages from a file, a line each, into the store; and the table of sensors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from coldchain.errors import BadInputError, Fault, system_reason
from coldchain.inputs import plain_file
from coldchain.language import _
from coldchain.scenario import decode
from coldchain.scenario.delimited import read_delimited
from coldchain.telemetry.dayplan import DayPlan
from coldchain.telemetry.readings import MessageReader, RefusedError, Row
from coldchain.telemetry.store import ReadingStore
from coldchain.telemetry.watch import place_of

CHUNK = 5_000
DEVICES, PLACES = ("device", "sensor", "设备", "传感器", "设备号"), ("place", "位置", "地点", "安装位置")


def replay(path: Path, reader: MessageReader, store: ReadingStore) -> list[Fault]:
    """Store every reading of a file of messages; return a warning for each line that is none.

    A line is a message, or ``{"topic": …, "payload": …}``.

    Raises
    ------
    BadInputError
        When the file cannot be read.
    """
    fault = plain_file(path)
    if fault is not None:
        raise BadInputError([fault])
    faults: list[Fault] = []
    rows: list[Row] = []
    for number, line in _lines(path):
        try:
            rows += reader.rows(*_message(line))
        except RefusedError as error:
            code = "refused-" + str(error).replace(" ", "-")[:40]
            faults.append(Fault(path.name, number, "", line[:80].decode("utf-8", "replace"), _(str(error)), code, True))
        if len(rows) >= CHUNK:
            store.add(rows)
            rows = []
    store.add(rows)
    return faults


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line.strip()
    except OSError as error:
        text = _("cannot be read: {strerror}").format(strerror=system_reason(error))
        raise BadInputError([Fault(path.name, None, "", "", text, "unreadable")]) from error


def _message(line: bytes) -> tuple[bytes | str, str]:
    """Return payload and topic of a line."""
    if b'"payload"' not in line:
        return line, ""
    try:
        tree = json.loads(line)
    except (ValueError, RecursionError):
        return line, ""
    if not isinstance(tree, dict) or not isinstance(tree.get("topic"), str) or "payload" not in tree:
        return line, ""
    payload = tree["payload"]
    return payload if isinstance(payload, str) else json.dumps(payload), tree["topic"]


def read_sensors(path: Path, day: DayPlan) -> dict[str, str]:
    """Read the table of sensors: the device of each, and the place it stands in.

    Raises
    ------
    BadInputError
        When a column is missing, a device is listed for two places, or a place is none of the day.
    """
    text, fault = decode(path)
    if fault is not None:
        raise BadInputError([fault])
    grid = read_delimited(path.name, text)
    if grid.faults or not grid.rows:
        raise BadInputError(grid.faults or [Fault(path.name, 1, "", "", _("holds no sensors"), "no-sensors")])
    heads = [cell.strip().lower() for cell in grid.rows[0][1]]
    columns = [next((heads.index(name) for name in names if name in heads), None) for names in (DEVICES, PLACES)]
    if columns[0] is None or columns[1] is None:
        told = _("must have the columns device and place")
        raise BadInputError([Fault(path.name, 1, "", ", ".join(heads), told, "missing-column")])
    found: dict[str, str] = {}
    faults = []
    for line, cells in grid.rows[1:]:
        device, place = (cells[column] if column is not None and column < len(cells) else "" for column in columns)
        if place_of(place, day, {}) is None:
            known = _(", ").join(sorted(day.places)[:4])
            told = _("is no truck, room or crate of this day; they are called as in: {known}").format(known=known)
            faults.append(Fault(path.name, line, "place", place, told, "unknown-place"))
        elif not device or found.setdefault(device, place) != place:
            told = _("must be given, and be in one place only")
            faults.append(Fault(path.name, line, "device", device, told, "bad-device"))
    if faults:
        raise BadInputError(faults)
    return found
