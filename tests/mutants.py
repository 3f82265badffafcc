"""Breaks one function of the planner after the other: whatever it returns is one per cent more, or turned round."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

ROOMS = ("coldchain.network", "coldchain.spoilage")
MODULES = ("coldchain.model.award", "coldchain.planning.awards", "coldchain.planning.money")
MORE = 1.01
PLACES = ("lon", "lat", "xy", "given", "where")
"""Fields that say where something is: moved by a per cent they would lie in another country."""

WHOLE = ("time_ms",)
"""Fields of whole numbers that are measured."""

Function = Callable[..., Any]


def functions() -> dict[str, Function]:
    """Return every public function of the rooms and modules by its full name, compiled ones included."""
    names = [*MODULES]
    for room in ROOMS:
        names += [
            room,
            *(f"{room}.{part.name}" for part in pkgutil.iter_modules(importlib.import_module(room).__path__)),
        ]
    found: dict[str, Function] = {}
    for name in names:
        for key, value in vars(importlib.import_module(name)).items():
            plain = getattr(value, "py_func", value)
            if not key.startswith("_") and inspect.isfunction(plain) and plain.__module__ == name:
                found[f"{name}.{key}"] = value
    return dict(sorted(found.items()))


def spoilt(value: Any) -> Any:
    """Return a result that is wrong: figures a per cent more, flags turned round, whole numbers of arrays one more."""
    if isinstance(value, (bool, np.bool_, float, np.floating)):
        return value * MORE if isinstance(value, (float, np.floating)) else not value
    if isinstance(value, np.ndarray):
        return _spoilt_array(value)
    if isinstance(value, dict):
        return {key: spoilt(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        names = getattr(value, "_fields", [""] * len(value))
        parts = [part if name in PLACES else spoilt(part) for name, part in zip(names, value, strict=True)]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return _spoilt_record(value) if dataclasses.is_dataclass(value) and not isinstance(value, type) else value


def _spoilt_record(value: Any) -> Any:
    """Spoil the figures of a record, and of the records in it; its counts and numbers of rows stay."""
    parts = {one.name: getattr(value, one.name) for one in dataclasses.fields(value) if one.init}
    wrong = {
        name: spoilt(part)
        for name, part in parts.items()
        if name not in PLACES and (name in WHOLE or _has_figures(part))
    }
    return dataclasses.replace(value, **wrong)


def _has_figures(part: Any) -> bool:
    floats = isinstance(part, np.ndarray) and part.dtype.kind == "f"
    return floats or isinstance(part, float) or dataclasses.is_dataclass(part)


def _spoilt_array(value: np.ndarray) -> np.ndarray:
    if value.dtype.kind == "f":
        return value * MORE
    if value.dtype.kind == "b":
        return ~value
    return value + 1 + value // 100 if value.dtype.kind == "i" else value


@contextmanager
def replaced(old: Function, new: Function) -> Iterator[None]:
    """Let every module of the project that names a function have another."""
    places = [
        (module, name)
        for key, module in list(sys.modules.items())
        if key.split(".")[0] == "coldchain"
        for name, value in list(vars(module).items())
        if value is old
    ]
    try:
        for module, name in places:
            setattr(module, name, new)
        yield
    finally:
        for module, name in places:
            setattr(module, name, old)


def mutant(function: Function) -> Function:
    """Return the function with a wrong result; what it fills in, if it returns nothing, is wrong."""

    def wrong(*given: Any, **named: Any) -> Any:
        before = [part.copy() if isinstance(part, np.ndarray) else None for part in given]
        result = function(*given, **named)
        if result is not None:
            return spoilt(result)
        for part, old in zip(given, before, strict=True):
            if old is not None and part.dtype.kind == "f" and not np.array_equal(part, old, equal_nan=True):
                np.multiply(part, MORE, out=part)
        return None

    return wrong


def counted(function: Function, name: str, calls: set[str]) -> Function:
    """Return the function as it is, noting that it was called."""

    def noted(*given: Any, **named: Any) -> Any:
        calls.add(name)
        return function(*given, **named)

    return noted
