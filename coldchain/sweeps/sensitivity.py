"""How far the answer moves when the figures it rests on are wrong: the plan's depots kept, the year worked out anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from coldchain.errors import UsageError
from coldchain.language import N_, _
from coldchain.model import Period, Scenario
from coldchain.planning import Plan, lay_ground, plan_with
from coldchain.progress import Event, Stage
from coldchain.runs import Run
from coldchain.sweeps.explain import modules_named
from coldchain.sweeps.points import count_of
from coldchain.sweeps.solving import Effort

Change = Callable[[Scenario, float], Scenario]
NO_LIMIT_CNY = 1e12


@dataclass(frozen=True)
class Doubt:
    """A figure that may be wrong: its name, how it is changed, and the two values tried.

    Attributes
    ----------
    change : returns the scenario with the figure multiplied by, moved by, or set to a value
    low, high : the values
    form : how a value is written, for example ``{:+.0f} °C``
    """

    name: str
    change: Change
    low: float
    high: float
    form: str = "× {:g}"


def _harvest(scenario: Scenario, factor: float) -> Scenario:
    return replace(scenario, harvest_t=scenario.harvest_t * factor)


def _prices(scenario: Scenario, factor: float) -> Scenario:
    crops = tuple(one.model_copy(update={"price_cny_kg": one.price_cny_kg * factor}) for one in scenario.commodities)
    return replace(scenario, commodities=crops)


def _warmth(scenario: Scenario, kelvin: float) -> Scenario:
    return replace(scenario, periods=tuple(_warmer(period, kelvin) for period in scenario.periods))


def _warmer(period: Period, kelvin: float) -> Period:
    names = ("temp_min_c", "temp_max_c")
    moved = {name: getattr(period, name) + kelvin for name in names if getattr(period, name) is not None}
    hourly = period.hourly_c and {"hourly_c": tuple(value + kelvin for value in period.hourly_c)}
    return period.model_copy(update={**moved, **(hourly or {})})


def _building(scenario: Scenario, factor: float) -> Scenario:
    kinds = tuple(kind.model_copy(update={"capex_cny": kind.capex_cny * factor}) for kind in scenario.depot_types)
    return replace(scenario, depot_types=kinds)


def _driving(scenario: Scenario, factor: float) -> Scenario:
    names = ("cost_cny_day", "cost_cny_km", "cost_cny_h")
    return replace(
        scenario,
        vehicles=tuple(
            one.model_copy(update={name: getattr(one, name) * factor for name in names}) for one in scenario.vehicles
        ),
    )


def _waiting(scenario: Scenario, factor: float) -> Scenario:
    chain = scenario.chain.model_copy(update={"today_wait_h": scenario.chain.today_wait_h * factor})
    return replace(scenario, chain=chain)


def _collecting(scenario: Scenario, factor: float) -> Scenario:
    chain = scenario.chain.model_copy(update={"planned_wait_h": scenario.chain.planned_wait_h * factor})
    return replace(scenario, chain=chain)


def _power(scenario: Scenario, factor: float) -> Scenario:
    economics = scenario.economics
    return replace(scenario, economics=economics.model_copy(update={"power_cny_kwh": economics.power_cny_kwh * factor}))


DOUBTS = (
    Doubt(N_("hours until today's trader calls"), _waiting, 0.5, 1.5),
    Doubt(N_("hours until the planned truck calls"), _collecting, 0.5, 2.0),
    Doubt(N_("temperature"), _warmth, -3.0, 3.0, "{:+.0f} °C"),
    Doubt(N_("harvest"), _harvest, 0.8, 1.2),
    Doubt(N_("farm-gate prices"), _prices, 0.7, 1.3),
    Doubt(N_("cost of building"), _building, 0.8, 1.3),
    Doubt(N_("cost of vehicles"), _driving, 0.8, 1.3),
    Doubt(N_("price of power"), _power, 0.7, 1.5),
)


@dataclass(frozen=True)
class Sensitivity:
    """The answers at both ends of each doubt.

    Attributes
    ----------
    base : figures of the plan itself, by the names of :data:`FIGURES`
    table : figure, end (``low`` or ``high``), value (as stated), then the columns of :data:`FIGURES`
    """

    base: dict[str, float]
    table: pd.DataFrame

    def ends(self, answer: str) -> pd.DataFrame:
        """Return one row for each doubt with columns figure, low, high, at_low and at_high, of one answer."""
        sides = {end: self.table[self.table["end"] == end].set_index("figure") for end in ("low", "high")}
        parts = {end: side["value"] for end, side in sides.items()}
        answers = {f"at_{end}": side[answer] for end, side in sides.items()}
        return pd.DataFrame({**parts, **answers}).reindex(list(dict.fromkeys(self.table["figure"]))).reset_index()


FIGURES = ("today_rate", "plan_rate", "saved_t", "saved_cny")


def sensitivity(plan: Run, doubts: Sequence[Doubt] = DOUBTS, effort: Effort | None = None) -> Sensitivity:
    """Change one figure at a time; the depots of the plan stay, who goes where and on which routes is worked out anew.

    Parameters
    ----------
    plan : without mobile units
    effort : its ``time_limit_s`` is that of each changed year

    Raises
    ------
    UsageError
        When the plan has mobile units.
    """
    effort = effort or Effort()
    if len(plan.tables.get("units", ())):
        raise UsageError(_("the plan has mobile units, which this question does not know yet"))
    rows = []
    for doubt in doubts:
        for end in ("low", "high"):
            value = getattr(doubt, end)
            effort.say(Event(Stage.FIGURE, doubt.name, facts={"value": doubt.form.format(value)}))
            found = _year(plan, doubt.change(plan.scenario, value), effort)
            rows.append({"figure": doubt.name, "end": end, "value": doubt.form.format(value), **figures_of(found)})
    return Sensitivity(figures_of(plan), pd.DataFrame(rows, columns=["figure", "end", "value", *FIGURES]))


def _year(plan: Run, scenario: Scenario, effort: Effort) -> Plan:
    """Work out a year of the plan's depots; they stand, so no budget limits them."""
    count = count_of(scenario, modules_named(plan.tables["depots"], "new_modules"))
    free = scenario.siting.model_copy(update={"budget_cny": NO_LIMIT_CNY})
    options = effort.options()
    return plan_with(lay_ground(replace(scenario, siting=free), options), count, options)


def figures_of(plan: Run) -> dict[str, float]:
    """Return the answers of a plan: loss rates today and planned, tonnes and worth of what is saved a year."""
    loss = plan.summary["loss"]
    return {
        "today_rate": float(loss["baseline_rate"]),
        "plan_rate": float(loss["plan_rate"]),
        "saved_t": float(loss["baseline_t"] - loss["plan_t"]),
        "saved_cny": float(loss["baseline_cny"] - loss["plan_cny"]),
    }
