"""The contract of the canonical tables: columns and kinds as schema.sql states them, and rules a row must meet."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import polars as pl

from etl.rule import Rule, own_rules
from warehouse.schema import HISTORY_COLUMNS

SCHEMA = Path(__file__).resolve().parent.parent / "warehouse" / "schema.sql"
_GIVEN = {  # columns beside the key without which a row says nothing
    "opportunity_merge": ("into_id",),
    "order_intake": ("value", "currency"),
    "forecast": ("value", "currency"),
    "fx_rate": ("rate",),
    "qualification_rule": ("threshold",),
    "account_match": ("global_account_id", "confirmed_by", "confirmed_on"),
    "account_plan": ("ends_on",),
    "account_potential": ("is_relevant",),
    "opportunity_credit": ("share",),
    "same_deal": ("counted_source", "counted_id", "confirmed_by", "confirmed_on"),
}
FIRST_YEAR, LAST_YEAR = 1990, 2100

Kind = Literal["key", "core", "extended", "derived", "loader"]


@dataclass(frozen=True)
class Column:
    """One column of a canonical table; sql_type as in schema.sql, person: names a person."""

    name: str
    sql_type: str
    kind: Kind
    person: bool
    meaning: str

    @property
    def dtype(self) -> pl.DataType:
        """The column's type in a frame."""
        return dtype_of(self.sql_type)

    @property
    def is_reference(self) -> bool:
        """Whether the column holds ids or names that point at a record."""
        return self.sql_type == "VARCHAR" and self.name.endswith(("_id", "_ref", "merged_into"))


_TYPES: dict[str, pl.DataType] = {
    "VARCHAR": pl.String(),
    "DATE": pl.Date(),
    "TIMESTAMPTZ": pl.Datetime("us", "UTC"),
    "BOOLEAN": pl.Boolean(),
    "INTEGER": pl.Int32(),
    "BIGINT": pl.Int64(),
}
_COLUMN = re.compile(
    r'"?(\w+)"? (VARCHAR|DATE|TIMESTAMPTZ|BOOLEAN|INTEGER|BIGINT|DECIMAL\(\d+, \d+\))( NOT NULL)?\s*,?'
)


def decimals_of(sql_type: str) -> int:
    """Give the decimals that are stored of a number."""
    found = re.search(r",\s*(\d+)\)", sql_type)
    return int(found[1]) if found else 0


def dtype_of(sql_type: str) -> pl.DataType:
    """Give a frame's type for a type of schema.sql."""
    found = re.fullmatch(r"DECIMAL\((\d+), (\d+)\)", sql_type)
    return pl.Decimal(int(found[1]), int(found[2])) if found else _TYPES[sql_type]


@cache
def columns_of(table: str) -> dict[str, Column]:
    """Give every column of a keyed table in the order of schema.sql; raises KeyError for an unknown table."""
    return _tables()[table]


def keys_of(table: str) -> tuple[str, ...]:
    """Give the key columns of a table without the source."""
    return tuple(name for name, c in columns_of(table).items() if c.kind == "key" and name != "source")


def exported_columns(table: str) -> dict[str, Column]:
    """Give the columns that an export can carry, keys included."""
    return {
        name: c for name, c in columns_of(table).items() if c.kind in ("key", "core", "extended") and name != "source"
    }


def conformed_schema(table: str) -> dict[str, pl.DataType]:
    """Give name and type of every column that conforming an export fills."""
    filled = (c for c in columns_of(table).values() if c.kind != "loader" and c.name not in HISTORY_COLUMNS)
    return {c.name: c.dtype for c in filled}


@cache
def rules_of(table: str) -> tuple[Rule, ...]:
    """Give the rules over a table's typed columns."""
    columns = exported_columns(table)
    found = [_year_rule(c) for c in columns.values() if c.sql_type in ("DATE", "TIMESTAMPTZ")]
    if "probability" in columns:
        between = pl.col("probability").is_between(0, 100)
        found.append(Rule("probability_lies_between_0_and_100", "probability", "RANGE", between))
    if table == "target":
        first = pl.col("month").dt.day() == 1
        scopes = pl.col("scope").is_in(["group", "region", "team", "segment", "account"])
        found.append(Rule("month_is_a_first_of_month", "month", "RANGE", first))
        found.append(Rule("scope_is_known", "scope", "RANGE", scopes))
        found.append(Rule("kind_is_plan_or_quota", "kind", "RANGE", pl.col("kind").is_in(["plan", "quota"])))
    found += [
        Rule(f"{name}_is_given", name, "MISSING_VALUE", pl.col(name).is_not_null()) for name in _GIVEN.get(table, ())
    ]
    if table == "order_intake":
        found.append(Rule("month_is_a_first_of_month", "month", "RANGE", pl.col("month").dt.day() == 1))
    if table == "fx_rate":
        found.append(Rule("rate_is_positive", "rate", "RANGE", pl.col("rate") > 0))
        known = pl.col("kind").is_in(["budget", "spot", "booked"])
        found.append(Rule("kind_is_budget_spot_or_booked", "kind", "RANGE", known))
    return (*found, *own_rules(table))


def _year_rule(column: Column) -> Rule:
    holds = pl.col(column.name).dt.year().is_between(FIRST_YEAR, LAST_YEAR)
    return Rule(f"{column.name}_lies_between_{FIRST_YEAR}_and_{LAST_YEAR}", column.name, "RANGE", holds)


@cache
def _tables() -> dict[str, dict[str, Column]]:
    sql = SCHEMA.read_text(encoding="utf-8")
    found = re.findall(r"^CREATE TABLE (\w+)_version \(\n(.*?)^\);", sql, re.MULTILINE | re.DOTALL)
    return {table: _columns(body) for table, body in found}


def _columns(body: str) -> dict[str, Column]:
    found: dict[str, Column] = {}
    for line in body.splitlines():
        definition, _, comment = line.partition("--")
        for name, sql_type, _not_null in _COLUMN.findall(definition):
            found[name] = _column(name, sql_type, comment.strip())
    return found


def _column(name: str, sql_type: str, comment: str) -> Column:
    word, _, meaning = comment.partition(":")
    kinds: dict[str, Kind] = {"key": "key", "core": "core", "extended": "extended", "derived": "derived"}
    meaning = meaning.strip()
    return Column(name, sql_type, kinds.get(word.strip(), "loader"), meaning.startswith("person"), meaning)
