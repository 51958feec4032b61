"""Committed and past its date: open commits that should have closed, over all that is committed by the period's end."""

from tests.kpi.conftest import Warehouse


def test_a_commit_counts_as_overdue_from_the_day_after_its_date(warehouse: Warehouse) -> None:
    """
    The newest export is of 24 November.
    deal  amount  state             category   committed  past its date
    a     10      closes 20 Nov     commit     10         10
    b     20      closes 24 Nov     commit     20                        today is not past
    c     40      closes September  commit     40         40             of an earlier quarter
    d     80      closes February   commit                               of the next quarter
    e     160     closes 20 Nov     best_case
    f     320     won 20 Nov        commit                               not open any more
                                               70         50
    """
    warehouse.feeds()
    warehouse.deal("a", 10, closes="2026-11-20", forecast_category="commit")
    warehouse.deal("b", 20, closes="2026-11-24", forecast_category="commit")
    warehouse.deal("c", 40, closes="2026-09-20", forecast_category="commit")
    warehouse.deal("d", 80, closes="2027-02-01", forecast_category="commit")
    warehouse.deal("e", 160, closes="2026-11-20", forecast_category="best_case")
    warehouse.deal("f", 320, won="2026-11-20", forecast_category="commit")
    found = warehouse.value("commit_overdue")
    assert [found.numerator, found.denominator, found.n] == [50, 70, 3]
    assert warehouse.value("commit_overdue_value").value == 50


def test_a_region_whose_export_is_late_has_not_been_idle_since(warehouse: Warehouse) -> None:
    """South was last heard of on 18 November: a deal that closes on the 20th was not past its date then."""
    warehouse.feeds("south", exported="2026-11-18T06:30")
    warehouse.deal("a", 10, "south", closes="2026-11-20", forecast_category="commit")
    assert warehouse.value("commit_overdue", "south").value == 0
