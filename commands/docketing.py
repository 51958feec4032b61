"""What follows a load on the docket: the figures are read anew, and what is off is written down."""

from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from docket.database import Database, address_of
from docket.recording import record
from docket.states import Moment
from etl.load import LoadResult
from kpi.definitions import Definitions
from kpi.deviations.readings import readings
from kpi.engines.duckdb import OpenStore
from kpi.period import current_quarter
from kpi.scope import Scope
from kpi.scorecard import scorecard
from kpi.slice import Slice
from organisation import Organisation, Workspace
from warehouse.store import Store


def put_on_docket(organisation: Organisation, store: Store, _loaded: LoadResult) -> None:
    """Read every figure of the running quarter, and store what opened, ended or changed on the docket."""
    workspace = organisation.workspace
    definitions = definitions_in_force(workspace)
    now = workspace.now()
    asked = Slice(current_quarter(organisation, now), now)
    engine = OpenStore(store)
    card = scorecard(engine, organisation, definitions, asked, Scope.everything())
    moment = Moment(now, now.astimezone(ZoneInfo(organisation.group.timezone)).date(), int(engine.version()))
    database = Database(address_of(workspace))
    try:
        record(database, readings(card, definitions, moment.day), moment)
    finally:
        database.close()


def definitions_in_force(workspace: Workspace) -> Definitions:
    """Give the definitions of a workspace, read once for a state of their file; raises ConfigurationError."""
    file = workspace.definitions_file
    return _definitions(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _definitions(file: Path, _written: int) -> Definitions:
    return Definitions.read(file)
