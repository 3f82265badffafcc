"""Reports: the run folder, layers for QGIS, the map, a picture, and the figures on the terminal.

What is named here is loaded when it is asked for: a page needs the canvas, not what writes a run. The map and
the picture are imported from their own modules, :mod:`coldchain.reports.map` and :mod:`coldchain.reports.picture`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from coldchain.later import later

if TYPE_CHECKING:
    from coldchain.reports.saving import write_run
    from coldchain.reports.terminal import print_summary

__all__ = ["print_summary", "write_run"]
LATER = {"print_summary": "terminal", "write_run": "saving"}
__getattr__ = later(__name__, LATER)
