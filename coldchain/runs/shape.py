"""The shape of the JSON objects of a run: which keys they must have, and of which kind their values are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from coldchain.errors import Fault
from coldchain.language import _
from coldchain.model.ending import Ending

Shape = Any
"""An object ``{key: shape}``, a class of values, a :class:`OneOf`, a :class:`Each` or a one-item list."""


@dataclass(frozen=True)
class OneOf:
    """A text out of a few."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Each:
    """An object with any keys, all values of one shape."""

    shape: Shape


@dataclass(frozen=True)
class Begins:
    """A text with a fixed beginning."""

    text: str


@dataclass(frozen=True)
class May:
    """What may be left out."""

    shape: Shape


@dataclass(frozen=True)
class Since:
    """What runs of the format of that number, and of later ones, have; earlier ones may lack it."""

    number: int
    shape: Shape


@dataclass(frozen=True)
class OrNull:
    """A value that may be null."""

    shape: Shape


CHANGES = ("collection", "packaging", "precooling", "line_haul", "onward", "hall")
STATUS = OneOf(("optimal", "feasible", "infeasible", "limit"))
ENDED = OneOf(tuple(Ending))
BAND: Shape = dict.fromkeys(("low", "rate", "high"), float)
PLAN_SHAPE: Shape = {
    "schema": Begins("coldchain.summary/"),
    "scenario": {"name": str, "variant": str, "sha256": str},
    "version": str,
    "seed": int,
    "status": STATUS,
    "interrupted": bool,
    "ended": Since(5, ENDED),
    "seconds": Each(float),
    "work": Since(5, Each(float)),
    "objective": {
        "name": OneOf(("total_cost_cny", "loss_cny", "loss_t")),
        "value": float,
        "bound": float,
        "gap": float,
    },
    "loss": {
        **dict.fromkeys(("baseline_rate", "plan_rate", "baseline_t", "plan_t", "baseline_cny", "plan_cny"), float),
        **dict.fromkeys(
            ("baseline_water_t", "plan_water_t", "baseline_discount_cny", "plan_discount_cny"), Since(5, float)
        ),
    },
    "coverage": {"baseline": float, "plan": float},
    "investment": {
        **dict.fromkeys(("total_cny", "subsidy_cny", "subsidy_share", "budget_cny"), float),
        "by_county": Each(float),
    },
    "annual_cny": {
        **dict.fromkeys(("collection", "line_haul", "operation", "energy", "capital", "loss", "total"), float),
        **dict.fromkeys(("handling", "overflow"), Since(5, float)),
        **dict.fromkeys(("storage", "tracing", "products", "carbon"), May(float)),
    },
    "products": May(dict.fromkeys(("processed_t", "product_t", "revenue_cny", "process_cny"), float)),
    "net": Since(
        5,
        {
            **dict.fromkeys(("today_cny", "plan_cny", "benefit_cny"), float),
            "payback_years": OrNull(float),
            "depot_cny_t": Since(5, OrNull(float)),
        },
    ),
    "emissions": Since(
        5,
        dict.fromkeys(
            (
                "today_kg",
                "plan_kg",
                "collection_kg",
                "depot_kg",
                "line_haul_kg",
                "trader_kg",
                "power_kwh",
                "trader_tkm",
            ),
            float,
        ),
    ),
    "waterfall": May([{"part": OneOf(CHANGES), "t": float, "cny": float}]),
    "counterfactuals": May([{"without": OneOf(CHANGES), "loss_rate": float, "loss_t": float, "loss_cny": float}]),
    "stages": Since(
        5,
        {
            "least_market": float,
            **dict.fromkeys(("field", "retail", "whole_today", "whole_plan", "whole_least"), BAND),
        },
    ),
    "doubt": May(
        {
            "draws": int,
            **{name: [OrNull(float)] for name in ("loss_today", "loss_plan", "saving_cny", "payback_years")},
            "pays_in": Each(float),
        }
    ),
    "firmness": Since(
        5,
        {
            "gap_with_these_depots": OrNull(float),
            "best_by_count": Each(float),
            "depots": [
                {
                    "id": str,
                    "name": str,
                    "planned": bool,
                    **{name: OrNull(float) for name in ("within_1_percent", "other_years", "pays_in")},
                },
            ],
            "runner_up": OrNull({"value": float, "more": float, "closes": [str], "opens": [str]}),
        },
    ),
    "cooling": Since(5, {"peak_kw": float, "installed_kw": float}),
    "depots": {"existing": int, "built": int, "mobile": int},
    "routes": {"count": int, "vehicles": int, "km": float, "hours": float},
    "fleet": Since(5, [{"type": str, "owned": int, "hired_days": float, "trips_day": float}]),
    "delivery_h": dict.fromkeys(("p50", "p95", "max", "share_within_target", "target"), float),
    "villages": {"total": int, "served": int, "unserved": [{"id": str, "reason": str}]},
    "assumptions": Since(5, [{"what": str, "figure": str, "source": str}]),
    "warnings": [str],
}
ROUTES_SHAPE: Shape = {
    "schema": Begins("coldchain.routes/"),
    "scenario": {"name": str, "variant": str, "sha256": str},
    "version": str,
    "seed": int,
    "status": str,
    "interrupted": bool,
    "ended": May(ENDED),
    "day": {"given": str, "period": str, "orders": str, "counted_from": OneOf(("ready", "loading"))},
    "orders": {"count": int, "kg": float, "served_kg": float, "unserved_kg": float},
    **dict.fromkeys(("depots", "vehicles", "trips", "stops"), int),
    **dict.fromkeys(("km", "hours", "drive_h"), float),
    "hire": May([{"type": str, "vehicles": int, "cny": float}]),
    "used_up": May([{"driver": str, "before_h": float, "type": str, "hire_cny_day": float}]),
    "aboard_h": {"p50": float, "max": float},
    "loss": {"kg": float, "cny": float, "rate": float},
    "cost_cny": {"vehicles": float, "loss": float, "total": float},
    "unserved": [{"order": str, "village": str, "commodity": str, "kg": float, "cause": str, "detail": str}],
    "warnings": [str],
}
RUN_SHAPE: Shape = {
    "schema": Begins("coldchain.run/"),
    "arguments": {"scenario": May(str), "scenario_from_run": May(str), "variant": May(str)},
    "scenario": {"folder": str, "name": str, "variant": str},
    "sha256": {"scenario": str},
    "seed": int,
    "interrupted": bool,
    "ended": May(ENDED),
    "versions": Each(str),
    "columns": Each(Each(OneOf(("text", "number", "whole", "flag")))),
}
SETTINGS_SHAPE: Shape = {"settings": {"siting": {"budget_cny": float}}}


