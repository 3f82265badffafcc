"""Many years of a plan, each with its own weather, harvests and roads; the same seed gives the same years."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from coldchain.arrays import Floats
from coldchain.economy import nearest_hub
from coldchain.model import Scenario
from coldchain.model.bands import HARVEST, Figures, uncertain_figures
from coldchain.network import travel
from coldchain.planning.doubt import drawn_figures
from coldchain.replays.aging import Ager, Trader
from coldchain.replays.bill import Pricer, bill_of
from coldchain.replays.chances import NONE, Chances, ChanceSource, DayDraw, draw_days, draw_season
from coldchain.replays.cooling import Queues
from coldchain.replays.day import ReplayedDay, docks
from coldchain.replays.layout import Layout, lay_out
from coldchain.runs import PlacedNetwork
from coldchain.spoilage import AirDay, air_days, steady
from coldchain.spoilage.weather import USUAL

SCHEMA = "coldchain.replay/1"
DRAWS, DOUBT_YEARS = 8, 2
"""Draws of the uncertain figures, and years of each: the same years, so that draws differ by their figures alone."""
QUANTILES = {"p5": 0.05, "p50": 0.5, "p95": 0.95}
STRESSES: dict[str, tuple[float, float, float]] = {  # °C more, factor on harvests, factor on hours on the road
    "warmer": (2.0, 1.0, 1.0), "cooler": (-2.0, 1.0, 1.0), "more_harvest": (0.0, 1.2, 1.0),
    "less_harvest": (0.0, 0.8, 1.0), "slower_roads": (0.0, 1.0, 1.25), "all_bad": (2.0, 1.2, 1.25),
}  # fmt: skip
YEAR_COLUMNS = (
    "harvest_t", "today_t", "plan_t", "today_cny", "plan_cny", "cooled_t", "in_time_t", "warm_t", "left_t", "tours",
    "second_trips", "waited_h", "late", "hired", "line_haul_cny", "overflow_cny", "handling_cny", "energy_cny",
)  # fmt: skip


@dataclass(frozen=True)
class ReplayEffort:
    """How many years, how many days of each season stand for all of its days, how many draws of uncertain figures."""

    years: int = 100
    days: int = 3
    seed: int = 0
    draws: int = DRAWS


@dataclass(frozen=True)
class LivedDay:
    """A day of a season: its sums, and t cooled and passed on warm by each depot, shape (depots, 2)."""

    season: int
    sums: Mapping[str, float]
    depots: Floats


@dataclass(frozen=True)
class ReplayedYear:
    """The sums of a year, the loss rate of each day looked at, and t cooled and passed on warm by each depot."""

    sums: dict[str, float]
    day_rates: tuple[float, ...]
    depots: Floats


class Replayer:
    """A plan that can be lived through again."""

    def __init__(self, scenario: Scenario, placed: PlacedNetwork, tables: Mapping[str, pd.DataFrame]) -> None:
        self.scenario = scenario
        self.layout: Layout = lay_out(scenario, tables)
        self.tables = tables
        self.ager = Ager(Figures(scenario), trader_of(scenario, placed))
        self.docks = [docks(season, scenario.chain) for season in self.layout.seasons]
        self.queues = [Queues(scenario, season) for season in self.layout.seasons]
        self.pricer = Pricer(scenario, placed, tables, self.layout.seasons)
        self._calibrate_today(tables["villages"])

    def _calibrate_today(self, villages: pd.DataFrame) -> None:
        """Take from the plan by how much the depots that stand today lessen each village's loss."""
        source, none = ChanceSource.of(0, 0), NONE.of(self.scenario)
        calm = draw_season(source, none, len(self.scenario.villages), len(self.scenario.commodities))
        day = next(draw_days(source, none, calm, 1))
        alone = sum(
            air.share * self.ager.without_depots_t(season, day.warmer(air.warmer_c))
            for season in self.layout.seasons
            for air in air_days(self.scenario.chain)
        )
        stated = villages.set_index("village")["baseline_loss_t"].reindex([one.id for one in self.scenario.villages])
        lost = stated.to_numpy(dtype=np.float64)
        self.ager.standing = np.divide(lost, alone, out=np.ones(len(lost)), where=alone > 0)

    def under(self, figures: Figures) -> Replayer:
        """Return the same plan to be lived through with other figures; it is priced as before."""
        other = copy(self)
        other.scenario, other.layout = figures.scenario, lay_out(figures.scenario, self.tables)
        other.ager = Ager(figures, self.ager.trader)
        other.ager.standing = self.ager.standing
        other.docks = [docks(season, figures.scenario.chain) for season in other.layout.seasons]
        other.queues = [Queues(figures.scenario, season) for season in other.layout.seasons]
        return other

    def year(self, chances: Chances, seed: int, number: int, days: int) -> ReplayedYear:
        """Live through a year."""
        source, spreads = ChanceSource.of(seed, number), chances.of(self.scenario)
        seen = []
        for p in range(len(self.layout.seasons)):
            drawn = draw_season(source, spreads, len(self.scenario.villages), len(self.scenario.commodities))
            seen += [self._day(p, draw) for draw in draw_days(source, spreads, drawn, days)]
        return self._sums(seen, days)

    def shifted(self, air_c: float, harvest: float, road: float) -> ReplayedYear:
        """Live through a year in which every day is so much warmer, all harvests and hours so many times more.

        Coolers and vehicles have the usual day, as in the plan; what is lost is the mean of the season's days.
        """
        ones = np.ones(self.scenario.harvest_t.shape[:2])
        day = DayDraw(air_c, harvest * ones, road, 0.0, np.random.default_rng(0))
        air = air_days(self.scenario.chain)
        return self._sums([self._day(p, day, air) for p in range(len(self.layout.seasons))], 1)

    def _sums(self, seen: Sequence[LivedDay], days: int) -> ReplayedYear:
        """Add up days of the seasons, each standing for its part of the season."""
        weight = [self.scenario.periods[season.period].days / days for season in self.layout.seasons]
        sums = {name: math.fsum(day.sums[name] * weight[day.season] for day in seen) for name in YEAR_COLUMNS}
        rates = [day.sums["plan_t"] / day.sums["harvest_t"] for day in seen if day.sums["harvest_t"] > 0]
        depots = sum((day.depots * weight[day.season] for day in seen), np.zeros((len(self.layout.depots), 2)))
        return ReplayedYear(sums, tuple(rates), depots)

    def _day(self, p: int, draw: DayDraw, air: Sequence[AirDay] = (USUAL,)) -> LivedDay:
        season = self.layout.seasons[p]
        outcome = ReplayedDay(season, self.scenario.chain, self.scenario.routing, self.docks[p], draw).run()
        outcome.cooled = self.queues[p].put_in(outcome.cooled, draw.air_c)
        bill = {f"{name}_cny": cny for name, cny in self.pricer.day_cny(p, season, outcome, draw).items()}
        fared = {"tours": outcome.tours, "second_trips": outcome.second_trips, "waited_h": outcome.waited_h,
                 "hired": float(len(outcome.hires))}  # fmt: skip
        lost = [(one.share, asdict(self.ager.loss(season, outcome, draw.warmer(one.warmer_c)))) for one in air]
        mean = {name: math.fsum(share * each[name] for share, each in lost) for name in lost[0][1]}
        sums = {**mean, **fared, **bill, "late": float(outcome.late)}
        depots = np.zeros((len(self.layout.depots), 2))
        for place, parcels in enumerate((outcome.cooled, outcome.warm)):
            at = season.lots.depot[np.array(parcels.lot, dtype=np.intp)]
            np.add.at(depots[:, place], at, np.array(parcels.tonnes))
        return LivedDay(p, sums, depots)


