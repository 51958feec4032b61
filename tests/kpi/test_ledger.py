"""The ledger for people: feeds, balance, rejected rows and stages that nobody mapped."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import cast

import pytest

from etl import reasons
from kpi import ledger
from kpi.arrivals import Arrival
from kpi.errors import KpiError
from kpi.reject_reasons import NEXT, SENTENCES, sentence, what_to_do
from kpi.scope import NoScopeError, Scope
from organisation import Organisation, RegionRule
from tests.kpi.conftest import Warehouse

NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)


def test_a_feed_is_late_when_the_newest_export_belongs_to_an_earlier_due_moment(
    warehouse: Warehouse, organisation: Organisation
) -> None:
    """Due Mondays 07:00. North delivered this Monday, east the Monday before, south never."""
    warehouse.feed("north", "opportunity", "2026-11-23T05:30")
    warehouse.feed("east", "opportunity", "2026-11-16T05:30")
    found = {
        (feed.region, feed.table): feed
        for feed in ledger.feeds(warehouse.engine, organisation, Scope.everything(), NOW)
    }
    assert not found["north", "opportunity"].is_late
    assert found["east", "opportunity"].is_late
    assert found["south", "opportunity"].is_late
    assert found["south", "opportunity"].file is None
    assert found["east", "opportunity"].due_at == datetime(2026, 11, 22, 22, tzinfo=UTC)  # 07:00 in Tokyo
    # 23 November is a holiday in Japan; Tuesday 24 is over there: 9 to 17 = 8 working hours
    assert found["east", "opportunity"].late_hours == pytest.approx(8.0)


def test_late_feeds_come_first_and_name_their_regions(warehouse: Warehouse, organisation: Organisation) -> None:
    warehouse.feeds("north", "south", exported="2026-11-23T05:30")
    warehouse.feed("east", "opportunity", "2026-11-16T05:30")
    warehouse.feed("east", "lead", "2026-11-23T05:30")
    found = ledger.feeds(warehouse.engine, organisation, Scope.everything(), NOW)
    assert found[0].region == "east"
    assert ledger.late_regions(found) == ("east",)


def test_a_newer_load_that_is_held_does_not_make_a_feed_current(
    warehouse: Warehouse, organisation: Organisation
) -> None:
    warehouse.feed("north", "opportunity", "2026-11-16T05:30")
    warehouse.feed("north", "opportunity", "2026-11-23T05:30", status="held", reason="VOLUME")
    feed = next(
        feed for feed in ledger.feeds(warehouse.engine, organisation, Scope.everything(), NOW) if feed.region == "north"
    )
    assert feed.is_late
    assert ledger.waiting_for_release(warehouse.engine, organisation, Scope.everything())["reason"].to_list() == [
        "VOLUME"
    ]


@pytest.mark.parametrize(
    ("text", "exported", "late"),
    [
        ("daily by 07:00", "2026-11-24T05:00", False),
        ("daily by 07:00", "2026-11-23T05:00", True),
        ("weekly on tuesday by 09:00", "2026-11-24T06:30", False),
        ("weekly on tuesday by 09:00", "2026-11-17T11:30", True),
        ("weekdays by 15:30", "2026-11-23T12:00", False),
        ("every 4 hours", "2026-11-24T09:00", False),
        ("every 4 hours", "2026-11-24T07:00", True),
    ],
)
def test_an_export_belongs_to_the_due_moment_it_is_nearest_to(text: str, exported: str, late: bool) -> None:
    moment = datetime.fromisoformat(exported).replace(tzinfo=UTC)
    assert Arrival.parse(text, "Europe/Berlin").is_late(moment, NOW) is late


def test_a_rhythm_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(KpiError, match="cannot be read"):
        Arrival.parse("now and then", "Europe/Berlin")


def test_the_balance_of_each_load_is_shown_and_checked(warehouse: Warehouse, organisation: Organisation) -> None:
    warehouse.feed("north", rows_in=12, loaded=9, rejected=2, ignored=1)
    warehouse.feed("south", rows_in=12, loaded=9, rejected=2, ignored=0)
    found = {
        row["source"]: row["balances"]
        for row in ledger.balance(warehouse.engine, organisation, Scope.everything()).to_dicts()
    }
    assert found == {"north_crm": True, "south_crm": False}


def _reject(warehouse: Warehouse, line: int, raw: str, reason: str = "TYPE_NUMBER", **given: object) -> None:
    columns = {"load_id": "l1", "line": line, "column_name": "amount", "reason": reason, "raw": raw} | given
    warehouse.insert("rejected_row", columns)


def test_a_rejected_row_shows_its_line_and_reason_and_hides_every_person(
    warehouse: Warehouse, organisation: Organisation
) -> None:
    """The first row names a known person in column 2, so column 2 is masked in the second row too."""
    warehouse.add("person", "north", {"person_ref": "p.one", "name": "Person One", "is_active": True, "team": "A"})
    warehouse.feed("north", load_id="l1")
    _reject(warehouse, 7, 'A-1,Person One,"1,2,3",call Person One')
    _reject(warehouse, 9, "A-2,Somebody New,abc,mail some@one.example")
    _reject(warehouse, 10, "A-3,Person One,abc,", corrected_by="l2")
    found = ledger.rejects(warehouse.engine, organisation, Scope.everything())
    assert found["line"].to_list() == [7, 9]
    assert found["raw"].to_list() == ['A-1,•••,"1,2,3",call •••', "A-2,•••,abc,mail •••"]
    assert found["sentence"][0] == "A number is expected here and cannot be read."


def test_a_reader_of_another_region_sees_no_rejected_row(warehouse: Warehouse, organisation: Organisation) -> None:
    warehouse.feed("north", load_id="l1")
    _reject(warehouse, 7, "A-1")
    assert ledger.rejects(warehouse.engine, organisation, Scope.of_regions("south")).is_empty()
    assert ledger.rejects(warehouse.engine, organisation, Scope.of_regions("north")).height == 1
    assert ledger.reject_counts(warehouse.engine, organisation, Scope.everything())["rows"].to_list() == [1]


SOUTH = Scope.of_regions("south")


def test_a_reader_of_a_region_sees_no_load_reject_or_feed_of_another_one(
    warehouse: Warehouse, organisation: Organisation
) -> None:
    warehouse.feed("north", load_id="l1", rows_in=12, loaded=9, rejected=3)
    warehouse.feed("south", load_id="l2", rows_in=7, loaded=6, rejected=1)
    warehouse.feed("north", "lead", load_id="l3", status="held", reason="VOLUME")
    _reject(warehouse, 7, "A-1")
    _reject(warehouse, 8, "A-2", "TYPE_DATE")
    _reject(warehouse, 9, "B-1", load_id="l2")
    warehouse.insert("ignored_row", {"load_id": "l1", "line": 3, "reason": "FOOTER"})
    asked = (warehouse.engine, organisation, SOUTH)
    assert ledger.balance(*asked)["load_id"].to_list() == ["l2"]
    assert ledger.balance(*asked)["rows_in"].sum() == 7
    assert ledger.waiting_for_release(*asked).is_empty()
    assert ledger.reject_counts(*asked).select("source", "rows").rows() == [("south_crm", 1)]
    assert ledger.ignored_counts(*asked, "l1").is_empty()
    assert {feed.region for feed in ledger.feeds(*asked, NOW)} == {"south"}
    assert ledger.reject_counts(warehouse.engine, organisation, Scope.of_regions()).is_empty()
    assert ledger.balance(warehouse.engine, organisation, Scope.everything()).height == 3


def test_loads_of_a_system_that_several_regions_share_are_counted_for_its_whole_readers_only(
    warehouse: Warehouse, organisation: Organisation
) -> None:
    """The north's system holds rows of the south too: its counts are of both, so a reader of one sees none."""
    shared = replace(organisation.sources["north_crm"], region=RegionRule("north", "Land", {"S": "south"}))
    both = replace(organisation, sources={**organisation.sources, "north_crm": shared})
    warehouse.feed("north", load_id="l1")
    _reject(warehouse, 7, "A-1")
    assert ledger.balance(warehouse.engine, both, Scope.of_regions("north")).is_empty()
    assert ledger.reject_counts(warehouse.engine, both, SOUTH).is_empty()
    assert ledger.balance(warehouse.engine, both, Scope.of_regions("north", "south")).height == 1


