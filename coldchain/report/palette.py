"""One palette for map, layers and picture: calm, and told apart without red against green."""

from __future__ import annotations

VILLAGES = ("#e9e2c3", "#c6d8ae", "#97c6a0", "#62b099", "#35958f", "#1c7684", "#12536f")
"""From little to much loss avoided."""
UNSERVED = "#8a8f98"
DEPOTS = {"built": "#d1603d", "expanded": "#e3a345", "existing": "#4b5261", "mobile": "#7a4fa3"}
HUB = "#f4c542"
ROUTE, HAUL, ASSIGNMENT = "#5b7fb5", "#6d4a7c", "#9aa5b1"
ROAD, ROAD_MAJOR = "#c9cdd2", "#b3b9c0"
INK, MUTED, PAPER = "#22303c", "#66727f", "#ffffff"
PERIODS = ("#5b7fb5", "#c8803a", "#7b9e5e", "#8c6bb1", "#4aa3a2", "#b55b6f")
FONTS = (
    "Noto Sans", "Segoe UI", "Helvetica Neue", "Arial", "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC",
    "WenQuanYi Micro Hei", "sans-serif",
)  # fmt: skip
