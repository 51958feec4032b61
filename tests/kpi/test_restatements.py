"""The past has changed: which closed deals, by how much and why; the sum is the difference of the KPI."""

import atexit
import os
import shutil
import tempfile
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.load import replay
from kpi.definitions import Definitions
from kpi.engines.duckdb import DuckDbEngine
from kpi.evaluate import evaluate_together
from kpi.period import parse_period
from kpi.restatements import Known, Restatement, restatements, won_by_month
from kpi.scope import Scope
from kpi.slice import Slice
from tests.etl.shop import REGION, SOURCE, Shop
from warehouse.store import Store

HEADER = "opportunity_id,account_ref,owner_ref,stage_raw,amount,currency,expected_close_on,created_at,closed_on,Area\n"
PROFILE = SOURCE.replace("region: north", "region_from: {column: Area, S: south, default: north}")
RATES = "currency,on_date,kind,rate\nUSD,2026-01-01,budget,0.5\n"
KPIS = Path(__file__).parents[2] / "kpi_definitions.yaml"
EXAMPLES = 60 if os.environ.get("DENOMINATOR_FULL") else 4  # two loads and eight months of KPIs each
Deal = tuple[str, str, str, str, str]  # id, stage, amount, closing day, area


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return company(tmp_path)


def company(root: Path) -> Shop:
    """Give the company with its rates loaded: loaded once, copied often."""
    return _company().copied(root)


