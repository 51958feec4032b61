"""Text cut into records and cells under strict quoting, with the line where each record starts."""

import re
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from etl.errors import Refused

_QUOTE, _LINE_FEED = ord('"'), ord("\n")


@dataclass(frozen=True)
class Records:
    """Records in the order of the file, all well quoted; broken ones stand apart as (line, text).

    lines: Int64, 1-based; texts: String, as in the file; widths: number of cells.
    """

    lines: pl.Series
    texts: pl.Series
    widths: pl.Series
    broken: tuple[tuple[int, str], ...]


def cut(text: str, delimiter: str) -> Records:
    """Give the records of a text whose lines end with line feeds; blank lines are no records.

    A record that breaks the quoting is put apart with its first line, reading goes on with the next line.
    Raises Refused: QUOTE or TRUNCATED where a quoted cell never ends.
    """
    return cut_fast(text, delimiter) or cut_strict(text, delimiter)


def cut_fast(text: str, delimiter: str, *, first_line: int = 1) -> Records | None:
    """Give the records where the quoting holds everywhere, without walking the text; else None.

    The delimiter is one ASCII character; under any other the text has to be walked.
    """
    signs = np.frombuffer(text.encode(), dtype=np.uint8)
    if not (len(delimiter) == 1 and delimiter.isascii()):
        return None
    quotes = np.flatnonzero(signs == _QUOTE)
    ends, stops = np.flatnonzero(signs == _LINE_FEED), np.flatnonzero(signs == ord(delimiter))
    spanning: list[int] = []
    if quotes.size:
        if not _is_well_quoted(signs, quotes, ord(delimiter)):
            return None
        spanning = np.flatnonzero(np.diff(np.searchsorted(quotes, ends), prepend=0, append=quotes.size) % 2).tolist()
        if (quotes[1::2] - quotes[::2] > 1).any():
            is_inside = np.bitwise_xor.accumulate(signs == _QUOTE)
            ends, stops = ends[~is_inside[ends]], stops[~is_inside[stops]]
    every = pl.Series("texts", [text], dtype=pl.String).str.split("\n").explode()
    lines = pl.int_range(1, every.len() + 1, dtype=pl.Int64, eager=True)
    frame = _joined(every.to_list(), spanning) if spanning else pl.DataFrame({"texts": every, "lines": lines})
    widths = np.diff(np.searchsorted(stops, ends), prepend=0, append=stops.size) + 1
    frame = frame.with_columns(pl.Series("widths", widths)).filter(pl.col("texts").str.strip_chars(" ") != "")
    return Records(frame["lines"] + (first_line - 1), frame["texts"], frame["widths"], ())


def cut_strict(text: str, delimiter: str, *, first_line: int = 1) -> Records:
    """Give the records by walking the text from the first to the last character; raises Refused as cut does."""
    record = re.compile(_record(delimiter) + r"(?=\n|\Z)")
    lines: list[int] = []
    texts: list[str] = []
    broken: list[tuple[int, str]] = []
    place, line = 0, first_line
    while place < len(text):
        found = record.match(text, place)
        if found is None:
            _refuse_endless_quote(text, place, line=line, delimiter=delimiter)
        end = found.end() if found else _line_end(text, place)
        piece = text[place:end]
        if found is None:
            broken.append((line, piece))
        elif piece.strip(" "):
            lines.append(line)
            texts.append(piece)
        line += piece.count("\n") + 1
        place = end + 1
    series = pl.Series("texts", texts, dtype=pl.String)
    return Records(pl.Series("lines", lines, dtype=pl.Int64), series, _widths(series, delimiter), tuple(broken))


def cells(texts: pl.Series, width: int, delimiter: str) -> pl.DataFrame:
    """Give the cells of well-quoted records that all have the same width: columns "0", "1", … of String."""
    names = [str(place) for place in range(width)]
    if texts.is_empty():
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    if width == 1:
        return pl.DataFrame({"0": [_unquoted(text) for text in texts]}, schema={"0": pl.String})
    joined = texts.str.join("\n").cast(pl.Binary).item()
    return pl.read_csv(
        joined,
        has_header=False,
        new_columns=names,
        separator=delimiter,
        quote_char='"' if b'"' in joined else None,
        infer_schema=False,
        empty_string_is_null=False,
    )


