"""What goes to a worker and what comes back: plain values, so that they travel as one line of JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

SUMMARIES = {"plan": "summary.json", "routes": "routes.json", "sweep": "sweep.json", "roll": "roll.json"}
LASTING = ("bad-input", "infeasible")
"""Kinds that the same inputs give again."""
SHOWN_PROBLEMS = 5


@dataclass(frozen=True)
class JobOrder:
    """One job as a worker needs it; paths are absolute.

    Attributes
    ----------
    scenario, out : where the scenario lies and the run folder goes, for the worker
    origin, beside : the scenario where the batch was started, and its way from the run folder
    language : of messages; part of no result
    driven : folders of routes of earlier days of the week
    """

    name: str
    key: str
    command: str
    scenario: str
    out: str
    origin: str
    beside: str
    variant: str
    budget_cny: float | None
    orders: str
    day: str
    quick: bool
    time_limit_s: float
    seed: int
    iterations: int | None
    budgets: tuple[float, ...]
    maps: bool
    language: str = "en"
    week: str = ""
    most_changed: float = 0.1
    driven: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a line."""
        values: dict[str, Any] = json.loads(text)
        return cls(**{**values, "budgets": tuple(values["budgets"]), "driven": tuple(values["driven"])})

    def to_json(self) -> str:
        """Write a line."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class JobFailure:
    """Why a job failed; kinds: ``bad-input infeasible limit time memory crash bug failed``."""

    kind: str
    message: str


@dataclass(frozen=True)
class JobOutcome:
    """How a job went.

    Attributes
    ----------
    seconds, processor_s, peak_mib : of the worker with its solver; not part of any result
    """

    key: str
    failure: JobFailure | None
    seconds: float = 0.0
    processor_s: float = 0.0
    peak_mib: float = 0.0


@dataclass(frozen=True)
class JobLimits:
    """The most a single job may take: seconds and MiB; None for no limit."""

    seconds: float | None = None
    memory_mib: float | None = None
