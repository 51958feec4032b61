"""Numbers, dates and words: exact, in one reading only, or named with a reason."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.cells import Reading, Typed, Unreadable, read_columns
from etl.dates import Clock, Days, Instants, declared_order, only_order, read_moment
from etl.errors import Refused
from etl.match_key import match_key
from etl.numbers import COMMA, DOT, Money, Numbers, Signs, only_signs, read_money
from etl.words import Words, booleans, countries, currencies, distinct_words, map_words

BERLIN = ZoneInfo("Europe/Berlin")
# Up to 2090: the zone tables of the two libraries differ about summer time from 2100 on.
WALLS = st.datetimes(datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2090-12-31"))
AMOUNT = st.decimals(min_value=-(10**13), max_value=10**13, places=2, allow_nan=False)


def read(texts: list[str | None], reading: Reading) -> Typed:
    return read_columns(pl.DataFrame({"text": pl.Series(texts, dtype=pl.String)}), {"text": reading})["text"]


def german(amount: Decimal) -> str:
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


@settings(max_examples=100, deadline=None)
@given(st.lists(AMOUNT, min_size=1, max_size=5))
def test_a_written_amount_is_read_to_the_cent(amounts: list[Decimal]) -> None:
    for texts, signs in (([f"{a:,.2f}" for a in amounts], DOT), ([german(a) for a in amounts], COMMA)):
        typed = read(list(texts), Numbers(signs, 2))
        assert typed.values.to_list() == amounts
        assert [read_money(text, signs) for text in texts] == [Money(amount) for amount in amounts]


def test_a_written_percent_sign_says_what_certainty_is_whatever_the_scale() -> None:
    of_one = read(["0.2", "1%", "0.5%", "20 %", "1"], Numbers(DOT, 4, "percent", percent=Decimal("0.01")))
    assert of_one.values.to_list() == [Decimal(text) for text in ("0.2", "0.01", "0.005", "0.2", "1")]
    assert of_one.reasons is None
    of_hundred = read(["20", "1%", "0.5%"], Numbers(DOT, 2, "percent"))
    assert of_hundred.values.to_list() == [Decimal(text) for text in ("20", "1", "0.5")]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(alphabet="0123456789.,' -+()€E", max_size=12), min_size=1, max_size=6))
def test_the_fast_reading_says_what_the_exact_one_says(texts: list[str]) -> None:
    for signs in (DOT, COMMA):
        typed = read(list(texts), Numbers(signs, 2))
        for text, value in zip(texts, typed.values, strict=True):
            exact = read_money(text, signs)
            if value is not None:
                assert isinstance(exact, Money)
                assert exact.number == value


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1'234,50", "1234.50"),
        ("1 234,5", "1234.5"),
        ("1.234.567", "1234567"),
        ("12,34,567", None),
        ("(12,50)", "-12.50"),
        ("12,50-", "-12.50"),
        ("−3", "-3"),
        ("'-500,00", "-500"),
        ("€ 1.000", "1000"),
        ("1.000,00 EUR", "1000"),
        ("１２３", "123"),
        ("1.23", None),
        ("1,2,3", None),
        ("", None),
        ("-", None),
        ("--5", None),
        ("0x10", None),
    ],
)
def test_numbers_with_a_decimal_comma(text: str, number: str | None) -> None:
    found = read_money(text, COMMA)
    assert found == Unreadable("TYPE_NUMBER") if number is None else isinstance(found, Money)
    assert number is None or (isinstance(found, Money) and found.number == Decimal(number))


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-inf", "1e400"])
def test_what_is_not_finite_is_named(text: str) -> None:
    assert read_money(text, DOT) == Unreadable("NONFINITE")


def test_more_decimals_than_stored_are_never_rounded() -> None:
    typed = read(["1.005", "1.50000", "9007199254740993.01", "1e5"], Numbers(DOT, 2))
    assert typed.values.to_list() == [None, Decimal("1.50"), Decimal("9007199254740993.01"), None]
    assert typed.reasons is not None
    assert typed.reasons.to_list() == ["RANGE", None, None, "TYPE_NUMBER"]


def test_a_currency_beside_the_number_is_kept() -> None:
    numbers = Numbers(COMMA, 2)
    read(["R$ 5,00", "5,00", "kr 7", "CHF 8"], numbers)
    assert numbers.codes is not None
    assert numbers.codes.to_list() == ["BRL", None, "DKK,ISK,NOK,SEK", "CHF"]


def test_an_undeclared_decimal_sign_must_be_the_only_one() -> None:
    assert only_signs(pl.Series(["1", "2.50"])) == DOT
    assert only_signs(pl.Series(["1.234,50", "7"])) == COMMA
    assert only_signs(pl.Series(["1", "2"])) in (DOT, COMMA)
    with pytest.raises(Refused, match=r'AMBIGUOUS_NUMBER.*"1\.234"'):
        only_signs(pl.Series(["1.234", "7"]))
    with pytest.raises(Refused, match="neither point nor comma"):
        only_signs(pl.Series(["1.5", "1,55"]))


def test_declared_signs() -> None:
    assert Signs.declared(",", ".") == Signs(",", ".")
    assert Signs.declared(None, ",") == Signs(".", ",")
    assert Signs.declared(None, None) is None
    assert isinstance(read_money("1\u202f234,5", Signs.declared(",", " ") or DOT), Money)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(WALLS, min_size=1, max_size=5),
    st.sampled_from(["%d.%m.%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%d/%m/%Y %I:%M:%S %p", "%Y-%m-%dT%H:%M:%SZ"]),
)
def test_a_written_instant_is_read_back(instants: list[datetime], form: str) -> None:
    walls = [instant.replace(microsecond=0) for instant in instants]
    zone = UTC if form.endswith("Z") else BERLIN
    typed = read([wall.strftime(form) for wall in walls], Instants(Clock("dmy", BERLIN)))
    assert typed.reasons is None
    assert typed.values.to_list() == [wall.replace(tzinfo=zone).astimezone(UTC) for wall in walls]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789./- :", max_size=11), st.sampled_from(["dmy", "mdy", "ymd"]))
def test_the_fast_dates_say_what_the_exact_ones_say(text: str, order: str) -> None:
    clock = Clock(declared_order(order) or "ymd", BERLIN)
    typed = read([text], Days(clock))
    exact = read_moment(text, clock.order)
    assert typed.values[0] == (None if isinstance(exact, Unreadable) else exact.wall.date())


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("03.04.2026", "dmy", date(2026, 4, 3)),
        ("3/4/2026", "mdy", date(2026, 3, 4)),
        ("2026-04-03", "dmy", date(2026, 4, 3)),
        ("2026年4月3日", "ymd", date(2026, 4, 3)),
        ("46115", "excel_serial", date(2026, 4, 3)),
        ("31.02.2026", "dmy", "TYPE_DATE"),
        ("03.04.26", "dmy", "TYPE_DATE"),
        ("03.04.2026", "ymd", "TYPE_DATE"),
        ("03.04.1989", "dmy", "RANGE"),
        ("2101-01-01", "ymd", "RANGE"),
        ("soon", "dmy", "TYPE_DATE"),
        ("=TODAY()", "dmy", "FORMULA_CELL"),
    ],
)
def test_days(text: str, order: str, day: date | str) -> None:
    typed = read([text], Days(Clock(declared_order(order) or "ymd", BERLIN)))
    assert (typed.values[0] or (typed.reasons is not None and typed.reasons[0])) == day


def test_two_digits_of_a_year_need_a_pivot() -> None:
    typed = read(["03.04.26", "03.04.98"], Days(Clock("dmy", BERLIN, pivot=70)))
    assert typed.values.to_list() == [date(2026, 4, 3), date(1998, 4, 3)]


def test_a_wall_clock_that_stands_twice_or_never() -> None:
    typed = read(["25.10.2026 02:30", "29.03.2026 02:30"], Instants(Clock("dmy", BERLIN)))
    assert typed.values.to_list() == [
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    ]


def test_an_undeclared_order_must_be_the_only_one() -> None:
    assert only_order(["01/02/2026", "13/02/2026"], None) == "dmy"
    assert only_order(["01/02/2026", "02/13/2026"], None) == "mdy"
    assert only_order(["2026-01-02"], None) == "ymd"
    with pytest.raises(Refused, match=r'AMBIGUOUS_DATE.*"01/02/2026"'):
        only_order(["01/02/2026", "05/05/2026"], None)


def test_an_order_that_is_none_is_refused() -> None:
    assert declared_order("dd.mm.yyyy") == "dmy"
    assert declared_order("M/D/YYYY") == "mdy"
    with pytest.raises(Refused, match="names no order"):
        declared_order("localised")


def test_words_are_mapped_or_listed() -> None:
    texts = pl.DataFrame({"stage": ["Won", " won ", "Lost", None, "new"]})
    found = map_words("stage", distinct_words(texts, ["stage", "absent"]), {"Won": "won"}, ("new",))
    assert texts.select(found.values).to_series().to_list() == ["won", "won", None, None, "new"]
    assert found.unmapped == ("Lost",)


@pytest.mark.parametrize(
    ("reading", "texts", "values"),
    [
        (booleans, ["Ja", "0", None, "いいえ"], [True, False, None, False]),
        (lambda words: currencies(words, {"-99": "SEK"}), ["eur", "円", "-99"], ["EUR", "JPY", "SEK"]),
        (lambda words: booleans(words, yes=["Held"], no=["Ja"]), ["held", "Ja", "1"], [True, False, True]),
        (
            lambda words: countries(words, {"Land X": "NL"}),
            ["DE", "Österreich", "日本", "Land X"],
            ["DE", "AT", "JP", "NL"],
        ),
    ],
)
def test_words_with_a_value(
    reading: Callable[[list[str]], Words], texts: list[str | None], values: list[object]
) -> None:
    typed = read(texts, reading([text for text in texts if text]))
    assert typed.values.to_list() == values
    assert typed.reasons is None


@pytest.mark.parametrize(
    ("reading", "reason"),
    [
        (booleans(["Atlantis"]), "TYPE_BOOLEAN"),
        (currencies(["Atlantis"], {}), "CURRENCY"),
        (countries(["Atlantis"], {}), "COUNTRY"),
    ],
)
def test_a_word_without_value_has_a_reason(reading: Words, reason: str) -> None:
    typed = read(["Atlantis", None], reading)
    assert typed.values.to_list() == [None, None]
    assert typed.reasons is not None
    assert typed.reasons.to_list() == [reason, None]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Müller Söhne GmbH & Co. KG", "mullersohne"),
        ("MULLER SOHNE", "mullersohne"),
        ("株式会社ミズキ製作所", "ミズキ製作所"),
        ("A.B.C. Ltda.", "abc"),
        ("Group", "group"),
    ],
)
def test_match_keys(name: str, key: str) -> None:
    assert match_key(name) == key
