"""Parts of a change: they add up exactly, and the pitfalls of each form."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.change.decomposition import Product, product_parts, ratio_parts, sum_parts
from kpi.change.parts import Part, rounded, shares, total
from kpi.errors import KpiError

NAMES = st.sampled_from(["a", "b", "c", "d"])
MONEY = st.decimals(min_value=-(10**9), max_value=10**9, places=2)
FACTOR = st.decimals(min_value=0, max_value=10**6, places=4)
PRODUCTS = st.dictionaries(NAMES, st.builds(Product, st.integers(0, 500), FACTOR, FACTOR))


@st.composite
def ratios(draw: st.DrawFn) -> dict[str, tuple[int, int]]:
    segments = draw(
        st.dictionaries(NAMES, st.integers(0, 50).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    )
    return segments | {"always": (draw(st.integers(0, 9)), 9)}


def test_new_and_gone_segments_count_whole() -> None:
    assert sum_parts({"small": 10, "large": 5}, {"small": 12, "web": 7}) == [
        Part("small", "changed", Fraction(2)),
        Part("large", "gone", Fraction(-5)),
        Part("web", "new", Fraction(7)),
    ]


def test_no_shares_are_given_of_a_change_that_is_next_to_nothing() -> None:
    parts = sum_parts({"a": 100, "b": 100}, {"a": 150, "b": 51})
    assert shares(parts, material=10) is None
    assert shares(parts, material=1) == {parts[0]: Fraction(50), parts[1]: Fraction(-49)}


def test_a_group_may_rise_while_every_region_falls() -> None:
    """
             before        after
    high     8 of 10 80 %  63 of 90  70 %
    low      9 of 90 10 %  0 of 10   0 %    all 17 % → 63 %: rates −10 points, mix +56
    """
    parts = ratio_parts({"high": (8, 10), "low": (9, 90)}, {"high": (63, 90), "low": (0, 10)})
    assert total(parts) == Fraction(46, 100)
    assert total([part for part in parts if part.kind == "rate"]) == Fraction(-10, 100)
    assert total([part for part in parts if part.kind == "mix"]) == Fraction(56, 100)


def test_a_segment_without_weight_on_one_side_changes_the_mix_alone() -> None:
    parts = ratio_parts({"old": (1, 2)}, {"old": (1, 2), "new": (2, 2)})
    assert [part.amount for part in parts if part.kind == "rate"] == [0, 0]
    assert total(parts) == Fraction(1, 4)


@pytest.mark.parametrize("after", [{}, {"a": (0, 0)}, {"a": (1, -1), "b": (1, 3)}, {"a": (1, 0), "b": (1, 3)}])
def test_a_ratio_without_meaning_has_no_parts(after: dict[str, tuple[int, int]]) -> None:
    with pytest.raises(KpiError, match="denominator"):
        ratio_parts({"a": (1, 2)}, after)


def test_more_deals_at_a_lower_price_and_rate() -> None:
    """2 deals of 100 dollars at 1.0 = 200; 4 deals of 50 at 0.5 = 100: three parts of 100 each way."""
    parts = {
        part.kind: part.amount
        for part in product_parts({"a": Product(2, 100, 1)}, {"a": Product(4, 50, Decimal("0.5"))})
    }
    assert sum(parts.values()) == -100
    assert float(parts["deals"]) == pytest.approx(100)
    assert float(parts["price"]) == pytest.approx(-100)
    assert float(parts["fx"]) == pytest.approx(-100)


def test_entries_exits_and_negative_factors_are_parts_of_their_own() -> None:
    before = {"gone": Product(1, 10, 1), "back": Product(1, -5, 1)}
    after = {"fresh": Product(2, 10, 1), "back": Product(1, 5, 1)}
    assert set(product_parts(before, after)) == {
        Part("gone", "left", Fraction(-10)),
        Part("back", "whole", Fraction(10)),
        Part("fresh", "entered", Fraction(20)),
    }


@given(st.dictionaries(NAMES, MONEY), st.dictionaries(NAMES, MONEY))
def test_parts_of_a_sum_add_up_exactly(before: dict[str, Decimal], after: dict[str, Decimal]) -> None:
    assert total(sum_parts(before, after)) == Fraction(sum(after.values())) - Fraction(sum(before.values()))


@given(ratios(), ratios())
def test_parts_of_a_ratio_add_up_exactly(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> None:
    def whole(segments: dict[str, tuple[int, int]]) -> Fraction:
        return Fraction(sum(one[0] for one in segments.values()), sum(one[1] for one in segments.values()))

    assert total(ratio_parts(before, after)) == whole(after) - whole(before)


@given(PRODUCTS, PRODUCTS)
def test_parts_of_a_product_add_up_exactly(before: dict[str, Product], after: dict[str, Product]) -> None:
    change = sum(one.value for one in after.values()) - sum(one.value for one in before.values())
    assert total(product_parts(before, after)) == change


@given(st.lists(st.fractions(min_value=-(10**6), max_value=10**6), max_size=12))
def test_rounded_parts_add_up_to_the_rounded_total(amounts: list[Fraction]) -> None:
    parts = [Part(str(place), "changed", amount) for place, amount in enumerate(amounts)]
    shown = rounded(parts)
    assert total(shown) == round(total(parts) * 100) / Fraction(100)
    assert all(abs(one.amount - part.amount) < Fraction(1, 100) for one, part in zip(shown, parts, strict=True))
