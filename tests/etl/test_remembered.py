"""What stands unchanged in the next export is not read again, and nothing that is stored differs by that."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.child import Readers
from etl.conformed import Conformed
from etl.errors import Refused
from etl.load import load_new
from etl.loading import Loading
from etl.remembered import FOLDER, SHOWN, Remembered
from organisation import Export
from tests.etl.shop import HEADER, Shop
from tests.etl.small_pieces import read_in_small_pieces
from tests.faults.company import contents, tries
from warehouse.history import with_row_hash
from warehouse.schema import keyed_table
from warehouse.store import Store

NOW = datetime(2026, 11, 24, 14, tzinfo=UTC)
KEPT = ("opportunity_id", "row_hash", *SHOWN)
TABLE = keyed_table("opportunity")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop.open(tmp_path_factory.mktemp("remembered"))


def export_of(shop: Shop) -> Export:
    return replace(shop.organisation.sources["shop"].exports["opportunities"], totals=("Total (",))


def read(shop: Shop, text: str, *, day: int, remembers: bool = True, header: str = HEADER) -> Conformed:
    """Read an export as the reader's process does."""
    file = shop.workspace.root / f"opportunities_2026-11-{day:02d}.csv"
    file.write_text(f"{header}\n{text}", encoding="utf-8")
    organisation = shop.organisation
    source, export = organisation.sources["shop"], export_of(shop)
    memory = Remembered.of(source, export, organisation) if remembers else None
    found = read_in_small_pieces(file, source, export, organisation, arrived_at=NOW, remembered=memory)
    rows = with_row_hash(TABLE, found.rows)
    if memory:
        memory.keep(rows)
    return replace(found, rows=rows)


def outcome(shop: Shop, text: str, *, day: int, remembers: bool) -> object:
    """Give all that is stored of a reading, in the order of the deals, or why the file is refused."""
    try:
        found = read(shop, text, day=day, remembers=remembers)
    except Refused as refused:
        return refused.reason, refused.message
    rows = [
        part.select(name for name in KEPT if name in found.rows.columns)
        for part in (found.rows, found.unchanged)
        if part.height
    ]
    frames = (found.rejects, found.ignored.sort("line", "reason"), found.warnings.sort(pl.all()))
    deals = pl.concat(rows).sort(pl.all()).rows() if rows else []
    return deals, [frame.rows() for frame in frames], found.rows_in, found.loaded, found.exported_at


def forget(shop: Shop) -> None:
    for file in (shop.workspace.data / FOLDER).glob("*"):
        file.unlink()


def deals(*numbers: int, amount: str = "10", stage: str = "Open") -> str:
    return "".join(f"d{n},Deal {n},{stage},{amount},2026-12-01,2026-01-05\n" for n in numbers)


WHOLE_AND_ROUNDED = ("1234567890123456789", "1234567890123450000", "1234567890123460000")
WORDS = st.sampled_from(["Open", "Won", "Lost", "Οpen", "größer", "unmapped", ""])
AMOUNTS = st.sampled_from(["1", "2.5", "x", "'-3", ""])
DEAL = st.tuples(st.integers(1, 60), WORDS, AMOUNTS).map(
    lambda row: f"d{row[0]},Deal {row[0]},{row[1]},{row[2]},2026-12-01,2026-01-05"
)
ODD = st.sampled_from(
    [
        "",
        HEADER,
        "Total (3 rows)",
        "torn,row",
        'd61,"two\nlines",Open,4,2026-12-01,2026-01-05',
        'd62,stray " quote,Open,6,2026-12-01,2026-01-05',
        "1234567890123450000,rounded,Open,8,2026-12-01,2026-01-05",
        "1234567890123460000,rounded too,Open,8,2026-12-01,2026-01-05",
        "1234567890123456789,whole,Open,8,2026-12-01,2026-01-05",
        "d63,control \x01,Open,7,2026-12-01,2026-01-05",
        ",no key,Open,8,2026-12-01,2026-01-05",
    ]
)
LINES = st.lists(st.one_of(DEAL, DEAL, DEAL, DEAL, ODD), min_size=12, max_size=50)


