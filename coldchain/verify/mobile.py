"""Mobile units: who bought how many, where they stand in each period, power and people there, moves and their cost."""

from __future__ import annotations

from collections import defaultdict

from coldchain.language import _
from coldchain.model import MobileUnit
from coldchain.verify.depots import Built, parse_modules
from coldchain.verify.record import TOLERANCE, Record, rows

Stands = dict[tuple[str, str, str], float]


def check_units(record: Record, built: Built) -> tuple[Built, float]:
    """Check the units of a plan.

    Returns
    -------
    (modules built and units bought, by depot; cost of all moves, CNY a year)
    """
    bought, owned = _bought(record)
    stands: Stands = defaultdict(float)
    for row in rows(record.tables["units"]):
        if not isinstance(record.kinds.get(row.unit), MobileUnit):
            record.wrong(_('units: "{unit}" is not a mobile unit on offer').format(unit=row.unit))
            return built, 0.0
        if record.sites[row.depot][1].status == "forbidden":
            record.wrong(_("units: {depot} is forbidden; no unit may stand there").format(depot=row.depot))
        stands[row.unit, row.depot, row.period] += float(row.standing)
    for unit in sorted({key[0] for key in stands}):
        for period in record.periods:
            number = sum(n for (kind, _rest, when), n in stands.items() if (kind, when) == (unit, period))
            if number > owned.get(unit, 0):
                record.wrong(
                    _("units: {number:g} of {unit} stand in {period}; {owned} are bought").format(
                        number=number, unit=unit, period=period, owned=owned.get(unit, 0)
                    )
                )
    table = record.tables["units"]
    for row in rows(table[table.duplicated(["unit", "period", "depot"])]):
        where = _(", ").join((row.unit, row.period, row.depot))
        record.wrong(_("{table}: {id} is listed twice").format(table="units", id=where))
    _check_needs(record, built, stands)
    everything = {depot: {**built.get(depot, {}), **bought.get(depot, {})} for depot in {**built, **bought}}
    return everything, _moves(record, stands)


def _bought(record: Record) -> tuple[Built, dict[str, int]]:
    """Units bought by depot, and in all; each owner at most as many of a kind as it may."""
    of_owner: dict[tuple[str, str], int] = defaultdict(int)
    owned: dict[str, int] = defaultdict(int)
    bought: Built = {}
    for row in rows(record.tables["depots"]):
        bought[row.depot] = parse_modules(record, row.units_bought, f"depots: {row.depot}")
        for unit, number in bought[row.depot].items():
            site = record.sites[row.depot][1]
            of_owner[site.owner or site.id, unit] += number
            owned[unit] += number
            if not isinstance(record.kinds[unit], MobileUnit):
                record.wrong(
                    _("depots: {unit} of {depot} is not a mobile unit; list it under new_modules").format(
                        unit=unit, depot=row.depot
                    )
                )
    most = record.scenario.siting.units_per_owner
    for (owner, unit), number in of_owner.items():
        if number > most:
            record.wrong(
                _("units: {owner} buys {number} of {unit}; at most {most} are allowed").format(
                    owner=owner, number=number, unit=unit, most=most
                )
            )
    return bought, owned


def _check_needs(record: Record, built: Built, stands: Stands) -> None:
    """Hold power and people of modules and units together against what a site has, period by period."""
    for need, unit_name in (("power_kw", "kW"), ("staff", _("people"))):
        for depot in sorted({key[1] for key in stands}):
            site = record.sites[depot][1]
            limit = getattr(site, need)
            fixed = [*built.get(depot, {}).items(), *record.standing[depot].items()]
            base = sum(getattr(record.kinds[key], need) * number for key, number in fixed)
            standing = sum(getattr(record.kinds[key], need) * number for key, number in record.standing[depot].items())
            for period in record.periods if limit is not None else ():
                here = [(kind, n) for (kind, place, when), n in stands.items() if (place, when) == (depot, period)]
                used = base + sum(getattr(record.kinds[kind], need) * n for kind, n in here)
                if used > standing and used > limit * (1 + TOLERANCE):
                    record.wrong(
                        _("units: {depot} needs {used:g} {unit_name} in {period}; {limit:g} are there").format(
                            depot=depot, used=used, unit_name=unit_name, period=period, limit=limit
                        )
                    )


def _moves(record: Record, stands: Stands) -> float:
    """Recompute who arrives: what stands beyond what stood there the period before, the last before the first."""
    order = [period.id for period in record.scenario.periods]
    stated = {(row.unit, row.depot, row.period): row for row in rows(record.tables["units"])}
    total = 0.0
    for (unit, depot, period), number in list(stands.items()):
        before = stands.get((unit, depot, order[order.index(period) - 1]), 0.0)
        arriving = max(number - before, 0.0)
        kind, row = record.kinds[unit], stated[unit, depot, period]
        cost = arriving * kind.move_cny if isinstance(kind, MobileUnit) else 0.0
        record.differs(
            _("units: arriving {unit} at {depot} in {period}").format(unit=unit, depot=depot, period=period),
            float(row.arriving),
            arriving,
        )
        record.differs(
            _("units: moves_cny of {unit} at {depot} in {period}").format(unit=unit, depot=depot, period=period),
            float(row.moves_cny),
            cost,
            1.0,
        )
        total += cost
    return total
