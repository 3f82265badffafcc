"""A run folder that was edited or cut: every command on it names the folder and never ends as a bug."""

from __future__ import annotations

import click
import pytest

from coldchain.cli.manners import of_a_run
from coldchain.errors import BadInputError, InfeasibleError


@pytest.mark.parametrize(
    "error",
    [KeyError("plan_t"), TypeError("str"), ValueError("duplicate labels"), ZeroDivisionError(), AssertionError("x")],
)
def test_what_does_not_fit_together_is_named(error):
    """With the folder, what was met, and what to do."""

    @of_a_run
    def command(run):  # noqa: ARG001
        raise error

    with pytest.raises(BadInputError, match=r"runs/x: does not fit together .*Plan again"):
        command(run="runs/x")


@pytest.mark.parametrize("error", [InfeasibleError("no"), click.Abort(), click.UsageError("no"), MemoryError()])
def test_answers_pass(error):
    """What is no damage stays what it is."""

    @of_a_run
    def command(folder):  # noqa: ARG001
        raise error

    with pytest.raises(type(error)):
        command(folder="runs/x")
