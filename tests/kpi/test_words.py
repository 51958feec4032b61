"""Figures inside sentences."""

from decimal import Decimal

import pytest

from kpi.words import counted, fraction_words, listed, money, number_word, percent, points, value_words

NARROW = "\u202f"


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        (Decimal("3265000.55"), "EUR", f"€3.3{NARROW}M"),
        (900_000, "EUR", f"€900{NARROW}k"),
        (1_234, "USD", f"$1.2{NARROW}k"),
        (999_900, "EUR", f"€1.0{NARROW}M"),
        (407_940_000, "JPY", f"¥408{NARROW}M"),
        (2_100_000_000, "SEK", f"SEK{NARROW}2.1{NARROW}bn"),
        (-640_000, "EUR", f"−€640{NARROW}k"),
        (0, "EUR", "€0"),
    ],
)
def test_money_is_short_and_keeps_its_currency(value: float | Decimal, currency: str, shown: str) -> None:
    assert money(value, currency) == shown


def test_percentages_and_points() -> None:
    assert (percent(0.182), percent(-0.004), percent(-0.18)) == ("18%", "0%", "−18%")
    assert points(-0.0158) == "−1.6 points"


@pytest.mark.parametrize(
    ("share", "words"),
    [(1.0, "all"), (0.95, "nearly all"), (0.74, "three quarters"), (0.66, "two thirds"), (0.5, "half"), (0.42, "42%")],
)
def test_a_share_is_said_in_words_where_a_plain_fraction_is_near(share: float, words: str) -> None:
    assert fraction_words(share) == words


def test_units_counts_and_lists() -> None:
    assert value_words(93, "days", None) == "93 days"
    assert value_words(1.674, "ratio", None) == "1.7×"
    assert (counted(1, "deal"), counted(9, "deal")) == ("1 deal", "9 deals")
    assert (number_word(2), number_word(40)) == ("two", "40")
    assert (listed(["A"]), listed(["A", "B", "C"]), listed([])) == ("A", "A, B and C", "")
