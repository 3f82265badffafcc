"""The shipped catalogue against published lives, and every figure of it overridden from a scenario."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from coldchain.model import Commodity, Cooler, DepotType, MobileUnit, Noun, VehicleType
from coldchain.scenario import catalogue_table, load, upland, write_scenario
from coldchain.spoilage import life_d

COMMODITIES = tuple(c for c in catalogue_table("commodity") if isinstance(c, Commodity))
DEPOTS = tuple(d for d in catalogue_table("depot_type") if isinstance(d, DepotType))
MOBILE = tuple(m for m in catalogue_table("mobile_unit") if isinstance(m, MobileUnit))
VEHICLES = tuple(v for v in catalogue_table("vehicle") if isinstance(v, VehicleType))
ZONE_C = {kind.zone: kind.temp_c for kind in DEPOTS}
every_commodity = pytest.mark.parametrize("crop", COMMODITIES, ids=[c.id for c in COMMODITIES])


def first_by(rows: tuple[Any, ...], key: Callable[[Any], tuple[Any, ...]]) -> dict[tuple[Any, ...], list[Any]]:
    """Group rows by a key."""
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def test_catalogue_is_broad_enough() -> None:
    """At least thirty commodities of at least three zones ship, with depots for each zone, units and vehicles."""
    assert len(COMMODITIES) >= 30
    assert {c.zone for c in COMMODITIES} == set(ZONE_C) == {"cold", "cool", "mild"}
    assert {v.cargo for v in VEHICLES} == {"ambient", "insulated", "reefer"}
    assert {m.zone for m in MOBILE} <= set(ZONE_C)


@pytest.mark.parametrize("rows", [COMMODITIES, DEPOTS, MOBILE, VEHICLES], ids=lambda rows: type(rows[0]).__name__)
def test_ids_are_unique_and_figures_have_sources(rows: tuple[Any, ...]) -> None:
    """No id stands twice in a table and no row is without its source."""
    assert len({row.id for row in rows}) == len(rows)
    assert [row.id for row in rows if len(row.source) < 20] == []


@every_commodity
def test_life_where_it_is_stored_is_published(crop: Commodity) -> None:
    """The life at the anchor temperature lies in the published range, and the anchor is above freezing."""
    assert crop.life_min_d <= life_d(crop, crop.life_temp_c) <= crop.life_max_d
    assert crop.life_temp_c > crop.freezing_c


@every_commodity
def test_the_law_goes_through_both_anchors(crop: Commodity) -> None:
    """At the cold and the warm anchor the law gives the stated life, which lies in its own band."""
    assert life_d(crop, crop.life_temp_c) == pytest.approx(crop.life_d, rel=1e-9)
    if crop.kinetics == "ratkowsky":
        assert crop.warm_life_d is None
        return
    assert crop.warm_life_d is not None
    assert crop.warm_min_d is not None
    assert crop.warm_max_d is not None
    assert 20.0 <= crop.warm_temp_c <= 30.0
    assert life_d(crop, crop.warm_temp_c) == pytest.approx(crop.warm_life_d, rel=1e-9)
    assert crop.warm_min_d <= crop.warm_life_d <= crop.warm_max_d


@every_commodity
def test_an_estimate_has_a_wide_band(crop: Commodity) -> None:
    """A life without a source spans a factor of two and a half at least; each loss curve has its source."""
    if not crop.life_source:
        assert crop.life_max_d / crop.life_min_d >= 2.4
    if crop.warm_life_d is not None and not crop.warm_source:
        assert (crop.warm_max_d or 0) / (crop.warm_min_d or 1) >= 2.4
    assert len(crop.decay_source) > 20


def test_crops_with_two_sourced_anchors() -> None:
    """So many crops have a source at both temperatures; the others are named here, so that a new source shows."""
    estimated = {crop.id for crop in COMMODITIES if not (crop.life_source and crop.warm_source)}
    assert estimated == {
        "spinach", "lettuce_leaf", "potato", "shiitake", "kiwifruit", "ponkan", "pear", "cherry", "plum", "lily_bulb",
        "tea_leaf", "pork_chilled", "shrimp",
    }  # fmt: skip
    assert len(COMMODITIES) - len(estimated) == 20


@every_commodity
def test_its_zone_is_where_it_keeps_longest(crop: Commodity) -> None:
    """Of the depots' zones its own is the one in which it lives longest, or within 15 % of that."""
    best = max(life_d(crop, temp_c) for temp_c in ZONE_C.values())
    assert life_d(crop, ZONE_C[crop.zone]) >= 0.85 * best


