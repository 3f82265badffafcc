"""Read a scenario folder: sections, tables, catalogue and overrides, every fault of all of them together."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from coldchain.arrays import Floats
from coldchain.errors import BadInputError, Fault
from coldchain.language import _
from coldchain.model import (
    Commodity,
    Crew,
    DepotType,
    Harvest,
    Hub,
    Keeping,
    Landmark,
    Mast,
    MobileUnit,
    Noun,
    Period,
    Place,
    Plant,
    Scenario,
    Site,
    VehicleType,
    Village,
)
from coldchain.model.naming import Named, Names
from coldchain.scenario import checks
from coldchain.scenario.datum import DATUMS, to_wgs84
from coldchain.scenario.naming import odd_ids
from coldchain.scenario.ordering import in_order, kinds_in_order
from coldchain.scenario.parsing import parse
from coldchain.scenario.plausible import doubts
from coldchain.scenario.references import (
    ListReference,
    ModulesReference,
    MonthsReference,
    NameReference,
    Reference,
    catalogue_names,
    depot_type_names,
    table_names,
)
from coldchain.scenario.sections import BASE, SECTIONS, Sections, read_sections, with_ids
from coldchain.scenario.source import FILE, Source, open_source, road_files, scenario_path
from coldchain.scenario.tables import Row, parse_rows, read_nouns

N = TypeVar("N", bound=Noun)
P = TypeVar("P", bound=Place)
UNDECIDING = re.compile(rb"^\[(?:papers|bookings)\][^\n]*\n.*?(?=^\[|\Z)", re.MULTILINE | re.DOTALL)
CATALOGUE: dict[str, tuple[str, type[Noun]]] = {
    "commodity": ("commodities", Commodity),
    "depot_type": ("depot_types", DepotType),
    "mobile_unit": ("mobile_units", MobileUnit),
    "plant": ("plants", Plant),
    "vehicle": ("vehicles", VehicleType),
}
STRENGTHS, ANCHOR = frozenset({"ea_kj_mol", "q10"}), "warm_life_d"
"""A stated Ea or Q10 takes the place of the catalogue's warm anchor, which would go before it."""
OPTIONAL: dict[str, type[Noun]] = {"storage": Keeping, "people": Crew, "landmarks": Landmark, "masts": Mast}
PLACES: dict[str, type[Place]] = {"villages": Village, "sites": Site, "hubs": Hub}


@dataclass(frozen=True)
class Typed:
    """A row of the scenario's own catalogue: where it stands and which of its figures differ from the shipped ones."""

    file: str
    line: int | None
    prefix: str
    noun: Noun
    given: frozenset[str]


@dataclass
class Tables:
    """Everything read from the folder, before it is put together.

    ``names`` holds what every row of a table or thing of a catalogue is called, of faulty rows too, so that what refers
    to these is not blamed as well.
    """

    villages: list[Row[Village]] = field(default_factory=list)
    sites: list[Row[Site]] = field(default_factory=list)
    hubs: list[Row[Hub]] = field(default_factory=list)
    periods: list[Row[Period]] = field(default_factory=list)
    harvest: list[Row[Harvest]] = field(default_factory=list)
    storage: list[Row[Keeping]] = field(default_factory=list)
    people: list[Row[Crew]] = field(default_factory=list)
    landmarks: list[Row[Landmark]] = field(default_factory=list)
    masts: list[Row[Mast]] = field(default_factory=list)
    typed: list[Typed] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    names: dict[str, Names] = field(default_factory=dict)


def load(folder: str | Path, variant: str = BASE) -> tuple[Scenario, tuple[Fault, ...]]:
    """Read and check a scenario.

    Parameters
    ----------
    folder : holds ``scenario.toml`` and the tables (see docs/dictionary.md); or a workbook (see docs/workbook.md)
    variant : ``base`` or a name under ``[variants]``

    Returns
    -------
    (Scenario, warnings)

    Raises
    ------
    BadInputError
        With every fault found in the sections and in all the tables.
    """
    scenario, faults = inspect(folder, variant)
    if scenario is None or any(not fault.warning for fault in faults):
        raise BadInputError(faults)
    return scenario, faults


