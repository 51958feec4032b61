"""How new data reach an open page: a small file is watched, and the figures change in place."""

import hashlib
from contextlib import suppress

import streamlit as st

from organisation import Workspace

_SEEN = "version_seen"


def data_version(workspace: Workspace) -> int | None:
    """The snapshot that readers may open, from the warehouse's small version file; None before the first load."""
    try:
        words = (workspace.lake / "version").read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return None
    return int(words[0]) if words and words[0].isdigit() else None


def settings_version(workspace: Workspace) -> str:
    """A short word that changes when the definitions or a profile is written, read from names, times and sizes only."""
    files = [workspace.definitions_file, *workspace.regions_dir.glob("*.yaml"), *workspace.sources_dir.glob("*.yaml")]
    found = hashlib.sha256()
    for file in sorted(files):
        with suppress(FileNotFoundError):
            state = file.stat()
            found.update(f"{file.name} {state.st_mtime_ns} {state.st_size}\n".encode())
    return found.hexdigest()[:16]


def watch_for_changes(workspace: Workspace, shown: tuple[int | None, str]) -> None:
    """Look several times a second whether data or settings differ from those `shown`; if so, draw the page again."""
    st.session_state[_SEEN] = shown
    _watch(workspace)


def is_outdated(workspace: Workspace, snapshot: int) -> bool:
    """Whether newer data than a snapshot's are there."""
    return data_version(workspace) != snapshot


@st.fragment(run_every=0.4)
def _watch(workspace: Workspace) -> None:
    if (data_version(workspace), settings_version(workspace)) != st.session_state[_SEEN]:
        st.rerun()