def misshapen(value: Any, shape: Shape, file: str, path: str = "", *, number: int = 0) -> Iterator[Fault]:
    """Yield a fault for each key that is missing and each value of the wrong kind.

    Parameters
    ----------
    number : of the format of the run

    Examples
    --------
    >>> shape = {"loss": {"plan_t": float}, "status": OneOf(("optimal", "feasible"))}
    >>> for fault in misshapen({"loss": {"plan_t": "many"}}, shape, "summary.json"):
    ...     print(fault)
    summary.json, loss.plan_t = "many": must be a number
    summary.json, status: is missing; a run of this program has it
    """
    if isinstance(shape, OrNull):
        if value is not None:
            yield from misshapen(value, shape.shape, file, path, number=number)
    elif isinstance(shape, dict | Each):
        if not isinstance(value, Mapping):
            yield _fault(file, path, value, _("must be an object"))
            return
        for key in shape if isinstance(shape, dict) else value:
            below = f"{path}.{key}" if path else str(key)
            wanted = shape[key] if isinstance(shape, dict) else shape.shape
            if key in value:
                inner = wanted.shape if isinstance(wanted, May | Since) else wanted
                yield from misshapen(value[key], inner, file, below, number=number)
            elif not isinstance(wanted, May) and not (isinstance(wanted, Since) and number < wanted.number):
                yield Fault(file, None, below, "", _("is missing; a run of this program has it"), "missing-key")
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield _fault(file, path, value, _("must be a list"))
            return
        for row, item in enumerate(value):
            yield from misshapen(item, shape[0], file, f"{path}[{row}]", number=number)
    elif (told := _wrong(value, shape)) is not None:
        yield _fault(file, path, value, told)


def _fault(file: str, path: str, value: Any, message: str) -> Fault:
    return Fault(file, None, path, str(value)[:80], message, "garbled")


def _wrong(value: Any, shape: Shape) -> str | None:
    """Say what a value must be, None when it is."""
    if isinstance(shape, OneOf):
        right = isinstance(value, str) and value in shape.texts
        return None if right else _("must be one of {texts}").format(texts=_(", ").join(shape.texts))
    if isinstance(shape, Begins):
        right = isinstance(value, str) and value.startswith(shape.text)
        return None if right else _("must begin with {text}").format(text=shape.text)
    if shape is float:
        right = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    elif shape is int:
        right = isinstance(value, int) and not isinstance(value, bool)
    else:
        right = isinstance(value, shape)
    if right:
        return None
    return {
        str: _("must be a text"), int: _("must be a whole number"), float: _("must be a number"),
        bool: _("must be true or false"),
    }[shape]  # fmt: skip
