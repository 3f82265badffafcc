"""Messages of sensors: JSON of one reading or of many, SenML, and other forms by a mapping file.

A message that is not a reading is refused whole with the reason; nothing else is guessed at. Times carry their zone
(ISO 8601), or are seconds or milliseconds since 1970; one without zone is taken by the county's own.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from coldchain.errors import BadInputError
from coldchain.inputs import read_toml
from coldchain.language import N_
from coldchain.model.base import Noun, figure
from coldchain.scenario.parsing import parse

CHINA_H = 8.0
MOST_BYTES, MOST_READINGS, MOST_NAME = 1 << 20, 20_000, 200
EARLIEST_MS, LATEST_MS = 946_684_800_000, 4_102_444_800_000  # the years 2000 to 2099
RANGES = {"temp_c": (-80.0, 90.0), "humidity": (0.0, 100.0), "lon": (-180.0, 180.0), "lat": (-90.0, 90.0),
          "battery": (0.0, 100.0)}  # fmt: skip
DOORS = {"open": 1.0, "closed": 0.0, "shut": 0.0, 1: 1.0, 0: 0.0}  # True and False are 1 and 0
SENML = {("temperature", "Cel"): "temp_c", ("temp", "Cel"): "temp_c", ("humidity", "%RH"): "humidity",
         ("door", ""): "door", ("lon", "lon"): "lon", ("lat", "lat"): "lat", ("battery", "%EL"): "battery"}  # fmt: skip
RELATIVE_S = 2.0**28
MANY = 8
"""Readings of a batch from which on they are looked at column by column."""
MOST_MS = 1e15
NOTHING = (None,) * 6
NAME = re.compile(r"[^\x00-\x1f\x7f]+")
FIELDS = ("temp_c", "humidity", "door", "lon", "lat", "battery")
Row = tuple[str, int, float | None, float | None, float | None, float | None, float | None, float | None]
"""Device, milliseconds since 1970, temperature, humidity, door (1 open), longitude, latitude, battery in %."""


class RefusedError(ValueError):
    """A message that is not a reading; its text says why, to be translated where it is shown."""


class MessageKeys(Noun):
    """Where a message holds what: keys, with points for keys within keys."""

    device: str = figure("-", "key of the device's name", "device")
    time: str = figure("-", "key of the time", "time")
    temp_c: str = figure("-", "key of the temperature in °C", "temp_c")
    humidity: str = figure("-", "key of the relative humidity in %", "humidity")
    door: str = figure("-", "key of the door: open or closed", "door")
    lon: str = figure("-", "key of the longitude", "lon")
    lat: str = figure("-", "key of the latitude", "lat")
    battery: str = figure("-", "key of the battery in %", "battery")
    readings: str = figure("-", "key of the list of readings of a batch", "readings")
    topic: str = figure("-", "form of the topic with {device} in it, where messages do not name the device", "")


def read_keys(path: Path) -> MessageKeys:
    """Read a mapping file of messages.

    Raises
    ------
    BadInputError
        With every key that is unknown.
    """
    keys, faults = parse(MessageKeys, read_toml(path), path.name, None)
    if keys is None or faults:
        raise BadInputError(faults)
    return keys


@dataclass(frozen=True)
class MessageReader:
    """Turns messages into rows.

    Attributes
    ----------
    offset_h : hours by which the county's clock is ahead of UTC
    """

    keys: MessageKeys = field(default_factory=MessageKeys)
    offset_h: float = CHINA_H

    def rows(self, payload: bytes | str, topic: str = "") -> list[Row]:
        """Return the readings of a message.

        Raises
        ------
        RefusedError
            When anything in it is not a reading.

        Examples
        --------
        >>> MessageReader().rows('{"device": "truck/1", "time": "2026-07-15T08:00:00+08:00", "temp_c": 4.5}')[0][:3]
        ('truck/1', 1784073600000, 4.5)
        """
        if len(payload) > MOST_BYTES:
            raise RefusedError(N_("is longer than a message may be"))
        try:
            tree = json.loads(payload)
        except (ValueError, RecursionError):
            raise RefusedError(N_("is not JSON")) from None
        if isinstance(tree, list) and tree and isinstance(tree[0], dict) and ("bn" in tree[0] or "n" in tree[0]):
            return list(self._senml(tree))
        found = list(self._batch(tree, self._device_of(topic)))
        if not found:
            raise RefusedError(N_("holds no reading"))
        return found

    def _device_of(self, topic: str) -> str:
        """Return the device that a topic names, by the mapping's form; empty where it does not."""
        if not self.keys.topic or not topic:
            return ""
        form = re.escape(self.keys.topic).replace(re.escape("{device}"), "(?P<device>.+)").replace(r"\+", "[^/]+")
        found = re.fullmatch(form, topic)
        return found["device"] if found and "device" in found.groupdict() else ""

    def _batch(self, tree: Any, device: str) -> Iterator[Row]:
        items = tree if isinstance(tree, list) else [tree]
        if len(items) > MOST_READINGS:
            raise RefusedError(N_("holds more readings than a message may"))
        if len(items) >= MANY and (made := self._alike(items, device)):
            yield from made
            return
        for item in items:
            if not isinstance(item, dict):
                raise RefusedError(N_("is not a reading: neither an object nor a list of objects"))
            inner = item.get(self.keys.readings)
            if inner is None:
                yield self._row(item, device)
                continue
            named = _at(item, self.keys.device)
            if not isinstance(inner, list) or len(inner) > MOST_READINGS:
                raise RefusedError(N_("readings must be a list"))
            own = device if named is None else named
            if len(inner) >= MANY and (made := self._alike(inner, own)):
                yield from made
                continue
            for one in inner:
                if not isinstance(one, dict):
                    raise RefusedError(N_("is not a reading: neither an object nor a list of objects"))
                yield self._row(one, own)

    def _alike(self, items: list[Any], device: Any) -> list[Row] | None:
        """Return the rows of many readings of one device, column by column; None where one must look at each."""
        keys = self.keys
        named = (keys.device, keys.time, *(getattr(keys, name) for name in FIELDS), keys.readings)
        if set(map(type, items)) != {dict} or any("." in key for key in named):
            return None
        own, moments, *values, inner = ([item.get(key) for item in items] for key in named)
        if not set(map(type, own)) <= {str, int, type(None)} or set(map(type, inner)) != {type(None)}:
            return None
        try:
            columns = [_doors(found) if name == "door" else _numbers(found, *RANGES[name])
                       for name, found in zip(FIELDS, values, strict=True)]  # fmt: skip
            names = {one: device_name(device if one is None else one) for one in set(own)}
            times = self._times(moments)
        except RefusedError:
            return None
        if None in columns or (all(None in one for one in columns if one) and NOTHING in zip(*columns, strict=True)):
            return None
        return list(zip(map(names.__getitem__, own), times, *columns, strict=True))  # type: ignore[arg-type]

    def _times(self, moments: list[Any]) -> list[int]:
        """Return times as milliseconds since 1970: whole seconds at once."""
        if (
            set(map(type, moments)) == {int}
            and min(moments) >= EARLIEST_MS // 1000
            and max(moments) < LATEST_MS // 1000
        ):
            return [1000 * moment for moment in moments]
        return [self.milliseconds(moment) for moment in moments]

    def _row(self, item: Mapping[str, Any], device: Any) -> Row:
        keys = self.keys
        own = _at(item, keys.device)
        temp, humidity = _at(item, keys.temp_c), _at(item, keys.humidity)
        door, battery = _at(item, keys.door), _at(item, keys.battery)
        lon, lat = _at(item, keys.lon), _at(item, keys.lat)
        time_ms = self.milliseconds(_at(item, keys.time))
        name = device_name(device if own is None else own)
        return _row(name, time_ms, temp, humidity, door, lon, lat, battery)

    def milliseconds(self, value: Any) -> int:
        """Return a time as milliseconds since 1970."""
        if isinstance(value, str):
            try:
                moment = datetime.fromisoformat(value)
                if moment.tzinfo is None:
                    moment = moment.replace(tzinfo=timezone(timedelta(hours=self.offset_h)))
                made = round(moment.timestamp() * 1000.0)
            except (ValueError, OverflowError):
                raise RefusedError(N_("time must be ISO 8601 or a number")) from None
        elif not _is_number(value):
            raise RefusedError(N_("time must be ISO 8601 or a number"))
        else:
            made = round(value) if value > 1e11 else round(value * 1000.0)
        if not EARLIEST_MS <= made < LATEST_MS:
            raise RefusedError(N_("time must lie in the years 2000 to 2099"))
        return made

    def _senml(self, records: list[Any]) -> Iterator[Row]:
        """Yield the records of a pack that are of ours, one row each; the store joins those of one moment."""
        base_name, base_time, base_unit = "", 0.0, ""
        for record in records[: MOST_READINGS + 1]:
            if not isinstance(record, dict):
                raise RefusedError(N_("is not SenML: a record must be an object"))
            base_name, base_unit = record.get("bn", base_name), record.get("bu", base_unit)
            base_time = record.get("bt", base_time)
            if "n" not in record and "v" not in record and "vb" not in record:
                continue
            full = f"{base_name}{record.get('n', '')}"
            device, _sign, quantity = full.rpartition(":") if ":" in full else full.rpartition("/")
            name = SENML.get((quantity, str(record.get("u", base_unit)))) or SENML.get((quantity, ""))
            value = record.get("v", record.get("vb"))
            if name is None:
                raise RefusedError(N_("is SenML with a quantity or unit that is not read"))
            offset = record.get("t", 0.0)
            if not _is_number(base_time) or not _is_number(offset):
                raise RefusedError(N_("time must be ISO 8601 or a number"))
            moment = base_time + offset
            if moment < RELATIVE_S:
                raise RefusedError(N_("SenML must give times from 1970 on, not relative to now"))
            values: dict[str, Any] = dict.fromkeys(FIELDS)
            yield _row(device_name(device), self.milliseconds(moment), **{**values, name: value})


