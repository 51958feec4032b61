"""denominator rehearse: how a region's unknown exports would be read, and what would come of it; nothing is stored."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from commands.after_load import follow_up
from commands.onboarding import OpenStore, accept_trial, trial_of
from commands.onboarding import rehearse as rehearse_trial
from commands.shared import PROBLEM, REFUSED, JsonOption, WorkspaceOption, organisation_of, people, print_json
from etl.accept import NOTHING_WON
from etl.child import Readers
from etl.errors import EtlError
from etl.loading import Loading
from kpi.engines.duckdb import DuckDbEngine
from organisation import Organisation, YamlMap, load_yaml
from warehouse.store import Store

paper = Console(soft_wrap=True)
Found = Mapping[str, Any]


def rehearse(
    files: Annotated[
        list[Path], typer.Argument(help="The region's exports, one or several.", exists=True, dir_okay=False)
    ],
    region: Annotated[str, typer.Option("--as", help="The region's short name, such as brazil.")],
    answers: Annotated[
        Path | None, typer.Option(help="What is known already: a YAML file of question: answer.")
    ] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Let the region join: write its profiles and load.")] = False,
    who: Annotated[str, typer.Option(help="Your role; needed to accept, and written into the profile.")] = "",
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Rehearse how a new region joins: columns and words proposed, rows and rejects, effect on the common KPIs.

    Nothing is stored unless --accept is given and every question is answered. Exit status: 0 ready, 1 questions are
    open, 3 a file cannot be read.
    """
    organisation = organisation_of(workspace)
    said = _answers(answers) if answers else {}
    found = _rehearsed(organisation, files, region, said)
    while not as_json and sys.stdin.isatty() and (asked := _ask(found, said)):
        said |= asked
        found = _rehearsed(organisation, files, region, said)
    if as_json and not accept:
        print_json(found)
    elif not as_json:
        _report(found)
    if accept:
        _accept(organisation, files, region, said, who=who, as_json=as_json)
    elif any(file["refused"] for file in found["files"]) or _refused(found):
        raise typer.Exit(REFUSED)
    elif not found["acceptable"]:
        raise typer.Exit(PROBLEM)


def _rehearsed(organisation: Organisation, files: Sequence[Path], region: str, said: Mapping[str, str]) -> Found:
    with DuckDbEngine(organisation.workspace.lake) as today:
        return rehearse_trial(trial_of(files, region, said), organisation, today)


def _accept(
    organisation: Organisation, files: Sequence[Path], region: str, said: Mapping[str, str], *, who: str, as_json: bool
) -> None:
    if not who.strip():
        raise typer.BadParameter("name your role: who lets the region join", param_hint="--who")
    with Store.open_writer(organisation.workspace.lake) as store, Readers(organisation) as readers, store.exclusive():
        loading = Loading(organisation, store, readers)
        done = accept_trial(trial_of(files, region, said), loading, OpenStore(store), who=who)
        joined = organisation_of(organisation.workspace.root)
        for load in done.loads:
            follow_up(joined, store, load)
        store.seal()
    if as_json:
        print_json({"message": done.message, **done.result})
    else:
        paper.print(f"[bold]{done.message}[/bold]\n{done.result['back']}")


def _answers(file: Path) -> dict[str, str]:
    """Give the answers of a file; nested keys are joined by "/": each export may have its own block."""
    return dict(_flat(load_yaml(file), ""))