@settings(max_examples=tries(6, 500), deadline=None)
@given(
    first=LINES,
    fresh=st.lists(st.one_of(DEAL, ODD), max_size=8),
    stay=st.lists(st.booleans(), min_size=50, max_size=50),
    end=st.sampled_from(["", "\n"]),
)
def test_an_export_read_by_memory_is_what_it_is_read_as_a_whole(
    shop: Shop, first: Sequence[str], fresh: Sequence[str], stay: Sequence[bool], end: str
) -> None:
    forget(shop)
    outcome(shop, "\n".join([*deals(*range(70, 90)).splitlines(), *first, ""]), day=3, remembers=True)
    following = [line for line, stays in zip(first, stay, strict=False) if stays]
    text = "\n".join([*fresh, *deals(*range(70, 90)).splitlines(), *following]) + end
    for day in (4, 5):
        assert outcome(shop, text, day=day, remembers=True) == outcome(shop, text, day=day, remembers=False)


def test_only_what_changed_is_read_again(shop: Shop) -> None:
    forget(shop)
    read(shop, deals(*range(1, 40)), day=3)
    found = read(shop, deals(*range(1, 20)) + deals(20, amount="99") + deals(*range(21, 40)), day=4)
    assert found.rows["opportunity_id"].to_list() == ["d20"]
    assert (found.unchanged.height, found.loaded, found.rows_in) == (38, 39, 39)


def test_what_a_warning_counts_is_read_and_counted_every_time(shop: Shop) -> None:
    forget(shop)
    text = deals(*range(1, 30)) + deals(30, 31, stage="unheard of")
    for day in (3, 4, 5):
        found = read(shop, text, day=day)
        counted = found.warnings.filter(pl.col("code") == "UNMAPPED_STAGE")["rows"].to_list()
        assert counted == [2]
    assert found.rows["opportunity_id"].to_list() == ["d30", "d31"]


def test_the_same_text_under_another_header_is_another_deal(shop: Shop) -> None:
    forget(shop)
    read(shop, deals(*range(1, 40)), day=3)
    turned = HEADER.replace("expected_close_on,created_at", "created_at,expected_close_on")
    found = read(shop, deals(*range(1, 40)), day=4, header=turned)
    assert found.unchanged.is_empty()
    assert found.rows["expected_close_on"].unique().to_list() == [date(2026, 1, 5)]


def test_a_changed_profile_reads_everything_again(shop: Shop, tmp_path: Path) -> None:
    changed = shop.copied(tmp_path / "changed")
    read(changed, deals(*range(1, 40)), day=3)
    profile = changed.workspace.sources_dir / "shop.yaml"
    profile.write_text(profile.read_text(encoding="utf-8").replace("Open: qualify", "Open: develop"), encoding="utf-8")
    found = read(changed, deals(*range(1, 40)), day=4)
    assert found.unchanged.is_empty()
    assert found.rows["stage"].unique().to_list() == ["develop"]


def test_a_workspace_that_was_moved_remembers(shop: Shop, tmp_path: Path) -> None:
    forget(shop)
    read(shop, deals(*range(1, 40)), day=3)
    moved = shop.copied(tmp_path / "moved")
    assert read(moved, deals(*range(1, 40)), day=4).unchanged.height == 39


