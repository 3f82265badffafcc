"""``scenario.toml``: sections with units, named variants laid over them, overrides of the catalogue."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from coldchain.errors import Fault
from coldchain.language import _
from coldchain.model import Assumption, Noun, dictionary
from coldchain.model.naming import Names, of_ids
from coldchain.scenario.datum import DATUMS, datum_of
from coldchain.scenario.parsing import clean, parse
from coldchain.scenario.programmes import with_programme
from coldchain.scenario.source import FILE, Source, open_source
from coldchain.schemas import schema_fault

SCHEMA = "coldchain.scenario/1"
BASE = "base"
SECTIONS = dictionary.SECTIONS
OVERRIDES = ("commodity", "depot_type", "mobile_unit", "plant", "vehicle")
HEAD = ("schema", "name", "datum", "catalogue", "notes", "assumptions", "variants")
CATALOGUES = ("shipped", "own")


@dataclass(frozen=True)
class Sections:
    """What ``scenario.toml`` says, for one variant; ``own_catalogue``: nothing is taken from the shipped one."""

    name: str
    datum: str
    notes: tuple[str, ...]
    assumptions: tuple[Assumption, ...]
    nouns: dict[str, Noun]
    overrides: dict[str, dict[str, dict[str, Any]]]
    faults: tuple[Fault, ...]
    own_catalogue: bool = False


def read_sections(source: Source, variant: str) -> Sections:
    """Read ``scenario.toml`` or the sheet of rules, lay the variant over it and check every key."""
    data, wrong = source.settings()
    if not data:
        return _broken(wrong)
    return _check(_with_variant(data, variant), [*wrong, *_head_faults(data, variant)], variant)


NAMED = {
    ("siting", "depot_types"): ("depot_type", "depot type"),
    ("siting", "mobile_units"): ("mobile_unit", "mobile unit"),
    ("siting", "plants"): ("plant", "processing plant"),
    ("routing", "collection_vehicles"): ("vehicle", "vehicle"),
    ("routing", "line_haul_vehicles"): ("vehicle", "vehicle"),
}


def with_ids(sections: Sections, names: Mapping[str, Names]) -> tuple[Sections, list[Fault]]:
    """Put ids where settings list things by name, and name what is not known."""
    nouns, faults = dict(sections.nouns), []
    for (section, key), (stem, kind) in NAMED.items():
        if section not in nouns:
            continue
        ids = []
        for text in getattr(nouns[section], key):
            match = names[stem].find(text)
            ids.append(match.id or text)
            if not match.found:
                where, code = f"{section}.{key}", f"unknown-{kind.replace(' ', '-')}"
                faults.append(Fault(FILE, None, where, text, match.message(kind), code, guess=match.guess))
        nouns[section] = nouns[section].model_copy(update={key: tuple(ids)})
    return replace(sections, nouns=nouns), faults


def variants_of(folder: Path) -> tuple[str, ...]:
    """Return the names of the variants a scenario offers, the base first."""
    return (BASE, *open_source(folder).settings()[0].get("variants", {}))


def _broken(faults: tuple[Fault, ...]) -> Sections:
    return Sections("", "wgs84", (), (), {}, {key: {} for key in OVERRIDES}, faults)


def _head_faults(data: Mapping[str, Any], variant: str) -> list[Fault]:
    faults: list[Fault] = []
    known = {*HEAD, *SECTIONS, *OVERRIDES}
    message = _("is not known here; sections are {names}").format(names=", ".join(sorted(known)))
    faults += [Fault(FILE, None, key, "", message, "unknown-key") for key in sorted(data.keys() - known)]
    stated = str(data.get("schema", ""))
    if (wrong := schema_fault(stated, SCHEMA)) is not None:
        faults.append(Fault(FILE, None, "schema", stated, wrong, "bad-schema"))
    if datum_of(str(data.get("datum", "wgs84"))) not in DATUMS:
        message = _("must be one of {names}").format(names=", ".join(DATUMS))
        faults.append(Fault(FILE, None, "datum", str(data["datum"]), message, "unknown-datum"))
    catalogue = str(data.get("catalogue", CATALOGUES[0]))
    if catalogue not in CATALOGUES:
        message = _("must be one of {names}").format(names=", ".join(CATALOGUES))
        faults.append(Fault(FILE, None, "catalogue", catalogue, message, "unknown-catalogue"))
    notes = data.get("notes", [])
    if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
        faults.append(Fault(FILE, None, "notes", str(notes), _("must be a list of texts"), "invalid"))
    offered = data.get("variants", {})
    if not isinstance(offered, dict):
        return [*faults, Fault(FILE, None, "variants", str(offered), _("must be a table of variants"), "invalid")]
    if variant != BASE and variant not in offered:
        message = _("there is no such variant; there are {names}").format(names=", ".join([BASE, *offered]))
        guess = of_ids([BASE, *offered]).find(variant).guess
        faults.append(Fault(FILE, None, "variant", variant, message, "unknown-variant", guess=guess))
    for name, layer in offered.items():
        faults += _layer_faults(name, layer, data)
    return faults


def _layer_faults(name: str, layer: Any, data: Mapping[str, Any]) -> list[Fault]:
    """Check every variant, not only the one asked for, so that every fault shows at once."""
    if not isinstance(layer, dict):
        return [Fault(FILE, None, f"variants.{name}", str(layer), _("must be a table"), "invalid")]
    faults: list[Fault] = []
    strange = sorted(layer.keys() - {*SECTIONS, *OVERRIDES})
    faults += [Fault(FILE, None, f"variants.{name}.{key}", "", _("is not a section"), "unknown-key") for key in strange]
    named = sorted(layer.keys() & SECTIONS.keys())
    for key in named:
        merged = _merge(data.get(key, {}), layer[key])
        faults += _section(key, merged, f"variants.{name}.")[1]
    base = {str(f) for key in named for f in _section(key, data.get(key, {}), "")[1]}
    return [f for f in faults if str(f).replace(f"variants.{name}.", "") not in base]


def _with_variant(data: Mapping[str, Any], variant: str) -> dict[str, Any]:
    layers = data.get("variants", {})
    layer = layers.get(variant, {}) if isinstance(layers, dict) else {}
    merged = _merge({key: value for key, value in data.items() if key != "variants"}, layer)
    return dict(merged) if isinstance(merged, dict) else {}


def _merge(base: Any, layer: Any) -> Any:
    """Lay one tree over another; lists and single values are replaced."""
    if not (isinstance(base, dict) and isinstance(layer, dict)):
        return copy.deepcopy(layer)
    merged = dict(base)
    for key, value in layer.items():
        merged[key] = _merge(base[key], value) if key in base else copy.deepcopy(value)
    return merged


def _check(data: Mapping[str, Any], faults: list[Fault], variant: str) -> Sections:
    nouns: dict[str, Noun] = {}
    told = set(faults)
    for key in SECTIONS:
        noun, wrong = _section(key, data.get(key, {}), "")
        faults += [f for f in wrong if replace(f, column=f"variants.{variant}.{f.column}") not in told]
        if noun is not None:
            nouns[key] = noun
    overrides: dict[str, dict[str, dict[str, Any]]] = {}
    for key in OVERRIDES:
        table = data.get(key, {})
        if not isinstance(table, dict) or not all(isinstance(row, dict) for row in table.values()):
            faults.append(
                Fault(FILE, None, key, str(table), _("must hold tables [{key}.ID]").format(key=key), "invalid")
            )
            table = {}
        overrides[key] = table
    given = data.get("notes", ())
    notes = tuple(map(str, given)) if isinstance(given, list) else ()
    name, datum = clean(str(data.get("name", ""))), datum_of(str(data.get("datum", "wgs84")))
    assumptions, wrong = _assumptions(data.get("assumptions", []))
    faults += wrong
    own = data.get("catalogue") == "own"
    return Sections(name, datum, notes, assumptions, nouns, overrides, tuple(faults), own)


def _assumptions(given: Any) -> tuple[tuple[Assumption, ...], list[Fault]]:
    """Read the tables ``[[assumptions]]``."""
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        message = _("must hold tables [[assumptions]] with what, figure and source")
        return (), [Fault(FILE, None, "assumptions", str(given), message, "invalid")]
    read = [parse(Assumption, one, FILE, None) for one in given]
    faults = [replace(fault, column=f"assumptions.{fault.column}") for _noun, wrong in read for fault in wrong]
    return tuple(noun for noun, _wrong in read if noun is not None), faults


def _section(key: str, values: Any, prefix: str) -> tuple[Noun | None, list[Fault]]:
    if not isinstance(values, dict):
        return None, [Fault(FILE, None, f"{prefix}{key}", str(values), _("must be a section"), "invalid")]
    values, strange = with_programme(values, FILE) if key == "subsidy" else (values, [])
    noun, wrong = parse(SECTIONS[key], values, FILE, None)
    wrong = [*strange, *wrong]
    where = f"{prefix}{key}"
    return noun, [replace(f, row=None, column=f"{where}.{f.column}" if f.column else where) for f in wrong]
