"""Every fault of a scenario folder at once: the right file, row, column and value, and none invented."""

from __future__ import annotations

from pathlib import Path

import pytest
from scenario_cases import (
    append,
    change,
    change_all,
    faults_of,
    marks,
    replace_in_toml,
    rows_of,
    small_county,
    write_rows,
)

from coldchain.errors import BadInputError
from coldchain.scenario import load

TOML = "scenario.toml"


@pytest.fixture
def county(tmp_path: Path) -> Path:
    """Write an upland county of eight villages."""
    return small_county(tmp_path / "county")


def only(folder: Path, variant: str = "base") -> tuple[str, int | None, str, str, str]:
    """Return the one fault there is."""
    found = marks(faults_of(folder, variant))
    assert len(found) == 1, found
    return next(iter(found))


def test_all_faults_at_once(county: Path) -> None:
    """A folder seeded with two dozen faults of all kinds: each is found where it is, and nothing else is reported."""
    villages = rows_of(county / "villages.csv")
    lon, lat = villages[3]["lon"], villages[3]["lat"]
    twin, nameless = villages[2] | {"lon": "109.61"}, villages[2] | {"id": "", "lon": "109.62"}
    write_rows(county / "villages.csv", [*villages, twin, nameless])
    change(county, "villages", 2, lon="abc")
    change(county, "villages", 5, lon=lat, lat=lon)
    change(county, "villages", 6, lat="nan")
    change(county, "villages", 7, lon="inf")
    change(county, "sites", 2, status="maybe", existing="")
    change(county, "sites", 3, existing="cold_rom_200:1")
    change_all(county, "sites", lambda row: row | {"colour": "red"})
    change(county, "hubs", 2, lat="91")
    change(county, "periods", 2, temp_min_c="", temp_max_c="")
    change(county, "periods", 3, days="0")
    change(county, "harvest", 2, tonnes="-5")
    change(county, "harvest", 3, tonnes="1e9")
    change(county, "harvest", 4, commodity="pak_choy")
    change(county, "harvest", 5, village="V9999")
    change(county, "harvest", 6, period="sumer")
    replace_in_toml(county, 'datum = "wgs84"', 'datum = "gjc02"')
    replace_in_toml(county, "max_first_mile_h = 3.0", 'max_first_mile_h = "three"\nmax_first_mile_hours = 3')
    replace_in_toml(county, 'programme = "hunan_2021"', 'programme = "hunan_2021"\nrate = 40')
    append(
        county,
        "\n[fleet]\nsize = 3\n[variants.wrong.siting]\nbudget_cny = -1\nbudgt = 2\n[commodity.plum]\nlife_d = 0\n",
    )
    expected = {
        ("villages.csv", 2, "lon", "abc", "not-a-number"),
        ("villages.csv", 10, "id", villages[2]["id"], "duplicate-id"),
        ("villages.csv", 5, "lon, lat", f"{float(lat):g}, {float(lon):g}", "swapped"),
        ("villages.csv", 6, "lat", "nan", "not-finite"),
        ("villages.csv", 7, "lon", "inf", "not-finite"),
        ("villages.csv", 11, "id", "", "missing"),
        ("sites.csv", 2, "status", "maybe", "bad-choice"),
        ("sites.csv", 1, "colour", "", "unknown-key"),
        ("sites.csv", 3, "existing", "cold_rom_200:1", "unknown-depot-type"),
        ("hubs.csv", 2, "lat", "91", "out-of-range"),
        ("periods.csv", 2, "", "", "invalid"),
        ("periods.csv", 3, "days", "0", "out-of-range"),
        ("harvest.csv", 2, "tonnes", "-5", "out-of-range"),
        ("harvest.csv", 3, "tonnes", "1e9", "out-of-range"),
        ("harvest.csv", 4, "commodity", "pak_choy", "unknown-commodity"),
        ("harvest.csv", 5, "village", "V9999", "unknown-village"),
        ("harvest.csv", 6, "period", "sumer", "unknown-period"),
        (TOML, None, "datum", "gjc02", "unknown-datum"),
        (TOML, None, "siting.max_first_mile_h", "three", "not-a-number"),
        (TOML, None, "siting.max_first_mile_hours", "3", "unknown-key"),
        (TOML, None, "subsidy.rate", "40", "out-of-range"),
        (TOML, None, "fleet", "", "unknown-key"),
        (TOML, None, "variants.wrong.siting.budget_cny", "-1", "out-of-range"),
        (TOML, None, "variants.wrong.siting.budgt", "2", "unknown-key"),
        (TOML, None, "commodity.plum.life_d", "0", "out-of-range"),
    }
    assert marks(faults_of(county)) == expected


