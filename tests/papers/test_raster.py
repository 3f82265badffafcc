"""Drawings as pictures: each of the few shapes they are made of lands where SVG puts it, in its colour."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from coldchain.reports.palette import HUB
from coldchain.reports.planmap import _mark
from coldchain.reports.raster import picture
from coldchain.reports.strokes import (
    WIDTH,
    Bars,
    Swing,
    bars_chart,
    box,
    curve,
    divided_bar,
    svg,
    text,
    tornado,
    years_chart,
)


def drawn(body: str, height: float = 100) -> np.ndarray:
    """Draw parts on a sheet and return it, a pixel for each unit."""
    image = Image.open(io.BytesIO(picture(svg(height, body, "test")))).convert("RGB")
    return np.asarray(image.resize((WIDTH, round(height))))


@pytest.mark.parametrize(
    ("body", "inside", "outside"),
    [
        (box(100, 20, 200, 40, "#ff0000"), (200, 40), (320, 40)),
        ('<circle cx="200" cy="40" r="20" fill="#ff0000"/>', (200, 40), (230, 40)),
        ('<g transform="translate(100 20)"><g transform="translate(50 0)">' + box(0, 0, 99, 40, "#ff0000") + "</g></g>",
         (200, 40), (120, 40)),
        ('<path d="M100 40H300" stroke="#ff0000" stroke-width="10"/>', (200, 40), (200, 60)),
        ('<path d="M100 20v40m100 -20l100 0" stroke="#ff0000" stroke-width="10" fill="none"/>', (250, 40), (150, 40)),
        ('<path d="M100 20H300V60H100Z" fill="none" stroke="#ff0000" stroke-width="10"/>', (100, 40), (200, 40)),
    ],
)  # fmt: skip
def test_shapes_lie_where_they_are_put(body: str, inside: tuple[int, int], outside: tuple[int, int]) -> None:
    """Red inside, white outside, to the pixel."""
    sheet = drawn(body)
    assert sheet[inside[1], inside[0]].tolist() == pytest.approx([255, 0, 0], abs=3)
    assert sheet[outside[1], outside[0]].tolist() == [255, 255, 255]


@pytest.mark.parametrize(("anchor", "low", "high"), [("start", 300, 420), ("middle", 240, 360), ("end", 180, 300)])
def test_words_are_anchored(anchor: str, low: int, high: int) -> None:
    """Dark pixels lie on the side of the place that the anchor says."""
    sheet = drawn(text(300, 60, "Anchored words", anchor))
    columns = np.flatnonzero((sheet.min(axis=2) < 128).any(axis=0))
    assert low - 3 <= columns.min()
    assert columns.max() <= high + 3


def test_every_chart_is_drawn() -> None:
    """Each kind of chart, and a star of the map, leaves ink of more than one colour."""
    rows = [Bars("a", (3.0, 1.0)), Bars("乙", (2.0, 2.5))]
    swings = [Swing("a", 3.0, 1.0, "much", "little"), Swing("乙", 2.2, 2.5, "x", "y")]
    names = ("today", "plan")
    charts = (
        bars_chart(rows, names, str), tornado(swings, 2.0, names), divided_bar([("a", 1.0), ("b", 3.0)], str, "parts"),
        years_chart([0.1, 0.2], [0.05, 0.1], names, str), curve([0.0, 1.0], [0.2, 0.1], "loss", (str, str)),
        svg(60, _mark("star", 100, 30, HUB), "hub"),
    )  # fmt: skip
    for chart in charts:
        sheet = np.asarray(Image.open(io.BytesIO(picture(chart))).convert("RGB")).reshape(-1, 3)
        assert len(np.unique(sheet, axis=0)) > 2
    assert picture(charts[0]) == picture(charts[0])
