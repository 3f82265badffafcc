"""One palette for map, layers and picture: calm, and told apart without red against green."""

from __future__ import annotations

VILLAGES = ("#e9e2c3", "#c6d8ae", "#97c6a0", "#62b099", "#35958f", "#1c7684", "#12536f")
"""From little to much loss avoided."""
LOSSES = ("#fff5d6", "#fbdc9c", "#f3b562", "#dd8440", "#b8562c", "#8a331f", "#571a14")
"""From little to much lost."""
UNSERVED = "#6d737c"
DEPOTS = {"built": "#d1603d", "expanded": "#e3a345", "existing": "#4b5261", "mobile": "#7a4fa3"}
ZONES = {"cold": "#1f4e8c", "cool": "#8fd0c4", "mild": "#f0dc8c", "several zones": "#d1603d"}
"""Of depots, by temperature zone: in grey from dark to pale, too."""
OTHER_ZONE = "#b9a3cf"
BY_DEPOT = (
    "#2f6db3", "#c05a1f", "#3d8a4e", "#8a4fa8", "#b8860b", "#1f8a8a", "#b0406a", "#6b7a1e", "#5a5fc0", "#8c5a3c",
)  # fmt: skip
"""Of what belongs to a depot, routes and villages; neighbours in the list of depots differ."""
MARKERS = {"built": "square", "expanded": "hex", "existing": "diamond", "mobile": "triangle", "candidate": "square"}
"""Of depots, by status."""
DASHES = ("solid", "6 3", "2 3", "9 3 2 3", "12 4", "4 2 1 2")
COUNTY = "#7d6b91"
HUB = "#f4c542"
ROUTE, HAUL, ASSIGNMENT = "#5b7fb5", "#6d4a7c", "#9aa5b1"
ROAD, ROAD_MAJOR = "#c9cdd2", "#b3b9c0"
INK, MUTED, PAPER = "#22303c", "#66727f", "#ffffff"
PERIODS = ("#5b7fb5", "#c8803a", "#7b9e5e", "#8c6bb1", "#4aa3a2", "#b55b6f")
FONTS = (
    "Noto Sans", "Segoe UI", "Helvetica Neue", "Arial", "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC",
    "WenQuanYi Micro Hei", "sans-serif",
)  # fmt: skip


def of_depot(row: int) -> str:
    """Return the colour of what belongs to a depot, by its row; grey for none.

    Examples
    --------
    >>> of_depot(10) == of_depot(0) == BY_DEPOT[0], of_depot(-1)
    (True, '#6d737c')
    """
    return BY_DEPOT[row % len(BY_DEPOT)] if row >= 0 else UNSERVED
