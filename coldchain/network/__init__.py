"""Road networks: read them, put places on them, and measure hours and kilometres between places."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from coldchain.errors import BadInputError
from coldchain.inputs import plain_file, reading
from coldchain.later import later
from coldchain.network.access import Profile
from coldchain.network.connectivity import cut_off_fault, largest_strong_component, roads_used
from coldchain.network.gmns import read_gmns
from coldchain.network.graph import LinkTable, RoadNetwork, build_network
from coldchain.network.junctions import SNAP_M
from coldchain.network.lorries import LorryRange, lorry_range
from coldchain.network.snap import Snap, snap_places
from coldchain.network.used import CutOff, RoadsUsed

if TYPE_CHECKING:
    from coldchain.network.explore import from_networkx, to_networkx
    from coldchain.network.gmns_writing import write_gmns
    from coldchain.network.keeping import network_hash
    from coldchain.network.large import kept_travel
    from coldchain.network.lines import read_lines
    from coldchain.network.lines_writing import write_lines
    from coldchain.network.matrix import Travel, arcs_between, paths, travel
    from coldchain.network.osm import OsmExtract, read_osm
    from coldchain.network.proximity import proximity_network
    from coldchain.network.slope import with_slope
    from coldchain.network.street_graph import read_graph

__all__ = [
    "CutOff", "LinkTable", "LorryRange", "OsmExtract", "RoadNetwork", "RoadsUsed", "Snap", "Travel",
    "arcs_between", "build_network", "cut_off_fault", "from_networkx", "kept_travel", "largest_strong_component",
    "lorry_range", "network_hash", "paths", "proximity_network", "read_gmns", "read_graph", "read_lines", "read_osm",
    "read_roads", "roads_used", "snap_places", "to_networkx", "travel", "with_slope", "write_gmns", "write_lines",
]  # fmt: skip
LATER = {
    "from_networkx": "explore", "to_networkx": "explore", "read_lines": "lines", "write_lines": "lines_writing",
    "read_graph": "street_graph", "write_gmns": "gmns_writing", "network_hash": "keeping", "kept_travel": "large",
    "Travel": "matrix", "arcs_between": "matrix", "paths": "matrix", "travel": "matrix", "OsmExtract": "osm",
    "read_osm": "osm", "proximity_network": "proximity", "with_slope": "slope",
}  # fmt: skip
"""Names whose modules bring in a compiler, networkx, GDAL or much of scipy, loaded when they are asked for."""
__getattr__ = later(__name__, LATER)


def read_roads(
    path: str | Path, profile: Profile = "truck", lorries: LorryRange | None = None, *, snap_m: float = SNAP_M
) -> RoadNetwork:
    """Read roads by what the path is: a folder is GMNS, ``.pbf`` and ``.osm`` OpenStreetMap, anything else lines.

    Parameters
    ----------
    lorries : what posted limits of an OpenStreetMap file are held against; see `read_osm`
    snap_m : ends of lines this near to another line, in m, are joined to it

    Raises
    ------
    BadInputError
        As the reader it is handed to: `read_gmns`, `read_osm` or `read_lines`.
    """
    path = Path(path)
    if path.is_dir():
        with reading(str(path)):
            return read_gmns(path)
    fault = plain_file(path)
    if fault is not None:
        raise BadInputError([fault])
    with reading(str(path)):
        return _read_file(path, profile, lorries, snap_m)


def _read_file(path: Path, profile: Profile, lorries: LorryRange | None, snap_m: float) -> RoadNetwork:
    if path.name.lower().endswith((".pbf", ".osm", ".osm.gz", ".osm.bz2")):
        from coldchain.network.osm import read_osm

        return read_osm(path, profile, lorries).network
    from coldchain.network.lines import read_lines

    return read_lines(path, profile=profile, snap_m=snap_m)
