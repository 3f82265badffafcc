"""Readers of OR-Library location files: ``cap*`` (warehouse location) and ``pmed*`` (p-median on a graph)."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from coldchain.benching.warehouses import Warehouses
from coldchain.errors import BadInputError, Fault, bad_file, system_reason
from coldchain.language import _

MOST_FAULTS = 20  # listed of one file


@dataclass(frozen=True)
class Words:
    """The words of a file, each with its line."""

    file: str
    word: list[str]
    line: list[int]

    def fault(self, place: int, column: str, message: str, code: str) -> Fault:
        """Return a fault of the word at ``place``."""
        return Fault(self.file, self.line[place], column, self.word[place], message, code)


def read_words(path: Path) -> Words:
    """Read a text file as words.

    Raises
    ------
    BadInputError
        When it cannot be read, or is empty.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise BadInputError(
            [
                Fault(
                    str(path),
                    None,
                    "",
                    "",
                    _("cannot be read: {error}").format(error=system_reason(error)),
                    "unreadable",
                )
            ]
        ) from None
    pairs = [(word, number) for number, text in enumerate(lines, 1) for word in text.split()]
    if not pairs:
        raise bad_file(path, _("is empty"), "unreadable")
    return Words(str(path), [word for word, _rest in pairs], [line for _rest, line in pairs])


def read_warehouses(path: Path, capacity: float | None = None) -> Warehouses:
    """Read ``m n``, m lines ``capacity fixed``, then per customer its demand and m costs of serving all of it.

    ``capacity``, inf allowed, replaces the capacity of every site; it is needed where the file has a word there.

    Raises
    ------
    BadInputError
        With every figure that is wrong.
    """
    words = read_words(path)
    m, n = _sizes(words, ("sites", "customers"))
    _length(words, 2 + 2 * m + n * (m + 1), _("{m} sites and {n} customers").format(m=m, n=n))
    figure, faults = _figures(words, set() if capacity is None else set(range(2, 2 + 2 * m, 2)))
    head, body = figure[2 : 2 + 2 * m].reshape(m, 2), figure[2 + 2 * m :].reshape(n, m + 1)
    if capacity is not None:
        head[:, 0] = capacity
    signs = np.concatenate([np.zeros(2, bool), *([head.ravel() < 0]), (body < 0).ravel()])
    faults += [words.fault(int(k), "", _("must not be negative"), "negative") for k in np.flatnonzero(signs)]
    _refuse(faults)
    return Warehouses(cost=body[:, 1:].T, fixed=head[:, 1], load=body[:, 0], capacity=head[:, 0])


def read_median(path: Path) -> Warehouses:
    """Read ``nodes edges p`` and the edges ``from to length``; distances are those of shortest paths.

    A later edge between the same nodes replaces an earlier one.

    Raises
    ------
    BadInputError
        With every edge that is wrong, or when the graph is not connected.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import shortest_path

    words = read_words(path)
    n, edges, count = _sizes(words, ("nodes", "edges", "p"))
    _length(words, 3 + 3 * edges, _("{edges} edges").format(edges=edges))
    if count > n:
        _refuse([words.fault(2, "p", _("must be from 1 to the number of nodes, {n}").format(n=n), "range")])
    figure, faults = _figures(words, set())
    edge = figure[3:].reshape(edges, 3)
    outside = (edge[:, :2] < 1) | (edge[:, :2] > n) | (edge[:, :2] != np.floor(edge[:, :2]))
    text = _("must be a whole number from 1 to {n}").format(n=n)
    faults += [words.fault(3 + 3 * int(e) + int(c), "node", text, "index")
               for e, c in zip(*np.nonzero(outside), strict=True)]  # fmt: skip
    faults += [words.fault(5 + 3 * int(e), "length", _("must not be negative"), "negative")
               for e in np.flatnonzero(edge[:, 2] < 0)]  # fmt: skip
    _refuse(faults)
    ends = np.sort(edge[:, :2].astype(np.int64) - 1, axis=1)
    _rest, last = np.unique((ends[:, 0] * n + ends[:, 1])[::-1], return_index=True)
    last = edges - 1 - last
    graph = coo_array((edge[last, 2], (ends[last, 0], ends[last, 1])), shape=(n, n)).tocsr()
    far = shortest_path(graph, directed=False)
    if np.isinf(far).any():
        _refuse([Fault(words.file, None, "", "", _("the graph must be connected"), "unconnected")])
    return Warehouses(far, np.zeros(n), np.ones(n), np.full(n, math.inf), count)


def published(path: Path, problem: str) -> list[tuple[float | None, float]]:
    """(capacity override or None, optimum) of a file, as ``../optima.csv`` lists them; empty without the table."""
    table = path.resolve().parent.parent / "optima.csv"
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as file:
        rows = [
            row for row in csv.DictReader(file) if row["problem"] == problem and Path(row["file"]).name == path.name
        ]
    return [(float(r["capacity_override"]) if r["capacity_override"] else None, float(r["optimum"])) for r in rows]


def without_capacity(given: Warehouses) -> Warehouses:
    """Return the same problem with every capacity infinite."""
    return replace(given, capacity=np.full(len(given.fixed), math.inf))


def _sizes(words: Words, names: tuple[str, ...]) -> list[int]:
    found, faults = [], []
    for place, name in enumerate(names):
        text = words.word[place] if place < len(words.word) else ""
        found.append(int(text) if text.isdecimal() else 0)
        if found[-1] < 1:
            faults.append(Fault(words.file, 1, name, text, _("must be a whole number of at least 1"), "size"))
    _refuse(faults)
    return found


def _length(words: Words, wanted: int, what: str) -> None:
    if len(words.word) != wanted:
        text = _("{what} need {wanted} figures; got {count}").format(what=what, wanted=wanted, count=len(words.word))
        _refuse([Fault(words.file, words.line[-1], "", "", text, "length")])


def _figures(words: Words, skipped: set[int]) -> tuple[np.ndarray, list[Fault]]:
    """All words as float; a word that is none is a fault, unless its place is ``skipped``, and 0."""
    result = np.zeros(len(words.word))
    faults: list[Fault] = []
    for place, text in enumerate(words.word):
        if place in skipped:
            continue
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            result[place] = value
        elif text == "capacity":
            if not any(fault.code == "capacity" for fault in faults):
                faults.append(words.fault(place, "capacity", _("stands for a figure: give --capacity"), "capacity"))
        else:
            faults.append(words.fault(place, "", _("must be a number"), "number"))
    return result, faults


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise BadInputError(faults[:MOST_FAULTS])
