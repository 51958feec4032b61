"""The six ways in which systems say how a deal ended: stage, status, flags, state code, probability, archive flag."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from etl.crm.dialect import Crm
from etl.outcomes import with_outcome
from etl.words import distinct_words
from organisation import Source
from organisation.region_rule import RegionRule
from organisation.source import Amount, Probability

CRM = Crm(
    name="system",
    headers={},
    status_words={"0": "open", "1": "won", "2": "lost", "Open": "open", "Won": "won", "Removed": "deleted"},
    reason_words={"1": "open", "2": "on_hold", "3": "won", "4": "dropped", "5": "lost"},
    on_hold_words=("Stalled",),
)
STAGES = {"Offer": "propose", "First": "qualify", "Order": "won", "No order": "lost", "Spam": "dropped"}
TEXTS = ("stage_raw", "furthest_stage_raw", "status_word", "status_reason")
FLAGS = ("is_closed", "is_won", "is_archived", "is_active", "on_hold", "is_deleted")


def outcome(crm: Crm = CRM, profile: Mapping[str, object] | None = None, **deal: object) -> dict[str, object]:
    """Give what is derived of one deal."""
    columns = {name: pl.Series([deal.get(name)], dtype=pl.String) for name in TEXTS}
    columns |= {name: pl.Series([deal.get(name)], dtype=pl.Boolean) for name in FLAGS}
    frame = pl.DataFrame(columns).with_columns(
        pl.lit(deal.get("probability"), dtype=pl.Decimal(5, 2)).alias("probability")
    )
    words: dict[str, dict[str, str]] = {"stages": STAGES, "outcomes": {}}
    plain = Source("s", "system", RegionRule("north"), "EUR", Amount(), None, {}, words, {}, "close_date", Path())
    source = replace(plain, **(profile or {}))  # type: ignore[arg-type]
    found, unmapped = with_outcome(frame, distinct_words(frame, TEXTS), source, crm)
    return found.row(0, named=True) | {"unmapped": {name for name, missing in unmapped.items() if missing}}


@pytest.mark.parametrize(
    ("stage", "expected"),
    [("Offer", ("propose", "open")), ("Order", ("won", "won")), ("Spam", ("dropped", "dropped")), ("?", (None, None))],
)
def test_the_stage_says_it(stage: str, expected: tuple[str, str]) -> None:
    found = outcome(stage_raw=stage)
    assert (found["stage"], found["outcome"]) == expected


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        ("0", "1", "open"),
        ("1", "3", "won"),
        ("2", "5", "lost"),
        ("2", "4", "dropped"),
        ("0", "2", "open"),
        ("Won", None, "won"),
    ],
)
def test_a_state_code_and_its_reason_have_codes_of_their_own(status: str, reason: str | None, expected: str) -> None:
    assert outcome(stage_raw="Offer", status_word=status, status_reason=reason)["outcome"] == expected


def test_a_closed_deal_of_which_nothing_says_how_it_ended_is_neither_open_nor_won_nor_lost() -> None:
    for stage in ("Offer", None):
        found = outcome(stage_raw=stage, is_closed=True)
        assert (found["outcome"], found["stage"], found["contradicted"]) == (None, None, True)
    assert outcome(stage_raw="?", is_closed=True)["contradicted"] is False, "an unmapped stage is a warning of its own"
    assert outcome(stage_raw="Order", is_closed=True)["outcome"] == "won", "the stage says it"
    for closed, won in ((False, None), (True, True), (True, False), (None, None)):
        assert outcome(stage_raw="Offer", is_closed=closed, is_won=won)["contradicted"] is False


def test_a_closed_deal_whose_own_status_is_open_is_open_and_a_contradiction() -> None:
    found = outcome(stage_raw="Offer", status_word="0", is_closed=True)
    assert (found["outcome"], found["contradicted"]) == ("open", True)


def test_a_deal_on_hold_is_open_and_marked() -> None:
    for status, reason in (("Stalled", None), ("stalled", None), ("0", "2")):
        found = outcome(stage_raw="Offer", status_word=status, status_reason=reason)
        assert (found["outcome"], found["stage"], found["on_hold"]) == ("open", "propose", True)
    assert outcome(stage_raw="Offer", status_word="Open")["on_hold"] is None


def test_a_profile_says_what_a_status_or_stage_of_its_own_means() -> None:
    own = {
        "words": {"stages": STAGES | {"Waiting": "propose"}, "outcomes": {"Vilande": "on_hold", "Waiting": "on_hold"}}
    }
    assert outcome(profile=own, stage_raw="Offer", status_word="Vilande")["on_hold"] is True
    found = outcome(profile=own, stage_raw="Waiting")
    assert (found["stage"], found["outcome"], found["on_hold"]) == ("propose", "open", True)
    assert outcome(stage_raw="Offer", status_word="Vilande")["outcome"] is None


def test_a_deleted_status_leaves_the_deal_out_of_every_figure() -> None:
    found = outcome(stage_raw="Offer", status_word="Removed")
    assert (found["outcome"], found["is_deleted"]) == ("dropped", True)


@pytest.mark.parametrize(
    ("closed", "won", "expected"),
    [(True, True, "won"), (True, False, "lost"), (False, False, "open"), (None, True, "won")],
)
def test_two_flags_say_it(closed: bool | None, won: bool, expected: str) -> None:
    assert outcome(stage_raw="Offer", is_closed=closed, is_won=won)["outcome"] == expected


def test_an_archived_deal_is_what_the_system_or_the_profile_says_and_unknown_where_neither_does() -> None:
    odoo = replace(CRM, archived_means="lost")
    assert outcome(odoo, stage_raw="Offer", is_active=False)["outcome"] == "lost"
    assert outcome(odoo, stage_raw="Offer", is_active=True)["outcome"] == "open"
    assert outcome(odoo, stage_raw="Order", is_active=False)["outcome"] == "won"
    assert outcome(odoo, stage_raw="Offer", status_word="0", is_archived=True)["outcome"] == "lost"
    gone = outcome(odoo, {"archived_means": "deleted"}, stage_raw="Offer", is_archived=True)
    assert (gone["outcome"], gone["is_deleted"]) == ("dropped", True)
    unknown = outcome(stage_raw="Offer", is_archived=True)
    assert (unknown["outcome"], unknown["stage"], unknown["unmapped"]) == (None, None, {"is_archived"})


DECIDING = replace(CRM, probability_decides=True)


@pytest.mark.parametrize(
    ("stage", "probability", "expected"),
    [
        ("Offer", "100", ("won", "won")),  # an order, whatever its stage is called
        ("?", "100", ("won", "won")),
        ("Offer", "91", ("propose", "open")),
        ("No order", "1", ("lost", "lost")),  # a real account keeps its lost deals at 1 %
        ("First", "0", ("qualify", "open")),  # a mapped open stage may well start at nothing
        ("?", "0", ("lost", "lost")),
        ("?", "1", (None, None)),
        (None, "50", (None, "open")),
        (None, "100", ("won", "won")),
    ],
)
def test_probability_decides_where_nothing_else_does(
    stage: str | None, probability: str, expected: tuple[str | None, str | None]
) -> None:
    found = outcome(DECIDING, stage_raw=stage, probability=probability)
    assert (found["stage"], found["outcome"]) == expected


def test_probability_decides_only_where_the_system_or_the_profile_says_so() -> None:
    assert outcome(stage_raw="Offer", probability="100")["outcome"] == "open"
    assert (
        outcome(profile={"probability": Probability(decides=True)}, stage_raw="Offer", probability="100")["outcome"]
        == "won"
    )
    assert (
        outcome(DECIDING, {"probability": Probability(decides=False)}, stage_raw="Offer", probability="100")["outcome"]
        == "open"
    )


@pytest.mark.parametrize(
    ("stage", "status", "expected"),
    [
        ("Order", "0", True),
        ("No order", "1", True),
        ("Order", "2", True),
        ("Order", "1", False),
        ("Spam", "2", False),
        ("Offer", "1", False),
        ("Offer", "2", False),
        ("?", "0", False),
        ("Order", None, False),
    ],
)
def test_a_status_that_contradicts_the_mapped_stage_is_marked(stage: str, status: str | None, expected: bool) -> None:
    assert outcome(stage_raw=stage, status_word=status)["contradicted"] is expected
