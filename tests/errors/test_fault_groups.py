"""Faults of one kind are one line: their number, their places, their values."""

from __future__ import annotations

import pytest

from coldchain.errors import BadInputError, Fault, grouped


def fault(row: int, value: str = "", message: str = "must be a number", **more: str) -> Fault:
    """Return a fault in the latitude of a table of villages."""
    return Fault("v.csv", row, more.pop("column", "lat"), value, message, more.pop("code", "not-a-number"), **more)  # type: ignore[arg-type]


def test_one_fault_stays_as_it_is() -> None:
    """A single fault names its row and value as before."""
    assert [str(group) for group in grouped([fault(3, "x")])] == ['v.csv row 3, lat = "x": must be a number']


def test_a_kind_is_one_line() -> None:
    """Same table, column and code: one line with count, the first places and every value once."""
    faults = [fault(row, ("x", "y")[row % 2]) for row in range(2, 32)]
    (line,) = map(str, grouped(faults))
    assert line == ('v.csv, lat: 30 rows (2, 3, 4, 5, 6, 7, 8, 9 and 22 more; "x", "y"): must be a number')


@pytest.mark.parametrize(
    "other", [{"column": "lon"}, {"code": "missing"}, {"sheet": "村"}], ids=["column", "code", "sheet"]
)
def test_kinds_stay_apart(other: dict[str, str]) -> None:
    """Another column, code or sheet is another kind."""
    assert len(grouped([fault(2), fault(3, **other), fault(4)])) == 2


def test_messages_that_differ_keep_their_places() -> None:
    """What differs from row to row is said with its row."""
    faults = [fault(9, "A", "is used twice; first on row 3"), fault(12, "B", "is used twice; first on row 7")]
    assert str(grouped(faults)[0]) == (
        'v.csv, lat: 2 rows: is used twice; first on row 3 (9; "A"); is used twice; first on row 7 (12; "B")'
    )


def test_cells_of_a_workbook_and_the_guess() -> None:
    """Cells stand for rows in a workbook; the guess is said once and is a field of its own in JSON."""
    faults = [fault(n, "甲", sheet="村", cell=f"D{n}", guess='did you mean "乙"?') for n in (2, 5)]
    (group,) = grouped(faults)
    assert str(group) == 'v.csv › 村, lat: 2 cells (D2, D5; "甲"): must be a number; did you mean "乙"?'
    told = group.as_dict()
    assert {key: told[key] for key in ("code", "count", "where", "message", "guess")} == {
        "code": "not-a-number",
        "count": 2,
        "where": "v.csv › 村, lat, cells D2, D5",
        "message": "must be a number",
        "guess": 'did you mean "乙"?',
    }


def test_the_error_counts_faults_and_prints_kinds() -> None:
    """The message of the exception: how many faults, then a line for each kind."""
    error = BadInputError([fault(2), fault(3), fault(4, column="lon"), fault(5, code="odd")])
    assert str(error).splitlines()[0] == "4 faults in the input"
    assert len(str(error).splitlines()) == 4


def test_guesses_name_each_value_once() -> None:
    """Where guesses differ each stands behind its value; places are named once, values without a guess beside them."""
    faults = [
        fault(2, "甲", guess='did you mean "乙"?'), fault(3, "丙", guess='did you mean "丁"?'), fault(4, "戊"),
    ]  # fmt: skip
    (group,) = grouped(faults)
    assert str(group) == (
        'v.csv, lat: 3 rows (2, 3, 4; "戊"): must be a number; "甲": did you mean "乙"?; "丙": did you mean "丁"?'
    )


def test_a_note_keeps_what_is_wrong_and_how_often_but_no_places() -> None:
    """Notes of a scenario outlive the file whose rows a message names."""
    (group,) = grouped([fault(row, "x") for row in range(2, 32)])
    assert group.brief == "must be a number (30 rows)"
