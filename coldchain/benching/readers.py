"""Readers of published vehicle-routing instances: ``vrpnc*.txt`` of Christofides, Mingozzi and Toth, and ``.vrp``."""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from coldchain.arrays import Floats
from coldchain.errors import bad_file, system_reason
from coldchain.language import _

Rounding = Literal["none", "nearest", "up"]
WEIGHT_TYPES: dict[str, Rounding] = {"EUC_2D": "nearest", "CEIL_2D": "up", "EXPLICIT": "none"}
TYPES = ("CVRP", "CCVRP")
HEADS = (
    "NAME", "TYPE", "COMMENT", "DIMENSION", "CAPACITY", "EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT", "NODE_COORD_TYPE",
    "DISPLAY_DATA_TYPE", "DISTANCE", "SERVICE_TIME",
)  # fmt: skip
SECTIONS = ("NODE_COORD_SECTION", "EDGE_WEIGHT_SECTION", "DEMAND_SECTION", "DEPOT_SECTION", "DISPLAY_DATA_SECTION")
TRIANGLES = ("LOWER_ROW", "LOWER_DIAG_ROW", "UPPER_ROW", "UPPER_DIAG_ROW")


@dataclass(frozen=True)
class PublishedDay:
    """One instance; node 0 is the depot, nodes 1..n the customers in the order of the file.

    Attributes
    ----------
    name : stem of the file
    xy : (n+1, 2) coordinates, or None when distances are given outright
    matrix : (n+1, n+1) distances, or None when they come from coordinates
    demand : (n,)
    capacity : of each vehicle
    max_length : most distance and service of a route; inf when there is no such limit
    service : time at each customer, counted in the length of the route
    rounding : of distances between coordinates to whole units
    """

    name: str
    xy: Floats | None
    matrix: Floats | None
    demand: Floats
    capacity: float
    max_length: float = math.inf
    service: float = 0.0
    rounding: Rounding = "none"

    @property
    def n(self) -> int:
        """Number of customers."""
        return len(self.demand)

    def distance(self, i: int, j: int) -> float:
        """Distance from node i to node j under the instance's own rule."""
        if self.matrix is not None:
            return float(self.matrix[i, j])
        assert self.xy is not None
        far = math.hypot(*(self.xy[i] - self.xy[j]))
        return {"none": far, "nearest": math.floor(far + 0.5), "up": math.ceil(far)}[self.rounding]

    def distances(self) -> Floats:
        """(n+1, n+1) distances."""
        if self.matrix is not None:
            return self.matrix
        assert self.xy is not None
        far: Floats = np.hypot(*(np.subtract.outer(self.xy[:, k], self.xy[:, k]) for k in range(2)))
        return {"none": far, "nearest": np.floor(far + 0.5), "up": np.ceil(far)}[self.rounding]


def read_instance(path: Path, rounding: Rounding | None = None) -> PublishedDay:
    """Read a file by its ending, ``.vrp`` or else the CMT layout.

    Raises
    ------
    BadInputError
        When the file cannot be read, or its figures do not fit together.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return _vrp(path.stem, text, rounding) if path.suffix == ".vrp" else _cmt(path.stem, text, rounding)
    except (OSError, ValueError, KeyError, IndexError) as error:
        message = _("cannot be read: {error}").format(error=_why(error))
        raise bad_file(path, message, "unreadable") from None


def _why(error: Exception) -> str:
    """Say what is wrong with a file where Python's own words would not."""
    if isinstance(error, KeyError):
        return _("{key} is missing").format(key=error.args[0])
    if isinstance(error, IndexError) or "unpack" in str(error):
        return _("it ends too early")
    if "reshape" in str(error) or "shape mismatch" in str(error):
        return _("a section has too few figures, or too many")
    if found := re.search(r"(?:to float|with base 10): (?:np\.str_\()?'(.*?)'", str(error)):
        return _('"{text}" is not a number').format(text=found[1])
    return system_reason(error)


def best_known(path: Path, column: str, name: str = "best_known.csv") -> tuple[int | None, float | None]:
    """Vehicles and best known value of an instance from a table in the folder above; None where there is none."""
    table = path.resolve().parent.parent / name
    if not table.is_file():
        return None, None
    with table.open(encoding="utf-8", newline="") as file:
        row = next((r for r in csv.DictReader(file) if r.get("instance") in {path.name, path.stem}), {})
    vehicles, value = row.get("vehicles"), row.get(column)
    return int(vehicles) if vehicles else None, float(value) if value else None


def _cmt(name: str, text: str, rounding: Rounding | None) -> PublishedDay:
    figures = [float(word) for word in text.split()]
    n, (capacity, longest, service) = int(figures[0]), figures[1:4]
    if len(figures) != 6 + 3 * n:
        msg = _("{n} customers need {value} figures; got {count}").format(n=n, value=6 + 3 * n, count=len(figures))
        raise ValueError(msg)
    rows = np.array(figures[6:]).reshape(n, 3)
    limit = math.inf if longest >= 999_999 else longest
    xy = np.vstack([figures[4:6], rows[:, :2]])
    return _checked(PublishedDay(name, xy, None, rows[:, 2], capacity, limit, service, rounding or "none"))


