"""Words beside figures: what two regions count and the group counts once."""

from dataclasses import replace
from decimal import Decimal

from tests.ui.figures import value
from ui.words import once_words, twice_words


def test_a_total_says_what_was_counted_twice_and_how_the_regions_lead_to_it() -> None:
    shared = replace(value(), value=Decimal(10_100_000), unit="money", currency="EUR", counted_twice=Decimal(300_000))
    assert once_words(shared).replace("\u202f", " ") == "regions €10.4 M − counted twice €300 k = group €10.1 M"
    assert twice_words(shared).replace("\u202f", " ") == "€300 k twice"


def test_a_total_without_shared_deals_says_nothing_of_them() -> None:
    assert once_words(value()) == ""
    assert twice_words(value()) == ""
