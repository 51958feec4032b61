"""Who works with the dashboard: people.yaml of the workspace, until a log-in says who somebody is."""

import re
from dataclasses import dataclass
from io import StringIO

from ruamel.yaml import YAML

from organisation.fields import Fields, zone_name
from organisation.problems import ConfigurationError, Problem, did_you_mean
from organisation.workspace import Workspace
from organisation.yaml_file import YamlMap, load_yaml

KEYS = tuple("name role regions email webhook webhook_form timezone digest digest_hour digest_day".split())
EVERYWHERE = "all"
DIGESTS = ("daily", "weekly", "off")
WEEKDAYS = tuple("monday tuesday wednesday thursday friday saturday sunday".split())
LONG_LINE = 4096  # no line of the file is broken anew
FORMS = ("text", "card")


@dataclass(frozen=True)
class Person:
    """A reader as people.yaml states it; regions: those whose rows may be seen, None for all of them.

    digest_hour (0 to 23) and digest_day are in the person's own zone; webhook_form: "text" for Slack and what takes
    the same, "card" for Teams.
    """

    id: str
    name: str
    role: str
    regions: frozenset[str] | None
    timezone: str
    digest: str
    email: str | None = None
    webhook: str | None = None
    webhook_form: str = "text"
    digest_hour: int = 7
    digest_day: str = "monday"


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


def stop_digest(workspace: Workspace, person: str) -> None:
    """Write "digest: off" for a person into people.yaml; its comments stay, and all that it says of others.

    Raises KeyError for somebody who is not in the file.
    """
    file = workspace.root / "people.yaml"
    yaml = YAML(typ="rt", pure=True)
    yaml.preserve_quotes, yaml.width = True, LONG_LINE
    document = yaml.load(file.read_text(encoding="utf-8-sig"))
    document[person]["digest"] = "off"
    written = StringIO()
    yaml.dump(document, written)
    partial = file.with_name(".people.yaml.new")
    partial.write_text(written.getvalue(), encoding="utf-8")
    partial.replace(file)


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
        webhook_form=fields.choice("webhook_form", FORMS, "text"),
        digest_hour=fields.parsed("digest_hour", _hour, 7, "a full hour, 0 to 23"),
        digest_day=fields.choice("digest_day", WEEKDAYS, "monday"),
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


def _hour(text: str) -> int:
    if not 0 <= int(text) <= 23:
        raise ValueError(text)
    return int(text)


def _web_address(text: str) -> str:
    if not re.fullmatch(r"https?://\S+", text):
        raise ValueError(text)
    return text
