"""Cancelled after the win: what deals won in earlier periods lost in this one."""

from tests.kpi.conftest import Warehouse


def test_it_counts_in_the_period_of_the_change_and_not_in_that_of_the_win(warehouse: Warehouse) -> None:
    """
    deal      won         then                          lost
    a         2026-09-05  cancelled on 20 October       100
    b         2026-09-05  reduced from 80 to 50         30
    c         2026-09-05  raised from 10 to 20          0
    d         2026-09-05  opened again                  5
    e         2026-09-05  deleted in the CRM            7
    f         2026-10-05  cancelled in the same period  0   it was never won for an earlier one
    """
    warehouse.feeds()
    won = {"won": "2026-09-05"}
    warehouse.history("a", _2026_09_10={"amount": 100, **won}, _2026_10_20={"amount": 100, "lost": "2026-10-20"})
    warehouse.history("b", _2026_09_10={"amount": 80, **won}, _2026_11_03={"amount": 50, **won})
    warehouse.history("c", _2026_09_10={"amount": 10, **won}, _2026_11_03={"amount": 20, **won})
    warehouse.history("d", _2026_09_10={"amount": 5, **won}, _2026_11_03={"amount": 5, "closes": "2027-01-31"})
    warehouse.deal("e", 7, won="2026-09-05", known_from="2026-09-10", known_until="2026-10-13", ended_because="deleted")
    warehouse.history(
        "f",
        _2026_10_06={"amount": 900, "won": "2026-10-05"},
        _2026_11_03={"amount": 900, "lost": "2026-11-02"},
    )
    assert warehouse.value("cancelled_after_win").value == 142
    assert warehouse.value("cancelled_after_win", "group", regions=("north",)).value == 142
    assert warehouse.value("won_value", period="2026-Q3").value == 70  # b and c: the quarter of the wins is restated


def test_a_period_that_is_over_holds_what_was_known_by_its_end(warehouse: Warehouse) -> None:
    """Won in June, cancelled in October: no matter of the third quarter, which was over by then."""
    warehouse.feeds()
    warehouse.history(
        "a",
        _2026_06_10={"amount": 100, "won": "2026-06-05"},
        _2026_10_20={"amount": 100, "lost": "2026-10-20"},
    )
    assert warehouse.value("cancelled_after_win", period="2026-Q3").value == 0
    assert warehouse.value("cancelled_after_win").value == 100
