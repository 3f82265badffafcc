"""The headings people give their columns, in English and Chinese, and the names used inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from coldchain.errors import Fault
from coldchain.language import _
from coldchain.scenario import RawTable, read_raw

Aliases = Mapping[str, Sequence[str]]

ORDERS: Aliases = {
    "order": ("order_id", "id", "no", "订单", "订单号", "编号", "单号"),
    "village": ("village_id", "farm", "place", "村", "村庄", "村名", "产地"),
    "commodity": ("crop", "commodity_id", "product", "品种", "品类", "作物", "货物", "产品"),
    "kg": ("load_kg", "weight_kg", "公斤", "千克", "重量(公斤)", "重量(kg)", "重量公斤"),
    "t": ("tonnes", "tons", "load_t", "吨", "重量(吨)", "重量(t)"),
    "ready": ("ready_h", "from", "earliest", "可装时间", "最早", "备好时间", "开始时间"),
    "until": ("until_h", "to", "latest", "最晚", "截止", "截止时间"),
    "depot": ("depot_id", "预冷库", "冷库", "目的地", "站点"),
    "regime": ("temperature", "温区", "温层"),
    "value_cny": ("value", "货值", "货值(元)", "价值(元)"),
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


def read_table(path: Path, aliases: Aliases) -> RawTable:
    """Read a table and name its columns as they are named inside; two headings of one meaning are a fault."""
    raw = read_raw(path)
    names = {alias.lower(): name for name, others in aliases.items() for alias in (name, *others)}
    header = list(raw.rows[0][1]) if raw.rows else []
    inside = {heading: names.get(heading.lower(), heading) for heading in header}
    doubled = sorted({name for name in inside.values() if list(inside.values()).count(name) > 1})
    faults = [
        Fault(raw.file, 1, ", ".join(h for h in header if inside[h] == name), "",
              _("these headings both mean {name}; leave one").format(name=name), "duplicate-column")
        for name in doubled
    ]  # fmt: skip
    rows = tuple((line, {inside[heading]: cell for heading, cell in cells.items()}) for line, cells in raw.rows)
    return replace(raw, rows=rows, faults=(*raw.faults, *faults))
