"""What the columns of a file of road lines say, as OpenStreetMap tags: names and words in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coldchain.arrays import Floats
from coldchain.errors import Fault
from coldchain.language import N_, _
from coldchain.network.gmns_table import listed
from coldchain.network.road_words import ALIKE, FIGURES, GENERAL, TEXTS, WORDS
from coldchain.network.speeds import CLASS_KMH, NOT_ROADS

_UNIT = re.compile(r"[(（\[【].*?[)）\]】]")
_CHINESE_UNIT = re.compile(r"(公里|千米)(/|每)?(小时|时|h)?|码|迈")
_NO_LIMIT = frozenset({"none", "no", "0", "0.0", "-1", "无", "不限", "不限速", "无限速", "signals", "variable", "walk"})
_LIMIT = re.compile(r"\d+(\.\d+)?\s*(mph|km/h|kmh|kph)?")
UNKNOWN = N_("must be a highway class of OpenStreetMap or of Chinese road tables, or the line must have speed_kmh")
MOST_KMH = 200.0


@dataclass(frozen=True)
class LineColumns:
    """What the columns of a file say.

    Attributes
    ----------
    tags : one column for each key of ``TEXTS``, as OpenStreetMap writes its values, "" where not given
    figures : one column for each key of ``FIGURES``, NaN where not given
    faults : errors and warnings
    """

    tags: pd.DataFrame
    figures: pd.DataFrame
    faults: list[Fault] = field(default_factory=list)


def read_columns(path: Path, frame: pd.DataFrame) -> LineColumns:
    """Read the columns that are understood, and name those that are not.

    Parameters
    ----------
    frame : attributes of the lines, one row each; names in any case, a unit in brackets does not matter
    """
    given = {name_of(str(column)): frame[column] for column in frame.columns}
    columns = LineColumns(pd.DataFrame(index=range(len(frame))), pd.DataFrame(index=range(len(frame))))
    used = {_add_text(columns, key, names, given) for key, names in TEXTS.items()}
    used |= {_add_figures(path, columns, key, names, given) for key, names in FIGURES.items()}
    _mend(path, columns)
    unused = [
        str(column) for column in frame.columns
        if name_of(str(column)) not in used | ALIKE and any(text_of(value) for value in frame[column])
    ]  # fmt: skip
    if unused:
        message = _("columns not used: {names}").format(names=listed(unused))
        columns.faults.append(Fault(str(path), None, "", "", message, "unused-columns", warning=True))
    return columns


def name_of(column: str) -> str:
    """Return the name of a column without its unit, in lower case.

    Examples
    --------
    >>> name_of("限速（km/h）"), name_of(" MaxSpeed [km/h]")
    ('限速', 'maxspeed')
    """
    return _UNIT.sub("", column).strip().lower()


def text_of(value: object) -> str:
    """Return a cell as lower-case text, "" when it is empty."""
    return "" if value is None or value is pd.NA or value != value else str(value).strip().lower()  # noqa: PLR0124


def translated(key: str, text: str) -> str:
    """Return a value as OpenStreetMap writes it.

    Examples
    --------
    >>> translated("highway", "省道"), translated("oneway", "f"), translated("maxspeed", "60公里/小时")
    ('secondary', 'yes', '60')
    """
    if key == "maxspeed":
        text = _CHINESE_UNIT.sub("", text.removeprefix("限速")).strip()
        return text.removesuffix(".0")
    return WORDS.get(key, {}).get(text, text)


def _add_text(columns: LineColumns, key: str, names: Sequence[str], given: Mapping[str, pd.Series[Any]]) -> str:
    """Add the first column of these names that says something; return its name, "" when there is none."""
    chosen = ""
    values = pd.Series("", index=columns.tags.index, dtype=object)
    for name in (name for name in names if name in given):
        texts = given[name].map(text_of)
        words = {text: translated(key, text) for text in texts.unique()}
        if name in GENERAL and not any(_known(key, text, words[text]) for text in words):
            continue
        chosen, values = name, texts.map(words).reset_index(drop=True)
        break
    columns.tags[key] = values.to_numpy()
    return chosen


def _known(key: str, text: str, word: str) -> bool:
    return bool(text) and (
        text in WORDS.get(key, {}) or (key == "highway" and word.partition("_grade")[0] in CLASS_KMH)
    )


def _add_figures(
    path: Path, columns: LineColumns, key: str, names: Sequence[str], given: Mapping[str, pd.Series[Any]]
) -> str:
    """Add a column of positive numbers; what is none becomes a fault."""
    chosen = next((name for name in names if name in given), "")
    raw = given.get(chosen, pd.Series(np.nan, index=columns.figures.index))
    values: Floats = pd.to_numeric(raw, errors="coerce").to_numpy(dtype=np.float64)
    top = np.inf if key == "detour" else MOST_KMH
    wrong = (raw.map(text_of) != "").to_numpy() & ~((values > 0) & (values <= top) & np.isfinite(values))
    message = _("must be above 0, at most {top:g}").format(top=top) if key != "detour" else _("must be above 0")
    columns.faults.extend(
        Fault(str(path), row + 1, chosen, str(raw.iloc[row]), message, "bad-number")
        for row in np.flatnonzero(wrong).tolist()
    )
    columns.figures[key] = values
    return chosen


def _mend(path: Path, columns: LineColumns) -> None:
    """Settle track grades within the class, and refuse classes and limits that nobody knows."""
    tags = columns.tags
    grade = tags["highway"].str.extract(r"^track_(grade[1-5])$")[0]
    tags["tracktype"] = tags["tracktype"].where(grade.isna(), grade)
    tags["highway"] = tags["highway"].where(grade.isna(), "track").replace("", "unclassified")
    timed = columns.figures[["speed_kmh", "speed_fwd_kmh", "speed_bwd_kmh"]].notna().any(axis=1).to_numpy()
    strange = ~tags["highway"].isin([*CLASS_KMH, *NOT_ROADS, "rail"]).to_numpy() & ~timed
    columns.faults.extend(
        Fault(str(path), row + 1, "class", str(tags["highway"].iloc[row]), _(UNKNOWN), "unknown-class")
        for row in np.flatnonzero(strange).tolist()
    )
    limits = [text for text in tags["maxspeed"].unique() if text and not _readable(text)]
    if limits:
        message = _("limits of speed that cannot be read set none: {words}").format(words=listed(sorted(limits)))
        columns.faults.append(Fault(str(path), None, "maxspeed", "", message, "unread-limit", warning=True))


def _readable(text: str) -> bool:
    return all(part.strip() in _NO_LIMIT or _LIMIT.fullmatch(part.strip()) for part in text.split(";"))
