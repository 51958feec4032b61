"""denominator rejects: the rows that stand rejected, as files to be corrected and sent again."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from commands.shared import WorkspaceOption, organisation_of, people
from kpi.engines.duckdb import DuckDbEngine
from kpi.rejects import rejected_loads, rejects_file
from kpi.scope import Scope


def rejects(
    source: Annotated[str | None, typer.Option(help="Only the loads of this source.")] = None,
    load: Annotated[str | None, typer.Option(help="Write the rows of this load: its id in the ledger.")] = None,
    out: Annotated[Path | None, typer.Option(help="A file for one load's rows, else a folder for all files.")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Write the rows that stand rejected as CSV files, one a load; without --load or --out only list the loads.

    Correct the cells and send the file again: drop it into the source's inbox folder, or denominator resend.
    """
    organisation = organisation_of(workspace)
    everyone = Scope.everything()
    with DuckDbEngine(organisation.workspace.lake) as engine:
        if load:
            found = rejects_file(engine, organisation, everyone, load)
            _write(found.content, out / found.name if out and out.is_dir() else out)
            return
        loads = rejected_loads(engine, organisation, everyone, source)
        for each in loads:
            people.print(f"{each.load_id}: {each.rows:,} rows of {each.source}/{each.file}", markup=False)
            if out:
                out.mkdir(parents=True, exist_ok=True)
                found = rejects_file(engine, organisation, everyone, each.load_id)
                _write(found.content, out / found.name)
        if not loads:
            people.print("No row stands rejected.")


def _write(content: bytes, file: Path | None) -> None:
    if file is None:
        sys.stdout.buffer.write(content)
        return
    file.write_bytes(content)
    people.print(f"{file}: correct the cells and send it again.", markup=False, soft_wrap=True)
