"""The controls beside the map: budget, rate, cap, programme and vehicles; empty where the scenario's figure holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bokeh.models import CellEditor, ColumnDataSource, DataTable, NumericInput, Select, SelectEditor, StringEditor
from bokeh.models import TableColumn as Column

from coldchain.errors import UsageError
from coldchain.language import N_, _
from coldchain.model import Scenario, VehicleType
from coldchain.pages.shell import patch, sheet
from coldchain.reports import figures
from coldchain.scenario.edits import Owned, Vehicles
from coldchain.scenario.programmes import programme_keys
from coldchain.scenario.rules import Rule

WIDE = {"sizing_mode": "stretch_width"}
MOST_BUDGET_CNY = 1e12
ROW_PX, MOST_ROWS = 25, 8
PERCENT = 100.0
KINDS = {"grant": N_("grant: a share of the cost"), "loan_interest": N_("interest on loans")}
CARGOES = {"ambient": N_("open or covered"), "insulated": N_("insulated"), "reefer": N_("reefer")}
YES, NO = N_("yes"), N_("no")


class Controls:
    """Widgets, and what they ask for.

    Attributes
    ----------
    table : the vehicle types; its source has a row for each in order of the scenario
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        siting, rule = scenario.siting, scenario.subsidy
        self.budget = NumericInput(
            title=_("Subsidy budget, CNY"), mode="float", format="0,0.[00]", low=0, high=MOST_BUDGET_CNY,
            value=siting.budget_cny, **WIDE,
        )  # fmt: skip
        plain = not (rule.rate_by_class or rule.rate_by_county)
        stated = figures.percent(rule.rate) if plain else _("by county or class")
        self.rate = NumericInput(title=_("Rate, %"), mode="float", low=0, high=PERCENT, value=None,
                                 placeholder=_("as stated: {figure}").format(figure=stated), **WIDE)  # fmt: skip
        most = _("no cap") if rule.cap_per_owner_cny is None else figures.money(rule.cap_per_owner_cny)
        self.cap = NumericInput(title=_("Cap for each owner, CNY"), mode="float", format="0,0.[00]", low=0, value=None,
                                placeholder=_("as stated: {figure}").format(figure=most), **WIDE)  # fmt: skip
        kinds = [(key, _(text)) for key, text in KINDS.items() if key != rule.kind]
        shipped = [(key, _("programme {name}").format(name=key)) for key in programme_keys() if key != rule.programme]
        own = rule.programme or _(KINDS[rule.kind])
        self.programme = Select(
            title=_("Programme"), value="",
            options=[("", _("as stated: {figure}").format(figure=own)), *kinds, *shipped], **WIDE,
        )  # fmt: skip
        self.vehicles = ColumnDataSource(self._columns(Vehicles()))
        self.table = self._table()

    def _table(self) -> DataTable:
        yes_no = SelectEditor(options=[_(YES), _(NO)])
        heads = {
            "label": (_("Vehicle"), CellEditor(), 195), "cargo": (_("Cargo space"), CellEditor(), 105),
            "collection": (_("First mile"), yes_no, 65), "line_haul": (_("Line haul"), yes_no, 65),
            "own": (_("Owned at most"), StringEditor(), 105),
        }  # fmt: skip
        columns = [Column(field=key, title=title, editor=editor, width=width)
                   for key, (title, editor, width) in heads.items()]  # fmt: skip
        rows = min(len(self.scenario.vehicles), MOST_ROWS)
        return sheet(self.vehicles, columns, (rows + 2) * ROW_PX)

    def connect(self, heard: Callable[[Callable[[], None]], Any], changed: Callable[[], None]) -> None:
        """Let ``changed`` hear of every edit; ``heard`` makes it a callback of widgets."""
        for one in (self.budget, self.rate, self.cap, self.programme):
            one.on_change("value", heard(changed))

        def normalised() -> None:
            self._show(self.fleet, ("own",))
            changed()

        self.vehicles.on_change("data", heard(normalised))

    # What they ask for

    @property
    def budget_cny(self) -> float | None:
        """The budget, None as stated."""
        asked = float(self.budget.value or 0.0)
        return None if asked == self.scenario.siting.budget_cny else asked

    @property
    def rule(self) -> Rule:
        """The rule of subsidy that is asked for."""
        own, asked = self.scenario.subsidy, str(self.programme.value)
        kind, programme = (asked, "") if asked in KINDS else ("", asked)
        rate = None if self.rate.value is None else round(float(self.rate.value) / PERCENT, 6)
        cap = None if self.cap.value is None else float(self.cap.value)
        if not programme:
            rate = None if rate == own.rate and not (own.rate_by_class or own.rate_by_county) else rate
            cap = None if cap == own.cap_per_owner_cny else cap
        return Rule(rate, cap, programme, kind)  # type: ignore[arg-type] # one of KINDS

    @property
    def fleet(self) -> Vehicles:
        """The vehicles that are asked for."""
        data, kinds, routing = self.vehicles.data, self.scenario.vehicles, self.scenario.routing
        offered = {
            name: tuple(kind.id for kind, cell in zip(kinds, data[name], strict=True) if cell == _(YES))
            for name in ("collection", "line_haul")
        }
        asked = [(kind, _limit(kind, cell)) for kind, cell in zip(kinds, data["own"], strict=True)]
        owned = tuple(Owned(kind.id, most) for kind, most in asked if most != kind.own_most)
        same = {name: set(ids) == set(getattr(routing, f"{name}_vehicles")) for name, ids in offered.items()}
        first, haul = (() if same[name] else ids for name, ids in offered.items())
        return Vehicles(first, haul, owned)

    def check(self) -> None:
        """Refuse vehicles with which nothing can be fetched, or nothing sent.

        Raises
        ------
        UsageError
            Naming the leg.
        """
        for name, leg in (("collection", _("First mile")), ("line_haul", _("Line haul"))):
            if _(YES) not in self.vehicles.data[name]:
                raise UsageError(_("{leg}: no vehicle type is on offer; choose at least one").format(leg=leg))

    def take(self, budget_cny: float | None, rule: Rule, fleet: Vehicles) -> None:
        """Ask for what a plan was made with."""
        self.budget.value = self.scenario.siting.budget_cny if budget_cny is None else budget_cny
        self.rate.value = None if rule.rate is None else round(rule.rate * PERCENT, 4)
        self.cap.value = rule.cap_cny
        self.programme.value = rule.programme or rule.kind
        self._show(fleet)

    def _show(self, fleet: Vehicles, names: tuple[str, ...] = ("collection", "line_haul", "own")) -> None:
        """Put columns of the vehicles into the table."""
        wanted = self._columns(fleet)
        patch(self.vehicles, {key: wanted[key] for key in names})

    def _columns(self, fleet: Vehicles) -> dict[str, list[str]]:
        kinds, routing = self.scenario.vehicles, self.scenario.routing
        most = {one.vehicle: one.most for one in fleet.owned}
        first, haul = fleet.collection or routing.collection_vehicles, fleet.line_haul or routing.line_haul_vehicles
        return {
            "key": [kind.id for kind in kinds],
            "label": [_(kind.name) or kind.id for kind in kinds],
            "cargo": [_(CARGOES[kind.cargo]) for kind in kinds],
            "collection": [_(YES) if kind.id in first else _(NO) for kind in kinds],
            "line_haul": [_(YES) if kind.id in haul else _(NO) for kind in kinds],
            "own": [_own_words(kind, most.get(kind.id, kind.own_most)) for kind in kinds],
        }


def _own_words(kind: VehicleType, most: int | None) -> str:
    if kind.own_cny_year is None:
        return _("hired only")
    return _("no limit") if most is None else str(most)


def _limit(kind: VehicleType, cell: str) -> int | None:
    """Read how many may be owned; what is no whole number is no limit where that is stated, else the stated one."""
    text = str(cell).strip()
    if kind.own_cny_year is None:
        return kind.own_most
    if text.isdecimal() and len(text) <= 4:
        return int(text)
    return None if text in ("", _("no limit")) else kind.own_most