@cache
def _company() -> Shop:
    root = Path(tempfile.mkdtemp(prefix="restated"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    shop = Shop.open(root)
    (shop.workspace.regions_dir / "south.yaml").write_text(REGION.replace("North", "South"), encoding="utf-8")
    rates = '  fx_rates: {files: "rates*.csv", encoding: utf-8, delimiter: ",", decimal: ".", dates: ymd}\nstages:'
    (shop.workspace.sources_dir / "shop.yaml").write_text(PROFILE.replace("stages:", rates), encoding="utf-8")
    shop.drop("rates.csv", RATES)
    shop.load()
    return shop


def drop(shop: Shop, day: str, *deals: Deal, currency: str = "EUR") -> None:
    lines = [
        f"{name},Customer {name},Person One,{stage},{amount},{currency},{closed or '2026-12-01'},2026-01-05,"
        f"{closed},{area}\n"
        for name, stage, amount, closed, area in deals
    ]
    shop.drop(f"opportunities_{day}.csv", HEADER + "".join(lines))


def load(shop: Shop) -> int:
    shop.load()
    return snapshot(shop)


def snapshot(shop: Shop) -> int:
    with Store.open_reader(shop.workspace.lake) as store:
        return store.snapshot


def since(shop: Shop, before: int, scope: Scope | None = None) -> tuple[Restatement, ...]:
    lake = shop.workspace.lake
    with DuckDbEngine(lake, before) as then, DuckDbEngine(lake) as now:
        return restatements(Known(then), Known(now), shop.organisation, scope or Scope.everything())


def told(found: tuple[Restatement, ...]) -> list[tuple[object, ...]]:
    return [
        (each.number, each.cause.name, each.file, each.change, [(c.field, c.before, c.after) for c in each.changes])
        for each in found
    ]


WON: Deal = ("d1", "Won", "100", "2026-09-10", "N")
OPEN: Deal = ("d2", "Open", "50", "", "N")
LOST: Deal = ("d3", "Lost", "30", "2026-09-20", "S")


def test_what_closes_after_the_last_known_export_is_news_and_no_restatement(shop: Shop) -> None:
    drop(shop, "2026-11-03", WON, OPEN, LOST)
    before = load(shop)
    drop(shop, "2026-11-10", WON, ("d2", "Won", "60", "2026-11-03", "N"), LOST)
    load(shop)
    assert since(shop, before) == ()


def test_a_closed_deal_that_the_crm_changed_is_told_with_each_field_and_its_line(shop: Shop) -> None:
    drop(shop, "2026-11-03", WON, OPEN, LOST)
    before = load(shop)
    drop(shop, "2026-11-10", ("d1", "Won", "80", "2026-08-31", "N"), OPEN, LOST)
    load(shop)
    found = since(shop, before)
    changes = [("amount", "100.00", "80.00"), ("closed_on", "2026-09-10", "2026-08-31")]
    assert told(found) == [("d1", "EDITED", "opportunities_2026-11-10.csv", Decimal(-20), changes)]
    (each,) = found
    assert (each.line, each.account, each.month_before, each.month_after) == (
        2,
        "Customer d1",
        date(2026, 9, 1),
        date(2026, 8, 1),
    )
    assert won_by_month(found) == {("north", date(2026, 8, 1)): 80, ("north", date(2026, 9, 1)): -100}


def test_a_deal_closed_in_the_past_only_now_a_reopened_and_a_deleted_one(shop: Shop) -> None:
    drop(shop, "2026-11-03", WON, OPEN, LOST, ("d4", "Won", "7", "2026-09-01", "N"), ("d5", "Open", "1", "", "N"))
    before = load(shop)
    drop(
        shop,
        "2026-11-10",
        ("d1", "Open", "100", "", "N"),
        ("d2", "Won", "50", "2026-10-15", "N"),
        LOST,
        ("d5", "Open", "1", "", "N"),
    )
    load(shop)
    assert [row[:4] for row in told(since(shop, before))] == [
        ("d1", "EDITED", "opportunities_2026-11-10.csv", Decimal(-100)),
        ("d2", "BACKDATED", "opportunities_2026-11-10.csv", Decimal(50)),
        ("d4", "DELETED", "opportunities_2026-11-10.csv", Decimal(-7)),
    ]


def test_a_deal_that_moved_takes_its_value_along_and_a_reader_of_one_region_sees_only_that(shop: Shop) -> None:
    drop(shop, "2026-11-03", WON, OPEN)
    before = load(shop)
    drop(shop, "2026-11-10", ("d1", "Won", "100", "2026-09-10", "S"), OPEN)
    load(shop)
    (moved,) = since(shop, before)
    assert (moved.cause.name, moved.change) == ("MOVED", Decimal(0))
    assert won_by_month([moved]) == {("north", date(2026, 9, 1)): -100, ("south", date(2026, 9, 1)): 100}
    (gone,) = since(shop, before, Scope.of_regions("north"))
    assert (gone.region, gone.region_after, gone.won_after, gone.change) == ("north", None, Decimal(0), Decimal(-100))
    assert "south" not in repr(gone)
    assert since(shop, before, Scope.of_regions()) == ()


def test_a_late_file_a_withdrawn_one_a_replay_and_a_corrected_row_are_named(shop: Shop) -> None:
    drop(shop, "2026-11-03", WON, OPEN, ("d9", "Won", "nine", "2026-09-01", "N"))
    drop(shop, "2026-11-17", ("d1", "Won", "999", "2026-09-10", "N"), OPEN, ("d9", "Won", "nine", "2026-09-01", "N"))
    before = load(shop)
    ((wrong,),) = shop.query("SELECT load_id FROM load WHERE file LIKE '%11-17%'")
    with Store.open_writer(shop.workspace.lake) as store:
        replay(shop.organisation, store, "shop", without=str(wrong), who="sales operations")
    found = since(shop, before)
    assert [(each.cause.name, each.file, each.who, each.change) for each in found] == [
        ("WITHDRAWN", "opportunities_2026-11-17.csv", "sales operations", Decimal(-899))
    ]
    before = snapshot(shop)
    drop(shop, "2026-11-10", WON, OPEN, ("d9", "Won", "9", "2026-09-01", "N"))
    load(shop)
    assert [row[:4] for row in told(since(shop, before))] == [
        ("d9", "CORRECTED", "opportunities_2026-11-10.csv", Decimal(9))
    ]
    before = snapshot(shop)
    profile = shop.workspace.sources_dir / "shop.yaml"
    profile.write_text(profile.read_text().replace("Won: won", "Won: lost"), encoding="utf-8")
    with Store.open_writer(shop.workspace.lake) as store:
        replay(shop.organisation, store, "shop", without=None)
    assert {(each.number, each.cause.name) for each in since(shop, before)} == {("d1", "REPLAYED"), ("d9", "REPLAYED")}


def test_a_late_file_that_alone_shows_a_deal_is_named(shop: Shop) -> None:
    profile = shop.workspace.sources_dir / "shop.yaml"
    profile.write_text(profile.read_text().replace("mode: full", "mode: delta"), encoding="utf-8")
    drop(shop, "2026-11-17", WON)
    before = load(shop)
    drop(shop, "2026-11-10", ("d7", "Won", "70", "2026-09-01", "N"))
    load(shop)
    assert [row[:4] for row in told(since(shop, before))] == [
        ("d7", "LATE_FILE", "opportunities_2026-11-10.csv", Decimal(70))
    ]


def test_a_changed_budget_rate_restates_deals_in_its_currency(shop: Shop) -> None:
    drop(shop, "2026-11-03", WON, OPEN, currency="USD")
    before = load(shop)
    shop.drop("rates2.csv", RATES.replace("0.5", "0.75"))
    load(shop)
    (each,) = since(shop, before)
    assert (each.cause.name, each.won_before, each.won_after, each.change) == (
        "RATE",
        Decimal(50),
        Decimal(75),
        Decimal(25),
    )


def test_two_moments_of_one_store_are_compared_by_what_exports_showed(shop: Shop) -> None:
    drop(shop, "2026-11-03", WON, OPEN)
    drop(shop, "2026-11-10", ("d1", "Won", "80", "2026-09-10", "N"), OPEN)
    load(shop)
    moment = shop.query("SELECT max(exported_at) - INTERVAL 1 day FROM load WHERE table_name = 'opportunity'")[0][0]
    with DuckDbEngine(shop.workspace.lake) as now:
        found = restatements(Known(now, moment), Known(now), shop.organisation, Scope.everything())  # type: ignore[arg-type]
    assert [row[:4] for row in told(found)] == [("d1", "EDITED", "opportunities_2026-11-10.csv", Decimal(-20))]


@pytest.fixture
def definitions() -> Definitions:
    return Definitions.read(KPIS)


MONTHS = (7, 8, 9, 10)
STAGES = st.sampled_from(["Won", "Lost", "Open"])
DAYS = st.sampled_from(["2026-07-15", "2026-08-31", "2026-09-01", "2026-10-31"])
EXPORTS = st.lists(
    st.dictionaries(
        st.sampled_from("abcdef"),
        st.tuples(STAGES, st.integers(1, 10**9), DAYS, st.sampled_from("NS")),
        min_size=3,
        max_size=6,
    ),
    min_size=2,
    max_size=2,
)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(exports=EXPORTS)
def test_what_is_restated_is_the_difference_of_won_value(
    exports: list[dict[str, tuple[str, int, str, str]]],
    tmp_path_factory: pytest.TempPathFactory,
    definitions: Definitions,
) -> None:
    shop = company(tmp_path_factory.mktemp("shop"))
    snapshots = []
    for day, export in zip(("2026-11-03", "2026-11-10"), exports, strict=True):
        deals = [
            (name, stage, f"{cents / 100:.2f}", closed if stage != "Open" else "", area)
            for name, (stage, cents, closed, area) in export.items()
        ]
        drop(shop, day, *deals, currency="USD")
        snapshots.append(load(shop))
    changed = won_by_month(since(shop, snapshots[0]))
    before, after = (_won(shop, definitions, point) for point in snapshots)
    for month in MONTHS:
        for region in ("north", "south"):
            difference = after[month, region] - before[month, region]
            assert changed.get((region, date(2026, month, 1)), Decimal(0)) == difference


def _won(shop: Shop, definitions: Definitions, point: int) -> dict[tuple[int, str], Decimal]:
    """Give what each month and region won, as known at a snapshot."""
    organisation, now = shop.organisation, shop.workspace.now()
    asked = [Slice(period=parse_period(f"2026-{month:02}", organisation, now), as_of=now) for month in MONTHS]
    with DuckDbEngine(shop.workspace.lake, point) as engine:
        told = evaluate_together(engine, organisation, definitions, asked, Scope.everything(), ["won_value"])
    return {
        (month, value.region): Decimal(str(value.value or 0))
        for month, values in zip(MONTHS, told, strict=True)
        for value in values
    }
