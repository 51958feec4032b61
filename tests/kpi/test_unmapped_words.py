"""Words that no profile explains: counted by the newest export, with the money of the deals that keep them."""

from decimal import Decimal

from kpi.scope import Scope
from kpi.unmapped_words import unmapped_words
from organisation import Organisation
from tests.kpi.conftest import Warehouse


def warn(warehouse: Warehouse, load_id: str, column: str, word: str, rows: int) -> None:
    columns = {"load_id": load_id, "code": "UNMAPPED_WORD", "column_name": column, "word": word, "rows": rows}
    warehouse.insert("load_warning", columns)


def test_a_word_has_its_rows_and_where_deals_keep_it_their_value(
    warehouse: Warehouse, organisation: Organisation
) -> None:
    """One dollar is half a euro: 100 + 60 dollars from "Fax" are 80 euro; a segment's word is kept nowhere."""
    warehouse.feed("south", load_id="s1")
    for deal, amount, origin in (("1", 100, "Fax"), ("2", 60, "Fax"), ("3", 999, "Web")):
        warehouse.deal(deal, amount, "south", lead_source=origin)
    warn(warehouse, "s1", "lead_source", "Fax", 2)
    warn(warehouse, "s1", "segment", "Huge", 7)
    found = unmapped_words(warehouse.engine, organisation, Scope.everything())
    assert [(one.column, one.word, one.rows, one.value) for one in found] == [
        ("lead_source", "Fax", 2, Decimal(80)),
        ("segment", "Huge", 7, None),
    ]


def test_a_value_without_a_rate_is_not_guessed(warehouse: Warehouse, organisation: Organisation) -> None:
    warehouse.feed("north", load_id="n1")
    warehouse.deal("1", 100, "north", lead_source="Fax", currency="GBP")
    warehouse.deal("2", 50, "north", lead_source="Fax")
    warn(warehouse, "n1", "lead_source", "Fax", 2)
    assert [one.value for one in unmapped_words(warehouse.engine, organisation, Scope.everything())] == [None]


def test_only_the_newest_full_export_counts_and_every_export_of_changes(
    warehouse: Warehouse, organisation: Organisation
) -> None:
    warehouse.feed("north", "lead", "2026-11-16T05:30", load_id="old")
    warehouse.feed("north", "lead", "2026-11-23T05:30", load_id="new")
    warehouse.feed("north", "activity", "2026-11-16T05:30", load_id="a1", mode="delta")
    warehouse.feed("north", "activity", "2026-11-23T05:30", load_id="a2", mode="delta")
    warn(warehouse, "old", "status_raw", "Parked", 9)
    warn(warehouse, "new", "status_raw", "Parked", 4)
    warn(warehouse, "a1", "type_raw", "Fair", 1)
    warn(warehouse, "a2", "type_raw", "Fair", 2)
    found = unmapped_words(warehouse.engine, organisation, Scope.everything())
    assert [(one.word, one.rows) for one in found] == [("Parked", 4), ("Fair", 3)]


def test_a_reader_of_another_region_sees_no_word(warehouse: Warehouse, organisation: Organisation) -> None:
    warehouse.feed("north", load_id="n1")
    warn(warehouse, "n1", "segment", "Huge", 7)
    assert unmapped_words(warehouse.engine, organisation, Scope.of_regions("south")) == ()
    assert len(unmapped_words(warehouse.engine, organisation, Scope.of_regions("north"))) == 1
