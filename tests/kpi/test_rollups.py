"""Roll-ups: the same numbers as from the rows, and none where the rows could say something else."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import polars as pl
import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from kpi.engines.duckdb import DuckDbEngine
from kpi.evaluate import evaluate
from kpi.period import parse_period
from kpi.query import compile_query
from kpi.rollups import RELATIONS
from kpi.scope import Scope
from kpi.shape import Shape
from kpi.slice import Slice
from kpi.value import Value
from organisation import Organisation, Workspace
from tests.kpi.conftest import NOW, Warehouse, empty_warehouse, instant, shipped
from tests.kpi.test_oracle import EMPTIED, _company
from tests.kpi.test_same_deal import same

ADDITIVE = (
    "won_value", "average_won_deal", "win_rate", "win_rate_by_value", "pipeline_created", "leads_received",
    "leads_handed_over", "lead_acceptance",
)  # fmt: skip
EVERYTHING, SOUTH = Scope.everything(), Scope.of_regions("south")


class Keeper:
    """An engine that keeps roll-ups of the warehouse in memory, and remembers which."""

    dialect = "duckdb"

    def __init__(self, warehouse: Warehouse) -> None:
        self.engine, self.kept = warehouse.engine, list[str]()
        self.schema, self.version, self.fetch = self.engine.schema, self.engine.version, self.engine.fetch

    def newest_change(self, table: str) -> datetime | None:
        """Give the moment of the newest change of a table's rows."""
        changes = f"SELECT max(known_from), max(known_until) FROM {table}_version"
        found = [moment for moment in self.engine.fetch(changes).row(0) if moment is not None]
        return max(found) if found else None

    def keep(self, name: str, sql: str, parameters: Mapping[str, object]) -> None:
        """Keep the rows of a statement."""
        rows = self.engine.fetch(sql, parameters)
        self.engine.connection.register("kept_rows", rows.to_arrow())
        self.engine.connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM kept_rows")
        self.engine.connection.unregister("kept_rows")
        self.kept.append(name)


@pytest.fixture
def store(organisation: Organisation) -> Iterator[Warehouse]:
    filled = empty_warehouse(organisation)
    yield filled
    filled.engine.connection.close()


def quarter(store: Warehouse, **more: object) -> Slice:
    return replace(Slice(parse_period("2026-Q4", store.organisation, NOW), NOW), **more)  # type: ignore[arg-type]


def both(store: Warehouse, asked: Slice, scope: Scope = EVERYTHING) -> tuple[list[Value], list[Value], list[str]]:
    """Give what the rows say, what roll-ups say, and the names of those that were used."""
    keeper = Keeper(store)
    how = (store.organisation, shipped(), asked, scope, ADDITIVE)
    return evaluate(store.engine, *how), evaluate(keeper, *how), keeper.kept


@settings(
    max_examples=200 if os.environ.get("DENOMINATOR_FULL") else 4,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    seed=st.integers(0, 2**32),
    pairs=st.sampled_from([0, 1, 6]),
    back=st.sampled_from([0, 0, 0, 30, 150]),
    grain=st.sampled_from(["total", "month"]),
)
def test_random_histories_give_the_numbers_of_their_rows(
    store: Warehouse, seed: int, pairs: int, back: int, grain: str
) -> None:
    for table in (*EMPTIED, "same_deal_version"):
        store.engine.connection.execute(f"DELETE FROM {table}")
    random = Random(seed)
    _company(random, store)
    ids = [*store.engine.fetch("SELECT DISTINCT source, opportunity_id FROM opportunity_version ORDER BY ALL").rows()]
    for twin, counted in zip(random.sample(ids, pairs), random.sample(ids, pairs), strict=True):
        if twin[0] != counted[0]:
            same(store, f"{twin[0].removesuffix('_crm')}/{twin[1]}", f"{counted[0].removesuffix('_crm')}/{counted[1]}")
    rows, rolled_up, used = both(store, quarter(store, as_of=NOW - timedelta(days=back), grain=grain))
    assert rolled_up == rows
    assert used or back or not any(value.n for value in rows)


def test_a_deal_without_a_day_and_one_without_a_rate_are_told_as_from_the_rows(warehouse: Warehouse) -> None:
    """Won: 100 at 1, 50 in a currency without a rate, 7 without a day; lost: 10."""
    warehouse.feeds()
    warehouse.deal("won", 100, won="2026-10-05")
    warehouse.deal("unrated", 50, won="2026-10-05", currency="CHF")
    warehouse.deal("undated", 7, won="2026-10-05", won_on=None)
    warehouse.deal("lost", 10, lost="2026-10-05")
    rows, rolled_up, used = both(warehouse, quarter(warehouse))
    assert rolled_up == rows
    assert used
    won = next(value for value in rolled_up if (value.kpi, value.region) == ("won_value", "north"))
    assert won.value is None
    assert (won.n, won.left_out, won.left_out_value) == (2, 1, Decimal(7))
    assert "NO_RATE" in won.reasons


