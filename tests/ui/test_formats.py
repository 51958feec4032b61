"""Figures as people read them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ui.formats import (
    MINUS,
    NARROW,
    bare_value,
    change_text,
    counted,
    day_text,
    full_money,
    listed,
    moment_text,
    money,
    three_digits,
    unit_word,
    value_text,
)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("16580000"), f"€16.6{NARROW}M"),
        (999_600, f"€1.00{NARROW}M"),
        (84_500, f"€84.5{NARROW}k"),
        (7_810_000_000, f"€7.81{NARROW}bn"),
        (412, "€412"),
        (-710_000, f"{MINUS}€710{NARROW}k"),
        (0, "€0"),
    ],
)
def test_money_has_three_digits_and_a_true_minus(value: Decimal | int, shown: str) -> None:
    assert money(value, "EUR") == shown


def test_a_currency_without_a_sign_of_its_own_keeps_its_code() -> None:
    assert money(16_600_000, "SEK") == f"SEK{NARROW}16.6{NARROW}M"
    assert money(1_660_000_000, "JPY") == f"¥1.66{NARROW}bn"


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.2744, "percent", "27.4%"),
        (1.0, "percent", "100%"),
        (0.0, "percent", "0%"),
        (88.0, "days", f"88{NARROW}d"),
        (3.4, "ratio", "3.40×"),
        (1104, "count", "1,104"),
        (None, "percent", "no data"),
    ],
)
def test_a_value_carries_its_unit(value: float | None, unit: str, shown: str) -> None:
    assert value_text(value, unit) == shown


def test_no_value_is_never_zero() -> None:
    assert bare_value(None, "money") == "no data"


def test_a_matrix_cell_leaves_the_unit_to_its_row() -> None:
    assert bare_value(3_540_000, "money") == "3.54"
    assert bare_value(0.454, "percent") == "45.4"
    assert unit_word("money", "EUR") == f"€{NARROW}M"
    assert unit_word("money", None) == "M"


@pytest.mark.parametrize(
    ("change", "unit", "shown"),
    [
        (-0.041, "percent", f"{MINUS}4.1%"),
        (0.13, "percent", "+13%"),
        (-0.069, "points", f"{MINUS}6.9"),
        (9.0, "days", f"+9{NARROW}d"),
        (0.0, "percent", "±0.0%"),
        (-0.0001, "percent", "±0.0%"),
        (None, "percent", ""),
    ],
)
def test_a_distance_has_its_sign(change: float | None, unit: str, shown: str) -> None:
    assert change_text(change, unit) == shown


def test_points_are_named_in_words_only_where_there_is_room() -> None:
    assert change_text(-0.069, "points", words=True) == f"{MINUS}6.9{NARROW}pts"


def test_three_digits_do_not_become_four_by_rounding() -> None:
    assert [three_digits(number) for number in (9.996, 99.96, 999.6)] == ["10.0", "100", "1,000"]


def test_a_moment_is_as_short_as_it_is_clear() -> None:
    now = datetime(2026, 11, 24, 14, tzinfo=UTC)
    assert moment_text(datetime(2026, 11, 24, 13, 2, tzinfo=UTC), "Europe/Berlin", now) == "14:02"
    assert moment_text(datetime(2026, 11, 20, 6, tzinfo=UTC), "Europe/Berlin", now) == "Fri"
    assert moment_text(datetime(2026, 11, 3, 6, tzinfo=UTC), "Europe/Berlin", now) == "3 Nov"


def test_words() -> None:
    assert day_text(date(2026, 11, 27)) == "Fri 27 Nov"
    assert full_money(Decimal("84500"), "EUR") == "€84,500.00"
    assert full_money(Decimal("84500"), "JPY") == "¥84,500"
    assert [counted(1, "deal"), counted(412, "deal")] == ["1 deal", "412 deals"]
    assert listed(["DACH", "Japan", "Nordics"]) == "DACH, Japan and Nordics"