def device_name(value: Any) -> str:
    """Return a name of a device, or refuse what is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 0 < len(value) <= MOST_NAME or NAME.fullmatch(value) is None:
        raise RefusedError(N_("device must be a name of 1 to 200 characters"))
    return value


def _at(item: Mapping[str, Any], key: str) -> Any:
    """Return what stands under a key, or under keys within keys; None where nothing does."""
    value = item.get(key)
    if value is not None or "." not in key:
        return value
    found: Any = item
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _row(
    device: str, time_ms: int, temp_c: Any, humidity: Any, door: Any, lon: Any, lat: Any, battery: Any
) -> Row:  # fmt: skip
    """Return a row of values that are what sensors measure."""
    row: Row = (
        device, time_ms, _number(temp_c, *RANGES["temp_c"]), _number(humidity, *RANGES["humidity"]), _door(door),
        _number(lon, *RANGES["lon"]), _number(lat, *RANGES["lat"]), _number(battery, *RANGES["battery"]),
    )  # fmt: skip
    if row[2:] == NOTHING:
        raise RefusedError(N_("holds no reading"))
    return row


def _is_number(value: Any) -> bool:
    """Tell whether a value is a number, and one that a time may be."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -MOST_MS < value < MOST_MS


def _number(value: Any, low: float, high: float) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise RefusedError(N_("a value is no number, or outside what sensors measure"))
    return float(value)


def _numbers(column: list[Any], low: float, high: float) -> list[float | None] | None:
    """Return a column of numbers as :func:`_number` would; None where one of them is refused."""
    kinds = set(map(type, column))
    if not kinds <= {int, float, type(None)}:
        return None
    known = [value for value in column if value is not None]
    if known and not (low <= min(known) and max(known) <= high and math.isfinite(sum(known))):  # the sum finds NaN
        return None
    return column if int not in kinds else [None if value is None else float(value) for value in column]


def _doors(column: list[Any]) -> list[float | None] | None:
    """Return a column of doors; None where one of them is refused."""
    if not set(map(type, column)) <= {str, int, bool, type(None)}:
        return None
    known = {value: _door(value) for value in set(column)}
    return [known[value] for value in column]


def _door(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, str):
        value = value.strip().lower()
    if not isinstance(value, str | int | bool) or value not in DOORS:
        raise RefusedError(N_("door must be open or closed"))
    return DOORS[value]
