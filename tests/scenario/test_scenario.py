"""Scenario folders: written, read, laid over, hashed; in every encoding people use; defaults and the dictionary."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenario_cases import append, change, change_all, faults_of, replace_in_toml, rows_of, small_county, write_rows

from coldchain.cells import unguarded
from coldchain.errors import BadInputError, UsageError
from coldchain.model import Scenario
from coldchain.model.dictionary import TABLES, fields, markdown
from coldchain.scenario import SECTIONS, Draft, inspect, load, toml_text, upland, variants_of, write_scenario
from coldchain.scenario.parsing import clean, parse


@pytest.fixture
def county(tmp_path: Path) -> Path:
    """Write an upland county of eight villages."""
    return small_county(tmp_path / "county")


def content(made: Scenario) -> tuple[object, ...]:
    """Return what a plan depends on, without folder and hash."""
    values = vars(made) | {"folder": None, "sha256": None, "harvest_t": made.harvest_t.tolist()}
    return tuple(values.items())


def test_written_scenario_reads_back(county: Path) -> None:
    """Every village, site, hub, period, tonne and setting of the draft is in the scenario that is read."""
    draft = upland(8, 3)
    made, warnings = load(county)
    assert warnings == ()
    for stem in ("villages", "sites", "hubs", "periods"):
        nouns = getattr(made, stem)
        frame = draft.tables[stem].set_index("id", drop=False).loc[[noun.id for noun in nouns]]
        assert len(frame) == len(draft.tables[stem])
        for column in frame.columns.intersection(["lon", "lat", "county", "owner", "temp_max_c", "days"]):
            assert [getattr(noun, column) for noun in nouns] == frame[column].tolist()
    assert made.harvest_t.sum() == pytest.approx(draft.tables["harvest"]["tonnes"].sum(), abs=1e-9)
    assert (made.name, made.notes) == ("upland", tuple(draft.notes))
    assert made.siting.budget_cny == draft.sections["siting"]["budget_cny"]


def test_harvest_stands_where_its_row_says(county: Path) -> None:
    """Each row of harvest.csv is one cell of the array (villages, commodities, periods), and no other cell is."""
    made, _ = load(county)
    axes = [[one.id for one in axis] for axis in (made.villages, made.commodities, made.periods)]
    rows = rows_of(county / "harvest.csv")
    assert set(axes[1]) == {row["commodity"] for row in rows}
    for row in rows:
        named = (row["village"], row["commodity"], row["period"])
        where = tuple(ids.index(key) for ids, key in zip(axes, named, strict=True))
        assert made.harvest_t[where] == float(row["tonnes"])
    assert np.count_nonzero(made.harvest_t) == len(rows)
    assert made.daily_t[..., 1].sum() == pytest.approx(made.harvest_t[..., 1].sum() / 85.0)


def test_variants_are_laid_over_the_base(county: Path) -> None:
    """A variant changes what it names, down to single keys of single commodities, and nothing else."""
    append(
        county, "\n[variants.dear.economics]\npower_cny_kwh = 0.9\n[variants.dear.commodity.pak_choi]\nlife_d = 9.5\n"
    )
    base, dear = load(county)[0], load(county, "dear")[0]
    assert variants_of(county) == ("base", "half", "double", "none", "dear")
    assert dear.economics == base.economics.model_copy(update={"power_cny_kwh": 0.9})
    assert (dear.siting, dear.chain, dear.villages) == (base.siting, base.chain, base.villages)
    old, new = ({c.id: c for c in made.commodities} for made in (base, dear))
    assert new["pak_choi"] == old["pak_choi"].model_copy(update={"life_d": 9.5})
    assert {key for key in old if old[key] != new[key]} == {"pak_choi"}


def test_shipped_variants_halve_double_and_strike_the_budget(county: Path) -> None:
    """Half, double and none hold half, twice and none of the base's budget."""
    budget = {name: load(county, name)[0].siting.budget_cny for name in variants_of(county)}
    assert budget["base"] >= 10_000
    assert budget == {"base": budget["base"], "half": budget["base"] / 2, "double": budget["base"] * 2, "none": 0.0}


def test_defaults_of_the_template_reload_to_the_defaults(tmp_path: Path) -> None:
    """The scenario.toml of an empty draft, with every setting written out, parses to the defaults of the nouns."""
    data = tomllib.loads(toml_text(Draft("empty", {}, {})))
    for key, noun in SECTIONS.items():
        assert parse(noun, data[key], "scenario.toml", None) == (noun(), [])
        assert data[key].keys() == {name for name, info in noun.model_fields.items() if info.default is not None}
    write_scenario(replace(upland(3, 1), sections={}), tmp_path / "plain")
    made, _ = load(tmp_path / "plain")
    for key, noun in SECTIONS.items():
        assert getattr(made, key) == noun()


