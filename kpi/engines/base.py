"""The seam between KPIs and the database that answers them."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable

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


@runtime_checkable
class Keeping(Protocol):
    """An engine that keeps the rows of a statement for as long as it lives, so that they are worked out once."""

    def newest_change(self, table: str) -> datetime | None:
        """Give the moment of the newest change of a table's rows; None where keeping anything of it does not pay."""
        ...

    def keep(self, name: str, sql: str, parameters: Mapping[str, object]) -> None:
        """Have the rows of a statement under a name in all questions from now on."""
        ...


def keeping(engine: Engine) -> Keeping | None:
    """Give the engine that keeps rows, which may stand behind one that only remembers; None where there is none."""
    behind = getattr(engine, "behind", engine)
    return behind if isinstance(behind, Keeping) else None


def asked_for(sql: str, given: Mapping[str, object]) -> dict[str, object]:
    """Give the parameters that a statement names, since an engine refuses any that it does not."""
    named = set(re.findall(r"\$(\w+)", sql))
    return {name: value for name, value in given.items() if name in named}
