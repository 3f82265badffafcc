"""Games from a JSON file: a table of group costs or profits, a voting game, or users of one fixed cost.

::

    {"kind": "cost", "players": ["甲", "乙"], "values": {"甲": 5, "乙": 4, "甲+乙": 7}}

A group is written as its members' names, one after another or with one of ``+ , ; |`` or spaces between them, or as a
JSON list when names contain these. ``values`` may also be a list of ``{"members": [...], "value": 7}``. Numbers may be
texts such as ``"8/3"``. Optional: ``id``, ``volumes`` (by name), ``unions`` (lists of names).
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from coldchain.arrays import Floats
from coldchain.errors import BadInputError, Fault
from coldchain.inputs import read_json
from coldchain.language import _
from coldchain.sharing.airport import Airport
from coldchain.sharing.game import LARGEST_TABLE, Game, mask_of, sums

SEPARATORS = "+,;| "
SHOWN_MISSING = 20
MOST_VALUE = 1e13  # a fen of it is still told apart
KINDS = ("cost", "profit", "simple", "airport")


def read_game(path: Path, name: str | None = None) -> Game | Airport:
    """Read one game.

    Parameters
    ----------
    name : ``id`` of the game, where the file is a list of several

    Returns
    -------
    Game or Airport
        The latter for users of one fixed cost who are too many for a table.

    Raises
    ------
    BadInputError
        With every fault: missing, unknown or doubled groups, names given twice, values that are not finite numbers.
    """
    reader = _GameReader(path.name)
    game = reader.game(_one(reader, _load(reader, path), name))
    if reader.faults or game is None:
        raise BadInputError(reader.faults)
    return game


def _load(reader: _GameReader, path: Path) -> Any:
    return read_json(path, reader.object)


def _one(reader: _GameReader, content: Any, name: str | None) -> Any:
    if not isinstance(content, list):
        return content
    named = {str(item.get("id", n)): item for n, item in enumerate(content) if isinstance(item, dict)}
    if name is None and len(named) == 1:
        return next(iter(named.values()))
    if name in named:
        return named[name]
    told = _("must name one of the games of the file: {names}").format(names=", ".join(named))
    reader.fault("id", name or "", told, "unknown-game")
    raise BadInputError(reader.faults)


class _GameReader:
    """Collects faults while it reads."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def fault(self, column: str, value: object, message: str, code: str) -> None:
        self.faults.append(Fault(self.file, None, column, str(value), message, code))

    def object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Build a JSON object, noting keys that stand in it twice."""
        keys = [key for key, _value in pairs]
        for key in {key for key in keys if keys.count(key) > 1} if len(set(keys)) < len(keys) else ():
            self.fault("values", key, _("stands in the file twice"), "duplicate-key")
        return dict(pairs)

    def number(self, column: str, value: Any) -> float:
        """Read a finite number or a fraction as text; anything else is a fault and counts as 0."""
        try:
            given = "" if isinstance(value, bool) else value
            figure = float(Fraction(given)) if isinstance(given, str) and "/" in given else float(given)
        except (TypeError, ValueError, ZeroDivisionError, OverflowError):
            self.fault(column, value, _("must be a number"), "not-a-number")
            return 0.0
        if not math.isfinite(figure):
            self.fault(column, value, _("must be a finite number"), "not-finite")
            return 0.0
        if abs(figure) > MOST_VALUE:
            told = _("must be at most {most:g} in size: beyond it amounts are no longer exact")
            self.fault(column, value, told.format(most=MOST_VALUE), "out-of-range")
            return 0.0
        return figure

    def game(self, content: Any) -> Game | Airport | None:
        """Read the object of a game."""
        if not isinstance(content, dict):
            told = _("must be an object with kind, players and values")
            self.fault("", type(content).__name__, told, "not-a-game")
            return None
        kind = content.get("kind")
        if kind not in KINDS:
            self.fault("kind", kind, _("must be one of {names}").format(names=", ".join(KINDS)), "unknown-kind")
            return None
        players = self._players(content, kind)
        if not players:
            return None
        if kind == "airport" and len(players) > LARGEST_TABLE:
            return Airport(players, self._needs(content, players), str(content.get("id", "")))
        values = {"simple": self._simple, "airport": self._airport}.get(kind, self._table)(content, players)
        volume = self._volume(content, players)
        unions = self._unions(content, players)
        told = "profit" if kind in {"profit", "simple"} else "cost"
        return Game(players, told, values, volume, unions, str(content.get("id", "")))  # type: ignore[arg-type]

    def _players(self, content: Mapping[str, Any], kind: str) -> tuple[str, ...]:
        given = content.get("players")
        if given is None and kind == "simple" and isinstance(content.get("weights"), list):
            given = [str(n + 1) for n in range(len(content["weights"]))]
        if not isinstance(given, list) or not given:
            self.fault("players", given, _("must be a list with at least one name"), "no-players")
            return ()
        names = tuple(str(name) for name in given)
        for name in dict.fromkeys(names):
            if names.count(name) > 1 or not name:
                told = _("must be a name that stands in the list once")
                self.fault("players", name, told, "duplicate-player")
        if len(names) > LARGEST_TABLE and kind != "airport":
            told = _(
                "a table holds at most {most} members, {groups:,} groups do not fit; "
                "join some into one, or share a scenario: up to 30"
            ).format(most=LARGEST_TABLE, groups=2 ** len(names))
            self.fault("players", len(names), told, "too-many-players")
        return () if self.faults else names

    def _table(self, content: Mapping[str, Any], players: tuple[str, ...]) -> Floats:
        values = np.zeros(1 << len(players))
        seen: set[int] = {0}
        for group, value in self._entries(content.get("values")):
            mask = self._mask(group, players)
            if mask is None:
                continue
            if mask in seen and mask:
                self.fault("values", group, _("the same group stands in the table twice"), "duplicate-group")
            seen.add(mask)
            values[mask] = self.number(f"values.{group}", value)
        if values[0]:
            self.fault("values", values[0], _("the empty group must be worth 0"), "empty-group")
        missing = [mask for mask in range(len(values)) if mask not in seen] if len(seen) < len(values) else []
        for mask in missing[:SHOWN_MISSING]:
            names = " + ".join(players[i] for i in range(len(players)) if mask >> i & 1)
            self.fault("values", names, _("this group is missing from the table"), "missing-group")
        if len(missing) > SHOWN_MISSING:
            self.fault("values", "", _("{count} groups are missing in all").format(count=len(missing)), "missing-group")
        return values

    def _entries(self, values: Any) -> Iterator[tuple[Any, Any]]:
        if isinstance(values, dict):
            yield from values.items()
        elif isinstance(values, list) and all(isinstance(v, dict) and {"members", "value"} <= v.keys() for v in values):
            yield from ((item["members"], item["value"]) for item in values)
        else:
            told = _("must map groups to numbers, or be a list of members and value")
            self.fault("values", type(values).__name__, told, "no-values")

    def _mask(self, group: Any, players: tuple[str, ...]) -> int | None:
        """Read a group: a list of names, or a text that can be cut into names in one way only."""
        if isinstance(group, str) and group.lstrip().startswith("[") and group not in players:
            with contextlib.suppress(ValueError):
                group = json.loads(group)
        if isinstance(group, list):
            ways = {tuple(sorted(str(name) for name in group))} if set(map(str, group)) <= set(players) else set()
        else:
            ways = _cuts(str(group), players)
        masks = {mask_of([players.index(name) for name in way]) for way in ways if len(set(way)) == len(way)}
        if len(masks) == 1:
            return masks.pop()
        several = _("can be read as several groups; write a list of names")
        told = several if masks else _("is not a group of the players")
        self.fault("values", group, told, "unknown-group")
        return None

    def _simple(self, content: Mapping[str, Any], players: tuple[str, ...]) -> Floats:
        weights = self._numbers("weights", content.get("weights"), players)
        quota = self.number("quota", content.get("quota"))
        return np.asarray(sums(weights) >= quota, dtype=np.float64)

    def _needs(self, content: Mapping[str, Any], players: tuple[str, ...]) -> Floats:
        needs = self._numbers("needs", content.get("needs"), players)
        if (needs < 0).any():
            self.fault("needs", float(needs.min()), _("must be at least 0"), "negative-need")
        return needs

    def _airport(self, content: Mapping[str, Any], players: tuple[str, ...]) -> Floats:
        needs = self._needs(content, players)
        values = np.zeros(1 << len(players))
        for i, need in enumerate(needs):
            values[1 << i : 2 << i] = np.maximum(values[: 1 << i], need)
        return values

    def _volume(self, content: Mapping[str, Any], players: tuple[str, ...]) -> Floats | None:
        if content.get("volumes") is None:
            return None
        volume = self._numbers("volumes", content["volumes"], players)
        for name, amount in zip(players, volume, strict=True):
            if amount < 0:
                self.fault(f"volumes.{name}", amount, _("must be at least 0"), "negative-volume")
        return volume

    def _numbers(self, column: str, given: Any, players: tuple[str, ...]) -> Floats:
        if isinstance(given, list) and len(given) == len(players):
            given = dict(zip(players, given, strict=True))
        if not isinstance(given, dict) or set(map(str, given)) != set(players):
            self.fault(column, "", _("must give one number for each player"), "wrong-names")
            return np.zeros(len(players))
        return np.array([self.number(f"{column}.{name}", given[name]) for name in players])

    def _unions(self, content: Mapping[str, Any], players: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
        unions = content.get("unions")
        if unions is None:
            return ()
        named = [str(name) for union in unions for name in union] if _is_lists(unions) else []
        if sorted(named) != sorted(players):
            self.fault("unions", unions, _("must name every player in exactly one union"), "unions")
            return ()
        return tuple(tuple(players.index(str(name)) for name in union) for union in unions if union)


def _is_lists(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, list) for item in value)


def _cuts(text: str, players: Sequence[str]) -> set[tuple[str, ...]]:
    """Return the ways to cut a text into names, as sorted tuples; separators may stand between names.

    >>> sorted(_cuts("12", ["1", "2"]))
    [('1', '2')]
    >>> sorted(_cuts("12", ["1", "2", "12"]))
    [('1', '2'), ('12',)]
    """
    ways: list[set[tuple[str, ...]]] = [set() for _end in range(len(text) + 1)]
    ways[0].add(())
    for at in range(len(text)):
        for way in ways[at]:
            for name in players:
                if name not in way and text.startswith(name, at):
                    ways[at + len(name)].add(tuple(sorted((*way, name))))
        if text[at] in SEPARATORS:
            ways[at + 1] |= ways[at]
    return ways[-1]
