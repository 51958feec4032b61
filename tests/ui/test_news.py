"""The bar that says what has arrived: which regions and tables, in few words."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

from kpi.ledger import Feed
from ui.news import news_words
from ui.view import View

MORNING = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
VIEW = cast(View, SimpleNamespace(name=str.upper, zone="UTC", now=MORNING))


def feed(region: str, table: str = "opportunity") -> Feed:
    return Feed(region, f"{region}_crm", table, f"{table}.csv", MORNING, MORNING, None, None, None, False, 0.0)


def loaded_again(before: Feed) -> Feed:
    """The same file name and moment, loaded anew: what is in it may differ."""
    return replace(before, loaded_at=MORNING.replace(hour=7))


def test_it_names_the_tables_that_came_by_region() -> None:
    deals, leads, other = feed("amer"), feed("amer", "lead"), feed("dach")
    now = [loaded_again(deals), loaded_again(leads), other]
    assert news_words([deals, leads, other], now, VIEW) == (
        "New: AMER deals and leads of 06:00. The figures follow in place."
    )


def test_of_many_regions_it_names_three_and_counts_the_rest() -> None:
    before = [feed(name) for name in ("a", "b", "c", "d", "e")]
    words = news_words(before, [loaded_again(each) for each in before], VIEW)
    assert words.startswith("New: A deals of 06:00; B deals of 06:00; C deals of 06:00 and 2 more.")


def test_a_change_without_a_new_export_is_said_too() -> None:
    assert news_words([feed("amer")], [feed("amer")], VIEW) == "The data have changed. The figures follow in place."


def test_an_export_that_never_came_is_no_news() -> None:
    never = replace(feed("amer"), exported_at=None, loaded_at=None)
    assert news_words([], [never], VIEW).startswith("The data have changed")
