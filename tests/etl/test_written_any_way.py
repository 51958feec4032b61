"""However a region writes numbers, dates and letters: read back exactly, or refused; never another value."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from babel import Locale
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.cells import Reading, Typed, Unreadable, read_columns
from etl.dates import Clock, Days, Instants, Order, only_order, read_moment
from etl.encoding import decode
from etl.errors import Refused
from etl.iso import country_names, month_names
from etl.numbers import COMMA, DOT, Money, Numbers, Signs, only_signs, read_money

UTC_ZONE, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
AMOUNTS = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places), st.integers(-(10**15), 10**15), st.integers(0, 2)
)
SIGNS = st.sampled_from([(".", ""), (".", ","), (",", "."), (",", " "), (",", "\u00a0"), (".", "'"), (".", "’")])
NEGATIVE = st.sampled_from(["-{}", "- {}", "{}-", "({})", "−{}", "－{}"])
BESIDE = st.sampled_from(["{}", "EUR {}", "{} EUR", "€{}", "{} €", "'{}"])
DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))
LETTERS = {
    "utf-8": "aß商Ж€\u00a0",
    "utf-16": "aß商Ж€",
    "utf-16-le": "aß商Ж€",
    "utf-16-be": "aß商Ж€",
    "cp1250": "ałőŽ€ß",
    "cp1251": "aЖдыЁ№",
    "cp1252": "aßØ€–é",
    "latin-1": "aßØé£",
    "cp932": "a商談ソ表能①",
    "gb18030": "a商谈合同𠮷",
}


def written(amount: Decimal, decimal: str, thousands: str, negative: str) -> str:
    whole, _, fraction = f"{abs(amount):f}".partition(".")
    grouped = f"{int(whole):,}".replace(",", thousands) if thousands else whole
    number = grouped + (decimal + fraction if fraction else "")
    return negative.format(number) if amount < 0 else number


def typed(texts: list[str], reading: Reading) -> Typed:
    return read_columns(pl.DataFrame({"text": pl.Series(texts, dtype=pl.String)}), {"text": reading})["text"]


@settings(max_examples=300)
@given(st.lists(AMOUNTS, min_size=1, max_size=6), SIGNS, NEGATIVE, BESIDE)
def test_a_declared_number_is_read_exactly(
    amounts: list[Decimal], signs: tuple[str, str], negative: str, beside: str
) -> None:
    declared = Signs.declared(signs[0], signs[1] or None)
    assert declared is not None
    texts = [beside.format(written(amount, *signs, negative)) for amount in amounts]
    found = typed(texts, Numbers(declared, 2))
    assert found.values.to_list() == amounts, (texts, found.reasons)


@settings(max_examples=300)
@given(st.lists(AMOUNTS, min_size=1, max_size=6), SIGNS, NEGATIVE)
def test_an_undeclared_number_is_read_exactly_or_the_file_is_refused(
    amounts: list[Decimal], signs: tuple[str, str], negative: str
) -> None:
    texts = [written(amount, *signs, negative) for amount in amounts]
    try:
        found = typed(texts, Numbers(only_signs(pl.Series(texts)), 2))
    except Refused:
        return
    assert found.values.to_list() == amounts, (texts, found.reasons)


@settings(max_examples=1000)
@given(st.text(alphabet="0123456789.,' \u00a0-+()€$%eE٣²½１，．", max_size=10), st.sampled_from([DOT, COMMA]))
def test_what_is_read_as_a_number_is_what_its_digits_say(text: str, signs: Signs) -> None:
    found = read_money(text, signs)
    if isinstance(found, Unreadable):
        return
    plain = text.translate({code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)})
    digits = re.sub(f"[^0-9{re.escape(signs.decimal)}]", "", plain).replace(signs.decimal, ".")
    is_negative = "-" in plain or "(" in plain
    assert found.number == (-Decimal(digits) if is_negative else Decimal(digits))
    assert plain.count("-") + plain.count("(") <= 1
    assert not re.search("[%eE٣²½]", plain)


@settings(max_examples=300)
@given(st.integers(100_000, 10**15))
def test_grouping_by_lakhs_is_read_with_commas_alone(number: int) -> None:
    pairs = re.findall(r"\d{1,2}", f"{number // 1000}"[::-1])
    text = f"{','.join(pairs)[::-1]},{number % 1000:03}"
    assert read_money(text, DOT) == Money(Decimal(number))
    assert read_money(text.replace(",", "."), COMMA) == Unreadable("TYPE_NUMBER")


@settings(max_examples=300)
@given(
    st.lists(DAYS, min_size=1, max_size=6),
    st.sampled_from(["ymd", "dmy", "mdy"]),
    st.sampled_from("-./"),
    st.sampled_from(["", " 00:00:00", "T23:59:59", " 11:59 PM"]),
    st.booleans(),
)
def test_a_day_is_read_back_in_its_order_and_in_no_other(
    days: list[date], order: Order, sign: str, clock: str, padded: bool
) -> None:
    width = 2 if padded else 1
    texts = [
        sign.join({"y": f"{day.year}", "m": f"{day.month:0{width}}", "d": f"{day.day:0{width}}"}[p] for p in order)
        + clock
        for day in days
    ]
    assert typed(texts, Days(Clock(order, BERLIN))).values.to_list() == days
    try:
        found = only_order(texts, None)
    except Refused:
        return
    assert typed(texts, Days(Clock(found, BERLIN))).values.to_list() == days


@settings(max_examples=200)
@given(DAYS, st.sampled_from(["en", "de", "fr", "sv", "da", "nb", "pt", "es", "nl", "it", "fi", "pl"]), st.booleans())
def test_named_months_of_every_language_say_one_day(day: date, language: str, short: bool) -> None:
    names = Locale(language).months["format"]["abbreviated" if short else "wide"]
    month = names[day.month]
    shapes = [
        f"{day.day}. {month} {day.year}",
        f"{day.day:02}-{month}-{day.year}",
        f"{day.day} de {month} de {day.year}",
    ]
    for text in [*shapes, f"{month} {day.day}, {day.year}", f"{day.year}-{month}-{day.day:02}", f"{shapes[0]} 10:30"]:
        for order in ("dmy", "mdy", "ymd"):
            found = read_moment(text, order)
            assert not isinstance(found, Unreadable), text
            assert found.wall.date() == day


@settings(max_examples=300)
@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 12, 31)),  # noqa: DTZ001 - walls of a file
    st.sampled_from(["Z", "+00:00", "+02:00", "-0330", " UTC", "+05", ".000Z"]),
)
def test_an_instant_with_an_offset_is_that_instant_in_any_zone(wall: datetime, zone: str) -> None:
    wall = wall.replace(microsecond=0)
    texts = [f"{wall:%Y-%m-%dT%H:%M:%S}{zone}", f"{wall:%Y-%m-%d %H:%M:%S}{zone}"]
    shift = {"+02:00": timedelta(hours=2), "-0330": -timedelta(hours=3, minutes=30), "+05": timedelta(hours=5)}
    expected = (wall - shift.get(zone, timedelta())).replace(tzinfo=UTC_ZONE)
    for clock in (Clock("ymd", BERLIN), Clock("dmy", ZoneInfo("America/Sao_Paulo"))):
        assert typed(texts, Instants(clock)).values.to_list() == [expected, expected]


@settings(max_examples=300)
@given(st.sampled_from(sorted(LETTERS)), st.data())
def test_text_is_read_back_in_its_encoding_or_refused(encoding: str, data: st.DataObject) -> None:
    words = data.draw(st.lists(st.text(alphabet=LETTERS[encoding] + ' ",', min_size=1, max_size=8), max_size=5))
    text = "\n".join(["opportunity_id,stage_raw,name", *words]) + "\n"
    content = text.encode(encoding)
    if is_utf8(content) and not encoding.startswith("utf"):  # two letters that are one of UTF-8 by chance
        assert refused_or(content, encoding) in (text, "ENCODING")
        return
    assert decode(content, encoding) == text
    assert refused_or(content, None) in (text, "AMBIGUOUS_ENCODING")


def is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not content.isascii()


def refused_or(content: bytes, encoding: str | None) -> str:
    try:
        return decode(content, encoding)
    except Refused as refused:
        return refused.reason


def test_names_of_months_and_countries_are_there() -> None:
    assert (month_names()["märz"], month_names()["août"], month_names()["maj"]) == (3, 8, 5)
    assert country_names()["österreich"] == "AT"


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("平成31年4月30日", date(2019, 4, 30)),
        ("令和元年5月1日", date(2019, 5, 1)),
        ("平成31年5月1日", None),
        ("20261123", date(2026, 11, 23)),
        ("20262311", None),
        ("/Date(1795392000000)/", date(2026, 11, 23)),
        ("23.11.2026.", None),
        ("13-Nov-26", None),
        ("Foo 23, 2026", None),
        ("23 Nov 2026 99:99", None),
    ],
)
def test_days_written_in_rarer_ways(text: str, reading: date | None) -> None:
    found = read_moment(text, "ymd")
    assert (None if isinstance(found, Unreadable) else found.wall.date()) == reading
