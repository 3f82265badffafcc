"""Routes for other programs: GPX for the driver's phone, GeoJSON for maps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np

from coldchain.arrays import Floats
from coldchain.dispatch.clock import clock
from coldchain.dispatch.lines import TripLine
from coldchain.dispatch.tables import Tables, TourRows, records
from coldchain.language import _
from coldchain.model.naming import labelled

GPX = "http://www.topografix.com/GPX/1/1"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
PLACES = 6


def gpx_text(own: TourRows, lines: Sequence[TripLine]) -> str:
    """Return the GPX 1.1 of one tour: halts as waypoints, each trip as a route of halts and a track on the roads.

    Parameters
    ----------
    own : rows of the tour
    lines : of this tour's trips, in order
    """
    tour = own.tour
    ET.register_namespace("", GPX)
    ET.register_namespace("xsi", XSI)
    location = {f"{{{XSI}}}schemaLocation": f"{GPX} {GPX}/gpx.xsd", "version": "1.1", "creator": "coldchain"}
    root = ET.Element(f"{{{GPX}}}gpx", location)
    meta = ET.SubElement(root, f"{{{GPX}}}metadata")
    _texts(meta, name=f"{tour['tour']} {tour['vehicle']}", desc=_about(tour))
    home = (float(own.depot["lon"]), float(own.depot["lat"]), labelled(tour["depot"], str(own.depot["name"])))
    _point(root, "wpt", home, _("leave {leave}, back {back}").format(leave=tour["leave"], back=tour["back"]), "depot")
    for row in own.stops:
        _point(root, "wpt", _halt(row), _words(row), "stop")
    for line in lines:
        _route(root, line, home, [row for row in own.stops if row["trip"] == line.trip])
    for line in lines:
        _track(root, line)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True).replace("'us-ascii'", "'UTF-8'", 1) + "\n"


def _about(tour: dict[str, Any]) -> str:
    return _("{leave} to {back}, {km:.0f} km, {load_kg:,.0f} kg, {stops} stops").format(
        leave=tour["leave"], back=tour["back"], km=tour["km"], load_kg=tour["load_kg"], stops=tour["stops"]
    )


def _halt(row: dict[str, Any]) -> tuple[float, float, str]:
    number = f"{row['trip']}.{row['order']}"
    return float(row["lon"]), float(row["lat"]), f"{number} {labelled(str(row['village']), str(row['name']))}"


def _words(row: dict[str, Any]) -> str:
    note = f"; {row['note']}" if row["note"] else ""
    return _("{clock} to {clock_2}, load {kg:,.0f} kg ({lots}){note}").format(
        clock=clock(row["start_h"]), clock_2=clock(row["leave_h"]), kg=row["kg"], lots=row["lots"], note=note
    )


def _point(parent: ET.Element, tag: str, place: tuple[float, float, str], words: str, kind: str) -> None:
    lon, lat, name = place
    point = ET.SubElement(parent, f"{{{GPX}}}{tag}", {"lat": f"{lat:.{PLACES}f}", "lon": f"{lon:.{PLACES}f}"})
    _texts(point, name=name, desc=words, type=kind)


def _texts(parent: ET.Element, **texts: str) -> None:
    for tag, text in texts.items():
        ET.SubElement(parent, f"{{{GPX}}}{tag}").text = text


def _route(root: ET.Element, line: TripLine, home: tuple[float, float, str], stops: Sequence[dict[str, Any]]) -> None:
    route = ET.SubElement(root, f"{{{GPX}}}rte")
    _texts(route, name=_("{tour} trip {trip}").format(tour=line.tour, trip=line.trip))
    _point(route, "rtept", home, _("leaves"), "depot")
    for row in stops:
        _point(route, "rtept", _halt(row), _words(row), "stop")
    _point(route, "rtept", home, _("unload"), "depot")


def _track(root: ET.Element, line: TripLine) -> None:
    track = ET.SubElement(root, f"{{{GPX}}}trk")
    _texts(track, name=_("{tour} trip {trip}, along the roads").format(tour=line.tour, trip=line.trip))
    segment = ET.SubElement(track, f"{{{GPX}}}trkseg")
    for lon, lat in line.line:
        ET.SubElement(segment, f"{{{GPX}}}trkpt", {"lat": f"{lat:.{PLACES}f}", "lon": f"{lon:.{PLACES}f}"})


def geojson_text(tables: Tables, lines: Sequence[TripLine]) -> str:
    """Return all trips as lines on the roads, halts and depots as points, with their figures."""
    trips = tables["trips"].merge(tables["tours"][["tour", "vehicle", "depot", "cost_cny"]], on="tour", how="left")
    rows = {(row["tour"], row["trip"]): row for row in records(trips)}
    features = [_feature("LineString", _rounded(x.line), {"kind": "trip", **rows[x.tour, x.trip]}) for x in lines]
    for kind, name in (("stop", "stops"), ("depot", "depots")):
        for row in records(tables[name]):
            spot = _rounded(np.array([[row["lon"], row["lat"]]]))[0]
            features.append(_feature("Point", spot, {"kind": kind, **row}))
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False) + "\n"


def _rounded(line: Floats) -> list[list[float]]:
    return [[round(float(x), PLACES), round(float(y), PLACES)] for x, y in line]


def _feature(kind: str, coordinates: Any, properties: dict[str, Any]) -> dict[str, Any]:
    plain = {key: None if value != value else value for key, value in properties.items()}  # noqa: PLR0124 - NaN
    kept = {key: value.item() if isinstance(value, np.generic) else value for key, value in plain.items()}
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": kept}
