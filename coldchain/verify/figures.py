"""``summary.json`` recomputed, leaf by leaf."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from coldchain.language import _
from coldchain.model import MobileUnit
from coldchain.verify.depots import Built
from coldchain.verify.fleet import CheckedFleet
from coldchain.verify.limits import cooled_in_time
from coldchain.verify.products import products_of
from coldchain.verify.record import ON_THE_DOT_H, TOLERANCE, Record, agree, rows, shown
from coldchain.verify.restated import CNY_FLOOR, OTHER_FLOOR, Figure, difference, number_of
from coldchain.verify.subsidy import CheckedAwards
from coldchain.verify.unchecked import summary_reason
from coldchain.verify.waterfall import attributed
from coldchain.verify.wholechain import whole_chain

SCHEMA = "coldchain.summary/1"
SLACK_SHARE = 1e-6
ROUNDING = 1e-9
MADE_WHEN_PLANNED = ("roads", "figures", "effort")
"""What a plan may assume beyond what its scenario states of itself, in order."""
Leaf = tuple[str, ...]
ATTRIBUTED = ("waterfall", "counterfactuals")
LISTS = (*((name,) for name in ATTRIBUTED), ("fleet",))


@dataclass(frozen=True)
class CheckedSums:
    """What a summary sums up: lots of the plan and of today, the yearly bill by part, what is built and awarded.

    ``net`` are both yearly totals, their difference and the years until the investment is earned back; ``cooling`` the
    most heat taken at once and what refrigeration can take, kW. ``attributing``: the summary must say where the saving
    comes from; otherwise it may not.
    """

    lots: pd.DataFrame
    today: pd.DataFrame
    bill: Mapping[str, float]
    built: Built
    awards: CheckedAwards
    net: Mapping[str, float]
    cooling: Mapping[str, float]
    vehicles: CheckedFleet
    emissions: Mapping[str, float]
    attributing: bool = True

    @property
    def harvest_t(self) -> float:
        """Tonnes of all lots, 1 without any."""
        return float(self.lots["tonnes"].sum()) or 1.0


def check_summary(record: Record, summary: Mapping[str, Any], found: CheckedSums) -> None:
    """Hold every leaf of the summary against what was recomputed; what is never checked is in a closed list."""
    stated = dict(leaves(summary))
    right: dict[Leaf, Any] = {}
    for section, figures in _figures(record, found).items():
        right |= {(section, key): value for key, value in figures.items()}
    right |= {("schema",): SCHEMA, ("investment", "by_county"): _counties(record, found)}
    right |= _objective(record, stated, found)
    if ("stages", "least_market") in stated:
        right |= whole_chain(record, found.today, found.lots, number_of(stated["stages", "least_market"]))
    for path, value in right.items():
        if path not in stated:
            record.odd(_("summary: {path} is missing").format(path=".".join(path)))
        elif isinstance(value, dict):
            _check_mapping(record, path, stated[path], value)
        else:
            floor = CNY_FLOOR if "cny" in "".join(path) else OTHER_FLOOR
            if told := difference(stated[path], value, floor):
                text = _("summary: {path} is stated as {stated}; recomputed {found}")
                record.odd(text.format(path=".".join(path), stated=told[0], found=told[1]))
    for path in stated.keys() - right.keys():
        if not _checked_elsewhere(path) and summary_reason(path) is None:
            record.odd(_("summary: {path} is not a figure of a plan").format(path=".".join(path)))
    _check_quantiles(record, stated, found.lots)
    _check_bound(record, stated, right[("objective", "value")])
    _check_unserved(record, stated.get(("villages", "unserved")))
    _check_assumptions(record, stated.get(("assumptions",)))
    _check_list(record, "fleet", stated.get(("fleet",)), found.vehicles.summary())
    sources = attributed(record, found.lots, found.today) if found.attributing else dict.fromkeys(ATTRIBUTED, ())
    for name, wanted in sources.items():
        _check_list(record, name, stated.get((name,)), wanted)


def leaves(tree: Mapping[str, Any], path: Leaf = ()) -> Iterator[tuple[Leaf, Any]]:
    """Yield each value of a tree of objects with its path; amounts by county are one value."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and value and key != "by_county":
            yield from leaves(value, (*path, str(key)))
        else:
            yield (*path, str(key)), value


def _checked_elsewhere(path: Leaf) -> bool:
    return path in {
        ("delivery_h", "p50"),
        ("delivery_h", "p95"),
        ("objective", "bound"),
        ("villages", "unserved"),
        *LISTS,
    }


