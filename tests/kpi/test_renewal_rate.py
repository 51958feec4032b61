"""Renewal rate: yearly value that was renewed over yearly value that came to the end of its term."""

import pytest

from tests.kpi.conftest import Warehouse


def test_what_quietly_ran_out_is_due_all_the_same(warehouse: Warehouse) -> None:
    """
    deal     business   starts      months  a year
    one      new        2025-10-01  12      100     due on 1 October 2026
    three    new        2023-11-15  36      50      due on 15 November 2026: nobody opened a renewal
    later    renewal    2025-12-15  12      70      due in December: not by now
    machine  new        -           -       -       no term: never due
    renewed  renewal    2026-10-01  12      90      fewer users than before
    more     expansion  2026-10-15  12      40      no renewal

    90 / 150 = 60 %. Of the renewals that were opened 100 % were won.
    """
    warehouse.feeds()
    for deal, kind, starts, months, yearly in (
        ("one", "new", "2025-10-01", 12, 100),
        ("three", "new", "2023-11-15", 36, 50),
        ("later", "renewal", "2025-12-15", 12, 70),
        ("machine", "new", None, None, None),
        ("renewed", "renewal", "2026-10-01", 12, 90),
        ("more", "expansion", "2026-10-15", 12, 40),
    ):
        term: dict[str, object] = {"business_type": kind, "starts_on": starts, "term_months": months}
        warehouse.deal(deal, 500, "north", won="2026-09-15", amount_recurring_annual=yearly, **term)
    assert warehouse.value("renewed_value").value == 90
    assert warehouse.value("due_for_renewal").value == 150
    assert warehouse.value("renewal_rate").value == pytest.approx(0.6)


def test_a_region_without_terms_cannot_be_compared(warehouse: Warehouse) -> None:
    warehouse.feeds()
    for number in range(30):
        warehouse.deal(f"{number}", 500, won="2026-10-15", business_type="renewal")
    found = warehouse.value("renewal_rate")
    assert (found.value, found.comparable) == (None, "no")
    assert "FIELD_MISSING" in found.reasons


def test_the_last_day_of_a_month_stays_within_the_month(warehouse: Warehouse) -> None:
    """From 31 August for six months: due on 28 February, in the first quarter of 2026."""
    warehouse.feeds()
    term: dict[str, object] = {"starts_on": "2025-08-31", "term_months": 6, "amount_recurring_annual": 10}
    warehouse.deal("a", 10, "north", won="2025-08-01", **term)
    assert warehouse.value("due_for_renewal", period="2026-Q1").value == 10
