"""What differs between two plans: figures with their units, depots, and who goes elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from coldchain.language import N_, _
from coldchain.runs import Run

LEFT_OUT = ("seconds", "seed", "work", "firmness", "stages")
MOVED_T = 1e-6
SAME_COUNTY, NEAR_DEGREES = 0.5, 0.02
"""Share of the villages that runs of one county share at least, and how far apart one village may lie in the two."""
TODAY = ""
NONE: Counter[str] = Counter()
UNITS = {"_cny_t": "CNY/t", "_t": "t", "_cny": "CNY", "rate": "share", "share": "share",
         "share_within_target": "share", "gap": "share", "_years": "years", "_kw": "kW",
         "_kg": "kg", "_kwh": "kWh", "_tkm": "t·km",
         "draws": "draws"}  # fmt: skip
SECTION_UNITS = {
    "annual_cny": "CNY", "coverage": "share", "by_county": "CNY", "delivery_h": "h", "depots": "depots",
    "villages": "villages", "pays_in": "share",
}  # fmt: skip
ROUTE_UNITS = {"count": "routes", "vehicles": "vehicles", "km": "km", "hours": "h"}
AIM_UNITS = {"loss_t": "t", "loss_cny": "CNY", "total_cost_cny": "CNY"}


@dataclass(frozen=True)
class Comparison:
    """What differs between run ``a`` and run ``b``; a difference is that of b less that of a.

    Attributes
    ----------
    figures : figure, unit, a, b, difference: every number of the summaries
    depots : depot, name, in_a, in_b (new modules, ``standing`` for those that stood), what (only in a, only in b,
        changed), capex_cny and subsidy_cny and tonnes_year as differences; those that are alike are left out
    villages : village, name, moved_t, from_depots, to_depots, cooled_t, loss_t, loss_cny, delivery_h as differences;
        those with less than a gram moved are left out
    notes : why the two may not be comparable
    sites : depot -> name, of either run
    apart : whether the runs are of different counties
    """

    a: str
    b: str
    figures: pd.DataFrame
    depots: pd.DataFrame
    villages: pd.DataFrame
    notes: tuple[str, ...]
    sites: Mapping[str, str] = field(default_factory=dict)
    apart: bool = False

    def figure(self, name: str) -> float:
        """Return the difference of one figure, for example ``loss.plan_t``."""
        return float(self.figures["difference"][self.figures["figure"] == name].iloc[0])

    def as_dict(self) -> dict[str, Any]:
        """Return all of it, plain values."""
        parts = {name: getattr(self, name).to_dict("records") for name in ("figures", "depots", "villages")}
        return {"schema": "coldchain.comparison/1", "a": self.a, "b": self.b, "notes": list(self.notes), **parts}


def compare(a: Run, b: Run) -> Comparison:
    """Compare two plans.

    Parameters
    ----------
    a, b : of the same county; inputs that differ are noted. Of different counties only the figures are compared
    """
    shared = _shared_villages(a.tables["villages"], b.tables["villages"])
    apart = len(shared) < SAME_COUNTY * min(len(a.tables["villages"]), len(b.tables["villages"]))
    depots = [run.tables["depots"].iloc[: 0 if apart else None] for run in (a, b)]
    return Comparison(
        a.name,
        b.name,
        _figures(a.summary, b.summary),
        _depots(*depots),
        _villages(a, b, [] if apart else shared),
        tuple(_notes(a, b, len(shared), apart=apart)),
        _names(*depots),
        apart,
    )


def _shared_villages(a: pd.DataFrame, b: pd.DataFrame) -> list[str]:
    """Return the ids of villages of both runs: those of one id that lie in one place, where places are known."""
    both = a.merge(b, on="village", suffixes=("", "_b"))
    if {"lon", "lon_b"} <= set(both.columns):
        both = both[(both["lon"] - both["lon_b"]).abs().add((both["lat"] - both["lat_b"]).abs()) < NEAR_DEGREES]
    return [str(key) for key in both["village"]]


def _notes(a: Run, b: Run, shared: int, *, apart: bool) -> Iterator[str]:
    one, other = a.summary["scenario"], b.summary["scenario"]
    pair = (f"{one['name']}/{one['variant']}", f"{other['name']}/{other['variant']}")
    if apart:
        told = _("{one} and {other} are different counties: only the figures are compared, not the places")
        yield told.format(one=pair[0], other=pair[1])
    elif one["sha256"] != other["sha256"]:
        names = pair[0] if pair[0] == pair[1] else _("{one} and {other}").format(one=pair[0], other=pair[1])
        yield _("the inputs differ ({names}): places are matched by id").format(names=names)
    alone = (N_("villages in the first run only: {count}"), N_("villages in the second run only: {count}"))
    for run, text in zip((a, b), alone, strict=True):
        count = len(run.tables["villages"]) - shared
        if count and not apart:
            yield _(text).format(count=count)
    if not apart:
        yield from _follows(a, b)
    yield from _notes_of_search(a.summary, b.summary)


def _follows(a: Run, b: Run) -> Iterator[str]:
    """Say so where the second run is a later year: what the first built stands in it; the money of both together."""
    built, stood = _counts(a, "new_modules"), _counts(a, "standing_modules")
    stand = _counts(b, "standing_modules")
    if built and all(stood.get(depot, NONE) + new <= stand.get(depot, NONE) for depot, new in built.items()):
        sums = (sum(run.summary["investment"][key] for run in (a, b)) for key in ("total_cny", "subsidy_cny"))
        told = _("what the first run builds stands in the second; both invest {total:,.0f} CNY, awards {subsidy:,.0f}")
        yield told.format(**dict(zip(("total", "subsidy"), sums, strict=True)))


def _counts(run: Run, column: str) -> dict[str, Counter[str]]:
    """Read ``type:count;type:count`` of each depot that has any."""
    table = run.tables["depots"]
    texts = {depot: str(text).split(";") for depot, text in zip(table["depot"], table[column], strict=True) if text}
    parts = {depot: [part.rpartition(":") for part in text] for depot, text in texts.items()}
    return {depot: Counter({key: int(n) for key, _colon, n in part}) for depot, part in parts.items()}


def _notes_of_search(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[str]:
    if a["objective"]["name"] != b["objective"]["name"]:
        yield _("the aims differ: {name} and {name2}").format(name=a["objective"]["name"], name2=b["objective"]["name"])
    told = (_("the first run was interrupted"), _("the second run was interrupted"))
    yield from (text for text, summary in zip(told, (a, b), strict=True) if summary["interrupted"])


def numbers(summary: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str, float]]:
    """List every number of a summary with its dotted path and unit; what is in ``LEFT_OUT`` is left out.

    Examples
    --------
    >>> list(numbers({"loss": {"plan_t": 3.0, "plan_rate": 0.1}, "seconds": {"total": 9}}))
    [('loss.plan_t', 't', 3.0), ('loss.plan_rate', 'share', 0.1)]
    """
    for key, value in summary.items():
        here = f"{path}.{key}" if path else str(key)
        if here in LEFT_OUT:
            continue
        if isinstance(value, Mapping):
            yield from numbers(value, here)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield here, _unit(here, summary), float(value)


def _unit(path: str, section: Mapping[str, Any]) -> str:
    *above, last = path.split(".")
    if above == ["objective"] and last in ("value", "bound"):
        return AIM_UNITS[section["name"]]
    found = next((unit for end, unit in UNITS.items() if last.endswith(end)), None)
    if found is None and above == ["routes"]:
        return ROUTE_UNITS[last]
    return found or next((SECTION_UNITS[part] for part in reversed(above) if part in SECTION_UNITS), "-")


def _figures(a: Mapping[str, Any], b: Mapping[str, Any]) -> pd.DataFrame:
    one = {path: (unit, value) for path, unit, value in numbers(a)}
    other = {path: (unit, value) for path, unit, value in numbers(b)}
    paths = [*one, *(path for path in other if path not in one)]
    rows = []
    for path in paths:
        unit = (one.get(path) or other[path])[0]
        missing = 0.0 if ".by_county." in path else np.nan
        before, after = (side[path][1] if path in side else missing for side in (one, other))
        rows.append((path, unit, before, after, after - before))
    return pd.DataFrame(rows, columns=["figure", "unit", "a", "b", "difference"])


def _modules(depots: pd.DataFrame) -> pd.Series:
    stood = depots["standing_modules"].where(depots["standing_modules"] == "", "standing")
    text = [";".join(filter(None, pair)) for pair in zip(map(str, depots["new_modules"]), map(str, stood), strict=True)]
    return pd.Series(text, index=depots["depot"], dtype=object)


def _depots(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    one, other = _modules(a), _modules(b)
    ids = list(dict.fromkeys([*one.index, *other.index]))
    names = _names(a, b)
    figures = ["capex_cny", "subsidy_cny", "tonnes_year"]
    sums = [frame.set_index("depot")[figures].astype("float64") for frame in (a, b)]  # text where a table is empty
    change = sums[1].reindex(ids, fill_value=0.0) - sums[0].reindex(ids, fill_value=0.0)
    rows = []
    for key in ids:
        before, after = one.get(key, ""), other.get(key, "")
        if before != after:
            what = "only in a" if not after else "only in b" if not before else "changed"
            rows.append((key, names[key], what, before, after, *change.loc[key]))
    columns = ["depot", "name", "what", "in_a", "in_b", "capex_cny", "subsidy_cny", "tonnes_year"]
    return pd.DataFrame(rows, columns=columns)


def _names(a: pd.DataFrame, b: pd.DataFrame) -> dict[str, str]:
    return {str(key): str(name) for side in (b, a) for key, name in zip(side["depot"], side["name"], strict=True)}


def _by_depot(lots: pd.DataFrame) -> pd.Series:
    return lots.groupby(["village", "depot"])["tonnes"].sum()


def _per_village(lots: pd.DataFrame) -> pd.DataFrame:
    cooled = lots["tonnes"].where(lots["depot"] != TODAY, 0.0)
    hours = lots["tonnes"] * lots["delivery_h"]
    frame = lots.assign(cooled_t=cooled, ton_h=hours).groupby("village")[
        ["tonnes", "cooled_t", "loss_t", "loss_cny", "ton_h"]
    ]
    total = frame.sum()
    return total.assign(delivery_h=total["ton_h"] / total["tonnes"])[["cooled_t", "loss_t", "loss_cny", "delivery_h"]]


def _villages(a: Run, b: Run, shared: Sequence[str]) -> pd.DataFrame:
    """List the shared villages of which some tonnes go elsewhere; depots by tonnes, today's chain as ``today``."""
    flows = pd.concat({"a": _by_depot(a.tables["lots"]), "b": _by_depot(b.tables["lots"])}, axis=1).fillna(0.0)
    change = flows["b"] - flows["a"]
    moved = change.clip(lower=0.0).groupby(level="village").sum()
    moved = moved[(moved > MOVED_T) & moved.index.isin(shared)]
    before, after = (_per_village(run.tables["lots"]) for run in (a, b))
    names = pd.concat([run.tables["villages"].set_index("village")["name"] for run in (a, b)])
    names = names[~names.index.duplicated()]
    rows = [
        (
            village,
            names.get(village, ""),
            amount,
            _places(flows["a"].xs(village, level="village")),
            _places(flows["b"].xs(village, level="village")),
            *(after.reindex([village]).iloc[0] - before.reindex([village]).iloc[0]),
        )
        for village, amount in moved.sort_values(ascending=False, kind="stable").items()
    ]
    columns = ["village", "name", "moved_t", "from_depots", "to_depots", "cooled_t", "loss_t", "loss_cny", "delivery_h"]
    return pd.DataFrame(rows, columns=columns)


def _places(tonnes: pd.Series) -> str:
    kept = tonnes[tonnes > MOVED_T].sort_values(ascending=False, kind="stable")
    return ";".join(str(depot) or "today" for depot in kept.index)
