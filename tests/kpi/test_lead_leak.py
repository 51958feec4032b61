"""Leads that nobody follows: open ones without an owner or without a next step."""

from tests.kpi.conftest import Warehouse


def test_a_lead_is_counted_once_and_only_while_it_is_open(warehouse: Warehouse) -> None:
    """
    lead  status    owner   next step
    1     open      yes     yes          followed
    2     open      none    yes          counts
    3     open      yes     none         counts
    4     open      none    none         counts once, not twice
    5     rejected  none    none         no longer open
    6     open until 20 Nov, converted since: a stock takes the last state                        3
    """
    warehouse.feeds()
    step = "2026-11-30"
    warehouse.lead("1", next_step_at=step)
    warehouse.lead("2", next_step_at=step, owner_ref=None)
    warehouse.lead("3")
    warehouse.lead("4", owner_ref=None)
    warehouse.lead("5", owner_ref=None, status="rejected")
    warehouse.lead("6", known_until="2026-11-20", ended_because="changed")
    warehouse.lead("6", known_from="2026-11-20", status="converted")
    found = warehouse.value("lead_leak")
    assert found.value == 3


def test_a_region_that_exports_no_next_steps_cannot_say_who_follows_a_lead(warehouse: Warehouse) -> None:
    """North has none at all; in south few have one, which is what the figure counts."""
    warehouse.feeds()
    for number in range(20):
        warehouse.lead(str(number))
        warehouse.lead(str(number), "south", next_step_at="2026-11-30" if number == 0 else None)
    assert warehouse.value("lead_leak").value is None
    assert "FIELD_MISSING" in warehouse.value("lead_leak").reasons
    assert warehouse.value("lead_leak", "south").value == 19
