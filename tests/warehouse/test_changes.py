"""Exported stage history: what deals were before their first export, by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest

from tests.warehouse.test_history import DEAL, START, deal, export, stored
from warehouse.absence import Rules
from warehouse.changes import with_changes
from warehouse.schema import HISTORY_COLUMNS, keyed_table

CHANGE = keyed_table("opportunity_change")
RULES = Rules(zones={"dach": "Europe/Berlin"})


def before(days: int) -> datetime:
    return START - timedelta(days=days)


def change(key: str, days: int, **given: object) -> dict[str, object]:
    stage = given.get("stage_raw")
    outcome = None if stage is None else "won" if stage == "won" else "lost" if stage == "lost" else "open"
    reached = None if stage in (None, "lost") else stage != "qualify"
    told = {"outcome": outcome, "stage": stage, "reached_develop": reached}
    return {"opportunity_id": key, "changed_at": before(days), "field": "state"} | told | given


def changes(*lines: dict[str, object]) -> pl.DataFrame:
    types = CHANGE.polars_schema()
    numbered = [line | {"load_id": "history", "line": place} for place, line in enumerate(lines, 2)]
    return pl.DataFrame(
        {name: [line.get(name) for line in numbered] for name in types}, schema=types, strict=False
    ).drop("source")


def refined(observed: pl.DataFrame, *lines: dict[str, object]) -> pl.DataFrame:
    return with_changes(DEAL, observed, changes(*lines), RULES)


def test_whole_states_stand_before_the_first_export_and_what_exports_showed_stays() -> None:
    observed = stored(DEAL, [[export(0, deal("a", 5, name="Deal A", stage_raw="close"))]], RULES)
    found = refined(
        observed,
        change("a", 30, stage_raw="qualify", amount=3),
        change("a", 10, stage_raw="propose", amount=4),
        change("a", -3, stage_raw="lost", amount=9),  # after the first export: the exports tell
    )
    assert found.select("stage_raw", "amount", "name", "load_id", "line").rows() == [
        ("qualify", Decimal(3), "Deal A", "history", 2),
        ("propose", Decimal(4), "Deal A", "history", 3),
        ("close", Decimal(5), "Deal A", "load0", 2),
    ]
    assert found["known_from"].to_list() == [before(30), before(10), START]
    assert found["known_until"].to_list() == [before(10), START, None]
    assert found["ended_because"].to_list() == ["changed", "changed", None]
    told = ("reached_develop", *HISTORY_COLUMNS)
    kept = [name for name in observed.columns if name not in told]
    assert found.tail(1).select(kept).equals(observed.select(kept))
    assert found.select("first_amount", "first_seen_at").unique().rows() == [(Decimal(3), before(30))]
    assert found["reached_develop"].to_list() == [False, True, True]


def test_pushes_of_the_past_are_counted_on() -> None:
    weeks = [
        export(0, deal("a", closes=date(2026, 5, 1))),
        export(1, deal("a", closes=date(2026, 8, 1))),
    ]
    history = [
        change("a", 90, stage_raw="qualify", expected_close_on=date(2025, 11, 1)),
        change("a", 60, stage_raw="qualify", expected_close_on=date(2026, 2, 1)),
    ]
    found = refined(stored(DEAL, [weeks], RULES), *history)
    assert found["times_pushed"].to_list() == [0, 1, 2, 3]
    one_by_one = refined(stored(DEAL, [[weeks[0]]], RULES), *history)
    assert one_by_one["times_pushed"].to_list() == [0, 1, 2]


def test_a_line_may_hold_one_field_and_lines_of_one_moment_are_one_state() -> None:
    observed = stored(DEAL, [[export(0, deal("a", 5, stage_raw="close"))]], RULES)
    found = refined(
        observed,
        change("a", 40, field="amount", amount=1),  # no stage yet: no state
        change("a", 30, field="stage_raw", stage_raw="qualify"),
        change("a", 20, field="amount", amount=2),
        change("a", 20, field="stage_raw", stage_raw="propose"),
        change("a", 15, field="dealname"),  # says nothing that is kept
        change("a", 10, field="amount", amount=None),
    )
    assert found.select("stage_raw", "amount", "line").rows() == [
        ("qualify", 1, 3),
        ("propose", 2, 5),
        ("propose", None, 7),
        ("close", 5, 2),
    ]


def test_a_column_that_the_history_never_fills_is_as_in_the_first_export() -> None:
    observed = stored(DEAL, [[export(0, deal("a", 5))]], RULES)
    found = refined(observed, change("a", 30, stage_raw="qualify"))
    assert found.select("amount", "expected_close_on").rows() == [(5, date(2026, 2, 1))] * 2


@pytest.mark.parametrize(("outcome", "estimated"), [("won", False), ("open", True)])
def test_a_deal_that_was_closed_then_has_the_known_closing_day_or_that_of_the_change(
    outcome: str, estimated: bool
) -> None:
    closed = {"closed_on": date(2025, 12, 24), "won_on": date(2025, 12, 24), "closed_on_estimated": False}
    now = deal("a", outcome=outcome) | (closed if outcome == "won" else {})
    late = datetime(2025, 12, 20, 23, 30, tzinfo=UTC)  # the 21st in Berlin
    found = refined(stored(DEAL, [[export(0, now)]], RULES), change("a", 0, stage_raw="won") | {"changed_at": late})
    day = date(2025, 12, 21) if estimated else date(2025, 12, 24)
    columns = ["outcome", "closed_on", "won_on", "closed_on_estimated"]
    assert found.select(columns).row(0) == ("won", day, day, estimated)


def test_history_of_a_deal_that_no_export_ever_showed_is_no_deal() -> None:
    observed = stored(DEAL, [[export(0, deal("a"))]], RULES)
    assert refined(observed, change("b", 30, stage_raw="won"))["opportunity_id"].to_list() == ["a"]
