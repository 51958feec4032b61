"""Every reason the loader can give stands in the one vocabulary, with a sentence."""

import re
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from etl.conformed import IGNORED_SCHEMA, REJECTS_SCHEMA, WARNINGS_SCHEMA, Conformed
from etl.errors import EtlError
from etl.reasons import HELD, IGNORED, REFUSED, REJECTED, WARNINGS

ETL = Path(__file__).parent.parent.parent / "etl"
GIVEN = re.compile(r'(?:Refused|Unreadable)\(\s*"([A-Z]+(?:_[A-Z]+)*)"')


def test_every_reason_in_the_code_is_in_the_vocabulary() -> None:
    given = {reason for file in ETL.glob("*.py") for reason in GIVEN.findall(file.read_text(encoding="utf-8"))}
    assert given - {*REFUSED, *REJECTED} == set()
    assert len(given) > 15


def test_every_reason_has_a_sentence() -> None:
    for words in (REFUSED, HELD, REJECTED, IGNORED, WARNINGS):
        assert all(sentence.endswith(".") for sentence in words.values())


def test_a_reason_of_its_own_making_is_an_error() -> None:
    ignored = pl.DataFrame([(2, "JUST_SO")], schema=IGNORED_SCHEMA, orient="row")
    with pytest.raises(EtlError, match="JUST_SO is no reason class"):
        Conformed(
            table="person",
            rows=pl.DataFrame({"line": []}),
            rejects=pl.DataFrame(schema=REJECTS_SCHEMA),
            ignored=ignored,
            warnings=pl.DataFrame(schema=WARNINGS_SCHEMA),
            rows_in=1,
            exported_at=datetime(2026, 1, 1, tzinfo=UTC),
            exported_at_from="arrival",
        )
