"""The rows of an answer become values: each with what it rests on, and why it is none or compares with reservation."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from kpi.definition import OWN_QUARTER, Kpi
from kpi.expected import CURVE_NEEDS
from kpi.parts import column_name
from kpi.query import Query
from kpi.relations import FORECAST
from kpi.sellers import FEWEST
from kpi.shape import NOT_BROKEN_DOWN, PLANS
from kpi.slice import Slice
from kpi.spine import Cell, bucket_periods
from kpi.value import (
    GROUP,
    GROUP_TOO_SMALL,
    IMMATURE,
    LINEAR_PACE,
    N_TOO_SMALL,
    NO_DATA,
    NO_DIMENSION,
    NO_FORECAST,
    NO_HISTORY,
    NO_RATE,
    NO_ROWS,
    NO_TARGET,
    REBUILT,
    SO_FAR,
    STALE,
    STILL_WAITING,
    TARGET_REACHED,
    TOO_LATE,
    YIELD_BORROWED,
    ZERO_DENOMINATOR,
    Comparable,
    Value,
)
from organisation import Organisation

Row = dict[str, object]
RESERVATION_SHARE = 0.05  # of the rows a value rests on; a stray row is no reservation
WITHOUT_VALUE = (NO_DATA, NO_HISTORY, NO_RATE)
NOT_COMPARABLE = (*WITHOUT_VALUE, NO_DIMENSION, NO_TARGET, NO_FORECAST)


@dataclass
class Answer:
    """The rows of an answer on their way to values."""

    organisation: Organisation
    asked: Slice
    query: Query
    regions: tuple[str, ...]
    rows: list[Row]
    cells: list[Cell]
    without: dict[str, list[str]]

    def values(self) -> list[Value]:
        """Give each KPI of each region and of the group, in each bucket of the question."""
        self.periods = bucket_periods(self.asked.period, self.asked.grain, self.organisation)
        self.placed = {(cell.frame, cell.region, cell.bucket): cell for cell in self.cells}
        self.seen = {
            (row["region"], row["bucket"]): row
            for row in self.rows
            if all(row[name] == NOT_BROKEN_DOWN for name in self.asked.dimensions)
        }
        wanted = [row for row in self.rows if self._is_wanted(row)]
        found = [self._value(kpi, row) for row in wanted for kpi in self.query.kpis]
        return [value for value in found if value is not None]

    def _is_wanted(self, row: Row) -> bool:
        if row["region"] != GROUP and "region" not in self.asked.by:
            return False
        return not self.asked.dimensions or any(row[name] != NOT_BROKEN_DOWN for name in self.asked.dimensions)

    def _value(self, kpi: Kpi, row: Row) -> Value | None:
        region, place = str(row["region"]), whole(row["bucket"])
        period = self.periods[place] if place < len(self.periods) else self.asked.period
        is_group = region == GROUP
        moment = self._moment(kpi, region, place)
        bucket = () if self.asked.grain == "total" else (period.start.isoformat(),)
        value = Value(
            kpi=kpi.name,
            region=region,
            period=self.asked.period.label if self.asked.grain == "total" else period.label,
            value=None,
            n=0,
            unit=kpi.unit,
            as_of=moment if kpi.is_stock else self.asked.as_of,
            currency=self._currency(kpi, region),
            bucket=bucket + tuple(str(row[name]) for name in self.asked.dimensions),
        )
        if kpi.name in self.query.without_dimension:
            return replace(value, reasons=(NO_DIMENSION,), comparable="no")
        if region in self.without[kpi.name]:
            return value  # the verdict on the region says why
        missing = self._missing(kpi, region, place)
        lacking = {name for name, codes in missing.items() if codes != (REBUILT,)}
        lacks = tuple(sorted({*lacking, *self.without[kpi.name]})) if is_group else ()
        reasons = [] if is_group else list(missing.get(region, ()))
        if is_group and any(REBUILT in codes for codes in missing.values()):
            reasons.append(REBUILT)
        if is_group and missing and all(NO_DATA in missing.get(name, ()) for name in self.regions):
            reasons.append(NO_DATA)
        return self._filled(kpi, row, replace(value, missing_regions=lacks, reasons=tuple(reasons)))

    def _filled(self, kpi: Kpi, row: Row, value: Value) -> Value:
        def part(suffix: str) -> object:
            return row.get(column_name(kpi.name, suffix))

        n, reasons = whole(part("n")), list(value.reasons)
        if kpi.of_persons and n < FEWEST:
            return replace(value, reasons=(*reasons, GROUP_TOO_SMALL), comparable="no")
        if whole(part("unrated")):
            reasons.append(NO_RATE)
        denominator = _decimal(part("denominator"))
        answer = _number(part(""), kpi)
        reasons += self._why_none(kpi, row, answer, denominator)
        unresolved = part("mature") is False
        if whole(part("immature")) or unresolved:
            reasons.append(IMMATURE)
        if part("linear") is True and value.region != GROUP:
            reasons.append(LINEAR_PACE)
        if part("borrowed") is True and answer is not None and value.region != GROUP:
            reasons.append(YIELD_BORROWED)
        if (kpi.is_from_start and self.asked.period.is_running) or self._own_quarter_runs(kpi, value.region, row):
            reasons.append(SO_FAR)
        if n < kpi.needs_at_least and NO_DATA not in reasons:
            reasons.append(N_TOO_SMALL)
        reasons += [code for code in kpi.fallback if whole(part(f"if_{code.lower()}")) and answer is not None]
        for code in kpi.reservations:
            if n and whole(part(f"if_{code.lower()}")) > RESERVATION_SHARE * n:
                reasons.append(code)
        is_none = unresolved or any(code in reasons for code in (*WITHOUT_VALUE, NO_TARGET, kpi.without_denominator))
        return replace(
            value,
            value=None if is_none else answer,
            n=n,
            low=None if is_none else _number(part("low"), kpi),
            high=None if is_none else _number(part("high"), kpi),
            numerator=None if is_none and NO_DATA in reasons else _decimal(part("numerator")),
            denominator=None if is_none and NO_DATA in reasons else denominator,
            counted_twice=_number(part("twice") or None, kpi) if value.region == GROUP and not is_none else None,
            left_out=whole(part("left_out")),
            left_out_value=_decimal(part("left_out_value")),
            reasons=tuple(dict.fromkeys(reasons)),
            comparable=_comparable(reasons),
        )

    def _why_none(self, kpi: Kpi, row: Row, answer: object, denominator: Decimal | None) -> list[str]:
        suffixes = self.query.suffixes[kpi.name]
        has_denominator = "denominator" in suffixes
        if "plans" in suffixes and not row.get(column_name(kpi.name, "plans")):
            return [NO_TARGET]
        if answer is None and row.get(column_name(kpi.name, "reached")) is True:
            return [TARGET_REACHED]
        if answer is None and row.get(column_name(kpi.name, "endless")) is True:
            return [STILL_WAITING]
        if answer is None and "periods" in suffixes and whole(row.get(column_name(kpi.name, "periods"))) < CURVE_NEEDS:
            return [NO_FORECAST if kpi.table == FORECAST else NO_HISTORY]
        if has_denominator and (denominator is None or denominator <= 0):
            known = denominator is not None and not ("plans" in suffixes and kpi.without_denominator == NO_TARGET)
            return [kpi.without_denominator if known else ZERO_DENOMINATOR]
        if answer is None:
            lacking = NO_HISTORY if "periods" in suffixes else NO_ROWS
            return [NO_TARGET if kpi.without_denominator == NO_TARGET and "plans" not in suffixes else lacking]
        return []

    def _missing(self, kpi: Kpi, region: str, place: int) -> dict[str, tuple[str, ...]]:
        """Give the regions whose data a value lacks or holds only late, each with its reasons."""
        names = self.regions if region == GROUP else (region,)
        tables = dict.fromkeys(table for table, _ in kpi.needs if table not in PLANS)
        found: dict[str, list[str]] = {}
        for name in names:
            row = self.seen.get((name, place), {})
            for table in tables:
                stored = {"cell_fill": "opportunity", "feed": "load"}.get(table, table)
                cell = self._cell(kpi, name, place)
                began = _unseen(row, stored, cell.lo_at) if kpi.is_from_start and cell is not None else None
                absence = self._absence(kpi, row, stored, self._moment(kpi, name, place))
                for reason in filter(None, (absence, began)):
                    found.setdefault(name, []).append(reason)
        hidden = [name for name in self.asked.regions or self.organisation.regions if name not in self.regions]
        if region == GROUP:
            found |= {name: [NO_DATA] for name in hidden}
        return {name: tuple(dict.fromkeys(reasons)) for name, reasons in found.items()}

    def _absence(self, kpi: Kpi, row: Row, table: str, moment: datetime) -> str | None:
        first, last = row.get(f"{table}__first_at"), row.get(f"{table}__last_at")
        if not isinstance(first, datetime):
            return NO_DATA
        if kpi.is_stock and (unseen := _unseen(row, table, moment)):
            return unseen
        if isinstance(last, datetime) and table != "load" and moment - _utc(last) > kpi.stale_after:
            return STALE
        return None

    def _cell(self, kpi: Kpi, region: str, place: int) -> Cell | None:
        """Give the cell of the window that a KPI's bucket stands for."""
        frame = kpi.weekly if self.asked.grain == "week" else "alone"
        return self.placed.get((frame, region, place), self.placed.get(("alone", region, place)))

    def _moment(self, kpi: Kpi, region: str, place: int) -> datetime:
        cell = self._cell(kpi, region, place)
        return self.asked.as_of if cell is None else cell.moment

    def _own_quarter_runs(self, kpi: Kpi, region: str, row: Row) -> bool:
        names = self.regions if region == GROUP else (region,)
        held = [self.placed.get((OWN_QUARTER, name, whole(row["bucket"]))) for name in names]
        return kpi.window == OWN_QUARTER and any(cell is not None and cell.hi < cell.until for cell in held)

    def _currency(self, kpi: Kpi, region: str) -> str | None:
        if kpi.unit != "money":
            return None
        if self.asked.currency == "group" or region == GROUP:
            return self.organisation.group.currency
        return self.organisation.regions[region].currency


def _unseen(row: Row, table: str, moment: datetime) -> str | None:
    """Give why what was open at a moment is not what an export showed; None where it is."""
    first, first_load = row.get(f"{table}__first_at"), row.get(f"{table}__first_load_at")
    if not isinstance(first, datetime):
        return None
    if _utc(first) > moment:
        return NO_HISTORY
    return REBUILT if isinstance(first_load, datetime) and _utc(first_load) > moment else None


def _comparable(reasons: list[str]) -> Comparable:
    if any(code in reasons for code in NOT_COMPARABLE):
        return "no"
    return "reservation" if set(reasons) - {TARGET_REACHED, TOO_LATE, SO_FAR} else "yes"


def _number(found: object, kpi: Kpi) -> Decimal | float | None:
    if found is None:
        return None
    if kpi.unit == "money" and not isinstance(found, float):
        return _decimal(found)
    return float(found) if isinstance(found, int | float | Decimal) else None


def _decimal(found: object) -> Decimal | None:
    return None if found is None else found if isinstance(found, Decimal) else Decimal(str(found))


def whole(found: object) -> int:
    """Give a number of the answer as a whole one, 0 where there is none."""
    return int(found) if isinstance(found, int | float | Decimal) else 0


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