def inspect(folder: str | Path, variant: str = BASE) -> tuple[Scenario | None, tuple[Fault, ...]]:
    """Read a scenario as far as it can be read.

    Returns
    -------
    (Scenario, faults)
        The scenario holds the rows that are right, so that later checks can look at these too; None when there is not
        enough for one. It is fit for planning only when every fault is a warning.
    """
    return inspect_source(open_source(Path(folder)), variant)


def inspect_source(source: Source, variant: str) -> tuple[Scenario | None, tuple[Fault, ...]]:
    """Read a scenario from its tables and settings, wherever they are; returns as :func:`inspect`."""
    sections = read_sections(source, variant)
    faults = list(sections.faults)
    if not source.usable:
        return None, tuple(faults)
    tables = Tables()
    catalogue, wrong = _catalogue(source, sections, tables)
    faults += [*_read_tables(source, tables, catalogue), *wrong]
    sections, wrong = with_ids(sections, tables.names)
    faults += wrong
    faults += checks.cross_check(sections, tables, catalogue)
    enough = tables.villages and tables.sites and tables.hubs and tables.periods
    if not enough or sections.nouns.keys() != SECTIONS.keys() or sections.datum not in DATUMS:
        return None, source.located(faults)
    scenario = _assemble(source, variant, sections, tables, catalogue)
    return scenario, source.located([*faults, *doubts(scenario, sections, tables, faults)])


@cache
def catalogue_table(kind: str) -> tuple[Noun, ...]:
    """Return the shipped catalogue of a kind: ``commodity``, ``depot_type``, ``mobile_unit`` or ``vehicle``."""
    stem, noun = CATALOGUE[kind]
    with resources.as_file(resources.files("coldchain.scenario") / "catalogue" / f"{stem}.csv") as path:
        rows, faults = read_nouns(path, noun)
    if faults:
        raise BadInputError(faults)
    return tuple(row.noun for row in rows)


def input_files(folder: Path) -> tuple[Path, ...]:
    """Return every file of the scenario folder, sorted; runs and hidden files are left out.

    Of a workbook: itself and the roads it names.
    """
    folder = scenario_path(folder)
    if folder.is_file():
        return (folder, *road_files(folder))
    kept = (p for p in folder.rglob("*") if p.is_file() and p.suffix in (".toml", ".csv", ".gpkg"))
    shown = (p for p in kept if not any(part.startswith(".") for part in p.relative_to(folder).parts))
    runs = [p.parent for p in folder.rglob("summary.json")]
    kept = (p for p in shown if not any(p.is_relative_to(run) for run in runs))
    return tuple(sorted({*kept, *road_files(folder)}))


def input_hash(folder: Path, variant: str) -> str:
    """Return the SHA-256 over all input files and the variant's name."""
    return hash_of(named_files(folder), variant)


def hash_of(files: Mapping[str, Path | bytes], variant: str) -> str:
    """Return the SHA-256 over files by their names, and the variant's name; what decides no plan does not count."""
    digest = hashlib.sha256(variant.encode())
    for name, content in files.items():
        digest.update(name.encode())
        data = content if isinstance(content, bytes) else content.read_bytes()
        digest.update(hashlib.sha256(_deciding(data) if name == FILE else data).digest())
    return digest.hexdigest()


def _deciding(settings: bytes) -> bytes:
    r"""Take the sections of papers and bookings out of ``scenario.toml``, so that filling them in ages no plan.

    Examples
    --------
    >>> _deciding(b'[roads]\nsnap_m = 2\n\n[papers]\nissuer = "Bureau"\n')
    b'[roads]\nsnap_m = 2\n'
    """
    left = UNDECIDING.sub(b"", settings)
    return settings if left == settings else left.rstrip() + b"\n"


def named_files(folder: Path) -> dict[str, Path]:
    """Return every input file by its path inside the folder; a workbook by its place beside its roads."""
    folder = scenario_path(folder)
    root = folder.parent if folder.is_file() else folder
    return {path.relative_to(root).as_posix(): path for path in input_files(folder)}


