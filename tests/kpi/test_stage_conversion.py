"""Conversion of a stage: of the deals that entered it for the first time and have left it, those that went further."""

from tests.kpi.conftest import Warehouse

OCTOBER, NOVEMBER = "2026-10-05", "2026-11-05"


def entered(warehouse: Warehouse, deal: str, **given: object) -> None:
    warehouse.deal(deal, 10, "north", first_stage="qualify", created=OCTOBER, **given)


def test_open_deals_are_no_failures_and_a_skipped_stage_was_passed(warehouse: Warehouse) -> None:
    """
    deal  develop  propose  close  state              develop   propose   close
    a     Oct      Nov      -      open in propose    further   waits
    b     Oct      -        -      open in develop    waits
    c     Oct      -        -      lost in develop    failed
    d     Oct      Oct      Nov    won                further   further   won
    e     Oct      Oct      Oct    lost in close,     further   further   failed
                                   skipped propose
    f     Oct      -        -      dropped            neither
    g     Sept     Oct      Nov    open in close      (Sept)    further   waits
                                                      3 of 4    3 of 3    1 of 2
    """
    warehouse.feeds()
    entered(warehouse, "a", developed_at=OCTOBER, proposed_at=NOVEMBER)
    entered(warehouse, "b", developed_at=OCTOBER)
    entered(warehouse, "c", developed_at=OCTOBER, lost=NOVEMBER)
    entered(warehouse, "d", developed_at=OCTOBER, proposed_at=OCTOBER, closing_at=NOVEMBER, won=NOVEMBER)
    entered(warehouse, "e", developed_at=OCTOBER, proposed_at=OCTOBER, closing_at=OCTOBER, lost=NOVEMBER)
    entered(warehouse, "f", developed_at=OCTOBER, outcome="dropped", closed_on=NOVEMBER)
    entered(warehouse, "g", developed_at="2026-09-05", proposed_at=OCTOBER, closing_at=NOVEMBER)
    shares = {step: warehouse.value(f"stage_conversion_{step}") for step in ("develop", "propose", "close")}
    assert {step: (found.value, found.n) for step, found in shares.items()} == {
        "develop": (0.75, 4),
        "propose": (1.0, 3),
        "close": (0.5, 2),
    }


def test_qualify_is_left_by_being_developed_or_lost_and_what_is_not_known_is_left_out(warehouse: Warehouse) -> None:
    """
    created in October
    a  developed        further
    b  lost undeveloped failed
    c  still qualify    waits
    d  lost, nothing says how far it came: left out and counted as such
    e  won before the first export ever came: its losses of that time are not known, so it is not in it either
    """
    warehouse.feeds()
    entered(warehouse, "a")
    entered(warehouse, "b", reached_develop=False, lost=NOVEMBER)
    entered(warehouse, "c", reached_develop=False)
    entered(warehouse, "d", reached_develop=None, lost=NOVEMBER)
    warehouse.deal("e", 10, first_stage="won", created=OCTOBER, won=OCTOBER)
    found = warehouse.value("stage_conversion_qualify")
    assert (found.value, found.n, found.left_out) == (0.5, 2, 1)


def test_the_group_is_all_over_all(warehouse: Warehouse) -> None:
    """North 1 of 1, south 1 of 3: the group 2 of 4, never the average of 67 %."""
    warehouse.feeds()
    entered(warehouse, "a", developed_at=OCTOBER, proposed_at=NOVEMBER)
    warehouse.deal("b", 10, "south", developed_at=OCTOBER, proposed_at=NOVEMBER)
    for deal in ("c", "d"):
        warehouse.deal(deal, 10, "south", developed_at=OCTOBER, lost=NOVEMBER)
    assert warehouse.value("stage_conversion_develop", "group").value == 0.5
