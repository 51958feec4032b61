"""The changes list: each deal behind the bars, what it was and what it is, with its file and line."""

from decimal import Decimal
from fractions import Fraction

import polars as pl

from kpi.change.moves import BARS, Move
from kpi.change.waterfall import Waterfall

MASKED_OWNER = "changed"
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "bar": pl.String,
    "region": pl.String,
    "account": pl.String,
    "number": pl.String,
    "counts": pl.Decimal(38, 10),
    "amount_before": pl.Decimal(18, 2),
    "amount_after": pl.Decimal(18, 2),
    "currency": pl.String,
    "closes_before": pl.Date,
    "closes_after": pl.Date,
    "stage_before": pl.String,
    "stage_after": pl.String,
    "owner": pl.String,
    "file": pl.String,
    "line": pl.Int64,
}


def changes_list(found: Waterfall, bar: str | None = None) -> pl.DataFrame:
    """Give the deals of all bars, or of one; the largest first, and the sum of counts of a bar is the bar.

    Columns: those of SCHEMA. counts is in the waterfall's currency, amounts in the deal's own. A person is never
    named: owner says "changed" where the deal went to somebody else, and is null where it did not.
    """
    moves = [move for move in found.moves if bar is None or move.bar == bar]
    moves.sort(key=lambda move: (-abs(move.amount), move.shown.source, move.shown.number))
    return pl.DataFrame([_row(move) for move in moves], schema=SCHEMA)


def _row(move: Move) -> dict[str, object]:
    before, after, shown = move.before, move.after, move.shown
    handed_over = before is not None and after is not None and before.owner != after.owner
    return {
        "bar": BARS[move.bar],
        "region": move.region,
        "account": shown.account,
        "number": shown.number,
        "counts": _decimal(move.amount),
        "amount_before": before.amount if before else None,
        "amount_after": after.amount if after else None,
        "currency": shown.currency,
        "closes_before": before.closes if before else None,
        "closes_after": after.closes if after else None,
        "stage_before": before.stage if before else None,
        "stage_after": after.stage if after else None,
        "owner": MASKED_OWNER if handed_over else None,
        "file": shown.file,
        "line": shown.line,
    }


def _decimal(amount: Fraction) -> Decimal:
    """Give an amount as stored: converted money has ten decimals, so nothing is lost."""
    return Decimal(int(amount * 10**10)).scaleb(-10)
