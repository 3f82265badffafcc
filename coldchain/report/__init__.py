"""Reports: the run folder, layers for QGIS, the map, a picture, and the figures on the terminal.

The map and the picture are imported from their own modules, :mod:`coldchain.report.map` and
:mod:`coldchain.report.picture`, because what draws them loads slowly.
"""

import sys

from coldchain import CallableModule
from coldchain.report.folder import check_target, read_run, scenario_folder, write_folder, write_run, write_tables
from coldchain.report.record import run_information
from coldchain.report.terminal import print_summary

__all__ = [
    "check_target", "print_summary", "read_run", "run_information", "scenario_folder", "write_folder", "write_run",
    "write_tables",
]  # fmt: skip

sys.modules[__name__].__class__ = CallableModule
