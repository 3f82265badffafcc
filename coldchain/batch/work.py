"""The work of one job: what the single commands do, into a folder that appears whole, or not at all."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coldchain.batch.orders import SHOWN_PROBLEMS, JobFailure, JobOrder
from coldchain.errors import BadInputError, ColdchainError, Fault, InfeasibleError, LimitError, grouped
from coldchain.language import _


def perform(order: JobOrder) -> JobFailure | None:
    """Do one job; a known failure is returned, a bug is raised."""
    works = {"plan": _plan, "routes": _routes, "sweep": _sweep, "roll": _roll}
    try:
        problems = works[order.command](order)
    except BadInputError as error:
        return JobFailure("bad-input", _listed(error.faults))
    except InfeasibleError as error:
        return JobFailure("infeasible", str(error))
    except LimitError as error:
        return JobFailure("limit", str(error))
    except ColdchainError as error:
        return JobFailure("failed", str(error))
    if problems:
        return JobFailure(
            "bug", _("the result does not verify: {text}").format(text="; ".join(problems[:SHOWN_PROBLEMS]))
        )
    return None


def _listed(faults: tuple[Fault, ...]) -> str:
    errors = [str(group) for group in grouped(faults) if not group.warning]
    more = _("; … and {count} more").format(count=len(errors) - SHOWN_PROBLEMS) if len(errors) > SHOWN_PROBLEMS else ""
    return "; ".join(errors[:SHOWN_PROBLEMS]) + more


def _plan(order: JobOrder) -> tuple[str, ...]:
    from coldchain.planning import Options, plan_quickly
    from coldchain.planning import plan as compute
    from coldchain.reports import write_run
    from coldchain.runs import run_information, write_folder, write_tables
    from coldchain.runs.folder import SUMMARY

    scenario, faults = _loaded(order)
    if order.quick:
        made = plan_quickly(scenario, order.seed, faults)
    else:
        made = compute(scenario, Options(order.time_limit_s, order.seed), faults)
    if not made.report.ok:
        return made.report.problems
    about = run_information(made, _arguments(order))
    target = Path(order.out)
    if order.maps:
        write_run(made, target, about)
    else:
        write_folder(target, lambda partial: write_tables(made.tables, partial, SUMMARY, made.summary, about))
    return ()


def _routes(order: JobOrder) -> tuple[str, ...]:
    from coldchain.dispatch.dispatch import DispatchRequest, dispatch
    from coldchain.dispatch.drivers import hours_before
    from coldchain.dispatch.folder import DayFigures, write_figures
    from coldchain.verify.day import Permits, verify_day

    wish = DispatchRequest(
        Path(order.scenario),
        orders=Path(order.orders) if order.orders else None,
        day=order.day or None,
        driven=tuple(map(Path, order.driven)),
        variant=order.variant,
        iterations=order.iterations,
        time_limit_s=math.inf,
        seed=order.seed,
    )
    made = dispatch(wish)
    found, source = DayFigures.of(made), made.day.source
    permits = Permits(before_h=hours_before(wish.driven, source.scenario.name)[0])
    report = verify_day(source.scenario, source.placed.network.given, found.tables, found.summary, permits)
    if report.ok:
        write_figures(made, found, Path(order.out), _arguments(order), with_map=order.maps)
    return report.problems


def _sweep(order: JobOrder) -> tuple[str, ...]:
    """Sweep beside the target first: finished budgets stay there when the job is ended, for the next time."""
    from coldchain.reports.sweeping import write_sweep
    from coldchain.sweeps import PointEffort, run_sweep

    scenario, faults = _loaded(order)
    target = Path(order.out)
    partial = target.with_name(f".{target.name}.partial")
    effort = PointEffort(time_limit_s=order.time_limit_s, seed=order.seed, quick=order.quick)
    partial.mkdir(parents=True, exist_ok=True)
    result = run_sweep(scenario, order.budgets, partial, effort, (), faults)
    if result.problems:
        return result.problems
    facts = {"name": scenario.name, "variant": scenario.variant, "sha256": scenario.sha256}
    facts["harvest_t"] = float(scenario.harvest_t.sum())
    facts["lon"], facts["lat"] = (sum(getattr(v, k) for v in scenario.villages) / len(scenario.villages)
                                  for k in ("lon", "lat"))  # fmt: skip
    write_sweep(result.as_dict(facts, scenario.siting.budget_cny), result.table(), partial)
    if target.exists():
        shutil.rmtree(target)
    partial.rename(target)
    return ()


def _roll(order: JobOrder) -> tuple[str, ...]:
    """Plan the week into the county's folder; the run of the batch is a note of it."""
    from coldchain.inputs import way_to
    from coldchain.runs import write_folder
    from coldchain.weeks import ROLL, Asked, roll_week

    asked = Asked(Path(order.scenario), order.week, {}, order.most_changed, seed=order.seed)
    found, target = roll_week(asked), Path(order.out)
    if problems := tuple(found["verified"]["problems"]):
        return problems
    note = {**found, "folder": Path(way_to(asked.target, target)).as_posix()}
    text = json.dumps(note, indent=1, ensure_ascii=False) + "\n"
    schema = str(found["schema"]).partition("/")[0]

    def fill(folder: Path) -> None:
        (folder / ROLL).write_text(text, encoding="utf-8")

    write_folder(target, fill, ROLL, schema)
    return ()


def _loaded(order: JobOrder) -> tuple[Any, tuple[Fault, ...]]:
    from coldchain.scenario import budget_faults, load
    from coldchain.scenario.edits import Edits

    scenario, faults = load(order.scenario, order.variant)
    if order.budget_cny is not None:
        scenario = Edits(order.budget_cny).on(scenario)
        if wrong := budget_faults(scenario.siting):
            raise BadInputError(wrong)
    return scenario, faults


def _arguments(order: JobOrder) -> Mapping[str, Any]:
    names = ("variant", "seed", "quick", "time_limit_s", "iterations", "command", "day")
    about = {name: getattr(order, name) for name in names}
    return {**about, "scenario": order.origin, "scenario_from_run": order.beside, "budget": order.budget_cny}
