"""The page of all columns of a run's tables, read off the schema.

``python -m coldchain.runs.columns_page`` prints it as Markdown; docs/tables.md holds that text, and a test keeps it so.
"""

from __future__ import annotations

from coldchain.runs.schema import COLUMNS, OPTIONAL, TABLES, TODAY

HEAD = """# Tables of a run

Every table in `tables/` of a run, column by column, as `coldchain/runs/schema.py` has them; what each table has a row
for: [results](results.md). A share lies between 0 and 1. Written by `make docs`.
"""


def markdown() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *(_section(name) for name in TABLES if not name.startswith(TODAY)), _todays()])


def _section(table: str) -> str:
    note = "\nWritten only where there is something to say.\n" if table in OPTIONAL else ""
    columns = (COLUMNS[name] for name in TABLES[table])
    rows = [f"| `{one.name}` | {one.unit or one.kind} | {one.heading} |" for one in columns]
    return "\n".join([f"## {table}", note, "| column | unit or kind | heading |", "|---|---|---|", *rows, ""])


def _todays() -> str:
    names = ", ".join(f"`{name}`" for name in TABLES if name.startswith(TODAY))
    head = "## Depots that stand, without the plan"
    return f"{head}\n\n{names}: columns as the tables without `{TODAY}`; of `today_depots` depot and hub.\n"


if __name__ == "__main__":
    print(markdown(), end="")  # noqa: T201 - this module is a command
