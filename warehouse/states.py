"""The states of one source's records in the store: what is known last, what a fold adds, starting over."""

import polars as pl

from warehouse.absence import Rules
from warehouse.history import Folded, last_state_columns
from warehouse.schema import Table
from warehouse.store import Store


def last_states(
    store: Store, table: Table, source: str, *, rules: Rules, keys: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Give the last state of each record of a source (ended ones too); with keys only of those records."""
    columns = ", ".join(f'"{name}"' for name in last_state_columns(table, rules))
    by = ", ".join(f'"{name}"' for name in table.keys)
    statement = (
        f"SELECT {columns} FROM {table.name} WHERE source = ? {{only}} QUALIFY row_number() OVER "
        f"(PARTITION BY {by} ORDER BY known_from DESC, known_until DESC NULLS FIRST) = 1"
    )
    if keys is None:
        return store.query(statement.format(only=""), [source])
    with store.frame("wanted", keys):
        return store.query(statement.format(only=f"AND ({by}) IN (SELECT ({by}) FROM wanted)"), [source])


def store_fold(store: Store, table: Table, source: str, folded: Folded) -> None:
    """Add a fold's new states and end, or mark as held back, those it updates. Needs a transaction."""
    store.insert(table.name, folded.added.with_columns(source=pl.lit(source)))
    if folded.updated.is_empty():
        return
    same = " AND ".join(f'states."{name}" = ended."{name}"' for name in (*table.keys, "known_from", "load_id"))
    with store.frame("ended", folded.updated):
        store.execute(
            f"UPDATE {table.name} AS states SET known_until = ended.known_until, "
            f"ended_because = ended.ended_because, held_back = ended.held_back FROM ended "
            f"WHERE states.source = ? AND {same}",
            [source],
        )


def forget_states(store: Store, table: Table, source: str) -> None:
    """Remove all states of a source's table, so that it can be folded from its first export. Needs a transaction."""
    store.execute(f"DELETE FROM {table.name} WHERE source = ?", [source])
