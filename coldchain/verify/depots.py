"""Depots and assignment: site limits, capacities, suitability."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from coldchain.language import _
from coldchain.model import Commodity, DepotType, Plant, Site
from coldchain.verify.record import PROCESS, TOLERANCE, Record, rows

ClassKey = tuple[str, str, str, str]
Built = dict[str, dict[str, int]]


def parse_modules(record: Record, text: str, where: str) -> dict[str, int]:
    """Read ``type:count;type:count``; note what cannot be read."""
    counts: dict[str, int] = {}
    for part in filter(None, str(text).split(";")):
        key, _rest, number = part.partition(":")
        if key not in record.kinds:
            record.wrong(_('{where}: "{key}" is not a depot type on offer').format(where=where, key=key))
        elif not number.isdigit():
            record.wrong(_('{where}: "{part}" must read type:count').format(where=where, part=part))
        else:
            counts[key] = counts.get(key, 0) + int(number)
    return counts


def new_modules(record: Record) -> dict[str, dict[str, int]]:
    """Return the new modules by depot, after checking them against each site's limits."""
    built: dict[str, dict[str, int]] = {}
    standing: dict[str, dict[str, int]] = {}
    for row in rows(record.tables["depots"]):
        where = f"depots: {row.depot}"
        built[row.depot] = parse_modules(record, row.new_modules, where)
        standing[row.depot] = parse_modules(record, row.standing_modules, where)
    for key, (_rest, site) in record.sites.items():
        _check_site(record, site, built.get(key, {}), standing.get(key, {}))
    return built


def _check_site(record: Record, site: Site, built: dict[str, int], standing: dict[str, int]) -> None:
    count = sum(built.values())
    already = record.standing[site.id]
    if standing != already:
        record.wrong(
            _("depots: {site} stands with {found}; the plan says {stated}").format(
                site=site.id, found=already or _("nothing"), stated=standing or _("nothing")
            )
        )
    if count and site.status in ("forbidden", "existing"):
        record.wrong(
            _("depots: {site} is {status}; nothing may be built there").format(site=site.id, status=site.status)
        )
    if site.status == "forced" and not count and not standing:
        record.wrong(_("depots: {site} is forced but has no module").format(site=site.id))
    if count > site.max_modules:
        record.wrong(
            _("depots: {site} has {count} new modules; at most {max_modules} fit").format(
                site=site.id, count=count, max_modules=site.max_modules
            )
        )
    for need, unit in (("power_kw", "kW"), ("staff", _("people"))):
        there = getattr(site, need)
        more, whole = _needed(record, need, built), _needed(record, need, built, already)
        if there is not None and more > 0 and whole > there * (1 + TOLERANCE):
            told = _("depots: {site} needs {whole:g} {unit} with what it builds; {there:g} are there")
            record.wrong(told.format(site=site.id, whole=whole, unit=unit, there=there))
    rooms, plants = record.scenario.siting.depot_types, record.scenario.siting.plants
    for key in built:
        plant = isinstance(record.kinds.get(key), Plant)
        if key not in plants if plant else rooms and key not in rooms:
            record.wrong(_("depots: {site} is given {key}, which is not on offer").format(site=site.id, key=key))


def _needed(record: Record, need: str, *modules: dict[str, int]) -> float:
    """Power or people of modules together."""
    return float(sum(getattr(record.kinds[key], need) * n for counts in modules for key, n in counts.items()))


def check_assignment(record: Record, built: Built) -> None:
    """Check shares, suitability of the class, and capacity on the peak day of every period."""
    scenario = record.scenario
    daily = record.daily_t * scenario.siting.peak_factor
    shares: dict[tuple[str, str, str], float] = defaultdict(float)
    load: dict[tuple[ClassKey, int], float] = defaultdict(float)
    for row in rows(record.tables["assignment"]):
        crop = record.crops[row.commodity][1]
        if not takes(record, row, crop):
            record.wrong(
                _("assignment: {commodity} of {village} must not go to {zone} {method} at {depot}").format(
                    commodity=row.commodity, village=row.village, zone=row.zone, method=row.method, depot=row.depot
                )
            )
        for p, period in record.periods_of(row):
            tonnes = daily[record.villages[row.village][0], record.crops[row.commodity][0], p]
            shares[row.village, row.commodity, period.id] += row.share
            load[(row.depot, row.zone, row.method, row.unit), p] += row.share * tonnes
    for village, commodity in sorted({key[:2] for key, share in shares.items() if share > 1 + TOLERANCE}):
        share = max(shares[village, commodity, period.id] for period in scenario.periods)
        record.wrong(
            _("assignment: {commodity} of {village} is assigned {share:.4f} times").format(
                commodity=commodity, village=village, share=share
            )
        )
    room, wheels = _room(record, built), _wheels(record)
    for (key, p), tonnes in load.items():
        most = wheels.get((*key, p), 0.0) if key[3] else room.get(key, 0.0)
        if tonnes > most * (1 + TOLERANCE) + 1e-9:
            record.wrong(
                _(
                    "capacity: {depot} must take {tonnes:,.2f} t/day {kind} in {period}; its modules take {most:,.2f}"
                ).format(
                    depot=key[0],
                    tonnes=tonnes,
                    kind=key[3] or f"{key[1]} {key[2]}",
                    period=scenario.periods[p].id,
                    most=most,
                )
            )


def takes(record: Record, row: Any, crop: Commodity) -> bool:
    """Tell whether a crop may go where a row of the assignment sends it: to rooms of its zone, or to a plant."""
    plants = [kind for kind in record.kinds.values() if isinstance(kind, Plant) and kind.zone == row.zone]
    if row.method == PROCESS:
        return any(crop.id in plant.takes for plant in plants)
    return bool(row.zone == crop.zone and row.method in crop.methods)


def _room(record: Record, built: Built) -> dict[ClassKey, float]:
    """T/day that each depot's modules take, by zone and method: throughput, or storage over the stay."""
    dwell_h = record.scenario.chain.depot_dwell_h
    room: dict[ClassKey, float] = defaultdict(float)
    for key in record.sites:
        for modules in (built.get(key, {}), record.standing[key]):
            for name, count in modules.items():
                kind = record.kinds[name]
                room[key, kind.zone, kind.method, ""] += count * takes_t_day(kind, dwell_h)
    return room


def takes_t_day(kind: DepotType, dwell_h: float) -> float:
    """T/day of one module or unit: throughput, or storage over the stay."""
    stay_h = kind.process_h if isinstance(kind, Plant) else 3.0 * kind.half_cooling_h
    return min(kind.throughput_t_day, kind.storage_t * 24.0 / (stay_h + dwell_h))


def _wheels(record: Record) -> dict[tuple[str, str, str, str, int], float]:
    """T/day that mobile units take at each depot in each period, by zone, method and unit type."""
    room: dict[tuple[str, str, str, str, int], float] = defaultdict(float)
    for row in rows(record.tables["units"]):
        kind = record.kinds.get(row.unit)
        if kind is not None:
            place = (row.depot, kind.zone, kind.method, kind.id, record.periods[row.period][0])
            room[place] += float(row.standing) * takes_t_day(kind, record.scenario.chain.depot_dwell_h)
    return room


def repayment(rate: float, years: float) -> float:
    """Yearly payment that repays one CNY with interest (annuity).

    Examples
    --------
    >>> repayment(0.0, 10), round(repayment(0.06, 10), 6)
    (0.1, 0.135868)
    """
    return rate / (1.0 - (1.0 + rate) ** -years) if rate else 1.0 / years
