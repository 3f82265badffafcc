"""A small database in one file whose writes are on the disk when they return; killed processes lose nothing."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Self

from coldchain.errors import bad_file
from coldchain.inputs import reason

WAIT_S = 30.0  # seconds that a writer waits for another


class Durable:
    """Open a file with these tables; close it at the end of a ``with`` block.

    Parameters
    ----------
    path : of the file; None keeps all in memory
    schema : statements that make the tables where they are missing
    trial : a query that fails where the tables are not ours
    refused : what to say of a file that is none of ours, with ``{error}``
    """

    def __init__(self, path: Path | None, schema: str, trial: str, refused: str) -> None:
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(":memory:" if path is None else path, isolation_level=None, timeout=WAIT_S)
            self._db.execute("pragma journal_mode=wal")
            self._db.execute("pragma synchronous=full")
            self._db.executescript(schema)
            self._db.execute(trial)
        except (sqlite3.Error, OSError) as error:
            told = refused.format(error=reason(error))
            raise bad_file(path, told, "bad-store") from error

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._db.close()