def _figures(record: Record, found: CheckedSums) -> dict[str, dict[str, Any]]:
    scenario, lots, today = record.scenario, found.lots, found.today
    target = scenario.chain.delivery_target_h
    soon = lots["delivery_h"] <= target + ON_THE_DOT_H
    capex, subsidy = sum(found.awards.capex.values()), sum(found.awards.award.values())
    loss: dict[str, Any] = {}
    for name, frame in (("baseline", today), ("plan", lots)):
        lost = float(frame["loss_t"].sum())
        worth = float(frame["lost_cny"].sum())
        loss |= {f"{name}_rate": lost / found.harvest_t, f"{name}_t": lost, f"{name}_cny": worth}
        loss[f"{name}_water_t"] = float(frame["water_t"].sum())
        loss[f"{name}_discount_cny"] = _discount_cny(record, frame)
    return {
        "scenario": {"name": scenario.name, "variant": scenario.variant, "sha256": scenario.sha256},
        "loss": loss,
        "coverage": {"baseline": _covered(record, today), "plan": _covered(record, lots)},
        "investment": {
            "total_cny": capex,
            "subsidy_cny": subsidy,
            "subsidy_share": subsidy / capex if capex else 0.0,
            "budget_cny": scenario.siting.budget_cny,
        },
        "annual_cny": dict(found.bill),
        "net": {**found.net, "benefit_cny": Figure(found.net["benefit_cny"], found.bill["total"])},
        **({"emissions": dict(found.emissions)} if found.emissions else {}),
        **({"products": products_of(record, lots)} if "products" in found.bill else {}),
        "cooling": dict(found.cooling),
        "depots": _depots(record, found.built),
        "routes": _routes(record, found.vehicles),
        "delivery_h": {
            "max": float(lots["delivery_h"].max()) if len(lots) else 0.0,
            "share_within_target": float(lots["tonnes"][soon].sum()) / found.harvest_t,
            "target": target,
        },
        "villages": {"total": len(record.villages), "served": int(lots["village"][lots["depot"] != ""].nunique())},
    }


def _discount_cny(record: Record, lots: pd.DataFrame) -> Figure:
    """Value lost that is not that of what is unsaleable or dried away; as large as the lots it is taken off."""
    worth = lots["lost_cny"]
    spoiled = lots["loss_t"] * lots["commodity"].map(record.price_cny_t).astype("float64")
    sold_off = worth - spoiled > ROUNDING * worth
    return Figure(float((worth - spoiled)[sold_off].sum()), float(worth[sold_off].sum()))


def _covered(record: Record, lots: pd.DataFrame) -> float:
    """Share of the tonnes that are cooled within their commodity's deadline."""
    return float(lots["tonnes"][cooled_in_time(record, lots)].sum()) / (float(lots["tonnes"].sum()) or 1.0)


def _objective(record: Record, stated: Mapping[Leaf, Any], found: CheckedSums) -> dict[Leaf, Any]:
    """Return the first aim of the scenario, its value, and the gap and status that the stated bound gives."""
    aim = record.scenario.siting.objective[0]
    amount = {"loss_t": float(found.lots["loss_t"].sum()), "loss_cny": found.bill["loss"]}
    value = amount.get(aim, found.bill["total"])
    gap = abs(value - number_of(stated.get(("objective", "bound")))) / max(abs(value), 1e-9)
    close = abs(gap - TOLERANCE) < TOLERANCE * 1e-3
    status = stated.get(("status",)) if close else "optimal" if gap <= TOLERANCE else "feasible"
    return {
        ("objective", "name"): aim,
        ("objective", "value"): value,
        ("objective", "gap"): gap,
        ("status",): str(status),
    }


def _check_bound(record: Record, stated: Mapping[Leaf, Any], value: float) -> None:
    bound = number_of(stated.get(("objective", "bound")))
    if not bound <= value + abs(value) * TOLERANCE + 1e-6:
        texts = shown(bound, value)
        record.odd(_("summary: the bound {bound} lies above the value {value}").format(bound=texts[0], value=texts[1]))


def _check_mapping(record: Record, path: Leaf, stated: Any, right: Mapping[str, float]) -> None:
    """Compare amounts by county."""
    given = stated if isinstance(stated, Mapping) else {}
    for name in sorted({*given, *right}):
        amounts = number_of(given.get(name, 0.0)), right.get(name, 0.0)
        if not agree(*amounts, 1.0) or name not in right:
            texts = shown(*amounts)
            text = _("summary: {path} of {name} is stated as {stated}; recomputed {found}")
            record.odd(text.format(path=".".join(path), name=name, stated=texts[0], found=texts[1]))