def _read_tables(source: Source, tables: Tables, catalogue: Mapping[str, Mapping[str, Noun]]) -> list[Fault]:
    faults: list[Fault] = []
    wanted: dict[str, type[Noun]] = {**PLACES, "periods": Period, "harvest": Harvest, **OPTIONAL}
    for stem, noun in wanted.items():
        raw = source.table(stem, _references(stem, tables.names, {**catalogue["depot_type"], **catalogue["plant"]}))
        tables.files[stem] = source.label(stem) if raw is None else raw.file
        if raw is None:
            faults += [] if stem in OPTIONAL else [source.missing(stem)]
            continue
        tables.names[stem] = table_names(stem, raw)
        if stem == "sites":
            counties = dict.fromkeys(cells.get("county", "") for _line, cells in raw.rows)
            places = [*tables.names[stem].by_id.values(), *(Named(name) for name in counties if name)]
            tables.names["workplace"] = Names(places)
        rows, wrong = parse_rows(raw, noun)
        setattr(tables, stem, rows)
        faults += wrong
        if not rows and not wrong and stem not in OPTIONAL:
            faults.append(
                Fault(
                    raw.file,
                    None,
                    "",
                    "",
                    _("holds no {stem}; at least one row is needed").format(stem=stem),
                    "no-rows",
                )
            )
    return faults


def _references(stem: str, names: Mapping[str, Names], types: Mapping[str, Noun]) -> dict[str, Reference]:
    """Return what reads the columns of a table that name things in others."""
    if stem == "sites":
        return {"existing": ModulesReference(names["module"], types)}
    nothing = Names(())
    crops, periods = (
        NameReference("commodity", names["commodity"]),
        NameReference("period", names.get("periods", nothing)),
    )
    if stem == "harvest":
        villages = NameReference("village", names.get("villages", nothing))
        return {"village": villages, "commodity": crops, "period": periods}
    if stem == "people":
        return {"place": NameReference("workplace", names.get("workplace", nothing))}
    if stem == "landmarks":
        growing = ListReference(NameReference("village", names.get("villages", nothing)))
        return {"villages": growing, "commodities": ListReference(crops), "months": MonthsReference()}
    return {"commodity": crops, "period": periods, "until": periods} if stem == "storage" else {}


def _catalogue(source: Source, sections: Sections, tables: Tables) -> tuple[dict[str, dict[str, Noun]], list[Fault]]:
    """Lay tables and sections of ``scenario.toml`` over the shipped catalogue, unless all is its own; note names."""
    faults: list[Fault] = []
    named: dict[str, set[str]] = {}
    result: dict[str, dict[str, Noun]] = {}
    for kind, (stem, noun) in CATALOGUE.items():
        shipped = () if sections.own_catalogue else catalogue_table(kind)
        known = {str(getattr(item, "id", "")): item for item in shipped}
        layers: list[tuple[str, int | None, str, Mapping[str, Any]]] = []
        raw = source.table(stem)
        named[kind] = {*known, *sections.overrides[kind]}
        if raw is not None:
            ids = [(line, row.get("id", "")) for line, row in raw.rows]
            faults += [*raw.faults, *checks.duplicate_ids(raw.file, ids), *odd_ids(raw.file, ids)]
            named[kind] |= raw.ids
            layers += [(raw.file, line, cells.get("id", ""), cells) for line, cells in raw.rows]
        layers += [(FILE, None, key, {**row, "id": key}) for key, row in sections.overrides[kind].items()]
        faults += odd_ids(FILE, [(None, key) for key in sections.overrides[kind]])
        for file, line, key, cells in layers:
            given = {name: value for name, value in cells.items() if value != ""}
            base = known[key].model_dump(exclude_none=True) if key in known else {}
            if STRENGTHS & given.keys() and ANCHOR not in given:
                base.pop(ANCHOR, None)
            made, wrong = parse(noun, base | _repriced(base, given) | given, file, line)
            prefix = f"{kind}.{key}." if line is None else ""
            faults += [Fault(f.file, f.row, prefix + f.column, f.value, f.message, f.code) for f in wrong]
            if made is not None:
                known[key] = made
                anew = frozenset(name for name in given if base.get(name) != getattr(made, name, None))
                tables.typed.append(Typed(file, line, prefix, made, anew))
        result[kind] = kinds_in_order(known, {str(getattr(item, "id", "")) for item in shipped})
    tables.names = {kind: catalogue_names(result[kind], named[kind]) for kind in CATALOGUE}
    tables.names["depot_type"] = depot_type_names(result["depot_type"], named["depot_type"])
    both = result["depot_type"] | result["plant"]
    tables.names["module"] = depot_type_names(both, named["depot_type"] | named["plant"])
    return result, faults


