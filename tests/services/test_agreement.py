"""Every KPI of the shipped definitions on every engine: each cell of each question is what DuckDB answers."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.engines import Agreement, Company, agreement
from kpi.definitions import Definitions
from kpi.engines.base import Engine
from kpi.engines.clickhouse import ClickHouseEngine
from kpi.engines.duckdb import DuckDbEngine
from kpi.engines.postgres import PostgresEngine
from organisation import Organisation, Workspace
from tests.services.servers import Postgres
from tests.small_company import small_company
from warehouse.export import Export, export_snapshot
from warehouse.store import Store

ROOT = Path(__file__).resolve().parents[2]
# What the demonstration company lacks: merged accounts in a chain and in a circle, deals in other currencies than their
# region's, one in a currency without a rate, days and amounts that are not known.
RARE = """
UPDATE account_version SET merged_into = l.next_id FROM (
    SELECT account_id, source, lead(account_id) OVER (PARTITION BY source ORDER BY account_id) AS next_id,
        row_number() OVER (PARTITION BY source ORDER BY account_id) AS place
    FROM account_version WHERE known_until IS NULL
) AS l
WHERE l.source = account_version.source AND l.account_id = account_version.account_id AND l.place % 9 IN (1, 2, 3);
UPDATE account_version SET merged_into = l.first_id FROM (
    SELECT source, max(account_id) AS last_id, min(account_id) AS first_id FROM account_version GROUP BY source
) AS l WHERE l.source = account_version.source AND l.last_id = account_version.account_id;
UPDATE opportunity_version SET currency = 'JPY' WHERE hash(opportunity_id) % 11 = 0;
UPDATE opportunity_version SET currency = 'XAF' WHERE hash(opportunity_id) % 211 = 0;
UPDATE opportunity_version SET amount = NULL WHERE hash(opportunity_id) % 17 = 0;
UPDATE opportunity_version SET won_on = NULL WHERE hash(opportunity_id) % 37 = 0;
UPDATE opportunity_version SET business_type = NULL WHERE hash(opportunity_id) % 13 = 0;
UPDATE lead_version SET first_touch_at = NULL WHERE hash(lead_id) % 19 = 0
"""


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Give a demonstration company of modest size, with what is rare added."""
    workspace = small_company(tmp_path_factory.mktemp("company") / "small")
    with Store.open_writer(workspace.lake) as store, store.transaction("rare"):
        for statement in RARE.split(";"):
            store.execute(statement)
    definitions = Definitions.read(ROOT / "kpi_definitions.yaml")
    return Company(Organisation.read(Workspace(workspace.root)), definitions)


@pytest.fixture(scope="session")
def base(company: Company) -> Iterator[DuckDbEngine]:
    with DuckDbEngine(company.organisation.workspace.lake) as engine:
        yield engine


@pytest.fixture(scope="session")
def export(company: Company, tmp_path_factory: pytest.TempPathFactory) -> Export:
    return export_snapshot(company.organisation.workspace.lake, tmp_path_factory.mktemp("export"))


def assert_all_agree(found: Agreement, least: int = 1000) -> None:
    assert not found.differing, f"{len(found.differing)} of {found.cells}, such as " + "\n".join(found.differing[:20])
    assert found.numbers > least
    said = f"{found.engine}: {found.cells:,} cells, {found.numbers:,} with a number, {len(found.differing)} differ"
    sys.stdout.write(f"\n[promise] {said}; {found.middle_seconds:.1f} s a question\n")


def compared(name: str, engine: Engine, base: DuckDbEngine, company: Company) -> None:
    assert_all_agree(agreement(name, engine, base, company))


def test_postgres_agrees(company: Company, base: DuckDbEngine, export: Export, catalog_server: Postgres) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGPASSWORD", catalog_server.password)
        with PostgresEngine.load(catalog_server.database("kpis"), export) as engine:
            compared("postgres", engine, base, company)


def test_clickhouse_agrees(company: Company, base: DuckDbEngine, export: Export) -> None:
    with ClickHouseEngine(export) as engine:
        compared("clickhouse", engine, base, company)


@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
def test_spark_agrees(company: Company, base: DuckDbEngine, export: Export) -> None:
    """One worker in a process of its own; one question, since planning takes Spark longer than answering."""
    from kpi.engines.spark import SparkEngine, local_session

    session = local_session("local-cluster[1,1,1024]")
    try:
        with SparkEngine(session, export) as engine:
            assert_all_agree(agreement("spark", engine, base, company, list(company.questions())[:1]), least=100)
    finally:
        session.stop()


def test_a_cell_that_differs_is_found(company: Company, base: DuckDbEngine, export: Export) -> None:
    with ClickHouseEngine(export) as engine:
        engine._session.query("ALTER TABLE opportunity_version UPDATE amount = amount + 0.01 WHERE outcome = 'won'")
        found = agreement("clickhouse", engine, base, company, list(company.questions())[:1])
    assert any("won_value" in words and "value is" in words for words in found.differing)
