from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from docket.database import Database
from docket.docket import Docket, Ref
from docket.errors import DocketError, NoSuchItem, NotPossible, Overtaken
from docket.recording import record
from kpi.scope import Scope
from organisation.thresholds import DEFAULT_RULES
from tests.docket.conftest import DIRECTOR, MANAGER, on, reading, ref

NOW = on("2026-11-24")


@pytest.fixture(autouse=True)
def one_item(database: Database) -> None:
    record(database, [reading(1.4)], on("2026-11-23"))


def test_the_way_of_an_item_stands_in_its_trail(docket: Docket) -> None:
    item = docket.acknowledge(ref(docket.item(1)), MANAGER, NOW, owner="regional manager DACH")
    item = docket.promise(ref(item), MANAGER, NOW, what="call", owner=item.owner or "", due_on=on("2026-12-08").day)
    item = docket.note(item.id, DIRECTOR, NOW, words="Two of them signed.")
    item = docket.resolve(ref(docket.item(1)), MANAGER, NOW, words="All called.")
    assert item.state == "resolved"
    assert [(entry.what, entry.role) for entry in item.trail] == [
        ("opened", None),
        ("acknowledged", "regional manager DACH"),
        ("promised", "regional manager DACH"),
        ("noted", "global sales director"),
        ("resolved", "regional manager DACH"),
    ]
    assert docket.reopen(ref(item), MANAGER, NOW, words="One more.").state == "in_action"


def test_who_read_an_older_state_changes_nothing(docket: Docket) -> None:
    """Both read the item; the second one's change is refused and says what the first one did."""
    read = docket.item(1)
    docket.acknowledge(ref(read), MANAGER, NOW, owner="regional manager DACH")
    with pytest.raises(Overtaken, match=r"regional manager DACH changed it \(acknowledged, 24 Nov 09:00 UTC\)"):
        docket.snooze(ref(read), DIRECTOR, NOW, until=on("2026-12-01").day, reason="later")
    assert docket.item(1).snoozed_until is None


def test_of_twenty_at_once_one_wins(docket: Docket) -> None:
    read = ref(docket.item(1))

    def acknowledge(number: int) -> bool:
        try:
            docket.acknowledge(read, MANAGER, NOW, owner=f"role {number}")
        except Overtaken:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(acknowledge, range(20)))
    assert won.count(True) == 1
    assert docket.item(1).owner == f"role {won.index(True)}"
    assert [entry.what for entry in docket.item(1).trail] == ["opened", "acknowledged"]


def test_a_state_allows_only_what_makes_sense_in_it(docket: Docket) -> None:
    with pytest.raises(NotPossible, match="it is open; resolve is for what is acknowledged or in action"):
        docket.resolve(ref(docket.item(1)), MANAGER, NOW, words="done")


@pytest.mark.parametrize("until", ["2026-11-24", "2027-03-01"])
def test_nothing_is_put_off_into_the_past_or_forever(docket: Docket, until: str) -> None:
    with pytest.raises(NotPossible, match="next 92 days"):
        docket.snooze(ref(docket.item(1)), MANAGER, NOW, until=on(until).day, reason="later")


def test_a_promise_needs_a_day_to_come(docket: Docket) -> None:
    with pytest.raises(NotPossible, match="not ahead"):
        docket.promise(ref(docket.item(1)), MANAGER, NOW, what="call", owner="manager", due_on=NOW.day)


def test_a_reader_of_another_region_sees_and_changes_nothing(database: Database, docket: Docket) -> None:
    other = Docket(database, Scope.of_regions("japan"))
    assert other.items() == ()
    with pytest.raises(NoSuchItem, match="there is no item 1"):
        other.item(1)
    with pytest.raises(NoSuchItem, match="there is no item 1"):
        other.acknowledge(ref(docket.item(1)), MANAGER, NOW, owner="x")
    assert docket.item(1).state == "open"


def test_what_is_stored_is_there_when_it_is_opened_again(database: Database, docket: Docket, tmp_path: Path) -> None:
    database.close()
    again = Docket(Database(f"sqlite:///{tmp_path / 'docket.sqlite'}"), Scope.everything())
    assert again.item(1) == docket.item(1)
    again.database.close()


def test_a_database_that_cannot_be_opened_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(DocketError, match="cannot be opened"):
        Database(f"sqlite:///{tmp_path / 'none' / 'docket.sqlite'}")


def test_an_unknown_item_is_none(docket: Docket) -> None:
    with pytest.raises(NoSuchItem):
        docket.acknowledge(Ref(99, 1), MANAGER, NOW, owner="x")


def test_how_long_is_put_off_and_when_it_is_verified_is_a_threshold(database: Database) -> None:
    short = Docket(database, Scope.everything(), replace(DEFAULT_RULES, longest_snooze=timedelta(days=5)))
    with pytest.raises(NotPossible, match="next 5 days"):
        short.snooze(ref(short.item(1)), MANAGER, NOW, until=NOW.day + timedelta(days=6), reason="later")
    soon = Docket(database, Scope.everything(), replace(DEFAULT_RULES, verify_within=timedelta(days=3)))
    item = soon.acknowledge(ref(soon.item(1)), MANAGER, NOW, owner="regional manager DACH")
    assert soon.resolve(ref(item), MANAGER, NOW, words="done").due_on == NOW.day + timedelta(days=3)
