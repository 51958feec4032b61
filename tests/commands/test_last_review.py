"""The demonstration's review of a week ago: what it promised is judged by today's data alone."""

from collections.abc import Iterator
from datetime import date

import pytest

from docket.database import Database
from docket.docket import Docket
from docket.items import Item
from docket.meetings import Meetings
from kpi.scope import Scope
from organisation import Workspace

EVERYTHING = Scope.everything()


@pytest.fixture(scope="module")
def database(reviewed: Workspace) -> Iterator[Database]:
    """Give the docket of a small company after its first load, to be read and never written."""
    opened = Database(f"sqlite:///{reviewed.data / 'docket.sqlite'}")
    yield opened
    opened.close()


def promised(database: Database) -> list[Item]:
    items = Docket(database, EVERYTHING).items(ended_since=date(2026, 11, 1))
    return [item for item in items if item.promises]


def test_one_promise_was_kept_with_effect_and_one_without(database: Database) -> None:
    kept = {item.state: item for item in promised(database)}
    assert set(kept) == {"verified", "without_effect"}
    worked, failed = (kept[state].promises[0] for state in ("verified", "without_effect"))
    assert (worked.had_effect, failed.had_effect) == (True, False)
    assert worked.value_then != worked.value_when_judged


def test_the_verdict_is_written_by_the_data_and_the_rest_by_roles(database: Database) -> None:
    for item in promised(database):
        assert [(entry.what, entry.role) for entry in item.trail[:3]] == [
            ("opened", None),
            ("promised", "global sales director"),
            ("resolved", item.owner),
        ]
        assert (item.trail[-1].what, item.trail[-1].role) == (item.state, None)


def test_the_review_is_closed_with_minutes_that_name_both_promises(database: Database) -> None:
    meeting = Meetings(database, EVERYTHING).newest()
    assert meeting is not None
    assert (str(meeting.held_on), meeting.state, meeting.pack) == ("2026-11-17", "closed", None)
    assert len(meeting.decisions) == 2
    assert all(f"**{one.decision.words}**" in (meeting.minutes or "") for one in meeting.decisions)
