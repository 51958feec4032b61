"""The small company after its first load, with few KPIs: what is off is on its docket, last week's review was held."""

from pathlib import Path

from commands.after_load import catch_up
from organisation import Organisation, Workspace
from tests.docket.pack.conftest import with_few_kpis
from tests.small_company import copy_of
from warehouse.store import Store


def reviewed_company(small: Workspace, root: Path) -> Workspace:
    """Copy the small company and do all that follows a load, so that a loader finds nothing left undone."""
    workspace = copy_of(small, root)
    with_few_kpis(workspace.definitions_file)
    with Store.open_writer(workspace.lake) as store:
        catch_up(Organisation.read(workspace), store)
        store.seal()
    return workspace
