"""Weighings: lots of a crop held for hours at a temperature, and the share of them that was lost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator

from coldchain.errors import Fault, demand_right
from coldchain.language import _
from coldchain.model import Noun, Scenario, figure
from coldchain.model.goods import PackagingId
from coldchain.model.naming import crops_of
from coldchain.scenario.headings import refer_rows
from coldchain.scenario.references import NameReference
from coldchain.scenario.tables import RawTable, parse_rows, read_raw

HEADINGS = {"品种": "crop", "包装": "packaging", "温度": "temp", "小时": "hours", "损耗": "loss", "湿度": "humidity",
            "倒货": "transfers"}  # fmt: skip
BOXES = {"散装": "bulk", "筐装": "basket", "周转箱": "crate", "泡沫箱": "foam_ice"}


def _share(value: Any) -> Any:
    """Read ``12%`` as 0.12."""
    if isinstance(value, str) and value.strip().endswith(("%", "％")):
        return float(value.strip()[:-1]) / 100.0
    return value


Share = Annotated[float, BeforeValidator(_share)]


class Weighing(Noun):
    """One lot that was held and weighed again."""

    crop: str = figure("-", "id or name of the crop", min_length=1)
    packaging: PackagingId | None = figure("-", "packaging; none: that of the planned chain", None)
    temp: float = figure("°C", "mean temperature of the produce", ge=-5, le=45)
    hours: float = figure("h", "held", gt=0, le=24_000)
    loss: Share = figure("share", "unsaleable and dried out, of the weight at first", ge=0, lt=1)
    humidity: Share = figure("share", "relative humidity of the air", 0.85, ge=0, le=1)
    transfers: int = figure("-", "times the lot was handled", 1, ge=0, le=20)


def read_weighings(path: Path, scenario: Scenario) -> list[tuple[int, Weighing]]:
    """Read a table of weighings with the line of each.

    Raises
    ------
    BadInputError
        With every fault of the table.
    """
    raw = _renamed(
        read_raw(path, lambda cells: sum(cell in HEADINGS or cell in Weighing.model_fields for cell in cells))
    )
    crops = {"crop": NameReference("commodity", crops_of(scenario))}
    raw, faults = refer_rows(raw, crops)
    rows, wrong = parse_rows(raw, Weighing)
    faults = [*faults, *wrong]
    if not rows and not faults:
        faults.append(Fault(raw.file, None, "", "", _("holds no weighings, only headings"), "no-rows"))
    demand_right(faults)
    return [(row.line, row.noun) for row in rows]


def _renamed(raw: RawTable) -> RawTable:
    """Put English names for Chinese headings and packagings."""
    from dataclasses import replace

    rows = [
        (line, {HEADINGS.get(name, name): BOXES.get(cell, cell) for name, cell in cells.items()})
        for line, cells in raw.rows
    ]
    return replace(raw, rows=tuple(rows), header=tuple(HEADINGS.get(name, name) for name in raw.header))
