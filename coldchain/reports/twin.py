"""The tables below the map: the same figures for those who read rather than look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from bokeh.models import ColumnDataSource, DataTable, InlineStyleSheet, NumberFormatter, TableColumn, TabPanel, Tabs

from coldchain.language import N_, _, language
from coldchain.reports import palette

ROW_PX, MOST_ROWS = 26, 14
WHOLE, TENTH, SHARE = "0,0", "0,0.0", "0.0%"
Layout = tuple[tuple[str, str, int, str], ...]
DEPOTS: Layout = (
    ("label", N_("Depot"), 110, ""), ("county", N_("County"), 90, ""), ("status_text", N_("Status"), 70, ""),
    ("modules", N_("Modules"), 250, ""), ("tonnes_year", N_("Cooled, t/year"), 100, WHOLE),
    ("villages", N_("Villages"), 65, WHOLE), ("throughput_t_day", N_("Throughput, t/day"), 105, TENTH),
    ("capex_cny", N_("Investment, CNY"), 105, WHOLE), ("subsidy_cny", N_("Subsidy, CNY"), 95, WHOLE),
    ("hub", N_("Hub"), 70, ""), ("haul_km", N_("To the hub, km"), 115, TENTH),
)  # fmt: skip
VILLAGES: Layout = (
    ("label", N_("Village"), 130, ""), ("county", N_("County"), 100, ""), ("cooperative", N_("Co-operative"), 110, ""),
    ("harvest_t", N_("Harvest, t"), 85, WHOLE), ("cooled_share", N_("Pre-cooled"), 85, SHARE),
    ("baseline_rate", N_("Lost today"), 85, SHARE), ("plan_rate", N_("Lost with the plan"), 110, SHARE),
    ("avoided_t", N_("Loss avoided, t/year"), 120, TENTH), ("note", N_("Served, or why not"), 260, ""),
)  # fmt: skip
CROPS: Layout = (
    ("crop", N_("Crop"), 200, ""), ("harvest_t", N_("Harvest, t"), 110, WHOLE),
    ("cooled_share", N_("Pre-cooled"), 90, SHARE), ("baseline_t", N_("Lost today, t"), 120, WHOLE),
    ("plan_t", N_("Lost with the plan, t"), 130, WHOLE), ("baseline_rate", N_("Lost today"), 90, SHARE),
    ("plan_rate", N_("Lost with the plan"), 110, SHARE),
)  # fmt: skip
FONT = ", ".join(palette.FONTS)
STYLE = f".slick-header-columns, .slick-cell {{ font-family: {FONT}; font-size: 12.5px; color: {palette.INK}; }}"


def tables_below(panes: Sequence[tuple[str, Mapping[str, ColumnDataSource]]], crops: pd.DataFrame) -> Tabs:
    """Return tabs of tables; rows of depots and villages are the map's own, so a click in one marks the other.

    Parameters
    ----------
    panes : title and sources of each map
    crops : the commodities table, or an empty frame
    """
    found: list[tuple[str, ColumnDataSource, Layout]] = []
    for title, sources in panes:
        behind = f" · {title}" if title else ""
        found.append((_("Depots") + behind, sources["depots"], DEPOTS))
        found.append((_("Every village") + behind, sources["villages"], VILLAGES))
    if len(crops):
        found.append((_("Crops"), _crops(crops), CROPS))
    return Tabs(
        tabs=[TabPanel(title=title, child=_table(source, layout)) for title, source, layout in found],
        sizing_mode="stretch_width",
        stylesheets=[InlineStyleSheet(css=f":host {{ font-family: {FONT}; font-size: 13.5px; }}")],
    )


def _crops(crops: pd.DataFrame) -> ColumnDataSource:
    columns = {name.replace("_loss", ""): crops[name].tolist() for name in crops.columns}
    chinese = zip(crops["name_zh"], crops["name"], strict=True)
    columns["crop"] = [zh or name for zh, name in chinese] if language() == "zh" else crops["name"].tolist()
    return ColumnDataSource(columns)


def _table(source: ColumnDataSource, layout: Layout) -> DataTable:
    columns = [
        TableColumn(field=field, title=_(title), width=width, **_cell(style))
        for field, title, width, style in layout
        if field in source.data
    ]
    rows = len(source.data[layout[0][0]])
    return DataTable(
        source=source, columns=columns, height=ROW_PX * (2 + min(rows, MOST_ROWS)), index_position=None,
        sizing_mode="stretch_width", min_width=sum(column.width for column in columns), autosize_mode="force_fit",
        reorderable=False, row_height=ROW_PX, stylesheets=[InlineStyleSheet(css=STYLE)],
    )  # fmt: skip


def _cell(style: str) -> dict[str, Any]:
    return {"formatter": NumberFormatter(format=style, text_align="right")} if style else {}