def test_a_roll_up_is_read_under_the_scope() -> None:
    shape = Shape(
        ADDITIVE, (), False, False, "budget", False, False, Scope.of_regions("north"), rolled_up=frozenset(RELATIONS)
    )
    query = compile_query(shipped(), shape)
    tree = sqlglot.parse_one(query.sql, dialect="duckdb")
    read = [table for table in tree.find_all(exp.Table) if table.name.startswith("rollup_")]
    assert {table.name for table in read} == {rollup.name for rollup in query.rollups}
    assert "opportunity_version" not in query.sql
    for table in read:
        select = table.find_ancestor(exp.Select)
        assert select is not None
        assert "scope_regions" in select.args["where"].sql(dialect="duckdb")


def test_a_reader_of_one_region_gets_its_days_alone(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.deal("a", 100, won="2026-10-05")
    warehouse.deal("b", 1000, "south", won="2026-10-05")
    rows, rolled_up, used = both(warehouse, quarter(warehouse), Scope.of_regions("north"))
    assert rolled_up == rows
    assert used
    assert {value.region: value.value for value in rolled_up if value.kpi == "won_value"} == {
        "north": 100,
        "group": 100,
    }


@pytest.mark.parametrize(
    "asked",
    [
        {"as_of": datetime(2026, 11, 1, tzinfo=UTC)},
        {"by": ("region", "segment")},
    ],
)
def test_where_the_rows_could_say_something_else_no_roll_up_is_used(
    warehouse: Warehouse, asked: dict[str, object]
) -> None:
    """200 until the export of 10 November, then 100: as of 1 November it is 200, whatever holds now."""
    warehouse.feeds()
    before, after = {"amount": 200, "won": "2026-10-05"}, {"amount": 100, "won": "2026-10-05"}
    warehouse.history("a", _2026_10_06=before, _2026_11_10=after)
    rows, rolled_up, used = both(warehouse, quarter(warehouse, **asked))
    assert rolled_up == rows
    assert used == []
    won = next(value for value in rolled_up if (value.kpi, value.region) == ("won_value", "north"))
    assert won.value == (200 if "as_of" in asked else 100)


def test_in_local_currency_only_the_total_is_rolled_up(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.deal("a", 100, "south", won="2026-10-05")
    rows, rolled_up, _ = both(warehouse, quarter(warehouse, currency="local"))
    assert rolled_up == rows
    assert {value.region: value.value for value in rolled_up if value.kpi == "won_value"}["south"] == 100


def test_a_deal_that_changed_is_rolled_up_as_it_is_now(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.history(
        "a", _2026_10_06={"amount": 200, "won": "2026-10-05"}, _2026_11_10={"amount": 100, "won": "2026-10-05"}
    )
    warehouse.deal("gone", 50, won="2026-10-05", known_until=instant("2026-11-10"), ended_because="left_view")
    warehouse.deal("deleted", 50, won="2026-10-05", is_deleted=True)
    rows, rolled_up, used = both(warehouse, quarter(warehouse))
    assert rolled_up == rows
    assert used
    assert next(value.value for value in rolled_up if (value.kpi, value.region) == ("won_value", "north")) == 100


def test_deals_that_are_one_are_left_out_of_the_rolled_up_total(warehouse: Warehouse) -> None:
    """
    north  a 100 and c 50 won                       150
    south  b  80 (is a), d 40 won, e 20 won, no day 120
    group  a, c, d                                  190, for a reader of the south alone b too: 120
    """
    warehouse.feeds()
    warehouse.deal("a", 100, won="2026-10-05")
    warehouse.deal("c", 50, won="2026-10-06")
    warehouse.deal("b", 160, "south", won="2026-10-05")
    warehouse.deal("d", 80, "south", won="2026-10-06")
    warehouse.deal("e", 40, "south", won="2026-10-06", won_on=None)
    for twin, counted in (("south/b", "north/a"), ("south/e", "north/c")):
        same(warehouse, twin, counted)
    rows, rolled_up, used = both(warehouse, quarter(warehouse))
    assert rolled_up == rows
    assert used
    won = {value.region: value for value in rolled_up if value.kpi == "won_value"}
    assert {region: value.value for region, value in won.items()} == {
        "north": 150,
        "south": 120,
        "east": 0,
        "group": 190,
    }
    assert won["group"].counted_twice == 80
    assert (won["south"].left_out, won["group"].left_out) == (1, 0)
    for asked, scope in ((quarter(warehouse, regions=("south",)), EVERYTHING), (quarter(warehouse), SOUTH)):
        rows, rolled_up, used = both(warehouse, asked, scope)
        assert rolled_up == rows
        assert used
        won = {value.region: value for value in rolled_up if value.kpi == "won_value"}
        assert won["group"].value == won["south"].value == 120


def test_the_store_keeps_roll_ups_of_its_snapshot(small: Workspace) -> None:
    """Its company has a deal that two regions share."""
    organisation = Organisation.read(small)
    now = small.now()
    with DuckDbEngine(small.lake) as rows, DuckDbEngine(small.lake, kept_above=0) as keeper:
        for period in ("2026-Q4", "2025"):
            asked = Slice(parse_period(period, organisation, now), now, grain="quarter")
            how = (organisation, shipped(), asked, EVERYTHING, ADDITIVE)
            assert evaluate(keeper, *how) == evaluate(rows, *how)
        kept = pl.Series(list(keeper._kept))
        assert rows.newest_change("opportunity") is None
    assert kept.str.starts_with("rollup_").all()
    assert kept.len() > 2
