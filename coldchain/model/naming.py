"""What people call things: one resolver of ids and names, for the cells of files and for options alike.

A text is tried as an id, as a name, as a name with its township or county, as a part of a name that only one thing has;
what is left gets the nearest names as a guess. A name that several things share is never decided: names are labels.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from coldchain.errors import UsageError
from coldchain.language import N_, _, language, plural
from coldchain.model.crop_words import words_for
from coldchain.model.goods import Commodity
from coldchain.model.places import Place
from coldchain.model.scenario import Scenario
from coldchain.model.seasons import months_in

How = Literal["id", "name", "part", "many", "none"]
LEAST_PART, LEAST_INSIDE = 2, 3
MOST_CANDIDATES, MOST_SEARCHES = 5, 60
LEAST_ALIKE, NEARLY = 0.6, 0.1
BRACKETS = re.compile(r"[(（].*?[)）]")
PADDING = re.compile(r"[\s_]+")
COMMITTEE = re.compile(r"村?(?:村民委员会|村委会|行政村)$")
MANY = {
    "village": N_("several villages are called so"),
    "site": N_("several sites are called so"),
    "depot": N_("several depots are called so"),
    "commodity": N_("several crops are called so"),
    "period": N_("covers several periods; divide the amount between them"),
    "depot type": N_("several depot types fit"),
    "vehicle": N_("several vehicle types fit"),
}
UNKNOWN = {
    "village": N_("is not a known village"),
    "site": N_("is not a known site"),
    "depot": N_("is not an open depot"),
    "hub": N_("is not a known hub"),
    "workplace": N_("is neither a site nor the county of one"),
    "commodity": N_("is not a known commodity"),
    "period": N_("is not a known period"),
    "depot type": N_("is not a known depot type"),
    "mobile unit": N_("is not a known mobile unit"),
    "processing plant": N_("is not a known processing plant"),
    "vehicle": N_("is not a known vehicle"),
}


@dataclass(frozen=True)
class Named:
    """A thing with what it is called: its id, its names, the one it is shown by first, and names in a wider place.

    ``kinds`` are words for what it merely stands for, such as citrus for ponkan.
    """

    id: str
    names: tuple[str, ...] = ()
    wider: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name with the id behind it."""
        return labelled(self.id, next(filter(None, self.names), ""))


@dataclass(frozen=True)
class Match:
    """What a text was found to mean.

    Attributes
    ----------
    how : by its ``id``, its ``name``, a ``part`` of it that is unique; ``many`` things fit, or ``none``
    id : of the thing, empty where many or none fit
    candidates : labels of what is meant, of those that fit, or of the nearest
    """

    how: How
    id: str = ""
    candidates: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        """Whether the text means one thing."""
        return self.how in ("id", "name", "part")

    def message(self, kind: str) -> str:
        """Return why it means no one thing, of a kind such as ``village``."""
        return _(MANY.get(kind, N_("several fit"))) if self.how == "many" else _(UNKNOWN[kind])

    @property
    def guess(self) -> str:
        """Return the candidates as a phrase; empty when there are none."""
        if not self.candidates:
            return ""
        listed = _(", ").join(self.candidates[:MOST_CANDIDATES])
        if self.how == "many":
            rest = len(self.candidates) - MOST_CANDIDATES
            more = _(" and {count} more").format(count=rest) if rest > 0 else ""
            return _("{listed}; give the id").format(listed=listed + more)
        return _("did you mean {listed}?").format(listed=listed)


def labelled(key: str, name: str) -> str:
    """Return how a thing is shown to people: its name, and its id in brackets.

    Examples
    --------
    >>> labelled("V07", "Guanzhuang"), labelled("V07", ""), labelled("cold", "cold")
    ('Guanzhuang (V07)', 'V07', 'cold')
    """
    return _("{name} ({id})").format(name=name, id=key) if name and name != key else key


