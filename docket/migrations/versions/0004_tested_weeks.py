"""How many weeks were tested together, so that a chart can mark them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; what was read before has none until it is read again."""
    op.add_column("deviation", sa.Column("weeks", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Remove the column."""
    op.drop_column("deviation", "weeks")
