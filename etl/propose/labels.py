"""What columns are called in CRM systems and languages: labels with their evidence, read from synonyms.yaml."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from organisation import load_yaml
from organisation.yaml_file import YamlMap

SYNONYMS = Path(__file__).with_name("synonyms.yaml")
EVIDENCE = {
    "R": "in a real file",
    "S": "in the vendor's source",
    "D": "in the vendor's documents",
    "C": "in code that reads real exports",
    "T": "in a third party's note",
    "K": "usual, unproven",
}
PROVEN = "RSDC"
UNUSED, PRIVATE = "unused", "private"
_LINE = re.compile(r"(?P<evidence>[RSDCTK]) (?P<system>\S+) (?P<language>\S+): (?P<labels>.+)")
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "ı": "i", "đ": "d", "ß": "ss", "æ": "ae"})


@dataclass(frozen=True)
class Label:
    """One label of a canonical column; column may also be what looks like one: unused and private things."""

    text: str
    column: str
    evidence: str
    system: str
    language: str

    @property
    def is_proven(self) -> bool:
        """Whether a real file, a vendor or code that reads real files shows the label."""
        return self.evidence in PROVEN

    @property
    def reason(self) -> str:
        """Why the label counts, in words."""
        if self.system == "usual":
            return f'"{self.text}" is a usual word for it ({self.language}; unproven)'
        return f'"{self.text}" is {self.system}\'s label ({self.language}, {EVIDENCE[self.evidence]})'


@cache
def labels_of(table: str) -> tuple[Label, ...]:
    """Give every label of a table's columns, and those of things that are never taken."""
    found = []
    for field, lines in _synonyms().items():
        group, _, column = field.partition(".")
        if group in (UNUSED, PRIVATE):
            column = f"{group}.{column}"
        if group in (table, UNUSED, PRIVATE):
            found += [label for line in str(lines).splitlines() for label in _labels(line, column)]
    return tuple(found)


@cache
def _synonyms() -> YamlMap:
    return load_yaml(SYNONYMS)


@lru_cache(1 << 16)
def folded(label: str) -> str:
    """Give a label without differences of case, width, spaces and a colon at its end."""
    plain = unicodedata.normalize("NFKC", label).casefold()
    return " ".join(plain.replace("i̇", "i").split()).removesuffix(":").strip()


@lru_cache(1 << 16)
def tokens(label: str) -> tuple[str, ...]:
    """Give the words of a label: without accents and signs, CamelCase and snake_case cut."""
    cut = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", unicodedata.normalize("NFKC", label))
    plain = unicodedata.normalize("NFD", cut.casefold().translate(_LETTERS))
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter) or letter in "\u3099\u309a")
    return tuple(re.findall(r"[^\W_]+", unicodedata.normalize("NFC", bare)))


def _labels(line: str, column: str) -> list[Label]:
    found = _LINE.fullmatch(line)
    if not found:
        raise ValueError(f"{SYNONYMS.name}: cannot read {line!r}")
    evidence, system, language = found["evidence"], found["system"], found["language"]
    return [Label(text.strip(), column, evidence, system, language) for text in found["labels"].split(";")]
