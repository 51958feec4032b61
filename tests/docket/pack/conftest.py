"""A small company whose pack is frozen once for all tests: its own copy, with the KPIs that packs cannot do without."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from docket.database import Database, address_of
from docket.docket import Docket, Ref
from docket.pack.content import Content
from docket.pack.freezing import freeze
from docket.pack.shelf import Shelf
from docket.recording import record
from docket.states import Actor, Moment
from kpi.definitions import Definitions
from kpi.deviations.reading import Key, Reading
from kpi.scope import Scope
from organisation import Organisation, Workspace
from tests.made_once import made_once
from tests.small_company import copy_of

MADE_AT = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
MANAGER = Actor("m.one", "regional manager DACH")
# Those of the call with all that they rest on, and one of each other item of the agenda: few, so that it is quick.
KEPT = (
    "attainment best_case closing_in_period commit coverage coverage_required expected_won freshness late_share "
    "lead_sla leads_received open_best_case open_commit open_pipeline pace parallel_at_stake parallel_closing "
    "parallel_work pipe_yield pipeline_created target win_rate win_rate_by_value won_after_points won_of_bases "
    "won_value"
).split()


@dataclass(frozen=True)
class Frozen:
    """The company, and its pack as it stands on the shelf."""

    workspace: Workspace
    content: Content


def with_few_kpis(definitions: Path) -> None:
    """Leave out of a definitions file what KEPT does not name."""
    head, _, kpis = definitions.read_text(encoding="utf-8").partition("\nkpis:\n")
    parts = [part for part in f"\n{kpis}".split("\n  ") if part]
    blocks: list[list[str]] = []
    for part in parts:
        if part[:1].isalpha():
            blocks.append([part])
        elif blocks:
            blocks[-1].append(part)
    kept = ["\n  ".join(block) for block in blocks if block[0].split(":")[0] in KEPT]
    head = re.sub(r"(weekly|peers|process): \[(.*)\]", lambda listed: f"{listed[1]}: [{_kept_of(listed[2])}]", head)
    definitions.write_text(f"{head}\nkpis:\n  " + "\n  ".join(kept) + "\n", encoding="utf-8")


def _kept_of(names: str) -> str:
    return ", ".join(name for name in names.split(", ") if name in KEPT)


@pytest.fixture(scope="session")
def frozen_company(small: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Frozen:
    """Give a company where DACH promised something a week ago, frozen on Tuesday for the review of Wednesday.

    Made once for all test processes, to be read and never written.
    """
    workspace = Workspace(made_once(tmp_path_factory, "frozen", lambda place: _freeze(copy_of(small, place))))
    return Frozen(workspace, Shelf(workspace.packs).get("2026-11-25"))


def _freeze(workspace: Workspace) -> None:
    with_few_kpis(workspace.definitions_file)
    database = Database(address_of(workspace))
    docket = Docket(database, Scope.everything())
    reading = Reading(
        Key("pace", "dach", "", "pace"), "goal", 2.0, "act", "DACH is 24% behind pace.", unit="percent", value=0.76
    )
    then = Moment(datetime(2026, 11, 17, 9, tzinfo=UTC), date(2026, 11, 17), 1)
    record(database, [reading], then)
    item = docket.items()[0]
    docket.promise(
        Ref(item.id, item.version), MANAGER, then, what="Call the nine", owner=MANAGER.role, due_on=date(2026, 12, 1)
    )
    definitions = Definitions.read(workspace.definitions_file)
    freeze(Organisation.read(workspace), definitions, docket, made_at=MADE_AT)
    database.close()


@pytest.fixture(scope="session")
def content(frozen_company: Frozen) -> Content:
    """Give the pack of the small company."""
    return frozen_company.content
