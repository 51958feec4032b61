"""denominator report: freeze the pack of a weekly review, render it, and check its numbers."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, get_args

import typer

from commands.docketing import definitions_in_force
from commands.shared import PROBLEM, JsonOption, WorkspaceOption, instant_text, organisation_of, people, print_json
from docket.database import Database, address_of
from docket.docket import Docket
from docket.pack.check import Checked, check, defined_otherwise
from docket.pack.content import Content
from docket.pack.files import Form, page_of, rendered
from docket.pack.freezing import freeze
from docket.pack.shelf import Shelf
from kpi.scope import Scope
from organisation import Organisation

FORMS: tuple[Form, ...] = get_args(Form)
SHOWN = 20  # differences that are printed; all of them are counted
NONE_YET = "Nothing has been frozen yet: denominator report --freeze."


def report(
    freezing: Annotated[bool, typer.Option("--freeze", help="Freeze a pack of what is known now.")] = False,
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The review's day; before noon today, else the next weekday."),
    ] = None,
    name: Annotated[str | None, typer.Option("--id", help="Which pack, such as 2026-11-25; else the newest.")] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Write the pack as PDF.")] = False,
    pptx: Annotated[bool, typer.Option("--pptx", help="Write slides that can be edited, charts included.")] = False,
    xlsx: Annotated[bool, typer.Option("--xlsx", help="Write a workbook of all figures.")] = False,
    html: Annotated[bool, typer.Option("--html", help="Write one HTML file.")] = False,
    pages: Annotated[bool, typer.Option("--pages", help="Write one page for each reader, as PDF.")] = False,
    checking: Annotated[bool, typer.Option("--check", help="Compute each number again from the snapshot.")] = False,
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path(),
    as_json: JsonOption = False,
    request: Annotated[str, typer.Option(hidden=True, help="The request that asks for it.")] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Freeze the pack of a weekly review, write it as files, or check it; without either, list the packs."""
    organisation = organisation_of(workspace)
    shelf = Shelf(organisation.workspace.packs)
    forms = [form for form, wanted in zip(FORMS, (pdf, pptx, xlsx, html), strict=True) if wanted]
    if freezing and name is not None:
        raise typer.BadParameter("a new pack gets its own id: leave --id out, or --freeze", param_hint="--id")
    if freezing:
        content = _freeze(organisation, day.date() if day else None, request)
    elif name is None and not (forms or pages or checking):
        _list(shelf, as_json)
        return
    else:
        newest = shelf.get(name) if name is not None else shelf.newest()
        if newest is None:
            raise typer.BadParameter(NONE_YET, param_hint="--id")
        content = newest
    if as_json:
        print_json(head_object(content))
    elif not (forms or pages or checking):
        people.print(in_words(content), markup=False, soft_wrap=True)
    _write(content, forms, out, pages=pages)
    if checking and not _check(content, organisation, shelf):
        raise typer.Exit(PROBLEM)


def head_object(content: Content) -> dict[str, object]:
    """Give a pack's head as the stable object that other programs read."""
    head = content.head
    return {
        "id": head.id,
        "made_at": instant_text(head.made_at),
        "as_of": instant_text(head.as_of),
        "snapshot": head.snapshot,
        "period": head.period.code,
        "until": head.until.isoformat(),
        "previous": head.previous.id if head.previous else None,
        "missing": [region.id for region in head.regions if region.is_missing],
        "promises": len(content.promises),
        "deviations": len(content.deviations),
        "suppressed": len(content.suppressed),
        "changes": len(content.changes),
        "restatements": len(content.past.deals),
    }


def in_words(content: Content) -> str:
    """Give what a pack is, for people."""
    head = content.head
    missing = ", ".join(region.name for region in head.regions if region.is_missing)
    return (
        f"Pack {head.id}: {head.period.label}, up to {head.until:%a} {head.until.day} {head.until:%b}, "
        f"snapshot {head.snapshot}. {head.headline}" + (f" Missing at the cut-off: {missing}." if missing else "")
    )


def _freeze(organisation: Organisation, day: date | None, request: str) -> Content:
    workspace = organisation.workspace
    database = Database(address_of(workspace))
    try:
        docket = Docket(database, Scope.everything())
        definitions = definitions_in_force(workspace)
        return freeze(organisation, definitions, docket, made_at=workspace.now(), day=day, request=request)
    finally:
        database.close()


def _list(shelf: Shelf, as_json: bool) -> None:
    for name in shelf.ids():
        content = shelf.get(name)
        if as_json:
            print_json(head_object(content))
        else:
            typer.echo(in_words(content))
    if not shelf.ids() and not as_json:
        people.print(NONE_YET, markup=False)


def _write(content: Content, forms: list[Form], out: Path, *, pages: bool) -> None:
    stem = f"denominator-{content.head.id}"
    files = {f"{stem}.{form}": rendered(content, form) for form in forms}
    if pages:
        files |= {f"{stem}-{reader.id}.pdf": page_of(content, reader) for reader in content.head.readers}
    for file, written in files.items():
        try:
            out.mkdir(parents=True, exist_ok=True)
            (out / file).write_bytes(written)
        except OSError as error:
            raise typer.BadParameter(f"{out / file} cannot be written: {error.strerror}", param_hint="--out") from error
        people.print(f"{out / file}: {len(written):,} bytes", markup=False, soft_wrap=True)


def _check(content: Content, organisation: Organisation, shelf: Shelf) -> bool:
    before = content.head.previous
    previous = shelf.get(before.id) if before is not None and before.id in shelf.ids() else None
    found = check(content, organisation, previous)
    for line in _check_words(found):
        people.print(line, markup=False, soft_wrap=True)
    changed = defined_otherwise(content, definitions_in_force(organisation.workspace))
    if changed:
        today = f"{len(changed)} KPIs are defined otherwise today: {', '.join(changed[:5])}"
        people.print(f"{today}{' and more' if len(changed) > 5 else ''}. The pack keeps its own.", markup=False)
    return found.is_right


def _check_words(found: Checked) -> list[str]:
    if found.impossible and not found.numbers:
        return [*found.impossible, "The pack's parts are as they were written."]
    said = [*found.impossible, *found.kept]
    if not found.differing:
        return [f"{found.numbers:,} numbers computed again from the snapshot: all are the same.", *said]
    shown = [f"{each.what}: frozen {each.frozen}, computed {each.computed}" for each in found.differing[:SHOWN]]
    return [*shown, f"{len(found.differing):,} of {found.numbers:,} numbers come out otherwise.", *said]
