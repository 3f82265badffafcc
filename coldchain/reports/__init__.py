"""Reports: the run folder, layers for QGIS, the map, a picture, and the figures on the terminal.

The map and the picture are imported from their own modules, :mod:`coldchain.reports.map` and
:mod:`coldchain.reports.picture`, because what draws them loads slowly.
"""

from coldchain.reports.saving import write_run
from coldchain.reports.terminal import print_summary

__all__ = ["print_summary", "write_run"]
