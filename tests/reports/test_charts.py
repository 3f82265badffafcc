"""Charts in both languages, with a Chinese font and without one: no empty box, and a hint when there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from matplotlib import font_manager, rc_context
from matplotlib.figure import Figure

from coldchain.language import speaking
from coldchain.planning import Plan
from coldchain.reports import fonts
from coldchain.reports.charts import draw_bills, draw_crops, draw_marginal, draw_tornado
from coldchain.reports.curve import Marks, draw_curve
from coldchain.reports.picture import draw_picture

CROPS = pd.DataFrame(
    {
        "commodity": ["peach", "kiwi"], "name": ["Peach", "Kiwifruit"], "name_zh": ["桃", "猕猴桃"],
        "baseline_rate": [0.4, 0.01], "plan_rate": [0.05, 0.01],
    }
)  # fmt: skip
BILLS = pd.DataFrame({"member": ["望鱼合作社", "Lower"], "alone_cny": [2e6, 1e6], "bill_cny": [1.5e6, 9e5]})
POINTS = pd.DataFrame(
    {
        "budget_cny": [0.0, 1e6, 2e6], "subsidy_cny": [0.0, 9e5, 2e6], "loss_rate": [0.2, 0.1, 0.07],
        "coverage": [0.0, 0.5, 0.7], "annual_cny": [9e6, 6e6, 5e6], "objective": [9e6, 6e6, 5e6],
        "bound": [8e6, 5e6, 4e6], "sites_built": [0, 1, 2], "asked": [True, True, True],
        "loss_t": [900.0, 400.0, 280.0],
    }
)  # fmt: skip
ENDS = pd.DataFrame(
    {"figure": ["harvest", "temperature"], "low": ["× 0.8", "-3 °C"], "high": ["× 1.2", "+3 °C"],
     "at_low": [80.0, 70.0], "at_high": [121.0, 95.0]}
)  # fmt: skip


@pytest.fixture
def no_chinese(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the machine have no font with Chinese."""
    monkeypatch.setattr(fonts, "chinese_font", lambda: None)
    return


@pytest.fixture
def some_chinese() -> None:
    """Ask for a font with Chinese: charts with Chinese cannot be looked at without one."""
    if fonts.chinese_font() is None:
        pytest.skip("no Chinese font on this machine")


def words(figure: Figure) -> str:
    """Return every text of a figure."""
    from matplotlib.text import Text

    return "\n".join(str(one.get_text()) for one in figure.findobj(Text))  # type: ignore[call-overload, unused-ignore]


def drawn(name: str = "count") -> dict[str, Figure]:
    """Draw every chart; a glyph that no font has is a warning, and warnings are errors."""
    figures = {
        "crops": draw_crops(CROPS),
        "bills": draw_bills(BILLS),
        "million": draw_marginal(POINTS),
        "curve": draw_curve(POINTS, name, "total_cost_cny", Marks({"loss_rate": 0.08}, {"loss_rate": 2e6}, 1e6)),
        "tornado": draw_tornado(ENDS, 100.0, lambda: "saved", lambda: 1.0),
    }
    for figure in figures.values():
        figure.canvas.draw()  # type: ignore[attr-defined, unused-ignore]
    return figures


@pytest.mark.usefixtures("no_chinese")
def test_without_a_chinese_font_charts_speak_english() -> None:
    """No Chinese character is left: crops in English, members by number, the scenario by a mark; and a hint says so."""
    with speaking("zh"):
        figures = drawn("县域")
        hint = fonts.missing_font()
    told = {name: words(figure) for name, figure in figures.items()}
    assert not [name for name, text in told.items() if fonts.WIDE.search(text)]
    assert "Kiwifruit" in told["crops"]
    assert "today" in told["crops"]
    assert "What a budget buys: ?" in told["curve"]
    assert "没有找到中文字体" in hint


@pytest.mark.usefixtures("some_chinese")
def test_with_a_chinese_font_charts_speak_chinese() -> None:
    """Titles, legends and names are Chinese, money is in 万元, and every character is drawn."""
    with speaking("zh"):
        told = {name: words(figure) for name, figure in drawn("县域").items()}
    assert "猕猴桃" in told["crops"]
    assert "望鱼合作社" in told["bills"]
    assert "200.0" in told["bills"]
    assert "预算能换来什么：县域" in told["curve"]
    assert "产量" in told["tornado"]
    assert fonts.missing_font() == ""