def test_dictionary_gives_the_defaults_that_hold() -> None:
    """Every default printed in the data dictionary is the one a section or a row without that figure gets."""
    for noun in SECTIONS.values():
        held = noun()
        for name, _, printed, meaning in fields(noun):
            value = getattr(held, name)
            text = ", ".join(map(str, value)) if isinstance(value, tuple) else value
            assert printed == (
                "none" if text in (None, "", {}) else f"{text:g}" if isinstance(text, float) else str(text)
            )
            assert len(meaning) > 5
    required = {
        stem: [n for n, _, default, _ in fields(noun) if default == "required"] for stem, noun in TABLES.items()
    }
    assert required["villages"] == ["id", "lon", "lat"]
    assert required["harvest"] == ["village", "commodity", "period", "tonnes"]


def test_dictionary_page_is_up_to_date() -> None:
    """docs/dictionary.md is what the nouns say."""
    page = Path(__file__).parents[2] / "docs" / "dictionary.md"
    assert page.read_text(encoding="utf-8") == markdown()


def test_hash_follows_content_not_name(county: Path, tmp_path: Path) -> None:
    """A copy under another name hashes alike; another variant, a changed cell or a changed road does not."""
    first = load(county)[0].sha256
    copy = tmp_path / "other name"
    shutil.copytree(county, copy)
    (copy / "notes.txt").write_text("not an input", encoding="utf-8")
    (copy / ".hidden").mkdir()
    (copy / ".hidden" / "x.csv").write_text("not an input", encoding="utf-8")
    assert load(copy)[0].sha256 == first
    assert load(copy, "half")[0].sha256 != first
    change(copy, "roads/link", 2, length_m="1234.5")
    roads_changed = load(copy)[0].sha256
    assert roads_changed != first
    change(copy, "harvest", 2, tonnes="1.5")
    assert load(copy)[0].sha256 not in (first, roads_changed)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_tables_in_the_encodings_people_use(county: Path, encoding: str) -> None:
    """Chinese names and counties read the same from UTF-8 with and without mark and from GB18030."""
    rows = [
        row | {"name": f"石家寨{n}村", "county": "凤凰县"} for n, row in enumerate(rows_of(county / "villages.csv"))
    ]
    write_rows(county / "villages.csv", rows, encoding)
    made, _ = load(county)
    assert {village.name for village in made.villages} == {row["name"] for row in rows}
    assert {village.county for village in made.villages} == {"凤凰县"}


