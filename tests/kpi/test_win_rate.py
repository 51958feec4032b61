"""Win rate: won over won and lost, by the day of closing, among deals that reached develop and are no renewals."""

import pytest

from tests.kpi.conftest import Warehouse


def closed(warehouse: Warehouse, region: str, won: int, lost: int, day: str = "2026-10-05") -> None:
    for number in range(won + lost):
        outcome = {"won" if number < won else "lost": day}
        warehouse.deal(f"{region}{day}{number}", 10, region, **outcome)


def test_every_region_can_rise_while_the_group_falls(warehouse: Warehouse) -> None:
    """
    region  2025 Q4        2026 Q4
    north   50 of 100 50 % 11 of 20  55 %
    south   2 of 20   10 % 15 of 100 15 %
    group   52 of 120 43 % 26 of 120 22 %   all over all, no average
    """
    warehouse.feeds()
    closed(warehouse, "north", 50, 50, "2025-10-06")
    closed(warehouse, "south", 2, 18, "2025-10-06")
    closed(warehouse, "north", 11, 9)
    closed(warehouse, "south", 15, 85)
    for region, before, after in (("north", 0.5, 0.55), ("south", 0.1, 0.15), ("group", 52 / 120, 26 / 120)):
        assert warehouse.value("win_rate", region, "2025-Q4").value == pytest.approx(before)
        assert warehouse.value("win_rate", region).value == pytest.approx(after)


def test_dropped_deals_renewals_and_deals_that_never_reached_the_gate_are_left_out(warehouse: Warehouse) -> None:
    """One won, one lost; a dropped deal, a lost renewal and a lead that never became a real deal do not count."""
    warehouse.feeds()
    closed(warehouse, "north", 1, 1)
    warehouse.deal("dropped", 10, outcome="dropped", closed_on="2026-10-05")
    warehouse.deal("renewal", 10, lost="2026-10-05", business_type="renewal")
    warehouse.deal("never", 10, lost="2026-10-05", reached_develop=False)
    found = warehouse.value("win_rate")
    assert (found.value, found.n) == (0.5, 2)


def test_lost_deals_of_which_nobody_knows_how_far_they_got_still_count_as_lost(warehouse: Warehouse) -> None:
    """Three won, two lost: 60 %. A CRM that forgets the stage of lost deals does not win all of them."""
    warehouse.feeds()
    closed(warehouse, "north", 3, 0)
    for number in range(2):
        warehouse.deal(f"unknown{number}", 10, lost="2026-10-05", reached_develop=None)
    found = warehouse.value("win_rate")
    assert (found.value, found.n, found.left_out) == (0.6, 5, 0)
    assert "FILL_LOW" in found.reasons
    assert warehouse.value("win_rate_by_value").value == 0.6


def test_a_region_that_does_not_mark_renewals_has_a_reservation(warehouse: Warehouse) -> None:
    warehouse.feeds()
    for number in range(20):
        ended = {"won" if number < 15 else "lost": "2026-10-05"}
        warehouse.deal(str(number), 10, business_type=None, **ended)
    assert warehouse.value("win_rate").reasons == ("INCLUDES_RENEWALS",)


def test_nothing_closed_is_no_data_and_not_zero(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.deal("open", 10, closes="2026-12-01")
    found = warehouse.value("win_rate")
    assert found.value is None
    assert "ZERO_DENOMINATOR" in found.reasons


@pytest.mark.parametrize(("day", "word"), [("2026-10-05", "Deep"), (None, "Deep"), ("2026-10-05", None)])
def test_a_closed_deal_of_which_nobody_knows_how_it_ended_is_left_out_and_told(
    warehouse: Warehouse, day: str | None, word: str | None
) -> None:
    """Ten won, ten lost: half. One more was closed, and nothing says how: it is in no figure, and each one says so."""
    warehouse.feeds()
    closed(warehouse, "north", 10, 10)
    warehouse.deal("unknown", 70, outcome=None, stage=None, stage_raw=word, closed_on=day, closes="2026-12-01")
    for kpi, value, rows in (("win_rate", 0.5, 20), ("win_rate_by_value", 0.5, 20), ("open_pipeline", 0, 0)):
        found = warehouse.value(kpi)
        assert (float(found.value or 0), found.n, found.left_out) == (value, rows, 1), kpi
        assert "STAGE_UNMAPPED" in found.reasons
