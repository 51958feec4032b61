"""What is wrong with sources, inbox, requests and loads, in plain words, and what to do about it."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from etl.crm import crm_module
from etl.errors import UnknownCrm
from etl.holds import is_refused_by_a_person
from etl.inbox import unclaimed_message, waiting
from etl.ledger import Entry
from etl.repair import archive_damages
from etl.stage_table import names_stages
from organisation import Organisation, Source, Workspace, YamlMap, load_yaml
from organisation.requests import ANSWER, waiting_requests
from warehouse.errors import StoreError
from warehouse.finding import Check, Finding, all_of, notice, problem
from warehouse.store import Store

CLOCK_TOLERANCE = timedelta(minutes=5)
MOMENT_TOLERANCE = timedelta(days=1)  # an export may be named for the day that has already begun elsewhere
PATIENCE = timedelta(minutes=10)  # the loader looks at requests each second

_LATE_STAGES = """
    WITH stage AS (SELECT DISTINCT source, stage_id FROM pipeline_stage_version WHERE label <> stage_id)
    SELECT o.source, count(*) AS deals FROM opportunity AS o
    JOIN stage ON stage.source = o.source AND stage.stage_id = o.stage_raw
    GROUP BY o.source ORDER BY o.source
"""
_NO_STAGES = """
    SELECT count(*) AS deals FROM opportunity
    WHERE source = $source AND source NOT IN (SELECT source FROM pipeline_stage_version)
"""


def examine_requests(workspace: Workspace, now: datetime) -> list[Finding]:
    """Give the requests that the loader has not answered for long, and files among them that are none."""
    return all_of({"the requests": partial(_requests, workspace, now)}, workspace.requests)


def examine_sources(organisation: Organisation) -> list[Finding]:
    """Give the profiles that name an unknown CRM system, and the files of the inbox that nobody claims."""
    checks: dict[str, Check] = {
        "the profiles": partial(_profiles, organisation),
        "the inbox": partial(_inbox, organisation),
    }
    return all_of(checks, organisation.workspace.root)


def examine_loads(workspace: Workspace, store: Store, now: datetime) -> list[Finding]:
    """Give what is wrong with the loads of the ledger, as far as it is known without any settings."""
    checks: dict[str, Check] = {
        "the clock": partial(_clock, store, now),
        "the exports' moments": partial(_moments, store, now),
        "the archive": partial(_archive, workspace, store),
        "held exports": partial(_held, store),
        "refused exports": partial(_refused, workspace, store),
        "stage tables": partial(_late_stages, store),
    }
    return all_of(checks, workspace.lake)


def examine_loads_of(organisation: Organisation, store: Store) -> list[Finding]:
    """Give the loads that today's profiles read in another way, or not at all."""
    checks: dict[str, Check] = {
        "profiles of what is loaded": partial(_profiles_since, organisation, store),
        "missing stage tables": partial(_no_stages, organisation, store),
    }
    return all_of(checks, organisation.workspace.sources_dir)


def backlog_bytes(workspace: Workspace, store: Store | None) -> int:
    """Give the size of what waits in the inbox, or of the newest day's loads where that is more and can be read."""
    waiting_ones = [file for file in workspace.inbox.rglob("*") if file.is_file()]
    return max(_bytes(waiting_ones), _bytes(_newest_day(workspace, store) if store else []))


def _newest_day(workspace: Workspace, store: Store) -> list[Path]:
    try:
        names = store.query(
            "SELECT archived_as FROM load WHERE status = 'loaded' AND archived_as IS NOT NULL "
            "AND loaded_at::DATE = (SELECT max(loaded_at)::DATE FROM load WHERE status = 'loaded')"
        )["archived_as"]
    except StoreError:
        return []  # a damaged ledger is named by the checks that read it
    return [file for name in names if (file := workspace.archive / name).is_file()]


def _bytes(files: Iterable[Path]) -> int:
    return sum(file.stat().st_size for file in files)


