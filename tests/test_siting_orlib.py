"""OR-Library warehouse location in this problem's form: published optima of the splittable version."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from coldchain.siting import SitingProblem, solve_siting

FOLDER = Path(os.environ.get("COLDCHAIN_SHARED", "../shared")) / "bench" / "facility"


def read_cap(name):
    """Read a cap file as a problem with one module a site and a dear outside."""
    words = (FOLDER / "cap" / f"{name}.txt").read_text().split()
    m, n = int(words[0]), int(words[1])
    head = np.array(words[2 : 2 + 2 * m], dtype=float).reshape(m, 2)
    body = np.array(words[2 + 2 * m :], dtype=float).reshape(n, m + 1)
    arcs = m * n
    one = np.ones((m, m)) * 0
    eye = np.eye(m)
    return SitingProblem(
        outside_cost=np.full(n, 1e6),
        arc_demand=np.repeat(np.arange(n), m),
        arc_site=np.tile(np.arange(m), n),
        arc_class=np.zeros(arcs),
        arc_cost=body[:, 1:].ravel(),
        load=body[:, :1],
        module_class=np.zeros(m),
        capacity=head[:, 0],
        module_cost=eye * head[:, 1],
        module_capex=one,
        award=one,
        max_count=eye,
        existing=one,
        max_modules=np.ones(m),
        power_kw=np.zeros(m),
        power_limit=np.full(m, np.inf),
        forced=np.zeros(m),
        owner=np.arange(m),
        owner_cap=np.full(m, np.inf),
        county=np.zeros(m),
        pot=[np.inf],
    )


@pytest.mark.skipif(not FOLDER.exists(), reason="bench/facility is not here")
@pytest.mark.parametrize("name", ["cap71", "cap41", pytest.param("cap44", marks=pytest.mark.slow)])
def test_published_optimum(name):
    """Value and bound meet at the published optimum."""
    with (FOLDER / "optima.csv").open(newline="") as file:
        optima = {(row["problem"], row["file"]): row["optimum"] for row in csv.DictReader(file)}
    best = float(optima["CFLP-splittable", f"cap/{name}.txt"])
    r = solve_siting(read_cap(name), work=600.0, gap=1e-6)
    assert r.status == "optimal"
    assert r.value == pytest.approx(best, rel=2e-6)
