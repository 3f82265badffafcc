"""Cells that name something in another table: a village, a crop, a period, the modules that stand at a site.

Each is read where its row is read, whatever else is wrong with the row, so that every unknown name shows at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from coldchain.language import LANGUAGES, _, speaking
from coldchain.language.ids import word
from coldchain.model import Commodity, Cooler, DepotType, Noun
from coldchain.model.naming import CropNames, Match, Named, Names, named_crop, of_periods, wider_names
from coldchain.model.seasons import months_in
from coldchain.scenario.tables import RawTable

PART = re.compile(r"[;；、+＋\n]|[,，](?!\d{3})")
COUNTED = (
    re.compile(r"(?P<n>\d{1,40})\s*[×xX*✕]\s*(?P<name>.+)"),
    re.compile(r"(?P<name>.+?)\s*[:：×xX*✕]\s*(?P<n>\d{1,40})\s*[座间个套台]?"),
    re.compile(r"(?P<name>.*[^\d\s])\s*(?P<n>\d{1,40})\s*[座间个套台]"),
    re.compile(r"(?P<n>\d{1,40})\s*[座间个套台]\s*(?P<name>.+)"),
)
SIZE = re.compile(r"(\d+)\s*(?:立方米|立方|方|m³|m3)", re.IGNORECASE)
WARMTH = re.compile(r"([+-]?\d+)\s*(?:℃|°c|度)", re.IGNORECASE)


@dataclass(frozen=True)
class Reading:
    """A cell as the model wants it, and what there is to say about it; no code when there is nothing."""

    text: str
    code: str = ""
    message: str = ""
    guess: str = ""
    warning: bool = False


class Reference(Protocol):
    """Reads the cells of one column that names something elsewhere."""

    def read(self, text: str) -> Reading:
        """Return the ids a cell means."""


@dataclass(frozen=True)
class Remembered:
    """What reads a column and reads each text once."""

    read: Callable[[str], Reading]


def remembered(references: Mapping[str, Reference]) -> dict[str, Reference]:
    """Return what reads the columns of one table."""
    return {name: Remembered(cache(one.read)) for name, one in references.items()}


@dataclass(frozen=True)
class NameReference:
    """A column that holds one id or name of a kind such as ``village``; nothing is known while ``names`` is empty."""

    kind: str
    names: Names

    def read(self, text: str) -> Reading:
        """Return the id a cell means."""
        match = self.names.find(text)
        if match.how == "part":
            taken = _("is taken for {label}").format(label=match.candidates[0])
            return Reading(match.id, "taken-for", taken, warning=True)
        if match.found or not self.names.by_id:
            return Reading(match.id or text)
        code = f"ambiguous-{self.kind}" if match.how == "many" else f"unknown-{self.kind}"
        return Reading(text, code, match.message(self.kind), match.guess or self._choice())

    def _choice(self) -> str:
        """Return what may be written instead; of long lists nothing."""
        listed = _(", ").join(self.names.labels)
        if self.kind == "period":
            return _("there are {listed}").format(listed=listed)
        if self.kind == "commodity":
            return _("add it to the table of commodities, or use one of {listed}").format(listed=listed)
        return ""


@dataclass(frozen=True)
class ListReference:
    """A column that holds several ids or names of a kind."""

    one: NameReference

    def read(self, text: str) -> Reading:
        """Return the ids a cell means, separated by semicolons; of what is wrong with them the first."""
        parts = [piece.strip() for piece in PART.split(text)]
        read = [self.one.read(part) for part in parts if part]
        wrong = next((one for one in read if one.code and not one.warning), None)
        if wrong is not None:
            return Reading(text, wrong.code, _('"{part}": {message}').format(part=wrong.text, message=wrong.message),
                           wrong.guess)  # fmt: skip
        doubt = next((one for one in read if one.code), Reading(""))
        return Reading(";".join(one.text for one in read), doubt.code, doubt.message, doubt.guess, doubt.warning)


class MonthsReference:
    """A column of months: numbers, a span such as 9-11月, or a season."""

    def read(self, text: str) -> Reading:
        """Return the numbers of the months, separated by semicolons.

        Examples
        --------
        >>> [MonthsReference().read(text).text for text in ("9;10", "9-11月", "秋", "13")]
        ['9;10', '9;10;11', '9;10;11', '13']
        """
        parts = [piece.strip() for piece in PART.split(text)]
        if all(part.isdigit() for part in parts if part):
            return Reading(";".join(part for part in parts if part))
        return Reading(";".join(map(str, months_in(text))) or text)


@dataclass(frozen=True)
class ModulesReference:
    """A column of depot types with counts, in ids or in the words that reports print."""

    types: Names
    kinds: Mapping[str, Noun]

    def read(self, text: str) -> Reading:
        """Return modules as ``type:count;type:count``."""
        counts: dict[str, int] = {}
        for part in filter(None, (piece.strip() for piece in PART.split(text))):
            name, number = counted(part)
            match = self.find(name)
            if not match.found:
                message = _('"{part}": {message}').format(part=part, message=match.message("depot type"))
                return Reading(text, "unknown-depot-type", message, match.guess)
            counts[match.id] = counts.get(match.id, 0) + number
        return Reading(";".join(f"{key}:{count}" for key, count in counts.items()))

    def find(self, name: str) -> Match:
        """Return the depot type a text means: by its name, else by the size, method and temperature it tells of."""
        match = self.types.find(name)
        size, warmth = SIZE.search(name), WARMTH.search(name)
        if match.found or match.how == "many" or size is None:
            return match
        fitting = {
            key: kind
            for key, kind in self.kinds.items()
            if isinstance(kind, DepotType)
            and kind.net_m3 == float(size[1])
            and (warmth is None or kind.temp_c == float(warmth[1]))
            and _tells(name, kind)
        }
        labels = tuple(self.types.label(key) for key in fitting)
        if len(fitting) == 1:
            return Match("part", next(iter(fitting)), labels)
        return Match("many", "", labels) if fitting else match


def _tells(text: str, kind: DepotType) -> bool:
    """Tell whether a text names no other cooling method and no other zone than those of a depot type."""
    plain = text.replace(" ", "").lower()
    for own, others in ((kind.method, ("forced_air", "vacuum", "hydro")), (kind.zone, ("cold", "cool", "mild"))):
        said = {other for other in others if any(name in plain for name in _spoken(other))}
        if said and own not in said:
            return False
    return True


def _spoken(key: str) -> set[str]:
    """Return what a zone or a method is called, in every language."""
    found = set()
    for lang in LANGUAGES:
        with speaking(lang):
            found.add(word(key).replace(" ", ""))
    return {name for name in found if name}


def counted(part: str) -> tuple[str, int]:
    """Part a piece such as ``2 × hall``, ``hall:2`` or 冷库200立方米2座 into name and count.

    Examples
    --------
    >>> counted("2 × hall"), counted("hall:2"), counted("冷库200立方米2座"), counted("hall")
    (('hall', 2), ('hall', 2), ('冷库200立方米', 2), ('hall', 1))
    """
    for pattern in COUNTED:
        if found := pattern.fullmatch(part):
            return found["name"].strip(), int(found["n"])
    return part, 1


FORMER_ZONES = {"cold": "低温", "cool": "冷凉", "mild": "常凉"}
"""What reports called the temperature zones before; workbooks filled in then are still read."""


def depot_type_names(kinds: Mapping[str, Noun], more: Iterable[str] = ()) -> Names:
    """Return the names of depot types: their own, and those of reports in every language."""
    return Names([*(Named(key, (getattr(kind, "name", ""), *_reported(kind))) for key, kind in kinds.items()),
                  *(Named(key) for key in more if key not in kinds)])  # fmt: skip


def _reported(kind: Noun) -> tuple[str, ...]:
    if not isinstance(kind, DepotType) or not isinstance(kind, Cooler):
        return ()
    names = []
    for lang in LANGUAGES:
        with speaking(lang):
            facts = {"method": word(kind.method), "size": f"{kind.net_m3:g}"}
            former = [FORMER_ZONES[kind.zone]] if lang == "zh" and kind.zone in FORMER_ZONES else []
            zones = (word(kind.zone), *former)
            names += [_("{zone} {method} {size} m³").format(zone=zone, **facts) for zone in zones]
    return tuple(names)


def catalogue_names(kinds: Mapping[str, Noun], more: Iterable[str] = ()) -> Names:
    """Return the names of the things of a catalogue, in both languages, and ids whose rows are faulty."""
    crops = [named_crop(item) for item in kinds.values() if isinstance(item, Commodity)]
    other = [Named(key, (getattr(item, "name", ""),)) for key, item in kinds.items() if not isinstance(item, Commodity)]
    bare = [Named(key) for key in more if key not in kinds]
    return CropNames([*crops, *bare]) if crops else Names([*other, *bare])


def table_names(stem: str, raw: RawTable) -> Names:
    """Return the names of the rows of a table, good and bad: villages, sites, hubs or periods."""
    rows: Sequence[Mapping[str, str]] = (*(cells for _line, cells in raw.rows), *raw.maimed)
    if stem == "periods":
        return of_periods((row.get("id", ""), row.get("name", "")) for row in rows)
    return Names(
        Named(
            row.get("id", ""),
            (name := row.get("name", ""),),
            wider_names(name, row.get("town", ""), row.get("county", "")),
        )
        for row in rows
        if row.get("id")
    )