@dataclass
class Names:
    """Everything of one kind that can be named.

    Examples
    --------
    >>> names = Names([Named("V1", ("官庄村",), ("锦和镇官庄村",)), Named("V2", ("新民村",)), Named("V3", ("新民村",))])
    >>> [names.find(text).id for text in ("V1", "官庄村", "锦和镇官庄村", "官庄")]
    ['V1', 'V1', 'V1', 'V1']
    >>> names.find("新民村").guess, names.find("管庄村").guess
    ('新民村 (V2), 新民村 (V3); give the id', 'did you mean 官庄村 (V1)?')
    """

    things: Iterable[Named]
    by_id: dict[str, Named] = field(init=False)
    _levels: list[dict[str, dict[str, Named]]] = field(init=False)
    _known: dict[str, Match] = field(init=False, default_factory=dict)
    _searches: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Index ids, names, wider names and parts of names, in the order in which they count."""
        self.by_id = {}
        ids, names, wider, parts = (defaultdict[str, dict[str, Named]](dict) for _level in range(4))
        for thing in self.things:
            if not thing.id:
                continue
            self.by_id.setdefault(thing.id, thing)
            ids[folded(thing.id)][thing.id] = thing
            for name in filter(None, thing.names):
                ids[folded(f"{name}({thing.id})")][thing.id] = thing
                names[folded(name)][thing.id] = thing
                for part in aliases(name):
                    parts[part][thing.id] = thing
            for name in filter(None, thing.wider):
                wider[folded(name)][thing.id] = thing
        self._levels = [ids, names, wider, parts]

    @property
    def labels(self) -> tuple[str, ...]:
        """Every thing by name and id."""
        return tuple(thing.label for thing in self.by_id.values())

    def label(self, key: str) -> str:
        """Return name and id of a thing; what is not known as it is."""
        return self.by_id[key].label if key in self.by_id else key

    def find(self, text: str) -> Match:
        """Return what a text means."""
        if text in self.by_id:
            return Match("id", text, (self.by_id[text].label,))
        if text not in self._known:
            self._known[text] = self._search(text)
        return self._known[text]

    def _search(self, text: str) -> Match:
        wanted = folded(text)
        if not wanted:
            return Match("none")
        for level in self._levels:
            if hit := level.get(wanted):
                return _decided(hit, "name")
        self._searches += 1
        if self._searches > MOST_SEARCHES:
            return Match("none")
        inside = {
            key: thing
            for name, things in self._levels[1].items()
            if not wanted.isdigit()
            if len(wanted) >= LEAST_PART
            and (name.startswith(wanted) or (len(wanted) >= LEAST_INSIDE and wanted in name))
            for key, thing in things.items()
        }
        return _decided(inside, "part") if inside else Match("none", "", self._near(text, wanted))

    def _near(self, text: str, wanted: str) -> tuple[str, ...]:
        """Return what looks alike: an id that lost its zeros, else names within the text, else similar spellings."""
        bare = [thing for key, thing in self.by_id.items() if key.lstrip("0") == text.lstrip("0")]
        if bare:
            return tuple(thing.label for thing in bare)
        spellings = {**self._levels[3], **self._levels[1], **self._levels[0]}
        held = sorted((name for name in self._levels[1] if name in wanted), key=len, reverse=True)
        close = _alike(wanted, spellings)
        found = [thing.label for name in (*held, *close) for thing in spellings.get(name, {}).values()]
        return tuple(dict.fromkeys(found))[:3]


def _alike(wanted: str, spellings: Iterable[str]) -> list[str]:
    """Return the spelling that is most alike, and those nearly as much."""
    close = difflib.get_close_matches(wanted, list(spellings), 3, LEAST_ALIKE)
    ratio = {one: difflib.SequenceMatcher(None, one, wanted).ratio() for one in close}
    return [one for one in close if ratio[one] > ratio[close[0]] - NEARLY]


def _decided(hit: Mapping[str, Named], how: Literal["name", "part"]) -> Match:
    labels = tuple(thing.label for thing in hit.values())
    return Match(how, next(iter(hit)), labels) if len(hit) == 1 else Match("many", "", labels)


def folded(text: str) -> str:
    """Fold a name so that case, width, blanks, dashes and the words for a village committee do not matter.

    Examples
    --------
    >>> folded("官庄村村委会"), folded("Cold  Room－200"), folded("夏季（6–8 月）")
    ('官庄村', 'coldroom-200', '夏季(6-8月)')
    """
    if text.isascii():
        return PADDING.sub("", text).lower().replace("~", "-")
    plain = PADDING.sub("", unicodedata.normalize("NFKC", text)).casefold()
    return COMMITTEE.sub("村", re.sub("[‐-―−~～]", "-", plain))


def aliases(name: str) -> tuple[str, ...]:
    """Return the parts of a name that stand for it: what is before, within and between brackets and strokes.

    Examples
    --------
    >>> aliases("辣椒(线椒/尖椒)"), aliases("官庄村")
    (('辣椒', '线椒', '尖椒'), ())
    """
    parts = tuple(part for part in re.split(r"[(/)]", folded(name)) if part)
    return parts if len(parts) > 1 else ()


@dataclass
class PeriodNames(Names):
    """Periods, also by months or a season within one of them: 7月 and 夏天 for 夏季（6–8 月）."""

    def _search(self, text: str) -> Match:
        match = super()._search(text)
        wanted = {*months_in(text)}
        if match.found or match.how == "many" or not wanted:
            return match
        held = {thing.id: (thing, {*months_in(" ".join((*thing.names, thing.id)))}) for thing in self.by_id.values()}
        whole = {key: thing for key, (thing, months) in held.items() if wanted <= months}
        touched = {key: thing for key, (thing, months) in held.items() if wanted & months}
        return _decided(whole or touched, "part") if whole or len(touched) > 1 else match


@dataclass
class CropNames(Names):
    """Crops, also by words for a kind, and by a longer word for a variety: 柑橘 for ponkan, 红心猕猴桃 for kiwifruit.

    Examples
    --------
    >>> names = CropNames([Named("ponkan", ("椪柑",), kinds=("柑橘",)), Named("kiwifruit", ("猕猴桃",))])
    >>> [(match.id, match.how) for match in map(names.find, ("椪柑", "柑橘", "红心猕猴桃", "稻"))]
    [('ponkan', 'name'), ('ponkan', 'part'), ('kiwifruit', 'part'), ('', 'none')]
    """

    words: dict[str, dict[str, Named]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Index the words for kinds too."""
        self.things = tuple(self.things)
        super().__post_init__()
        for thing in self.things:
            for word in thing.kinds:
                self.words.setdefault(folded(word), {})[thing.id] = thing

    def _search(self, text: str) -> Match:
        match = self.whole(text)
        return match if match.how != "none" else super()._search(text)

    def whole(self, text: str) -> Match:
        """Return what a text means that is a name, a word for a kind, or a longer word around either."""
        wanted = folded(BRACKETS.sub("", text)) or folded(text)
        for level in (*self._levels, self.words):
            if hit := level.get(folded(text)) or level.get(wanted):
                return _decided(hit, "part" if level is self.words else "name")
        known = {**self.words, **self._levels[3], **self._levels[1]}
        held = [name for name in known if len(name) >= LEAST_PART and _holds(wanted, name)]
        return _decided(known[max(held, key=len)], "part") if held else Match("none")


