"""The minutes that are read back: every decision beside its number, in the order of the agenda."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from docket.database import Database
from docket.docket import Ref
from docket.meetings import Decision, Meetings
from docket.minutes import minutes_of
from kpi.scope import Scope
from tests.docket.conftest import DIRECTOR, MANAGER, on

NOW = on("2026-11-24")  # 09:00 UTC, 10:00 in Berlin
BERLIN = ZoneInfo("Europe/Berlin")


def test_decisions_stand_under_their_item_beside_their_number(database: Database) -> None:
    meetings = Meetings(database, Scope.everything())
    meeting = meetings.start(meetings.prepare(NOW.day, "pack-1", DIRECTOR, NOW).ref, DIRECTOR, NOW)
    due = date(2026, 12, 1)
    action = Decision(
        "deviations", "action", "Call all *three*", "manager DACH", due, region="dach", number="win rate 21.6%"
    )
    call = Decision(
        "call", "call", "Call lowered.", reason="Two deals moved", region="japan", amount_before=Decimal(2),
        amount=Decimal(1), currency="JPY",
    )  # fmt: skip
    meetings.decide(meeting.id, action, DIRECTOR, NOW)
    decided = meetings.decide(meeting.id, call, MANAGER, NOW).decisions[1]
    after = meetings.take_back(meeting.id, Ref(decided.id, decided.version), DIRECTOR, NOW, words="Misheard")
    text = minutes_of(replace(after, closed_at=NOW.at), str.upper, BERLIN, ["3 of 6 regions need you."])
    assert text == (
        "# Weekly review, Tuesday 24 November 2026\n"
        "\n"
        "3 of 6 regions need you.  \n"
        "Held 10:00 to 10:00. Frozen pack pack-1.\n"
        "\n"
        "## Promises\n"
        "\n"
        "Nothing was decided.\n"
        "\n"
        "## Call and pace\n"
        "\n"
        "- **Call lowered.** JAPAN. Reason: Two deals moved. *10:00, regional manager DACH (self-declared)* "
        "Taken back: Misheard.\n"
        "\n"
        "## Deviations\n"
        "\n"
        "- **Call all \\*three\\*.** DACH, win rate 21.6%. manager DACH, by Tuesday 1 December 2026. "
        "*10:00, global sales director (self-declared)*\n"
        "\n"
        "## Next quarters\n"
        "\n"
        "Nothing was decided.\n"
        "\n"
        "## Accounts\n"
        "\n"
        "Nothing was decided.\n"
        "\n"
        "## Process\n"
        "\n"
        "Nothing was decided.\n"
    )
