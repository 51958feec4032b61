"""The frame of the dashboard: who is looking, navigation, shared choices; draws no KPI itself."""

import streamlit as st

from organisation import Workspace
from ui.filters import choice_of_page
from ui.frame import first_line, navigation
from ui.refresh import data_version, settings_version, watch_for_changes
from ui.server import middleware
from ui.settings import InvalidSettingsError, settings_in_force
from ui.states import nothing_loaded, settings_at_fault, shielded
from ui.view import open_view


def draw(workspace: Workspace) -> None:
    """Draw the frame and the page that is asked for, from one state of the data and the settings."""
    shown = (data_version(workspace), settings_version(workspace))
    page = navigation()
    try:
        settings = settings_in_force(workspace, shown[1])
    except InvalidSettingsError as fault:
        settings_at_fault(fault.faults)
    else:
        if shown[0] is None:
            nothing_loaded(settings.organisation)
        else:
            with shielded():
                view = open_view(settings, shown[0], choice_of_page(page.url_path, settings.organisation))
                first_line(page.url_path, view)
                page.run()
    watch_for_changes(workspace, shown)


if __name__ == "__main__":  # each run of a page
    draw(Workspace.find())
else:  # the server, once
    app = st.App(__file__, middleware=middleware())
