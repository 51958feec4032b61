"""Strings to typed columns under the profile's signs and order, or the only ones that fit the whole file."""

from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

import polars as pl

from etl.cells import Typed
from etl.contract import Column, exported_columns
from etl.dates import Clock, declared_order, only_order, read_days, read_instants
from etl.draft import Draft
from etl.numbers import Signs, only_signs, read_numbers
from etl.words import read_booleans, read_countries, read_currencies
from organisation import Export, Source

_AMOUNTS = ("amount", "amount_recurring_annual")
_STATUS_TYPES = {"is_closed": "BOOLEAN", "is_won": "BOOLEAN", "won_at": "TIMESTAMPTZ", "lost_at": "TIMESTAMPTZ"}
_DAMAGED = r"^[+-]?\d+(?:[.,]\d+)?[Ee]\+\d{2,}$"


@dataclass
class Typing:
    """The typing of one export: every column of its table by the type that schema.sql states."""

    draft: Draft
    source: Source
    export: Export
    zone: ZoneInfo

    def frame(self) -> pl.DataFrame:
        """Give the typed columns, null where the file has none; faults are noted in the draft."""
        wanted = exported_columns(self.export.table)
        columns = [self._column(column) for column in wanted.values()]
        if self.export.table == "opportunity":
            columns += [self._status_column(name) for name in ("status_word", "status_reason", *_STATUS_TYPES)]
        extra = [name for name in ("region_word", "line") if name in self.draft.texts.columns]
        return pl.DataFrame([*columns, *(self.draft.texts[name] for name in extra)])

    def amount_codes(self) -> pl.Series | None:
        """Give the currency codes that stand beside the amounts, several joined by commas; null: none."""
        return self._codes

    _codes: pl.Series | None = None

    def _column(self, column: Column) -> pl.Series:
        if column.name not in self.draft.texts.columns:
            return pl.Series(column.name, [None] * self.draft.height, dtype=column.dtype)
        texts = self.draft.texts[column.name]
        typed = self._typed(column.name, column.sql_type, texts, column)
        self.draft.faults(typed.reasons, column.name)
        return typed.values.alias(column.name)

    def _status_column(self, name: str) -> pl.Series:
        sql_type = _STATUS_TYPES.get(name, "VARCHAR")
        empty: dict[str, pl.DataType] = {"BOOLEAN": pl.Boolean(), "TIMESTAMPTZ": pl.Datetime("us", "UTC")}
        if name not in self.draft.texts.columns:
            return pl.Series(name, [None] * self.draft.height, dtype=empty.get(sql_type, pl.String()))
        typed = self._typed(name, sql_type, self.draft.texts[name], None)
        self.draft.faults(typed.reasons, name)
        return typed.values.alias(name)

    def _typed(self, name: str, sql_type: str, texts: pl.Series, column: Column | None) -> Typed:
        if sql_type == "DATE":
            return read_days(texts, self.clock)
        if sql_type == "TIMESTAMPTZ":
            return read_instants(texts, self.clock)
        if sql_type == "BOOLEAN":
            return read_booleans(texts)
        if name == "currency":
            return read_currencies(texts)
        if name == "country":
            return read_countries(texts, self.source.words["countries"])
        if column is not None and sql_type != "VARCHAR":
            return self._number(column, texts)
        if column is not None and (column.is_reference or column.kind == "key"):
            self.draft.fault(texts.str.contains(_DAMAGED).fill_null(value=False), name, "DAMAGED_ID")
        return Typed(texts)

    def _number(self, column: Column, texts: pl.Series) -> Typed:
        unit = self.source.amount.unit if column.name in _AMOUNTS else 1
        shift = len(str(unit)) - 1
        if column.name == "probability":
            texts = texts.str.strip_suffix("%").str.strip_chars()
        typed, codes = read_numbers(texts, self.signs, decimals=column.decimals + shift)
        if column.name == "amount":
            self._codes = codes
        values = typed.values * unit if unit != 1 else typed.values
        stored = values.cast(column.dtype, strict=False)
        too_large = stored.is_null() & typed.values.is_not_null()
        self.draft.fault(too_large, column.name, "RANGE")
        return Typed(stored, typed.reasons)

    @cached_property
    def signs(self) -> Signs:
        """How the file writes numbers."""
        declared = Signs.declared(self.export.decimal, self.export.thousands)
        return declared or only_signs(self._distinct("DECIMAL", "INTEGER"))

    @cached_property
    def clock(self) -> Clock:
        """How the file writes dates."""
        pivot = int(self.export.two_digit_years) if self.export.two_digit_years else None
        order = declared_order(self.export.dates) or only_order(self._distinct("DATE", "TIMESTAMPTZ"), pivot)
        return Clock(order, self.zone, pivot)

    def _distinct(self, *types: str) -> list[str]:
        of_type = {name: c.sql_type for name, c in exported_columns(self.export.table).items()} | _STATUS_TYPES
        names = [name for name in self.draft.texts.columns if of_type.get(name, "").startswith(types)]
        found = [self.draft.texts[name].drop_nulls().unique() for name in names]
        return pl.concat(found).unique().sort().to_list() if found else []