def _counties(record: Record, found: CheckedSums) -> dict[str, float]:
    by_county: dict[str, float] = defaultdict(float)
    for site, capex in found.awards.capex.items():
        by_county[record.sites[site][1].county] += capex
    return {county: capex for county, capex in by_county.items() if capex > 0}


def _check_quantiles(record: Record, stated: Mapping[Leaf, Any], lots: pd.DataFrame) -> None:
    """Check that half, and 95 %, of the tonnes reach their buyer within those hours of a lot, and in no fewer."""
    total = float(lots["tonnes"].sum()) or 1.0
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        hours = number_of(stated.get(("delivery_h", name)))
        within = float(lots["tonnes"][lots["delivery_h"] <= hours + ON_THE_DOT_H].sum()) / total
        sooner = float(lots["tonnes"][lots["delivery_h"] < hours - ON_THE_DOT_H].sum()) / total
        met = bool(((lots["delivery_h"] - hours).abs() <= ON_THE_DOT_H).any())
        if len(lots) and not (met and sooner - SLACK_SHARE <= share <= within + SLACK_SHARE):
            text = _("summary: delivery_h.{name} is stated as {hours}; {within:.2%} of the tonnes arrive by then")
            record.odd(text.format(name=name, hours=f"{hours:.6g}", within=within))


def _check_unserved(record: Record, stated: Any) -> None:
    """Check that the summary lists the villages of which nothing is cooled, in any order, with their reasons."""
    right = [{"id": row.village, "reason": row.reason} for row in rows(record.tables["villages"]) if row.reason]
    given = stated if isinstance(stated, list) else []
    if len(given) != len(right) or any(one not in given for one in right):
        record.odd(_("summary: villages.unserved does not list the reasons of the table of villages"))


def _check_list(record: Record, name: str, stated: Any, right: Sequence[Mapping[str, Any]]) -> None:
    """Compare a list of objects, one by one."""
    given = stated if isinstance(stated, list) else []
    if len(given) != len(right):
        text = _("summary: {path} has {count} entries; recomputed {right}")
        record.odd(text.format(path=name, count=len(given), right=len(right)))
        return
    for n, (one, wanted) in enumerate(zip(given, right, strict=True)):
        for key, value in wanted.items():
            cell = one.get(key) if isinstance(one, Mapping) else None
            if told := difference(cell, value, OTHER_FLOOR):
                text = _("summary: {path} is stated as {stated}; recomputed {found}")
                record.odd(text.format(path=f"{name}[{n}].{key}", stated=told[0], found=told[1]))


def _check_assumptions(record: Record, stated: Any) -> None:
    """Check that what the scenario says of itself comes first, and only roads, catalogue and effort may follow."""
    own = [one.model_dump() for one in record.scenario.assumptions]
    own += [{"what": "note", "figure": note, "source": ""} for note in record.scenario.notes]
    given = stated if isinstance(stated, list) else [None]
    rest = [one.get("what") if isinstance(one, Mapping) else None for one in given[len(own) :]]
    if given[: len(own)] != own or rest != [one for one in MADE_WHEN_PLANNED if one in rest]:
        record.odd(_("summary: assumptions do not list what the scenario states of itself"))


def _routes(record: Record, vehicles: CheckedFleet) -> dict[str, float]:
    """Tours of a year, their kilometres and hours; vehicles of the busiest day, line haul included."""
    table = record.tables["routes"]
    days = table["period"].map({key: period.days for key, (_n, period) in record.periods.items()}).astype("float64")
    return {
        "count": round(float(days.sum())),
        "vehicles": vehicles.busiest,
        "km": float((table["km"].astype("float64") * days).sum()),
        "hours": float((table["hours"].astype("float64") * days).sum()),
    }


def _depots(record: Record, built: Built) -> dict[str, int]:
    standing = {key for key, modules in record.standing.items() if any(modules.values())}
    wheels = {key for key, kind in record.kinds.items() if isinstance(kind, MobileUnit)}
    fixed = {key for key, modules in built.items() if any(n for kind, n in modules.items() if kind not in wheels)}
    mobile = sum(n for modules in built.values() for kind, n in modules.items() if kind in wheels)
    return {"existing": len(standing), "built": len(fixed - standing), "mobile": mobile}
