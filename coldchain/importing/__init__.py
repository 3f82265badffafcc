"""Scenarios from maps and lists of points; what the source does not know follows a stated rule."""

from coldchain.importing.draft import Import, write_import
from coldchain.importing.osm import draft_from_osm
from coldchain.importing.points import draft_from_points
from coldchain.importing.rules import ImportRules, read_rules
from coldchain.importing.valley import write_valley

__all__ = [
    "Import",
    "ImportRules",
    "draft_from_osm",
    "draft_from_points",
    "read_rules",
    "write_import",
    "write_valley",
]
