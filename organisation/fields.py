"""Reading the keys of a configuration mapping: each fault is noted with its line, and reading goes on."""

import re
from collections.abc import Callable, Collection
from datetime import date
from typing import TypeVar
from zoneinfo import ZoneInfo

from organisation.problems import Problem, did_you_mean
from organisation.yaml_file import YamlMap

MONTHS = tuple(
    "january february march april may june july august september october november december".split()
)  # fiscal years start on the first of one of these

Read = TypeVar("Read")


class Fields:
    """The keys of one mapping, read one by one; every problem is collected in a shared list."""

    def __init__(self, node: YamlMap, problems: list[Problem], *, known: Collection[str]) -> None:
        self.node = node
        self.problems = problems
        node.expects(known)
        for key in node:
            if key not in known:
                problems.append(node.problem(key, f'unknown key "{key}"', did_you_mean(key, known)))

    def text(self, key: str, default: str | None = None) -> str:
        """Give the text of a key; a missing key without default is a problem."""
        self.node.asked(key, kind="text", required=default is None)
        value = self.node.get(key)
        if value is None:
            if default is None:
                self._note(key, f'"{key}" is missing')
            return default or ""
        if isinstance(value, YamlMap | list | bool):
            self._note(key, f'"{key}" must be text')
            return default or ""
        return str(value)

    def optional(self, key: str) -> str | None:
        """Give the text of a key, or None where it is absent."""
        return self.text(key, "") or None

    def choice(self, key: str, allowed: Collection[str], default: str | None = None) -> str:
        """Give the text of a key that must be one of the allowed words."""
        value = self.text(key, default)
        self.node.asked(key, words=tuple(allowed))
        if value and value not in allowed:
            self._note(key, f'"{value}" is no {key}', did_you_mean(value, allowed))
        return value

    def parsed(self, key: str, read: Callable[[str], Read], default: Read, form: str) -> Read:
        """Give the text of a key turned into a value; what cannot be turned is a problem saying the form expected."""
        self.node.asked(key, kind="value", form=form)
        value = self.node.get(key)
        if value is None:
            return default
        try:
            return read(str(value))
        except (ValueError, KeyError):
            self._note(key, f'"{key}: {value}" cannot be read', f"Expected {form}.")
            return default

    def words(self, key: str) -> dict[str, str]:
        """Give a mapping of local words to common ones; empty where the key is absent."""
        self.node.asked(key, kind="words")
        node = self.node.get(key)
        if node is None:
            return {}
        if not isinstance(node, YamlMap):
            self._note(key, f'"{key}" must list words as local: common')
            return {}
        return {word: "" if common is None else str(common) for word, common in node.items()}

    def texts(self, key: str) -> tuple[str, ...]:
        """Give a list of texts; empty where the key is absent."""
        self.node.asked(key, kind="texts")
        node = self.node.get(key)
        if node is None:
            return ()
        if not isinstance(node, list):
            self._note(key, f'"{key}" must be a list')
            return ()
        return tuple(str(item) for item in node)

    def mapping(self, key: str) -> YamlMap | None:
        """Give a nested mapping, or None where the key is absent; anything else is a problem."""
        self.node.asked(key, kind="keys")
        node = self.node.get(key)
        if node is None or isinstance(node, YamlMap):
            return node
        self._note(key, f'"{key}" must hold keys of its own')
        return None

    def _note(self, key: str, message: str, hint: str | None = None) -> None:
        self.problems.append(self.node.problem(key, message, hint))


def month_number(word: str) -> int:
    """Give 1 to 12 for the English name of a month; raises ValueError for anything else."""
    return MONTHS.index(word.strip().lower()) + 1


def zone_name(word: str) -> str:
    """Give the name of a time zone unchanged; raises KeyError or ValueError where there is no such zone."""
    ZoneInfo(word)
    return word


def currency_code(word: str) -> str:
    """Give an ISO 4217 code unchanged; raises ValueError where it is not three capitals."""
    if not re.fullmatch(r"[A-Z]{3}", word):
        raise ValueError(word)
    return word


def hours(text: str) -> float:
    """Give the hours of "8 hours" or "8"; raises ValueError for anything else."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(?: hours?)?", text.strip())
    if not found:
        raise ValueError(text)
    return float(found[1])


def day(text: str) -> date:
    """Give the date of an ISO day; raises ValueError for anything else."""
    return date.fromisoformat(text)
