"""Alembic's entry: brings the docket's tables up to date on the connection it is given."""

from alembic import context

from docket.tables import Table

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Table.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
