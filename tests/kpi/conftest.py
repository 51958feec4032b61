"""A tiny company and a warehouse in memory, filled row by row so that every expected figure can be checked by eye."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from pathlib import Path
from threading import Lock

import duckdb
import polars as pl
import pytest

from kpi.definitions import Definitions
from kpi.evaluate import evaluate
from kpi.period import parse_period
from kpi.scope import Scope
from kpi.slice import Slice
from kpi.value import Value
from organisation import Amount, Export, FiscalYear, Group, Organisation, Region, RegionRule, Source, Workspace

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)  # a Tuesday in week 9 of 2026 Q4
TABLES = ("opportunity", "lead", "activity", "account", "person", "target", "fx_rate")
TABLE_KEYS = {"opportunity": "opportunities", "activity": "activities"}
Cell = object


class MemoryEngine:
    """An engine over a DuckDB in memory that holds the canonical schema."""

    dialect = "duckdb"

    def __init__(self) -> None:
        self._one_at_a_time = Lock()
        self.connection = duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false", "threads": "1"})
        self.connection.execute("SET TimeZone = 'UTC'")
        self.connection.execute((ROOT / "warehouse/schema.sql").read_text(encoding="utf-8"))

    def schema(self) -> dict[str, dict[str, str]]:
        """Give the columns and types of every table and view."""
        rows = self.fetch(
            "SELECT table_name, column_name, data_type FROM information_schema.columns ORDER BY ordinal_position"
        )
        tables: dict[str, dict[str, str]] = {}
        for table, column, kind in rows.iter_rows():
            tables.setdefault(table, {})[column] = kind
        return tables

    def version(self) -> str:
        """Give the snapshot: memory has only one."""
        return "1"

    def fetch(self, sql: str, parameters: Mapping[str, object] | None = None) -> pl.DataFrame:
        """Give the rows of a statement; one at a time, as a connection can."""
        with self._one_at_a_time:
            return self.connection.execute(sql, parameters or None).pl()


@dataclass
class Warehouse:
    """The warehouse of the tiny company, with a verb for each kind of row."""

    organisation: Organisation
    engine: MemoryEngine
    lines: dict[str, int] = field(default_factory=dict)

    def deal(self, deal: str, amount: float | str | None, region: str = "north", **given: Cell) -> None:
        """Add a deal: won="2026-10-05", lost="2026-10-05" or open with closes="2026-12-01"."""
        outcome = "won" if "won" in given else "lost" if "lost" in given else given.pop("outcome", "open")
        closed = given.pop("won", given.pop("lost", None))
        stage = "propose" if outcome == "open" else outcome
        defaults: dict[str, Cell] = {
            "opportunity_id": deal,
            "name": f"deal {deal}",
            "account_ref": f"account of {deal}",
            "owner_ref": "Person One",
            "amount": None if amount is None else Decimal(str(amount)),
            "first_amount": None if amount is None else Decimal(str(amount)),
            "currency": self.organisation.regions[region].currency if region in self.organisation.regions else None,
            "created_at": given.pop("created", "2026-06-01"),
            "first_seen_at": "2026-06-02",
            "expected_close_on": given.pop("closes", closed),
            "closed_on": closed,
            "won_on": closed if outcome == "won" else None,
            "stage": stage,
            "stage_raw": stage,
            "outcome": outcome,
            "reached_develop": True,
            "times_pushed": 0,
            "business_type": "new",
            "segment": "enterprise",
            "lead_source": "Web",
            "currency_assumed": False,
            "closed_on_estimated": False,
            "is_deleted": False,
            "on_hold": False,
        }
        self.add("opportunity", region, defaults | given)

    def history(self, deal: str, region: str = "north", **states: Mapping[str, Cell]) -> None:
        """Add the states of a deal, each known from its name's day on: _2026_10_01={"amount": 10, "closes": …}."""
        since = [name.removeprefix("_").replace("_", "-") for name in states]
        for known_from, known_until, state in zip(since, [*since[1:], None], states.values(), strict=True):
            given = {"known_from": known_from, "known_until": known_until, **state}
            self.deal(deal, given.pop("amount"), region, **given)  # type: ignore[arg-type]

    def lead(self, lead: str, region: str = "north", **given: Cell) -> None:
        """Add a lead: created=, due=, touched=, qualified= as instants."""
        names = {"created": "created_at", "due": "sla_due_at", "touched": "first_touch_at", "qualified": "sql_at"}
        renamed = {names.get(name, name): value for name, value in given.items()}
        defaults: dict[str, Cell] = {
            "lead_id": lead,
            "created_at": "2026-10-05T09:00",
            "status": "open",
            "status_raw": "Open",
            "owner_ref": "Person One",
            "lead_source": "Web",
        }
        self.add("lead", region, defaults | renamed)

    def target(self, month: str, value: float | str, region: str = "north", **given: Cell) -> None:
        """Add the plan of won value of a region ("group" for the group) for a month ("2026-10")."""
        scope = "group" if region == "group" else "region"
        currency = "EUR" if region == "group" else self.organisation.regions[region].currency
        defaults: dict[str, Cell] = {
            "scope": scope,
            "scope_id": region,
            "month": f"{month}-01",
            "kpi": "won_value",
            "kind": "plan",
            "value": Decimal(str(value)),
            "currency": currency,
        }
        self.add("target", None if region == "group" else region, {"source": "planning"} | defaults | given)

    def forecast(self, starts: str, ends: str, value: float, region: str = "north", **given: Cell) -> None:
        """Add what a role expects ("call") of a region's period, locked on its first day unless locked_on says else."""
        defaults: dict[str, Cell] = {
            "scope": "region",
            "scope_id": region,
            "starts_on": starts,
            "ends_on": ends,
            "category": "call",
            "submitted_by_role": "regional manager",
            "locked_on": starts,
            "value": Decimal(str(value)),
            "currency": self.organisation.regions[region].currency,
        }
        self.add("forecast", region, {"source": "planning"} | defaults | given)

    def rate(self, currency: str, on: str, rate: float | str, kind: str = "budget") -> None:
        """Add a rate: units of the group's currency for one unit of a currency."""
        columns = {"source": "planning", "currency": currency, "on_date": on, "kind": kind, "rate": Decimal(str(rate))}
        self.add("fx_rate", None, columns)

    def feed(self, region: str, table: str = "opportunity", exported: str = "2026-11-24T06:30", **given: Cell) -> None:
        """Say that a region's table was loaded from an export of a moment."""
        source = str(given.pop("source", f"{region}_crm"))
        rows = int(str(given.pop("rows", 10)))
        load_id = str(given.pop("load_id", f"{source}-{table}-{exported}"))
        until = given.pop("data_until", exported)
        defaults: dict[str, Cell] = {
            "load_id": load_id,
            "source": source,
            "table_name": table,
            "file": f"{TABLE_KEYS.get(table, table + 's')}_{exported[:10]}.csv",
            "archived_as": f"{source}/{table}_{exported[:10]}.csv",
            "sha256": load_id,
            "profile_hash": "p",
            "exported_at": instant(exported),
            "exported_at_from": "file name",
            "loaded_at": instant(exported),
            "mode": "full",
            "covers": "all",
            "status": "loaded",
            "rows_in": rows,
            "loaded": rows,
            "changed": rows,
            "rejected": 0,
            "ignored": 0,
            "seconds": 0.1,
            "who": "loader",
        }
        self.insert("load", defaults | given)
        columns = {"load_id": load_id, "region": region, "rows": rows, "data_until": instant(str(until))}
        self.insert("load_region", columns)

    def feeds(self, *regions: str, exported: str = "2026-11-24T06:30") -> None:
        """Say that deals and leads of the regions (all where none is named) were loaded from exports of a moment."""
        for region in regions or tuple(self.organisation.regions):
            for table in ("opportunity", "lead"):
                self.feed(region, table, exported)

    def value(self, kpi: str, region: str = "north", period: str = "2026-Q4", **more: Cell) -> Value:
        """Give a KPI's value as the shipped definitions compute it."""
        asked = replace(Slice(parse_period(period, self.organisation, NOW), NOW), **more)  # type: ignore[arg-type]
        found = evaluate(self.engine, self.organisation, shipped(), asked, Scope.everything(), [kpi])
        return next(value for value in found if value.region == region)

    def add(self, table: str, region: str | None, columns: Mapping[str, Cell]) -> None:
        """Add one state of a record to a keyed table; loader columns are filled where they are not given."""
        source = str(columns.get("source", f"{region}_crm"))
        self.lines[source] = self.lines.get(source, 1) + 1
        defaults: dict[str, Cell] = {
            "source": source,
            "region": region,
            "row_hash": f"{source}-{self.lines[source]}",
            "load_id": f"{source}-{table}-2026-11-24T06:30",
            "line": self.lines[source],
            "known_from": "2026-01-01",
            "known_until": None,
            "ended_because": None,
            "held_back": False,
        }
        self.insert(f"{table}_version", defaults | dict(columns))

    def insert(self, table: str, columns: Mapping[str, Cell]) -> None:
        """Add a row as it is; text is an instant where the column is one."""
        kinds = self.engine.schema()[table] if table not in _KINDS else _KINDS[table]
        _KINDS[table] = kinds
        values = [
            instant(value) if kinds[name].startswith("TIMESTAMP") and isinstance(value, str) else value
            for name, value in columns.items()
        ]
        names, marks = [f'"{name}"' for name in columns], ", ".join("?" for _ in columns)
        self.engine.connection.execute(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", values)


_KINDS: dict[str, dict[str, str]] = {}


@cache
def shipped() -> Definitions:
    """Give the definitions that the product ships."""
    return Definitions.read(ROOT / "kpi_definitions.yaml")


def instant(text: str | datetime) -> datetime:
    """Give the instant of "2026-10-05" or "2026-10-05T09:00", in UTC."""
    if isinstance(text, datetime):
        return text
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def region(name: str, **given: Cell) -> Region:
    """Give a region: euro, Berlin, calendar year, eight hours a day, eight hours for a lead."""
    stated: dict[str, Cell] = {
        "id": name,
        "name": name.title(),
        "part_of": None,
        "manager": f"regional manager {name}",
        "currency": "EUR",
        "timezone": "Europe/Berlin",
        "country": "DE",
        "opens": time(9),
        "closes": time(17),
        "fiscal_years": (FiscalYear(1),),
        "lead_sla": {"default": 8.0},
        "person_level": "off",
        "holidays": frozenset(),
        "file": Path(f"regions/{name}.yaml"),
    } | given
    return Region(**stated)  # type: ignore[arg-type]


def source(region_id: str, currency: str) -> Source:
    """Give the source of a region, with weekly exports of deals and leads on Mondays."""
    exports = {
        key: Export(key=key, table=table, files=f"{key}_*.csv", arrives="monday by 07:00")
        for key, table in (("opportunities", "opportunity"), ("leads", "lead"))
    }
    return Source(
        id=f"{region_id}_crm",
        crm="generic",
        region=RegionRule(default=region_id),
        currency=currency,
        amount=Amount(),
        timezone=None,
        exports=exports,
        words={},
        aliases={},
        won_on="close_date",
        file=Path(f"sources/{region_id}_crm.yaml"),
    )


@pytest.fixture
def organisation(tmp_path: Path) -> Organisation:
    """The three regions of three_regions."""
    return three_regions(tmp_path)


def three_regions(tmp_path: Path) -> Organisation:
    """Give north (euro, calendar year), south (dollar, year from July), east (yen, year from May)."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/clock").write_text(NOW.isoformat(), encoding="utf-8")
    regions = {
        "north": region("north"),
        "south": region(
            "south", currency="USD", timezone="America/New_York", country="US", fiscal_years=(FiscalYear(7),)
        ),
        "east": region("east", currency="JPY", timezone="Asia/Tokyo", country="JP", fiscal_years=(FiscalYear(5),)),
    }
    sources = {f"{name}_crm": source(name, one.currency) for name, one in regions.items()}
    return Organisation(
        workspace=Workspace(tmp_path),
        group=Group("Group", "EUR", "monday", (FiscalYear(1),), "Europe/Berlin"),
        regions=regions,
        sources=sources,
    )


def empty_warehouse(organisation: Organisation) -> Warehouse:
    """Give a warehouse of the company: its working calendars, and rates between the three currencies."""
    engine = MemoryEngine()
    days = [
        {"region": name, "day": day, "opens_at": opens, "closes_at": closes}
        for name, calendar in organisation.working_calendars.items()
        for day, opens, closes in calendar.days(date(2025, 1, 1), date(2027, 1, 31))
    ]
    engine.connection.register("days", pl.DataFrame(days).to_arrow())
    engine.connection.execute("INSERT INTO calendar SELECT region, day, opens_at, closes_at FROM days")
    filled = Warehouse(organisation, engine)
    for currency, rate in {"EUR": "1", "USD": "0.5", "JPY": "0.01"}.items():
        for kind in ("budget", "spot"):
            filled.rate(currency, "2024-01-01", rate, kind)
    return filled


@pytest.fixture
def warehouse(organisation: Organisation) -> Iterator[Warehouse]:
    """An empty warehouse of the company."""
    filled = empty_warehouse(organisation)
    yield filled
    filled.engine.connection.close()


@pytest.fixture
def twins(organisation: Organisation) -> Iterator[Callable[[], tuple[Warehouse, Warehouse]]]:
    """Two warehouses of the same company, emptied of their records each time they are asked for."""
    both = (empty_warehouse(organisation), empty_warehouse(organisation))

    def emptied() -> tuple[Warehouse, Warehouse]:
        for one in both:
            for table in (
                "opportunity_version",
                "lead_version",
                "target_version",
                "order_intake_version",
                "forecast_version",
                "account_version",
                "account_match_version",
                "account_plan_version",
                "same_deal_version",
                "load",
                "load_region",
            ):
                one.engine.connection.execute(f"DELETE FROM {table}")
        return both

    yield emptied
    for one in both:
        one.engine.connection.close()
