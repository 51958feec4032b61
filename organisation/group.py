"""The group's own settings, as the definitions file states them under "group"."""

from dataclasses import dataclass
from pathlib import Path

from organisation.fields import Fields, currency_code, zone_name
from organisation.fiscal import FiscalYear, fiscal_years
from organisation.problems import Problem
from organisation.yaml_file import YamlMap, load_yaml

WEEKDAYS = ("monday", "sunday", "saturday")
KEYS = ("name", "currency", "week_starts", "fiscal_year_starts", "timezone", "peers")
PEERS = ("values", "quartiles")


@dataclass(frozen=True)
class Group:
    """What holds for the whole organisation; peers: what a region's page shows of the other regions."""

    name: str
    currency: str
    week_starts: str
    fiscal_years: tuple[FiscalYear, ...]
    timezone: str
    peers: str = "values"

    @classmethod
    def read(cls, definitions_file: Path, problems: list[Problem]) -> "Group":
        """Give the group of a definitions file; its faults are added to the problems."""
        node = load_yaml(definitions_file).get("group")
        if not isinstance(node, YamlMap):
            problems.append(
                Problem(definitions_file, 1, '"group" is missing', "Add group: with currency and timezone.")
            )
            return cls("Group", "EUR", "monday", (FiscalYear(1),), "UTC")
        return cls.parse(node, problems)

    @classmethod
    def parse(cls, node: YamlMap, problems: list[Problem]) -> "Group":
        """Give the group that a mapping states; its faults are added to the problems."""
        fields = Fields(node, problems, known=KEYS)
        return cls(
            name=fields.text("name", "Group"),
            currency=fields.parsed("currency", currency_code, "EUR", "an ISO 4217 code such as EUR"),
            week_starts=fields.choice("week_starts", WEEKDAYS, "monday"),
            fiscal_years=fiscal_years(fields, "fiscal_year_starts"),
            timezone=fields.parsed("timezone", zone_name, "UTC", "a zone such as Europe/Berlin"),
            peers=fields.choice("peers", PEERS, "values"),
        )