def record_cells(text: str, delimiter: str) -> tuple[str, ...]:
    """Give the cells of one well-quoted record."""
    pieces = re.findall(_cell(delimiter) + f"(?:{re.escape(delimiter)}|$)", text)
    wanted = re.sub('"[^"]*"', "", text).count(delimiter) + 1
    ended = [piece[: -len(delimiter)] if piece.endswith(delimiter) else piece for piece in pieces[: wanted - 1]]
    return tuple(_unquoted(piece) for piece in [*ended, pieces[wanted - 1]])


def well_quoted(text: str, delimiter: str) -> bool:
    """Say whether a text is one record under strict quoting."""
    return re.fullmatch(_record(delimiter), text) is not None


def unescaped(text: str, delimiter: str) -> str:
    """Give a text in which a backslash takes the next character for itself as one with strict quoting alone.

    Line ends keep their number; an unquoted \\N, which means no value, stays as it is.
    """
    stop = re.escape(delimiter)
    escaped = re.compile(
        rf'"(?P<quoted>(?:[^"\\]|\\.|"")*)"(?=[{stop}\n]|\Z)|(?P<bare>(?:[^"\\\n{stop}]|\\.)+)', re.DOTALL
    )

    def strict(cell: re.Match[str]) -> str:
        body = cell["bare"] if cell["quoted"] is None else cell["quoted"].replace('""', '\\"')
        if "\\" not in body or (body == r"\N" and cell["quoted"] is None):
            return cell[0]
        return '"' + re.sub(r"\\(.)", _unescaped, body, flags=re.DOTALL).replace('"', '""') + '"'

    return escaped.sub(strict, text)


def _unescaped(found: re.Match[str]) -> str:
    # letters keep their backslash: a line end made of one would shift the lines of all that follows
    return {"0": "\0"}.get(found[1], found[0] if found[1] in "ntr" else found[1])


def _is_well_quoted(signs: NDArray[np.uint8], quotes: NDArray[np.int64], delimiter: int) -> bool:
    """Say whether every quoted cell is quoted as a whole: what stands around it ends a cell, within it quotes are two.

    signs: a text's bytes; quotes: where in them a quote stands. Every second one closes what the one before opened; a
    quote that opens right behind a closing one is the second of two within a cell.
    """
    if quotes.size % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    is_doubled = closing[:-1] + 1 == opening[1:]
    bounds = np.zeros(256, dtype=bool)
    bounds[[_LINE_FEED, delimiter]] = True
    starts = bounds[signs[opening - 1]]  # of a quote in the first place, the last sign: put right below
    starts[0] |= opening[0] == 0
    stops = bounds[signs[np.minimum(closing + 1, signs.size - 1)]]
    stops[-1] |= closing[-1] == signs.size - 1
    starts[1:] |= is_doubled
    stops[:-1] |= is_doubled
    return bool(starts.all() and stops.all())


def _joined(lines: list[str], spanning: list[int]) -> pl.DataFrame:
    """Give the records where pairs of lines, by their places, hold the first and last part of one record."""
    texts: list[str] = []
    starts: list[int] = []
    done = 0
    for first, last in zip(spanning[::2], spanning[1::2], strict=True):
        texts += [*lines[done:first], "\n".join(lines[first : last + 1])]
        starts += range(done + 1, first + 2)
        done = last + 1
    texts += lines[done:]
    starts += range(done + 1, len(lines) + 1)
    return pl.DataFrame({"texts": pl.Series(texts, dtype=pl.String), "lines": pl.Series(starts, dtype=pl.Int64)})


def _cell(delimiter: str) -> str:
    return f'(?:"(?:[^"]|"")*"|[^"\\n{re.escape(delimiter)}]*)'


def _record(delimiter: str) -> str:
    return f"{_cell(delimiter)}(?:{re.escape(delimiter)}{_cell(delimiter)})*"


def _widths(texts: pl.Series, delimiter: str) -> pl.Series:
    is_quoted = texts.str.contains('"', literal=True).any()
    bare = texts.str.replace_all('"[^"]*"', "") if is_quoted else texts
    return bare.str.count_matches(delimiter, literal=True).alias("widths") + 1


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if cell.startswith('"') else cell


def _line_end(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end


def _refuse_endless_quote(text: str, place: int, *, line: int, delimiter: str) -> None:
    before = re.compile(f"(?:{_cell(delimiter)}{re.escape(delimiter)})*").match(text, place)
    opens = before.end() if before else place
    if re.compile(r'"(?:[^"]|"")*\Z').match(text, opens):
        last = _line_end(text.rstrip("\n"), opens) == len(text.rstrip("\n"))
        raise Refused("TRUNCATED" if last else "QUOTE", f"the quoted cell in the record of line {line} never ends")