def _flat(node: YamlMap, above: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in node.items():
        if isinstance(value, YamlMap):
            found += _flat(value, f"{above}{key}/")
        elif isinstance(value, list):
            raise EtlError(f'{node.file.name}:{node.line_of(key)}: "{key}" is a list; write one answer a question.')
        elif value is not None:
            found.append((f"{above}{key}", str(value)))
    return found


def _ask(found: Found, said: Mapping[str, str]) -> dict[str, str]:
    """Ask what is open, on the terminal; gives nothing where nothing is open or nothing was answered."""
    asked: dict[str, str] = {}
    for question in found["questions"]:
        if (question["open"] or question["assumed"]) and question["id"] not in said:
            asked |= _answered(question)
    rehearsal = found["rehearsal"]
    if rehearsal and rehearsal["won"] and not any(key.startswith("won/") for key in said):
        month = rehearsal["won"][0]
        people.print(
            f"\n[bold]What does the CRM's own report say was won in {month['month']}?[/bold] ({month['currency']})"
        )
        own = str(typer.prompt("amount, such as 1234.50", default="", show_default=False))
        asked |= {f"won/{month['month']}": own} if own else {}
    elif rehearsal and rehearsal["not_reconciled"] and not rehearsal["won"]:
        people.print(f"\n[bold]{rehearsal['not_reconciled']}[/bold]")
        asked |= {NOTHING_WON: "yes"} if typer.confirm("nothing was won", default=False) else {}
    return asked


def _answered(question: Found) -> dict[str, str]:
    people.print(f"\n[bold]{question['text']}[/bold] {question['why']}", markup=True)
    options = question["options"]
    if len(options) <= 20:
        for number, option in enumerate(options, 1):
            people.print(f"  {number}  {option['label']}  [dim]{option['example']}[/dim]")
    given = str(
        typer.prompt("", default=question["suggested"], show_default=bool(question["suggested"]), prompt_suffix="> ")
    )
    if given.isdecimal() and 0 < int(given) <= len(options) and given not in {option["value"] for option in options}:
        given = options[int(given) - 1]["value"]
    return {question["id"]: given} if given else {}


def _report(found: Found) -> None:
    paper.print(f"[bold]{found['region']}[/bold], CRM: {found['crm']['value']} ({found['crm']['reason']})")
    for file in found["files"]:
        _report_file(file)
    _report_words(found["words"])
    if found["rehearsal"]:
        _report_rehearsal(found["rehearsal"])
    open_ones = [question for question in found["questions"] if question["open"]]
    if open_ones:
        paper.print(f"\n[bold]{len(open_ones)} questions are open[/bold]; answer them in a file (--answers):")
        for question in open_ones:
            paper.print(f"  {json.dumps(question['id'], ensure_ascii=False)}: ", end="", markup=False)
            values = " | ".join(option["value"] for option in question["options"][:8])
            paper.print(f"{values or question['suggested'] or '…'}   # {question['text']}", markup=False)
    if found["summary"]:
        paper.print(f"\n[bold]{found['summary']}[/bold]")


def _report_file(file: Found) -> None:
    paper.print(f"\n[bold]{file['file']}[/bold]: {file['table'] or 'unknown table'}, {file['rows']:,} rows")
    if file["refused"]:
        paper.print(f"  refused ({file['refused'][0]}): {file['refused'][1]}", markup=False)
    for name, finding in file["findings"].items():
        paper.print(f"  {name}: {finding['value']!r} ({finding['reason']})", markup=False)
    if not file["columns"]:
        return
    table = Table("Header", "is", "sure", "Examples", "Why")
    for each in file["columns"]:
        sure = "as answered" if each["decided"] else "certain" if each["certain"] else f"{each['confidence']:.0%}"
        table.add_row(
            each["header"],
            each["column"] or "not used",
            sure if each["column"] else "",
            ", ".join(each["examples"]),
            each["reason"],
        )
    paper.print(table)


def _report_words(words: Sequence[Found]) -> None:
    if not words:
        return
    table = Table("Kind", "Word", "Rows", "means", "Why")
    for word in words:
        table.add_row(
            word["kind_label"], word["word"], f"{word['rows']:,}", word["meaning"] or "not mapped", word["reason"]
        )
    paper.print(table)


def _report_rehearsal(rehearsal: Found) -> None:
    for result in rehearsal["results"]:
        paper.print(
            f"{result['file']}: {result['rows_in']:,} rows in = {result['loaded']:,} loaded + "
            f"{result['rejected']:,} rejected + {result['ignored']:,} ignored. {result['message'] or ''}",
            markup=False,
        )
    for reject in rehearsal["rejects"][:10]:
        paper.print(
            f"  {reject['file']}:{reject['line']} {reject['column_name'] or ''} {reject['sentence']} {reject['raw']}",
            markup=False,
        )
    for warning in rehearsal["warnings"]:
        paper.print(
            f"  {warning['code']} {warning['word'] or warning['column_name'] or ''}: {warning['rows']} rows",
            markup=False,
        )
    won = Table("Won in", "Deals", "Value", "CRM's own", "Difference")
    for month in rehearsal["won"][:24]:
        won.add_row(
            month["month"],
            f"{month['deals']:,}",
            f"{month['value']} {month['currency']}",
            month["own"] or "",
            month["difference"] or "",
        )
    paper.print(won)
    if rehearsal["not_reconciled"]:
        paper.print(rehearsal["not_reconciled"], markup=False)
    if rehearsal["effect"]:
        paper.print(f"[bold]{rehearsal['effect']['sentence']}[/bold]")
        for kpi, why in rehearsal["effect"]["lost"].items():
            paper.print(f"  {kpi}: {why}", markup=False)


def _refused(found: Found) -> bool:
    return bool(found["rehearsal"]) and any(result["status"] == "refused" for result in found["rehearsal"]["results"])
