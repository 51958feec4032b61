"""The freshness page's newer parts: what waits for whom, every load, words, deals without an answer, weeks."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import cast

import polars as pl

from kpi.adoption import Adoption
from kpi.completeness import Completeness
from kpi.ledger import UnmappedStage
from kpi.reject_reasons import what_to_do
from kpi.rejects import RejectedLoad
from kpi.unmapped_words import UnmappedWord
from ui.intake_blocks import intake_block
from ui.left_out_blocks import left_view_block, unmapped_block
from ui.load_blocks import EARLIER, balance_block, decisions_block
from ui.reject_blocks import rejects_block
from ui.view import View
from ui.week_blocks import adoption_block, completeness_block

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
REGIONS = {"north": "North", "south": "South"}
VIEW = cast(
    View,
    SimpleNamespace(
        zone="Europe/Berlin",
        name=REGIONS.__getitem__,
        organisation=SimpleNamespace(regions=REGIONS, group=SimpleNamespace(currency="EUR")),
    ),
)
COUNTS = {"source": "north_crm", "table_name": "opportunity", "reason": "TYPE_DATE", "column_name": "closed_on"}


def load(age: int, status: str = "loaded", **given: object) -> dict[str, object]:
    """Give a load as the balance lists it, so many weeks old."""
    return {
        "load_id": f"{status}{age}",
        "source": "north_crm",
        "table_name": "opportunity",
        "export": None,
        "file": f"deals_{age}.csv",
        "exported_at": NOW - timedelta(weeks=age),
        "status": status,
        "rows_in": 10,
        "loaded": 9,
        "changed": 1,
        "rejected": 1,
        "ignored": 0,
        "reason": None,
        "message": None,
        "who": None,
        "sentence": "",
        "balances": True,
    } | given


def test_a_refused_file_says_what_to_do_until_a_newer_export_has_taken_its_place() -> None:
    refused = load(0, "refused", reason="ENCRYPTED", message="the file has a <password>")
    waiting = decisions_block(pl.DataFrame([load(1), refused]), VIEW)
    assert "Held or refused" in waiting
    assert "The file has a &lt;password&gt;" in waiting
    assert what_to_do("ENCRYPTED") in waiting
    replaced = decisions_block(pl.DataFrame([load(0), load(1, "refused", reason="ENCRYPTED", message="x")]), VIEW)
    assert "Held or refused" not in replaced
    assert "1 file refused earlier" in replaced


def test_only_a_held_load_and_one_that_a_person_refused_can_be_let_in() -> None:
    held = decisions_block(pl.DataFrame([load(0, "held", reason="VOLUME", message="few rows")]), VIEW)
    assert "ask=release" in held
    assert "ask=refuse" in held
    broken = decisions_block(pl.DataFrame([load(0, "refused", reason="QUOTE", message="never closed")]), VIEW)
    assert "ask=" not in broken
    refused = load(0, "refused", reason="VOLUME", message="refused by regional manager")
    assert "Let it in after all" in decisions_block(pl.DataFrame([refused]), VIEW)


def test_every_load_is_shown_or_summed_and_a_wrong_balance_is_said_in_either_place() -> None:
    """20 loads: the newest, 12 earlier ones, and 7 older together; the oldest of all does not balance."""
    loads = pl.DataFrame([*(load(age) for age in range(19)), load(19, balances=False)], infer_schema_length=None)
    shown = balance_block(loads)
    assert "20 loads and 200 rows in all" in shown
    assert "19 earlier loads" in shown
    assert f"deals_{EARLIER}.csv" in shown
    assert f"deals_{EARLIER + 1}.csv" not in shown
    assert "7 older loads together" in shown
    assert "1 do not balance" in shown


def test_a_load_that_a_person_let_in_says_who() -> None:
    shown = balance_block(pl.DataFrame([load(0, who="regional manager <AMER>"), load(1)]))
    assert shown.count("by decision of") == 1
    assert "by decision of regional manager &lt;AMER&gt;" in shown


def test_a_load_can_be_withdrawn_and_a_withdrawn_one_however_old_put_back() -> None:
    """The one withdrawn is older than those shown one by one; it is shown, and not in the sum of the others."""
    gone = load(17, "withdrawn", message="Withdrawn by sales (<twice>): its rows are in no table any more.")
    loads = pl.DataFrame([*(load(age) for age in range(17)), gone], infer_schema_length=None)
    shown = balance_block(loads)
    assert "ask=withdraw&amp;load=loaded0" in shown
    assert "ask=take_back&amp;load=withdrawn17" in shown
    assert "ask=withdraw&amp;load=withdrawn17" not in shown
    assert "(&lt;twice&gt;)" in shown
    assert f"{17 - 1 - EARLIER} older loads together" in shown


def test_rows_that_are_too_many_for_the_page_name_the_command() -> None:
    counts = pl.DataFrame([COUNTS | {"rows": 900, "sentence": "A date is expected here."}])
    left = RejectedLoad("l1", "north_crm", "opportunity", "deals.csv", 900)
    shown = rejects_block(counts, pl.DataFrame(schema={"reason": pl.String}), pl.DataFrame(), [(left, None)])
    assert "denominator rejects --out FOLDER" in shown
    assert what_to_do("TYPE_DATE") in shown
    assert "data:text/csv" not in shown


def test_a_corrected_reject_names_the_file_that_brought_it_right() -> None:
    row = {
        "source": "north_crm",
        "file": "deals_1.csv",
        "sentence": "No date.",
        "rows": 2,
        "corrected_in": "deals_0.csv",
    }
    none = pl.DataFrame(schema={"reason": pl.String, "rows": pl.Int64})
    shown = rejects_block(none, none, pl.DataFrame([row]), ())
    assert "2 rows rejected earlier are right now" in shown
    assert "by deals_0.csv" in shown
    assert rejects_block(none, none, none, ()) == ""


def test_a_word_says_its_rows_its_value_and_where_to_add_it() -> None:
    word = UnmappedWord("north_crm", "opportunity", "lead_source", "<Fax>", 2, Decimal(80_000), "EUR")
    shown = unmapped_block((), (word,), VIEW)
    assert "&lt;Fax&gt;" in shown
    assert "lead_sources:" in shown
    assert "2 rows" in shown
    assert "€80" in shown
    assert unmapped_block((), (), VIEW) == ""


def test_deals_that_ended_nobody_says_how_stand_with_what_to_do() -> None:
    unknown = UnmappedStage("north_crm", "north", "Deep", 2, Decimal(80_000), "EUR", is_mapped=True)
    shown = unmapped_block((unknown, replace(unknown, word="")), (), VIEW)
    assert "4 deals, €160" in shown
    assert "“Deep”" in shown
    assert "No stage" in shown
    assert "Nothing says whether they are open, won or lost." in shown
    assert "<code>stages:</code>" not in shown
    assert "<code>stages:</code>" in unmapped_block((replace(unknown, is_mapped=False),), (), VIEW)


def test_a_deal_that_left_its_export_says_its_value_and_its_last_line() -> None:
    row = {
        "source": "north_crm",
        "region": "north",
        "number": "D-7",
        "account": "Acme & Sons",
        "stage": "propose",
        "amount": Decimal("12000.00"),
        "currency": "SEK",
        "value": 1_050.0,
        "left_at": NOW,
        "last_file": "deals_1.csv",
        "last_line": 44,
    }
    shown = left_view_block(pl.DataFrame([row]), VIEW)
    assert "1 deal, €1.05" in shown
    assert "Acme &amp; Sons" in shown
    assert "north_crm/deals_1.csv:44" in shown
    assert left_view_block(pl.DataFrame(), VIEW) == ""


def field(region: str, column: str, *weeks: float | None) -> Completeness:
    return Completeness("opportunity", column, region, 40, weeks, NOW)


def test_a_full_field_is_only_named_a_fallen_one_marked_and_one_that_nobody_fills_hatched() -> None:
    found = (
        field("south", "segment", 0.0, 0.0),
        field("north", "amount", 0.9, 0.8),
        field("south", "amount", 0.9, 0.9),
        field("north", "segment", 1.0, 1.0),
        field("north", "owner_ref", 1.0, 1.0),
        field("south", "owner_ref", 1.0, 1.0),
    )
    shown = completeness_block(found, VIEW)
    assert "1 field filled in every region" in shown
    assert "Deals: owner." in shown
    assert "never filled in 40 rows" in shown
    assert shown.count('class="tri watch worse"') == 1
    assert shown.index("Segment") < shown.index("Amount")
    assert completeness_block((), VIEW) == ""


def test_adoption_of_few_owners_is_not_told() -> None:
    few, some = Adoption("north", None, (None, None), NOW), Adoption("south", 8, (1.0, 0.5), NOW)
    shown = adoption_block((some, few), VIEW)
    assert "fewer than 5 owners" in shown
    assert 'class="tri watch worse"' in shown
    assert "50.0" in shown


def month(region: str, number: int, booked: int | None, sentence: str | None = None) -> dict[str, object]:
    """Give a month of 2026 in which the CRM won 100,000 euro."""
    won, order = Decimal(100_000), None if booked is None else Decimal(booked)
    return {
        "region": region,
        "month": date(2026, number, 1),
        "is_finished": number < 11,
        "won_value": won,
        "order_intake": order,
        "difference": None if order is None else order - won,
        "share": None if booked is None else booked / 100_000 - 1,
        "currency": "EUR",
        "sentence": sentence,
    }


def test_won_value_differs_from_order_intake_in_money_and_percent_for_closed_months_only() -> None:
    rows = [month("north", 11, 7), month("north", 10, 90_000), month("south", 10, 100_000), month("south", 9, 100_000)]
    shown = intake_block(pl.DataFrame(rows), VIEW)
    assert "−€10.0" in shown
    assert "−10%" in shown
    assert "Nov 2026" not in shown
    assert "Oct 2026 and Sep 2026: the same to the cent" in shown


def test_where_finance_sent_nothing_the_page_says_so() -> None:
    row = month("north", 10, None, "Finance has sent nothing for this month.")
    assert "Finance has sent nothing for this month." in intake_block(pl.DataFrame([row]), VIEW)
    assert "stands unchecked" in intake_block(pl.DataFrame(), VIEW)
