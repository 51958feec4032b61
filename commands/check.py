"""denominator check: read an export without storing anything."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.shared import REFUSED, WorkspaceOption
from etl.check import apart_from_us, check_file
from etl.reasons import IGNORED, REJECTED, WARNINGS
from organisation import Workspace


def check(
    file: Annotated[Path, typer.Argument(help="The export to read.", exists=True, dir_okay=False)],
    source: Annotated[str | None, typer.Option(help="The source whose profile says how it is read.")] = None,
    table: Annotated[str, typer.Option(help="Which of the source's exports it is.")] = "opportunities",
    profile: Annotated[
        Path | None, typer.Option(help="One export's settings in a file of their own.", exists=True, dir_okay=False)
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Keep the file's own column names and text.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a summary.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Read an export and say what is in it and what would be rejected; nothing is stored."""
    if (source is None) == (profile is None):
        raise typer.BadParameter("name either --source or --profile", param_hint="--source")
    place = Workspace.find(workspace)
    found = check_file(file, place, source=source, table=table, profile=profile, raw=raw, read=apart_from_us)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        typer.echo(in_words(found))
    if found["refused"]:
        raise typer.Exit(REFUSED)


def in_words(found: dict[str, object]) -> str:
    """Give what a check found as lines for people."""
    refused = found["refused"]
    if isinstance(refused, dict):
        return f"Refused ({refused['reason']}): {refused['message']}"
    rows, rejects, ignored, warnings = (_listed(found[key]) for key in ("rows", "rejects", "ignored", "warnings"))
    records = {reject["line"] for reject in rejects}
    lines = [f"{len(rows)} rows read, {len(records)} rejected, {len(ignored)} ignored."]
    for each in rejects:
        where = f"line {each['line']}" + (f", {each['column']}" if each["column"] else "")
        lines.append(f"  {where}: {each['reason']}: {REJECTED[each['reason']]} It reads: {each['raw']}")
    lines += [f"  line {each['line']}: ignored, {each['reason']}: {IGNORED[each['reason']]}" for each in ignored]
    lines += [f"  warning {warning}: {WARNINGS[warning]}" for warning in warnings]
    return "\n".join(lines)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