def test_the_error_lists_every_fault_in_one_message(county: Path) -> None:
    """The exception carries all faults and its text names file, row, column, value and what is wanted."""
    change(county, "villages", 2, lon="abc")
    change(county, "harvest", 3, tonnes="-5")
    with pytest.raises(BadInputError, match=r"2 faults in the input") as caught:
        load(county)
    assert str(caught.value).splitlines()[1:] == [
        'villages.csv row 2, lon = "abc": must be a number of ° east',
        'harvest.csv row 3, tonnes = "-5": must be at least 0 t',
    ]


def test_a_faulty_row_does_not_accuse_its_harvest(county: Path) -> None:
    """One bad coordinate is one fault, not one for every row of harvest that names the village."""
    change(county, "villages", 2, lat="north")
    assert only(county) == ("villages.csv", 2, "lat", "north", "not-a-number")
    small = small_county(county.parent / "periods")
    change(small, "periods", 2, days="many")
    assert only(small) == ("periods.csv", 2, "days", "many", "not-a-number")
    ragged = small_county(county.parent / "ragged")
    text = (ragged / "villages.csv").read_text(encoding="utf-8").splitlines()
    (ragged / "villages.csv").write_text("\n".join([text[0], text[1] + ",x", *text[2:]]), encoding="utf-8")
    assert only(ragged) == ("villages.csv", 2, "", "", "ragged-row")


def test_a_missing_column_is_named_once(county: Path) -> None:
    """Without a column lat there is one fault at the header, not one a row."""
    write_rows(
        county / "villages.csv", [{k: v for k, v in r.items() if k != "lat"} for r in rows_of(county / "villages.csv")]
    )
    assert only(county) == ("villages.csv", 1, "lat", "", "missing")


def test_a_column_that_stands_twice(county: Path) -> None:
    """A header with two columns of one name is refused, since one would silently hide the other."""
    text = (county / "hubs.csv").read_text(encoding="utf-8-sig").splitlines()
    (county / "hubs.csv").write_text("\n".join([text[0] + ",lat", text[1] + ",28.1"]), encoding="utf-8")
    assert only(county) == ("hubs.csv", 1, "lat", "", "duplicate-column")


def test_duplicate_ids_of_an_own_commodity_table(county: Path) -> None:
    """The second row of one commodity does not silently win."""
    (county / "commodities.csv").write_text("id,price_cny_kg\ntomato,2\ntomato,3\n", encoding="utf-8")
    assert only(county) == ("commodities.csv", 3, "id", "tomato", "duplicate-id")


def test_a_faulty_own_commodity_does_not_accuse_its_harvest(county: Path) -> None:
    """A new crop with a wrong figure is one fault, not also an unknown commodity in the harvest."""
    (county / "commodities.csv").write_text("id,price_cny_kg\napricot,cheap\n", encoding="utf-8")
    change(county, "harvest", 2, commodity="apricot")
    found = faults_of(county)
    assert {f.file for f in found} == {"commodities.csv"}
    assert ("commodities.csv", 2, "price_cny_kg", "cheap", "not-a-number") in marks(found)


def test_duplicate_rows_of_the_harvest(county: Path) -> None:
    """The same village, crop and period twice is a fault that names the first row; amounts are not guessed together."""
    rows = rows_of(county / "harvest.csv")
    write_rows(county / "harvest.csv", [*rows, rows[0]])
    fault = faults_of(county)[0]
    assert (fault.row, fault.code) == (len(rows) + 2, "duplicate-row")
    assert "stand on row 2; add them up" in fault.message


