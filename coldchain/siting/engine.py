"""From sparse arrays to HiGHS inside OR-Tools and back: no modelling loop, stoppable at any moment."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.util import Finalize
from pathlib import Path
from typing import IO, Any, Self

import numpy as np

from coldchain.arrays import Bools, Floats, Ints
from coldchain.errors import ColdchainError
from coldchain.language import _
from coldchain.leftovers import NEW_GROUP, temporary_folder
from coldchain.siting.packed import put
from coldchain.work import Allowance, Clock, branch_nodes, simplex_steps, simplex_units

WORKER = Path(__file__).with_name("worker.py")
"""Run as a file: as a module it would bring in its package, for two seconds of the processor instead of a sixth."""
ENDED = b"the solver process ended"
HANGING = 50.0  # seconds a unit after which a child that does not answer is given up
SMALL = 3000  # nonzeros under which a solve is too short to be worth a child process
_NODE = re.compile(r"^.{0,3}\s*\d+\s+\d+\s+\d+\s+[\d.]+%\s+(\S+)\s+(\S+)\s+(\S+)")


class StoppedError(Exception):
    """The caller asked to stop in the middle of a solve; never leaves this package."""


@dataclass
class Rows:
    """Rows of a model in coordinate form, collected block by block."""

    row: list[Ints] = field(default_factory=list)
    col: list[Ints] = field(default_factory=list)
    val: list[Floats] = field(default_factory=list)
    lower: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)
    size: int = 0

    def new(self, lower: Any, upper: Any, number: int = 1) -> Ints:
        """Open ``number`` rows with the given limits and return their indices."""
        index = np.arange(self.size, self.size + number)
        self.lower.append(np.broadcast_to(np.asarray(lower, dtype=float), number))
        self.upper.append(np.broadcast_to(np.asarray(upper, dtype=float), number))
        self.size += number
        return index

    def put(self, row: Any, col: Any, val: Any) -> None:
        """Add coefficients; repeated places add up."""
        r, c, v = np.broadcast_arrays(np.asarray(row), np.asarray(col), np.asarray(val, dtype=float))
        keep = v != 0
        self.row.append(r[keep].astype(np.int64))
        self.col.append(c[keep].astype(np.int64))
        self.val.append(v[keep])

    def copy(self) -> Rows:
        """Copy that can grow without changing this one."""
        return Rows([*self.row], [*self.col], [*self.val], [*self.lower], [*self.upper], self.size)

    def limits(self) -> tuple[Floats, Floats]:
        """Lower and upper limits, float[rows] each."""
        if not self.size:
            return np.zeros(0), np.zeros(0)
        return np.concatenate(self.lower), np.concatenate(self.upper)

    def entries(self, columns: int) -> tuple[Ints, Ints, Floats]:
        """Row, column, value sorted by row, repeated places added up."""
        if not self.row:
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
        key = np.concatenate(self.row) * max(columns, 1) + np.concatenate(self.col)
        order = np.argsort(key, kind="stable")
        key, value = key[order], np.concatenate(self.val)[order]
        begin = np.flatnonzero(np.diff(key, prepend=-1))
        if len(begin) < len(key):
            key, value = key[begin], np.add.reduceat(value, begin)
        row = key // max(columns, 1)
        return row, key - row * max(columns, 1), value


@dataclass(frozen=True)
class Model:
    """min cost @ v + offset over rows and boxes; ``integer`` marks whole-number columns."""

    cost: Floats
    lower: Floats
    upper: Floats
    integer: Bools
    rows: Rows

    @property
    def size(self) -> int:
        """Rows and columns."""
        return len(self.cost) + self.rows.size

    def proto(self) -> tuple[Any, int]:
        """Return the OR-Tools message and its number of nonzeros."""
        from ortools.math_opt import model_pb2

        message = model_pb2.ModelProto()
        n = len(self.cost)
        put(message.variables, "ids", np.arange(n))
        put(message.variables, "lower_bounds", self.lower)
        put(message.variables, "upper_bounds", self.upper)
        put(message.variables, "integers", self.integer)
        used = np.flatnonzero(self.cost)
        put(message.objective.linear_coefficients, "ids", used)
        put(message.objective.linear_coefficients, "values", self.cost[used])
        lower, upper = self.rows.limits()
        put(message.linear_constraints, "ids", np.arange(self.rows.size))
        put(message.linear_constraints, "lower_bounds", lower)
        put(message.linear_constraints, "upper_bounds", upper)
        row, col, val = self.rows.entries(n)
        put(message.linear_constraint_matrix, "row_ids", row)
        put(message.linear_constraint_matrix, "column_ids", col)
        put(message.linear_constraint_matrix, "coefficients", val)
        return message, len(val)


@dataclass(frozen=True)
class SolveOutcome:
    """What a solve gave, and its steps of the simplex method; ``values`` and ``duals`` are None when there are none."""

    status: str
    values: Floats | None
    duals: Floats | None
    bound: float
    steps: int = 0


Child = subprocess.Popen[bytes]
Lines = queue.Queue[tuple[str, bytes]]
_idle: list[tuple[int, Child, Lines]] = []


class Engine:
    """Solves models until its allowance is spent or a stop.

    A context manager that ends its child process or leaves it to the next.
    A child takes half a second to start, so one that has nothing to do waits for the next engine of this process.

    Parameters
    ----------
    allowance : what the solves are charged to, and how much is left of it
    stop : polled about every 0.1 s
    seed : passed to HiGHS
    """

    def __init__(self, allowance: Allowance, stop: Callable[[], bool], seed: int):
        self.allowance = allowance
        self.stop = stop
        self.seed = seed
        self._child: subprocess.Popen[bytes] | None = None
        self._lines: Lines = queue.Queue()
        self._busy = False
        self._folder = temporary_folder("siting")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_rest: object) -> None:
        if self._child is not None and not self._busy and not _idle:
            _idle.append((os.getpid(), self._child, self._lines))
            self._child = None
        self._end_child()
        self._folder.cleanup()

    def left(self) -> float:
        """Units of work, or seconds, that are left."""
        return self.allowance.left()

    def check(self) -> None:
        """Raise when the caller wants to stop."""
        if self.stop():
            raise StoppedError

    def solve(
        self,
        model: Model,
        units: float,
        *,
        gap: float = 1e-9,
        hint: tuple[Ints, Floats] | None = None,
        seen: Callable[[float], None] | None = None,
    ) -> SolveOutcome:
        """Solve within so many units; ``seen`` hears each new bound of a long solve.

        A hint outside the limits of its column is left out: HiGHS would refuse the model for it. HiGHS gives up on some
        models that its presolve makes badly scaled: they are solved once more without presolve, and count as unsolved
        in time when that fails, too.
        """
        from ortools.math_opt import model_parameters_pb2

        self.check()
        message, nonzeros = model.proto()
        extra = model_parameters_pb2.ModelSolveParametersProto()
        if hint is not None:
            column, value = hint
            kept = (value >= model.lower[column]) & (value <= model.upper[column])
            one = extra.solution_hints.add()
            one.variable_values.ids.extend(column[kept].tolist())
            one.variable_values.values.extend(value[kept].tolist())
        parameters = self._parameters(units, gap, model)
        for presolve in ("choose", "off"):
            parameters.highs.string_options["presolve"] = presolve
            if nonzeros < SMALL:
                answer = _direct(message, parameters, extra)
                outcome = None if answer is None else _outcome(answer, model)
            else:
                outcome = self._by_child(message, parameters, extra, model, units, seen)
            if outcome is not None:
                self.allowance.add(simplex_units(outcome.steps, model.size, whole=bool(model.integer.any())))
                return outcome
        self.allowance.add(simplex_units(0, model.size))
        return SolveOutcome("limit", None, None, -np.inf)

    @property
    def improving(self) -> Path:
        """Where HiGHS writes each better solution of a running solve."""
        return Path(self._folder.name) / "improving.sol"

    def _parameters(self, units: float, gap: float, model: Model) -> Any:
        """Limit a solve by steps or nodes, so that it ends at the same place on any machine; by time under a clock."""
        from ortools.math_opt import parameters_pb2

        result = parameters_pb2.SolveParametersProto()
        result.highs.string_options["parallel"] = "off"
        result.highs.int_options["random_seed"] = self.seed
        whole = bool(model.integer.any())
        if isinstance(self.allowance, Clock):
            result.time_limit.FromMilliseconds(int(1000 * max(units, 0.05)))
        elif whole:
            result.highs.int_options["mip_max_nodes"] = branch_nodes(units, model.size)
        else:
            result.highs.int_options["simplex_iteration_limit"] = simplex_steps(units, model.size)
        if whole:
            result.relative_gap_tolerance = gap
            result.highs.bool_options["mip_improving_solution_save"] = True
            result.highs.string_options["mip_improving_solution_file"] = str(self.improving)
        return result

    def _by_child(
        self, message: Any, parameters: Any, extra: Any, model: Model, units: float, seen: Any
    ) -> SolveOutcome | None:
        """Solve in the child; None when HiGHS fails."""
        self.improving.unlink(missing_ok=True)
        self._send([m.SerializeToString() for m in (message, parameters, extra)])
        end = time.monotonic() + units * (1.2 if isinstance(self.allowance, Clock) else HANGING) + 5.0
        while True:
            if self.stop():
                self._end_child()
                raise StoppedError
            try:
                kind, payload = self._lines.get(timeout=0.1)
            except queue.Empty:
                if time.monotonic() > end:
                    self._end_child()
                    return SolveOutcome("limit", _read_solution(self.improving, len(model.cost)), None, -np.inf)
                continue
            if kind == "R":
                self._busy = False
                return _outcome(_parse(payload), model)
            if kind == "E":
                self._end_child()
                if payload == ENDED:
                    raise ColdchainError(_("HiGHS failed: {message}").format(message=payload.decode()))
                return None
            found = _NODE.match(payload.decode(errors="replace"))
            if found and seen is not None:
                seen(float(found.group(1)))

    def recover(self, columns: int) -> Floats | None:
        """Return the last better solution a stopped solve wrote, or None."""
        return _read_solution(self.improving, columns)

    def _send(self, parts: list[bytes]) -> None:
        if self._child is None:
            self._child, self._lines = _waiting() or _start()
        self._busy = True
        pipe = self._child.stdin
        if pipe is None:  # pragma: no cover - Popen was given a pipe
            raise ColdchainError(_("the solver process has no input"))
        pipe.write(json.dumps([len(p) for p in parts]).encode() + b"\n" + b"".join(parts))
        pipe.flush()

    def _end_child(self) -> None:
        if self._child is not None:
            _end(self._child)
        self._child, self._busy = None, False


def _waiting() -> tuple[Child, Lines] | None:
    """Take the child that waits, if it is of this process and alive."""
    while _idle:
        owner, child, lines = _idle.pop()
        if owner == os.getpid():
            if child.poll() is None:
                return child, lines
            _end(child)
    return None


def _start() -> tuple[Child, Lines]:
    child = subprocess.Popen(
        [sys.executable, "-P", str(WORKER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        creationflags=NEW_GROUP,
    )
    lines: Lines = queue.Queue()
    threading.Thread(target=_listen, args=(child.stdout, lines), daemon=True).start()
    return child, lines


def _end(child: Child) -> None:
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def _end_waiting() -> None:
    while _idle:
        owner, child, _rest = _idle.pop()
        if owner == os.getpid():
            _end(child)


Finalize(None, _end_waiting, exitpriority=0)  # unlike atexit, also at the end of a worker process


def _listen(source: IO[bytes], lines: Lines) -> None:
    try:
        while line := source.readline():
            kind, rest = line[:1].decode(), line[2:].rstrip(b"\n")
            lines.put((kind, source.read(int(rest)) if kind == "R" else rest))
    except (ValueError, OSError):
        pass
    lines.put(("E", ENDED))


def _direct(message: Any, parameters: Any, extra: Any) -> Any:
    """Solve in this process; None when HiGHS fails."""
    from ortools.math_opt import callback_pb2, parameters_pb2
    from ortools.math_opt.core.python import solver
    from pybind11_abseil.status import StatusNotOk

    start, none = parameters_pb2.SolverInitializerProto(), callback_pb2.CallbackRegistrationProto()
    try:
        return solver.solve(message, parameters_pb2.SOLVER_TYPE_HIGHS, start, parameters, extra, None, none, None, None)
    except StatusNotOk:
        return None


def _parse(payload: bytes) -> Any:
    from ortools.math_opt import result_pb2

    return result_pb2.SolveResultProto.FromString(payload)


def _outcome(answer: Any, model: Model) -> SolveOutcome:
    from ortools.math_opt import result_pb2

    names = {
        result_pb2.TERMINATION_REASON_OPTIMAL: "optimal",
        result_pb2.TERMINATION_REASON_INFEASIBLE: "infeasible",
        result_pb2.TERMINATION_REASON_INFEASIBLE_OR_UNBOUNDED: "infeasible",
    }
    values = duals = None
    for solution in answer.solutions[:1]:
        values = _dense(solution.primal_solution.variable_values, len(model.cost))
        if solution.HasField("dual_solution"):
            duals = _dense(solution.dual_solution.dual_values, model.rows.size)
    reason = answer.termination.reason
    bound = float(answer.termination.objective_bounds.dual_bound)
    return SolveOutcome(names.get(reason, "limit"), values, duals, bound, int(answer.solve_stats.simplex_iterations))


def _dense(vector: Any, size: int) -> Floats:
    result = np.zeros(size)
    result[np.asarray(vector.ids, dtype=np.int64)] = np.asarray(vector.values, dtype=float)
    return result


def _read_solution(path: Path, columns: int) -> Floats | None:
    """Return the last whole solution of a HiGHS improving-solution file (columns in order)."""
    try:
        text = path.read_text()
    except OSError:
        return None
    for block in reversed(text.split("# Columns")[1:]):
        words = [line.split()[-1] for line in block.splitlines()[1 : columns + 1] if line.strip()]
        if len(words) == columns:
            return np.array([float(w) for w in words])
    return None
