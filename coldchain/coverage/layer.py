"""Coverage as a layer of the user's: areas with a signal, perhaps by carrier."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from coldchain.arrays import Bools, Floats
from coldchain.errors import BadInputError, Fault
from coldchain.inputs import plain_file, reading
from coldchain.language import _

CARRIER = ("carrier", "operator", "运营商")


def covered_by_layer(path: Path, lonlat: Floats, carriers: Sequence[str]) -> Bools:
    """Return where each carrier has a signal by a layer of areas, bool[carriers, k].

    Parameters
    ----------
    path : GeoPackage, GeoJSON or shapefile of areas; a column ``carrier`` says whose, without it all carriers'

    Raises
    ------
    BadInputError
        When it cannot be read, has no coordinate system, holds no areas, or names a carrier that takes no part.
    """
    import geopandas as gpd
    import shapely

    fault = plain_file(path)
    if fault is not None:
        raise BadInputError([fault])
    with reading(str(path)):
        frame = gpd.read_file(path)
    if frame.crs is None:
        raise _bad(path, "", _("has no coordinate system; state it in the file"), "no-crs")
    frame = frame[frame.geometry.notna() & frame.geom_type.isin(["Polygon", "MultiPolygon"])].to_crs(4326)
    if frame.empty:
        raise _bad(path, "", _("holds no areas; areas with a signal are needed"), "no-areas")
    column = next((name for name in frame.columns if str(name).lower() in CARRIER), None)
    owners = [
        "" if column is None else str(value or "").strip() for value in (frame[column] if column else frame.index)
    ]
    if odd := sorted({one for one in owners if one and one not in carriers}):
        told = _("is not one of the carriers {carriers}; name them with --carriers")
        raise _bad(path, odd[0], told.format(carriers=_(", ").join(carriers)), "unknown-carrier")
    points = shapely.points(lonlat)
    covered = np.zeros((len(carriers), len(lonlat)), dtype=bool)
    for number, carrier in enumerate(carriers):
        areas = [shape for shape, owner in zip(frame.geometry, owners, strict=True) if owner in ("", carrier)]
        hit = shapely.STRtree(areas).query(points, predicate="intersects")[0] if areas else []
        covered[number, hit] = True
    return covered


def _bad(path: Path, value: str, message: str, code: str) -> BadInputError:
    return BadInputError([Fault(str(path), None, "", value, message, code)])
