"""Frozen values come back as they went: no digit, no zone and no day is lost."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docket.pack.json_form import from_json, to_json


@dataclass(frozen=True)
class Inner:
    amount: Decimal
    word: str | None = None


@dataclass(frozen=True)
class Outer:
    day: date
    at: datetime
    kind: Literal["a", "b"]
    inner: tuple[Inner, ...]
    pair: tuple[Decimal, Decimal] | None = None
    texts: dict[str, str] | None = None


def inners() -> st.SearchStrategy[Inner]:
    return st.builds(Inner, st.decimals(allow_nan=False, allow_infinity=False), st.none() | st.text())


@given(
    st.builds(
        Outer,
        st.dates(),
        st.datetimes(timezones=st.just(UTC)),
        st.sampled_from(["a", "b"]),
        st.lists(inners(), max_size=3).map(tuple),
        st.none() | st.just((Decimal("1.10"), Decimal("-0.0"))),
        st.none() | st.dictionaries(st.text(), st.text(), max_size=2),
    )
)
def test_values_come_back_exactly(value: Outer) -> None:
    again = from_json(Outer, json.loads(json.dumps(to_json(value))))
    assert again == value
    assert [str(each.amount.normalize()) for each in again.inner] == [
        str(each.amount.normalize()) for each in value.inner
    ]


def test_what_is_missing_or_of_another_kind_is_named() -> None:
    with pytest.raises(ValueError, match="Inner lacks amount"):
        from_json(Inner, {})
    with pytest.raises(ValueError, match="is no Decimal"):
        from_json(Inner, {"amount": 1.5})
    with pytest.raises(ValueError, match='"x" is no decimal'):
        from_json(Inner, {"amount": "x"})


def test_a_later_field_is_passed_over_and_a_default_stands_in() -> None:
    assert from_json(Inner, {"amount": "1.50", "later": True}) == Inner(Decimal("1.50"))
