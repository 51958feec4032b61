"""The company as configured: its workspace, group settings, regions, sources and calendars."""

from organisation.calendars import WorkingCalendar
from organisation.fiscal import FiscalCalendar, FiscalYear, Quarter
from organisation.gate import Gate
from organisation.group import Group
from organisation.organisation import Organisation
from organisation.problems import ConfigurationError, Problem, nearest
from organisation.region import Region
from organisation.region_rule import RegionRule
from organisation.shared_store import SharedStore
from organisation.source import Amount, Export, Source
from organisation.workspace import Workspace
from organisation.yaml_file import YamlMap, load_yaml

__all__ = [
    "Amount",
    "ConfigurationError",
    "Export",
    "FiscalCalendar",
    "FiscalYear",
    "Gate",
    "Group",
    "Organisation",
    "Problem",
    "Quarter",
    "Region",
    "RegionRule",
    "SharedStore",
    "Source",
    "WorkingCalendar",
    "Workspace",
    "YamlMap",
    "load_yaml",
    "nearest",
]
