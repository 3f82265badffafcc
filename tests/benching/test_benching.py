"""Published instances: formats, recomputed costs, the command and what it refuses."""

from __future__ import annotations

import json

import numpy as np
import pytest

from coldchain.benching import (
    BenchSettings,
    LocationSettings,
    read_instance,
    read_median,
    read_warehouses,
    recompute,
    run_file,
    run_location,
)
from coldchain.cli import run
from coldchain.errors import BadInputError

# Depot at 0, customers at 3, 7 and -4 on a line.
CMT = " 3 10 999999 0\n 0 0\n 3 0 5\n 7 0 5\n -4 0 5\n"
HEAD = "NAME : t\nTYPE : CVRP\nDIMENSION : 4\nCAPACITY : 10\n"
TAIL = "DEMAND_SECTION\n1 0\n2 5\n3 5\n4 5\nDEPOT_SECTION\n1\n-1\nEOF\n"
POINTS = "NODE_COORD_SECTION\n1 0 0\n2 3.4 0\n3 7.6 0\n4 -4 0\n"


FLAT = HEAD + "EDGE_WEIGHT_TYPE : EUC_2D\n" + POINTS + TAIL


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
    row, routes = run_file("ccvrp", file, BenchSettings(iterations=200))
    assert (row.cost, row.gap, row.bound, row.status) == (14.0, 0.0, None, "feasible")
    assert sorted(routes) == [(1, 2), (3,)]
    row, _ = run_file("cvrp", file, BenchSettings(iterations=200))
    assert (row.cost, row.gap) == (22.0, None)


def test_both_engines_agree_on_a_tiny_instance(file):
    """OR-Tools, through the planner's own model, finds the same."""
    assert run_file("ccvrp", file, BenchSettings(iterations=50, engine="ortools"))[0].cost == pytest.approx(14.0)
    assert run_file("cvrp", file, BenchSettings(iterations=50, engine="ortools"))[0].cost == pytest.approx(22.0)


def test_too_few_vehicles_are_no_solution(file):
    """One vehicle of 10 cannot take 15: no cost, status limit."""
    row, _ = run_file("ccvrp", file, BenchSettings(iterations=50, vehicles=1))
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
    assert run_file("cvrp", path, BenchSettings(iterations=200))[0].cost == 22.0


def test_length_limit_counts_service(tmp_path):
    """Tours of at most 20 with 2 at each customer: 14 + 4 and 8 + 2 pass; at 17 each customer needs its own."""
    path = tmp_path / "t.txt"
    for limit, cost in ((20, 22.0), (17, 28.0)):
        path.write_text(CMT.replace("999999 0", f"{limit} 2"))
        assert run_file("cvrp", path, BenchSettings(iterations=200))[0].cost == pytest.approx(cost)


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
        ("t.vrp", FLAT.replace("EOF", "TIME_WINDOW_SECTION\n1 0 1\n2 0 1\n3 0 1\n4 0 1\nEOF"), "TIME_WINDOW_SECTION"),
        ("t.vrp", FLAT.replace("CAPACITY", "VEHICLES : 1\nCAPACITY"), "VEHICLES: not read"),
        ("t.vrp", FLAT.replace("TYPE : CVRP", "TYPE : CVRPTW"), "TYPE must be one of CVRP, CCVRP; got CVRPTW"),
        ("t.vrp", FLAT.replace("\n1\n-1", "\n1\n2\n-1"), "must name one node from 1 to 4; got 1 2 -1"),
        ("t.vrp", FLAT.replace("\n4 5\n", "\n3 5\n"), "numbered 1 to 4, each once"),
        ("t.vrp", "window 0 1\n" + FLAT, '"window 0 1" is neither'),
    ],
)
def test_bad_files_are_refused(tmp_path, name, text, message):
    """With the file and the figure in the message."""
    (tmp_path / name).write_text(text)
    with pytest.raises(BadInputError, match=message):
        read_instance(tmp_path / name)


def test_nodes_may_stand_in_any_order(tmp_path):
    """Each row is begun by the number of its node; the depot may be any of them."""
    path = tmp_path / "t.vrp"
    path.write_text(FLAT.replace("1 0 0\n2 3.4 0\n", "2 3.4 0\n1 0 0\n").replace("1 0\n2 5\n", "2 5\n1 0\n"))
    assert run_file("cvrp", path, BenchSettings(iterations=200))[0].cost == 23.0


@pytest.mark.parametrize(("best", "gap"), [(14, 0.0), (16, -2 / 14), (13, 1 / 14)])
def test_gaps_have_their_sign(file, best, gap):
    """The cost of 14 is below a best known 16: -2 of 14; above one of 13: +1 of 14."""
    table = file.parent.parent / "best_known.csv"
    table.write_text(table.read_text().replace("2,14", f"2,{best}"))
    assert run_file("ccvrp", file, BenchSettings(iterations=200))[0].gap == pytest.approx(gap)


def test_no_plan_leaves_with_its_own_code(file, capsys):
    """One vehicle cannot take all: the row says so, the other file's plan is printed all the same, exit 5."""
    assert run(["bench", "ccvrp", str(file), "--vehicles", "1", "--iterations", "20", "--json"]) == 5
    assert [row["cost"] for row in json.loads(capsys.readouterr().out)] == [None]


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
    row, routes = run_file("cvrp", path, BenchSettings(iterations=50))
    assert row.status == "feasible"
    assert len(routes) >= 16


CAP = " 2 3\n 2 10\n 2 10\n 1\n 1 9\n 1\n 1 3\n 1\n 9 2\n"


