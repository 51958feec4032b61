"""The freshness page's parts."""

import re
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import polars as pl

from kpi.ledger import Feed
from ui.ledger_blocks import feeds_block, merges_block
from ui.view import View

OLD, NEW = datetime(2026, 11, 3, 6, 30, tzinfo=UTC), datetime(2026, 11, 24, 6, 30, tzinfo=UTC)


def feed(source: str, moment: datetime, known_by: str, *, is_late: bool = False, region: str = "dach") -> Feed:
    hours = 90.0 if is_late else 0.0
    of_file = (f"{source}.csv", moment, moment, None)
    return Feed(region, source, "opportunity", *of_file, "daily by 07:00", NEW, is_late, hours, None, known_by)


def rows_of(*feeds: Feed) -> list[str]:
    """Give the text of each row of the table of feeds."""
    view = SimpleNamespace(feeds=feeds, regions=("dach", "east"), late=(), name=str.upper, zone="UTC", now=NEW)
    body = feeds_block(cast(View, view)).partition("<tbody>")[2]
    return [re.sub(r"\s*<[^>]+>\s*", " ", row).strip() for row in body.split("</tr>")[:-1]]


def test_a_stale_source_stands_beside_the_fresh_one_of_its_region() -> None:
    rows = rows_of(feed("new_crm", NEW, "file name"), feed("old_crm", OLD, "file name", is_late=True))
    assert len(rows) == 3
    assert rows[0].startswith("DACH old_crm")
    assert "working hours late" in rows[0]
    assert rows[1].startswith("DACH new_crm")
    assert "late" not in rows[1]
    assert rows[2].startswith("EAST")


def test_how_the_moment_of_an_export_is_known_is_said_where_no_file_name_says_it() -> None:
    words = {"file name": "", "column": "by its newest change", "arrival": "by its arrival", "release": "as a person"}
    for known_by, word in words.items():
        row = rows_of(feed("crm", NEW, known_by))[0]
        assert word in row
        assert all(other not in row for other in words.values() if other and other != word)


def test_merges_that_lead_to_nobody_are_listed_and_their_names_are_only_text() -> None:
    row = {"source": "dach", "region": "dach", "account_id": "7", "name": "<b>Acme", "merged_into": "8"}
    shown = merges_block(pl.DataFrame([row]))
    assert "1 account;" in shown
    assert "&lt;b&gt;Acme" in shown
    assert "account 7 is merged into 8" in shown
    assert merges_block(pl.DataFrame(schema=dict.fromkeys(row, pl.String))) == ""
