"""What ``coldchain doctor`` looks at."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from coldchain.language import _

PACKAGES = ("ortools", "geopandas", "shapely", "pyogrio", "osmium", "networkx", "numba", "scipy", "bokeh", "pydantic")
LEAST_DISK_GB = 0.5


@dataclass(frozen=True)
class DoctorFinding:
    """One thing looked at; ``needed`` findings that are not ok stop planning."""

    what: str
    ok: bool
    text: str
    needed: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Return the finding for JSON."""
        return asdict(self)


def examine() -> tuple[DoctorFinding, ...]:
    """Look at everything."""
    version = platform.python_version()
    fine = sys.version_info >= (3, 11)
    return (
        DoctorFinding(
            "python",
            fine,
            _("{version} on {system} {machine}; 3.11 or later is needed").format(
                version=version, system=platform.system(), machine=platform.machine()
            ),
        ),
        *(_package(name) for name in PACKAGES),
        _solver(),
        _compiler(),
        _encoding(),
        _fonts(),
        _disk(),
        _broker(),
    )


def compile_kernels() -> None:
    """Plan, replay and route a county of fourteen villages: the loops are compiled and kept."""
    import numpy as np

    import coldchain as cc
    from coldchain.dispatch.dispatch import DispatchRequest, dispatch
    from coldchain.planning import Plan
    from coldchain.planning.withdepots import least_with
    from coldchain.siting import ExtendedEffort, prepare_siting
    from coldchain.spoilage.kinetics import pack
    from coldchain.spoilage.measured import follow_measured

    with tempfile.TemporaryDirectory(prefix="coldchain-") as name:
        folder = Path(name)
        county = cc.example(folder / "county", villages=14, seed=5)
        cc.plan(replace(county, routing=county.routing.model_copy(update={"split_pickups": True})), effort="quick")
        made = cc.plan(county, effort="quick")
        if isinstance(made.plan, Plan):
            planned = made.plan
            least_with(planned.basis, planned.ground.arcs, planned.course, ExtendedEffort(rounds=0, work=1.0), rounds=0)
        cc.replay(made, years=1, days=1)
        dispatch(DispatchRequest(made.save(folder / "run"), iterations=10))
        crop = pack(county.commodities[0])
        follow_measured(crop, np.zeros((2, 4)), 1.0, 0.0, 1.0, np.zeros(4), np.zeros(5))
        prepare_siting()


def _package(name: str) -> DoctorFinding:
    try:
        return DoctorFinding(name, ok=True, text=importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return DoctorFinding(name, ok=False, text=_("not installed; run: pip install {name}").format(name=name))


def _solver() -> DoctorFinding:
    """Let HiGHS solve a problem whose answer is known: whole x ≤ 2 and 2x + y ≤ 7 give 3x + y = 9."""
    try:
        from ortools.math_opt.python import mathopt

        model = mathopt.Model()
        x, y = model.add_integer_variable(lb=0, ub=2), model.add_integer_variable(lb=0, ub=9)
        model.add_linear_constraint(2 * x + y <= 7)
        model.maximize(3 * x + y)
        value = mathopt.solve(model, mathopt.SolverType.HIGHS).objective_value()
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the solver is what we are here to say
        hint = _(" (on Windows install the Visual C++ runtime)") if platform.system() == "Windows" else ""
        return DoctorFinding(
            "solver", ok=False, text=_("HiGHS in OR-Tools does not run: {error}{hint}").format(error=error, hint=hint)
        )
    return DoctorFinding(
        "solver",
        ok=abs(value - 9) < 1e-6,
        text=_("HiGHS in OR-Tools solves the test case: {value:g} of 9").format(value=value),
    )


def _compiler() -> DoctorFinding:
    try:
        from coldchain.scenario import catalogue_table
        from coldchain.spoilage import rate_per_h

        rate_per_h(catalogue_table("commodity")[0], 20.0)  # type: ignore[arg-type]
    except Exception as error:  # noqa: BLE001
        return DoctorFinding("compiler", ok=False, text=_("numba does not compile: {error}").format(error=error))
    return DoctorFinding("compiler", ok=True, text=_("numba compiles and caches"))


def _encoding() -> DoctorFinding:
    encoding = (sys.stdout.encoding or "none").lower()
    good = "utf" in encoding
    return DoctorFinding(
        "encoding",
        good,
        encoding if good else _("{encoding}; set PYTHONUTF8=1").format(encoding=encoding),
        needed=False,
    )


def _fonts() -> DoctorFinding:
    try:
        from coldchain.reports.fonts import chinese_font, missing_font

        return DoctorFinding("fonts", ok=not missing_font(), text=chinese_font() or missing_font(), needed=False)
    except ImportError:
        told = _("matplotlib is not installed, no pictures are drawn: pip install 'coldchain[report]'")
        return DoctorFinding("fonts", ok=False, text=told, needed=False)


def _disk() -> DoctorFinding:
    free_gb = shutil.disk_usage(tempfile.gettempdir()).free / 1e9
    return DoctorFinding(
        "disk", free_gb > LEAST_DISK_GB, _("{free_gb:.1f} GB free for temporary files").format(free_gb=free_gb)
    )


def _broker() -> DoctorFinding:
    """Look at what listening to sensors needs: the client, and a broker here that does not lose readings."""
    from coldchain.telemetry.brokersettings import SHIPPED, doubts, settings_of

    if importlib.util.find_spec("paho") is None:
        told = _("paho-mqtt is not installed, no broker can be asked: pip install 'coldchain[watch]'")
        return DoctorFinding("broker", ok=False, text=told, needed=False)
    try:
        settings = settings_of(SHIPPED)
    except OSError:
        return DoctorFinding("broker", ok=True, text=_("no mosquitto is set up on this machine"), needed=False)
    found = doubts(settings)
    text = "; ".join(found) or _("mosquitto keeps what waits")
    return DoctorFinding("broker", ok=not found, text=text, needed=False)
