"""A workspace: the folder that holds one company's definitions, regions, sources and data."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from organisation.problems import ConfigurationError, Problem

VARIABLE = "DENOMINATOR_WORKSPACE"
REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Workspace:
    """The paths of one workspace, and its clock."""

    root: Path

    @classmethod
    def find(cls, explicit: Path | None = None) -> "Workspace":
        """Give the workspace that was named, else the one of the environment, else the program's own folder."""
        named = explicit or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else REPOSITORY)
        return cls(named.expanduser().resolve())

    @property
    def definitions_file(self) -> Path:
        """The KPIs that every region shares."""
        return self.root / "kpi_definitions.yaml"

    @property
    def regions_dir(self) -> Path:
        """One profile a region."""
        return self.root / "regions"

    @property
    def sources_dir(self) -> Path:
        """One profile a CRM instance."""
        return self.root / "sources"

    @property
    def store_file(self) -> Path:
        """Names the store that several hosts share; absent where the workspace keeps its own."""
        return self.root / "store.yaml"

    @property
    def data(self) -> Path:
        """Everything that is data and no configuration."""
        return self.root / "data"

    @property
    def inbox(self) -> Path:
        """Where exports arrive: one folder a source."""
        return self.data / "inbox"

    @property
    def archive(self) -> Path:
        """Where loaded exports are kept."""
        return self.data / "archive"

    @property
    def lake(self) -> Path:
        """The warehouse's own folder."""
        return self.data / "lake"

    @property
    def packs(self) -> Path:
        """The frozen packs of weekly reviews, one folder each."""
        return self.data / "packs"

    @property
    def requests(self) -> Path:
        """Where pages put what they ask the loader to do."""
        return self.data / "requests"

    @property
    def clock_file(self) -> Path:
        """The instant that counts as now; absent in a workspace that lives in real time."""
        return self.data / "clock"

    def now(self) -> datetime:
        """Give the current instant (UTC): the workspace's own clock where it has one.

        Raises ConfigurationError where the clock file holds no instant with a zone.
        """
        try:
            text = self.clock_file.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return datetime.now(UTC)
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            instant = None
        if instant is None or instant.tzinfo is None:
            hint = "Write an instant such as 2026-11-24T14:02:00+00:00, or delete the file to use real time."
            raise ConfigurationError([Problem(self.clock_file, 1, f'"{text}" is no instant with a zone', hint)])
        return instant.astimezone(UTC)