@every_commodity
def test_every_crop_has_a_depot_that_takes_it(crop: Commodity) -> None:
    """Some depot type has the crop's zone and a pre-cooling method it stands."""
    assert any(kind.zone == crop.zone and kind.method in crop.methods for kind in DEPOTS)


@every_commodity
def test_chilling_makes_its_zone_matter(crop: Commodity) -> None:
    """A chilling-sensitive crop is not stored in a zone inside its harmful range by more than 3 K."""
    if crop.chill_threshold_c is not None:
        floor = -50.0 if crop.chill_floor_c is None else crop.chill_floor_c
        inside = floor < ZONE_C[crop.zone] < crop.chill_threshold_c
        assert not inside or crop.chill_threshold_c - ZONE_C[crop.zone] <= 3.0


def test_depots_cover_sizes_zones_and_methods() -> None:
    """Each zone has three sizes of room and of forced-air cooling; the id says zone, method and size."""
    by_kind = first_by(DEPOTS, lambda kind: (kind.zone, kind.method))
    for zone in ZONE_C:
        for method in ("room", "forced_air"):
            assert sorted(kind.net_m3 for kind in by_kind[zone, method]) == [200, 500, 1200]
    assert [k.id for k in DEPOTS if k.id != f"{k.zone}_{k.method}_{k.net_m3:.0f}"] == []
    assert len(first_by(DEPOTS, lambda kind: (kind.zone, kind.temp_c))) == len(ZONE_C)


@pytest.mark.parametrize("figure", ["capex_cny", "opex_cny_year", "throughput_t_day", "storage_t", "power_kw"])
def test_larger_depots_cost_and_do_more(figure: str) -> None:
    """Within a zone and method, figures rise with the size and money per m³ does not."""
    for kinds in first_by(DEPOTS, lambda kind: (kind.zone, kind.method)).values():
        for small, large in pairwise(sorted(kinds, key=lambda kind: kind.net_m3)):
            assert getattr(large, figure) > getattr(small, figure)
            if figure.endswith(("cny", "cny_year")):
                assert getattr(large, figure) / large.net_m3 < getattr(small, figure) / small.net_m3


def test_faster_cooling_costs_more() -> None:
    """At one zone and size, a shorter half-cooling time comes with more throughput and more capex."""
    for kinds in first_by(DEPOTS, lambda kind: (kind.zone, kind.net_m3)).values():
        for fast, slow in pairwise(sorted(kinds, key=lambda kind: kind.half_cooling_h)):
            assert fast.throughput_t_day > slow.throughput_t_day
            assert fast.capex_cny > slow.capex_cny


def test_vehicles_are_sane() -> None:
    """Payload fits the loading space, cooling costs more than none, and chilled bodies hold their cold longer."""
    by_id = {vehicle.id: vehicle for vehicle in VEHICLES}
    assert all(100 <= v.payload_kg / v.volume_m3 <= 300 for v in VEHICLES)
    plain, boxed, cooled = (by_id[key] for key in ("light_truck", "insulated_4m2", "reefer_4m2"))
    assert plain.payload_kg == boxed.payload_kg == cooled.payload_kg
    assert plain.cost_cny_km < boxed.cost_cny_km < cooled.cost_cny_km
    assert plain.cost_cny_day < boxed.cost_cny_day < cooled.cost_cny_day
    assert [v.id for v in VEHICLES if (v.half_warming_h is None) != (v.cargo == "reefer")] == []
    assert (boxed.half_warming_h or 0) > (plain.half_warming_h or 0)


def other(noun: Noun, name: str) -> Any:
    """Return a value the figure can take and does not have."""
    value = getattr(noun, name)
    choices = {
        "kinetics": "q10", "methods": ("vacuum",), "method": "hydro", "sold_at": "hub", "cargo": "reefer",
        "chill_threshold_c": 6.5, "chill_floor_c": 1.5, "flat_below_c": 2.5,
        "ea_kj_mol": 61.5, "half_warming_h": 2.5, "q10": 2.75,
        "max_drive_h": 7.5, "trips_day": 5, "max_stops": 7, "batch_t": 5.5, "cycle_h": 2.5,
        "own_cny_year": 9500.0, "own_h_year": 2100.0, "own_most": 3, "hire_most": 4, "group": "fruit",
        "packaging": "basket",
        "today_packaging": "bulk", "today_cargo": "ice", "today_wait_h": 3.5, "decay": ("20:3:0.2", "20:5:0.6"),
    }  # fmt: skip
    if name in choices:
        return choices[name]
    if isinstance(value, str):
        return value + "x"
    limit = 0.9 if isinstance(noun, Commodity | VehicleType | Cooler) else 1.0
    return round(value * limit + 0.01, 4)