def _requests(workspace: Workspace, now: datetime) -> Iterator[Finding]:
    waiting_ones = {request.id: request for request in waiting_requests(workspace)}
    for file in sorted(workspace.requests.glob("[!.]*.json")):
        request = waiting_ones.get(file.stem)
        asked_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        if request and now - asked_at > PATIENCE:
            minutes = int((now - asked_at).total_seconds() // 60)
            what = f'The request "{request.what}" of {request.who} has waited for {minutes} minutes for an answer.'
            yield problem("request_unanswered", what, file, "Start the loader: denominator run, or denominator load")
        elif request is None and not file.name.endswith(ANSWER) and not file.with_name(file.stem + ANSWER).exists():
            what = f"{file.name} is no request that can be read; nobody answers it."
            yield notice("request_unreadable", what, file, "Delete it, and ask again on the page.")


def _profiles(organisation: Organisation) -> Iterator[Finding]:
    for source in organisation.sources.values():
        try:
            crm_module(source.crm)
        except UnknownCrm as error:
            yield problem("settings", f"crm: {error}", source.file, f"Correct crm: in {source.file.name}.")
        if "opportunities" in source.exports and "means" not in _said_of_amounts(source):
            what = f"{source.id} does not say what a deal's amount means; the whole contract's value is assumed."
            do = f"Ask the region, and write amount: {{means: total, tax: excluded, unit: 1}} into {source.file.name}."
            yield notice("amount_meaning", what, source.file, do)


def _said_of_amounts(source: Source) -> YamlMap | dict[str, str]:
    said = load_yaml(source.file).get("amount")
    return said if isinstance(said, YamlMap) else {}


def _inbox(organisation: Organisation) -> Iterator[Finding]:
    for each in waiting(organisation):
        if each.source is None or each.export is None:
            what = f"Nobody claims {each.file.name} in the inbox: the next load refuses it."
            yield problem("unclaimed", what, each.file, unclaimed_message(organisation, each))


def _clock(store: Store, now: datetime) -> Iterator[Finding]:
    newest = store.query("SELECT max(loaded_at) AS newest FROM load")["newest"][0]
    if newest is not None and newest > now + CLOCK_TOLERANCE:
        what = f"The newest load is of {_minute(newest)}, but the clock says {_minute(now)}: it runs behind."
        do = "Set this machine's clock (or data/clock, where the workspace has one) before the next load."
        yield problem("clock_behind", what, "load", do)


def _moments(store: Store, now: datetime) -> Iterator[Finding]:
    for entry in _entries(store, "loaded"):
        if entry.exported_at > now + MOMENT_TOLERANCE:
            what = (
                f"{entry.file} says that it was exported at {_minute(entry.exported_at)}, which is still to come: "
                "until then it overrules every newer export."
            )
            do = f"denominator replay --source {entry.source} --without {entry.load_id} --who ROLE"
            yield problem("export_in_future", what, entry.load_id, f"Take it back: {do}")


def _archive(workspace: Workspace, store: Store) -> Iterator[Finding]:
    entries = {entry.load_id: entry for entry in _entries(store, "loaded")}
    for damage in archive_damages(workspace.archive, entries):
        code = "archive_file" if damage.loads else "ledger_copy"
        yield problem(code, f"{damage.what}.", damage.file, damage.what_to_do)


def _held(store: Store) -> Iterator[Finding]:
    for entry in _entries(store, "held"):
        what = f"{entry.file} of {entry.source} waits for a person's word: {entry.message}"
        do = (
            f"If it is right: denominator release {entry.load_id} --who ROLE. "
            f"If it is wrong: denominator refuse {entry.load_id} --who ROLE"
        )
        yield problem("load_held", what, entry.load_id, do)


def _refused(workspace: Workspace, store: Store) -> Iterator[Finding]:
    """Give refused exports that no later load of the table made good, and that nobody has cleared away."""
    loaded = {(entry.source, entry.of_export): entry.loaded_at for entry in _entries(store, "loaded")}
    for entry in _entries(store, "refused"):
        file = workspace.data / "refused" / entry.source / entry.load_id / entry.file
        later = loaded.get((entry.source, entry.of_export))
        if is_refused_by_a_person(entry) or not file.exists() or (later and later > entry.loaded_at):
            continue
        what = f"{entry.file} was refused ({entry.reason}), and no export came after it: {entry.message}"
        do = f"Put a corrected export into inbox/{entry.source}/, or delete {file.parent} where none is needed."
        yield notice("load_refused", what, file, do)


def _late_stages(store: Store) -> Iterator[Finding]:
    for source, deals in store.query(_LATE_STAGES).iter_rows():
        what = f"{deals:,} deals of {source} came before the table that says what their stage ids stand for."
        yield problem("stages_late", what, source, f"Read them again: denominator replay --source {source}")


def _no_stages(organisation: Organisation, store: Store) -> Iterator[Finding]:
    for source in filter(names_stages, organisation.sources.values()):
        deals = store.query(_NO_STAGES, {"source": source.id})["deals"][0]
        if deals:
            what = f"{deals:,} deals of {source.id} name their stages by ids, and the table of stages has not come."
            do = f"Put it into inbox/{source.id}/ and load; then denominator replay --source {source.id}"
            yield problem("stages_missing", what, source.id, do)


def _profiles_since(organisation: Organisation, store: Store) -> Iterator[Finding]:
    counted = store.query(
        "SELECT source, table_name, export, profile_hash, count(*) AS loads FROM load WHERE status = 'loaded' "
        "GROUP BY ALL ORDER BY ALL"
    )
    changed: dict[str, int] = {}
    for source, table, part, noted, loads in counted.iter_rows():
        today = _hash_of_today(organisation, source, table, part)
        if today is None:
            what = (
                f"{loads} loads of {source}, table {table}, are in force, but no profile names such an export any more."
            )
            do = f"Put the export back into sources/{source}.yaml: without it the history cannot be built again."
            yield problem("profile_missing", what, f"{source} {table}", do)
        elif today != noted:
            changed[source] = changed.get(source, 0) + loads
    for source, loads in changed.items():
        what = f"The profile of {source} has changed since {loads} of its loads, which stand as it was before."
        do = f"Read them again with today's profile: denominator replay --source {source}"
        yield notice("profile_changed", what, organisation.sources[source].file, do)


def _hash_of_today(organisation: Organisation, source_id: str, table: str, part: str | None) -> str | None:
    source = organisation.sources.get(source_id)
    exports = source.exports.values() if source else ()
    keys = [export.key for export in exports if (export.table, export.part) == (table, part)]
    return source.profile_hash(keys[0]) if source and keys else None


def _entries(store: Store, status: str) -> list[Entry]:
    rows = store.query("SELECT * FROM load WHERE status = ? ORDER BY loaded_at, load_id", [status])
    return [Entry(**row) for row in rows.iter_rows(named=True)]


def _minute(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
