"""Ids of more than fifteen digits: only the whole file shows whether a spreadsheet rounded them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

LONG = "^[1-9][0-9]{16,}$"
ROUNDED = "^[1-9][0-9]{14}0{2,}$"  # a spreadsheet keeps fifteen digits of a number
_ENOUGH = 2  # one id may end in zeros by chance


def rounded(column: str) -> pl.Expr:
    """Give the expression that says which rows have an id that may be rounded."""
    return pl.col(column).str.contains(ROUNDED).fill_null(value=False)


@dataclass(frozen=True)
class LongIds:
    """What some rows show of their long ids.

    rounded: by column, at most two different ids that end in zeros; whole: the columns in which others do not.
    """

    rounded: Mapping[str, frozenset[str]] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()

    @classmethod
    def of(cls, texts: pl.DataFrame, columns: Sequence[str]) -> "LongIds":
        """Give what the columns of a frame of texts show."""
        found = texts.select(pl.col(columns).str.contains(LONG).any()).row(0) if columns else ()
        long = {
            name: texts.filter(pl.col(name).str.contains(LONG))
            for name, is_found in zip(columns, found, strict=True)
            if is_found
        }
        ends = {name: rows.filter(rounded(name))[name] for name, rows in long.items()}
        return cls(
            {name: frozenset(ids.unique().sort().head(_ENOUGH)) for name, ids in ends.items() if ids.len()},
            frozenset(name for name, rows in long.items() if rows.height > ends[name].len()),
        )

    @classmethod
    def together(cls, parts: Iterable["LongIds"]) -> "LongIds":
        """Give what the rows of all parts show together."""
        ids: dict[str, frozenset[str]] = {}
        whole: frozenset[str] = frozenset()
        for part in parts:
            whole |= part.whole
            for name, found in part.rounded.items():
                ids[name] = ids.get(name, frozenset()) | found
        return cls(ids, whole)

    @property
    def damaged(self) -> frozenset[str]:
        """The columns whose ids that end in zeros are rounded: there are several, and all long ones end so."""
        return frozenset(name for name, ids in self.rounded.items() if len(ids) >= _ENOUGH) - self.whole
