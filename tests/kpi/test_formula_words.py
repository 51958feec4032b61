"""Formulas in words: a sentence that says the same as the formula, for every KPI there is."""

from dataclasses import replace
from pathlib import Path

import pytest

from kpi.definitions import Definitions
from kpi.formula_words import in_words

REAL = Definitions.read(Path(__file__).parents[2] / "kpi_definitions.yaml")


@pytest.mark.parametrize(
    ("formula", "where", "words"),
    [
        ("sum(amount)", "outcome = 'won'", "The sum of the amount of the deals. Only deals where the outcome is won."),
        ("count(*)", "on_hold is not true", "The number of deals. Only deals where it is not on hold."),
        (
            "count(*) filter (where outcome in ('won', 'lost')) / count(*)",
            None,
            "The number of deals where the outcome is won or lost, divided by the number of deals.",
        ),
        (
            "sum(amount)",
            "expected_close_on between period_start and period_end",
            "The sum of the amount of the deals. Only deals where the expected close lies in the period.",
        ),
        ("count(*)", "closed_on is null", "The number of deals. Only deals where the day of its end is not known."),
        (
            "median(days_between(created_at, won_on))",
            "times_pushed >= 2",
            "The median of the days from the day it was created to the day it was won of the deals. "
            "Only deals where the number of pushes is at least 2.",
        ),
        (
            "count(*)",
            "reached_develop is distinct from false",
            "The number of deals. Only deals where it reached the stage develop, or that is not known.",
        ),
    ],
)  # fmt: skip
def test_a_formula_is_said_in_words(formula: str, where: str | None, words: str) -> None:
    kpi = replace(REAL.kpis["won_value"], formula=formula, where=where)
    assert in_words(kpi, REAL) == words


def test_other_kpis_are_named_by_their_labels() -> None:
    assert in_words(REAL.kpis["attainment"], REAL) == "“Won value (CRM)” divided by “Target”."


@pytest.mark.parametrize("name", sorted(REAL.kpis))
def test_every_kpi_there_is_has_its_words(name: str) -> None:
    words = in_words(REAL.kpis[name], REAL)
    assert words[0].isupper() or words.startswith("(") or words.startswith("“")
    assert words.endswith(".")
    assert not {"filter", "select", "*"} & set(words.lower().split())
