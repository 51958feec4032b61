"""The page Deviations: what calls somebody, what is kept back, and one item with its trail."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from docket.database import Database
from docket.docket import Docket, PlannedEvent
from docket.recording import record
from kpi.deviations.reading import Key
from kpi.scope import Scope
from tests.docket.conftest import DIRECTOR, MANAGER, PACE, on, ref
from tests.pages.conftest import Draw, html_of

PAGE = "director/deviations.py"
RULES = ("pace", "plan", "own past", "agreement", "concentration", "late feed", "weekly")


@pytest.fixture
def docket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Docket]:
    """Give the docket that the pages of this test open."""
    address = f"sqlite:///{tmp_path / 'docket.sqlite'}"
    monkeypatch.setenv("DENOMINATOR_DOCKET", address)
    database = Database(address)
    yield Docket(database, Scope.everything())
    database.close()


def fill(docket: Docket, *rules: str, sentence: str = PACE.sentence) -> None:
    found = [replace(PACE, key=Key("pace", "dach", "", rule), sentence=sentence) for rule in rules]
    record(docket.database, found, on("2026-11-24", snapshot=1))


def test_an_empty_docket_says_what_fills_it(draw: Draw, docket: Docket) -> None:
    shown = html_of(draw(PAGE))
    assert "Nothing needs a person now." in shown
    assert "Deviations are put on the docket after each load" in shown


def test_five_call_and_the_rest_is_listed_below(draw: Draw, docket: Docket) -> None:
    fill(docket, *RULES)
    shown = html_of(draw(PAGE))
    assert "Five deviations need a person, five without an owner." in shown
    assert "2 items not called" in shown
    assert shown.count('class="dot open"') == len(RULES)


def test_an_item_shows_who_has_it_what_was_promised_and_its_trail(draw: Draw, docket: Docket) -> None:
    fill(docket, "pace")
    due = on("2026-12-08").day
    docket.promise(ref(docket.item(1)), MANAGER, on("2026-11-24"), what="Visit all", owner="manager", due_on=due)
    shown = html_of(draw(PAGE, item="1"))
    assert "Visit all" in shown
    assert "manager, by 8 Dec 2026" in shown
    assert "regional manager DACH · Tue 24 Nov" in shown
    assert "It is done" in shown
    assert "I have seen it" not in shown


def test_the_choice_of_regions_holds_here_too(draw: Draw, docket: Docket) -> None:
    fill(docket, "pace")
    assert "DACH" not in html_of(draw(PAGE, regions="amer"))


def test_words_of_the_data_are_never_markup(draw: Draw, docket: Docket) -> None:
    fill(docket, "pace", sentence='<img src="x"> is behind')
    assert "<img" not in html_of(draw(PAGE, item="1"))


def test_a_planned_event_is_listed(draw: Draw, docket: Docket) -> None:
    docket.plan(
        PlannedEvent("price change", on("2026-11-20").day, on("2026-12-01").day, "dach"), DIRECTOR, on("2026-11-19")
    )
    fill(docket, "pace")
    shown = html_of(draw(PAGE))
    assert "Explained: price change" in shown
    assert "20 Nov 2026 to 1 Dec 2026" in shown
    assert "Nothing needs a person now." in shown


def test_the_overview_lists_what_the_docket_calls_and_no_more(draw: Draw, docket: Docket) -> None:
    """Seven are open: five call, as on the page of their own; one that is put off calls nobody there either."""
    fill(docket, *RULES)
    shown = html_of(draw())
    assert "Five deviations" in shown
    assert " items not called" in shown
    until = on("2026-12-01").day
    docket.snooze(ref(docket.item(1)), MANAGER, on("2026-11-24"), until=until, reason="known")
    assert 'item=1"' not in html_of(draw())


def test_a_past_quarter_lists_what_its_own_figures_say(draw: Draw, docket: Docket) -> None:
    fill(docket, "pace")
    assert PACE.sentence in html_of(draw())
    assert PACE.sentence not in html_of(draw(period="2026-Q3"))


def test_an_item_says_where_it_comes_from_and_its_parts_add_up_on_the_screen(draw: Draw, docket: Docket) -> None:
    fill(docket, "pace")
    shown = html_of(draw(PAGE, item="1"))
    assert "Where it comes from" in shown
    lists = re.findall(r'<ol class="parts">(.*?)</ol>', shown)
    assert lists
    for one in lists:
        *parts, together = [float(number.replace("\u2212", "-")) for number in re.findall(r"<b>([^<]+)</b>", one)]
        assert sum(parts) == pytest.approx(together, abs=1e-9)


def test_a_part_leads_to_its_rows_and_they_are_as_many_as_it_says(draw: Draw, docket: Docket) -> None:
    fill(docket, "pace")
    shown = html_of(draw(PAGE, item="1"))
    links = re.findall(r'href="([^"]*part=segment:([a-z_]+))"[^<]*<', shown)
    assert links
    cases = re.search(r"part=segment:" + links[0][1] + r'".*?<small>(\d+) won deals?</small>', shown)
    assert cases is not None
    drawn = draw(PAGE, item="1", part=f"segment:{links[0][1]}")
    assert f"the {cases[1]} deal" in html_of(drawn)
    assert len(drawn.dataframe[0].value) == int(cases[1])
    assert "On the docket" not in html_of(drawn), "the rows stand right below the deviation"


@pytest.mark.parametrize("part", ["segment:no such", "team:A", "owner_ref:p1", "segment", ":"])
def test_a_part_that_there_is_not_shows_no_rows(draw: Draw, docket: Docket, part: str) -> None:
    """Nor has a team any, since rows name no person."""
    fill(docket, "pace")
    drawn = draw(PAGE, item="1", part=part)
    assert "On the docket" in html_of(drawn)
    assert not drawn.dataframe
