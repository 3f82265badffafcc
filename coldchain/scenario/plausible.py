"""What is possible but not plausible: figures a thousandfold off, with a guess at what was meant. Warnings only.

A figure is held against its neighbours (a village against the median village), against what the scenario itself
allows (a day's harvest against all modules that could be built, the budget against all awards that could be paid) or
against the range in which its kind lies in practice (``usual`` of a field, the yields of the catalogue).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from coldchain.errors import Fault
from coldchain.language import N_, _
from coldchain.model import Harvest, MobileUnit, Noun, Scenario, award_cny, cap_cny, eligible_owner, eligible_type
from coldchain.scenario.parsing import unit_of
from coldchain.scenario.source import FILE
from coldchain.scenario.tables import read_raw

if TYPE_CHECKING:
    from coldchain.scenario.load import Tables
    from coldchain.scenario.sections import Sections
    from coldchain.scenario.tables import Row

OUTLIER, LARGE_T, SURE_OUTLIER = 20.0, 1000.0, 100.0
"""A village is doubted above 20 times the median village, if that is over 1,000 t or above 100 times."""
VILLAGE_T = (0.1, 20_000.0)
"""Tonnes a year of the median village of a county: below and above the unit is doubted."""
BUDGET_AWARDS = 10.0
ATLAS_DIGITS = 1e-6
"""Relative difference up to which tonnes are those of the atlas."""
PART_OF_YEAR = 0.1
"""Least share of a year's yield that one period may bring before its yield is doubted."""
KG_MU = 1000.0 / 15.0  # of one t/ha
MU_HA = 1.0 / 15.0

Slip = tuple[float, str]
MASS: tuple[Slip, ...] = ((1 / 2000, N_("斤 (jin) taken for tonnes?")), (1 / 1000, N_("kg taken for tonnes?")))
YIELD: tuple[Slip, ...] = (
    (0.5, N_("斤 (jin) taken for kg?")),
    (1 / KG_MU, N_("kg/mu taken for t/ha?")),
    (KG_MU, N_("t/ha taken for kg/mu?")),
    (1 / 2000, N_("斤 (jin) taken for tonnes?")),
    (1 / 1000, N_("kg taken for tonnes?")),
    (1 / MU_HA, N_("mu taken for hectares?")),
    (MU_HA, N_("hectares taken for mu?")),
)
BY_UNIT: dict[str, tuple[Slip, ...]] = {
    "CNY": ((10_000.0, N_("万元 taken for yuan?")), (1e-4, N_("yuan taken for 万元?"))),
    "CNY/kg": ((1 / 1000, N_("a price of a tonne?")), (0.01, N_("fen taken for yuan?"))),
    "CNY/h": ((1 / 8, N_("the wage of a day?")), (1 / 176, N_("the wage of a month?"))),
    "CNY/kWh": ((0.01, N_("fen taken for yuan?")),),
    "h": ((1 / 60, N_("minutes taken for hours?")), (24.0, N_("days taken for hours?"))),
    "kg": ((1000.0, N_("tonnes taken for kg?")), (1 / 2, N_("斤 (jin) taken for kg?"))),
    "t": MASS,
    "kW": ((1 / 1000, N_("watts taken for kW?")),),
    "km/h": ((3.6, N_("m/s taken for km/h?")),),
    "share/year": ((0.01, N_("per cent taken for a share?")),),
}


def doubts(scenario: Scenario, sections: Sections, tables: Tables, faults: Iterable[Fault] = ()) -> list[Fault]:
    """Return a warning for every figure that is not plausible, those of one kind with the same message.

    Parameters
    ----------
    faults : found before; a harvest with errors is not held against villages, its rows are missing here
    """
    found = [*_yields(scenario, tables), *budget_doubts(scenario)]
    if not any(fault.file == tables.files["harvest"] and not fault.warning for fault in faults):
        found += [*_without_harvest(scenario, tables), *_far_above(scenario, tables), *_scale(scenario, tables)]
        found += _above_capacity(scenario, tables)
    for stem in ("sites", "hubs"):
        rows: Sequence[Row[Any]] = getattr(tables, stem)
        for row in rows:
            found += _unusual(row.noun, tables.files[stem], row.line, "", row.noun.model_fields_set)
    for name, section in sections.nouns.items():
        found += _unusual(section, FILE, None, f"{name}.", section.model_fields_set)
    for typed in tables.typed:
        found += _unusual(typed.noun, typed.file, typed.line, typed.prefix, typed.given)
    return found


def _guess(value: float, low: float, high: float, slips: Sequence[Slip]) -> str:
    """Return the first slip that explains a figure outside its range, empty when none does.

    Examples
    --------
    >>> _guess(120_000, 10, 4000, MASS), _guess(7, 10, 4000, MASS)
    ('斤 (jin) taken for tonnes?', '')
    """
    return next((_(text) for factor, text in slips if low <= value * factor <= high), "")


