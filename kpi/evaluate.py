"""Answers a slice: one statement for all KPIs, each value with what it rests on."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from kpi.comparability import Verdict, comparability, judged
from kpi.compiled import CURVE_NEEDS
from kpi.definition import OWN_QUARTER, Kpi
from kpi.definitions import Definitions
from kpi.engines.base import Engine, asked_for, keeping
from kpi.query import NOT_BROKEN_DOWN, PLANS, Query, Shape, column_name, compile_query
from kpi.relations import FORECAST
from kpi.rollups import RELATIONS
from kpi.same_deals import has_twins
from kpi.scope import Scope, required
from kpi.sellers import FEWEST
from kpi.slice import Slice
from kpi.spine import Cell, bucket_periods, cells, past_quarters, points
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

__all__ = ["Value", "evaluate", "evaluate_together"]

Row = dict[str, object]
RESERVATION_SHARE = 0.05  # of the rows a value rests on; a stray row is no reservation
WITHOUT_VALUE = (NO_DATA, NO_HISTORY, NO_RATE)
NOT_COMPARABLE = (*WITHOUT_VALUE, NO_DIMENSION, NO_TARGET, NO_FORECAST)


def evaluate(
    engine: Engine,
    organisation: Organisation,
    definitions: Definitions,
    asked: Slice,
    scope: Scope,
    names: Sequence[str],
) -> list[Value]:
    """Give each KPI of each region and of the group, in each bucket of the slice: one statement for all.

    In local currency each region answers in its own and the group in the group's, from a statement of its own: sums of
    different currencies never meet.
    Money is exact. Raises KpiError for a KPI there is not, and where no scope is given; an empty scope gives nothing.
    """
    return evaluate_together(engine, organisation, definitions, [asked], scope, names)[0]


def evaluate_together(
    engine: Engine,
    organisation: Organisation,
    definitions: Definitions,
    questions: Sequence[Slice],
    scope: Scope,
    names: Sequence[str],
) -> list[list[Value]]:
    """Give what evaluate gives for each of several questions; those that differ in their periods share a statement."""
    asking = _Asked(engine, organisation, definitions, required(scope), tuple(dict.fromkeys(names)))
    answered = asking.answers(questions)
    local = [place for place, asked in enumerate(questions) if asked.currency == "local"]
    totals = asking.answers([replace(questions[place], currency="group") for place in local])
    for place, total in zip(local, totals, strict=True):
        own = [value for value in answered[place] if value.region != GROUP]
        answered[place] = own + [value for value in total if value.region == GROUP]
    return answered


@dataclass(frozen=True)
class _Question:
    """A question made ready: its regions, the regions that cannot answer each KPI, its statement and its cells."""

    asked: Slice
    regions: tuple[str, ...]
    verdicts: dict[tuple[str, str], Verdict]
    without: dict[str, list[str]]
    query: Query
    cells: list[Cell]

    def shares_statement(self, other: "_Question") -> bool:
        """Say whether two questions differ in their cells alone."""
        return (
            self.query is other.query
            and self.regions == other.regions
            and self.without == other.without
            and self.asked.as_of == other.asked.as_of
            and self.asked.rates_on == other.asked.rates_on is not None
        )


@dataclass(frozen=True)
class _Asked:
    """Who asks which KPIs of which store."""

    engine: Engine
    organisation: Organisation
    definitions: Definitions
    scope: Scope
    names: tuple[str, ...]

    def answers(self, questions: Sequence[Slice]) -> list[list[Value]]:
        prepared = [self._prepared(asked) for asked in questions]
        found: dict[int, list[Value]] = {}
        for place, question in enumerate(prepared):
            if question is None:
                found[place] = []
            elif place not in found:
                alike = [
                    (other_place, other)
                    for other_place, other in enumerate(prepared[place:], start=place)
                    if other is not None and (other is question or other.shares_statement(question))
                ]
                found |= zip((at for at, _ in alike), self._answered([other for _, other in alike]), strict=True)
        return [found[place] for place in range(len(questions))]

    def _prepared(self, asked: Slice) -> _Question | None:
        organisation, definitions = self.organisation, self.definitions
        regions = tuple(name for name in asked.regions or organisation.regions if self.scope.allows(name))
        if not regions or not self.names:
            return None
        whole = self.scope.regions is None and set(regions) == set(organisation.regions) and not asked.dimensions
        verdicts = comparability(self.engine, organisation, definitions, replace(asked, regions=regions))
        without = {name: [one for one in regions if verdicts[name, one].comparable == "no"] for name in self.names}
        twins = has_twins(self.engine, asked.as_of)
        shape = Shape(
            names=self.names,
            dimensions=asked.dimensions,
            weekly=asked.grain == "week",
            local=asked.currency == "local",
            rates=asked.rates,
            rates_fixed=asked.rates_on is not None,
            group_plan=whole,
            scope=self.scope,
            organised=asked.organised,
            without=frozenset(name for name, lacking in without.items() if lacking),
            earlier=_earlier(definitions, asked.period.to_date),
            # A roll-up holds each region's deals for itself: where two are one, the rows are asked.
            rolled_up=frozenset() if twins else self._rolled_up(asked),
            twins=twins,
        )
        query = compile_query(definitions, shape, self.engine.dialect)
        found = cells(organisation, asked, (*regions, GROUP), query.frames)
        return _Question(asked, regions, verdicts, without, query, found)

    def _answered(self, alike: list[_Question]) -> list[list[Value]]:
        """Give the answers to questions that share a statement: the buckets of each follow those of the one before."""
        first, together, starts = alike[0], list[Cell](), list[int]()
        for question in alike:
            starts.append(1 + max((cell.bucket for cell in together), default=-1))
            together += [replace(cell, bucket=cell.bucket + starts[-1]) for cell in question.cells]
        given = _parameters(self.organisation, first.asked, together, first.query) | self.scope.parameters()
        given |= {f"without_{name}": lacking for name, lacking in first.without.items()}
        self._keep(first.query)
        rows = self.engine.fetch(first.query.sql, asked_for(first.query.sql, given)).to_dicts()
        ends = [*starts[1:], 1 + max(cell.bucket for cell in together)]
        return [
            self._values(
                question, [row | {"bucket": at - start} for row in rows if start <= (at := _whole(row["bucket"])) < end]
            )
            for question, start, end in zip(alike, starts, ends, strict=True)
        ]

    def _rolled_up(self, asked: Slice) -> frozenset[str]:
        """Give the tables of which the question knows the newest states: their roll-ups then say what the rows say."""
        keeper = keeping(self.engine)
        if keeper is None or asked.dimensions or asked.currency == "local":
            return frozenset()
        newest = {table: keeper.newest_change(table) for table in RELATIONS}
        return frozenset(table for table, moment in newest.items() if moment is not None and moment <= asked.as_of)

    def _keep(self, query: Query) -> None:
        keeper, regions = keeping(self.engine), self.organisation.regions
        columns = {
            "regions": list(regions),
            "zones": [region.timezone for region in regions.values()],
            "currencies": [region.currency for region in regions.values()],
        }
        if keeper is None:
            return
        for rollup in query.rollups:
            keeper.keep(rollup.name, rollup.sql, asked_for(rollup.sql, columns))

    def _values(self, question: _Question, rows: list[Row]) -> list[Value]:
        answer = _Answer(
            self.organisation, question.asked, question.query, question.regions, rows, question.cells, question.without
        )
        return judged(answer.values(), question.verdicts)


def _earlier(definitions: Definitions, day: date) -> tuple[tuple[str, int], ...]:
    """Give the KPIs of which an earlier version held on a day, and its place among the earlier ones."""
    held = [(kpi, kpi.on(day)) for kpi in definitions.kpis.values() if kpi.versions]
    return tuple((kpi.name, kpi.versions.index(version)) for kpi, version in held if version is not kpi)


def _parameters(organisation: Organisation, asked: Slice, found: list[Cell], query: Query) -> dict[str, object]:
    curved = [cell for cell in found if cell.frame in query.curve_frames and cell.region != GROUP]
    past = past_quarters(organisation, curved)
    looked_at = points(organisation, found, query.points, asked.as_of)
    regions = list(dict.fromkeys(cell.region for cell in found))
    profiles = organisation.regions
    today = asked.as_of.astimezone(ZoneInfo(organisation.group.timezone)).date()
    moments = [cell.moment for cell in found] + [asked.as_of]
    group = organisation.group
    columns: dict[str, object] = {f"cell_{name}": [getattr(cell, name) for cell in found] for name in asdict(found[0])}
    if past:
        columns |= {f"past_{name}": [getattr(one, name) for one in past] for name in asdict(past[0])}
    if looked_at:
        columns |= {f"point_{name}": [getattr(one, name) for one in looked_at] for name in asdict(looked_at[0])}
        columns["first_point"] = min(one.at_moment for one in looked_at)
        columns["last_point"] = max(one.at_moment for one in looked_at)
        columns["first_then"] = min(one.then_moment for one in looked_at)
    return columns | {
        "regions": regions,
        "zones": [group.timezone if name == GROUP else profiles[name].timezone for name in regions],
        "currencies": [group.currency if name == GROUP else profiles[name].currency for name in regions],
        "as_of": asked.as_of,
        "first_moment": min(moments),
        "last_moment": max(moments),
        "first_lo": min(cell.lo for cell in found),
        "last_hi": max(cell.hi for cell in found),
        "first_lo_at": min(cell.lo_at for cell in found),
        "last_end_at": max(cell.end_at for cell in found),
        "group_currency": group.currency,
        "rates_until": today,
        "rate_day": asked.rates_on or (today if asked.rates == "spot" else min(asked.period.end, today)),
    }


@dataclass
class _Answer:
    """The rows of an answer on their way to values."""

    organisation: Organisation
    asked: Slice
    query: Query
    regions: tuple[str, ...]
    rows: list[Row]
    cells: list[Cell]
    without: dict[str, list[str]]

    def values(self) -> list[Value]:
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
        region, place = str(row["region"]), _whole(row["bucket"])
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

        n, reasons = _whole(part("n")), list(value.reasons)
        if kpi.of_persons and n < FEWEST:
            return replace(value, reasons=(*reasons, GROUP_TOO_SMALL), comparable="no")
        if _whole(part("unrated")):
            reasons.append(NO_RATE)
        denominator = _decimal(part("denominator"))
        answer = _number(part(""), kpi)
        reasons += self._why_none(kpi, row, answer, denominator)
        unresolved = part("mature") is False
        if _whole(part("immature")) or unresolved:
            reasons.append(IMMATURE)
        if part("linear") is True and value.region != GROUP:
            reasons.append(LINEAR_PACE)
        if part("borrowed") is True and answer is not None and value.region != GROUP:
            reasons.append(YIELD_BORROWED)
        if (kpi.is_from_start and self.asked.period.is_running) or self._own_quarter_runs(kpi, value.region, row):
            reasons.append(SO_FAR)
        if n < kpi.needs_at_least and NO_DATA not in reasons:
            reasons.append(N_TOO_SMALL)
        reasons += [code for code in kpi.fallback if _whole(part(f"if_{code.lower()}")) and answer is not None]
        for code in kpi.reservations:
            if n and _whole(part(f"if_{code.lower()}")) > RESERVATION_SHARE * n:
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
            left_out=_whole(part("left_out")),
            left_out_value=_decimal(part("left_out_value")),
            reasons=tuple(dict.fromkeys(reasons)),
            comparable=_comparable(reasons),
        )

    def _why_none(self, kpi: Kpi, row: Row, answer: object, denominator: Decimal | None) -> list[str]:
        has_denominator = "denominator" in self.query.suffixes[kpi.name]
        if "plans" in self.query.suffixes[kpi.name] and not row.get(column_name(kpi.name, "plans")):
            return [NO_TARGET]
        if answer is None and row.get(column_name(kpi.name, "reached")) is True:
            return [TARGET_REACHED]
        if answer is None and row.get(column_name(kpi.name, "endless")) is True:
            return [STILL_WAITING]
        suffixes = self.query.suffixes[kpi.name]
        if answer is None and "periods" in suffixes and _whole(row.get(column_name(kpi.name, "periods"))) < CURVE_NEEDS:
            return [NO_FORECAST if kpi.table == FORECAST else NO_HISTORY]
        if has_denominator and (denominator is None or denominator <= 0):
            return [kpi.without_denominator if denominator is not None else ZERO_DENOMINATOR]
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
        held = [self.placed.get((OWN_QUARTER, name, _whole(row["bucket"]))) for name in names]
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


def _whole(found: object) -> int:
    return int(found) if isinstance(found, int | float | Decimal) else 0


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
