"""A deal that moves to another region takes its value along: each region as of each day, the group unchanged."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from kpi.engines.duckdb import DuckDbEngine
from kpi.evaluate import evaluate
from kpi.period import parse_period
from kpi.rows import rows_behind
from kpi.scope import Scope
from kpi.slice import Slice
from tests.etl.shop import Shop
from tests.kpi.conftest import shipped
from tests.kpi.test_restatements import company, drop

EVERYTHING = Scope.everything()
BEFORE, NOW = datetime(2026, 11, 9, 12, tzinfo=UTC), datetime(2026, 11, 24, 14, tzinfo=UTC)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """North: d1 won 100, d2 open 50, d3 won 7; on 10 November d1 and d2 move to the south, where d4 won 30."""
    shop = company(tmp_path_factory.mktemp("moves"))
    staying = (("d3", "Won", "7", "2026-10-12", "N"), ("d4", "Won", "30", "2026-10-13", "S"))
    drop(shop, "2026-11-03", ("d1", "Won", "100", "2026-10-10", "N"), ("d2", "Open", "50", "", "N"), *staying)
    shop.load()
    drop(shop, "2026-11-10", ("d1", "Won", "100", "2026-10-10", "S"), ("d2", "Open", "50", "", "S"), *staying)
    shop.load()
    return shop


@pytest.mark.parametrize(
    ("kpi", "as_of", "region", "deals", "total"),
    [
        ("won_value", BEFORE, "north", ["d1", "d3"], 107),
        ("won_value", BEFORE, "south", ["d4"], 30),
        ("won_value", BEFORE, "group", ["d1", "d4", "d3"], 137),
        ("won_value", NOW, "north", ["d3"], 7),
        ("won_value", NOW, "south", ["d1", "d4"], 130),
        ("won_value", NOW, "group", ["d1", "d4", "d3"], 137),
        ("open_pipeline", BEFORE, "north", ["d2"], 50),
        ("open_pipeline", BEFORE, "south", [], 0),
        ("open_pipeline", BEFORE, "group", ["d2"], 50),
        ("open_pipeline", NOW, "north", [], 0),
        ("open_pipeline", NOW, "south", ["d2"], 50),
        ("open_pipeline", NOW, "group", ["d2"], 50),
    ],
)
def test_a_moved_deal_stands_where_it_belonged_on_the_day_asked_for(
    shop: Shop, kpi: str, as_of: datetime, region: str, deals: list[str], total: int
) -> None:
    organisation = shop.organisation
    asked = Slice(parse_period("2026-Q4", organisation, as_of), as_of)
    with DuckDbEngine(shop.workspace.lake) as engine:
        rows = rows_behind(engine, organisation, shipped(), asked, EVERYTHING, kpi=kpi, region=region)
        values = evaluate(engine, organisation, shipped(), asked, EVERYTHING, [kpi])
    assert rows["number"].to_list() == deals
    assert sum((Decimal(str(value)) for value in rows["value"]), Decimal(0)) == total
    assert next(value.value for value in values if value.region == region) == total