def _without_harvest(scenario: Scenario, tables: Tables) -> Iterator[Fault]:
    bare = {v.id for v, t in zip(scenario.villages, scenario.harvest_t.sum(axis=(1, 2)), strict=True) if t <= 0}
    if len(bare) == len(scenario.villages):
        return  # an error already
    for row in tables.villages:
        if row.noun.id in bare:
            message = _("has no harvest: it is left out of the plan")
            column = "name" if row.noun.name else "id"
            yield Fault(tables.files["villages"], row.line, column, getattr(row.noun, column), message,
                        "village-without-harvest", warning=True)  # fmt: skip


def _far_above(scenario: Scenario, tables: Tables) -> Iterator[Fault]:
    """Doubt villages far above the median one, at the rows that make them so."""
    total = scenario.harvest_t.sum(axis=(1, 2))
    some = total[total > 0]
    if len(some) < 3:
        return
    median = float(np.median(some))
    tall = (total > OUTLIER * median) & ((total > LARGE_T) | (total > SURE_OUTLIER * median))
    high = {village.id for village, above in zip(scenario.villages, tall, strict=True) if above}
    mine = [row for row in tables.harvest if row.noun.village in high]
    usual = float(np.median([row.noun.tonnes for row in tables.harvest if row.noun.tonnes > 0]))
    drawn = _of_atlas(scenario)
    for row in mine:
        if (row.noun.village, row.noun.commodity) in drawn:
            continue
        if row.noun.tonnes > OUTLIER * usual or row.noun.tonnes > OUTLIER * median:
            told = _("is more than {times:g} times what the median village harvests in a year, {median:,.4g} t")
            message = told.format(times=OUTLIER, median=median)
            guess = _guess(row.noun.tonnes, usual / OUTLIER, usual * OUTLIER, MASS)
            yield Fault(tables.files["harvest"], row.line, "tonnes", f"{row.noun.tonnes:g}", message,
                        "harvest-outlier", warning=True, guess=guess)  # fmt: skip


def _of_atlas(scenario: Scenario) -> set[tuple[str, str]]:
    """Return villages and crops whose tonnes are still those of the rasters of `import atlas`: no unit was mistaken."""
    path = scenario.home / "atlas" / "harvest.csv"
    if scenario.folder is None or not path.is_file():
        return set()
    villages = {one.id: v for v, one in enumerate(scenario.villages)}
    crops = {one.id: c for c, one in enumerate(scenario.commodities)}
    found = set()
    for _line, cells in read_raw(path).rows:
        v, c = villages.get(cells.get("village", "")), crops.get(cells.get("commodity", ""))
        if v is None or c is None:
            continue
        with contextlib.suppress(ValueError):
            if np.isclose(float(cells.get("tonnes", "")), scenario.harvest_t[v, c].sum(), rtol=ATLAS_DIGITS, atol=0.0):
                found.add((scenario.villages[v].id, scenario.commodities[c].id))
    return found


def _scale(scenario: Scenario, tables: Tables) -> Iterator[Fault]:
    """Doubt the unit of the whole column when the median village is no village."""
    total = scenario.harvest_t.sum(axis=(1, 2))
    if not (total > 0).any():
        return
    median, (low, high) = float(np.median(total[total > 0])), VILLAGE_T
    if not low <= median <= high:
        message = _("the median village harvests {median} t a year; {low:g} to {high:,.0f} t are usual").format(
            median=f"{median:,.0f}" if median >= 1 else f"{median:.2g}", low=low, high=high
        )
        slips = (*MASS, (5.0, N_("万斤 (10,000 jin) taken for tonnes?")), (10_000.0, N_("万吨 taken for tonnes?")))
        guess = _guess(median, low * 10, high / 10, slips)
        yield Fault(tables.files["harvest"], None, "tonnes", "", message, "harvest-scale", warning=True, guess=guess)


def _above_capacity(scenario: Scenario, tables: Tables) -> Iterator[Fault]:
    """Doubt a harvest whose mean day is more than all modules together could take in a day."""
    new = [kind for kind in scenario.depot_types if scenario.offers(kind)]
    takes = {kind.id: kind.throughput_t_day for kind in scenario.depot_types}
    largest = max((kind.throughput_t_day for kind in new), default=0.0)
    most = 0.0
    for row in tables.sites:
        site = row.noun
        try:
            most += sum(takes.get(key, 0.0) * number for key, number in site.modules().items())
        except ValueError:
            return
        most += site.max_modules * largest * (site.status in ("candidate", "forced"))
    units = [kind.throughput_t_day for kind in scenario.depot_types if isinstance(kind, MobileUnit)]
    owners = {site.owner or site.id for site in scenario.sites}
    most += len(owners) * scenario.siting.units_per_owner * sum(units)
    day = scenario.daily_t.sum(axis=(0, 1))
    p = int(np.argmax(day))
    if day[p] > most > 0:
        median = float(np.median(scenario.harvest_t.sum(axis=(1, 2))))
        message = _(
            "in {period} {day:,.0f} t are harvested on a day; all modules that stand or could be built take "
            "{most:,.0f} t a day"
        ).format(period=scenario.periods[p].name or scenario.periods[p].id, day=day[p], most=most)
        guess = _guess(median, 1.0, VILLAGE_T[1] / 10, MASS) if median > VILLAGE_T[1] / 2 else ""
        yield Fault(tables.files["harvest"], None, "tonnes", "", message, "harvest-above-capacity", warning=True,
                    guess=guess)  # fmt: skip


