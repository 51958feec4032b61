"""The states of one source's records in the store: what is known last, what a fold adds, starting over."""

from dataclasses import dataclass

import polars as pl

from warehouse.absence import Rules
from warehouse.changes import with_changes
from warehouse.history import Folded, last_state_columns
from warehouse.schema import Table, keyed_table
from warehouse.store import Store


@dataclass(frozen=True)
class StatesOf:
    """Whose states: a source's, or where its table comes in parts, those that loads of one of its exports brought."""

    source: str
    in_parts: bool = False
    part: str | None = None

    def where(self, table: Table) -> tuple[str, list[object]]:
        """Give the condition and its parameters."""
        if not self.in_parts:
            return "source = ?", [self.source]
        name = table.name.removesuffix("_version")
        loads = "SELECT load_id FROM load WHERE source = ? AND table_name = ? AND export IS NOT DISTINCT FROM ?"
        return f"source = ? AND load_id IN ({loads})", [self.source, self.source, name, self.part]


def standing(store: Store, table: Table, of: StatesOf, rows: pl.DataFrame) -> int:
    """Give how many rows (key columns, row_hash) are the state in which their record is stored, without an end."""
    condition, parameters = of.where(table)
    by = ", ".join(f'"{name}"' for name in (*table.keys, "row_hash"))
    with store.frame("unchanged", rows):
        statement = f"SELECT count(*) AS rows FROM {table.name} SEMI JOIN unchanged USING ({by}) WHERE {condition} "
        found = store.query(f"{statement} AND known_until IS NULL AND NOT held_back", parameters)
    return int(found["rows"][0])


def last_states(
    store: Store,
    table: Table,
    of: StatesOf,
    *,
    rules: Rules,
    keys: pl.DataFrame | None = None,
    unchanged: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Give the last state of each of the records (ended ones too); with keys only of those, and none of unchanged."""
    condition, parameters = of.where(table)
    columns = ", ".join(f'"{name}"' for name in last_state_columns(table, rules))
    by = ", ".join(f'"{name}"' for name in table.keys)
    statement = (
        f"SELECT {columns} FROM {table.name} {{without}} WHERE {condition} {{only}} QUALIFY row_number() OVER "
        f"(PARTITION BY {by} ORDER BY known_from DESC, known_until DESC NULLS FIRST) = 1"
    )
    if unchanged is not None and unchanged.height:
        with store.frame("unchanged", unchanged):
            return store.query(statement.format(without=f"ANTI JOIN unchanged USING ({by})", only=""), parameters)
    if keys is None:
        return store.query(statement.format(without="", only=""), parameters)
    with store.frame("wanted", keys):
        only = f"AND ({by}) IN (SELECT ({by}) FROM wanted)"
        return store.query(statement.format(without="", only=only), parameters)


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


def refine_past(store: Store, source: str, deals: pl.Series, rules: Rules) -> pl.DataFrame:
    """Put before the first export of deals what their changes tell; gives their states. Needs a transaction.

    Deals of which no change was ever told stay as they are.
    """
    table = keyed_table("opportunity")
    deals = _told_of(store, source, deals)
    if deals.is_empty():
        return pl.DataFrame(schema=table.polars_schema())
    with store.frame("concerned", pl.DataFrame({"opportunity_id": deals.unique()})):
        of_deals = "source = ? AND opportunity_id IN (SELECT opportunity_id FROM concerned)"
        changes = store.query(
            f"SELECT * FROM opportunity_change_version WHERE {of_deals} AND ended_because IS DISTINCT FROM 'deleted' "
            "QUALIFY row_number() OVER (PARTITION BY opportunity_id, changed_at, field ORDER BY known_from DESC) = 1",
            [source],
        )
        observed = store.query(
            f"SELECT * FROM {table.name} WHERE {of_deals} AND load_id NOT IN "
            "(SELECT load_id FROM load WHERE source = ? AND table_name = 'opportunity_change')",
            [source, source],
        )
        states = with_changes(table, observed, changes, rules)
        store.execute(f"DELETE FROM {table.name} WHERE {of_deals}", [source])
    store.insert(table.name, states)
    return states


def _told_of(store: Store, source: str, deals: pl.Series) -> pl.Series:
    """Give those of the deals of which there is a change, or a state that a change once brought."""
    with store.frame("concerned", pl.DataFrame({"opportunity_id": deals.unique()})):
        of_deals = "source = $source AND opportunity_id IN (SELECT opportunity_id FROM concerned)"
        return store.query(
            f"SELECT opportunity_id FROM opportunity_change_version WHERE {of_deals} UNION "
            f"SELECT opportunity_id FROM opportunity_version WHERE {of_deals} AND load_id IN "
            "(SELECT load_id FROM load WHERE source = $source AND table_name = 'opportunity_change')",
            {"source": source},
        )["opportunity_id"]


def forget_states(store: Store, table: Table, of: StatesOf) -> None:
    """Remove all of the states, so that they can be folded from the first export. Needs a transaction."""
    condition, parameters = of.where(table)
    store.execute(f"DELETE FROM {table.name} WHERE {condition}", parameters)
