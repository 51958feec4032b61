"""Landing and gap: what the period will end with, if it goes on as past periods did at this point."""

from collections.abc import Mapping

import pytest

from tests.kpi.conftest import Warehouse, empty_warehouse, three_regions
from tests.kpi.test_pipe_yield import QUARTERS


def stage_history(warehouse: Warehouse, region: str, stage: str, won_of: list[tuple[int, int]]) -> None:
    """Add in each past quarter some deals of 10 in a stage before this point, of which some were won after it."""
    for quarter, (won, count) in zip(QUARTERS, won_of, strict=True):
        before, after, closes = quarter
        for number in range(count):
            end = {"won": after.replace("_", "-")} if number < won else {"closes": "2027-06-01", "stage": stage}
            states: dict[str, Mapping[str, object]] = {
                f"_{before}": {"amount": 10, "closes": closes, "stage": stage},
                f"_{after}": {"amount": 10, **end},
            }
            warehouse.history(f"{region} {stage} {before} {number}", region, **states)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """
    Past quarters at this point, deals of 10 in a stage; won of open:

    region  stage    Q4    Q1    Q2    Q3    all     yield
    north   propose  1/5   2/5   3/5   2/5   8/20    40 %
    north   close    1/1   1/1   1/1   1/1   4/4     too few: the group's
    south   close    3/5   3/5   3/5   3/5   12/20   60 %
    group   close                            100 of 140 € (a deal of 10 $ is 5 €): 71 %

    And in each a deal of 40 was created and won in north after this point.
    Now north has won 500; 1000 stand in propose and 280 in close. South has 100 $ = 50 € in close.

    region  target  landing  gap
    north   1000    1140     -140
    south   100     30       70
    """
    warehouse = empty_warehouse(three_regions(tmp_path_factory.mktemp("landing")))
    warehouse.feeds()
    stage_history(warehouse, "north", "propose", [(1, 5), (2, 5), (3, 5), (2, 5)])
    stage_history(warehouse, "north", "close", [(1, 1)] * 4)
    stage_history(warehouse, "south", "close", [(3, 5)] * 4)
    for _, after, _ in QUARTERS:
        warehouse.history(f"late {after}", "north", **{f"_{after}": {"amount": 40, "won": after.replace("_", "-")}})
    warehouse.deal("won", 500, won="2026-10-05")
    warehouse.deal("p", 1000, closes="2026-12-20", known_from="2026-10-05")
    warehouse.deal("c", 280, closes="2026-12-20", known_from="2026-10-05", stage="close")
    warehouse.deal("south", 100, "south", closes="2026-12-20", known_from="2026-10-05", stage="close")
    for region, target in (("north", 1000), ("south", 200), ("east", 1000)):
        warehouse.target("2026-11", target, region)
    return warehouse


def test_each_stage_counts_with_its_own_yield_and_a_thin_one_with_the_groups(company: Warehouse) -> None:
    """500 won + 1000 × 40 % + 280 × 100 / 140 + 40 usually created and won = 1140."""
    found = company.value("landing")
    assert float(found.value or 0) == pytest.approx(500 + 400 + 200 + 40)
    assert "YIELD_BORROWED" in found.reasons
    assert "YIELD_BORROWED" not in company.value("landing", "south").reasons


def test_the_range_runs_from_the_worst_to_the_best_period(company: Warehouse) -> None:
    """Of all its 6 deals north won 2, 3, 4 and 3: 500 + 1280 × 2/6 + 40 at worst, 500 + 1280 × 4/6 + 40 at best."""
    found = company.value("landing")
    assert float(found.low or 0) == pytest.approx(540 + 1280 * 2 / 6)
    assert float(found.high or 0) == pytest.approx(540 + 1280 * 4 / 6)


def test_the_group_is_the_sum_of_its_regions_and_so_is_its_range(company: Warehouse) -> None:
    """South: 50 € × 60 % = 30, the same in each period. East, which has no past, is not asked for."""
    group = company.value("landing", "group", regions=("north", "south"))
    assert float(group.value or 0) == pytest.approx(1140 + 30)
    assert float(group.low or 0) == pytest.approx(540 + 1280 * 2 / 6 + 30)


def test_a_region_without_a_past_has_no_landing_and_neither_has_the_group(company: Warehouse) -> None:
    for region in ("east", "group"):
        found = company.value("landing", region)
        assert found.value is None
        assert "NO_HISTORY" in found.reasons


def test_a_region_over_its_target_hides_a_short_one_in_the_group_but_not_beside_it(company: Warehouse) -> None:
    """1100 of the group against 1170: 70 over, and yet 70 are missing in south."""
    asked = ("north", "south")
    for region, gap, short in (("north", -140, 0), ("south", 70, 70), ("group", -70, 70)):
        assert float(company.value("gap", region, regions=asked).value or 0) == pytest.approx(gap)
        assert float(company.value("gap_of_short_regions", region, regions=asked).value or 0) == pytest.approx(short)


def test_where_a_landing_is_unknown_so_is_the_gap_and_never_nothing(company: Warehouse) -> None:
    """greatest(target - landing, 0) of an unknown landing would be 0: nobody short."""
    for kpi in ("gap", "gap_of_short_regions"):
        for region in ("east", "group"):
            found = company.value(kpi, region)
            assert found.value is None
            assert "NO_HISTORY" in found.reasons


def test_once_the_period_is_over_it_has_landed(warehouse: Warehouse) -> None:
    """70 was won in 2026 Q3 and nothing is open in it, whatever four quarters before it yielded."""
    warehouse.feeds()
    for before, after in (("2025_07_02", "2025_09_15"), *((quarter[0], quarter[1]) for quarter in QUARTERS)):
        amount = 70 if before == "2026_07_02" else 10
        day = after.replace("_", "-")
        states = {f"_{before}": {"amount": amount, "closes": day}, f"_{after}": {"amount": amount, "won": day}}
        warehouse.history(f"deal of {before}", "north", **states)
    assert float(warehouse.value("landing", period="2026-Q3").value or 0) == pytest.approx(70)
