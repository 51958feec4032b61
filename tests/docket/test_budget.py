"""Five call a week; the rest is listed. Urgent is what can still be changed, times how certain it is."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from docket.budget import within_budget
from docket.database import Database
from docket.docket import Docket
from docket.items import Item
from docket.recording import record
from kpi.deviations.reading import Key
from tests.docket.conftest import PACE, on

DAY = date(2026, 11, 24)


def items(database: Database, docket: Docket, *changeable: int | None) -> dict[str, Item]:
    readings = [
        replace(PACE, key=Key("pace", f"r{place}", "", "pace"), changeable=None if value is None else Decimal(value))
        for place, value in enumerate(changeable)
    ]
    record(database, readings, on("2026-11-23"))
    return {item.region: item for item in docket.items()}


def test_the_most_urgent_call_and_the_rest_is_listed(database: Database, docket: Docket) -> None:
    found = items(database, docket, 10, 50, None, 40, 30)
    shown = within_budget(found.values(), DAY, budget=3)
    assert [item.region for item in shown.calling] == ["r1", "r3", "r4"]
    assert [item.region for item in shown.suppressed] == ["r0", "r2"]


def test_what_somebody_owns_uses_no_budget(database: Database, docket: Docket) -> None:
    found = items(database, docket, 10, 50, 40)
    owned = replace(found["r0"], state="acknowledged")
    shown = within_budget([owned, found["r1"], found["r2"]], DAY, budget=1)
    assert [item.region for item in shown.calling] == ["r1", "r0"]


def test_a_doubtful_one_stands_below_a_certain_one(database: Database, docket: Docket) -> None:
    found = items(database, docket, 50, 40)
    doubtful = replace(found["r0"], certainty=0.5)
    shown = within_budget([doubtful, found["r1"]], DAY, budget=1)
    assert [item.region for item in shown.calling] == ["r1"]


def test_a_snoozed_one_calls_nobody(database: Database, docket: Docket) -> None:
    found = items(database, docket, 50)
    shown = within_budget([replace(found["r0"], snoozed_until=date(2026, 12, 1))], DAY)
    assert not shown.calling
    assert len(shown.suppressed) == 1