def test_no_ledger_is_read_without_saying_who_asks(warehouse: Warehouse, organisation: Organisation) -> None:
    nobody = cast(Scope, None)
    for read in (ledger.balance, ledger.reject_counts, ledger.rejects, ledger.unmapped_stages, ledger.warnings):
        with pytest.raises(NoScopeError, match="needs a scope"):
            read(warehouse.engine, organisation, nobody)


def test_loads_come_by_their_exports_moment_whatever_order_they_arrived_in(
    warehouse: Warehouse, organisation: Organisation
) -> None:
    """The older file is refused a day after the newer one; two files of one moment stand by name."""
    warehouse.feed("north", exported="2026-11-16T05:30", load_id="late", status="refused", loaded_at="2026-11-24T09:00")
    warehouse.feed("north", exported="2026-11-23T05:30", load_id="early", status="refused")
    warehouse.feed("north", exported="2026-11-16T05:30", load_id="a", status="refused", file="first.csv")
    found = ledger.balance(warehouse.engine, organisation, Scope.everything())
    assert found["load_id"].to_list() == ["early", "a", "late"]


def test_each_reason_keeps_its_newest_examples_however_many_rows_another_one_has(
    warehouse: Warehouse, organisation: Organisation
) -> None:
    warehouse.feed("north", "opportunity", "2026-11-16T05:30", load_id="l1")
    warehouse.feed("north", "opportunity", "2026-11-23T05:30", load_id="l2")
    for line in range(2, ledger.EXAMPLES + 22):
        _reject(warehouse, line, f"B-{line}", load_id="l2")
    _reject(warehouse, 7, "A-1", "TYPE_DATE", load_id="l1")
    found = ledger.rejects(warehouse.engine, organisation, Scope.everything())
    assert found.height == ledger.EXAMPLES + 1
    assert "A-1" in found["raw"].to_list()