@pytest.fixture
def cap(tmp_path):
    """Return two sites of capacity 2 and three customers of 1, with a table of optima beside the folder."""
    (tmp_path / "cap").mkdir()
    (tmp_path / "optima.csv").write_text(
        "problem,file,capacity_override,optimum\nCFLP-splittable,cap/w.txt,2,24\nCFLP-splittable,cap/w.txt,3,22\n"
    )
    (tmp_path / "cap" / "c.txt").write_text(CAP)
    (tmp_path / "cap" / "w.txt").write_text(CAP.replace(" 2 10\n", " capacity 10\n"))
    return tmp_path / "cap"


def test_warehouses_by_hand(cap):
    """Two sites cost 20 and 1 + 1 + 2 to serve; without capacities the first alone costs 10 + 1 + 1 + 9."""
    (found,) = run_location("cflp", cap / "c.txt", LocationSettings())
    assert (found.row.cost, found.row.status) == (pytest.approx(24.0), "optimal")
    assert found.row.gap == pytest.approx(0.0, abs=1e-6)
    assert found.text == "1: 1 2\n2: 3\n"
    (free,) = run_location("cflp", cap / "c.txt", LocationSettings(uncapacitated=True))
    assert free.row.cost == pytest.approx(21.0)


def test_a_file_without_capacities_is_solved_for_each_published_one(cap):
    """The word ``capacity`` stands for 2, then 3; a file that nobody published needs the figure."""
    found = list(run_location("cflp", cap / "w.txt", LocationSettings()))
    assert [one.row.instance for one in found] == ["w.txt-2", "w.txt-3"]
    assert [one.row.cost for one in found] == [pytest.approx(24.0), pytest.approx(21.0)]
    (one,) = run_location("cflp", cap / "w.txt", LocationSettings(capacity=2.0))
    assert (one.row.instance, one.row.cost) == ("w.txt", pytest.approx(24.0))
    other = cap / "other.txt"
    other.write_text((cap / "w.txt").read_text())
    with pytest.raises(BadInputError, match=r'row 2, capacity = "capacity": stands for a figure'):
        list(run_location("cflp", other, LocationSettings()))


def test_median_on_a_graph(tmp_path):
    """A line 1-2-3-4 of lengths 1, 5, 1: the later edge 2-3 replaces the earlier, two medians cost 2, one costs 12."""
    path = tmp_path / "m.txt"
    for p, cost in ((2, 2.0), (1, 12.0), (4, 0.0)):
        path.write_text(f"4 4 {p}\n1 2 1\n3 2 90\n2 3 5\n3 4 1\n")
        (found,) = run_location("pmedian", path, LocationSettings())
        assert (found.row.cost, found.row.bound, found.row.status) == (cost, cost, "optimal")
        assert len(found.text.splitlines()) == p


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("4 2 2\n1 2 1\n3 4 1\n", "must be connected"),
        ("4 2 2\n1 2 1\n3 9 1\n", r'row 3, node = "9": must be a whole number from 1 to 4'),
        ("4 2 2\n1 2 -1\n3 x 1\n", r'3 faults(.|\n)*row 2, length = "-1"(.|\n)*row 3 = "x"|must be a number'),
        ("4 3 2\n1 2 1\n", "3 edges need 12 figures; got 6"),
        ("4 1 5\n1 2 1\n", r'p = "5": must be from 1 to the number of nodes, 4'),
        ("4 x\n", r"2 faults(.|\n)*edges(.|\n)*p"),
        ("", "is empty"),
    ],
)
def test_bad_graphs_are_refused(tmp_path, text, message):
    """With row, column and value."""
    (tmp_path / "m.txt").write_text(text)
    with pytest.raises(BadInputError, match=message):
        read_median(tmp_path / "m.txt")


def test_bad_warehouses_are_refused(cap):
    """A negative cost and a word are both named; a truncated file lacks figures."""
    (cap / "c.txt").write_text(CAP.replace(" 1 3\n", " -1 x\n"))
    with pytest.raises(BadInputError, match=r'2 faults(.|\n)*row 7 = "x"(.|\n)*row 7 = "-1": must not be negative'):
        read_warehouses(cap / "c.txt")
    (cap / "c.txt").write_text(CAP[:-2])
    with pytest.raises(BadInputError, match="2 sites and 3 customers need 15 figures; got 14"):
        read_warehouses(cap / "c.txt")


def test_command_for_sites(cap, tmp_path, capsys):
    """One row a capacity, one plan a row; options of routes are refused with 2."""
    out = tmp_path / "out"
    assert run(["bench", "cflp", str(cap / "w.txt"), "--json", "--solutions", str(out)]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["instance"], row["status"]) for row in rows] == [("w.txt-2", "optimal"), ("w.txt-3", "optimal")]
    assert (out / "w-2.sol").read_text() == "1: 1 2\n2: 3\n"
    assert run(["bench", "cflp", str(cap / "c.txt"), "--vehicles", "3"]) == 2
    assert run(["bench", "pmedian", str(cap / "c.txt"), "--capacity", "3"]) == 2
    assert run(["bench", "cflp", str(cap / "c.txt"), "--capacity", "3", "--uncapacitated"]) == 2


@pytest.mark.slow
def test_whole_files_of_the_library(shared):
    """Truncated copies of cap41 give 955,642; the whole file has the published 1,040,444.375, and pmed1 has 5,819."""
    folder = shared / "bench" / "facility"
    (cap41,) = run_location("cflp", folder / "cap" / "cap41.txt", LocationSettings())
    assert (cap41.row.status, cap41.row.cost) == ("optimal", pytest.approx(1_040_444.375))
    (pmed1,) = run_location("pmedian", folder / "pmed" / "pmed1.txt", LocationSettings())
    assert (pmed1.row.status, pmed1.row.cost, pmed1.row.bound) == ("optimal", 5819.0, 5819.0)
