"""The plan as layers for QGIS: one GeoPackage that opens styled."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import shapely

from coldchain.language import N_, _
from coldchain.reports import figures, palette, qml
from coldchain.reports.lines import PlanLines, plan_lines
from coldchain.runs import Run, schema
from coldchain.scenario.template import heading_text

CRS = "EPSG:4326"
POINTS = ("depots", "villages", "hubs")
ROADS = {"link": N_("Piece of road"), "road_class": N_("Class of road"), "passes_year": N_("Vehicles a year")}
"""Headings of the fields of the layer of roads."""
VILLAGES_FROM = 150_000
"""Scale, 1 to so much, from which villages are named, as the map names them from a zoom on."""


def _named(field: str) -> str:
    return f"""coalesce(nullif("name", ''), "{field}")"""


LABELS = {
    "depots": qml.labels(_named("depot"), 9, bold=True, priority=9),
    "hubs": qml.labels(_named("hub"), 10, bold=True, priority=10),
    "villages": qml.labels(_named("village"), 7.5, to_scale=VILLAGES_FROM),
}


def write_geopackage(plan: Run, path: Path | str, lines: PlanLines | None = None) -> None:
    """Write the layers depots, villages, hubs, assignment, routes and roads, and a default style for each.

    Parameters
    ----------
    lines : from :func:`coldchain.reports.lines.plan_lines`, when already traced
    """
    path = Path(path)
    path.unlink(missing_ok=True)
    layers = plan_layers(plan, lines or plan_lines(plan))
    assumed = "\n".join(figures.assumed(plan.summary))
    for name, layer in layers.items():
        geometry = "Point" if name in POINTS else "LineString"
        pyogrio.write_dataframe(
            layer, path, layer=name, driver="GPKG", geometry_type=geometry, append=path.exists(),
            layer_metadata={"assumptions": assumed},
        )  # fmt: skip
    styles = {
        name: qml.document(style, aliases(name, layers[name]), LABELS.get(name, ""))
        for name, style in _styles(layers).items()
    }
    _write_styles(path, styles)


def plan_layers(plan: Run, lines: PlanLines) -> dict[str, geopandas.GeoDataFrame]:
    """Return the layers, WGS-84, in the order they are listed; roads carry vehicles a year (``passes_year``)."""
    tables, network = plan.tables, plan.placed.network
    hubs = pd.DataFrame([{"hub": h.id, **h.model_dump(exclude={"id"})} for h in plan.scenario.hubs])
    roads = pd.DataFrame(
        {"link": lines.link, "road_class": network.road_class[lines.link], "passes_year": lines.passes}
    )
    drawn = [shapely.LineString(network.polyline(link)) for link in lines.link]
    routes = [shapely.LineString(line) for line in lines.routes]
    return {
        "depots": _points(tables["depots"]),
        "hubs": _points(hubs),
        "villages": _points(tables["villages"]),
        "assignment": _assignment(plan),
        "routes": geopandas.GeoDataFrame(tables["routes"].copy(), geometry=routes, crs=CRS),
        "roads": geopandas.GeoDataFrame(roads, geometry=drawn, crs=CRS),
    }


def _points(frame: pd.DataFrame) -> geopandas.GeoDataFrame:
    lon, lat = (frame[name].to_numpy(dtype=np.float64) for name in ("lon", "lat"))
    return geopandas.GeoDataFrame(frame.copy(), geometry=shapely.points(lon, lat), crs=CRS)


def _assignment(plan: Run) -> geopandas.GeoDataFrame:
    """Straight lines from village to depot, one for each row of the assignment."""
    frame = plan.tables["assignment"]
    villages = plan.tables["villages"].set_index("village")[["lon", "lat"]]
    depots = plan.tables["depots"].set_index("depot")[["lon", "lat"]]
    start = villages.reindex(frame["village"]).to_numpy(dtype=np.float64)
    end = depots.reindex(frame["depot"]).to_numpy(dtype=np.float64)
    drawn = shapely.linestrings(np.stack([start, end], axis=1)) if len(frame) else []
    return geopandas.GeoDataFrame(frame.copy(), geometry=drawn, crs=CRS)


def _styles(layers: dict[str, geopandas.GeoDataFrame]) -> dict[str, str]:
    avoided, cooled = (
        [float(value) for value in layers[name][column]]
        for name, column in (("villages", "avoided_t"), ("depots", "tonnes_year"))
    )
    sizes = [qml.Class(*step, palette.DEPOTS["built"], 3.0 + 1.0 * n) for n, step in enumerate(qml.steps(cooled, 5))]
    depots = layers["depots"]
    names = zip(depots["depot"].astype(str), depots["name"].astype(str), strict=True)
    by_depot = [qml.Category(key, name or key, palette.of_depot(n)) for n, (key, name) in enumerate(names)]
    return {
        "depots": qml.graduated("tonnes_year", "square", sizes, _("t/yr")),
        "hubs": qml.single("star", palette.HUB, 5.0),
        "villages": qml.ruled(
            [
                qml.QmlRule('"cooled_t" <= 0', _("not served"), "cross2", palette.UNSERVED, 2.4),
                *_shades(avoided),
            ]
        ),
        "assignment": qml.single("line", palette.ASSIGNMENT, 0.15),
        "routes": qml.categorised("depot", "line", by_depot, 0.5),
        "roads": qml.single("line", palette.ROAD_MAJOR, 0.4),
    }


def _shades(avoided: Sequence[float]) -> list[qml.QmlRule]:
    """Draw villages that depots serve by the tonnes of loss these avoid; every village falls in one class."""
    classes = list(zip(qml.steps(avoided, len(palette.VILLAGES)), palette.VILLAGES, strict=False))
    rules = []
    for n, ((low, high), colour) in enumerate(classes):
        bounds = [f'"avoided_t" >= {low!r}'] * (n > 0) + [f'"avoided_t" < {high!r}'] * (n < len(classes) - 1)
        label = f"{low:,.4g} - {high:,.4g} {_('t/yr avoided')}"
        rules.append(qml.QmlRule(" AND ".join(['"cooled_t" > 0', *bounds]), label, "circle", colour, 2.0))
    return rules


def aliases(layer: str, frame: pd.DataFrame) -> dict[str, str]:
    """Return field -> what people call it, in the language spoken."""
    fields = [str(field) for field in frame.columns if field != "geometry"]
    if layer == "hubs":
        return {field: heading_text("hubs", "id" if field == "hub" else field) for field in fields}
    return {field: _(ROADS[field]) if field in ROADS else schema.heading(field) for field in fields}


_CREATE = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN,
  description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))
"""
_REGISTER = """
INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('layer_styles', 'attributes', 'layer_styles')
"""
_INSERT = """
INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML,
  styleSLD, useAsDefault, description, owner) VALUES ('', '', ?, 'geom', ?, ?, '', 1, 'coldchain', '')
"""


def _write_styles(path: Path, styles: dict[str, str]) -> None:
    """Store the styles where QGIS looks for them."""
    with closing(sqlite3.connect(path)) as base, base:
        base.execute(_CREATE)
        base.execute(_REGISTER)
        base.executemany(_INSERT, [(name, name, text) for name, text in styles.items()])