def full_width(text: str) -> str:
    """Return the text in full-width characters."""
    return "".join("\u3000" if c == " " else chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def test_full_width_digits_and_ids_are_read(county: Path) -> None:
    """A table typed with a Chinese input method, full-width throughout, is the same scenario."""
    plain = content(load(county)[0])
    change_all(county, "villages", lambda row: {k: full_width(v) for k, v in row.items()})
    change_all(county, "harvest", lambda row: row | {k: full_width(row[k]) for k in ("village", "tonnes")})
    assert content(load(county)[0]) == plain


@settings(derandomize=True, deadline=None)
@given(text=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_full_width_text_folds_to_plain(text: str) -> None:
    """Any ASCII text typed full-width reads as that text, trimmed and without a mark of text."""
    assert clean(full_width(text)) == unguarded(text.strip())


def test_other_signs_are_not_folded() -> None:
    """A superscript is not a digit: 10⁹ tonnes must not become 109, nor m³ m3."""
    assert clean(" 10⁹ m³ ") == "10⁹ m³"


def test_geopackage_tables_are_read(county: Path) -> None:
    """Villages as a point layer in another projection and harvest as a bare layer read like the CSV files."""
    plain = load(county)[0]
    for stem in ("villages", "sites", "hubs"):
        frame = pd.read_csv(county / f"{stem}.csv", encoding="utf-8-sig", keep_default_na=False)
        points = geopandas.points_from_xy(frame["lon"], frame["lat"], crs=4326)
        layer = geopandas.GeoDataFrame(frame.drop(columns=["lon", "lat"]), geometry=points).to_crs(32649)
        layer.to_file(county / f"{stem}.gpkg", driver="GPKG")
        (county / f"{stem}.csv").unlink()
    made, warnings = load(county)
    assert warnings == ()
    for stem in ("villages", "sites", "hubs"):
        for old, new in zip(getattr(plain, stem), getattr(made, stem), strict=True):
            assert (new.lon, new.lat) == pytest.approx((old.lon, old.lat), abs=1e-7)
            assert new.model_copy(update={"lon": old.lon, "lat": old.lat}) == old
    assert made.harvest_t.tolist() == plain.harvest_t.tolist()


def test_datum_of_the_scenario_is_applied(county: Path) -> None:
    """Stated as GCJ-02, the same figures lie hundreds of metres away; CGCS2000 moves nothing."""
    plain = load(county)[0].villages[0]
    replace_in_toml(county, 'datum = "wgs84"', 'datum = "gcj02"')
    moved = load(county)[0].villages[0]
    assert 0.002 < abs(moved.lon - plain.lon) < 0.01
    replace_in_toml(county, 'datum = "gcj02"', 'datum = "cgcs2000"')
    assert load(county)[0].villages[0] == plain


def test_period_by_the_hour(county: Path) -> None:
    """Columns t00_c to t23_c stand instead of low and high; 23 of them are refused by name."""
    hours = {f"t{h:02d}_c": str(10 + h / 2) for h in range(24)}
    cells = {"temp_min_c": "", "temp_max_c": ""}
    change_all(county, "periods", lambda row: row | cells | hours)
    assert load(county)[0].periods[0].hourly_c == tuple(10 + h / 2 for h in range(24))
    change(county, "periods", 3, t07_c="")
    with pytest.raises(BadInputError, match=r"periods.csv row 3: .*summer.* need 24 values; got 23"):
        load(county)


def test_empty_variant_and_base_are_the_same(county: Path) -> None:
    """A variant that changes nothing gives the base's scenario, under its own name and hash."""
    append(county, "\n[variants.same]\n")
    base, same = load(county)[0], load(county, "same")[0]
    assert content(replace(same, variant="base")) == content(base)
    assert same.sha256 != base.sha256


def test_template_is_deterministic() -> None:
    """The same size and seed give the same tables and settings; another seed does not."""
    first, again, other = upland(40, 5), upland(40, 5), upland(40, 6)
    assert toml_text(first) == toml_text(again)
    assert first.tables.keys() == again.tables.keys()
    assert all(first.tables[stem].equals(again.tables[stem]) for stem in first.tables)
    assert not first.tables["villages"].equals(other.tables["villages"])


def km(points: pd.DataFrame, to: pd.DataFrame) -> np.ndarray:
    """Return the straight distance of each point to the nearest of others, km."""
    shrink = np.cos(np.radians(28.6))
    a, b = (frame[["lon", "lat"]].to_numpy() * np.array([shrink, 1.0]) * 111.195 for frame in (points, to))
    return np.asarray(np.hypot(*(a[:, None] - b[None]).transpose(2, 0, 1)).min(axis=1))


@pytest.mark.parametrize(("villages", "seed"), [(200, 7), (200, 1), (600, 2), (2000, 4)])
def test_template_has_the_distances_of_xiangxi(villages: int, seed: int) -> None:
    """Median village to the nearest site 4-5.6 km (4.8 there), to the nearest hub 15-25 km (20.6 there)."""
    tables = upland(villages, seed).tables
    assert 4.0 <= float(np.median(km(tables["villages"], tables["sites"]))) <= 5.6
    assert 15.0 <= float(np.median(km(tables["villages"], tables["hubs"]))) <= 25.0


@pytest.mark.parametrize("villages", [1, 2, 3, 4, 5, 12, 50, pytest.param(2000, marks=pytest.mark.slow)])
def test_template_scales(villages: int, tmp_path: Path) -> None:
    """From one village to two thousand the template loads without a fault and every village harvests something."""
    made, faults = inspect(small_county(tmp_path / "county", villages))
    assert faults == ()
    assert made is not None
    assert len(made.villages) == villages
    assert len(made.sites) == max(1, round(villages / 5))
    assert made.harvest_t.sum(axis=(1, 2)).min() > 0.0


@pytest.mark.parametrize("villages", [1, 2, 3])
def test_every_variant_of_a_small_template_loads(villages: int, tmp_path: Path) -> None:
    """Half the budget of the smallest county is still one that is taken for yuan."""
    county = small_county(tmp_path / "county", villages)
    assert {faults for name in variants_of(county) for faults in inspect(county, name)[1]} == set()


def test_template_of_two_hundred_is_as_promised() -> None:
    """About 200 villages come with 40 sites, 3 hubs, at least six crops of three zones and four seasons."""
    tables = upland(200, 7).tables
    assert (len(tables["sites"]), len(tables["hubs"]), len(tables["periods"])) == (40, 3, 4)
    assert tables["harvest"]["commodity"].nunique() >= 6


def test_nothing_is_written_over(county: Path) -> None:
    """A folder that holds anything is refused and left as it is; an empty one is taken."""
    before = {path: path.read_bytes() for path in county.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match="exists already and is not empty"):
        write_scenario(upland(2, 1), county)
    assert {path: path.read_bytes() for path in county.rglob("*") if path.is_file()} == before
    empty = county.parent / "empty"
    empty.mkdir()
    write_scenario(upland(2, 1), empty)
    assert load(empty)[0].name == "upland"


def test_a_scenario_is_never_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When writing breaks off, neither the folder nor its temporary twin is left behind."""

    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(UsageError, match=r"county cannot be written: No space left on device"):
        write_scenario(upland(2, 1), tmp_path / "county")
    assert list(tmp_path.iterdir()) == []


def test_rows_are_counted_in_lines_of_the_file(county: Path) -> None:
    """A line break inside quotes and an empty line do not shift the row a fault is reported on."""
    path = county / "villages.csv"
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    lines[1] = lines[1].replace("V0001,V0001", 'V0001,"two\nlines"')
    lines[3] = lines[3].replace(",109.", ",x109.")
    path.write_text("\n".join([*lines[:2], "", *lines[2:]]) + "\n", encoding="utf-8")
    number = path.read_text(encoding="utf-8").splitlines().index(lines[3]) + 1
    assert [(f.row, f.code) for f in faults_of(county)] == [(number, "not-a-number")]
