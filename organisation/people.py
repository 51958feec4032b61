"""Who works with the dashboard: people.yaml of the workspace, until a log-in says who somebody is."""

import re
from dataclasses import dataclass

from organisation.fields import Fields, zone_name
from organisation.problems import ConfigurationError, Problem, did_you_mean
from organisation.workspace import Workspace
from organisation.yaml_file import YamlMap, load_yaml

KEYS = ("name", "role", "regions", "email", "webhook", "timezone", "digest")
EVERYWHERE = "all"
DIGESTS = ("daily", "weekly", "off")


@dataclass(frozen=True)
class Person:
    """A reader as people.yaml states it; regions: those whose rows may be seen, None for all of them."""

    id: str
    name: str
    role: str
    regions: frozenset[str] | None
    timezone: str
    digest: str
    email: str | None = None
    webhook: str | None = None


def read_people(workspace: Workspace, regions: frozenset[str]) -> tuple[Person, ...]:
    """Give the people of a workspace in the order of its file; none where there is no file.

    Raises ConfigurationError with all of its problems.
    """
    file = workspace.root / "people.yaml"
    if not file.exists():
        return ()
    node, problems = load_yaml(file), list[Problem]()
    people = []
    for name, entry in node.items():
        if isinstance(entry, YamlMap):
            people.append(_person(name, entry, regions, problems))
        else:
            problems.append(node.problem(name, f'"{name}" is no person', "Write name and role below it."))
    if problems:
        raise ConfigurationError(problems)
    return tuple(people)


def _person(name: str, node: YamlMap, regions: frozenset[str], problems: list[Problem]) -> Person:
    fields = Fields(node, problems, known=KEYS)
    return Person(
        id=name,
        name=fields.text("name"),
        role=fields.text("role"),
        regions=_regions(fields, regions),
        timezone=fields.parsed("timezone", zone_name, "UTC", "a zone such as Europe/Berlin"),
        digest=fields.choice("digest", DIGESTS, "daily"),
        email=fields.parsed("email", _email, None, "an address such as sales@example.com"),
        webhook=fields.parsed("webhook", _web_address, None, "an address that begins with https:// or http://"),
    )


def _regions(fields: Fields, known: frozenset[str]) -> frozenset[str] | None:
    if fields.node.get("regions", EVERYWHERE) == EVERYWHERE:
        return None
    named = fields.texts("regions")
    for region in named:
        if region not in known:
            fields.problems.append(
                fields.node.problem("regions", f'region "{region}" has no profile', did_you_mean(region, known))
            )
    return frozenset(named)


def _email(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        raise ValueError(text)
    return text


def _web_address(text: str) -> str:
    if not re.fullmatch(r"https?://\S+", text):
        raise ValueError(text)
    return text
