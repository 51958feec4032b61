"""The small company after its first load, with few KPIs: what is off is on its docket, last week's review was held."""

from pathlib import Path

from commands.docketing import read_for_docket, write_on_docket
from kpi.engines.duckdb import OpenStore
from organisation import Organisation, Workspace
from tests.docket.pack.conftest import with_few_kpis
from tests.small_company import copy_of
from warehouse.store import Store


def reviewed_company(small: Workspace, root: Path) -> Workspace:
    """Copy the small company and do what follows a load on the docket."""
    workspace = copy_of(small, root)
    with_few_kpis(workspace.definitions_file)
    with Store.open_writer(workspace.lake) as store:
        organisation = Organisation.read(workspace)
        write_on_docket(organisation, store, read_for_docket(organisation, OpenStore(store)))
    return workspace
