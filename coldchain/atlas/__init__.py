"""A county out of open data: villages and roads of a map, harvests of a crop raster, people, climate and elevation."""

from coldchain.atlas.draft import Layers, draft_from_atlas
from coldchain.atlas.raster import Box, Raster, read_raster

__all__ = ["Box", "Layers", "Raster", "draft_from_atlas", "read_raster"]