def test_codes_that_lost_their_zeros_are_told(county: Path) -> None:
    """A village written 12 where the table of villages has 00012 is named with the code that was meant."""
    change_all(county, "villages", lambda row: row | {"id": row["id"].replace("V", "00")})
    change_all(county, "harvest", lambda row: row | {"village": row["village"].lstrip("V0")})
    found = [fault for fault in faults_of(county) if fault.code == "unknown-village"]
    assert len(found) == len(rows_of(county / "harvest.csv"))
    assert all(f"({int(fault.value):06d})?" in fault.guess for fault in found)


def test_points_on_one_spot_are_a_warning(county: Path) -> None:
    """Two villages on the same spot can be planned, and are reported with the row of the first."""
    first = rows_of(county / "villages.csv")[0]
    change(county, "villages", 4, lon=first["lon"], lat=first["lat"])
    _, warnings = load(county)
    assert [(w.row, w.code, w.warning) for w in warnings] == [(4, "duplicate-point", True)]
    assert "V0001 on row 2" in warnings[0].message


def test_a_place_far_from_all_others(county: Path) -> None:
    """A hub in another province is an outlier, named with its row and coordinates."""
    change(county, "hubs", 2, lon="116.4", lat="39.9")
    assert only(county) == ("hubs.csv", 2, "lon, lat", "116.4, 39.9", "outlier")


@pytest.mark.parametrize(
    ("text", "column", "value", "code", "message"),
    [
        ("[siting]\nbudget_cny = 500", "siting.budget_cny", "500", "budget-unit", "if 万元 was meant, write 5000000"),
        ("[siting]\nbudget_cny = -1", "siting.budget_cny", "-1", "out-of-range", "must be at least 0 CNY"),
        ("[siting]\nbudget_cny = inf", "siting.budget_cny", "inf", "not-finite", "must be a finite number"),
        ("[siting]\nobjective = []", "siting.objective", "[]", "invalid", "at least 1 item"),
        ('[siting]\nobjective = ["cost"]', "siting.objective.0", "cost", "bad-choice", "total_cost_cny"),
        ('[siting]\ndepot_types = ["cold_rom_200"]', "siting.depot_types", "cold_rom_200", "unknown-depot-type",
         "did you mean cold room 200 m³ (cold_room_200)"),
        ('[routing]\ncollection_vehicles = ["lorry"]', "routing.collection_vehicles", "lorry", "unknown-vehicle",
         "not a known vehicle"),
        ("[subsidy.rate_by_county]\nDistrict_A = 0.3", "subsidy.rate_by_county", "District_A", "unknown-county",
         "county"),
        ('[subsidy.rate_by_county]\n"district A" = 1.3', "subsidy.rate_by_county.district A", "1.3", "out-of-range",
         "if 1.3 % was meant, write 0.013"),
        ("[chain]\ntoday_wait_h = true", "chain.today_wait_h", "true", "not-a-number", "must be a number of h"),
        ("chain = 3", "chain", "3", "invalid", "must be a section"),
        ("commodity = 3", "commodity", "3", "invalid", "must hold tables"),
        ("variants = 3", "variants", "3", "invalid", "must be a table of variants"),
        ("[variants]\nhalf = 3", "variants.half", "3", "invalid", "must be a table"),
        ("[variants.half]\nbudget_cny = 3", "variants.half.budget_cny", "", "unknown-key", "is not a section"),
        ('notes = "one"', "notes", "one", "invalid", "must be a list of texts"),
        ("notes = 3", "notes", "3", "invalid", "must be a list of text"),
        ("[depot_type.cold_room_200]\ncapex = 3", "depot_type.cold_room_200.capex", "3", "unknown-key", "dictionary"),
        ('[mobile_unit.mobile_cool_1t]\nmethod = "ice"', "mobile_unit.mobile_cool_1t.method", "ice", "bad-choice",
         "room"),
    ],
)  # fmt: skip
def test_each_setting_is_checked(county: Path, text: str, column: str, value: str, code: str, message: str) -> None:
    """A wrong setting is one fault with its dotted key, its value and what would be right."""
    (county / TOML).write_text(f'schema = "coldchain.scenario/1"\n{text}\n', encoding="utf-8")
    assert only(county) == (TOML, None, column, value, code)
    assert message in faults_of(county)[0].text