def trader_of(scenario: Scenario, placed: PlacedNetwork) -> Trader:
    """Return where each village's trader drives: to the hub through which the market is reached soonest."""
    first_hub = len(scenario.villages) + len(scenario.sites)
    way = travel(placed.network, placed.node[: len(scenario.villages)], placed.node[first_hub:])
    hub = nearest_hub(scenario.hubs, way.time_h)
    return Trader(hub, way.time_h[np.arange(len(hub)), hub])


def replay(
    replayer: Replayer,
    chances: Chances,
    effort: ReplayEffort,
    told: Mapping[str, Any],
    say: Callable[[int], None] = lambda _year: None,
) -> dict[str, Any]:
    """Live through many years of a plan.

    Parameters
    ----------
    told : the plan's ``summary.json``
    say : is called with the number of each year that has passed

    Returns
    -------
    dict
        Plain values: ``undisturbed`` is the replay with nothing left to chance, which must agree with ``plan``, the
        figures the plan states; ``stresses`` are the same plan in one steadily worse or better year each; ``rate``,
        ``today_rate``, ``loss_t``, ``today_t``, ``saved_t``, ``saved_cny``, ``coverage`` have mean, p5, p50, p95
        over the years; ``doubt`` has the same spreads over years in each of which the uncertain figures are drawn, too;
        ``bill`` is the yearly bill, stated and replayed, in all and by term;
        ``depots`` is what each cools and passes on warm in a mean year; ``years`` is one row each.
    """
    years = []
    for number in range(effort.years):
        years.append(replayer.year(chances, effort.seed, number, effort.days))
        say(number + 1)
    frame = pd.DataFrame([year.sums for year in years], columns=list(YEAR_COLUMNS))
    doubted = in_doubt(replayer, chances, effort)
    days = np.array([rate for year in years for rate in year.day_rates])
    loss = told["loss"]
    return {
        "schema": SCHEMA,
        "scenario": dict(told["scenario"]),
        "effort": asdict(effort),
        "chances": asdict(chances.of(replayer.scenario)),
        "plan": {"rate": loss["plan_rate"], "loss_t": loss["plan_t"], "loss_cny": loss["plan_cny"],
                 "coverage": told["coverage"]["plan"]},
        "undisturbed": _told(replayer.shifted(0.0, 1.0, 1.0).sums),
        "stresses": {name: _told(replayer.shifted(*shift).sums) for name, shift in STRESSES.items()},
        **_spreads(frame),
        **({} if doubted is None else {"doubt": doubted}),
        "bill": bill_of(frame, told["annual_cny"], spread),
        "day_rate": spread(days),
        "operation": _operation(frame),
        "depots": _depots(replayer.layout.depots, np.mean([year.depots for year in years], axis=0)),
        "years": frame.to_dict(orient="records"),
    }  # fmt: skip


