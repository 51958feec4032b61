"""Migration: a store of an earlier version gains what the schema gained, and loses nothing."""

from pathlib import Path

import polars as pl
import pytest

from warehouse.errors import StoreError, StoreOutdated
from warehouse.migration import new_statements
from warehouse.schema import tables
from warehouse.store import Store


def test_a_new_store_needs_nothing(tmp_path: Path) -> None:
    with Store.open_writer(tmp_path) as store:
        assert new_statements(store) == []


def test_an_older_store_gains_tables_columns_and_views_and_keeps_its_rows(tmp_path: Path) -> None:
    with Store.open_writer(tmp_path) as store, store.transaction("older"):
        store.insert("ignored_row", pl.DataFrame({"load_id": ["l"], "line": [2], "reason": ["FOOTER"]}))
        store.insert("load_region", pl.DataFrame({"load_id": ["l"], "region": ["north"], "rows": [3]}))
        store.execute("DROP VIEW feed")
        store.execute("DROP TABLE load_amount")
        store.execute("DROP VIEW order_intake")
        store.execute("DROP TABLE order_intake_version")
        store.execute("ALTER TABLE load_region DROP COLUMN data_until")
    with Store.open_writer(tmp_path) as store:
        assert new_statements(store) == []
        assert store.query("SELECT * FROM ignored_row").rows() == [("l", 2, "FOOTER")]
        assert store.query("SELECT rows, data_until FROM load_region").rows() == [(3, None)]
        assert store.query("SELECT * FROM load_amount").is_empty()
        assert store.query("SELECT * FROM feed").is_empty()
        assert store.query("SELECT region, month, value, currency FROM order_intake").is_empty()
    with Store.open_reader(tmp_path) as reader:
        present = set(reader.query("SELECT table_name FROM duckdb_tables()")["table_name"])
        assert set(tables()) <= present


def test_a_store_that_no_loader_of_this_version_has_opened_says_what_to_do(tmp_path: Path) -> None:
    with Store.open_writer(tmp_path) as store, store.transaction("older"):
        store.execute("ALTER TABLE load_region DROP COLUMN data_until")
    with Store.open_reader(tmp_path) as reader:
        assert reader.query("SELECT region FROM load_region").is_empty(), "what was there then can be asked"
        with pytest.raises(StoreOutdated, match=r"before there was load_region\.data_until\. Start "):
            reader.query("SELECT data_until FROM load_region")
        with pytest.raises(StoreError, match="The store failed"):
            reader.query("SELECT 1 / FROM load_region")
    with Store.open_writer(tmp_path) as store:
        assert store.query("SELECT data_until FROM load_region").is_empty()