def _yields(scenario: Scenario, tables: Tables) -> Iterator[Fault]:
    """Doubt yields outside the range of their crop; a period may bring a part of a year's."""
    crops = {crop.id: crop for crop in scenario.commodities}
    for row in tables.harvest:
        crop, got = crops.get(row.noun.commodity), _yield_t_ha(row.noun)
        if crop is None or got is None or crop.yield_low_t_ha is None or crop.yield_high_t_ha is None:
            continue
        low, high = crop.yield_low_t_ha, crop.yield_high_t_ha
        if not PART_OF_YEAR * low <= got <= high:
            message = _("a year's yield of {crop} is {low:,.0f} to {high:,.0f} kg/mu").format(
                crop=_name(crop), low=low * KG_MU, high=high * KG_MU
            )
            column = "tonnes" if row.noun.yield_t_ha is None else "yield_t_ha"
            yield Fault(tables.files["harvest"], row.line, column, f"{getattr(row.noun, column):g}", message,
                        "yield-range", warning=True, guess=_guess(got, low, high, YIELD))  # fmt: skip


def _yield_t_ha(row: Harvest) -> float | None:
    """Return the yield of a row: as given, or tonnes by area; None without an area."""
    if row.yield_t_ha is not None:
        return row.yield_t_ha if row.yield_t_ha > 0 else None
    return row.tonnes / row.area_ha if row.area_ha and row.tonnes > 0 else None


def _name(noun: Any) -> str:
    from coldchain.language import language

    return str(noun.name_zh or noun.name if language() == "zh" else noun.name)


def largest_payable_cny(scenario: Scenario) -> float:
    """Return what could be awarded if every site were built full with what earns most, each owner at most its cap."""
    rule = scenario.subsidy
    kinds = [kind for kind in scenario.depot_types if eligible_type(rule, kind)]
    fixed = [kind for kind in kinds if scenario.offers(kind)]
    units = [kind for kind in kinds if isinstance(kind, MobileUnit)]
    by_owner: dict[str, float] = {}
    counties = {site.county for site in scenario.sites}
    best = {county: max((award_cny(rule, kind, county) for kind in fixed), default=0.0) for county in counties}
    bought = {county: sum(award_cny(rule, kind, county) for kind in units) for county in counties}
    for site in scenario.sites:
        owner = site.owner or site.id
        first = owner not in by_owner
        by_owner.setdefault(owner, 0.0)
        if eligible_owner(rule, site):
            by_owner[owner] += best[site.county] * site.max_modules * (site.status in ("candidate", "forced"))
            by_owner[owner] += bought[site.county] * scenario.siting.units_per_owner * first
    return sum(min(amount, cap_cny(rule, owner)) for owner, amount in by_owner.items())


def budget_doubts(scenario: Scenario) -> Iterator[Fault]:
    """Doubt a budget that is far above all that could ever be awarded."""
    budget, most = scenario.siting.budget_cny, largest_payable_cny(scenario)
    if 0 < BUDGET_AWARDS * most < budget:
        told = _("is {times:,.0f} times the {most:,.0f} CNY that all sites together could be awarded at most")
        message = told.format(times=budget / most, most=most)
        guess = _guess(budget, 10_000.0, BUDGET_AWARDS * most, BY_UNIT["CNY"][1:])
        yield Fault(FILE, None, "siting.budget_cny", f"{budget:.0f}", message, "budget-above-awards", warning=True,
                    guess=guess)  # fmt: skip


def _unusual(noun: Noun, file: str, line: int | None, prefix: str, given: frozenset[str] | set[str]) -> Iterator[Fault]:
    """Doubt the figures of a noun that lie outside their usual range; nought says that there is none."""
    for name, info in type(noun).model_fields.items():
        extra = info.json_schema_extra
        value = getattr(noun, name)
        if name not in given or not value or not isinstance(extra, dict) or "usual" not in extra:
            continue
        low, high = (float(str(bound)) for bound in extra["usual"])  # type: ignore[union-attr]
        if not low <= value <= high:
            unit = unit_of(type(noun), name)
            message = _("is unusual: {low:,g} to {high:,g}{unit} are usual").format(
                low=low, high=high, unit=f" {_(unit.strip())}" if unit else ""
            )
            yield Fault(file, line, f"{prefix}{name}", f"{value:g}", message, "unusual", warning=True,
                        guess=_guess(value, low, high, _slips(unit.strip())))  # fmt: skip


def _slips(unit: str) -> tuple[Slip, ...]:
    """Return how a figure of a unit is mistyped: that of its own, or of money."""
    money = unit.startswith("CNY") and unit not in BY_UNIT
    return BY_UNIT.get("CNY" if money else unit, ())
