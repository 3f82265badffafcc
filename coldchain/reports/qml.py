"""QGIS styles as QML text: one symbol, categories, or graduated colours and sizes; our own, kept small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple


class Class(NamedTuple):
    """One class of a graduated style: values from ``low`` to ``high``, drawn in ``colour`` at ``size`` mm."""

    low: float
    high: float
    colour: str
    size: float


class Category(NamedTuple):
    """One category: the value of the field, its label and colour."""

    value: str
    label: str
    colour: str


class QmlRule(NamedTuple):
    """Features that a condition holds for, drawn alike; the condition is an expression of QGIS."""

    condition: str
    label: str
    shape: str
    colour: str
    size: float


def single(shape: str, colour: str, size: float) -> str:
    """Draw every feature alike; ``shape`` is ``line`` or a marker: ``circle``, ``square``, ``star``, ``cross2``."""
    return f'<renderer-v2 type="singleSymbol"><symbols>{_symbol(0, shape, colour, size)}</symbols></renderer-v2>'


def ruled(rules: Sequence[QmlRule]) -> str:
    """Draw by the first condition that holds."""
    rows = "".join(
        f'<rule key="{n}" filter="{escape(rule.condition)}" symbol="{n}" label="{escape(rule.label)}"/>'
        for n, rule in enumerate(rules)
    )
    symbols = "".join(_symbol(n, rule.shape, rule.colour, rule.size) for n, rule in enumerate(rules))
    return (
        f'<renderer-v2 type="RuleRenderer"><rules key="root">{rows}</rules><symbols>{symbols}</symbols></renderer-v2>'
    )


def graduated(field: str, shape: str, classes: Sequence[Class], unit: str) -> str:
    """Draw by the number in a field, in classes of colour and size."""
    ranges = "".join(
        f'<range lower="{c.low!r}" upper="{c.high!r}" symbol="{n}" label="{c.low:,.4g} - {c.high:,.4g} {escape(unit)}" '
        'render="true"/>'
        for n, c in enumerate(classes)
    )
    symbols = "".join(_symbol(n, shape, c.colour, c.size) for n, c in enumerate(classes))
    return (
        f'<renderer-v2 type="graduatedSymbol" attr="{escape(field)}" graduatedMethod="GraduatedColor">'
        f"<ranges>{ranges}</ranges><symbols>{symbols}</symbols></renderer-v2>"
    )


def categorised(field: str, shape: str, categories: Sequence[Category], size: float) -> str:
    """Draw by the text in a field, one colour a category."""
    rows = "".join(
        f'<category value="{escape(c.value)}" symbol="{n}" label="{escape(c.label)}" render="true" type="string"/>'
        for n, c in enumerate(categories)
    )
    symbols = "".join(_symbol(n, shape, c.colour, size) for n, c in enumerate(categories))
    return (
        f'<renderer-v2 type="categorizedSymbol" attr="{escape(field)}">'
        f"<categories>{rows}</categories><symbols>{symbols}</symbols></renderer-v2>"
    )


def steps(values: Sequence[float], count: int) -> list[tuple[float, float]]:
    """Cut the range of some values into equal steps; one step from 0 to 1 when there is no range.

    Examples
    --------
    >>> steps([0.0, 3.0, 12.0], 3)
    [(0.0, 4.0), (4.0, 8.0), (8.0, 12.0)]
    >>> steps([], 3), steps([5.0], 3)
    ([(0.0, 1.0)], [(5.0, 6.0)])
    """
    low, high = (min(values), max(values)) if values else (0.0, 0.0)
    if high <= low:
        return [(low, low + 1.0)]
    edges = [low + (high - low) * n / count for n in range(count)] + [high]
    return list(pairwise(edges))


def labels(expression: str, points: float, *, bold: bool = False, to_scale: int = 0, priority: int = 5) -> str:
    """Write the names of points beside them on a white edge, none over another.

    Parameters
    ----------
    expression : of QGIS, whose text is written
    to_scale : smallest scale, 1 to so much, at which they are written; 0: at every scale
    """
    scale = f'scaleVisibility="1" scaleMin="1" scaleMax="{to_scale}"' if to_scale else 'scaleVisibility="0"'
    return (
        '<labeling type="simple"><settings calloutType="simple">'
        f'<text-style fieldName="{escape(expression)}" isExpression="1" fontSize="{points:g}" fontSizeUnit="Point" '
        f'fontWeight="{75 if bold else 50}" textColor="{_rgba("#1b232b")}" textOpacity="1">'
        f'<text-buffer bufferDraw="1" bufferSize="0.7" bufferSizeUnits="MM" bufferColor="{_rgba("#ffffff")}" '
        'bufferOpacity="1"/></text-style>'
        f'<placement placement="6" dist="1" distUnits="MM" predefinedPositionOrder="R,L,TR,BR,TL,BL,T,B" '
        f'offsetType="1" priority="{priority}"/><rendering {scale} obstacle="1" drawLabels="1"/>'
        "</settings></labeling>"
    )


def document(renderer: str, aliases: Mapping[str, str], labelling: str = "") -> str:
    """Return a style: how features are drawn and named, and what fields are called."""
    named = "".join(
        f'<alias field="{escape(field)}" index="{n}" name="{escape(name)}"/>'
        for n, (field, name) in enumerate(aliases.items())
    )
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        f'<qgis version="3.22" styleCategories="Symbology|Labeling|Fields" labelsEnabled="{int(bool(labelling))}">'
        f"{renderer}{labelling}<aliases>{named}</aliases></qgis>\n"
    )


def _symbol(number: int, shape: str, colour: str, size: float) -> str:
    line = shape == "line"
    if line:
        layer = "SimpleLine"
        options = {"line_color": _rgba(colour), "line_width": f"{size:g}", "line_width_unit": "MM", "capstyle": "round"}
    else:
        layer = "SimpleMarker"
        options = {
            "name": shape, "color": _rgba(colour), "size": f"{size:g}", "size_unit": "MM",
            "outline_color": "255,255,255,255", "outline_width": "0.2",
        }  # fmt: skip
    text = "".join(f'<Option type="QString" name="{key}" value="{value}"/>' for key, value in options.items())
    return (
        f'<symbol type="{"line" if line else "marker"}" name="{number}" alpha="1">'
        f'<layer class="{layer}" enabled="1" pass="0" locked="0"><Option type="Map">{text}</Option></layer></symbol>'
    )


def _rgba(colour: str) -> str:
    """Write ``#1d7583`` the way QGIS does: ``29,117,131,255``."""
    return ",".join(str(int(colour[n : n + 2], 16)) for n in (1, 3, 5)) + ",255"
