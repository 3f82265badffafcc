"""The canvas of every map: a part of the plane with a scale bar, tools, and a legend below it where one is wanted."""

from __future__ import annotations

from typing import Any

from bokeh.models import (
    Div,
    InlineStyleSheet,
    Legend,
    LegendItem,
    MetricLength,
    Range1d,
    ScaleBar,
    TapTool,
    WheelZoomTool,
    ZoomInTool,
    ZoomOutTool,
)
from bokeh.plotting import figure

from coldchain.reports import palette, panel
from coldchain.reports.mapdata import Window

FRAME_PX = (800, 640)
ASPECT = FRAME_PX[0] / FRAME_PX[1]
MANY_VILLAGES = 600
VILLAGE_PX, VILLAGE_PX_MANY = 9.0, 6.0
PANEL_PX = 330
FONT = ", ".join(palette.FONTS)


def frame(window: Window) -> Any:
    """Return an empty map of a part of the plane, of fixed size, with a scale."""
    plot = _canvas(window, {"frame_width": FRAME_PX[0], "frame_height": FRAME_PX[1], "toolbar_location": "right"})
    _add_scale(plot, "below")
    return plot


def stretched(window: Window, ranges: tuple[Range1d, Range1d] | None = None) -> Any:
    """Return an empty map that fills the space it is given.

    Parameters
    ----------
    ranges : of another map that moves with it
    """
    plot = _canvas(window, {"sizing_mode": "stretch_both", "toolbar_location": "above", "min_border": 0}, ranges)
    plot.add_tools(ZoomInTool(factor=0.4), ZoomOutTool(factor=0.4))
    _add_scale(plot, "center")
    return plot


def _canvas(window: Window, options: dict[str, Any], ranges: tuple[Range1d, Range1d] | None = None) -> Any:
    wheel = WheelZoomTool(zoom_on_axis=False)
    x, y = ranges or (Range1d(*window.x), Range1d(*window.y))
    plot = figure(
        x_range=x,
        y_range=y,
        tools=["pan", wheel, "reset", "save", TapTool(mode="replace")],
        active_scroll=wheel,
        outline_line_color="#dfe3e7",
        background_fill_color="#fbfbf9",
        **options,
    )
    plot.toolbar.logo = None
    plot.axis.visible = False
    plot.grid.visible = False
    return plot


def _add_scale(plot: Any, place: str) -> None:
    """Add a scale bar of round kilometres ``below`` the frame, or in its lower left corner (``center``)."""
    bar = ScaleBar(
        range=plot.x_range, unit="m", dimensional=MetricLength(), location="bottom_left", margin=0, bar_length=0.2,
        label="@{value} @{unit}", border_line_color=None, background_fill_color=palette.PAPER,
        background_fill_alpha=0.75, bar_line_color=palette.INK, label_text_color=palette.INK, label_text_font=FONT,
        label_text_font_size="12px", padding=6,
    )  # fmt: skip
    plot.add_layout(bar, place)


def add_legend(plot: Any, items: list[LegendItem]) -> None:
    """Add a legend below the frame, where it hides nothing."""
    legend = Legend(
        items=items, click_policy="hide", orientation="horizontal", ncols=5, location="bottom_left", padding=2,
        margin=2, border_line_color=None, label_text_font=FONT, label_text_font_size="12px", label_standoff=4,
        label_text_color=palette.INK, glyph_width=22, glyph_height=22, spacing=10, inactive_fill_color="#eef0f2",
        inactive_fill_alpha=0.8,
    )  # fmt: skip
    plot.add_layout(legend, "below")


def div(html: str, **options: Any) -> Div:
    """Return words in the style of the panel."""
    if "sizing_mode" in options:  # a margin would come on top of the whole width
        options = {"margin": 0, "styles": {"padding": "5px", "box-sizing": "border-box"}, **options}
    return Div(text=html, stylesheets=[InlineStyleSheet(css=panel.STYLE)], **options)
