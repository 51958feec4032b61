"""A long text export read piece by piece, so that memory does not grow with the file."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from etl.containers import is_plain_text
from etl.encoding import Decoding
from etl.errors import Refused
from etl.header import Heading
from etl.json_records import is_json
from etl.reader import Dialect, RawTable, heading_of, read_piece
from etl.records import Records, cut_fast, cut_strict, record_cells, well_quoted
from etl.remembered import Remembered

PIECE_BYTES = 6 << 20
_BLOCK = 1 << 20
_LINES_TRIED = 1000  # a piece ends with a whole row: so many lines are looked at for one


@dataclass(frozen=True)
class Place:
    """Where a piece lies in the text: offset and length in bytes, number of its first line and of the one after it."""

    offset: int
    length: int
    line: int
    next_line: int


@dataclass
class Pieces:
    """A file's text in UTF-8 with line feeds, cut at the ends of records while it is read.

    remembered: what an earlier export's records became; its tables lack the records that are recalled from it.
    """

    text: BinaryIO
    dialect: Dialect
    size: int = PIECE_BYTES
    remembered: Remembered | None = None
    heading: Heading | None = None
    places: list[Place] = field(default_factory=list)

    def tables(self) -> Iterator[RawTable]:
        """Give piece after piece as a table under the file's heading; nothing where no record can be the header.

        Raises Refused: QUOTE, TRUNCATED, DUP_HEADER, TOO_WIDE.
        """
        self.places.clear()
        start = Place(0, 0, 1, 1)
        found = self._next(start)
        if found is None or is_json(found[1]):
            return
        self.heading = heading_of(found[2], self.dialect)
        if self.heading is None:
            return
        if self.remembered:
            self.remembered.open(self.heading.names)
        if found[2].widths[-1] != len(self.heading.names):  # before its width was known, no row was too short to end it
            found = self._next(start)
        while found is not None:
            place, text, records = found
            self.places.append(place)
            yield self._table(len(self.places) - 1, text, records)
            found = self._next(place)

    def table(self, number: int) -> RawTable:
        """Give a piece that was read before once more."""
        place = self.places[number]
        text = self._read(place.offset, place.length)
        return self._table(number, text, _cut(text, self._delimiter, place.line))

    def _table(self, number: int, text: str, records: Records) -> RawTable:
        assert self.heading is not None  # noqa: S101 - tables() found it before the first piece was kept
        if number or not self.heading.rows:
            return read_piece(self._unknown(records, number), self.heading, self.dialect, text)
        first = int(records.lines[self.heading.place])
        above = [*records.lines[: self.heading.place], *(line for line, _ in records.broken if line < first)]
        below = self.heading.below
        data = Records(
            records.lines[below:],
            records.texts[below:],
            records.widths[below:],
            tuple(broken for broken in records.broken if broken[0] > first),
        )
        table = read_piece(self._unknown(data, number), self.heading, self.dialect, text)
        return replace(table, ignored=tuple((int(line), "PREAMBLE") for line in sorted(above)) + table.ignored)

    def _unknown(self, records: Records, number: int) -> Records:
        """Give the records of a piece that an earlier export does not show already."""
        if self.remembered is None or self.heading is None:
            return records
        return self.remembered.unknown(records, len(self.heading.names), number)

    @property
    def _delimiter(self) -> str:
        return "\t" if self.dialect.delimiter in ("tab", "\\t") else str(self.dialect.delimiter)

    def _next(self, before: Place) -> tuple[Place, str, Records] | None:
        """Give the next piece, cut; it starts where the one before ended, which is where a record starts."""
        offset = before.offset + before.length
        line = before.next_line
        wanted = self.size
        while True:
            self.text.seek(offset)
            data = self.text.read(wanted)
            if not data:
                return None
            is_last = len(data) < wanted
            length = len(data) if is_last else self._whole_rows(data)
            if length:
                text = data[:length].decode()
                try:
                    place = Place(offset, length, line, line + data.count(b"\n", 0, length))
                    return place, text, _cut(text, self._delimiter, line)
                except Refused:
                    if is_last:
                        raise
            wanted *= 2

    def _whole_rows(self, data: bytes) -> int:
        """Give how many bytes end with a whole row, under even quotes; 0 where none is found."""
        quotes, end = data.count(b'"'), len(data)
        width = len(self.heading.names) if self.heading else None
        for _ in range(_LINES_TRIED):
            newline = data.rfind(b"\n", 0, end)
            if newline < 0:
                return 0
            quotes -= data.count(b'"', newline + 1, end)
            start = data.rfind(b"\n", 0, newline) + 1
            own = data[start:newline]
            if quotes % 2 == 0 and own.count(b'"') % 2 == 0 and own.strip() and self._fits(own, width):
                return newline + 1
            end = newline
        return 0

    def _fits(self, line: bytes, width: int | None) -> bool:
        text = line.decode()
        return well_quoted(text, self._delimiter) and width in (None, len(record_cells(text, self._delimiter)))

    def _read(self, offset: int, length: int) -> str:
        self.text.seek(offset)
        return self.text.read(length).decode()


@contextmanager
def pieces_of(
    file: Path, dialect: Dialect, *, size: int | None = None, remembered: Remembered | None = None
) -> Iterator[Pieces | None]:
    """Give a file's pieces of about so many bytes; None where it is short, no plain text or not declared enough.

    What is out of order in its encoding is left to the reading of the whole file, which says what it is.
    """
    size = size or PIECE_BYTES
    if file.stat().st_size <= size or not dialect.delimiter or dialect.escapes or not is_plain_text(file):
        yield None
        return
    with tempfile.TemporaryFile(prefix="denominator") as text:
        yield Pieces(text, dialect, size, remembered) if _in_utf8(file, dialect.encoding, text) else None


def _in_utf8(file: Path, declared: str | None, text: BinaryIO) -> bool:
    """Write a file's text as UTF-8 with line feeds; False where anything about its encoding needs a closer look."""
    with file.open("rb") as stream:
        decoding = Decoding.of(stream.read(_BLOCK), declared)
        if decoding is None:
            return False
        stream.seek(decoding.starts_at)
        while block := stream.read(_BLOCK):
            decoded = decoding.text(block)
            if decoded is None:
                return False
            text.write(decoded.encode())
    last = decoding.last_text()
    if last is None:
        return False
    text.write(last.encode())
    return True


def _cut(text: str, delimiter: str, first_line: int) -> Records:
    found = cut_fast(text, delimiter, first_line=first_line)
    return found or cut_strict(text, delimiter, first_line=first_line)
