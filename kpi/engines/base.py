"""The seam between KPIs and the database that answers them."""

import re
from collections.abc import Mapping
from typing import Protocol

import polars as pl

Schema = dict[str, dict[str, str]]
"""Canonical tables, their columns and the columns' types."""


class Engine(Protocol):
    """A store opened at one snapshot."""

    @property
    def dialect(self) -> str:
        """The SQL that fetch takes, by its name in sqlglot: DuckDB's, which other engines put into their own words."""
        ...

    def schema(self) -> Schema:
        """Give each table's columns and their types."""
        ...

    def version(self) -> str:
        """Give the snapshot the engine was opened at: constant for its life, part of every cache key."""
        ...

    def fetch(self, sql: str, parameters: Mapping[str, object] | None = None) -> pl.DataFrame:
        """Give the rows of a query; parameters are named $name in its text."""
        ...


def asked_for(sql: str, given: Mapping[str, object]) -> dict[str, object]:
    """Give the parameters that a statement names, since an engine refuses any that it does not."""
    named = set(re.findall(r"\$(\w+)", sql))
    return {name: value for name, value in given.items() if name in named}
