"""The one instant that a page takes for now."""

from datetime import datetime

from organisation import Organisation


def now_of(organisation: Organisation) -> datetime:
    """The current instant of the organisation's workspace, in UTC."""
    return organisation.workspace.now()
