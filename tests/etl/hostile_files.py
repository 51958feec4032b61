"""Hostile exports: files in tests/exports/hostile with what is expected of them, and those too large to keep."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ruamel.yaml import YAML

from tests.etl.hostile_archives import bombs, neighbours
from tests.etl.workbook_files import Book, Cell, Sheet, Xml

FOLDER = Path(__file__).parent.parent / "exports" / "hostile"
HEADER = "opportunity_id,stage_raw,amount\n"
KEYS = {"profile", "table", "refused", "rejects", "ignored", "warnings", "rows", "values", "says"}
# What the text of one file cannot show is proven by tests of its own: the file of tests and a word that it holds.
ELSEWHERE = {
    **{reason: ("test_child.py", reason) for reason in ("TOO_SLOW", "TOO_BIG", "READER_FAILED")},
    "FILE_CHANGING": ("test_load.py", "still_being_written"),
    "MASKED_CELL": ("test_corrections.py", "MASKED_CELL"),
    "MIXED_CORRECTIONS": ("test_corrections.py", "does_not_say_what_it_corrects"),
    "SEVERAL_LINKS": ("test_conform.py", "SEVERAL_LINKS"),
}


@dataclass(frozen=True)
class Expected:
    """What reading a file gives.

    profile: settings as `check --profile` takes them; rejects: line, column and reason; rows: how many load;
    values: some columns of the rows that load, in their order; says: words of the refusal's message.
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
    """Give every case, those of the folder first."""
    kept = [_kept(file) for file in sorted(FOLDER.glob("*/*.expect.yaml"))]
    return [*kept, *_made()]


def _kept(expectation: Path) -> HostileFile:
    data = expectation.with_name(expectation.name.removesuffix(".expect.yaml"))
    stated = YAML(typ="safe").load(expectation) or {}
    unknown = set(stated) - KEYS
    assert not unknown, f"{expectation}: {unknown} means nothing"
    return HostileFile(data.parent.name, data.name, data.read_bytes, Expected(**stated))


def _made() -> list[HostileFile]:
    """Give the cases that are too large to keep."""
    wide = {width: [f"column {place}" for place in range(width)] for width in (1_998, 1_999, 2_500, 30_000)}
    long = {"letters.csv": "x" * 100_001, "quoted_lines.csv": '"' + "line\n" * 30_000 + '"', "wide.csv": "商" * 200_000}
    return [
        *(
            _case("TOO_WIDE", f"columns_{width}.csv", _wide(names), Expected(refused="TOO_WIDE"))
            for width, names in wide.items()
            if width > 1_998
        ),
        _case(
            "TOO_WIDE", "neighbour_columns_2000.csv", _wide(wide[1_998]), Expected(rows=1, warnings=["UNKNOWN_COLUMN"])
        ),
        *(
            _case("TOO_LONG", name, _long(cell), Expected(rejects=[_reject(3, "TOO_LONG")], rows=2))
            for name, cell in long.items()
        ),
        _case("TOO_LONG", "neighbour_longest.csv", _long("x" * 100_000), Expected(rows=3)),
        *(
            HostileFile("ARCHIVE_BOMB", name, partial(bombs().__getitem__, name), Expected(refused="ARCHIVE_BOMB"))
            for name in bombs()
        ),
        *(
            HostileFile("ARCHIVE_BOMB", name, partial(neighbours().__getitem__, name), _TWO_DEALS)
            for name in neighbours()
        ),
        *(
            HostileFile("MALFORMED", name, Book(sheets, words=words).packed, Expected(refused="MALFORMED"))
            for name, sheets, words in (
                ("cell_twice.xlsx", _sheet(Xml('<c r="C2"><v>1</v></c><c r="C2"><v>2</v></c>')), None),
                ("row_behind_another.xlsx", _sheet(5, '<row r="1"><c r="A1"><v>1</v></c></row>'), None),
                ("words_cut_off.xlsx", _sheet(5), "<sst><si><t>Op"),
            )
        ),
        HostileFile("MALFORMED", "neighbour_whole.xlsx", Book(_sheet(5)).packed, Expected(rows=1)),
    ]


def _sheet(amount: Cell, more_rows: str = "") -> dict[str, Sheet]:
    rows: list[list[Cell]] = [["opportunity_id", "stage_raw", "amount"], ["a", "Open", amount]]
    return {"Deals": Sheet(rows, more_rows=more_rows)}


_TWO_DEALS = Expected({"member": "9.csv"}, rows=2)


def _case(reason: str, name: str, text: str, expected: Expected) -> HostileFile:
    return HostileFile(reason, name, text.encode, expected)


def _reject(line: int, reason: str) -> dict[str, object]:
    return {"line": line, "column": None, "reason": reason}


def _wide(names: list[str]) -> str:
    return f"opportunity_id,stage_raw,{','.join(names)}\n1,Open,{',' * (len(names) - 1)}\n"


def _long(cell: str) -> str:
    return f"opportunity_id,stage_raw,name\n1,Open,x\n2,Open,{cell}\n3,Open,y\n"
