"""The definitions and profiles in force: read when they change, and the last valid ones while they are invalid."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

import streamlit as st

from kpi.definitions import Definitions
from organisation import ConfigurationError, Organisation, Workspace


@dataclass(frozen=True)
class Settings:
    """An organisation with its KPIs; `version` names the files' state, `faults` say why newer ones do not count."""

    version: str
    organisation: Organisation
    definitions: Definitions
    faults: tuple[str, ...] = ()


class InvalidSettingsError(Exception):
    """No valid settings were ever read; `faults` names every problem with file and line."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass
class _Keeper:
    lock: Lock = field(default_factory=Lock)
    known: dict[str, Settings] = field(default_factory=dict)
    valid: Settings | None = None


def settings_in_force(workspace: Workspace, version: str) -> Settings:
    """Give the settings for a state of the files, else the last valid ones with the faults of the newer state.

    Raises InvalidSettingsError where no valid state was ever seen.
    """
    keeper = _keeper(str(workspace.root))
    with keeper.lock:
        if version not in keeper.known:
            keeper.known[version] = _read(workspace, version, keeper)
        return keeper.known[version]


def settings_at(root: str, version: str) -> Settings:
    """Give settings that were in force before, by their version."""
    return _keeper(root).known[version]


def _read(workspace: Workspace, version: str, keeper: _Keeper) -> Settings:
    try:
        organisation = Organisation.read(workspace)
        found = Settings(version, organisation, Definitions.read(workspace.definitions_file))
    except ConfigurationError as fault:
        faults = tuple(_relative(str(problem), workspace.root) for problem in fault.problems)
        if keeper.valid is None:
            raise InvalidSettingsError(faults) from fault
        return replace(keeper.valid, faults=faults)
    keeper.valid = found
    return found


def _relative(words: str, root: Path) -> str:
    return words.replace(f"{root}/", "")


@st.cache_resource(max_entries=8, show_spinner=False)
def _keeper(root: str) -> _Keeper:
    return _Keeper()
