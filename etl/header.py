"""Where the header of a table stands, of one row or several, and what its columns are called."""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from etl.errors import Refused

Names = tuple[str, ...]
WIDEST_HEADER, DEEPEST_HEADER = 2_000, 50


@dataclass(frozen=True)
class Heading:
    """A table's header: the names of its columns, the records it is made of and the place of the first of them.

    A table without header has no such records; its names come from the profile.
    """

    names: Names
    rows: tuple[Names, ...]
    place: int

    @property
    def below(self) -> int:
        """The place of the first record below the header."""
        return self.place + len(self.rows)


def find_heading(
    records: Iterable[Sequence[str]], is_header: Callable[[Sequence[str]], bool], *, rows: int = 1
) -> Heading | None:
    """Give the first heading among the uppermost records; None where no record can be it.

    rows: how many records make one header; they are joined by a space, column by column.
    """
    above: list[Names] = []
    for record in islice(records, DEEPEST_HEADER):
        above.append(tuple(map(plain_name, record)))
        if len(above) >= rows and is_header(joined(above[-rows:])):
            return heading_at(len(above) - rows, above, rows)
    return None


def heading_at(place: int, records: Sequence[Sequence[str]], rows: int = 1) -> Heading:
    """Give the heading that stands at a place; raises Refused TOO_WIDE, DUP_HEADER."""
    own = tuple(tuple(map(plain_name, record)) for record in records[place : place + rows])
    return Heading(sound(joined(own)), own, place)


def without_header(names: Names) -> Heading:
    """Give the heading of a file that has none, as the profile names its columns; raises as heading_at does."""
    return Heading(sound(names), (), 0)


def joined(rows: Sequence[Names]) -> Names:
    """Give one name a column: an upper cell that is empty goes on with the name at its left, as merged cells do."""
    if len(rows) == 1:
        return rows[0]
    width = max(map(len, rows), default=0)
    above = [_filled(row + ("",) * (width - len(row))) for row in rows[:-1]]
    lowest = rows[-1] + ("",) * (width - len(rows[-1]))
    columns = zip(*above, lowest, strict=True)
    return tuple(" ".join(dict.fromkeys(name for name in column if name)) for column in columns)


def plain_name(cell: str) -> str:
    """Give a header's name without spaces around it, its accents composed."""
    return cell.strip() if cell.isascii() else unicodedata.normalize("NFC", cell).strip("\ufeff").strip()


def _filled(row: Names) -> Names:
    found: list[str] = []
    for name in row:
        found.append(name or (found[-1] if found else ""))
    return tuple(found)


def sound(names: Names) -> Names:
    """Give the names of a header's columns; raises Refused TOO_WIDE, DUP_HEADER."""
    if len(names) > WIDEST_HEADER:
        raise Refused("TOO_WIDE", f"the header has {len(names)} columns, at most {WIDEST_HEADER} are read")
    seen = set()
    for name in names:
        if name and name in seen:
            raise Refused("DUP_HEADER", f'the header "{name}" stands twice')
        seen.add(name)
    return names
