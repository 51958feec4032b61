"""A region's onboarding put together: proposal, rehearsal, effect on the common denominator, acceptance."""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import polars as pl

from commands.shared import instant_text
from etl.accept import DIFFERS, NOTHING_WON, Reconciled, accept, reconciled, taken_back, why_not_reconciled
from etl.child import apart
from etl.contract import exported_columns
from etl.crm.dialect import STATUS_COLUMNS
from etl.errors import EtlError, Refused
from etl.loading import Loading
from etl.propose import Proposal, propose_files
from etl.propose.profiles import profile_files
from etl.propose.proposal import LIKELY, NOT_AGREED, Answers
from etl.propose.words import KIND_OF, KINDS, common_words
from etl.rehearsal import TABLES, Rehearsed, rehearsed
from etl.requests import Handler, argument
from etl.results import Done, FileResult
from kpi.arrivals import Arrival
from kpi.definitions import Definitions
from kpi.engines.base import Engine, Schema
from kpi.engines.duckdb import DuckDbEngine
from kpi.errors import KpiError
from kpi.joining import Joining, joining
from kpi.ledger import rejects
from kpi.masking import MASK, mask_text
from kpi.period import current_quarter
from kpi.reject_reasons import sentence
from kpi.scope import Scope
from kpi.slice import Slice
from organisation import Organisation
from organisation.requests import Request, file_of
from warehouse.store import Store

SHOWN_REJECTS = 50
REGION_NAME = r"[a-z][a-z0-9_]{1,40}"


@dataclass(frozen=True)
class Trial:
    """What was asked to be rehearsed: files as a region, under answers, before a company's store of today."""

    files: tuple[Path, ...]
    region: str
    answers: Answers


def rehearse(trial: Trial, organisation: Organisation, today: Engine) -> dict[str, object]:
    """Give everything a person has to see before a region joins, ready to be written as JSON; nothing is stored.

    Raises EtlError for a name that cannot be used, Refused where reading the files took too much.
    """
    proposal = _proposed(trial, organisation)
    found = _proposal_object(proposal, organisation)
    if not proposal.is_readable:
        return found
    profiles = profile_files(proposal, organisation, trial.answers, ())
    with rehearsed(organisation, trial.region, trial.region, profiles, trial.files) as rehearsal:
        return found | _rehearsal_object(trial, proposal, rehearsal, organisation, today)


def accept_trial(trial: Trial, loading: Loading, today: Engine, *, who: str, seen: str = "") -> Done:
    """Let a region join: its profiles are written and its files loaded, where every question is answered.

    seen: fingerprint of the rehearsal that was looked at; another one today is refused. Raises EtlError where something
    is open or differs; then nothing was written.
    """
    organisation = loading.organisation
    proposal = _proposed(trial, organisation)
    if proposal.open_questions or not proposal.is_readable:
        raise EtlError(f"Not accepted: {_why_open(proposal)}")
    plain = profile_files(proposal, organisation, trial.answers, ())
    with rehearsed(organisation, trial.region, trial.region, plain, trial.files) as rehearsal:
        _refuse_unfit(trial, rehearsal, seen)
        months = reconciled(rehearsal, trial.answers)
        profiles = profile_files(proposal, organisation, trial.answers, _notes(months, trial, organisation, who))
        accepted = accept(loading, trial.region, profiles, trial.files, rehearsal)
    rows = sum(result.loaded for result in accepted.results)
    equal = "equal to the rehearsal" if accepted.equal else "NOT equal to the rehearsal: withdraw them"
    back = taken_back(trial.region, with_region=profiles.region is not None)
    return Done(
        f"{rows:,} rows loaded, {equal}.",
        accepted.loads,
        {
            "rows": rows,
            "equal": accepted.equal,
            "written": {
                f"{file.parent.name}/{file.name}": file.read_text(encoding="utf-8") for file in accepted.written
            },
            "back": back,
        },
    )


def trial_of(files: Sequence[Path], region: str, answers: Answers) -> Trial:
    """Give a trial; raises EtlError for a region's name that could not be a file's, or a rhythm that says none."""
    if not re.fullmatch(REGION_NAME, region):
        raise EtlError(f'"{region}" is no name for a region: small letters, digits and _, such as brazil.')
    said = {key: str(value).strip() for key, value in answers.items() if str(value).strip()}
    for key, rhythm in said.items():
        if key.endswith("/arrives") and rhythm != NOT_AGREED:
            _check_rhythm(rhythm)
    return Trial(tuple(files), region, said)


def _check_rhythm(text: str) -> None:
    try:
        Arrival.parse(text, "UTC")
    except (KpiError, ValueError) as error:
        raise EtlError(f'"{text}" is no rhythm of exports: {error}, or "{NOT_AGREED}".') from error


