"""Precision of the qualification: how much more often leads from the agreed score on are qualified."""

from decimal import Decimal

import pytest

from tests.kpi.conftest import Cell, Warehouse


def rule(warehouse: Warehouse, threshold: int, since: str, region: str = "north", **given: Cell) -> None:
    told: dict[str, Cell] = {"source": "planning", "lead_source": "all", "rule": "score", "valid_from": since}
    told |= {
        "threshold": Decimal(threshold),
        "agreed_by_marketing": "Head of Marketing",
        "agreed_by_sales": "Head of Sales",
    }
    warehouse.add("qualification_rule", region, told | given)


def scored(warehouse: Warehouse, score: int, day: str, *, qualified: bool, **given: Cell) -> None:
    number = f"lead {sum(warehouse.lines.values())}"
    region = str(given.pop("region", "north"))
    sql = f"{day}T18:00" if qualified else None
    warehouse.lead(
        number,
        region,
        created=f"{day}T09:00",
        score=score,
        qualified=sql,
        status="qualified" if qualified else "open",
        **given,
    )


def test_each_lead_is_held_against_the_threshold_of_its_own_day(warehouse: Warehouse) -> None:
    """
    threshold 50 until 14 October, 70 from then on
    lead  arrived  score  above  qualified
    1     5 Oct    60     yes    yes
    2     5 Oct    40     no     no
    3     20 Oct   60     no     yes           above the old threshold: with one threshold for all it would be above
    4     20 Oct   80     yes    yes
    above 2 of 2, below 1 of 2: 50 percentage points;  by today's threshold: 1 of 1 and 2 of 3, 33
    """
    warehouse.feeds()
    rule(warehouse, 50, "2026-01-01")
    rule(warehouse, 70, "2026-10-15")
    scored(warehouse, 60, "2026-10-05", qualified=True)
    scored(warehouse, 40, "2026-10-05", qualified=False)
    scored(warehouse, 60, "2026-10-20", qualified=True)
    scored(warehouse, 80, "2026-10-20", qualified=True)
    assert warehouse.value("sql_rate_above").value == 1.0
    assert warehouse.value("sql_rate_below").value == 0.5
    assert warehouse.value("qualification_precision").value == pytest.approx(0.5)


def test_a_rule_that_sales_has_not_agreed_to_judges_nothing(warehouse: Warehouse) -> None:
    warehouse.feeds()
    rule(warehouse, 50, "2026-01-01", agreed_by_sales=None)
    scored(warehouse, 60, "2026-10-05", qualified=True)
    scored(warehouse, 40, "2026-10-05", qualified=False)
    found = warehouse.value("qualification_precision")
    assert found.value is None
    assert found.n == 0


def test_a_source_has_its_own_rule_before_that_of_all(warehouse: Warehouse) -> None:
    """Webinars need 90: a webinar lead with 80 is below, a web lead with 80 above."""
    warehouse.feeds()
    rule(warehouse, 50, "2026-01-01")
    rule(warehouse, 90, "2026-01-01", lead_source="Webinar")
    scored(warehouse, 80, "2026-10-05", qualified=False, lead_source="Webinar")
    scored(warehouse, 80, "2026-10-05", qualified=True)
    assert (warehouse.value("sql_rate_above").n, warehouse.value("sql_rate_below").n) == (1, 1)
    assert warehouse.value("qualification_precision").value == 1.0


def test_young_leads_are_too_early_to_say(warehouse: Warehouse) -> None:
    """A lead of 10 November has 16 days left: it is not on the side of those that failed."""
    warehouse.feeds()
    rule(warehouse, 50, "2026-01-01")
    scored(warehouse, 60, "2026-10-05", qualified=True)
    scored(warehouse, 60, "2026-11-10", qualified=False)
    scored(warehouse, 40, "2026-10-05", qualified=False)
    found = warehouse.value("qualification_precision")
    assert found.value == 1.0
    assert "IMMATURE" in found.reasons


def test_it_rests_on_the_smaller_side(warehouse: Warehouse) -> None:
    """Thirty leads above and one below: one lead cannot say how the others fare."""
    warehouse.feeds()
    rule(warehouse, 50, "2026-01-01")
    for _ in range(30):
        scored(warehouse, 60, "2026-10-05", qualified=True)
    scored(warehouse, 40, "2026-10-05", qualified=False)
    found = warehouse.value("qualification_precision")
    assert found.n == 1
    assert "N_TOO_SMALL" in found.reasons
