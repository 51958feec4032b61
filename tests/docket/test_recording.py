from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from docket.database import Database
from docket.docket import Docket, PlannedEvent
from docket.recording import record
from kpi.deviations.reading import Key
from organisation.thresholds import DEFAULT_RULES
from tests.docket.conftest import DIRECTOR, MANAGER, PACE, on, reading, ref


def whats(database: Database, severity: float, day: str) -> list[str]:
    return [change.what for change in record(database, [reading(severity)], on(day))]


def test_a_deviation_opens_once_however_often_it_is_seen(database: Database, docket: Docket) -> None:
    assert whats(database, 1.4, "2026-11-24") == ["opened"]
    assert whats(database, 1.4, "2026-11-24") == []
    assert whats(database, 1.5, "2026-11-25") == []
    [item] = docket.items()
    assert (item.state, item.severity, item.money) == ("open", 1.5, PACE.money)
    assert [entry.what for entry in item.trail] == ["opened"]


def test_what_does_not_deviate_is_no_item(database: Database, docket: Docket) -> None:
    assert whats(database, 0.99, "2026-11-24") == []
    assert docket.items() == ()


def test_watch_becomes_act_and_is_told(database: Database) -> None:
    assert whats(database, 1.1, "2026-11-24") == ["opened"]
    assert whats(database, 1.3, "2026-11-25") == ["raised"]
    assert whats(database, 1.1, "2026-11-26") == ["eased"]


def test_it_recovers_after_two_weeks_below_half_of_the_threshold(database: Database, docket: Docket) -> None:
    """1.4 · 0.9 (not calm) · 0.4 (calm) · 0.6 (starts anew) · 0.4 · 0.3 two weeks later: over."""
    days = ("11-02", "11-03", "11-04", "11-10", "11-11", "11-24")
    for severity, day in zip((1.4, 0.9, 0.4, 0.6, 0.4, 0.3), days, strict=True):
        assert "recovered" not in whats(database, severity, f"2026-{day}")
    assert whats(database, 0.3, "2026-11-25") == ["recovered"]
    assert docket.items() == ()
    assert whats(database, 1.4, "2026-12-01") == ["opened"]
    [again] = docket.items()
    assert again.follows is not None
    assert "before" in again.trail[0].words


@pytest.mark.parametrize(
    ("own", "found"), [({}, []), ({"calm_below": 0.7, "calm_for": timedelta(days=7)}, ["recovered"])]
)
def test_how_near_is_calm_and_for_how_long_is_said_by_the_region(
    database: Database, own: dict[str, Any], found: list[str]
) -> None:
    """0.6 of the flagged distance is calm where the line is 70 %; a week of it is enough where a week is asked for."""
    rules = replace(DEFAULT_RULES, **own)
    for severity, day in ((1.4, "2026-11-02"), (0.6, "2026-11-03"), (0.6, "2026-11-10")):
        changes = record(database, [reading(severity)], on(day), rules_of=lambda _: rules)
    assert [change.what for change in changes] == found


def test_readings_of_an_older_snapshot_are_passed_over(database: Database, docket: Docket) -> None:
    record(database, [reading(1.4)], on("2026-11-24", snapshot=9))
    record(database, [reading(0.1)], on("2026-11-25", snapshot=8))
    assert docket.items()[0].severity == 1.4


def promised(docket: Docket, due: str) -> None:
    [item] = docket.items()
    item = docket.promise(
        ref(item), MANAGER, on("2026-11-24"), what="call the three", owner="manager", due_on=on(due).day
    )
    docket.resolve(ref(item), MANAGER, on("2026-11-25"), words="called")


def test_a_resolved_one_is_verified_by_the_data_on_the_day_it_is_due(database: Database, docket: Docket) -> None:
    record(database, [reading(1.4)], on("2026-11-23"))
    promised(docket, "2026-12-01")
    assert whats(database, 0.2, "2026-11-30") == []
    assert whats(database, 0.9, "2026-12-01") == ["verified"]
    [item] = docket.items(ended_since=on("2026-12-01").day)
    assert [promise.had_effect for promise in item.promises] == [True]


def test_a_resolved_one_that_is_still_off_is_closed_without_effect(database: Database, docket: Docket) -> None:
    record(database, [reading(1.4)], on("2026-11-23"))
    promised(docket, "2026-12-01")
    assert whats(database, 1.1, "2026-12-02") == ["eased", "without_effect", "opened"]
    item = docket.item(1)
    assert [promise.had_effect for promise in item.promises] == [False]
    assert item.promises[0].value_then == PACE.value


def test_what_is_closed_without_effect_never_leaves_the_docket(database: Database, docket: Docket) -> None:
    record(database, [reading(1.4)], on("2026-11-23"))
    promised(docket, "2026-12-01")
    record(database, [reading(1.4)], on("2026-12-02"))
    [item] = docket.items()
    assert (item.state, item.follows) == ("open", 1)
    assert whats(database, 1.4, "2026-12-02") == []


def test_an_unkept_promise_is_judged_and_stays_on_the_docket(database: Database, docket: Docket) -> None:
    record(database, [reading(1.4)], on("2026-11-23"))
    [item] = docket.items()
    docket.promise(ref(item), MANAGER, on("2026-11-24"), what="call", owner="manager", due_on=on("2026-12-01").day)
    assert whats(database, 1.4, "2026-12-01") == []
    [item] = docket.items()
    assert (item.state, item.promises[0].had_effect) == ("in_action", False)


def test_a_snoozed_one_wakes_on_its_day(database: Database, docket: Docket) -> None:
    record(database, [reading(1.4)], on("2026-11-23"))
    [item] = docket.items()
    item = docket.snooze(ref(item), MANAGER, on("2026-11-24"), until=on("2026-12-01").day, reason="fair")
    assert item.is_silent(on("2026-11-30").day)
    assert not item.is_silent(on("2026-12-01").day)
    assert whats(database, 1.4, "2026-12-01") == ["woke"]


def test_a_planned_event_explains_what_it_speaks_of(database: Database, docket: Docket) -> None:
    event = PlannedEvent("price change", on("2026-11-20").day, on("2026-11-30").day, region="dach", kpi="pace")
    docket.plan(event, DIRECTOR, on("2026-11-19"))
    other = replace(PACE, key=Key("pace", "amer", "", "pace"))
    record(database, [PACE, other], on("2026-11-24"))
    silent = {item.region: item.is_silent(on("2026-11-24").day) for item in docket.items()}
    assert silent == {"dach": True, "amer": False}
    record(database, [PACE], on("2026-12-01"))
    assert not docket.item(1).is_silent(on("2026-12-01").day)
