"""A region of the sales organisation: its calendar, currency, promises to leads and rules about people."""

import re
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path

import holidays

from organisation.fields import Fields, currency_code, day, hours, zone_name
from organisation.fiscal import FiscalYear, fiscal_years
from organisation.problems import Problem
from organisation.thresholds import OwnRules, read_own_rules
from organisation.yaml_file import YamlMap, load_yaml

KEYS = (
    "name part_of manager currency timezone country working_hours fiscal_year_starts lead_sla person_level holidays "
    "deviations"
).split()


@dataclass(frozen=True)
class Region:
    """One region as its profile states it; lead_sla is in working hours by lead source.

    rules: the thresholds of deviations that hold here in place of the group's.
    """

    id: str
    name: str
    part_of: str | None
    manager: str
    currency: str
    timezone: str
    country: str
    opens: time
    closes: time
    fiscal_years: tuple[FiscalYear, ...]
    lead_sla: dict[str, float]
    person_level: str
    holidays: frozenset[date]
    file: Path
    rules: OwnRules = field(default_factory=OwnRules)

    @classmethod
    def read(cls, file: Path, problems: list[Problem]) -> "Region":
        """Give the region of a profile; its faults are added to the problems."""
        return cls.parse(load_yaml(file), file, problems)

    @classmethod
    def parse(cls, node: YamlMap, file: Path, problems: list[Problem]) -> "Region":
        """Give the region that a profile's mapping states; its faults are added to the problems."""
        fields = Fields(node, problems, known=KEYS)
        opens, closes = fields.parsed("working_hours", _span, (time(8), time(17)), "hours such as 08:00-17:00")
        return cls(
            id=file.stem,
            name=fields.text("name"),
            part_of=fields.optional("part_of"),
            manager=fields.text("manager", f"regional manager {file.stem}"),
            currency=fields.parsed("currency", currency_code, "", "an ISO 4217 code such as EUR")
            or fields.text("currency"),
            timezone=fields.parsed("timezone", zone_name, "UTC", "a zone such as Europe/Berlin"),
            country=fields.parsed(
                "country", _country, "", "an ISO 3166 code whose public holidays are known, such as DE"
            )
            or fields.text("country"),
            opens=opens,
            closes=closes,
            fiscal_years=fiscal_years(fields, "fiscal_year_starts"),
            lead_sla=_sla(fields),
            person_level=fields.text("person_level", "off"),
            holidays=_holidays(fields),
            file=file,
            rules=read_own_rules(fields.mapping("deviations"), problems),
        )


def _country(text: str) -> str:
    if text not in holidays.list_supported_countries():
        raise ValueError(text)
    return text


def _span(text: str) -> tuple[time, time]:
    found = re.fullmatch(r"(\d\d:\d\d)-(\d\d:\d\d)", text.strip())
    if not found:
        raise ValueError(text)
    opens, closes = time.fromisoformat(found[1]), time.fromisoformat(found[2])
    if opens >= closes:
        raise ValueError(text)
    return opens, closes


def _sla(fields: Fields) -> dict[str, float]:
    node = fields.mapping("lead_sla")
    if node is None:
        return {}
    sources = Fields(node, fields.problems, known=tuple(node))
    return {name: sources.parsed(name, hours, 0.0, "hours such as 8 hours") for name in node}


def _holidays(fields: Fields) -> frozenset[date]:
    node = fields.mapping("holidays")
    if not isinstance(node, YamlMap):
        return frozenset()
    days = Fields(node, fields.problems, known=tuple(node))
    found: set[date] = set()
    for written in node:
        try:
            found.add(day(written))
        except ValueError:
            days.problems.append(node.problem(written, f'"{written}" is no day', "Expected YYYY-MM-DD: name."))
    return frozenset(found)
