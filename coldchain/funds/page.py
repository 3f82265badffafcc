"""The division as a page: where the money goes on a map, what each county's curve gives, and the whole table."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coldchain.funds.division import Allocation
from coldchain.funds.words import HEADS, compared_cells, lines_of
from coldchain.language import N_, _
from coldchain.language.amounts import per_million
from coldchain.reports import palette

SMALL, LARGE = 5.0, 26.0
HEIGHT, WIDTH = 560, 980
COLUMNS = (
    ("name", N_("county")),
    ("harvest_t", N_("harvest, t")),
    ("fund_m", N_("fund, CNY M")),
    ("own_m", N_("own, CNY M")),
    ("saved_t", N_("saved, t")),
    ("saved_t_per_million", N_("t per CNY M")),
    ("loss_before", N_("loss before, %")),
    ("loss_after", N_("loss after, %")),
    ("equal_saved_t", N_("equal split, t")),
)
FONT = "font-family:" + ",".join(f"'{name}'" if " " in name else name for name in palette.FONTS)


def write_page(made: Allocation, path: Path) -> None:
    """Write one file that opens without network."""
    from bokeh.embed import file_html
    from bokeh.layouts import column
    from bokeh.models import ColumnDataSource, Div
    from bokeh.resources import INLINE

    source = ColumnDataSource(_shown(made.counties))
    parts: list[Any] = [Div(text=_head(made), width=WIDTH)]
    if {"lon", "lat"} <= set(made.counties) and made.counties[["lon", "lat"]].notna().all().all():
        parts.append(_map(source, made.counties))
    parts.append(_table(source))
    path.write_text(file_html(column(*parts), INLINE, _("One fund between counties")), encoding="utf-8")


def _shown(counties: pd.DataFrame) -> dict[str, Any]:
    paid = counties["fund_cny"].to_numpy(dtype=np.float64)
    worth = counties["saved_t_per_million"].to_numpy(dtype=np.float64)
    top = float(np.nanquantile(worth, 0.95)) if np.isfinite(worth).any() else 1.0
    shades = palette.VILLAGES
    rank = np.clip(np.nan_to_num(worth / max(top, 1e-9)) * len(shades), 0, len(shades) - 1).astype(int)
    colour = [shades[k] if money > 0 else palette.UNSERVED for k, money in zip(rank, paid, strict=True)]
    size = SMALL + (LARGE - SMALL) * np.sqrt(paid / max(paid.max(initial=0.0), 1e-9))
    data: dict[str, Any] = {
        name: counties[name].tolist() for name in counties if name in {key for key, _title in COLUMNS}
    }
    harvest = counties["harvest_t"].to_numpy(dtype=np.float64)
    data |= {
        "fund_m": (paid / per_million()).round(3), "own_m": (counties["own_cny"] / per_million()).round(3).tolist(),
        "loss_before": (100 * counties["before_loss_t"] / harvest).round(1).tolist(),
        "loss_after": (100 * counties["loss_t"] / harvest).round(1).tolist(), "colour": colour, "size": size,
    }  # fmt: skip
    for name in ("lon", "lat"):
        if name in counties:
            data[name] = counties[name].tolist()
    return data


def _head(made: Allocation) -> str:
    facts = made.facts
    title = _("{fund:,.1f} CNY M between {counties:,} counties")
    title = title.format(fund=facts["fund_cny"] / per_million(), counties=facts["counties"])
    said = "".join(f"<li>{escape(line)}</li>" for line in lines_of(facts))
    heads = "".join(f"<th>{escape(_(head))}</th>" for head in HEADS)
    rows = "".join(_line(compared_cells(row)) for row in made.compared.to_dict("records"))
    table = f'<table style="border-collapse:collapse" cellpadding="6" border="1"><tr>{heads}</tr>{rows}</table>'
    return f'<div style="{FONT};font-size:14px"><h2>{escape(title)}</h2>{table}<ul>{said}</ul></div>'


def _line(cells: Sequence[str]) -> str:
    first, *figures = (escape(cell) for cell in cells)
    return f"<tr><td>{first}</td>" + "".join(f'<td style="text-align:right">{cell}</td>' for cell in figures) + "</tr>"


def _map(source: Any, counties: pd.DataFrame) -> Any:
    from bokeh.models import HoverTool
    from bokeh.plotting import figure

    lat0 = float(counties["lat"].mean())
    span = np.ptp(counties["lon"]) * np.cos(np.radians(lat0)), np.ptp(counties["lat"])
    height = int(np.clip(WIDTH * span[1] / max(span[0], 1e-6), 300, HEIGHT)) if len(counties) > 1 else 300
    plot = figure(width=WIDTH, height=height, tools="pan,wheel_zoom,reset,tap,save", active_scroll="wheel_zoom",
                  x_axis_label=_("degrees east"), y_axis_label=_("degrees north"))  # fmt: skip
    dots = plot.scatter("lon", "lat", size="size", fill_color="colour", line_color=palette.INK, line_width=0.5,
                        fill_alpha=0.85, source=source)  # fmt: skip
    tips = [
        (_("county"), "@name"), (_("fund, CNY M"), "@fund_m{0.00}"), (_("saved, t"), "@saved_t{0,0}"),
        (_("t per CNY M"), "@saved_t_per_million{0,0}"), (_("loss"), "@loss_before % → @loss_after %"),
    ]  # fmt: skip
    plot.add_tools(HoverTool(renderers=[dots], tooltips=tips))
    plot.title.text = _(
        "Area: money from the fund. Colour: from few (pale) to many (dark) tonnes saved a million; grey: none"
    )
    return plot


def _table(source: Any) -> Any:
    from bokeh.models import DataTable, NumberFormatter, TableColumn

    plain, whole = NumberFormatter(format="0,0.0"), NumberFormatter(format="0,0")
    kinds = {"saved_t": whole, "harvest_t": whole, "equal_saved_t": whole}
    columns = [
        TableColumn(field=key, title=_(title))
        if key == "name"
        else TableColumn(field=key, title=_(title), formatter=kinds.get(key, plain))
        for key, title in COLUMNS
    ]
    return DataTable(source=source, columns=columns, width=WIDTH, height=420, index_position=None)
