"""Exported stage history from file to versions, whichever file comes first, and back out again."""

from pathlib import Path

import polars as pl
import pytest

from etl.conform import conform_export
from etl.load import replay
from etl.stage_history import with_stage
from etl.words import distinct_words
from organisation import Organisation, Workspace
from tests.etl.shop import SOURCE, Shop
from warehouse.store import Store

HISTORY = """exports:
  stage_history:
    files: "history*.csv"
    exported_at: "file name: history_%Y-%m-%d.csv at 06:30"
    encoding: utf-8
    delimiter: ","
    decimal: "."
    dates: ymd
"""
STATES = "opportunity_id,changed_at,stage_raw,amount,expected_close_on\n"
FIELD_NAMES = "history_fields: {dealstage: stage_raw, closedate: expected_close_on}\n"
FIELDS = "opportunity_id,changed_at,field,value_raw\n"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop.open(tmp_path)
    text = SOURCE.replace("exports:\n", HISTORY) + FIELD_NAMES
    (shop.workspace.sources_dir / "shop.yaml").write_text(text, encoding="utf-8")
    return shop


def past(shop: Shop) -> list[tuple[object, ...]]:
    return shop.query(
        "SELECT opportunity_id, stage, amount::INTEGER, known_from::DATE::VARCHAR, known_until::DATE::VARCHAR, file, "
        "v.line, times_pushed, first_amount::INTEGER "
        "FROM opportunity_version AS v JOIN load USING (load_id) ORDER BY 1, 4"
    )


EXPECTED = [
    ("d1", "qualify", 5, "2026-02-01", "2026-05-01", "history_2026-11-10.csv", 2, 0, 5),
    ("d1", "develop", 7, "2026-05-01", "2026-11-03", "history_2026-11-10.csv", 3, 1, 5),
    ("d1", "qualify", 10, "2026-11-03", "2026-11-17", "opportunities_2026-11-03.csv", 2, 2, 5),
    ("d1", "qualify", 12, "2026-11-17", None, "opportunities_2026-11-17.csv", 2, 2, 5),
    ("d2", "qualify", 20, "2026-11-03", None, "opportunities_2026-11-03.csv", 3, 0, 20),
]


@pytest.mark.parametrize("first", ["history", "deals", "between", "together"])
def test_history_stands_before_the_first_export_whichever_file_comes_first(shop: Shop, first: str) -> None:
    def history() -> None:
        lines = "d1,2026-02-01T10:00:00Z,Open,5,2026-03-31\nd1,2026-05-01T10:00:00Z,Deep,7,2026-06-30\n"
        gone = "gone,2026-05-01T10:00:00Z,Won,7,2026-06-30\n"
        shop.drop("history_2026-11-10.csv", STATES + lines + gone)

    steps = {"history": (0, 1, 2), "deals": (1, 2, 0), "between": (1, 0, 2), "together": (0, 1, 2)}[first]
    for step in steps:
        if step == 0:
            history()
        else:
            shop.drop_deals(("2026-11-03", "2026-11-17")[step - 1], 8 + 2 * step, 20)
        if first != "together":
            shop.load()
    shop.load()
    assert past(shop) == EXPECTED
    assert shop.query("SELECT rows_in, loaded FROM load WHERE table_name = 'opportunity_change'") == [(3, 3)]
    with Store.open_writer(shop.workspace.lake) as store:
        replay(shop.organisation, store, "shop", without=None)
    assert past(shop) == EXPECTED
    ((wrong,),) = shop.query("SELECT load_id FROM load WHERE table_name = 'opportunity_change'")
    with Store.open_writer(shop.workspace.lake) as store:
        replay(shop.organisation, store, "shop", without=str(wrong))
    assert [state[5] for state in past(shop)] == [each[5] for each in EXPECTED[2:]]
    assert {state[-1] for state in past(shop) if state[0] == "d1"} == {10}


def test_history_of_single_fields_is_put_together(shop: Shop) -> None:
    shop.drop(
        "history_2026-11-10.csv",
        FIELDS
        + "d1,2026-02-01T10:00:00Z,dealstage,Open\nd1,2026-02-01T10:00:00Z,amount,5\n"
        + "d1,2026-03-01T10:00:00Z,dealname,Other\nd1,2026-05-01T10:00:00Z,dealstage,Deep\n"
        + "d1,2026-06-01T10:00:00Z,amount,much\nd1,,amount,6\n",
    )
    shop.drop_deals("2026-11-03", 10)
    shop.load()
    assert [state[1:4] for state in past(shop)] == [
        ("qualify", 5, "2026-02-01"),
        ("develop", 5, "2026-05-01"),
        ("qualify", 10, "2026-11-03"),
    ]
    assert shop.query("SELECT line, column_name, reason FROM rejected_row ORDER BY 1") == [
        (6, "amount", "TYPE_NUMBER"),
        (7, "changed_at", "MISSING_KEY"),
    ]
    assert shop.query("SELECT rows_in, loaded, rejected FROM load WHERE rejected > 0") == [(6, 4, 2)]


EXPORTS = Path(__file__).parents[2] / "../shared/exports"
REAL = [
    (
        "fivetran_salesforce/sf_opportunity_history_data.csv",
        "salesforce",
        "",
        10,
    ),
    (
        "fivetran_hubspot/deal_property_history_data.csv",
        "generic",
        "columns: {opportunity_id: deal_id, changed_at: timestamp, field: name, value_raw: value}",
        100,
    ),
]


@pytest.mark.parametrize(("file", "crm", "columns", "rows"), REAL)
def test_real_histories_are_read_whole(tmp_path: Path, file: str, crm: str, columns: str, rows: int) -> None:
    if not EXPORTS.exists():
        pytest.skip("the collection of real exports is not here")
    shop = Shop.open(tmp_path)
    text = SOURCE.replace("exports:\n", HISTORY + f"    {columns}\n").replace("crm: generic", f"crm: {crm}")
    (shop.workspace.sources_dir / "shop.yaml").write_text(text, encoding="utf-8")
    organisation = Organisation.read(Workspace(tmp_path))
    source = organisation.sources["shop"]
    export = source.exports["stage_history"]
    now = organisation.workspace.now()
    found = conform_export(EXPORTS / file, source, export, organisation, arrived_at=now)
    assert (found.rows_in, found.rows.height, found.rejected, found.ignored.height) == (rows, rows, 0, 0)
    assert found.rows["changed_at"].null_count() == 0


def test_a_past_state_that_was_closed_and_nothing_says_how_is_neither_open_nor_lost() -> None:
    stages = {"Open": "qualify", "Lost": "lost"}
    frame = pl.DataFrame(
        [
            ("Open", True, None),
            ("Open", True, False),
            ("Open", False, None),
            ("Open", None, None),
            ("Lost", True, None),
        ],
        schema={"stage_raw": pl.String, "is_closed": pl.Boolean, "is_won": pl.Boolean},
        orient="row",
    )
    found, unmapped = with_stage(frame, distinct_words(frame, ("stage_raw",)), stages)
    assert (found["outcome"].to_list(), unmapped) == ([None, "lost", "open", "open", "lost"], ())
