"""The store at one snapshot as an engine: what was asked before is not worked out again."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest

from kpi.engines import duckdb
from kpi.engines.duckdb import DuckDbEngine
from tests.etl.shop import Shop
from warehouse.store import Store


def test_a_short_answer_of_a_snapshot_is_worked_out_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    answer = Store.query

    def query(store: Store, sql: str, parameters: Mapping[str, object] | None = None) -> pl.DataFrame:
        asked.append(sql)
        return answer(store, sql, parameters)

    monkeypatch.setattr(Store, "query", query)
    monkeypatch.setattr(duckdb, "SHORT", 1)
    with DuckDbEngine(Shop.open(tmp_path).workspace.lake) as engine:
        asked.clear()
        twice = [engine.fetch("SELECT $day AS day", {"day": day}).item() for day in (1, 2, 1)]
        assert (twice, len(asked)) == ([1, 2, 1], 2), "another parameter is another question"
        for _ in range(2):
            engine.fetch("SELECT unnest([1, 2]) AS day")
        assert len(asked) == 4, "an answer of many rows is not kept"
