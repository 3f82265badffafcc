"""A child process that solves one model after the other, so that a solve can be ended at any moment.

HiGHS inside OR-Tools 9.15 ignores interrupters, and an exception raised in its message callback kills the
process. Ending a child is the one safe way to stop it. Protocol on the pipes: the request is one JSON line with
the byte lengths of model, parameters and model parameters, then these bytes; the answer is any number of lines
``P <log line>``, then ``R <length>`` and the bytes of the result, or ``E <message>``.
"""

from __future__ import annotations

import json
import os
import sys
from typing import BinaryIO


def _solve(parts: list[bytes], out: BinaryIO) -> bytes:
    from ortools.math_opt import callback_pb2, model_parameters_pb2, model_pb2, parameters_pb2
    from ortools.math_opt.core.python import solver

    def tell(lines: list[str]) -> None:
        out.writelines(b"P " + line.encode() + b"\n" for line in lines)
        out.flush()

    answer = solver.solve(
        model_pb2.ModelProto.FromString(parts[0]),
        parameters_pb2.SOLVER_TYPE_HIGHS,
        parameters_pb2.SolverInitializerProto(),
        parameters_pb2.SolveParametersProto.FromString(parts[1]),
        model_parameters_pb2.ModelSolveParametersProto.FromString(parts[2]),
        tell,
        callback_pb2.CallbackRegistrationProto(),
        None,
        None,
    )
    return bytes(answer.SerializeToString())


def main() -> None:
    """Serve requests until the input closes."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    source = sys.stdin.buffer
    while line := source.readline():
        parts = [source.read(size) for size in json.loads(line)]
        try:
            answer = _solve(parts, out)
        except Exception as error:  # noqa: BLE001 - reported to the parent, which raises
            out.write(b"E " + str(error).replace("\n", " ").encode() + b"\n")
        else:
            out.write(f"R {len(answer)}\n".encode() + answer)
        out.flush()


if __name__ == "__main__":
    main()
