"""Engines: the same KPIs on every database that can answer them, each cell compared with DuckDB's."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from math import isclose
from pathlib import Path
from statistics import median

from kpi.definition import Kpi
from kpi.definitions import Definitions
from kpi.engines.base import Engine
from kpi.engines.duckdb import DuckDbEngine
from kpi.errors import KpiError
from kpi.evaluate import evaluate
from kpi.period import parse_period
from kpi.scope import Scope
from kpi.slice import Slice
from kpi.value import Value
from organisation import Organisation, Workspace
from warehouse.export import Export, export_snapshot

CLOSE = 1e-9
AT_ONCE = 16  # KPIs a statement: what planning one costs another engine grows faster than its length
INEXACT = ("/", "median", "percentile", "max", "min")  # floating point, or a value between two rows
NUMBERS = ("value", "n", "numerator", "denominator", "low", "high", "left_out", "left_out_value")
WORDS = ("reasons", "comparable", "currency", "missing_regions")


@dataclass
class Agreement:
    """How far an engine's answers are DuckDB's: cells, those with a number, what differs; seconds of each question.

    kpis: those that it answered.
    """

    engine: str
    cells: int = 0
    numbers: int = 0
    differing: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    kpis: set[str] = field(default_factory=set)
    loading_seconds: float = 0.0

    @property
    def middle_seconds(self) -> float:
        """The median of the seconds that a question took."""
        return median(self.seconds) if self.seconds else 0.0


@dataclass(frozen=True)
class Company:
    """Whose figures are asked for; only: these KPIs instead of all."""

    organisation: Organisation
    definitions: Definitions
    only: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every KPI of the definitions, those that no page shows included."""
        return self.only or tuple(self.definitions.kpis)

    def questions(self) -> Iterator[tuple[str, Slice]]:
        """Give the questions that agreement is measured on: periods, grains, currencies, rates and dimensions."""
        now = self.organisation.workspace.now()
        year = parse_period(str(now.year), self.organisation, now)
        quarter = parse_period(f"{now.year}-Q{(now.month + 2) // 3}", self.organisation, now)
        before = parse_period(f"{now.year}-Q{(now.month + 2) // 3 - 1 or 1}", self.organisation, now)
        yield "the running quarter", Slice(quarter, now)
        yield "the quarter before, at spot rates, local currencies", Slice(before, now, currency="local", rates="spot")
        yield "the year by month, at booked rates", Slice(year, now, grain="month", rates="booked")
        yield (
            "the quarter by week, teams and lead sources",
            Slice(quarter, now, grain="week", by=("region", "team", "lead_source")),
        )

    def values(self, engine: Engine, asked: Slice) -> dict[tuple[object, ...], Value]:
        """Give the value of each cell."""
        found = [
            value
            for start in range(0, len(self.names), AT_ONCE)
            for names in [self.names[start : start + AT_ONCE]]
            for value in evaluate(engine, self.organisation, self.definitions, asked, Scope.everything(), names)
        ]
        return {(value.kpi, value.region, value.period, *value.bucket): value for value in found}


@dataclass
class Expected:
    """What DuckDB answers, worked out once however many engines are compared with it."""

    company: Company
    engine: Engine
    answered: dict[Slice, dict[tuple[object, ...], Value]] = field(default_factory=dict)

    def values(self, asked: Slice) -> dict[tuple[object, ...], Value]:
        """Give the value of each cell."""
        if asked not in self.answered:
            self.answered[asked] = self.company.values(self.engine, asked)
        return self.answered[asked]


Opening = Callable[[Export], AbstractContextManager[Engine]]


def measure_engines(
    workspace: Workspace, opening: dict[str, Opening], on_question: Callable[[str], None]
) -> list[Agreement]:
    """Give the agreement of each engine with DuckDB on a workspace's newest snapshot, DuckDB's own times first.

    on_question: told after each question.

    Raises KpiError where an engine's part is not installed, StoreError.
    """
    organisation = Organisation.read(workspace)
    company = Company(organisation, Definitions.read(workspace.definitions_file))
    with tempfile.TemporaryDirectory(prefix="engines") as folder, DuckDbEngine(workspace.lake) as base:
        expected = Expected(company, base)
        found = [agreement("duckdb", base, expected, on_question=on_question)]
        began = time.perf_counter()
        export = export_snapshot(workspace.lake, Path(folder), int(base.version()))
        found[0].loading_seconds = time.perf_counter() - began
        for name, opened in opening.items():
            began = time.perf_counter()
            with opened(export) as engine:
                loaded = time.perf_counter() - began
                found.append(agreement(name, engine, expected, on_question=on_question))
                found[-1].loading_seconds = loaded
    return found


