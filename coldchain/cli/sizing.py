"""The option ``--dry-run``: how large the work is, what it takes, and nothing done."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from coldchain.cli.manners import duration
from coldchain.language import _

if TYPE_CHECKING:
    from coldchain.batch import BatchJob, BatchSettings
    from coldchain.planning import Size

SCHEMA = "coldchain.size/1"
SAMPLED = 12
SINGLES, PAIRS, TOGETHER = 10.0, 3.0, 30.0
"""How many times the seconds of a group's plan its plan gets, as in :class:`coldchain.settlement.Effort`."""

dry_run_option = click.option("--dry-run", is_flag=True, help="Say how large the work is and stop: nothing is planned.")


def show_size(size: Size, seconds: float, *, processes: int = 1, at_most: bool, plans: int = 1, as_json: bool) -> None:
    """Print what a command would take.

    Parameters
    ----------
    seconds : of the whole command; ``at_most`` says that a limit stands behind them
    """
    memory_mib = processes * size.memory_mib
    if as_json:
        facts = {"schema": SCHEMA, **asdict(size), "plans": plans, "memory_mib": round(memory_mib)}
        click.echo(json.dumps({**facts, "seconds": round(seconds), "at_most": at_most}, ensure_ascii=False))
        return
    told = _(
        "{name}: {villages:,} villages, {sites:,} sites, {crops} crops in {periods} periods, {road_nodes:,} road "
        "nodes: {demands:,} demands, {arcs:,} arcs"
    )
    click.echo(told.format(**asdict(size)))
    bound = _("at most {time}") if at_most else _("about {time}")
    told = _("{plans:,} plans, {memory:,.0f} MiB of memory, {time}")
    click.echo(told.format(plans=plans, memory=memory_mib, time=bound.format(time=duration(seconds))))


def sharing_seconds(members: int, seconds: float, processes: int, most: int | None = None) -> tuple[int, float]:
    """Return how many groups are planned when so many members share, and the seconds that takes at most.

    Examples
    --------
    >>> sharing_seconds(3, 1.0, 2)
    (7, 49.5)
    """
    groups = (1 << members) - 1 if most is None else most
    pairs = min(members * (members - 1) // 2, max(groups - members - 1, 0)) if members > 2 else 0
    rest = max(groups - members - pairs - 1, 0)
    return groups, seconds * ((SINGLES * members + PAIRS * pairs + rest) / processes + TOGETHER)


def show_batch_size(jobs: Sequence[BatchJob], settings: BatchSettings, processes: int, *, as_json: bool) -> None:
    """Print what a batch would take, from a sample of its scenarios evenly over the list."""
    from coldchain.planning import size_of
    from coldchain.scenario import load

    step = max(len(jobs) // SAMPLED, 1)
    sizes = [size_of(load(job.folder, job.variant)[0]) for job in jobs[::step][:SAMPLED]]
    each = sum(size.quick_s if settings.quick else settings.time_limit_s for size in sizes) / len(sizes)
    plans = len(jobs) * max(len(settings.budgets), 1)
    memory_mib = processes * max(size.memory_mib for size in sizes)
    facts = {
        "scenarios": len(jobs), "sampled": len(sizes), "plans": plans,
        "villages": round(sum(size.villages for size in sizes) / len(sizes)),
        "arcs": round(sum(size.arcs for size in sizes) / len(sizes)),
        "memory_mib": round(memory_mib), "seconds": round(plans * each / processes),
    }  # fmt: skip
    if as_json:
        click.echo(json.dumps({"schema": SCHEMA, **facts}, ensure_ascii=False))
        return
    told = _(
        "{scenarios:,} scenarios, by a sample of {sampled} with {villages:,} villages and {arcs:,} arcs on average: "
        "{plans:,} plans, {memory_mib:,} MiB of memory, about {time}"
    )
    click.echo(told.format(**facts, time=duration(facts["seconds"])))