def _repriced(base: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, float]:
    """Return the investment of a module whose refrigeration alone is stated anew, by its price of a kW."""
    if "cooling_kw" not in given or "capex_cny" in given or "cooling_kw" not in base:
        return {}
    try:
        more_kw = float(given["cooling_kw"]) - float(base["cooling_kw"])
        price = float(given.get("capex_cny_kw", base["capex_cny_kw"]))
    except ValueError:  # parsing names it
        return {}
    return {"capex_cny": max(float(base["capex_cny"]) + price * more_kw, 0.0)}


def _assemble(
    source: Source, variant: str, sections: Sections, tables: Tables, catalogue: Mapping[str, Mapping[str, Any]]
) -> Scenario:
    nouns: dict[str, Any] = sections.nouns
    harvested = {row.noun.commodity for row in tables.harvest}
    commodities = tuple(item for key, item in catalogue["commodity"].items() if key in harvested)
    villages = _moved(tables.villages, sections.datum)
    sites = _moved(tables.sites, sections.datum)
    hubs = _moved(tables.hubs, sections.datum)
    periods = tuple(row.noun for row in tables.periods)
    stated = Scenario(
        name=sections.name or source.name,
        variant=variant,
        folder=source.folder,
        sha256="" if source.folder is None else input_hash(source.folder, variant),
        villages=villages,
        sites=sites,
        hubs=hubs,
        periods=periods,
        commodities=commodities,
        harvest_t=_harvest(villages, commodities, periods, (row.noun for row in tables.harvest)),
        depot_types=(
            *_depot_types(catalogue["depot_type"], nouns["siting"].depot_types, sites),
            *_depot_types(catalogue["plant"], nouns["siting"].plants or ("",), sites),
            *(unit for key, unit in catalogue["mobile_unit"].items() if key in nouns["siting"].mobile_units),
        ),
        mobile_units=tuple(catalogue["mobile_unit"].values()),
        vehicles=tuple(catalogue["vehicle"].values()),
        catalogue={kind: tuple(nouns.values()) for kind, nouns in catalogue.items()},
        chain=nouns["chain"],
        economics=nouns["economics"],
        siting=nouns["siting"],
        subsidy=nouns["subsidy"],
        roads=nouns["roads"],
        routing=nouns["routing"],
        papers=nouns["papers"],
        bookings=nouns["bookings"],
        notes=sections.notes,
        assumptions=sections.assumptions,
        storage=tuple(row.noun for row in tables.storage if row.noun.commodity in harvested),
        people=tuple(row.noun for row in tables.people),
        landmarks=tuple(row.noun for row in tables.landmarks),
        masts=_moved(tables.masts, sections.datum),
    )
    return in_order(stated)


def _depot_types(
    known: Mapping[str, DepotType], offered: Sequence[str], sites: Sequence[Site]
) -> tuple[DepotType, ...]:
    standing = {key for site in sites for key in _modules(site)}
    wanted = set(offered or known) | standing
    return tuple(kind for key, kind in known.items() if key in wanted)


def _modules(site: Site) -> dict[str, int]:
    try:
        return site.modules()
    except ValueError:
        return {}


def _moved(rows: Sequence[Row[P]], datum: str) -> tuple[P, ...]:
    lon, lat = to_wgs84([row.noun.lon for row in rows], [row.noun.lat for row in rows], datum)
    return tuple(
        row.noun.model_copy(update={"lon": float(x), "lat": float(y)}) for row, x, y in zip(rows, lon, lat, strict=True)
    )


def _harvest(
    villages: Sequence[Village], commodities: Sequence[Commodity], periods: Sequence[Period], rows: Iterable[Harvest]
) -> Floats:
    ids = ([v.id for v in villages], [c.id for c in commodities], [p.id for p in periods])
    places = [{key: n for n, key in enumerate(keys)} for keys in ids]
    harvest_t = np.zeros([len(keys) for keys in ids])
    for row in rows:
        where = (places[0].get(row.village), places[1].get(row.commodity), places[2].get(row.period))
        if None not in where:
            harvest_t[where] += row.tonnes
    return harvest_t