@pytest.mark.parametrize("schema", ["", 'schema = "coldchain.scenario/9"\n', 'schema = "pypsa"\n'])
def test_the_schema_must_be_ours(county: Path, schema: str) -> None:
    """A file without the schema line, or with another, is refused."""
    (county / TOML).write_text(schema, encoding="utf-8")
    if not schema:
        assert only(county) == (TOML, None, "", "", "empty-file")
    else:
        assert only(county)[2:] == ("schema", schema.split('"')[1], "bad-schema")


def test_faults_of_another_variant_show_too(county: Path) -> None:
    """Checking the base finds what is wrong in a variant; asking for that variant reports it once."""
    append(county, "\n[variants.wrong.chain]\ntoday_wait_h = -1\n")
    expected = (TOML, None, "variants.wrong.chain.today_wait_h", "-1", "out-of-range")
    assert only(county) == expected
    assert only(county, "wrong") == expected


def test_an_unknown_variant_lists_those_there_are(county: Path) -> None:
    """Asking for a variant that is not there names it and the ones offered."""
    assert only(county, "treble")[2:] == ("variant", "treble", "unknown-variant")
    with pytest.raises(BadInputError, match="there are base, half, double, none"):
        load(county, "treble")
    with pytest.raises(BadInputError, match=r"no such variant.*; did you mean double"):
        load(county, "doubel")


@pytest.mark.parametrize("stem", ["villages", "sites", "hubs", "periods", "harvest"])
def test_each_missing_table_is_named(county: Path, stem: str) -> None:
    """Without one of the five tables there is one fault with the name of the file wanted."""
    (county / f"{stem}.csv").unlink()
    assert only(county) == (f"{stem}.csv", None, "", "", "missing-file")


@pytest.mark.parametrize("stem", ["villages", "sites", "hubs", "periods", "harvest"])
def test_each_table_without_rows_is_named(county: Path, stem: str) -> None:
    """A table with a header alone is one fault that says at least one row is needed."""
    path = county / f"{stem}.csv"
    path.write_text(path.read_text(encoding="utf-8-sig").splitlines()[0] + "\n", encoding="utf-8")
    assert (f"{stem}.csv", None, "", "", "no-rows") in marks(faults_of(county))
    assert {f.code for f in faults_of(county)} == {"no-rows"}


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (b"", "empty-file", "is empty; a header row is needed"),
        (b"  \n \n", "empty-file", "is empty; a header row is needed"),
        (b"SQLite\x00\x01\x02", "binary-file", "binary content"),
        (b"id,name\n\xff\xfe\xff,\x81", "bad-encoding", "neither UTF-8 nor GB18030"),
    ],
)
@pytest.mark.parametrize("file", ["villages.csv", TOML])
def test_a_file_that_is_no_text(county: Path, file: str, content: bytes, code: str, message: str) -> None:
    """Empty, binary and wrongly encoded files are one fault each, tables and settings alike."""
    (county / file).write_bytes(content)
    assert only(county) == (file, None, "", "", code)
    assert message in faults_of(county)[0].message


def test_a_geopackage_that_is_none(county: Path) -> None:
    """A file with the suffix .gpkg that is not one is named."""
    (county / "villages.csv").unlink()
    (county / "villages.gpkg").write_bytes(b"not a database")
    assert only(county)[::4] == ("villages.gpkg", "unreadable")


def test_numbers_people_write(county: Path) -> None:
    """Thousands separators and units in the cell are read; what could be misread is refused."""
    for line, text in enumerate(["1,23", "12 kW", "10⁹", "0x10", "1,234", "12 t", "3,500公斤"], start=2):
        change(county, "harvest", line, tonnes=text)
    wrong = {(row, value) for _, row, column, value, _ in marks(faults_of(county)) if column == "tonnes"}
    assert wrong == {(2, "1,23"), (3, "12 kW"), (4, "10⁹"), (5, "0x10")}


def test_types_of_one_class_must_agree(tmp_path: Path) -> None:
    """Changing the half-cooling time of one size alone is refused, naming the figure and the type it differs from."""
    folder = small_county(tmp_path)
    append(folder, "\n[depot_type.cold_forced_air_500]\nhalf_cooling_h = 1.4\n")
    found = [fault for fault in faults_of(folder) if fault.code == "mixed-class"]
    assert [(fault.column, fault.value) for fault in found] == [
        ("depot_type.cold_forced_air_500.half_cooling_h", "1.4")
    ]
