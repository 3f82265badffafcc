"""Fonts of charts: one with Chinese is looked for on the system and in an installed package; none shows empty boxes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib import import_module, util
from pathlib import Path
from typing import Any

from coldchain.errors import MissingExtraError
from coldchain.language import _, language, speaking

LATIN = "DejaVu Sans"
WEIGHTS = (400, 700)
PACKAGE = "mplfonts"
FAMILIES = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei", "PingFang SC",
    "Hiragino Sans GB", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Noto Sans CJK JP", "SimHei", "Droid Sans Fallback",
)  # fmt: skip
FILES = (
    "NotoSansCJK*-Regular*", "NotoSansSC*Regular*", "SourceHanSans*Regular*", "msyh.tt*", "PingFang*", "Hiragino*GB*",
    "wqy-microhei*", "wqy-zenhei*", "simhei*", "DroidSansFallback*",
)  # fmt: skip
WIDE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")


@contextmanager
def chart_style() -> Iterator[None]:
    """Draw with fonts that have every character; without one for Chinese the chart speaks English.

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    """
    try:
        import_module("matplotlib.figure")
        from matplotlib import rc_context
    except ImportError as error:
        raise MissingExtraError(_("charts need matplotlib: pip install 'coldchain[report]'")) from error
    families = chart_fonts()
    spoken = language() if len(families) > 1 else "en"
    style: Any = {"font.family": families, "axes.unicode_minus": True, "svg.fonttype": "path", "text.parse_math": False}
    with rc_context(style), speaking(spoken):
        yield


def chart_fonts() -> list[str]:
    """Return the families of a chart: DejaVu Sans and, behind it, one that has Chinese where there is one."""
    found = chinese_font()
    return [LATIN, *([found] if found else [])]


@cache
def chinese_font() -> str | None:
    """Return the family of a font with Chinese that matplotlib can draw with, None when there is none."""
    from matplotlib import font_manager

    known = {entry.name for entry in font_manager.fontManager.ttflist if Path(entry.fname).is_file()}
    found = next((name for name in FAMILIES if name in known), None) or _from_file()
    if found is not None:
        _complete(found)
    return found


def _complete(family: str) -> None:
    """Let the nearest face stand for a weight that a family lacks: one style serves all families of a chart."""
    from matplotlib import font_manager

    faces = [entry for entry in font_manager.fontManager.ttflist if entry.name == family]
    for weight in WEIGHTS:
        if all(int(entry.weight) != weight for entry in faces):
            nearest = min(faces, key=lambda entry: abs(int(entry.weight) - weight))
            font_manager.fontManager.ttflist.append(replace(nearest, weight=weight))


def _from_file() -> str | None:
    """Look for a file that matplotlib's cached list does not know yet, and add it."""
    from matplotlib import font_manager

    files = [Path(name) for name in font_manager.findSystemFonts()] + _of_package()
    for pattern in FILES:
        for file in files:
            if file.match(pattern):
                font_manager.fontManager.addfont(str(file))
                return font_manager.FontProperties(fname=str(file)).get_name()
    return None


def _of_package() -> list[Path]:
    """Return the font files that the optional package of fonts brings, without importing it."""
    found = util.find_spec(PACKAGE)
    return sorted((Path(found.origin).parent / "fonts").glob("*.?tf")) if found and found.origin else []


def on_system() -> bool:
    """Tell whether the system itself has a font with Chinese, which is what a browser prints with."""
    from matplotlib import font_manager

    files = [Path(name) for name in font_manager.findSystemFonts()]
    return any(file.match(pattern) for file in files for pattern in FILES)


def drawable(text: str, otherwise: str = "") -> str:
    """Return a text that the fonts at hand can draw: without a font for Chinese, what stands for it instead.

    Parameters
    ----------
    otherwise : an id, for example, without Chinese; when it is empty the Chinese characters are left out
    """
    if not WIDE.search(text) or chinese_font():
        return text
    return otherwise or " ".join(WIDE.sub(" ", text).split())


def missing_font() -> str:
    """Return what to do about a missing font, empty when Chinese can be drawn."""
    if chinese_font():
        return ""
    return _(
        "no Chinese font found: charts are in English and show ids for Chinese names; install one, "
        "for example Noto Sans CJK (Linux: apt install fonts-noto-cjk), or pip install 'coldchain[fonts]'"
    )
