"""What is wrong with a configuration file, where, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """One fault of a configuration file."""

    file: Path
    line: int
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        hint = f" {self.hint}" if self.hint else ""
        return f"{self.file.name}:{self.line}: {self.message}.{hint}"


class ConfigurationError(Exception):
    """A configuration cannot be used; carries every problem found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Give the known word that is most like the given one, or None where nothing is near."""
    close = get_close_matches(word, list(words), n=1, cutoff=0.6)
    return close[0] if close else None


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """Give the hint for an unknown word: the nearest known one, else the list of all that are allowed."""
    known = sorted(words)
    near = nearest(word, known)
    return f'Did you mean "{near}"?' if near else f"Allowed: {', '.join(known)}"
