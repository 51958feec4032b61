from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from docket.database import MIGRATIONS, Database
from docket.docket import Docket
from docket.recording import record
from docket.tables import Table
from kpi.scope import Scope
from tests.docket.conftest import on, reading


def test_the_migrations_make_the_tables_that_the_code_knows(database: Database) -> None:
    with database.session() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_a_docket_of_the_first_version_keeps_what_is_on_it(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'docket.sqlite'}"
    first = Database(address)
    record(first, [reading(1.4)], on("2026-11-24"))
    with first.session() as session:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = session.connection()
        command.downgrade(config, "0001")
    first.close()
    again = Database(address)
    assert [item.severity for item in Docket(again, Scope.everything()).items()] == [1.4]
    with again.session() as session:
        assert compare_metadata(MigrationContext.configure(session.connection()), Table.metadata) == []
    again.close()
