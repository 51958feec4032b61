"""Mistakes as people make them: an impossible date, a letter in a number, a torn row, one key twice."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from demo.formats import Format

EVERY = 7  # each so many weekly exports holds a mistake, and the newest holds one of each kind


@dataclass(frozen=True)
class Flawed:
    """An export's rows with mistakes in them, and lines that are no rows of the right width."""

    frame: pl.DataFrame
    torn: tuple[str, ...] = ()


def flawed(
    frame: pl.DataFrame, form: Format, table: str, *, old: list[str], back: int, rng: np.random.Generator
) -> Flawed:
    """Give an export with its mistakes; they sit in records long closed.

    old: the ids of such records; back: how many exports of the source are newer.
    """
    if back % EVERY or len(old) < 8:
        return Flawed(frame)
    headers = form.headers[table]
    key = headers["opportunity_id" if table == "opportunities" else "lead_id"]
    victims = [old[i] for i in rng.choice(len(old), 4, replace=False)]
    created = headers["created_at"]
    impossible = (
        form.day.replace("%d", "30").replace("%-d", "30").replace("%m", "02").replace("%-m", "2").replace("%Y", "2025")
    )
    frame = _cell(frame, (key, victims[0]), created, impossible)
    if back or table == "leads":
        return Flawed(frame)
    amount = headers["amount"]
    frame = _cell(frame, (key, victims[1]), amount, "1" + form.thousands + "2O0" + form.decimal + "00")
    twice = frame.filter(pl.col(key) == victims[2]).with_columns(
        pl.format("{} (copy)", headers["name"]).alias(headers["name"])
    )
    torn = frame.filter(pl.col(key) == victims[3])
    frame = pl.concat([frame.filter(pl.col(key) != victims[3]), twice])
    cells = [str(cell or "").replace("\n", " ").replace(form.separator, " ").replace('"', "") for cell in torn.row(0)]
    return Flawed(frame, (form.separator.join(cells[: len(cells) // 2]),))


def _cell(frame: pl.DataFrame, record: tuple[str, str], column: str, text: str) -> pl.DataFrame:
    key, value = record
    return frame.with_columns(pl.when(pl.col(key) == value).then(pl.lit(text)).otherwise(column).alias(column))
