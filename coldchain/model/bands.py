"""Every figure of a scenario that may be off, with its band: read off the nouns, the catalogue and the packagings.

A band stands where its figure stands: as ``band`` of a field (:class:`~coldchain.model.base.Spread`), as low and high
end beside it (:class:`~coldchain.model.base.Ends`), or with a packaging. Nothing is listed here by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from coldchain.language import N_, _
from coldchain.model.assets import DepotType, VehicleType
from coldchain.model.base import Ends, Noun, Spread, band_of
from coldchain.model.goods import Commodity, Period
from coldchain.model.packaging import PACKAGINGS
from coldchain.model.places import Harvest, Hub
from coldchain.model.scenario import Scenario
from coldchain.model.settings import Chain, Economics, Roads, Routing, Siting, Subsidy

By = Literal["factor", "difference", "value"]
ROWS: Mapping[str, type[Noun]] = {
    "commodities": Commodity, "periods": Period, "hubs": Hub, "depot_types": DepotType, "vehicles": VehicleType,
}  # fmt: skip
SECTIONS: Mapping[str, type[Noun]] = {
    "chain": Chain, "economics": Economics, "siting": Siting, "subsidy": Subsidy, "roads": Roads, "routing": Routing,
}  # fmt: skip
HARVEST, PACKAGING = "harvest", "packaging"
BRUISING = N_("bruising by packaging")
NEARLY = 0.999
"""The life in the warm stays below this share of the life in storage, whatever both bands say."""
Z_END, Z_MOST = 1.6448536269514722, 2.5
"""The ends of a band are its 5th and 95th percentile; nothing is drawn beyond so many standard deviations."""


@dataclass(frozen=True)
class Figures:
    """The figures a plan is judged by: a scenario, and the bruising of packagings other than stated."""

    scenario: Scenario
    bruise: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Uncertain:
    """A figure that may be off.

    Attributes
    ----------
    key : table or section and field, for programs; with the row's id where each row is off by itself
    label, row : what people call it, to be translated; id of the row or packaging, empty where all are off together
    by : what ``low`` and ``high`` are: factors, differences, or values of the figure itself
    value : the figure as stated, where it is one
    places : tables and fields it stands in
    """

    key: str
    label: str
    low: float
    high: float
    by: By
    unit: str
    source: str
    places: tuple[tuple[str, str], ...]
    row: str = ""
    value: float | None = None

    @property
    def stated(self) -> float:
        """What leaves the figure as it is."""
        return {"factor": 1.0, "difference": 0.0}.get(self.by, self.value or 0.0)

    def drawn(self, normal: float) -> float:
        """Return the figure at a standard normal deviate: its stated value is the median, the ends as in ``Z_END``.

        Examples
        --------
        >>> one = Uncertain("chain.today_wait_h", "", 0.5, 2.0, "factor", "h", "", (("chain", "today_wait_h"),))
        >>> [round(one.drawn(z), 3) for z in (-Z_END, 0.0, Z_END)]
        [0.5, 1.0, 2.0]
        """
        part = min(abs(normal), Z_MOST) / Z_END
        end, middle = (self.high if normal > 0 else self.low), self.stated
        if self.by == "difference" or min(end, middle) <= 0:
            return middle + part * (end - middle)
        return float(middle * (end / middle) ** part)

    def of(self, value: float, at: float) -> float:
        """Return the figure where it stands at ``value``; shares stay shares."""
        made = {"factor": value * at, "difference": value + at, "value": at}[self.by]
        if not self.unit.startswith("share"):
            return made
        return max(made, 0.0) if "/" in self.unit else min(max(made, 0.0), 1.0)


def put(figures: Figures, changes: Iterable[tuple[Uncertain, float]]) -> Figures:
    """Return figures with some of the uncertain ones elsewhere: at a factor, a difference or a value, as each says."""
    scenario, bruise, harvest = figures.scenario, dict(figures.bruise), 1.0
    made: dict[str, dict[int, dict[str, Any]]] = {}
    for one, at in changes:
        for table, name in one.places:
            if table == PACKAGING:
                bruise[one.row] = at
            elif table == HARVEST:
                harvest *= at
            else:
                for n, noun in enumerate(_rows(scenario, table)):
                    if one.row in ("", getattr(noun, "id", "")):
                        row = made.setdefault(table, {}).setdefault(n, {})
                        row[name] = _moved(one, row.get(name, getattr(noun, name)), at)
    tables = {table: _put_rows(scenario, table, rows) for table, rows in made.items()}
    grown = scenario.harvest_t * harvest if harvest != 1.0 else scenario.harvest_t
    return Figures(replace(scenario, harvest_t=grown, **tables), bruise)


def _rows(scenario: Scenario, table: str) -> tuple[Noun, ...]:
    stated: Any = getattr(scenario, table)
    return (stated,) if isinstance(stated, Noun) else stated


def _put_rows(scenario: Scenario, table: str, rows: Mapping[int, Mapping[str, Any]]) -> Any:
    nouns = list(_rows(scenario, table))
    for n, row in rows.items():
        noun = nouns[n].model_copy(update=dict(row))
        if isinstance(noun, Commodity) and noun.warm_life_d is not None and noun.warm_life_d >= noun.life_d:
            noun = noun.model_copy(update={"warm_life_d": NEARLY * noun.life_d})
        nouns[n] = noun
    return nouns[0] if isinstance(getattr(scenario, table), Noun) else tuple(nouns)


def _moved(one: Uncertain, value: Any, at: float) -> Any:
    if value is None:
        return None
    return tuple(one.of(part, at) for part in value) if isinstance(value, tuple) else one.of(value, at)


def uncertain_figures(scenario: Scenario) -> tuple[Uncertain, ...]:
    """List every figure of a scenario that may be off."""
    return (*_by_row(scenario), *_by_packaging(scenario), *_together(scenario))


def ends_of(noun: Noun, name: str) -> tuple[float, float]:
    """Return low and high end of a figure whose band stands beside it, widened where it has no source.

    Examples
    --------
    >>> crop = Commodity(id="x", name="X", zone="cold", kinetics="q10", q10=2.0, life_d=10, life_temp_c=0,
    ...     life_min_d=9, life_max_d=11, freezing_c=-1, density_kg_m3=300, heat_kj_kg_k=4, price_cny_kg=1,
    ...     precool_deadline_h=9)
    >>> ends_of(crop, "life_d"), ends_of(crop.model_copy(update={"life_source": "a test"}), "life_d")
    ((5.0, 20.0), (9.0, 11.0))
    """
    band = band_of(type(noun), name)
    value = getattr(noun, name)
    if not isinstance(band, Ends) or value is None:
        return value, value
    low, high = getattr(noun, band.low) or value, getattr(noun, band.high) or value
    wide = 1.0 if getattr(noun, band.source) else band.unsourced
    return min(low, value / wide), max(high, value * wide)


def _by_row(scenario: Scenario) -> Iterator[Uncertain]:
    """Yield the figures whose band stands beside them, of commodities that are harvested."""
    grown = scenario.harvest_t.sum(axis=(0, 2)) > 0
    crops = [crop for crop, any_t in zip(scenario.commodities, grown, strict=True) if any_t]
    for crop in crops:
        for name in Commodity.model_fields:
            band = band_of(Commodity, name)
            if not isinstance(band, Ends):
                continue
            low, high = ends_of(crop, name)
            if low is None or low >= high or (name == "loss_at_life" and crop.decay):
                continue
            source = str(getattr(crop, band.source)) or "estimate"
            yield Uncertain(
                f"commodities.{crop.id}.{name}", band.label, low, high, "value", _unit(Commodity, name), source,
                (("commodities", name),), crop.id, float(getattr(crop, name)),
            )  # fmt: skip


def _by_packaging(scenario: Scenario) -> Iterator[Uncertain]:
    used = {name for crop in scenario.commodities for name in (crop.packaging, crop.today_packaging) if name}
    for name, box in PACKAGINGS.items():
        if name in used and box.bruise_low < box.bruise_high:
            yield Uncertain(
                f"{PACKAGING}.{name}.bruise", BRUISING, box.bruise_low, box.bruise_high, "value", "-", box.source,
                ((PACKAGING, "bruise"),), name, box.bruise,
            )  # fmt: skip


def _together(scenario: Scenario) -> Iterator[Uncertain]:
    """Yield the figures that are off together: one for each label."""
    found: dict[str, tuple[Spread, list[tuple[str, str]], list[float]]] = {}
    for table, noun, name in _fields():
        band = band_of(noun, name)
        if not isinstance(band, Spread):
            continue
        _band, places, values = found.setdefault(band.label, (band, [], []))
        known = list(_values(scenario, table, name))
        if known:
            places.append((table, name))
            values += known
    nouns: dict[str, type[Noun]] = {**ROWS, **SECTIONS, HARVEST: Harvest}
    for label, (band, places, values) in found.items():
        if not places or (band.by == "factor" and not np.any(values)):
            continue
        table, name = places[0]
        one = values[0] if len(values) == 1 else None
        yield Uncertain(
            f"{table}.{name}", label, band.low, band.high, band.by, _unit(nouns[table], name), band.source,
            tuple(places), value=one,
        )  # fmt: skip


def _fields() -> Iterator[tuple[str, type[Noun], str]]:
    nouns: dict[str, type[Noun]] = {**SECTIONS, **ROWS, HARVEST: Harvest}
    for table, noun in nouns.items():
        yield from ((table, noun, name) for name in noun.model_fields)


def _values(scenario: Scenario, table: str, name: str) -> Iterable[float]:
    """Yield what stands in a field, of all rows; nothing where none states it."""
    if table == HARVEST:
        return [float(scenario.harvest_t.sum())]
    return [value for one in _rows(scenario, table) for value in _flat(getattr(one, name)) if value is not None]


def _flat(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _unit(noun: type[Noun], name: str) -> str:
    extra = noun.model_fields[name].json_schema_extra
    return str(extra["unit"]) if isinstance(extra, dict) else "-"


def in_words(one: Uncertain, at: float) -> str:
    """Write what is tried: ``× 1.3``, ``+2 °C`` or ``3.5 d``."""
    if one.by == "factor":
        return f"× {at:g}"
    shown = f"{at:+g}" if one.by == "difference" else f"{at:.3g}"
    if one.unit in ("-", "share"):
        return shown
    return _("{value} {unit}").format(value=shown, unit=_(one.unit))
