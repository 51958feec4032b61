"""Strings to typed columns under the profile's signs and order, or the only ones that fit the whole file."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from zoneinfo import ZoneInfo

import polars as pl

from etl.cells import Reading, Typed, read_columns
from etl.contract import decimals_of, dtype_of, exported_columns
from etl.crm import crm_of
from etl.crm.dialect import STATUS_COLUMNS, Crm
from etl.dates import Clock, Days, Instants, declared_order, only_order
from etl.draft import Draft
from etl.errors import Refused
from etl.long_ids import LongIds, rounded
from etl.natives import Natives, as_written, tells_natives
from etl.numbers import Beside, Numbers, Signs, only_signs
from etl.words import booleans, countries, currencies
from organisation import Export, Source

_AMOUNTS = ("amount", "amount_recurring_annual", "amount_actual")
_BESIDE: dict[str, Beside] = {
    **dict.fromkeys((*_AMOUNTS, "value"), "currency"),
    "probability": "percent",
    "share": "percent",
}
_DAMAGED = (
    r"^(?:[+-]?[0-9]+(?:[.,][0-9]+)?[Ee]\+[0-9]{1,3}|[+-]?[0-9][.,][0-9]+[Ee][0-9]{1,3}|[0-9]{5,}[.,]0+"
    r"|#{2,}|#(?:REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|N/A))$"
)


def is_damaged(texts: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """Say which rows have an id that a spreadsheet damaged in one of these columns, rounded numbers of text aside."""
    by_text = pl.any_horizontal(pl.col(name).str.contains(_DAMAGED).fill_null(value=False) for name in names)
    found = texts.select(by_text.alias("damaged"))["damaged"]
    for name in names:
        by_kind = Natives(texts, since_1904=False).damaged_ids(name)
        found = found | by_kind if by_kind.len() else found
    return found


@dataclass
class Typing:
    """The typing of one export: every column of its table by the type that schema.sql states.

    zone: of the wall clocks; day_zones: the zones whose days count, each with the rows of its regions; none: zone.
    rounded_ids: the columns of the whole file in which a spreadsheet rounded ids; None: these rows are the whole.
    """

    draft: Draft
    source: Source
    export: Export
    zone: ZoneInfo
    day_zones: Sequence[tuple[ZoneInfo, pl.Series]] = ()
    rounded_ids: frozenset[str] | None = None
    long_ids: LongIds = field(default_factory=LongIds)

    def frame(self) -> pl.DataFrame:
        """Give the typed columns, null where the file has none; faults are noted in the draft."""
        texts = self.draft.texts
        wanted = {name: column.sql_type for name, column in exported_columns(self.export.table).items()}
        wanted |= STATUS_COLUMNS.get(self.export.table, {})
        readings = {
            name: reading
            for name, sql_type in wanted.items()
            if name in texts.columns
            for reading in [self._reading(name, sql_type)]
            if reading is not None
        }
        self._refuse_damaged_ids()
        typed = self._read(texts, readings) if readings else {}
        for name, column in typed.items():
            self.draft.faults(column.reasons, name)
        self.codes = {
            name: reading.codes
            for name, reading in readings.items()
            if isinstance(reading, Numbers) and reading.codes is not None
        }
        frame = texts.with_columns(self._values(column).alias(name) for name, column in typed.items())
        absent = {name: dtype_of(kind) for name, kind in wanted.items() if name not in texts.columns}
        missing = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in absent.items()]
        frame = frame.with_columns(*self._stored_numbers(typed), *missing)
        self._refuse_too_large(typed, frame)
        return frame

    codes: dict[str, pl.Series] = field(default_factory=dict)
    """For each column of money the currency codes that stand beside it, several joined by commas; null: none."""

    def _read(self, texts: pl.DataFrame, readings: dict[str, Reading]) -> dict[str, Typed]:
        told_apart = [name for name, reading in readings.items() if tells_natives(reading)]
        written = as_written(texts, told_apart)
        found = read_columns(written, readings)
        dates = {name: reading for name, reading in readings.items() if isinstance(reading, Days)}
        for zone, rows in self.day_zones[1:]:
            there = read_columns(written, {name: Days(reading.clock, zone) for name, reading in dates.items()})
            for name, column in there.items():
                found[name] = Typed(column.values.zip_with(rows, found[name].values), found[name].reasons)
        natives = Natives(texts, self.draft.raw.since_1904)
        return {name: natives.added_to(column, name, readings[name]) for name, column in found.items()}

    def _reading(self, name: str, sql_type: str) -> Reading | None:
        if sql_type == "DATE":
            return Days(self.clock, self.day_zones[0][0] if self.day_zones else None)
        if sql_type == "TIMESTAMPTZ":
            return Instants(self.clock)
        if sql_type == "BOOLEAN":
            return booleans(self.draft.distinct[name], self.crm.yes_words, self.crm.no_words)
        if name == "currency":
            return currencies(self.draft.distinct[name], self.source.words["currencies"])
        if name == "country":
            return countries(self.draft.distinct[name], self.source.words["countries"])
        if sql_type == "VARCHAR":
            return None
        unit = self._unit(name)
        decimals = decimals_of(sql_type) + len(str(unit)) - 1
        percent = 1 / Decimal(unit) if name == "probability" else Decimal(1)
        return Numbers(self.signs, decimals, _BESIDE.get(name, "nothing"), percent=percent)

    @cached_property
    def crm(self) -> Crm:
        """How the source's system writes."""
        return crm_of(self.source)

    def _values(self, column: Typed) -> pl.Series:
        if column.values.dtype == pl.Boolean and self.crm.empty_is_no:
            return column.values.fill_null(value=False)
        return column.values

    def _unit(self, name: str) -> int:
        """Give what one written unit of a number stands for: 1, or a power of ten."""
        if name == "probability":
            return 100 // (self.source.probability.scale or self.crm.probability_scale)
        return self.source.amount.unit if name in _AMOUNTS else 1

    def _stored_numbers(self, typed: dict[str, Typed]) -> list[pl.Expr]:
        kinds = {name: column.sql_type for name, column in exported_columns(self.export.table).items()}
        kinds |= STATUS_COLUMNS.get(self.export.table, {})
        return [
            (pl.col(name) * self._unit(name) if self._unit(name) > 1 else pl.col(name)).cast(
                dtype_of(kinds[name]), strict=False
            )
            for name in typed
            if isinstance(typed[name].values.dtype, pl.Decimal)
        ]

    def _refuse_too_large(self, typed: dict[str, Typed], frame: pl.DataFrame) -> None:
        for name, column in typed.items():
            if column.values.null_count() < frame[name].null_count():
                self.draft.fault(frame[name].is_null() & column.values.is_not_null(), name, "RANGE")

    def _refuse_damaged_ids(self) -> None:
        columns = exported_columns(self.export.table)
        ids = [name for name, c in columns.items() if c.is_reference and name in self.draft.texts.columns]
        if not ids:
            return
        texts = self.draft.texts
        for name in ids:
            self.draft.fault(Natives(texts, since_1904=False).damaged_ids(name), name, "DAMAGED_ID")
        kinds = [(_DAMAGED, "DAMAGED_ID"), (r"^=", "FORMULA_CELL")]
        found = texts.select(
            pl.col(name).str.contains(pattern).any().alias(f"{name} {reason}")
            for name in ids
            for pattern, reason in kinds
        ).row(0)
        asked = [(name, *kind) for name in ids for kind in kinds]
        for (name, pattern, reason), is_found in zip(asked, found, strict=True):
            if is_found:
                self.draft.fault(pl.col(name).str.contains(pattern), name, reason)
        self.long_ids = LongIds.of(texts, ids)
        damaged = self.long_ids.damaged if self.rounded_ids is None else self.rounded_ids
        for name in damaged & self.long_ids.rounded.keys():
            self.draft.fault(rounded(name), name, "DAMAGED_ID")

    @cached_property
    def signs(self) -> Signs:
        """How the file writes numbers."""
        declared = Signs.declared(self.export.decimal, self.export.thousands)
        if declared:
            return declared
        only_signs(self._distinct("DECIMAL", "INTEGER", without="probability"))  # it says nothing about money
        return only_signs(self._distinct("DECIMAL", "INTEGER"))

    @cached_property
    def clock(self) -> Clock:
        """How the file writes dates."""
        said = self.export.two_digit_years
        if said and not said.isdecimal():
            raise Refused(
                "AMBIGUOUS_DATE", f'"two_digit_years: {said}" is no year; expected the first of 19xx, as in 70'
            )
        pivot = int(said) if said else None
        order = declared_order(self.export.dates) or only_order(self._distinct("DATE", "TIMESTAMPTZ").to_list(), pivot)
        return Clock(order, self.zone, pivot)

    def _distinct(self, *types: str, without: str = "") -> pl.Series:
        of_type = {name: c.sql_type for name, c in exported_columns(self.export.table).items()}
        of_type |= STATUS_COLUMNS.get(self.export.table, {})
        names = [name for name in self.draft.texts.columns if of_type.get(name, "").startswith(types)]
        names = [name for name in names if name != without]
        texts = as_written(self.draft.texts, names)
        found = [texts[name].drop_nulls().unique().alias("text") for name in names]
        return pl.concat(found).unique() if found else pl.Series("text", [], dtype=pl.String)