def in_doubt(replayer: Replayer, chances: Chances, effort: ReplayEffort) -> dict[str, Any] | None:
    """Live through some of the years with every draw of the uncertain figures, each the same in all of its years.

    Harvests are left to chance already, year by year. None where nothing is to be drawn.
    """
    scenario = replayer.scenario
    if effort.draws < 1:
        return None
    crops = tuple(steady(crop) for crop in scenario.commodities)
    uncertain = [one for one in uncertain_figures(scenario) if one.places[0][0] != HARVEST]
    years = min(effort.years, DOUBT_YEARS)
    sums = [
        plan.year(chances, effort.seed, number, effort.days).sums
        for plan in map(
            replayer.under, drawn_figures(Figures(replace(scenario, commodities=crops)), uncertain, effort.draws)
        )
        for number in range(years)
    ]
    return {"draws": effort.draws, "years": years, **_spreads(pd.DataFrame(sums, columns=list(YEAR_COLUMNS)))}


def spread(values: np.ndarray) -> dict[str, float]:
    """Return mean, p5, p50 and p95 of values.

    Examples
    --------
    >>> spread(np.arange(101.0))
    {'mean': 50.0, 'p5': 5.0, 'p50': 50.0, 'p95': 95.0}
    """
    if not len(values):
        return {"mean": 0.0, **dict.fromkeys(QUANTILES, 0.0)}
    found = np.quantile(values, list(QUANTILES.values()))
    return {"mean": float(values.mean()), **dict(zip(QUANTILES, found.tolist(), strict=True))}


def _spreads(frame: pd.DataFrame) -> dict[str, dict[str, float]]:
    harvest = frame["harvest_t"].where(frame["harvest_t"] > 0, 1.0)
    named = {
        "rate": frame["plan_t"] / harvest,
        "today_rate": frame["today_t"] / harvest,
        "loss_t": frame["plan_t"],
        "today_t": frame["today_t"],
        "saved_t": frame["today_t"] - frame["plan_t"],
        "saved_cny": frame["today_cny"] - frame["plan_cny"],
        "coverage": frame["in_time_t"] / harvest,
    }
    return {name: spread(values.to_numpy(dtype=np.float64)) for name, values in named.items()}


def _depots(names: Sequence[str], tonnes: Floats) -> list[dict[str, Any]]:
    """Return what each depot cools and passes on warm, those that are full most often first."""
    rows = [
        {"depot": name, "cooled_t": cooled, "warm_t": warm, "warm_share": _share(warm, cooled + warm)}
        for name, (cooled, warm) in zip(names, tonnes.tolist(), strict=True)
    ]
    return sorted(rows, key=lambda row: (-row["warm_share"], row["depot"]))


def _told(year: Mapping[str, float]) -> dict[str, float]:
    """Return the figures of one year that a report shows."""
    return {
        "rate": _share(year["plan_t"], year["harvest_t"]),
        "today_rate": _share(year["today_t"], year["harvest_t"]),
        "loss_t": year["plan_t"],
        "loss_cny": year["plan_cny"],
        "today_t": year["today_t"],
        "coverage": _share(year["in_time_t"], year["harvest_t"]),
        **_operation(pd.DataFrame([year])),
    }


def _operation(frame: pd.DataFrame) -> dict[str, float]:
    """Return how depots and vehicles coped: shares of what is fetched, and of tours."""
    whole = frame.sum()
    fetched = float(whole["cooled_t"] + whole["warm_t"] + whole["left_t"])
    return {
        "cooled_share": _share(whole["cooled_t"], fetched),
        "warm_share": _share(whole["warm_t"], fetched),
        "left_share": _share(whole["left_t"], fetched),
        "second_trips_share": _share(whole["second_trips"], whole["tours"]),
        "waited_h_tour": _share(whole["waited_h"], whole["tours"] + whole["second_trips"]),
        "late_share": _share(whole["late"], whole["tours"]),
    }


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else 0.0
