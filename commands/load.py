"""denominator load: load every export that waits in the inbox."""

from collections.abc import Sequence
from functools import partial

import typer

from commands.after_load import catch_up, follow_up, take_up
from commands.beside import Beside
from commands.requests import HANDLERS
from commands.shared import (
    PROBLEM,
    REFUSED,
    JsonOption,
    WorkspaceOption,
    organisation_of,
    people,
    print_json,
    progress_bar,
)
from etl.calendar_table import refresh_calendar
from etl.child import Readers
from etl.load import FileResult, LoadResult, load_new
from etl.loading import Loading
from etl.requests import execute_requests
from organisation import Organisation
from warehouse.compaction import compact
from warehouse.store import Store

MANY_FILES = 100  # a backlog of so many leaves small data files worth joining, and much to judge meanwhile
LOOK_SECONDS = 1.0


def load(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Do what pages have asked for, load all exports that wait, in the order of their moments, and say what became."""
    organisation = organisation_of(workspace)
    results = load_all(organisation, as_json=as_json)
    if not as_json:
        people.print(summary(results))
    if any(result.status == "refused" for result in results):
        raise typer.Exit(REFUSED)
    if any(result.status == "held" for result in results):
        raise typer.Exit(PROBLEM)


def load_all(organisation: Organisation, *, as_json: bool = False) -> list[FileResult]:
    """Load what waits, with progress for people or a JSON line a file; gives the result of each file."""
    results: list[FileResult] = []
    with progress_bar() as progress:
        task = progress.add_task("Loading exports", total=None)

        def shown(result: FileResult) -> None:
            results.append(result)
            if as_json:
                print_json(file_object(result))
            elif result.status in ("held", "refused"):
                people.print(f"{result.source}/{result.file.name} {result.status}: {result.message}", markup=False)

        def counted(done: int, files: int) -> None:
            progress.update(task, completed=done, total=files)

        with Store.open_writer(organisation.workspace.lake) as store, Readers(organisation) as readers:
            catch_up(organisation, store)
            refresh_calendar(organisation, store)
            loading = Loading(organisation, store, readers)
            for answer in execute_requests(loading, HANDLERS, partial(follow_up, organisation, store)):
                people.print(answer.message, markup=False)
            loads = load_new(loading, on_file=shown, on_progress=counted)
            if len(results) < MANY_FILES:
                _follow_up_all(organisation, store, loads)
            else:
                with Beside(gives_way=False) as beside:
                    _follow_up_all(organisation, store, loads, beside)
                    compact(store)
                    while beside.is_busy:
                        take_up(organisation, store, beside, wait_seconds=LOOK_SECONDS)
            store.seal()
    return results


def _follow_up_all(
    organisation: Organisation, store: Store, loads: Sequence[LoadResult], beside: Beside | None = None
) -> None:
    for place, loaded in enumerate(loads, start=1):
        follow_up(organisation, store, loaded, is_last=place == len(loads), beside=beside)


def file_object(result: FileResult) -> dict[str, object]:
    """Give what became of one file as the stable object that other programs read."""
    return {
        "file": result.file.name,
        "source": result.source,
        "table": result.table,
        "status": result.status,
        "rows_in": result.rows_in,
        "loaded": result.loaded,
        "changed": result.changed,
        "rejected": result.rejected,
        "ignored": result.ignored,
        "seconds": round(result.seconds, 3),
        "reason": result.reason,
    }


def summary(results: list[FileResult]) -> str:
    """Give one sentence about many files: how many rows came in and what became of them."""
    if not results:
        return "Nothing waits in the inbox."
    rows, loaded = sum(r.rows_in for r in results), sum(r.loaded for r in results)
    rejected, ignored = sum(r.rejected for r in results), sum(r.ignored for r in results)
    return (
        f"{len(results):,} files: {rows:,} rows in = {loaded:,} loaded + {rejected:,} rejected + {ignored:,} ignored."
    )
