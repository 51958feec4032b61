from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from docket.database import Database
from docket.tables import Table


def test_the_migrations_make_the_tables_that_the_code_knows(database: Database) -> None:
    with database.session() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []
