"""What is proposed for unknown exports: findings with confidence and reason, and what has to be asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field

CERTAIN = 0.9  # from here on a proposal stands unless someone changes it
LIKELY = 0.6  # from here on it is taken until someone changes it, and shown as to be checked
NOT_USED = "-"
NOT_AGREED = "not agreed"
Answers = Mapping[str, str]
"""Question id -> what was answered; the empty text is no answer."""


@dataclass(frozen=True)
class Option:
    """One possible answer, with an example of what it makes of the file."""

    value: str
    label: str
    example: str = ""


@dataclass(frozen=True)
class Question:
    """Something that has to be answered by a person; suggested is a proposal to confirm, never a choice made.

    blocks: without the answer the file cannot be read at all; options: none where the answer is typed; assumed: what
    holds as long as nobody says something else, so that it is shown and keeps nothing from being accepted.
    """

    id: str
    text: str
    why: str
    options: tuple[Option, ...] = ()
    suggested: str = ""
    answer: str = ""
    blocks: bool = False
    assumed: str = ""

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered it with something possible, and nothing may be assumed."""
        return not self.assumed and not self.is_answered

    @property
    def is_answered(self) -> bool:
        """Whether somebody has answered it with something possible."""
        return bool(self.answer) and (not self.options or self.answer in {option.value for option in self.options})


@dataclass(frozen=True)
class Finding:
    """One thing found about a file: what, how sure and why; several readings make it a question."""

    value: str
    confidence: float
    reason: str


@dataclass(frozen=True)
class Part:
    """A table inside a file: key is member (of an archive) or sheet (of a workbook), as a profile says it."""

    key: str
    name: str
    file: str


@dataclass(frozen=True)
class ColumnProposal:
    """What a header is proposed to be; column is None where it is not used.

    decided: a person said so; fits: other canonical columns that it could be; rivals: headers and columns that
    fit about as well; masked: its values name people.
    """

    header: str
    column: str | None
    confidence: float
    reason: str
    examples: tuple[str, ...]
    fits: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    decided: bool = False
    masked: bool = False
    place: int = 0

    @property
    def is_certain(self) -> bool:
        """Whether it needs nobody's look."""
        return self.decided or self.confidence >= CERTAIN


@dataclass(frozen=True)
class WordProposal:
    """What a local word is proposed to mean, how many rows have it and what they are worth together."""

    kind: str
    word: str
    rows: int
    meaning: str | None
    confidence: float
    reason: str
    value: str = ""
    decided: bool = False


@dataclass(frozen=True)
class FileProposal:
    """Everything proposed for one file; refused: reason class and sentence where it cannot be read at all.

    Of an archive or workbook of several tables, each part stands for itself: file is then "name/part".
    """

    file: str
    table: str | None
    rows: int
    findings: Mapping[str, Finding]
    columns: tuple[ColumnProposal, ...]
    refused: tuple[str, str] | None = None
    tables: Mapping[str, float] = field(default_factory=dict)
    part: "Part | None" = None

    @property
    def is_left_out(self) -> bool:
        """Whether it is a part of an archive that no table is taken from."""
        return self.part is not None and self.table is None and self.refused is None

    def header_of(self, column: str) -> str | None:
        """Give the header that is taken for a canonical column."""
        return next((each.header for each in self.columns if each.column == column), None)


@dataclass(frozen=True)
class Proposal:
    """What is proposed for a region's exports; crm is the name of a module of etl/crm.

    probability: what certainty is written as, 1 or 100; None where no file says it, or it is not answered.
    """

    region: str
    crm: Finding
    files: tuple[FileProposal, ...]
    words: tuple[WordProposal, ...]
    questions: tuple[Question, ...]
    probability: Finding | None = None

    @property
    def open_questions(self) -> tuple[Question, ...]:
        """The questions that nobody has answered."""
        return tuple(question for question in self.questions if question.is_open)

    @property
    def is_readable(self) -> bool:
        """Whether the files can be read with what is known."""
        answered = not any(question.blocks for question in self.open_questions)
        return answered and not any(file.refused for file in self.files) and any(file.table for file in self.files)

    def answer(self, question: str) -> str:
        """Give what was answered to a question, else the empty text."""
        return next((each.answer for each in self.questions if each.id == question and not each.is_open), "")