def _holds(text: str, name: str) -> bool:
    """Tell whether a name is part of a text; in Latin letters up to the end of a word, also in the plural.

    >>> _holds("红心猕猴桃", "猕猴桃"), _holds("cherrytomatoes", "tomato"), _holds("tomatoe", "tomato")
    (True, True, False)
    """
    return bool(re.search(rf"{name}(?:e?s)?(?![a-z])", text)) if name.isascii() else name in text


def of_periods(pairs: Iterable[tuple[str, str]]) -> Names:
    """Return the names of periods from their ids and names."""
    return PeriodNames([Named(key, (name,)) for key, name in pairs])


def of_places(places: Iterable[Place]) -> Names:
    """Return the names of places: their own, and with township or county before."""
    return Names(
        [Named(one.id, (one.name,), wider_names(one.name, getattr(one, "town", ""), one.county)) for one in places]
    )


def of_ids(keys: Iterable[str]) -> Names:
    """Return the names of what has no name but its id: variants, programmes, members, counties."""
    return Names([Named(key) for key in keys])


def wider_names(name: str, *around: str) -> tuple[str, ...]:
    """Return a name with each place around it before, and with all of them."""
    given = [text for text in around if text]
    whole = ["".join(reversed(given))] if len(given) > 1 else []
    return tuple(f"{text}{name}" for text in (*given, *whole)) if name else ()


def asked_for(option: str, text: str, names: Names, kind: str) -> str:
    """Return the id of what an option names.

    Raises
    ------
    UsageError
        When it names nothing, or several things: with the candidates.
    """
    match = names.find(text)
    if match.found:
        return match.id
    told = plural('{option} "{text}" {message}', '{option} "{text}" {message}; {guess}', 2 if match.guess else 1)
    raise UsageError(told.format(option=option, text=text, message=match.message(kind), guess=match.guess))


def crops_of(scenario: Scenario) -> Names:
    """Return the names of a scenario's crops, in both languages."""
    return CropNames([named_crop(one) for one in scenario.commodities])


def named_crop(crop: Commodity) -> Named:
    """Return a crop with its names in both languages and the words that it stands for."""
    return Named(crop.id, crop_names(crop), kinds=words_for(crop.id))


def crop_names(crop: Commodity) -> tuple[str, str]:
    """Return the names of a crop, that of the language spoken first."""
    return (crop.name_zh, crop.name) if language() == "zh" else (crop.name, crop.name_zh)
