"""The headings people give their columns, in English and Chinese, and the names used inside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from coldchain.dispatch.clock import read_clock
from coldchain.errors import Fault
from coldchain.language import _
from coldchain.scenario import RawTable, read_raw
from coldchain.scenario.headings import splits
from coldchain.scenario.units import figure_in, is_unit

Aliases = Mapping[str, Sequence[str]]

AMOUNTS = ("数量", "重量", "货量", "amount", "quantity", "weight")
UNITS = {
    "kg": "kg", "t": "t", "value_cny": "CNY", "payload_kg": "kg", "volume_m3": "m³", "shift_h": "h", "max_drive_h": "h",
}  # fmt: skip
CLOCKS = ("ready", "until")
ORDERS: Aliases = {
    "order": ("order_id", "id", "no", "订单", "订单号", "编号", "单号"),
    "village": ("village_id", "farm", "place", "村", "村庄", "村名", "产地"),
    "commodity": ("crop", "commodity_id", "product", "品种", "品类", "作物", "货物", "产品"),
    "kg": ("load_kg", "weight_kg", "公斤", "千克", "重量公斤", *AMOUNTS),
    "t": ("tonnes", "tons", "load_t", "吨"),
    "ready": ("ready_h", "from", "earliest", "可装时间", "最早", "备好时间", "开始时间", "装车时间"),
    "until": ("until_h", "to", "latest", "最晚", "截止", "截止时间"),
    "depot": ("depot_id", "预冷库", "冷库", "目的地", "站点"),
    "regime": ("temperature", "温区", "温层"),
    "value_cny": ("value", "货值", "价值"),
    "note": ("remark", "remarks", "备注"),
}
FLEET: Aliases = {
    "vehicle": ("vehicle_id", "type", "车型", "车辆类型"),
    "name": ("plate", "车牌", "车牌号", "车辆"),
    "depot": ("depot_id", "预冷库", "冷库", "站点"),
    "count": ("number", "vehicles", "数量", "台数", "辆数"),
    "trips_day": ("trips", "趟数", "每日趟数"),
    "payload_kg": ("payload", "载重(公斤)", "载重kg"),
    "volume_m3": ("volume", "容积(立方米)", "容积m3"),
    "shift_h": ("shift", "工时", "工时(小时)"),
    "max_drive_h": ("drive_h", "驾驶时长(小时)"),
}
TOURS: Aliases = {
    "tour": ("route", "车次", "线路"),
    "vehicle": ("vehicle_id", "车型"),
    "depot": ("depot_id", "预冷库", "冷库", "站点"),
    "trip": ("趟", "趟次"),
    "order": ("stop", "顺序", "序号"),
    "village": ("village_id", "村", "村庄", "村名", "产地"),
    "kg": ("load_kg", "公斤", "千克"),
    "lots": ("orders", "订单", "订单号"),
    "locked": ("sequence", "锁定", "锁定组"),
}


@dataclass(frozen=True)
class WrittenTable:
    """A table with the names of inside, and what stands in the file: field -> heading, line -> field -> cell."""

    raw: RawTable
    headings: Mapping[str, str]
    cells: Mapping[int, Mapping[str, str]]

    def seen(self, faults: Iterable[Fault]) -> list[Fault]:
        """Name in faults of this table the headings and the cells that its writer sees."""
        return [self._seen(fault) if fault.file == self.raw.file else fault for fault in faults]

    def _seen(self, fault: Fault) -> Fault:
        if fault.column not in self.headings:
            return fault
        written = self.cells.get(fault.row or 0, {}).get(fault.column, "")
        value = written if fault.value and written else fault.value
        return replace(fault, column=self.headings[fault.column], value=value)


def read_table(path: Path, aliases: Aliases) -> WrittenTable:
    """Read a table, name its columns as inside and bring its figures to kg, t, CNY and hours.

    Two headings of one meaning are a fault.
    """
    raw = read_raw(path)
    header = [text for text in raw.header if text]
    read = {text: heading_of(text, aliases) for text in header}
    names = [name for name, _unit in read.values()]
    faults = [
        Fault(raw.file, raw.header_line, ", ".join(text for text in header if read[text][0] == name), "",
              _("these headings both mean {name}; leave one").format(name=name), "duplicate-column")
        for name in sorted({name for name in names if names.count(name) > 1})
    ]  # fmt: skip
    rows, cells = [], {}
    for line, row in raw.rows:
        cells[line] = {read[text][0]: cell for text, cell in row.items()}
        inside, wrong = _row(raw.file, line, {text: (cell, *read[text]) for text, cell in row.items()})
        rows.append((line, inside))
        faults += wrong
    units = {name: unit for name, unit in read.values() if unit and name in UNITS}
    table = replace(raw, rows=tuple(rows), faults=(*raw.faults, *faults), units=units)
    return WrittenTable(table, {name: text for text, (name, _unit) in read.items()}, cells)


def heading_of(text: str, aliases: Aliases) -> tuple[str, str]:
    """Return the name inside of a heading, and its unit; a heading that is not known stays."""
    names = {alias.lower(): name for name, others in aliases.items() for alias in (name, *others)}
    for name, unit in splits(text):
        found = names.get(name.lower())
        if found is not None and (not unit or is_unit(unit)):
            return found, unit or ("h" if name.lower().endswith("_h") else "")
    return text, ""


def _row(file: str, line: int, cells: Mapping[str, tuple[str, str, str]]) -> tuple[dict[str, str], list[Fault]]:
    """Return a row by names inside; cells are (text, name, unit) by heading."""
    inside, faults = {}, []
    for heading, (text, name, unit) in cells.items():
        read = text
        if name in UNITS and text:
            read = figure_in(text, UNITS[name], unit)
            if heading.lower() in AMOUNTS and re.fullmatch(r"[\d.,]+", text):
                message = _("has no unit: write it in the heading, as {heading} (kg), or behind the figure")
                faults.append(Fault(file, line, name, text, message.format(heading=heading), "no-unit"))
        elif name in CLOCKS and text and unit != "h":
            try:
                read = repr(read_clock(text))
            except ValueError as error:
                faults.append(Fault(file, line, name, text, str(error), "invalid"))
                read = ""
        inside[name] = read
    return inside, faults
