"""A long export conformed piece by piece, with the same outcome as if it had been read as a whole."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from etl.conformed import WARNINGS_SCHEMA, Conformed, Warned
from etl.confusable import confusable
from etl.contract import keys_of
from etl.long_ids import LongIds
from etl.pieces import Pieces
from etl.reader import RawTable
from etl.remembered import SHOWN, words_of
from organisation import Source

KEYS_SCHEMA = {"line": pl.Int64(), "key": pl.UInt64()}
WordCounts = Mapping[str, Mapping[str, int]]
_STAGE_WORDS = ("stage_raw", "furthest_stage_raw", "status_word", "status_reason")
_OF_ALL_ROWS = ("NO_ROWS", "CONFUSABLE", "MOJIBAKE")  # judged once, over the whole file


@dataclass(frozen=True)
class Piece:
    """What one piece held.

    keys: line and hash of each record's key; words: how often each word of a column stands; quiet: line, text and words
    of the rows that loaded and that no warning counts; long_ids: what its own rows show of ids that may be rounded.
    """

    conformed: Conformed
    keys: pl.DataFrame
    words: WordCounts
    quiet: pl.DataFrame
    long_ids: LongIds


Conform = Callable[[RawTable, frozenset[str] | None], Piece]
"""Conforms a piece, with the columns whose ids are rounded in the whole file; None where that is not known yet."""


def conform_pieces(pieces: Pieces, conform: Conform, source: Source) -> Conformed | None:
    """Give the export that the pieces make together; None where no record can be the header.

    Records of one key in different pieces are taken out of them and judged together; ids that may be rounded are judged
    by what all pieces show.
    """
    found = [conform(table, None) for table in pieces.tables()]
    if not found:
        return None
    memory = pieces.remembered
    if memory and (_stand_twice(memory.recalled, _keys(found)) or _may_be_whole(memory.recalled, found)):
        memory.forget()
        found = [conform(table, None) for table in pieces.tables()]
    damaged = LongIds.together(piece.long_ids for piece in found).damaged
    for number, piece in enumerate(found):
        if piece.long_ids.damaged != damaged & piece.long_ids.rounded.keys():
            found[number] = conform(pieces.table(number), damaged)
    keys = _keys(found)
    apart = keys.filter(pl.col("piece").n_unique().over("key") > 1)
    number = len(found)
    if not apart.is_empty():
        found = _judged_together(pieces, lambda table: conform(table, damaged), found, apart)
    if memory:
        memory.note([piece.quiet for piece in found[:number]])
    return _joined(found, source, memory.recalled if memory else pl.DataFrame())


def _keys(found: Sequence[Piece]) -> pl.DataFrame:
    return pl.concat([piece.keys.with_columns(piece=pl.lit(number)) for number, piece in enumerate(found)])


def _stand_twice(recalled: pl.DataFrame, keys: pl.DataFrame) -> bool:
    """Say whether the key of a recalled record stands elsewhere in the file too."""
    if recalled.is_empty():
        return False
    known = recalled["key_hash"]
    return bool(known.n_unique() < known.len() or keys["key"].is_in(known.implode()).any())


def _may_be_whole(recalled: pl.DataFrame, found: Sequence[Piece]) -> bool:
    """Say whether ids that look rounded among the records read may be whole beside those that were recalled."""
    return not recalled.is_empty() and bool(LongIds.together(piece.long_ids for piece in found).damaged)


def twins(counts: WordCounts, source: Source) -> list[Warned]:
    """Give the warnings about words of a column that can be taken for another one or for a word of the profile."""
    known = [*source.stages, *source.words["outcomes"]]
    return [
        ("CONFUSABLE", column, word, words[word])
        for column, words in counts.items()
        for word in confusable(sorted(words), known if column in _STAGE_WORDS else ())
    ]


def _judged_together(
    pieces: Pieces, conform: Callable[[RawTable], Piece], found: Sequence[Piece], apart: pl.DataFrame
) -> list[Piece]:
    again = list(found)
    shared = []
    for number in sorted(apart["piece"].unique()):
        table = pieces.table(number)
        concerned = table.lines.is_in(apart["line"].implode())
        shared.append(_rows(table, concerned))
        again[number] = conform(replace(_rows(table, ~concerned), broken=table.broken, ignored=table.ignored))
    first = shared[0]
    together = replace(
        first,
        cells=pl.concat(each.cells for each in shared),
        lines=pl.concat(each.lines for each in shared),
        texts=pl.concat(each.texts for each in shared),
    )
    return [*again, conform(together)]


def _rows(table: RawTable, kept: pl.Series) -> RawTable:
    return replace(
        table,
        cells=table.cells.filter(kept),
        lines=table.lines.filter(kept),
        texts=table.texts.filter(kept),
        broken=(),
        ignored=(),
    )


def _joined(found: Sequence[Piece], source: Source, recalled: pl.DataFrame) -> Conformed:
    parts = [piece.conformed for piece in found]
    rows = pl.concat([part.rows for part in parts])
    words = _added([*(piece.words for piece in found), words_of(recalled)])
    return replace(
        parts[0],
        rows=rows.sort("line") if not rows["line"].is_sorted() else rows,
        rejects=pl.concat([part.rejects for part in parts]).sort("line", maintain_order=True),
        ignored=pl.concat([part.ignored for part in parts]).sort("line"),
        warnings=_warnings(parts, twins(words, source), recalled.height),
        rows_in=sum(part.rows_in for part in parts) + recalled.height,
        unchanged=recalled.select(name for name in (*keys_of(parts[0].table), "row_hash", *SHOWN) if name in recalled),
    )


def _warnings(parts: Sequence[Conformed], alike: Sequence[Warned], recalled: int) -> pl.DataFrame:
    """Give the warnings of all parts; what concerns every row concerns those too that were recalled."""
    every = pl.concat([part.warnings for part in parts])
    summed = every.group_by("code", "column_name", "word", maintain_order=True).agg(pl.col("rows").sum())
    summed = summed.with_columns(
        rows=pl.col("rows") + pl.when(pl.col("code") == "UNKNOWN_COLUMN").then(recalled).otherwise(0)
    )
    rows = sum(part.rows.height for part in parts) + recalled
    garbled = [("MOJIBAKE", None, None, rows)] if (every["code"] == "MOJIBAKE").any() else []
    is_empty = not recalled and all((part.warnings["code"] == "NO_ROWS").any() for part in parts)
    nothing = [("NO_ROWS", None, None, 0)] if is_empty else []
    of_all = pl.DataFrame([*alike, *garbled, *nothing], schema=WARNINGS_SCHEMA, orient="row")
    return pl.concat([summed.filter(~pl.col("code").is_in(_OF_ALL_ROWS)), of_all])


def _added(counts: Iterable[WordCounts]) -> WordCounts:
    total: dict[str, Counter[str]] = {}
    for each in counts:
        for column, words in each.items():
            total.setdefault(column, Counter()).update(words)
    return total
