"""Reports: the run folder, layers for QGIS, the map, a picture, and the figures on the terminal.

The map and the picture are imported from their own modules, :mod:`coldchain.reports.map` and
:mod:`coldchain.reports.picture`, because what draws them loads slowly.
"""

from coldchain.reports.folder import check_target, read_run, scenario_folder, write_folder, write_run, write_tables
from coldchain.reports.record import run_information
from coldchain.reports.terminal import print_summary

__all__ = [
    "check_target", "print_summary", "read_run", "run_information", "scenario_folder", "write_folder", "write_run",
    "write_tables",
]  # fmt: skip
