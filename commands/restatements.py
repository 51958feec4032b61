"""denominator restatements: which past figures have changed, by how much, and why."""

from datetime import UTC, date, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from commands.shared import JsonOption, WorkspaceOption, organisation_of, people, print_json
from kpi.engines.duckdb import DuckDbEngine
from kpi.restatements import Known, Restatement
from kpi.restatements import restatements as found_between
from kpi.scope import Scope
from organisation import Organisation
from warehouse.snapshots import snapshot_before

NOTHING = "No closed deal of the past has changed."


def restatements(
    since: Annotated[str, typer.Option(help="A snapshot's number, or a day such as 2026-11-01.")],
    until: Annotated[str | None, typer.Option(help="A later snapshot or day; without it, what is known now.")] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the closed deals whose past has changed between two snapshots or days, with cause, amount and file."""
    organisation = organisation_of(workspace)
    lake = organisation.workspace.lake
    first = _point(since, organisation, "--since")
    last = _point(until, organisation, "--until") if until else (None, None)
    with DuckDbEngine(lake, last[0]) as later, DuckDbEngine(lake, first[0]) as earlier:
        found = found_between(Known(earlier, first[1]), Known(later, last[1]), organisation, Scope.everything())
    if as_json:
        print_json([restatement_object(each) for each in found])
    else:
        people.print(_table(found, organisation.group.currency) if found else NOTHING)


def changes_since(organisation: Organisation, snapshot: int) -> Table | str:
    """Give the closed deals whose past has changed since a snapshot, as a table, or a sentence where none has."""
    lake = organisation.workspace.lake
    with DuckDbEngine(lake) as now, DuckDbEngine(lake, snapshot) as then:
        found = found_between(Known(then), Known(now), organisation, Scope.everything())
    return _table(found, organisation.group.currency) if found else NOTHING


def restatement_object(each: Restatement) -> dict[str, object]:
    """Give a restatement as the stable object that other programs read; money is text in the group's currency."""
    return {
        "source": each.source,
        "deal": each.number,
        "account": each.account,
        "region": each.region,
        "changes": [{"field": c.field, "before": c.before, "after": c.after} for c in each.changes],
        "cause": each.cause.name,
        "sentence": each.cause.value,
        "file": each.file,
        "line": each.line,
        "who": each.who,
        "month_before": str(each.month_before) if each.month_before else None,
        "month_after": str(each.month_after) if each.month_after else None,
        "won_before": _money(each.won_before),
        "won_after": _money(each.won_after),
        "change": _money(each.change),
    }


def _point(said: str, organisation: Organisation, option: str) -> tuple[int | None, datetime | None]:
    """Give the snapshot that was the newest before a day began, or that day's start where no snapshot is so old."""
    if said.isdigit():
        return int(said), None
    try:
        day = date.fromisoformat(said)
    except ValueError as error:
        message = f'"{said}" is neither a snapshot\'s number nor a day such as 2026-11-01.'
        raise typer.BadParameter(message, param_hint=option) from error
    began = datetime.combine(day, time(), ZoneInfo(organisation.group.timezone)).astimezone(UTC)
    snapshot = snapshot_before(organisation.workspace.lake, began)
    return (snapshot, None) if snapshot is not None else (None, began)


def _money(value: object) -> str | None:
    return None if value is None else format(value, ".2f")


def _table(found: tuple[Restatement, ...], currency: str) -> Table:
    table = Table("Region", "Deal", "What changed", f"Won value, {currency}", "Why", "File")
    for each in found:
        changed = "; ".join(f"{c.field}: {c.before or 'none'} → {c.after or 'none'}" for c in each.changes)
        deal = f"{each.account or ''} {each.number}".strip()
        table.add_row(each.region, deal, changed, _money(each.change) or "no rate", each.cause.value, each.file or "")
    return table
