"""The tables below the map: the same figures for those who read rather than look."""

from __future__ import annotations

from typing import Any

import pandas as pd
from bokeh.models import ColumnDataSource, DataTable, InlineStyleSheet, NumberFormatter, TableColumn, TabPanel, Tabs

from coldchain.report import palette

WIDTH_PX, ROW_PX, MOST_ROWS = 1180, 24, 14
WHOLE, TENTH, SHARE = "0,0", "0,0.0", "0.0 %"
Layout = tuple[tuple[str, str, int, str], ...]
DEPOTS: Layout = (
    ("depot", "Depot", 100, ""), ("name", "Name", 90, ""), ("county", "County", 80, ""), ("status", "Status", 70, ""),
    ("modules", "Modules", 200, ""), ("tonnes_year", "Cooled, t/yr", 85, WHOLE), ("villages", "Villages", 60, WHOLE),
    ("throughput_t_day", "Capacity, t/day", 95, TENTH), ("capex_cny", "Investment, CNY", 105, WHOLE),
    ("subsidy_cny", "Subsidy, CNY", 90, WHOLE), ("hub", "Hub", 90, ""), ("haul_km", "To hub, km", 75, TENTH),
)  # fmt: skip
VILLAGES: Layout = (
    ("village", "Village", 100, ""), ("name", "Name", 100, ""), ("county", "County", 90, ""),
    ("cooperative", "Co-operative", 110, ""), ("harvest_t", "Harvest, t/yr", 90, WHOLE),
    ("cooled_t", "Pre-cooled, t/yr", 100, WHOLE), ("baseline_rate", "Loss today", 80, SHARE),
    ("plan_rate", "Loss with plan", 90, SHARE), ("avoided_t", "Loss avoided, t/yr", 110, TENTH),
    ("note", "Served, or why not", 280, ""),
)  # fmt: skip
CROPS: Layout = (
    ("name", "Crop", 180, ""), ("name_zh", "作物", 120, ""), ("harvest_t", "Harvest, t/yr", 110, WHOLE),
    ("cooled_share", "Pre-cooled", 90, SHARE), ("baseline_t", "Loss today, t/yr", 120, WHOLE),
    ("plan_t", "Loss with plan, t/yr", 130, WHOLE), ("baseline_rate", "Loss today", 90, SHARE),
    ("plan_rate", "Loss with plan", 110, SHARE),
)  # fmt: skip
STYLE = f".slick-header-columns, .slick-cell {{ font-family: {', '.join(palette.FONTS)}; font-size: 12px; }}"


def tables_below(depots: ColumnDataSource, villages: ColumnDataSource, crops: pd.DataFrame) -> Tabs:
    """Return tabs of tables; rows of depots and villages are the map's own, so a click in one marks the other."""
    columns = {name.replace("_loss", ""): crops[name].tolist() for name in crops.columns}
    panels = (("Depots", depots, DEPOTS), ("Villages", villages, VILLAGES), ("Crops", ColumnDataSource(columns), CROPS))
    return Tabs(
        tabs=[TabPanel(title=title, child=_table(source, layout)) for title, source, layout in panels],
        margin=(10, 0, 20, 0),
        stylesheets=[InlineStyleSheet(css=f":host {{ font-family: {', '.join(palette.FONTS)}; font-size: 13px; }}")],
    )


def _table(source: ColumnDataSource, layout: Layout) -> DataTable:
    columns = [
        TableColumn(field=field, title=title, width=width, **_cell(style)) for field, title, width, style in layout
    ]
    rows = len(source.data[layout[0][0]])
    return DataTable(
        source=source, columns=columns, width=WIDTH_PX, height=ROW_PX * (2 + min(rows, MOST_ROWS)), index_position=None,
        autosize_mode="none", reorderable=False,
        row_height=ROW_PX, stylesheets=[InlineStyleSheet(css=STYLE)],
    )  # fmt: skip


def _cell(style: str) -> dict[str, Any]:
    return {"formatter": NumberFormatter(format=style, text_align="right")} if style else {}