def on_postgres(address: str) -> Opening:
    """Give how a snapshot is opened in Postgres; address in libpq's words, the password from PGPASSWORD or a file."""

    def opened(export: Export) -> AbstractContextManager[Engine]:
        try:
            from kpi.engines.postgres import PostgresEngine
        except ImportError as error:
            raise _not_installed("postgres") from error
        return PostgresEngine.load(address, export)

    return opened


def on_clickhouse(export: Export) -> AbstractContextManager[Engine]:
    """Give a snapshot in a ClickHouse of this process."""
    try:
        from kpi.engines.clickhouse import ClickHouseEngine
    except ImportError as error:
        raise _not_installed("clickhouse") from error
    return ClickHouseEngine(export)


def on_spark(master: str) -> Opening:
    """Give how a snapshot is opened in a Spark of this host, such as local-cluster[1,1,1024]."""

    @contextmanager
    def opened(export: Export) -> Iterator[Engine]:
        try:
            from kpi.engines.spark import SparkEngine, local_session
        except ImportError as error:
            raise _not_installed("spark") from error
        session = local_session(master)
        try:
            with SparkEngine(session, export) as engine:
                yield engine
        finally:
            session.stop()

    return opened


def _not_installed(part: str) -> KpiError:
    return KpiError(f"{part} cannot be asked: its part is not installed. pip install 'denominator[{part}]'")


def agreement(
    name: str,
    engine: Engine,
    expected: Expected,
    *,
    questions: Sequence[tuple[str, Slice]] = (),
    on_question: Callable[[str], None] = lambda words: None,
) -> Agreement:
    """Compare every cell of every question: counts and sums exactly, the rest to one part in a thousand million."""
    found, company = Agreement(name), expected.company
    for words, asked in questions or list(company.questions()):
        own = expected.values(asked)
        began = time.perf_counter()
        other = company.values(engine, asked)
        found.seconds.append(time.perf_counter() - began)
        found.kpis |= {str(cell[0]) for cell in other}
        found.cells += len(own.keys() | other.keys())
        found.numbers += sum(value.value is not None for value in own.values())
        for cell in own.keys() | other.keys():
            differences = _differences(company, asked, own.get(cell), other.get(cell))
            found.differing += [f"{words}: {cell}: {what}" for what in differences]
        on_question(f"{name}: {words}: {len(other):,} cells in {found.seconds[-1]:.1f} s")
    return found


def _differences(company: Company, asked: Slice, own: Value | None, other: Value | None) -> Iterator[str]:
    if own is None or other is None:
        yield f"only {'the engine' if own is None else 'DuckDB'} has this cell"
        return
    exact = asked.currency == "group" and _is_sum(company.definitions.kpis[own.kpi])
    for name in NUMBERS:
        one, another = getattr(own, name), getattr(other, name)
        if not _same(one, another, exact=exact or isinstance(one, int)):
            yield f"{name} is {one!r} in DuckDB, {another!r} here"
    for name in WORDS:
        if getattr(own, name) != getattr(other, name):
            yield f"{name} is {getattr(own, name)} in DuckDB, {getattr(other, name)} here"


def _is_sum(kpi: Kpi) -> bool:
    """Say whether a KPI is made of counts and sums of amounts alone, with nothing divided."""
    return kpi.formula is not None and not kpi.averaged and not any(word in kpi.formula for word in INEXACT)


def _same(one: object, another: object, *, exact: bool) -> bool:
    if one is None or another is None or exact:
        return one == another
    if isinstance(one, Decimal | float | int) and isinstance(another, Decimal | float | int):
        return isclose(float(one), float(another), rel_tol=CLOSE, abs_tol=0.0)
    return False
