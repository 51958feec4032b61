"""Commit and best case: what is won, with what sellers committed to or see as best case."""

from tests.kpi.conftest import Warehouse


def test_what_is_won_counts_and_best_case_holds_the_commit(warehouse: Warehouse) -> None:
    """
    deal  amount  state             category    commit  best case
    a     100     won 5 October     -           100     100
    b     10      closes December   commit      10      10
    c     20      closes December   best_case           20
    d     40      closes December   pipeline                       not said to come
    e     80      closes February   commit                         of the next period
    f     160     lost in October   commit                         not open any more
                                                110     130
    """
    warehouse.feeds()
    warehouse.deal("a", 100, won="2026-10-05")
    warehouse.deal("b", 10, closes="2026-12-01", forecast_category="commit")
    warehouse.deal("c", 20, closes="2026-12-01", forecast_category="best_case")
    warehouse.deal("d", 40, closes="2026-12-01", forecast_category="pipeline")
    warehouse.deal("e", 80, closes="2027-02-01", forecast_category="commit")
    warehouse.deal("f", 160, lost="2026-10-06", forecast_category="commit")
    assert (warehouse.value("commit").value, warehouse.value("best_case").value) == (110, 130)


def test_a_region_without_categories_is_not_comparable_and_no_stage_stands_in(warehouse: Warehouse) -> None:
    """
    region  categories  won  open
    north   yes         5    b 10 commit
    south   none        8    a deal in close, which would surely be called a commit: no figure all the same
    group                    15, and says that it lacks south
    """
    warehouse.feeds()
    warehouse.deal("a", 5, won="2026-10-05")
    warehouse.deal("b", 10, closes="2026-12-01", forecast_category="commit")
    warehouse.deal("c", 8, "south", won="2026-10-05")
    warehouse.deal("d", 30, "south", closes="2026-12-01", stage="close")
    for name in ("commit", "best_case"):
        found = warehouse.value(name, "south")
        assert (found.value, found.comparable) == (None, "no")
        assert "NO_FORECAST_CATEGORY" in found.reasons
        total = warehouse.value(name, "group")
        assert (total.value, total.missing_regions) == (15, ("south",))
