"""Reading in a child process: whatever a file does to its reader, only that file is refused."""

import importlib
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from etl.child import MEGABYTE, Limits, Readers, Reading, Task, unforeseen
from etl.conformed import Conformed
from etl.errors import Refused
from tests.etl.shop import HEADER, Shop

MISBEHAVING = """
import os
import time
from etl.conform import conform_export

spoiled = []

def read(file, source, export, organisation, *, arrived_at, stages=None, remembered=None):
    text = file.read_text()
    if spoiled:
        os._exit(8)
    if "spoil" in text:
        spoiled.append(1)
    if "memory" in text:
        hoard = [bytearray(1 << 20) for _ in range(4000)]
    if "forever" in text:
        while True:
            pass
    if "crash" in text:
        os._exit(7)
    if "fault" in text:
        raise KeyError("stage")
    return conform_export(file, source, export, organisation, arrived_at=arrived_at, stages=stages)
"""


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reading:
    (tmp_path / "misbehaving.py").write_text(MISBEHAVING)
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("misbehaving", None)
    reading: Reading = importlib.import_module("misbehaving").read
    return reading


@pytest.mark.parametrize(
    ("trouble", "reason", "said"),
    [
        ("memory", "TOO_BIG", "more than 400 MB"),
        ("forever", "TOO_SLOW", "within 1 seconds"),
        ("crash", "READER_FAILED", "status 7"),
        ("fault", "READER_FAILED", "KeyError: 'stage'"),
    ],
)
def test_trouble_with_one_file_refuses_it_and_harms_no_other(
    tmp_path: Path, read: Reading, trouble: str, reason: str, said: str
) -> None:
    shop = Shop.open(tmp_path / "shop")
    names = ["good", trouble, "good", "good"]
    files = [
        shop.drop(f"opportunities_2026-11-0{day}.csv", f"{HEADER}\nd1,{name},Open,1,2026-12-01,2026-01-05\n")
        for day, name in enumerate(names, 1)
    ]
    limits = Limits(memory=400 * MEGABYTE, seconds=1.0)
    with Readers(shop.organisation, workers=1, limits=limits, read=read) as readers:
        now = datetime(2026, 11, 24, tzinfo=UTC)
        answers = [readers.submit(Task(file, "shop", "opportunities", now)) for file in files]
        found = [each.result() for each in answers]
    kinds = [Conformed, Refused, Conformed, Conformed]
    assert [type(each) for each in found] == kinds
    refused = found[1]
    assert isinstance(refused, Refused)
    assert refused.reason == reason
    assert said in refused.message


def test_a_file_does_not_suffer_from_what_was_read_before_it(tmp_path: Path, read: Reading) -> None:
    shop = Shop.open(tmp_path / "shop")
    now = datetime(2026, 11, 24, tzinfo=UTC)
    files = [
        shop.drop(f"opportunities_2026-11-0{day}.csv", f"{HEADER}\nd1,{name},Open,1,2026-12-01,2026-01-05\n")
        for day, name in enumerate(["spoil", "good"], 1)
    ]
    with Readers(shop.organisation, workers=1, read=read) as readers:
        found = [readers.submit(Task(file, "shop", "opportunities", now)) for file in files]
        assert [type(each.result()) for each in found] == [Conformed, Conformed]


def test_children_end_with_their_readers(tmp_path: Path) -> None:
    shop = Shop.open(tmp_path / "shop")
    file = shop.drop_deals("2026-11-03", 1)
    with Readers(shop.organisation, workers=1) as readers:
        readers.submit(Task(file, "shop", "opportunities", datetime(2026, 11, 24, tzinfo=UTC))).result()
        (child,) = readers.pids()
        os.kill(child, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_children_warmed_up_are_those_that_read(tmp_path: Path) -> None:
    shop = Shop.open(tmp_path / "shop")
    task = Task(shop.drop_deals("2026-11-03", 1), "shop", "opportunities", datetime(2026, 11, 24, tzinfo=UTC))
    with Readers(shop.organisation, workers=2) as readers:
        readers.warm_up()
        answers = [readers.submit(task).result() for _ in range(4)]
        assert len(readers.pids()) == 2
    assert all(isinstance(answer, Conformed) for answer in answers)


def test_an_error_without_words_of_its_own_is_told_in_one_short_sentence(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(pl.exceptions.ColumnNotFoundError) as caught:
        pl.DataFrame({f"header {number}": [1] for number in range(50)}).select("Betrag")
    told = unforeseen("deals.csv", caught.value)
    assert told.reason == "READER_FAILED"
    assert "Betrag" in told.message
    assert "header 7" not in told.message, "no list of columns"
    assert "header 7" in caplog.text, "the log has it all"