def _vrp(name: str, text: str, rounding: Rounding | None) -> PublishedDay:
    head, sections = _split(text)
    _only_known(head, sections)
    size = int(head["DIMENSION"])
    kind = head["EDGE_WEIGHT_TYPE"]
    if kind not in WEIGHT_TYPES:
        msg = _("EDGE_WEIGHT_TYPE must be one of {names}; got {kind}").format(names=", ".join(WEIGHT_TYPES), kind=kind)
        raise ValueError(msg)
    demand = _by_node(sections["DEMAND_SECTION"], size, 2)[:, 0]
    depot = _depot(sections.get("DEPOT_SECTION", ["1"]), size)
    order = np.array([depot, *(i for i in range(size) if i != depot)])
    xy = matrix = None
    if kind == "EXPLICIT":
        matrix = _matrix(head.get("EDGE_WEIGHT_FORMAT", "FULL_MATRIX"), sections["EDGE_WEIGHT_SECTION"], size)
        matrix = matrix[np.ix_(order, order)]
    else:
        xy = _by_node(sections["NODE_COORD_SECTION"], size, 3)[order]
    limits = float(head.get("DISTANCE", "inf")), float(head.get("SERVICE_TIME", "0"))
    rule = rounding or WEIGHT_TYPES[kind]
    return _checked(PublishedDay(name, xy, matrix, demand[order][1:], float(head["CAPACITY"]), *limits, rule))


def _only_known(head: dict[str, str], sections: dict[str, list[str]]) -> None:
    """Refuse what would change the problem and is not read: windows, several depots, a number of vehicles, a type."""
    unread = [name for name in head if name not in HEADS] + [name for name in sections if name not in SECTIONS]
    if unread:
        msg = _("{names}: not read, and may change the problem; a plain CVRP file has none").format(
            names=", ".join(unread)
        )
        raise ValueError(msg)
    if head.get("TYPE", TYPES[0]).split()[:1] not in [[name] for name in TYPES]:
        msg = _("TYPE must be one of {names}; got {kind}").format(names=", ".join(TYPES), kind=head["TYPE"])
        raise ValueError(msg)


def _by_node(words: list[str], size: int, width: int) -> Floats:
    """Figures of the nodes 1 to ``size``, each row begun by the number of its node, in that order."""
    rows = np.array(words, dtype=np.float64).reshape(size, width)
    order = np.argsort(rows[:, 0], kind="stable")
    if not np.array_equal(rows[order, 0], np.arange(1, size + 1)):
        raise ValueError(_("the nodes must be numbered 1 to {n}, each once").format(n=size))
    figures: Floats = rows[order, 1:]
    return figures


def _depot(words: list[str], size: int) -> int:
    """Return the number of the one depot, from 0."""
    depots = [float(word) for word in words if float(word) != -1]
    if len(depots) != 1 or depots[0] not in range(1, size + 1):
        raise ValueError(
            _("DEPOT_SECTION must name one node from 1 to {n}; got {names}").format(n=size, names=" ".join(words))
        )
    return int(depots[0]) - 1


def _split(text: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Key figures, and the words of each section."""
    head: dict[str, str] = {}
    sections: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in text.splitlines():
        word = line.strip()
        if word == "EOF":
            break
        if ":" in word:
            key, value = word.split(":", 1)
            head[key.strip()] = value.strip()
        elif word.rstrip(" :").endswith("_SECTION"):
            current = sections.setdefault(word, [])
        elif current is not None:
            current.extend(word.split())
        elif word:
            raise ValueError(_('"{text}" is neither "KEY : value" nor part of a section').format(text=word[:40]))
    return head, sections


def _matrix(layout: str, words: list[str], size: int) -> Floats:
    figures = np.array(words, dtype=np.float64)
    if layout == "FULL_MATRIX":
        return figures.reshape(size, size)
    if layout not in TRIANGLES:
        msg = _("EDGE_WEIGHT_FORMAT must be FULL_MATRIX or one of {names}; got {layout}").format(
            names=", ".join(TRIANGLES), layout=layout
        )
        raise ValueError(msg)
    away = 0 if "DIAG" in layout else 1
    rows = np.tril_indices(size, -away) if layout.startswith("LOWER") else np.triu_indices(size, away)
    matrix = np.zeros((size, size))
    matrix[rows] = figures
    return np.maximum(matrix, matrix.T)


def _checked(instance: PublishedDay) -> PublishedDay:
    if not instance.capacity > 0 or not np.isfinite(instance.demand).all() or (instance.demand < 0).any():
        msg = _("capacity must be above 0 and demands at least 0; got {capacity:g}, {demand:g}").format(
            capacity=instance.capacity, demand=instance.demand.min()
        )
        raise ValueError(msg)
    if (instance.demand > instance.capacity).any():
        msg = _("a demand of {demand:g} is above the capacity of {capacity:g}").format(
            demand=instance.demand.max(), capacity=instance.capacity
        )
        raise ValueError(msg)
    return instance
