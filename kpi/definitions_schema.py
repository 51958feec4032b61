"""The JSON Schema of kpi_definitions.yaml, drawn from the code that reads it."""

from kpi.definition_fields import DEFAULTS, read_kpi
from kpi.definitions import KEYS
from kpi.limits import read_limits
from organisation.group import Group
from organisation.problems import Problem
from organisation.schema import Listening, Schema, drawn, heard
from organisation.thresholds import read_rules
from organisation.yaml_file import Node

LEVELS = {"watch": "10% below plan", "act": "20% below plan"}


def definitions_schema() -> Schema:
    """Give the JSON Schema of the definitions file: its keys, and those of each KPI."""
    problems: list[Problem] = []
    listener = Listening()
    listener.expects(KEYS)
    keys: dict[str, Schema] = {
        "version": {"type": ["string", "number"]},
        "group": heard(lambda node: Group.parse(node, problems)),
        "defaults": {
            "type": "object",
            "properties": {key: {"type": ["string", "number"]} for key in DEFAULTS},
            "additionalProperties": False,
        },
        "comparability": heard(lambda node: read_limits(node, problems, top=node)),
        "deviations": heard(lambda node: read_rules(node, problems, top=node)),
        "kpis": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": "^[a-z][a-z0-9_]*$"},
            "additionalProperties": _kpi_schema(problems),
        },
    }
    return drawn(
        "The KPIs that every region shares",
        {
            "type": "object",
            "properties": {key: keys[key] for key in KEYS},
            "additionalProperties": False,
            "required": ["group", "kpis"],
        },
    )


def _kpi_schema(problems: list[Problem]) -> Schema:
    def plain() -> dict[str, Node]:
        """Give a KPI that has flags and an earlier version, so that their keys are asked for too."""
        return {"flag": Listening(LEVELS), "versions": [Listening()], "valid_from": "2026-01-01"}

    part: dict[str, Node] = {**plain(), "shown": "nowhere", "of": "another"}
    return heard(lambda node: read_kpi("kpi", node, Listening(), problems), plain(), part)
