"""Values turned into the texts of a CRM's export: dates, instants, money, local words."""

from collections.abc import Mapping, Sequence

import polars as pl

from demo.formats import Format


def instants(name: str, form: Format) -> pl.Expr:
    """Write a column of local days (floats) as date and time; infinite and null stay empty."""
    finite = pl.when(pl.col(name).is_finite()).then(pl.col(name))
    minutes = (finite * 1440).floor().cast(pl.Int64) * 60_000_000
    return minutes.cast(pl.Datetime("us")).dt.to_string(form.instant)


def days(name: str, form: Format) -> pl.Expr:
    """Write a column of local days (floats or integers) as dates; infinite and null stay empty."""
    finite = pl.when(pl.col(name).cast(pl.Float64).is_finite()).then(pl.col(name))
    return finite.cast(pl.Float64).floor().cast(pl.Int32).cast(pl.Date).dt.to_string(form.day)


def words(name: str, local: Mapping[str, str]) -> pl.Expr:
    """Write a column of common words in local ones; a word without a local one stays empty."""
    return pl.col(name).replace_strict(list(local), list(local.values()), default=None, return_dtype=pl.String)


def flags(name: str, form: Format) -> pl.Expr:
    """Write a column of booleans in the system's words for yes and no."""
    return pl.when(pl.col(name)).then(pl.lit(form.words.yes)).otherwise(pl.lit(form.words.no))


def money(amounts: pl.Series, form: Format) -> pl.Series:
    """Write whole amounts as the system writes money."""
    distinct = amounts.unique()
    return amounts.replace_strict(distinct, [form.amount(amount) for amount in distinct], return_dtype=pl.String)


def csv_bytes(frame: pl.DataFrame, form: Format, *, extra_lines: Sequence[str] = (), year: int = 0) -> bytes:
    """Give the file of a frame of texts: header, rows, lines that are no rows, footer, in the system's encoding."""
    text = frame.write_csv(separator=form.separator, line_terminator=form.line_end)
    tail = [line.format(rows=frame.height, year=year) for line in form.footer]
    text += "".join(line + form.line_end for line in (*extra_lines, *tail))
    return (b"\xef\xbb\xbf" if form.bom else b"") + text.encode(form.encoding)