class OpenStore:
    """The loader's own connection as an engine: a second one in its process would loosen the catalog's lock."""

    dialect = "duckdb"

    def __init__(self, store: Store) -> None:
        self._store = store

    def schema(self) -> Schema:
        """Give nothing: no statement is compiled against it."""
        return {}

    def version(self) -> str:
        """Give the snapshot's number."""
        return str(self._store.snapshot)

    def fetch(self, sql: str, parameters: Mapping[str, object] | None = None) -> pl.DataFrame:
        """Give the rows of a query; raises StoreError."""
        return self._store.query(sql, dict(parameters) if parameters else None)


def _rehearse(loading: Loading, request: Request) -> Done:
    found = rehearse(_trial_of(loading, request), loading.organisation, OpenStore(loading.store))
    return Done(str(found["summary"]), (), found)


def _accept(loading: Loading, request: Request) -> Done:
    trial = _trial_of(loading, request)
    seen = request.arguments.get("fingerprint", "")
    return accept_trial(trial, loading, OpenStore(loading.store), who=request.who, seen=seen)


HANDLERS: Mapping[str, Handler] = {"rehearse": _rehearse, "accept": _accept}


def _trial_of(loading: Loading, request: Request) -> Trial:
    workspace = loading.organisation.workspace
    files = [file_of(workspace, request, name) for name in request.files]
    answers = json.loads(request.arguments.get("answers") or "{}")
    return trial_of(files, argument(request, "as"), answers)


def _proposed(trial: Trial, organisation: Organisation) -> Proposal:
    if not trial.files:
        raise EtlError("There is no file to rehearse.")
    if trial.region in organisation.sources:
        raise EtlError(f"sources/{trial.region}.yaml is there already. Choose another name for the new one.")
    size = sum(file.stat().st_size for file in trial.files)
    work = partial(propose_files, trial.files, trial.region, organisation, dict(trial.answers))
    found = apart(work, size)
    if isinstance(found, Refused):
        raise found
    return found


def _refuse_unfit(trial: Trial, rehearsal: Rehearsed, seen: str) -> None:
    if seen and seen != rehearsal.fingerprint:
        raise EtlError("Not accepted: the files or the profiles are no longer what was rehearsed. Rehearse again.")
    refused = [result for result in rehearsal.results if result.status != "loaded"]
    if refused:
        raise EtlError(f"Not accepted: {refused[0].file.name} is {refused[0].status}: {refused[0].message}")
    why = why_not_reconciled(rehearsal, trial.answers)
    if why:
        raise EtlError(f"Not accepted: {why}")


def _why_open(proposal: Proposal) -> str:
    if proposal.open_questions:
        first = proposal.open_questions[0]
        return f"{len(proposal.open_questions)} questions are open, the first: {first.text} ({first.id})"
    refused = next(file for file in proposal.files if file.refused)
    return f"{refused.file} cannot be read: {refused.refused[1] if refused.refused else ''}"


def _notes(months: Sequence[Reconciled], trial: Trial, organisation: Organisation, who: str) -> list[str]:
    now = instant_text(organisation.workspace.now())
    notes = [f"Accepted {now} by {who}, after a rehearsal of {', '.join(file.name for file in trial.files)}."]
    for month in months:
        if month.own is not None:
            equal = "equal to" if not month.difference else f"{month.difference:+,.2f} against"
            notes.append(f"Won {month.month}: {month.value:,.2f} {month.currency}, {equal} the CRM's own report.")
    if not months and trial.answers.get(NOTHING_WON):
        notes.append("Nothing was won, as in the CRM's own report.")
    if trial.answers.get(DIFFERS):
        notes.append(f"Why it differs: {' '.join(trial.answers[DIFFERS].split())}")
    return notes


def _proposal_object(proposal: Proposal, organisation: Organisation) -> dict[str, object]:
    files = []
    for file in proposal.files:
        stated = asdict(file)
        stated["columns"] = [
            asdict(each) | {"certain": each.is_certain, "likely": each.confidence >= LIKELY} for each in file.columns
        ]
        files.append(stated)
    return {
        "region": proposal.region,
        "crm": asdict(proposal.crm),
        "files": files,
        "words": [asdict(word) | {"kind_label": KIND_OF[word.kind].label} for word in proposal.words],
        "common": {kind.key: list(common_words(kind.key, organisation.sources)) for kind in KINDS},
        "questions": [asdict(question) | {"open": question.is_open} for question in proposal.questions],
        "open": len(proposal.open_questions),
        "readable": proposal.is_readable,
        "columns": _columns_by_table(),
        "rehearsal": None,
        "acceptable": False,
        "summary": _summary(proposal),
    }


