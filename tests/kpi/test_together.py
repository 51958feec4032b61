"""Several questions asked together: one statement, and each gets what it gets alone."""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl
import pytest

from kpi.asking import Asking
from kpi.evaluate import evaluate, evaluate_together
from kpi.period import parse_period
from kpi.scope import Scope
from kpi.slice import Currency, Slice
from tests.kpi.conftest import NOW, MemoryEngine, Warehouse, shipped

EACH_KIND = (
    "won_value",
    "pace",
    "open_pipeline",
    "slippage",
    "pipe_yield",
    "win_rate",
    "sales_cycle",
    "lead_sla",
    "freshness",
)
MONTHS = ("2026-02", "2026-05", "2026-08", "2026-11")


class Listening:
    """An engine that remembers the statements about cells."""

    dialect = "duckdb"

    def __init__(self, engine: MemoryEngine) -> None:
        self.engine, self.asked = engine, list[str]()
        self.schema, self.version = engine.schema, engine.version

    def fetch(self, sql: str, parameters: Mapping[str, object] | None = None) -> pl.DataFrame:
        """Give the rows of a statement."""
        if "cell_bucket" in (parameters or {}):
            self.asked.append(sql)
        return self.engine.fetch(sql, parameters)


@pytest.fixture
def asking(warehouse: Warehouse) -> Asking:
    """Wins, losses, pushes, leads and plans of six months in three regions, and the question of this quarter."""
    warehouse.feeds(exported="2025-10-01T06:30")
    warehouse.feeds()
    for place, month in enumerate(MONTHS):
        for region in warehouse.organisation.regions:
            opened = {"amount": 100 + place, "closes": f"{month}-25"}
            ended = {"amount": 90 + place, ("won", "lost")[place % 2]: f"{month}-20"}
            known = {f"_{month}_02".replace("-", "_"): opened, f"_{month}_21".replace("-", "_"): ended}
            warehouse.history(f"{region} {month}", region, **known)
            warehouse.deal(
                f"open {month}", 50, region, closes="2026-12-01", known_from=f"{month}-03", times_pushed=place
            )
            warehouse.lead(f"{region} {month}", region, created=f"{month}-04T09:00", due=f"{month}-05T09:00")
            warehouse.target(month, 1000, region)
    asked = Slice(parse_period("2026-Q4", warehouse.organisation, NOW), NOW, by=("region",))
    return Asking(Listening(warehouse.engine), warehouse.organisation, shipped(), asked, Scope.everything())


@pytest.mark.parametrize("currency", ["group", "local"])
def test_questions_asked_together_get_what_each_gets_alone(asking: Asking, currency: Currency) -> None:
    questions = [replace(asked, currency=currency) for asked in (*asking.past(2), asking.asked)]
    how = (asking.engine, asking.organisation, asking.definitions)
    together = evaluate_together(*how, questions, asking.scope, EACH_KIND)
    assert together == [evaluate(*how, asked, asking.scope, EACH_KIND) for asked in questions]
    assert any(value.value for values in together[:-1] for value in values)


def test_periods_that_differ_in_their_days_alone_share_a_statement(asking: Asking) -> None:
    names = ("won_value", "open_pipeline", "slippage")
    evaluate_together(asking.engine, asking.organisation, asking.definitions, asking.past(), asking.scope, names)
    assert isinstance(asking.engine, Listening)
    assert len(asking.engine.asked) == 1
