"""The whole organisation read from a workspace, with every fault of every file at once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from organisation.calendars import WorkingCalendar
from organisation.fiscal import FiscalCalendar
from organisation.group import Group
from organisation.problems import ConfigurationError, Problem, did_you_mean
from organisation.region import Region
from organisation.source import Source
from organisation.workspace import Workspace
from organisation.yaml_file import YamlMap, load_yaml


@dataclass(frozen=True)
class Organisation:
    """A company as its workspace configures it: regions and sources by id, in the order of their file names."""

    workspace: Workspace
    group: Group
    regions: dict[str, Region]
    sources: dict[str, Source]

    @classmethod
    def read(cls, workspace: Workspace) -> "Organisation":
        """Give the organisation of a workspace; raises ConfigurationError with all problems of all its files."""
        problems: list[Problem] = []
        group = _collected(Group.read, workspace.definitions_file, problems)
        regions = _profiles(Region.read, workspace.regions_dir, problems)
        sources = _profiles(Source.read, workspace.sources_dir, problems)
        for source in sources.values():
            problems.extend(_unknown_regions(source, regions))
        problems.extend(_unfitting_flags(workspace, regions))
        if problems or group is None:
            raise ConfigurationError(problems)
        return cls(workspace, group, regions, sources)

    @cached_property
    def working_calendars(self) -> dict[str, WorkingCalendar]:
        """The working calendar of each region."""
        return {name: WorkingCalendar(region) for name, region in self.regions.items()}

    def fiscal_calendar(self, calendar: str) -> FiscalCalendar:
        """Give the fiscal calendar of a region by its id, or the group's for "group"."""
        return self._fiscal_calendars[calendar]

    def lacks(self, region: str, table: str, column: str) -> bool:
        """Say whether every source that brings a table of a region states that its CRM has no field for a column."""
        exports = [
            export
            for source in self.sources.values()
            if region in source.region.regions
            for export in source.exports.values()
            if export.table == table
        ]
        return bool(exports) and all(column in export.lacks for export in exports)

    @cached_property
    def _fiscal_calendars(self) -> dict[str, FiscalCalendar]:
        regions = {name: FiscalCalendar(region.fiscal_years) for name, region in self.regions.items()}
        return regions | {"group": FiscalCalendar(self.group.fiscal_years)}

    def timezone_of(self, source: Source) -> str:
        """Give the zone in which a source writes times: its own, else its first region's, else the group's."""
        first = next(iter(source.region.regions), None)
        return source.timezone or (self.regions[first].timezone if first else self.group.timezone)


Profile = TypeVar("Profile")
Reading = Callable[[Path, list[Problem]], Profile]


def _profiles(read: Reading[Profile], folder: Path, problems: list[Problem]) -> dict[str, Profile]:
    found = {file.stem: _collected(read, file, problems) for file in sorted(folder.glob("*.yaml"))}
    return {name: profile for name, profile in found.items() if profile is not None}


def _collected(read: Reading[Profile], file: Path, problems: list[Problem]) -> Profile | None:
    try:
        return read(file, problems)
    except ConfigurationError as error:
        problems.extend(error.problems)
        return None


def _unfitting_flags(workspace: Workspace, regions: dict[str, Region]) -> list[Problem]:
    """Hold the levels that regions state for themselves against the group's KPIs; most regions state none."""
    stating = [region.rules for region in regions.values() if region.rules.node is not None]
    kpis = load_yaml(workspace.definitions_file).get("kpis") if stating else None
    return [problem for rules in stating for problem in rules.misfits(kpis)] if isinstance(kpis, YamlMap) else []


def _unknown_regions(source: Source, regions: dict[str, Region]) -> list[Problem]:
    unknown = [region for region in source.region.regions if region not in regions]
    return [
        Problem(source.file, 1, f'region "{region}" has no profile in regions/', did_you_mean(region, regions))
        for region in unknown
    ]