def test_unmapped_stages_of_other_regions_are_not_counted(warehouse: Warehouse, organisation: Organisation) -> None:
    warehouse.deal("1", 100, "north", outcome=None, stage=None, stage_raw="Parked")
    warehouse.deal("2", 100, "south", outcome=None, stage=None, stage_raw="Limbo")
    found = ledger.unmapped_stages(warehouse.engine, organisation, SOUTH)
    assert [stage.word for stage in found] == ["Limbo"]


def test_unmapped_stages_are_listed_with_their_value_in_group_currency(
    warehouse: Warehouse, organisation: Organisation
) -> None:
    """One dollar is half a euro: 100 + 60 dollars under "Parked" are 80 euro."""
    for deal, amount, word in (("1", 100, "Parked"), ("2", 60, "Parked"), ("3", 50, "Limbo")):
        warehouse.deal(deal, amount, "south", outcome=None, stage=None, stage_raw=word, closes="2026-12-01")
    warehouse.deal("4", 999, "south", closes="2026-12-01")
    found = ledger.unmapped_stages(warehouse.engine, organisation, Scope.everything())
    assert [(stage.word, stage.deals, stage.value, stage.currency) for stage in found] == [
        ("Parked", 2, Decimal(80), "EUR"),
        ("Limbo", 1, Decimal(25), "EUR"),
    ]


def test_deals_without_an_outcome_are_listed_whether_their_stage_is_mapped_or_not_there_at_all(
    warehouse: Warehouse, organisation: Organisation
) -> None:
    """Closed, and nothing says how: no profile lacks a word for it, and the deal is in no figure all the same."""
    crm = replace(organisation.sources["north_crm"], words={"stages": {"Deep  Dive": "develop"}})
    organisation = replace(organisation, sources={**organisation.sources, "north_crm": crm})
    for deal, amount, word in (("1", 30, "deep dive"), ("2", 20, None), ("3", 10, "Parked")):
        warehouse.deal(deal, amount, outcome=None, stage=None, stage_raw=word, closed_on="2026-10-05")
    found = ledger.unmapped_stages(warehouse.engine, organisation, Scope.everything())
    assert [(stage.word, stage.deals, stage.is_mapped) for stage in found] == [
        ("deep dive", 1, True),
        ("", 1, True),
        ("Parked", 1, False),
    ]


def test_an_unmapped_value_without_a_rate_is_not_guessed(warehouse: Warehouse, organisation: Organisation) -> None:
    warehouse.deal("1", 100, "north", outcome=None, stage=None, stage_raw="Parked", currency="GBP")
    assert ledger.unmapped_stages(warehouse.engine, organisation, Scope.everything())[0].value is None


def test_warnings_are_those_of_the_newest_load(warehouse: Warehouse, organisation: Organisation) -> None:
    warehouse.feed("north", "opportunity", "2026-11-16T05:30", load_id="old")
    warehouse.feed("north", "opportunity", "2026-11-23T05:30", load_id="new")
    for load_id, rows in (("old", 9), ("new", 4)):
        columns = {"load_id": load_id, "code": "UNMAPPED_STAGE", "column_name": "stage_raw", "word": "Parked"}
        warehouse.insert("load_warning", columns | {"rows": rows})
    assert ledger.warnings(warehouse.engine, organisation, Scope.everything())["rows"].to_list() == [4]
    assert ledger.warnings(warehouse.engine, organisation, Scope.of_regions("south")).is_empty()


def test_every_reason_of_the_loader_has_a_sentence() -> None:
    classes = reasons.REFUSED | reasons.REJECTED | reasons.IGNORED | reasons.WARNINGS
    assert set(classes) <= set(SENTENCES)
    assert sentence("SOMETHING_NEW") == "Something new."


def test_every_reason_that_keeps_data_out_says_what_to_do_next() -> None:
    assert set(NEXT) == set(reasons.REFUSED | reasons.HELD | reasons.REJECTED)
    assert what_to_do("ENCRYPTED") == "Send it without a password."
    assert what_to_do("FOOTER") == what_to_do(None) == ""


def test_a_corrected_reject_names_the_load_that_brought_it_right(
    warehouse: Warehouse, organisation: Organisation
) -> None:
    warehouse.feed("north", "opportunity", "2026-11-16T05:30", load_id="l1")
    warehouse.feed("north", "opportunity", "2026-11-23T05:30", load_id="l2")
    _reject(warehouse, 7, "A-1", corrected_by="l2")
    _reject(warehouse, 9, "A-2", corrected_by="l2")
    _reject(warehouse, 10, "A-3")
    found = ledger.corrected_rejects(warehouse.engine, organisation, Scope.everything()).to_dicts()
    assert [(row["file"], row["rows"], row["corrected_in"]) for row in found] == [
        ("opportunities_2026-11-16.csv", 2, "opportunities_2026-11-23.csv")
    ]
    assert ledger.corrected_rejects(warehouse.engine, organisation, Scope.of_regions("south")).is_empty()