def _columns_by_table() -> dict[str, dict[str, str]]:
    """Give for each table its columns and what they mean, in words."""
    return {
        table: {name: _column_words(name, table) for name in (*exported_columns(table), *STATUS_COLUMNS.get(table, {}))}
        for table in TABLES
    }


def _column_words(name: str, table: str) -> str:
    known = exported_columns(table).get(name)
    meaning = known.meaning.removeprefix("money; ").removeprefix("person; ") if known else ""
    words = name.removesuffix("_raw").removesuffix("_ref").replace("_", " ")
    return f"{words}: {meaning}" if meaning else words


def _rehearsal_object(
    trial: Trial, proposal: Proposal, rehearsal: Rehearsed, organisation: Organisation, today: Engine
) -> dict[str, object]:
    months = reconciled(rehearsal, trial.answers)
    refused = [result for result in rehearsal.results if result.status != "loaded"]
    why = why_not_reconciled(rehearsal, trial.answers)
    with DuckDbEngine(rehearsal.lake) as engine:
        shown = rejects(engine, rehearsal.organisation, Scope.everything(), trial.region)
        effect = None if refused else _effect(today, engine, organisation, rehearsal.organisation, trial.region)
    loaded = sum(result.loaded for result in rehearsal.results)
    return {
        "rehearsal": {
            "results": [_result_object(result) for result in rehearsal.results],
            "rows": rehearsal.rows,
            "rejects": _masked(shown, proposal),
            "rejected": sum(result.rejected for result in rehearsal.results),
            "warnings": rehearsal.warnings.to_dicts(),
            "won": [
                _month_object(month)
                for month in months
            ],
            "not_reconciled": why,
            "effect": _effect_object(effect),
            "fingerprint": rehearsal.fingerprint,
        },
        "profiles": asdict(profile_files(proposal, organisation, trial.answers, ())),
        "acceptable": not proposal.open_questions and not refused and why is None,
        "summary": f"{loaded:,} rows would load, {sum(r.rejected for r in rehearsal.results):,} would be rejected. "
        f"{effect.sentence if effect else ''}".strip(),
    }  # fmt: skip


def _month_object(month: Reconciled) -> dict[str, object]:
    return {
        "month": month.month,
        "currency": month.currency,
        "value": f"{month.value:.2f}",
        "deals": month.deals,
        "own": None if month.own is None else f"{month.own:.2f}",
        "difference": None if month.difference is None else f"{month.difference:.2f}",
    }


def _effect(today: Engine, rehearsed_rows: Engine, company: Organisation, then: Organisation, region: str) -> Joining:
    now = company.workspace.now()
    asked = Slice(period=current_quarter(company, now), as_of=now, regions=())
    definitions = Definitions.read(company.workspace.definitions_file)
    return joining(today, rehearsed_rows, (company, then), definitions, asked=asked, region=region)


def _effect_object(effect: Joining | None) -> dict[str, object] | None:
    return None if effect is None else asdict(effect) | {"sentence": effect.sentence}


def _result_object(result: FileResult) -> dict[str, object]:
    names = ("table", "status", "rows_in", "loaded", "rejected", "ignored", "reason", "message")
    return {"file": result.file.name} | {name: getattr(result, name) for name in names}


def _masked(shown: pl.DataFrame, proposal: Proposal) -> list[dict[str, object]]:
    """Give rejected rows in which neither persons nor the cells of columns that name people are seen."""
    files = {(file.part.file if file.part else file.file, file.table): file for file in proposal.files if file.table}
    found = []
    for row in shown.head(SHOWN_REJECTS).to_dicts():
        file = files.get((row["file"], row["table_name"]))
        sign = file.findings["delimiter"].value if file and "delimiter" in file.findings else ","
        places = {each.place for each in file.columns if each.masked} if file else set()
        cells = next(csv.reader(io.StringIO(str(row["raw"])), delimiter=sign), [])
        masked = [
            MASK if place in places and cell else mask_text(cell, frozenset()) for place, cell in enumerate(cells)
        ]
        kept = {name: row[name] for name in ("file", "line", "column_name", "reason")}
        found.append(kept | {"raw": sign.join(masked), "sentence": sentence(str(row["reason"]))})
    return found


def _summary(proposal: Proposal) -> str:
    refused = [file for file in proposal.files if file.refused]
    if refused:
        return f"{refused[0].file} cannot be read: {refused[0].refused[1] if refused[0].refused else ''}"
    if not proposal.open_questions and not any(file.table for file in proposal.files):
        return "No part of the files is clearly a table of deals, leads, activities, accounts or persons."
    blocking = [question for question in proposal.open_questions if question.blocks]
    return f"{len(blocking)} questions have to be answered before rows can be shown." if blocking else ""
