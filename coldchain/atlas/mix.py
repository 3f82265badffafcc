"""Which crops of the catalogue stand for a group of a crop raster, and in which shares: assumptions to be replaced."""

from __future__ import annotations

from collections.abc import Mapping

from coldchain.language import N_
from coldchain.model import Commodity
from coldchain.scenario import catalogue_table

Mix = Mapping[str, float]
GROUPS: Mapping[str, Mix] = {
    "POTA": {"potato": 1.0},
    "TOMA": {"tomato": 1.0},
    "BANA": {"banana": 1.0},
    "VEGE": {
        "pak_choi": 0.20, "chinese_cabbage": 0.20, "cabbage": 0.10, "cucumber": 0.15, "eggplant": 0.10, "chilli": 0.15,
        "snap_bean": 0.10,
    },
    "CITR": {"ponkan": 0.5, "navel_orange": 0.5},
    "TEMF": {"apple": 0.35, "pear": 0.20, "peach": 0.20, "grape": 0.15, "plum": 0.10},
    "TROF": {"mango": 0.5, "litchi": 0.5},
}  # fmt: skip
"""Groups of MapSPAM that need cooling. Shares are estimates; `--rules` with [atlas.VEGE] replaces them."""
MIX_NOTE = N_("{code} is shared out as {shares}: an estimate; replace it under [atlas] in the rules")


def mixes(given: Mapping[str, Mix]) -> dict[str, Mix]:
    """Return code -> crop -> share, scaled to one: the groups, those given, and every crop under its own id."""
    own = {one.id: {one.id: 1.0} for one in catalogue_table("commodity") if isinstance(one, Commodity)}
    known = {**own, **GROUPS, **given}
    return {code: {crop: share / sum(mix.values()) for crop, share in mix.items()} for code, mix in known.items()}
