"""A run: a plan as it was made or as a folder holds it, with its scenario, its roads and the schema of its tables."""

from __future__ import annotations

from coldchain.runs.folder import check_target, write_folder, write_in_place, write_tables
from coldchain.runs.record import run_information
from coldchain.runs.roads import PlacedNetwork, place_on_roads
from coldchain.runs.run import Inputs, Run

__all__ = [
    "Inputs", "PlacedNetwork", "Run", "check_target", "place_on_roads", "run_information", "write_folder",
    "write_in_place", "write_tables",
]  # fmt: skip
