"""The words of comparability: who does what, how much of it, and the few words in a cell."""

from types import SimpleNamespace
from typing import cast

import pytest

from kpi.comparability import Verdict
from kpi.gap import WHOLE_TABLE, Gap
from kpi.gap_words import how_much, number_word
from kpi.roadmap import Roadmap, roadmap
from ui.comparability_words import (
    headline_words,
    ordinal_word,
    region_codes,
    short_reason,
    what_to_do,
)
from ui.view import View

FIRST = Gap("japan", "lead", "first_touch_at", "export", 1240, 0)
NAMES = {"amer": "AMER", "japan": "Japan", "latam": "LATAM"}


def view(*regions: str) -> View:
    return cast(View, SimpleNamespace(regions=regions or tuple(NAMES), name=NAMES.__getitem__))


def road(**kpis: dict[str, Gap]) -> Roadmap:
    verdicts = {
        (name, region): Verdict("no", gaps=frozenset({gaps[region]})) if region in gaps else Verdict("yes")
        for name, gaps in kpis.items()
        for region in NAMES
    }
    return roadmap(verdicts, tuple(kpis), tuple(NAMES))


def test_the_headline_counts_what_is_common_and_says_who_brings_the_next() -> None:
    found = road(won={}, pace={}, sla={"japan": FIRST})
    assert headline_words(found, view()) == (
        "Two of three KPIs mean the same in every region.",
        "Once **Japan exports the first contact of its leads**, the third joins.",
    )


def test_the_headline_names_the_regions_that_others_wait_for() -> None:
    leads = Gap("latam", "lead", WHOLE_TABLE, "deliver")
    low = Gap("latam", "lead", "sql_at", "fill", 10, 4)
    found = road(won={}, sla={"japan": FIRST, "latam": leads}, p90={"japan": FIRST}, qualified={"latam": low})
    _, detail = headline_words(found, view())
    assert detail == (
        "Once **LATAM fills in the qualification on leads**, the second joins. "
        "All three that are missing wait for Japan and LATAM."
    )


@pytest.mark.parametrize(
    ("kpis", "sentence"),
    [
        ({"won": {}}, "The one KPI means the same in every region."),
        ({}, "There is no KPI to compare."),
        ({"won": {"japan": FIRST}, "pace": {}}, "One of two KPIs means the same in every region."),
    ],
)
def test_the_headline_of_few_kpis(kpis: dict[str, dict[str, Gap]], sentence: str) -> None:
    assert headline_words(road(**kpis), view())[0] == sentence


def test_several_regions_with_one_gap_are_said_together() -> None:
    gaps = [FIRST, FIRST._replace(region="latam", rows=10)]
    assert what_to_do(gaps, view(), bold="**") == "**Japan and LATAM** export the first contact of their leads"
    assert how_much(gaps) == "none of 1,250 leads has the first contact"
    everywhere = [*gaps, FIRST._replace(region="amer")]
    assert what_to_do(everywhere, view()) == "all three regions export the first contact of their leads"


@pytest.mark.parametrize(
    ("gap", "does", "takes", "short"),
    [
        (
            FIRST,
            "exports the first contact of its leads",
            "none of 1,240 leads has the first contact",
            "no first contact",
        ),
        (
            Gap("japan", "lead", "sql_at", "fill", 1, 0),
            "fills in the qualification on leads",
            "0 of 1 lead has the qualification",
            "rarely filled",
        ),
        (Gap("japan", "lead", WHOLE_TABLE, "deliver"), "delivers leads", "no export of leads so far", "no leads"),
        (
            Gap("japan", "opportunity", "stage", "map", 12),
            "maps its stages",
            "12 deals in stages that the profile does not explain",
            "unmapped",
        ),
        (
            Gap("japan", "lead", "first_touch_at", "cannot", 9, 0),
            "has no field for the first contact",
            "the profile says that the CRM lacks it",
            "no first contact",
        ),
    ],
)  # fmt: skip
def test_each_kind_of_gap_has_its_words(gap: Gap, does: str, takes: str, short: str) -> None:
    assert what_to_do([gap], view()) == f"Japan {does}"
    assert how_much([gap]) == takes
    assert short_reason(Verdict("no", ("FIELD_MISSING",), ("",), frozenset({gap}))) == short


def test_a_reservation_has_a_short_word_and_what_is_plain_has_none() -> None:
    assert short_reason(Verdict("reservation", ("STALE",))) == "old export"
    assert short_reason(Verdict("reservation", ("SOMETHING_NEW",))) == "reservation"
    assert short_reason(Verdict("yes")) == ""


def test_two_letters_tell_regions_apart() -> None:
    assert region_codes({"a": "Japan", "b": "Jamaica", "c": "Ja", "d": "LATAM", "e": "日本"}) == {
        "a": "JA", "b": "JM", "c": "JB", "d": "LA", "e": "日本",
    }  # fmt: skip


def test_numbers_are_words_up_to_twenty() -> None:
    assert [number_word(each) for each in (0, 9, 20, 42)] == ["no", "nine", "twenty", "42"]
    assert [ordinal_word(each) for each in (9, 20, 21, 22, 111)] == ["ninth", "twentieth", "21st", "22nd", "111th"]
