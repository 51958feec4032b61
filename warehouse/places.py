"""Which place a workspace's warehouse lies in."""

from functools import lru_cache
from pathlib import Path

from organisation import SharedStore, Workspace
from warehouse.local_place import LocalPlace
from warehouse.place import Place
from warehouse.shared_place import SharedPlace


def place_of(lake_dir: Path) -> Place:
    """Give the place of a warehouse by the workspace's folder for it: its own, or what store.yaml names.

    Raises ConfigurationError for a faulty store.yaml.
    """
    workspace = Workspace(lake_dir.parent.parent)
    shared = SharedStore.read(workspace.store_file) if workspace.lake == lake_dir else None
    return LocalPlace(lake_dir) if shared is None else _shared_place(shared)


@lru_cache(maxsize=16)
def _shared_place(shared: SharedStore) -> SharedPlace:
    return SharedPlace(shared)
