"""The modules of the package, each parsed once for all tests that look at code."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import coldchain

ROOT = Path(coldchain.__file__).parent
MODULES = tuple(sorted(ROOT.rglob("*.py")))


def short_name(path: Path) -> str:
    """Return the path of a module inside the package."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of a module; nobody may change it."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Return all nodes of a module."""
    return tuple(ast.walk(tree_of(path)))
