"""The layers of ``plan.gpkg`` and the data inside ``map.html``, held against the tables of the run."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio

from coldchain.language import _
from coldchain.verify.record import Record
from coldchain.verify.restated import CNY_FLOOR, OTHER_FLOOR, difference

LAYERS = ("depots", "hubs", "villages", "assignment", "routes", "roads")
KEYS = {"depots": "depot", "hubs": "hub", "villages": "village", "routes": "route", "assignment": "village"}
DEGREES = 1e-9
SOURCE = re.compile(r"a:data:(depots|hubs|villages|routes_.*)")
Columns = Mapping[str, Sequence[Any]]


def check_layers(record: Record, path: Path) -> None:
    """Hold the layers against the tables: attributes of all but the roads, and where points and straight lines lie."""
    name = path.name
    try:
        found = {str(layer): kind for layer, kind in pyogrio.list_layers(path)}
        layers = {layer: pyogrio.read_dataframe(path, layer=layer) for layer in LAYERS if layer in found}
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, RuntimeError) as error:
        record.wrong(_("{file}: cannot be read: {error}").format(file=name, error=error))
        return
    for layer in [one for one in LAYERS if one not in found]:
        record.wrong(_("{file}: layer {layer} is missing").format(file=name, layer=layer))
    for layer in sorted(set(found) - {*LAYERS, "layer_styles"}):
        record.wrong(_("{file}: layer {layer} is not one of a plan").format(file=name, layer=layer))
    for layer, frame in layers.items():
        if layer != "roads":
            written = {column: frame[column].tolist() for column in frame.columns if column != "geometry"}
            _compare(record, f"{name}: {layer}", written, _table(record, layer), KEYS[layer], whole=True)
    _check_points(record, name, layers)


def _check_points(record: Record, name: str, layers: Mapping[str, Any]) -> None:
    """Check that points lie at their coordinates, and lines of the assignment between village and depot."""
    at = {}
    for layer in ("depots", "hubs", "villages"):
        table = _table(record, layer)
        at[layer] = {
            key: np.array(spot, dtype=np.float64)
            for key, *spot in zip(table[KEYS[layer]], table["lon"], table["lat"], strict=True)
        }
        for key, spot in at[layer].items():
            drawn = _spots(layers, layer, KEYS[layer], key)
            if len(drawn) != 1 or not np.allclose(drawn[0], spot, rtol=0, atol=DEGREES):
                record.odd(
                    _("{file}: {layer}: {id} is not drawn at its coordinates").format(file=name, layer=layer, id=key)
                )
    lines = layers.get("assignment")
    for row in () if lines is None else lines.itertuples():
        ends = np.array([at["villages"].get(row.village, (np.nan,) * 2), at["depots"].get(row.depot, (np.nan,) * 2)])
        if (
            row.geometry is None
            or not np.array_equal(np.shape(row.geometry.coords), (2, 2))
            or not np.allclose(np.array(row.geometry.coords), ends, rtol=0, atol=DEGREES)
        ):
            text = _("{file}: the line from {village} to {depot} does not join them")
            record.odd(text.format(file=name, village=row.village, depot=row.depot))


def _spots(layers: Mapping[str, Any], layer: str, column: str, key: str) -> list[np.ndarray]:
    """Return where a layer draws a place."""
    frame = layers.get(layer)
    if frame is None or column not in frame:
        return []
    drawn = frame["geometry"][frame[column] == key]
    return [
        np.array(shape.coords[0][:2]) if shape is not None and shape.geom_type == "Point" else np.full(2, np.nan)
        for shape in drawn
    ]


def _table(record: Record, layer: str) -> pd.DataFrame:
    """Return what a layer shows: a table of the run, or the hubs of the scenario."""
    if layer != "hubs":
        return record.tables[layer]
    return pd.DataFrame([{"hub": hub.id, **hub.model_dump(exclude={"id"})} for hub in record.scenario.hubs])


def _compare(
    record: Record, where: str, written: Columns, table: pd.DataFrame, key: str, *, whole: bool = False
) -> None:
    """Hold columns against those of the same name of a table, row by row; a column too many is named."""
    lacking = [column for column in table.columns if column not in written]
    if lacking:
        text = _("{where}: columns are missing: {columns}")
        record.wrong(text.format(where=where, columns=_(", ").join(map(str, lacking))))
        return
    if whole and (more := sorted(set(written) - set(map(str, table.columns)))):
        text = _("{where}: columns that no table has: {columns}")
        record.wrong(text.format(where=where, columns=_(", ").join(more)))
    if len(written[key]) != len(table):
        text = _("{where}: there are {count} rows; the table has {right}")
        record.odd(text.format(where=where, count=len(written[key]), right=len(table)))
        return
    for row, cells in enumerate(table.to_dict("records")):
        for column, cell in cells.items():
            right = cell if isinstance(cell, str) else float("nan") if cell is None else float(cell)
            told = difference(written[str(column)][row], right, CNY_FLOOR if "_cny" in str(column) else OTHER_FLOOR)
            if told is not None:
                text = _("{where}: {column} of {id} is {stated}; the table has {found}")
                record.odd(text.format(where=where, column=column, id=cells[key], stated=told[0], found=told[1]))
                break


def check_map(record: Record, path: Path) -> None:
    """Hold what the map knows of depots, hubs, villages and routes against the tables."""
    name, shown = path.name, dict.fromkeys(("depots", "hubs", "villages", "routes"), 0)
    try:
        sources = list(_sources(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        record.wrong(_("{file}: cannot be read: {error}").format(file=name, error=error))
        return
    for title, columns in sources:
        kind, _underscore, vehicle = title.removeprefix("a:data:").partition("_")
        table = _table(record, kind)
        if vehicle:
            table = table[table["vehicle"] == vehicle]
        shown[kind] += len(table)
        shared = [column for column in table.columns if column in columns]
        _compare(record, f"{name}: {kind}", columns, table[[*{KEYS[kind]: 0, **dict.fromkeys(shared)}]], KEYS[kind])
    for kind, count in shown.items():
        right = len(_table(record, kind))
        if count != right:
            text = _("{where}: there are {count} rows; the table has {right}")
            record.odd(text.format(where=f"{name}: {kind}", count=count, right=right))


def _sources(page: str) -> Iterator[tuple[str, Columns]]:
    """Yield the named sources of data of a page by Bokeh.

    Raises
    ------
    ValueError
        When it holds no document.
    """
    documents = [
        json.loads(text)
        for text in re.findall(r'<script type="application/json" id="[^"]*">(.*?)</script>', page, re.DOTALL)
    ]
    models = [model for document in documents for model in _models(document)]
    named = [(str(model["attributes"].get("name")), model["attributes"]) for model in models]
    found = [(name, attributes) for name, attributes in named if SOURCE.fullmatch(name)]
    if not found:
        raise ValueError(_("there is no map in it"))
    for name, attributes in found:
        yield name, {str(column): _cells(values) for column, values in attributes["data"]["entries"]}


def _models(tree: Any) -> Iterator[dict[str, Any]]:
    below: Sequence[Any] = ()
    if isinstance(tree, dict):
        if tree.get("name") == "ColumnDataSource" and "attributes" in tree:
            yield tree
        below = list(tree.values())
    elif isinstance(tree, list):
        below = tree
    for one in below:
        yield from _models(one)


def _cells(values: Any) -> Sequence[Any]:
    """Read a column: a list, with NaN spelled out, or the bytes of an array."""
    if isinstance(values, dict):
        raw = base64.b64decode(values["array"]["data"])
        cells: list[Any] = np.frombuffer(raw, dtype=values["dtype"]).tolist()
        return cells
    return [float("nan") if isinstance(one, dict) and one.get("type") == "number" else one for one in values]
