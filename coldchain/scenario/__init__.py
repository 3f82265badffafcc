"""Scenarios: read, check and write a folder of tables; draft a synthetic one."""

from coldchain.scenario.amend import Amendment, settings_of, write_amended
from coldchain.scenario.checks import budget_faults
from coldchain.scenario.datum import DATUMS, gcj02_to_bd09, to_wgs84, wgs84_to_gcj02
from coldchain.scenario.decoding import decode
from coldchain.scenario.fleet import offered_types, with_fleet
from coldchain.scenario.frames import (
    changed,
    frames_of,
    from_frames,
    hashed_files,
    placed_settings,
    settings_tree,
    write_memory,
)
from coldchain.scenario.load import catalogue_table, input_files, input_hash, inspect, load, named_files
from coldchain.scenario.nation import write_nation
from coldchain.scenario.plausible import budget_doubts
from coldchain.scenario.programmes import programme, programme_keys
from coldchain.scenario.sections import BASE, SECTIONS, variants_of
from coldchain.scenario.source import FILE, is_scenario, located, scenario_path
from coldchain.scenario.tables import RawTable, read_raw
from coldchain.scenario.upland import upland
from coldchain.scenario.workbook import is_book
from coldchain.scenario.write import Draft, toml_text, write_scenario

__all__ = [
    "BASE",
    "DATUMS",
    "FILE",
    "SECTIONS",
    "Amendment",
    "Draft",
    "RawTable",
    "budget_doubts",
    "budget_faults",
    "catalogue_table",
    "changed",
    "decode",
    "frames_of",
    "from_frames",
    "gcj02_to_bd09",
    "hashed_files",
    "input_files",
    "input_hash",
    "inspect",
    "is_book",
    "is_scenario",
    "load",
    "located",
    "named_files",
    "offered_types",
    "placed_settings",
    "programme",
    "programme_keys",
    "read_raw",
    "scenario_path",
    "settings_of",
    "settings_tree",
    "to_wgs84",
    "toml_text",
    "upland",
    "variants_of",
    "wgs84_to_gcj02",
    "with_fleet",
    "write_amended",
    "write_memory",
    "write_nation",
    "write_scenario",
]  # fmt: skip
