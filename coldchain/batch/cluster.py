"""A Dask cluster as the executor of a batch: the same errands, only elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from coldchain import __version__
from coldchain.batch.orders import JobLimits
from coldchain.batch.run import Means
from coldchain.errors import MissingExtraError, UsageError
from coldchain.language import _

CONNECT_S = 20
NOT_THERE = "not installed"


@contextmanager
def on_cluster(address: str, limits: JobLimits, *, by_value: bool) -> Iterator[Means]:
    """Connect to a scheduler; every thread of its workers is a slot.

    Raises
    ------
    MissingExtraError
        When distributed is not installed here.
    UsageError
        When the scheduler does not answer, has no worker, or workers hold another version of coldchain.
    """
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise MissingExtraError(_("--scheduler needs Dask: pip install 'coldchain[cluster]'")) from None
    try:
        client = distributed.Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(
            _("no Dask scheduler answers at {address}: {error}").format(address=address, error=error)
        ) from None
    with client:
        threads = client.nthreads()
        if not threads:
            raise UsageError(
                _("the Dask scheduler at {address} has no worker; start some first (docs/cluster.md)").format(
                    address=address
                )
            )
        versions = client.run(_version)
        if wrong := {worker: found for worker, found in versions.items() if found != __version__}:
            worker, found = next(iter(wrong.items()))
            raise UsageError(
                _("worker {worker} has coldchain {found}, here it is {version}; make them the same").format(
                    worker=worker, found=found, version=__version__
                )
            )
        with client.get_executor(pure=False) as executor:
            yield Means(executor, sum(threads.values()), limits, by_value)


def _version() -> str:
    from importlib import metadata

    try:
        return metadata.version("coldchain")
    except metadata.PackageNotFoundError:
        return NOT_THERE
