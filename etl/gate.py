"""The gate: a full export that is far too short or long, or whose amounts are of another scale, waits for a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

import polars as pl

from etl.conformed import Conformed
from organisation import Gate
from warehouse.store import Store

AMOUNTS = {
    "opportunity": "amount",
    "target": "value",
    "order_intake": "value",
    "forecast": "value",
    "account_plan": "target",
}
MANY = 50  # so many more rows than usual can be a busy week
FEWEST_AMOUNTS = 5  # a median of fewer says nothing about the file
WHAT_TO_DO = "Nothing was changed. Release it if that is true; refuse it and ask for a new export if it is not."


@dataclass(frozen=True)
class Shape:
    """What one export looked like: its moment, records, and for each currency how many amounts and their median."""

    moment: datetime
    full: bool
    rows: int
    medians: Mapping[str, tuple[int, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Held:
    """Why an export waits: a reason class, and what was expected and found."""

    reason: str
    message: str


def why_held(shape: Shape, earlier: Sequence[Shape], gate: Gate) -> Held | None:
    """Say why an export may not take effect by itself; None where it may. earlier: in the order of their moments.

    Rows are compared between full exports only, amounts in each currency for itself.
    """
    before = [each for each in earlier if each.moment <= shape.moment]
    return _volume(shape, before, gate) or _scale(shape, before, gate)


def shape_of(content: Conformed, *, full: bool) -> Shape:
    """Give what an export looks like; a rejected record with a readable key is there too."""
    amounts = medians_of(content).iter_rows()
    return Shape(content.exported_at, full, present_rows(content), {name: (n, value) for name, n, value in amounts})


def earlier_shapes(store: Store, source: str, table: str, part: str | None = None) -> list[Shape]:
    """Give what the loaded exports of a table, or of a part of it, looked like, in the order of their moments."""
    loads = store.query(
        "SELECT load_id, exported_at, mode, loaded + rejected AS rows FROM load "
        "WHERE source = ? AND table_name = ? AND export IS NOT DISTINCT FROM ? AND status = 'loaded' "
        "ORDER BY exported_at, loaded_at, file, load_id",
        [source, table, part],
    )
    medians: dict[str, dict[str, tuple[int, float]]] = {}
    if table in AMOUNTS:
        found = store.query(
            "SELECT a.load_id, a.currency, a.amounts, a.median FROM load_amount AS a JOIN load AS l "
            "ON l.load_id = a.load_id WHERE l.source = ? AND l.table_name = ? AND l.status = 'loaded'",
            [source, table],
        )
        for load_id, currency, number, value in found.iter_rows():
            medians.setdefault(load_id, {})[currency] = (number, value)
    return [
        Shape(moment, mode == "full", rows, medians.get(load_id, {}))
        for load_id, moment, mode, rows in loads.iter_rows()
    ]


def medians_of(content: Conformed) -> pl.DataFrame:
    """Give (currency, amounts, median) of the amounts that are not zero, in the currency's own money."""
    column = AMOUNTS.get(content.table)
    if column is None or not {column, "currency"} <= set(content.rows.columns):
        return pl.DataFrame(schema={"currency": pl.String, "amounts": pl.Int64, "median": pl.Float64})
    amount = pl.col(column).cast(pl.Float64).abs()
    stated = (
        content.shown("currency", column)
        .select("currency", amount=amount)
        .filter(pl.col("amount") > 0, pl.col("currency").is_not_null())
    )
    return stated.group_by("currency").agg(amounts=pl.len().cast(pl.Int64), median=pl.col("amount").median())


def present_rows(content: Conformed) -> int:
    """Count the records that an export shows to be there, rejected ones with a readable key included."""
    if content.rejects.is_empty():
        return content.loaded
    held = content.rejects.filter(pl.col("record_key").is_not_null())["line"].n_unique()
    return content.loaded + held


def _volume(shape: Shape, before: Sequence[Shape], gate: Gate) -> Held | None:
    if not shape.full:
        return None
    if shape.rows == 0:
        return Held("VOLUME", f"The export holds no readable rows. {WHAT_TO_DO}")
    counts = [each.rows for each in before if each.full][-gate.loads :]
    if not counts:
        return None
    usual = median(counts)
    least = usual * gate.rows_at_least if gate.rows_at_least is not None else 0
    if shape.rows < least:
        return Held("VOLUME", f"{_rows(shape.rows, counts)} At least {least:,.0f} were expected. {WHAT_TO_DO}")
    if gate.rows_at_most is not None and shape.rows > max(usual * gate.rows_at_most, usual + MANY):
        most = usual * gate.rows_at_most
        return Held("VOLUME", f"{_rows(shape.rows, counts)} At most {most:,.0f} were expected. {WHAT_TO_DO}")
    return None


def _rows(rows: int, counts: Sequence[int]) -> str:
    return f"The export holds {rows:,} rows where the last {len(counts)} held {median(counts):,.0f} at the median."


def _scale(shape: Shape, before: Sequence[Shape], gate: Gate) -> Held | None:
    if gate.amount_factor is None:
        return None
    for currency, (number, value) in sorted(shape.medians.items()):
        stated = [each.medians[currency] for each in before if currency in each.medians]
        earlier = [middle for count, middle in stated if count >= FEWEST_AMOUNTS][-gate.loads :]
        if number < FEWEST_AMOUNTS or not earlier:
            continue
        usual = median(earlier)
        times = value / usual if value > usual else usual / value
        if times >= gate.amount_factor:
            word = "larger" if value > usual else "smaller"
            found = f"The median of its {number:,} amounts in {currency} is {value:,.0f}, {times:,.0f} times {word}"
            expected = f"than the {usual:,.0f} of the last {len(earlier)} loads"
            asks = "has the unit, the tax or the column changed?"
            return Held("AMOUNT_SCALE", f"{found} {expected}: {asks} {WHAT_TO_DO}")
    return None
