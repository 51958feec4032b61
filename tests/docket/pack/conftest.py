"""A small company's pack, frozen once for all tests, and one written by hand for those that need no store."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from docket.database import Database
from docket.docket import Docket, Ref
from docket.pack.asking import meeting_of
from docket.pack.content import Content
from docket.pack.freezing import Store, frozen
from docket.recording import record
from docket.states import Actor, Moment
from kpi.definitions import Definitions
from kpi.deviations.reading import Key, Reading
from kpi.engines.duckdb import DuckDbEngine
from kpi.scope import Scope
from organisation import Organisation, Workspace

MADE_AT = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
MANAGER = Actor("m.one", "regional manager DACH")


@pytest.fixture(scope="session")
def docket_of_small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Docket]:
    """Give a docket on which DACH was behind pace a week ago, and somebody promised something."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('docket') / 'docket.sqlite'}")
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
    yield docket
    database.close()


@pytest.fixture(scope="session")
def content(small: Workspace, docket_of_small: Docket) -> Content:
    """Give the pack of the small company, frozen on Tuesday for the review of Wednesday."""
    organisation = Organisation.read(small)
    with DuckDbEngine(small.lake) as engine:
        return frozen(
            Store(engine, int(engine.version())),
            organisation,
            Definitions.read(small.definitions_file),
            docket_of_small,
            meeting=meeting_of(organisation, MADE_AT),
        )
