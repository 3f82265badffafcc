"""Published instances: formats, recomputed costs, the command and what it refuses."""

from __future__ import annotations

import json

import numpy as np
import pytest

from coldchain.benching import Settings, read_instance, recompute, run_file
from coldchain.cli import run
from coldchain.errors import BadInputError

# Depot at 0, customers at 3, 7 and -4 on a line.
CMT = " 3 10 999999 0\n 0 0\n 3 0 5\n 7 0 5\n -4 0 5\n"
HEAD = "NAME : t\nTYPE : CVRP\nDIMENSION : 4\nCAPACITY : 10\n"
TAIL = "DEMAND_SECTION\n1 0\n2 5\n3 5\n4 5\nDEPOT_SECTION\n1\n-1\nEOF\n"
POINTS = "NODE_COORD_SECTION\n1 0 0\n2 3.4 0\n3 7.6 0\n4 -4 0\n"


@pytest.fixture
def file(tmp_path):
    """Return a CMT file with a table of best known values beside its folder."""
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "t.txt").write_text(CMT)
    (tmp_path / "best_known.csv").write_text(
        "instance,customers,vehicles,best_known_sum_of_arrival_times\nt.txt,3,2,14\n"
    )
    return folder / "t.txt"


def test_cumulative_and_plain_by_hand(file):
    """Arrivals at 3, 7 and 4 add up to 14 with two vehicles; the shortest tours are 14 + 8 = 22."""
    row, routes = run_file("ccvrp", file, Settings(iterations=200))
    assert (row.cost, row.gap, row.bound, row.status) == (14.0, 0.0, None, "feasible")
    assert sorted(routes) == [(1, 2), (3,)]
    row, _ = run_file("cvrp", file, Settings(iterations=200))
    assert (row.cost, row.gap) == (22.0, None)


def test_both_engines_agree_on_a_tiny_instance(file):
    """OR-Tools, through the planner's own model, finds the same."""
    assert run_file("ccvrp", file, Settings(iterations=50, engine="ortools"))[0].cost == pytest.approx(14.0)
    assert run_file("cvrp", file, Settings(iterations=50, engine="ortools"))[0].cost == pytest.approx(22.0)


def test_too_few_vehicles_are_no_solution(file):
    """One vehicle of 10 cannot take 15: no cost, status limit."""
    row, _ = run_file("ccvrp", file, Settings(iterations=50, vehicles=1))
    assert (row.cost, row.status) == (None, "limit")


@pytest.mark.parametrize(("rounding", "cost"), [(None, 23.0), ("none", 23.2), ("up", 25.0)])
def test_rounding_rules_of_vrp_files(tmp_path, rounding, cost):
    """EUC_2D rounds each leg to the nearest whole unit: 3 + 4 + 8 + 8; exact it is 23.2, rounded up 4 + 5 + 8 + 8."""
    path = tmp_path / "t.vrp"
    path.write_text(HEAD + "EDGE_WEIGHT_TYPE : EUC_2D\n" + POINTS + TAIL)
    instance = read_instance(path, rounding)
    assert recompute("cvrp", instance, [(1, 2), (3,)]) == pytest.approx(cost)


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ("FULL_MATRIX", "0 3 7 4 3 0 4 7 7 4 0 11 4 7 11 0"),
        ("LOWER_ROW", "3 7 4 4 7 11"),
        ("LOWER_DIAG_ROW", "0 3 0 7 4 0 4 7 11 0"),
        ("UPPER_ROW", "3 7 4 4 7 11"),
        ("UPPER_DIAG_ROW", "0 3 7 4 0 4 7 0 11 0"),
    ],
)
def test_explicit_matrices(tmp_path, layout, words):
    """All layouts of the same distances give the tours of the line."""
    path = tmp_path / "t.vrp"
    weights = f"EDGE_WEIGHT_TYPE : EXPLICIT\nEDGE_WEIGHT_FORMAT : {layout}\nEDGE_WEIGHT_SECTION\n{words}\n"
    path.write_text(HEAD + weights + TAIL)
    assert run_file("cvrp", path, Settings(iterations=200))[0].cost == 22.0


def test_length_limit_counts_service(tmp_path):
    """Tours of at most 20 with 2 at each customer: 14 + 4 and 8 + 2 pass; at 17 each customer needs its own."""
    path = tmp_path / "t.txt"
    for limit, cost in ((20, 22.0), (17, 28.0)):
        path.write_text(CMT.replace("999999 0", f"{limit} 2"))
        assert run_file("cvrp", path, Settings(iterations=200))[0].cost == pytest.approx(cost)


@pytest.mark.parametrize(
    ("routes", "vehicles", "message"),
    [
        ([(1, 2)], None, "exactly once"),
        ([(1, 2), (3, 1)], None, "exactly once"),
        ([(1, 2, 3)], None, "breaks a limit"),
        ([(1,), (2,), (3,)], 2, "at most 2; got 3"),
    ],
)
def test_wrong_routes_have_no_cost(file, routes, vehicles, message):
    """The judge refuses what a solver must not return."""
    with pytest.raises(ValueError, match=message):
        recompute("ccvrp", read_instance(file), routes, vehicles)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.txt", "3 10 999999 0 0 0 1 2", "need 15 figures; got 8"),
        ("t.txt", CMT.replace(" 5\n", " 50\n"), "demand of 50 is above the capacity of 10"),
        ("t.vrp", HEAD + "EDGE_WEIGHT_TYPE : GEO\n" + POINTS + TAIL, "must be one of EUC_2D"),
        ("t.vrp", POINTS + TAIL, "DIMENSION"),
    ],
)
def test_bad_files_are_refused(tmp_path, name, text, message):
    """With the file and the figure in the message."""
    (tmp_path / name).write_text(text)
    with pytest.raises(BadInputError, match=message):
        read_instance(tmp_path / name)


def test_command_prints_and_writes(file, tmp_path, capsys):
    """One JSON list on stdout, one route a line in DIR/FILE.sol; bad input leaves with 3."""
    options = ["--iterations", "200", "--json", "--solutions", str(tmp_path / "out")]
    assert run(["bench", "ccvrp", str(file), *options]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert {"instance": "t.txt", "cost": 14.0, "bound": None, "gap": 0.0, "status": "feasible"}.items() <= row.items()
    assert sorted((tmp_path / "out" / "t.sol").read_text().splitlines()) == ["1: 1 2", "1: 3"]
    assert run(["bench", "cvrp", str(tmp_path / "none.txt")]) == 3


def test_many_customers_keep_no_matrix(tmp_path):
    """3,200 customers are solved from coordinates."""
    random = np.random.default_rng(0)
    rows = "".join(f"{x:.0f} {y:.0f} 1\n" for x, y in random.uniform(0, 1000, (3200, 2)))
    path = tmp_path / "large.txt"
    path.write_text(f"3200 200 999999 0\n500 500\n{rows}")
    row, routes = run_file("cvrp", path, Settings(iterations=50))
    assert row.status == "feasible"
    assert len(routes) >= 16
