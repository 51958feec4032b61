"""Close rate of a cohort: of all deals created in a period, those that are won by now."""

from tests.kpi.conftest import Warehouse


def cohort(warehouse: Warehouse, *ended: str, created: str = "2026-01-10", region: str = "north") -> None:
    for number, outcome in enumerate(ended):
        day = {} if outcome == "open" else {"closed_on": "2026-06-05", "won_on": "2026-06-05"}
        name = f"{outcome}{number}{created}"
        warehouse.deal(name, 10, region, outcome=outcome, created=created, closes="2026-06-05", **day)


def test_all_that_were_created_count_whenever_they_ended(warehouse: Warehouse) -> None:
    """
    created in January: 4 won in June, 3 lost, 2 dropped, 1 still open: 4 of 10, 90 % resolved; 10 % open
    created in April: 1 won, counts in its own quarter; the win rate of the second quarter would be 5 of 8
    """
    warehouse.feeds()
    cohort(warehouse, *["won"] * 4, *["lost"] * 3, *["dropped"] * 2, "open")
    cohort(warehouse, "won", created="2026-04-10")
    found = warehouse.value("cohort_close_rate", period="2026-Q1")
    assert (found.value, found.n) == (0.4, 10)
    assert "IMMATURE" not in found.reasons
    assert warehouse.value("cohort_open_share", period="2026-Q1").value == 0.1


def test_a_cohort_of_which_more_than_a_tenth_is_open_has_no_rate_yet(warehouse: Warehouse) -> None:
    """
    8 won, 2 open: 80 % are resolved. 80 % won would be too good or too bad, nobody knows: no value, and why
    """
    warehouse.feeds()
    cohort(warehouse, *["won"] * 8, "open", "open")
    found = warehouse.value("cohort_close_rate", period="2026-Q1")
    assert found.value is None
    assert "IMMATURE" in found.reasons
    assert warehouse.value("cohort_open_share", period="2026-Q1").value == 0.2


def test_the_group_is_one_cohort_and_as_mature_as_the_whole_of_it(warehouse: Warehouse) -> None:
    """
    north  18 won, 2 lost             90 %, all resolved
    south  1 lost, 1 open             50 % resolved: no rate of its own
    group  18 won of 22, 21 resolved = 95 %
    """
    warehouse.feeds()
    cohort(warehouse, *["won"] * 18, "lost", "lost")
    cohort(warehouse, "lost", "open", region="south")
    assert warehouse.value("cohort_close_rate", "south", period="2026-Q1").value is None
    assert warehouse.value("cohort_close_rate", "group", period="2026-Q1").value == 18 / 22