OVERRIDES: tuple[tuple[str, str, Noun], ...] = (
    ("commodity", "commodities", next(c for c in COMMODITIES if c.id == "tomato")),
    ("depot_type", "depot_types", DEPOTS[0]),
    ("mobile_unit", "mobile_units", MOBILE[0]),
    ("vehicle", "vehicles", VEHICLES[1]),
)


def changed_figures(noun: Noun) -> dict[str, Any]:
    """Return a changed value for every figure but the id."""
    return {name: other(noun, name) for name in type(noun).model_fields if name != "id"}


def read_back(folder: Path, kind: str, noun_id: str) -> Noun:
    """Return the noun of that id as a plan would see it."""
    made, _ = load(folder)
    stems = {"commodity": "commodities", "depot_type": "depot_types", "mobile_unit": "mobile_units"}
    return next(item for item in getattr(made, stems.get(kind, "vehicles")) if item.id == noun_id)


@pytest.fixture
def county(tmp_path: Path) -> Path:
    """Write an upland county of five villages that grows tomatoes."""
    write_scenario(upland(5, 3), tmp_path / "county")
    return tmp_path / "county"


@pytest.mark.parametrize(("kind", "stem", "noun"), OVERRIDES, ids=[kind for kind, _, _ in OVERRIDES])
def test_every_figure_is_overridden_from_scenario_toml(county: Path, kind: str, stem: str, noun: Any) -> None:  # noqa: ARG001
    """A section ``[commodity.tomato]`` and its like replaces each figure, one and all."""
    wanted = changed_figures(noun)
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in wanted.items()]
    with (county / "scenario.toml").open("a", encoding="utf-8") as file:
        file.write("\n".join(["", f"[{kind}.{noun.id}]", *lines, ""]))
    assert read_back(county, kind, noun.id).model_dump() == {"id": noun.id, **wanted}


@pytest.mark.parametrize(("kind", "stem", "noun"), OVERRIDES, ids=[kind for kind, _, _ in OVERRIDES])
def test_every_figure_is_overridden_from_a_table(county: Path, kind: str, stem: str, noun: Any) -> None:
    """A row in ``commodities.csv`` and its like replaces each figure; cells left empty keep the catalogue's."""
    wanted = changed_figures(noun)
    cells = {key: ";".join(v) if isinstance(v, tuple) else str(v) for key, v in wanted.items()}
    kept = next(iter(cells))
    cells[kept] = ""
    rows = [",".join(["id", *cells]), ",".join([noun.id, *(f'"{cell}"' for cell in cells.values())])]
    (county / f"{stem}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert read_back(county, kind, noun.id).model_dump() == {"id": noun.id, **wanted, kept: getattr(noun, kept)}


def test_section_goes_over_table_goes_over_catalogue(county: Path) -> None:
    """Where both name a figure the section of scenario.toml wins; other figures come from the table below it."""
    (county / "commodities.csv").write_text("id,price_cny_kg,life_d\ntomato,7.5,9.5\n", encoding="utf-8")
    with (county / "scenario.toml").open("a", encoding="utf-8") as file:
        file.write("\n[commodity.tomato]\nprice_cny_kg = 8.5\n")
    tomato = read_back(county, "commodity", "tomato")
    assert isinstance(tomato, Commodity)
    assert (tomato.price_cny_kg, tomato.life_d, tomato.life_temp_c) == (8.5, 9.5, 11.5)


def test_a_new_commodity_is_added(county: Path) -> None:
    """A row with a new id adds a commodity that the harvest may name."""
    new = next(c for c in COMMODITIES if c.id == "plum").model_dump() | {"id": "apricot", "methods": "room"}
    cells = {key: str(value) for key, value in new.items() if value not in (None, ())}
    header, row = ",".join(cells), ",".join(f'"{cell}"' for cell in cells.values())
    (county / "commodities.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    harvest = county / "harvest.csv"
    harvest.write_text(harvest.read_text(encoding="utf-8-sig").replace("tomato", "apricot", 1), encoding="utf-8")
    apricot = read_back(county, "commodity", "apricot")
    assert isinstance(apricot, Commodity)
    assert apricot.methods == ("room",)