def test_figures_stand_beside_their_bars() -> None:
    """Rates in percent, money in millions, and what moves the answer most on top."""
    told = {name: words(figure) for name, figure in drawn().items()}
    assert {"40", "5", "1"} <= set(told["crops"].split("\n"))
    assert {"2.00", "1.50", "0.90"} <= set(told["bills"].split("\n"))
    assert {"500", "120"} <= set(told["million"].split("\n"))
    assert told["tornado"].index("harvest") < told["tornado"].index("temperature")


@pytest.mark.usefixtures("no_chinese")
def test_the_picture_without_a_chinese_font(small_plan: Plan) -> None:
    """The picture of a plan is drawn in English, hubs by id."""
    with speaking("zh"):
        told = words(draw_picture(small_plan))
    assert not fonts.WIDE.search(told)
    assert "Cold chain plan: upland" in told


@pytest.mark.usefixtures("some_chinese")
def test_the_picture_in_chinese(small_plan: Plan) -> None:
    """All that is written on the picture of a plan is Chinese, but for names and units."""
    with speaking("zh"):
        told = words(draw_picture(small_plan))
    assert "冷链规划：upland" in told
    assert "新建预冷库" in told
    assert not [line for line in told.split("\n") if "village" in line or "depot" in line]


def test_a_text_that_can_be_drawn() -> None:
    """Chinese goes where it cannot be drawn; an id stands for it where there is one."""
    assert fonts.drawable("Lower", "V1") == "Lower"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fonts, "chinese_font", lambda: None)
        assert fonts.drawable("望鱼镇", "V1") == "V1"
        assert fonts.drawable("望鱼镇 Wangyu") == "Wangyu"


def test_a_font_file_that_matplotlib_does_not_know_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file named like a font with Chinese is added and taken, whether of the system or of a package."""
    latin = Path(font_manager.findfont(fonts.LATIN))
    monkeypatch.setattr(fonts, "FAMILIES", ())
    monkeypatch.setattr(fonts, "FILES", (latin.name,))
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    monkeypatch.setattr(fonts, "_of_package", lambda: [latin])
    assert fonts.chinese_font.__wrapped__() == fonts.LATIN
    monkeypatch.setattr(fonts, "_of_package", list)
    assert fonts.chinese_font.__wrapped__() is None


def test_the_values_tried_stand_at_their_bars() -> None:
    """Two ends on one side of the answer share the longer bar's end, the nearer one first."""
    both = ENDS.assign(at_low=[110.0, 70.0], at_high=[130.0, 95.0])
    told = words(draw_tornado(both, 100.0, lambda: "saved", lambda: 1.0))
    assert "× 0.8, × 1.2" in told
    assert "-3 °C, +3 °C" in told


def test_charts_leave_the_style_of_others_alone() -> None:
    """Settings of matplotlib are those from before."""
    with rc_context({"font.family": ["monospace"]}):
        from matplotlib import rcParams

        draw_crops(CROPS)
        assert rcParams["font.family"] == ["monospace"]


def test_a_family_without_a_bold_face_is_drawn_without_complaint(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A system font of one odd weight stands for regular and bold: nothing is said of weights that fail."""
    from matplotlib.font_manager import FontEntry

    latin = next(entry for entry in font_manager.fontManager.ttflist if entry.name == fonts.LATIN)
    family = "One Weight Sans"
    faces = [*font_manager.fontManager.ttflist, FontEntry(latin.fname, 0, family, "normal", "normal", 500)]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", faces)
    monkeypatch.setattr(fonts, "FAMILIES", (family,))
    fonts.chinese_font.cache_clear()
    try:
        with fonts.chart_style():
            figure = Figure()
            figure.text(0.1, 0.1, "plain")
            figure.text(0.1, 0.5, "bold", fontweight="bold")
            figure.draw_without_rendering()
        assert fonts.chart_fonts() == [fonts.LATIN, family]
    finally:
        fonts.chinese_font.cache_clear()
    assert "findfont" not in caplog.text