def test_a_damaged_memory_is_none(shop: Shop) -> None:
    forget(shop)
    read(shop, deals(*range(1, 40)), day=3)
    (file,) = (shop.workspace.data / FOLDER).glob("*")
    kept = bytearray(file.read_bytes())
    kept[len(kept) // 2] ^= 1
    file.write_bytes(bytes(kept))
    assert read(shop, deals(*range(1, 40)), day=4).unchanged.is_empty()


def test_a_key_that_stands_beside_its_unchanged_record_conflicts_with_it(shop: Shop) -> None:
    forget(shop)
    read(shop, deals(*range(1, 40)), day=3)
    found = read(shop, deals(*range(1, 40)) + deals(7, amount="70"), day=4)
    assert found.rejects["reason"].to_list() == ["DUP_KEY_CONFLICT"] * 2


def test_ids_that_may_be_rounded_are_judged_by_what_is_recalled_too(shop: Shop) -> None:
    """Beside the whole id of line 41 two rounded ones may be; when it is gone, they are rounded, unchanged or not."""
    forget(shop)
    whole, one, two = (f"{key},Deal,Open,1,2026-12-01,2026-01-05\n" for key in WHOLE_AND_ROUNDED)
    read(shop, deals(*range(1, 40)) + whole + one, day=3)
    assert read(shop, deals(*range(1, 40)) + whole + one + two, day=4).rejects.is_empty()
    found = read(shop, deals(*range(1, 40)) + one + two, day=5)
    assert found.rejects.select("line", "reason").rows() == [(41, "DAMAGED_ID"), (42, "DAMAGED_ID")]


def load_days(shop: Shop, days: Mapping[str, str], *, remembers: bool = True) -> None:
    """Load one export after the other, as a loader that watches does."""
    forget(shop)
    organisation = shop.organisation
    with (
        Store.open_writer(shop.workspace.lake) as store,
        Readers(organisation, workers=1, read=read_in_small_pieces) as readers,
    ):
        for day, text in days.items():
            shop.drop(f"opportunities_{day}.csv", f"{HEADER}\n{text}")
            found = load_new(Loading(organisation, store, readers))
            assert [each.status for result in found for each in result.files] == ["loaded"]
            if not remembers:
                forget(shop)


ALL, CHANGED = deals(*range(1, 40)), deals(*range(1, 30)) + deals(30, amount="99") + deals(*range(31, 38))
DAYS = {"2026-11-03": ALL, "2026-11-04": CHANGED, "2026-11-05": CHANGED, "2026-11-06": ALL}  # d38 and d39 come back


def test_the_store_is_the_same_with_and_without_memory(shop: Shop, tmp_path: Path) -> None:
    stored = []
    for remembers in (True, False):
        loading = shop.copied(tmp_path / str(remembers))
        load_days(loading, DAYS, remembers=remembers)
        stored.append(contents(loading.workspace.lake))
    assert stored[0] == stored[1]
    assert len(stored[0]["opportunity_version"]) == 39 + 1 + 1 + 2


def test_a_deal_that_came_back_as_it_was_is_there_again(shop: Shop, tmp_path: Path) -> None:
    """A memory that still knows a deal which the store no longer has must not pass for the deal."""
    loading = shop.copied(tmp_path / "back")
    load_days(loading, {"2026-11-03": ALL, "2026-11-04": deals(*range(1, 38)), "2026-11-05": ALL})
    states = [row[2:4] for row in loading.history() if row[0] == "d39"]
    assert states == [("2026-11-03", "2026-11-04"), ("2026-11-05", None)]
    assert loading.query("SELECT count(*) FROM opportunity") == [(39,)]


def test_a_lead_that_was_touched_too_early_is_told_in_the_next_export_too(shop: Shop) -> None:
    """Of twelve leads the first was touched before there was one; it stands unchanged in the next export."""
    touched = ["2026-01-04T09:00:00Z", *["2026-01-06T09:00:00Z"] * 11]
    text = "lead_id,created_at,first_touch_at\n" + "".join(
        f"l{place},2026-01-05T09:00:00Z,{moment}\n" for place, moment in enumerate(touched)
    )
    organisation = shop.organisation
    source = organisation.sources["shop"]
    rule = "file name: leads_%Y-%m-%d.csv"
    export = replace(export_of(shop), key="leads", table="lead", columns={}, required=(), exported_at=rule)
    source = replace(source, exports={**source.exports, "leads": export})
    file = shop.workspace.root / "leads_2026-11-01.csv"
    file.write_text(text, encoding="utf-8")
    for _ in ("first", "next"):
        memory = Remembered.of(source, export, organisation)
        assert memory is not None
        found = read_in_small_pieces(file, source, export, organisation, arrived_at=NOW, remembered=memory)
        memory.keep(with_row_hash(keyed_table("lead"), found.rows))
        assert ("TOUCH_BEFORE_CREATED", "first_touch_at", None, 1) in found.warnings.rows()
    assert found.unchanged.height == 11
