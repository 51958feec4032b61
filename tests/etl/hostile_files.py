"""Hostile exports: the files in tests/exports/hostile with what is expected of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML

FOLDER = Path(__file__).parent.parent / "exports" / "hostile"
KEYS = {"profile", "table", "refused", "rejects", "ignored", "warnings", "rows", "values", "says", "under"}


@dataclass(frozen=True)
class Circumstances:
    """What goes on around a file.

    limits: bytes of memory and seconds that its reader may cost; reader: "fails" for one that fails at some words;
    corrects: the text of each archived export whose rejected rows the file corrects; loaded_while: what somebody
    does to it meanwhile, as hostile_circumstances names it.
    """

    limits: dict[str, float] = field(default_factory=dict)
    reader: str = ""
    corrects: dict[str, str] = field(default_factory=dict)
    loaded_while: str = ""


@dataclass(frozen=True)
class Expected:
    """What reading a file gives.

    profile: settings as `check --profile` takes them; rejects: line, column and reason; rows: how many load;
    values: some columns of the rows that load, in their order; says: words of the refusal's message;
    under: what goes on around the file, where its bytes alone cannot show the class.
    """

    profile: dict[str, object] = field(default_factory=dict)
    table: str = "opportunities"
    refused: str | None = None
    rejects: list[dict[str, object]] = field(default_factory=list)
    ignored: list[dict[str, object]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    rows: int = 0
    values: list[dict[str, str | None]] | None = None
    says: str = ""
    under: Circumstances = field(default_factory=Circumstances)

    @property
    def classes(self) -> set[str]:
        """Every reason class that the file gives."""
        found = {str(each["reason"]) for each in (*self.rejects, *self.ignored)}
        return found | set(self.warnings) | ({self.refused} if self.refused else set())


@dataclass(frozen=True)
class HostileFile:
    """One case: the class it stands for, its bytes and what is expected; a neighbour must not give the class."""

    reason: str
    name: str
    content: Callable[[], bytes]
    expected: Expected

    @property
    def is_neighbour(self) -> bool:
        """Whether the file only looks as if it gave the class."""
        return self.name.startswith("neighbour_")

    def __str__(self) -> str:
        return f"{self.reason}/{self.name}"


def hostile_files() -> list[HostileFile]:
    """Give every case."""
    return [_kept(file) for file in sorted(FOLDER.glob("*/*.expect.yaml"))]


def _kept(expectation: Path) -> HostileFile:
    data = expectation.with_name(expectation.name.removesuffix(".expect.yaml"))
    stated = YAML(typ="safe").load(expectation) or {}
    unknown = set(stated) - KEYS
    assert not unknown, f"{expectation}: {unknown} means nothing"
    under = Circumstances(**stated.pop("under", {}))
    return HostileFile(data.parent.name, data.name, data.read_bytes, Expected(**stated, under=under))
