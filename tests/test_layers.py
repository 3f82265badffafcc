"""The rooms of the package import only from the floors below them, and help answers without the heavy libraries."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import sources
from sources import ROOT

FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"language", "arrays", "compiled", "later"}),
    frozenset({"errors", "progress", "solvers", "threads", "work"}),
    frozenset({"inputs", "cells", "leftovers", "schemas"}),
    frozenset({"model", "durable"}),
    frozenset({"scenario", "network", "spoilage"}),
    frozenset({"siting", "routing", "sharing", "verify", "economy", "runs"}),
    frozenset({"planning"}),
    frozenset(
        {"calibration", "reports", "importing", "benching", "sweeps", "settlement", "replays", "forecasts", "coverage"}
    ),
    frozenset({"dispatch", "papers", "atlas"}),
    frozenset({"weeks"}),
    frozenset({"batch", "funds", "telemetry"}),
    frozenset({"booking"}),
    frozenset({"traceability", "diversions"}),
    frozenset({"pages"}),
    frozenset({"api"}),
    frozenset({"cli"}),
    frozenset({"__main__"}),
)
FLOOR = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
MODULES = tuple(path for path in sources.MODULES if path != ROOT / "__init__.py")
MOST_LINES = 600


def room_of(path: Path) -> str:
    """Return the room a module belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported_rooms(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the rooms of coldchain that a module imports, at its top or inside functions."""
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            module = node.module or ""
            names |= {f"{module}.{alias.name}" for alias in node.names} if module == "coldchain" else {module}
    parts = (name.split(".") for name in names)
    return {part[1] for part in parts if part[0] == "coldchain" and len(part) > 1 and part[1] != "__version__"}


def test_every_room_has_a_floor() -> None:
    """No room of the package is missing from the list of floors."""
    assert {room_of(path) for path in MODULES} - FLOOR.keys() == set()


def test_imports_come_from_below() -> None:
    """A module imports only from its own room and from rooms on lower floors."""
    wrong = [
        (sources.short_name(path), room)
        for path in MODULES
        for room in imported_rooms(sources.nodes_of(path)) - {room_of(path)}
        if FLOOR[room] >= FLOOR[room_of(path)]
    ]
    assert wrong == []


def test_the_check_sees_every_way_of_importing() -> None:
    """Plain, aliased, from-imports and imports inside functions all count; other packages do not."""
    tops = "import coldchain.planning\nfrom coldchain import siting\n"
    source = tops + "def f():\n    from coldchain.cli.x import y\nimport numpy"
    assert imported_rooms(ast.walk(ast.parse(source))) == {"planning", "siting", "cli"}


REFEREE_IMPORTS = frozenset({"coldchain.language", "coldchain.model"})
"""All that verification takes from the project, besides itself: words, and the nouns of a scenario as it was read."""
REFEREE_LIBRARIES = frozenset({"networkx", "numpy", "pandas", "pyogrio", "scipy", "shapely"})
COMPUTING_METHODS, COMPUTING_PROPERTIES = {"modules", "vehicle"}, {"daily_t", "precool_h"}


def nodes_of_the_referee() -> list[ast.AST]:
    """Return the syntax nodes of all modules of verification."""
    return [node for path in (ROOT / "verify").rglob("*.py") for node in sources.nodes_of(path)]


def test_verify_shares_nothing_with_the_planner() -> None:
    """The referee imports words and nouns, and no function of the model: what both called would be unchecked."""
    nodes = nodes_of_the_referee()
    taken = {(node.module or "", one.name) for node in nodes if isinstance(node, ast.ImportFrom) for one in node.names}
    taken |= {(one.name, "") for node in nodes if isinstance(node, ast.Import) for one in node.names}
    modules = {module for module, _name in taken if not module.startswith("coldchain.verify")}
    assert {module for module in modules if module.split(".")[0] == "coldchain"} == REFEREE_IMPORTS
    others = {module.split(".")[0] for module in modules} - {"coldchain"} - sys.stdlib_module_names
    assert others == REFEREE_LIBRARIES
    assert [name for module, name in taken if module == "coldchain.model" and not name[0].isupper()] == []


def test_verify_computes_what_nouns_compute_by_itself() -> None:
    """Modules that stand, tonnes of a day, times of cooling: read from the fields of the nouns."""
    nodes = nodes_of_the_referee()
    called = {node.func.attr for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)}
    read = {ast.unparse(one) for one in nodes if isinstance(one, ast.Attribute) and one.attr in COMPUTING_PROPERTIES}
    assert called & COMPUTING_METHODS == set()
    assert read == {"record.daily_t"}


def test_help_imports_nothing_heavy() -> None:
    """``coldchain --help`` loads neither solver nor maps nor compiler nor tables."""
    program = (
        "import sys; from coldchain.cli import run; code = run(['--help']); "
        "heavy = {'ortools', 'geopandas', 'pandas', 'numba', 'scipy', 'bokeh', 'shapely', 'pydantic', 'numpy'}; "
        "heavy |= {'email', 'networkx'}; "
        "print('code', code, 'heavy', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "code 0 heavy []"
    assert "coldchain plan county" in done.stdout


def test_modules_stay_small() -> None:
    """No module has more than 600 lines."""
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_no_class_name_stands_for_two_things() -> None:
    """A name tells what it is wherever it is read; the scenario of the interface is that of the model, in memory."""
    defined: dict[str, list[str]] = {}
    for path in sources.MODULES:
        for node in sources.nodes_of(path):
            if isinstance(node, ast.ClassDef):
                defined.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    twice = {name: places for name, places in defined.items() if len(places) > 1}
    assert sorted(twice) == ["Scenario"], twice
