"""Ids of Salesforce: fifteen characters in reports, elsewhere with three more that say which of these are capitals."""

import polars as pl

SHORT = "^00[0-9A-Za-z]{13}$"  # the ids of deals, leads, accounts, persons and activities begin so
WHOLE = "^00[0-9A-Za-z]{13}[A-Z0-5]{3}$"
SHORT_LENGTH = 15
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_BY_CAPITALS = {f"{number:05b}"[::-1]: letter for number, letter in enumerate(_LETTERS)}
_NOTHING = "0" * SHORT_LENGTH  # an empty link


def whole_ids(ids: pl.Series) -> pl.Series:
    """Give ids with the three characters that follow from their fifteen; what is no such id stays, an empty link goes.

    Two ids that differ in a capital alone are two records, also where whoever compares them later sees no capitals.
    """
    if not ids.str.contains(SHORT).any():
        return ids
    text = pl.col("id")
    whole = pl.when(text != _NOTHING).then(pl.concat_str(text, *_checksum()))
    return (
        ids.to_frame("id")
        .select(pl.when(text.str.contains(SHORT)).then(whole).otherwise(text))
        .to_series()
        .alias(ids.name)
    )


def _checksum() -> list[pl.Expr]:
    """Give the three characters: each tells of five, the first of them in its lowest bit, which are capitals."""
    capitals = pl.col("id").str.replace_all("[^A-Z]", "0").str.replace_all("[A-Z]", "1")
    return [
        capitals.str.slice(at, 5).replace_strict(_BY_CAPITALS, default=None, return_dtype=pl.String)
        for at in (0, 5, 10)
    ]
