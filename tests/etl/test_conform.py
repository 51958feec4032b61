"""Strings to rows: keys, regions, currencies, outcomes, deadlines, and the balance of every file."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.check import check_file
from etl.conform import conform_export
from etl.conformed import Conformed
from etl.contract import conformed_schema
from etl.crm import crm_module
from etl.errors import EtlError, Refused
from etl.worktime import work_time
from organisation import (
    Amount,
    Export,
    FiscalYear,
    Group,
    Organisation,
    Region,
    RegionRule,
    Source,
    WorkingCalendar,
    Workspace,
)
from organisation.source import WORD_KEYS

ARRIVED = datetime(2026, 11, 24, 9, tzinfo=UTC)
STAGES = {"Open": "qualify", "Offer": "propose", "Won": "won", "Lost": "lost"}


def region(name: str, zone: str = "Europe/Berlin") -> Region:
    sla = {"default": 8.0, "Webinar": 24.0}
    return Region(
        name,
        name,
        None,
        "manager",
        "EUR",
        zone,
        "DE",
        time(8),
        time(17),
        (FiscalYear(7),),
        sla,
        "off",
        frozenset(),
        Path(name),
    )


def organisation(source: Source) -> Organisation:
    regions = {name: region(name) for name in ("dach", "benelux")} | {"japan": region("japan", "Asia/Tokyo")}
    return Organisation(
        Workspace(Path()),
        Group("Group", "EUR", "monday", (FiscalYear(1),), "Europe/Berlin"),
        regions,
        {source.id: source},
    )


def export(table: str = "opportunity", **settings: object) -> Export:
    plain = Export(table, table, "*", encoding="utf-8", delimiter=",", decimal=".", dates="ymd")
    return replace(plain, **settings)  # type: ignore[arg-type]


def source(reading: Export, **settings: object) -> Source:
    words: dict[str, dict[str, str]] = {key: {} for key in WORD_KEYS} | {"stages": STAGES}
    plain = Source(
        "crm",
        "generic",
        RegionRule("dach"),
        "EUR",
        Amount(),
        None,
        {reading.key: reading},
        words,
        {},
        "close_date",
        Path(),
    )
    return replace(plain, **settings)  # type: ignore[arg-type]


@pytest.fixture
def conform(tmp_path: Path) -> Callable[..., Conformed]:
    def conformed(text: str, reading: Export | None = None, name: str = "export.csv", **settings: object) -> Conformed:
        reading = reading or export()
        made = source(reading, **settings)
        file = tmp_path / name
        file.write_bytes(text.encode(reading.encoding or "utf-8"))
        return conform_export(file, made, reading, organisation(made), arrived_at=ARRIVED)

    return conformed


def test_an_actual_amount_that_the_profile_asks_for_must_be_in_the_file() -> None:
    path = Path(__file__).parent.parent / "exports" / "dynamics"
    found = check_file(
        path / "opportunities_en.csv",
        Workspace(path),
        source=None,
        table="opportunities",
        profile=path / "opportunities_actual.profile.yaml",
    )
    assert isinstance(found["refused"], dict)
    assert found["refused"]["reason"] == "MISSING_COLUMN"
    assert "no header for amount_actual" in found["refused"]["message"]


def test_an_actual_amount_that_the_profile_does_not_ask_for_is_not_read() -> None:
    path = Path(__file__).parent.parent / "exports" / "dynamics"
    found = check_file(
        path / "opportunities_actual.csv",
        Workspace(path),
        source=None,
        table="opportunities",
        profile=path / "opportunities_en.profile.yaml",
    )
    assert isinstance(found["rows"], list)
    assert [row["amount"] for row in found["rows"]] == ["1200.00", "45000.00", "100.00", "700.00", None]
    assert found["warnings"] == ["UNKNOWN_COLUMN"]


def test_the_day_of_an_instant_is_the_one_that_the_region_has(conform: Callable[..., Conformed]) -> None:
    """31 March 22:30 in London is 1 April in Berlin; 16:30 is 1 April in Tokyo and 31 March in Berlin."""
    text = (
        "opportunity_id,stage_raw,Land,closed_on\n"
        "1,Won,DE,2026-03-31T22:30:00Z\n2,Won,DE,2026-03-31T16:30:00Z\n3,Won,JP,2026-03-31T16:30:00Z\n"
        "4,Won,JP,2026-03-31T00:00:00Z\n5,Won,JP,2026-03-31\n"
    )
    one = conform(text, export(), timezone="UTC")
    assert [f"{day:%m-%d}" for day in one.rows["won_on"]] == ["04-01", "03-31", "03-31", "03-31", "03-31"]
    by_land = RegionRule("dach", "Land", {"JP": "japan"})
    several = conform(text, export(), timezone="UTC", region=by_land)
    assert several.rows["region"].to_list() == ["dach", "dach", "japan", "japan", "japan"]
    assert [f"{day:%m-%d}" for day in several.rows["won_on"]] == ["04-01", "03-31", "04-01", "03-31", "03-31"]


def test_a_table_without_days_is_read_for_regions_of_several_zones_too(conform: Callable[..., Conformed]) -> None:
    text = "lead_id,Land,created_at,status\n1,DE,2026-03-31T16:30:00Z,new\n2,JP,2026-03-31T16:30:00Z,new\n"
    by_land = RegionRule("dach", "Land", {"JP": "japan"})
    found = conform(text, export("lead"), timezone="UTC", region=by_land)
    assert found.rows["region"].to_list() == ["dach", "japan"]


def test_rows_have_the_columns_and_types_of_the_schema(conform: Callable[..., Conformed]) -> None:
    for table in ("opportunity", "lead", "activity", "account", "person", "target", "order_intake", "fx_rate"):
        keys = {
            "target": ("scope,scope_id,month,kpi,kind,value", "region,dach,2026-10-01,won_value,plan,5"),
            "order_intake": ("region,month,value,currency", "dach,2026-10-01,5,EUR"),
            "fx_rate": ("currency,on_date,kind,rate", "USD,2026-01-01,budget,0.92000001"),
            "opportunity": ("opportunity_id,stage_raw", "1,Open"),
            "person": ("person_ref", "u1"),
        }
        header, row = keys.get(table, (f"{table}_id", "1"))
        found = conform(f"{header}\n{row}\n", export(table))
        assert dict(found.rows.schema) == conformed_schema(table) | {"line": pl.Int64()}
        assert found.rows.height == 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["1", "2", "3", "", "2.41E+18"]),
            st.sampled_from(["Open", "Won", "Neu", ""]),
            st.sampled_from(["1", "1.50", "1.005", "NaN", "x", "EUR 5", "$ 5", ""]),
            st.sampled_from(["2026-01-02", "02.01.2026", "1880-01-01", ""]),
        ),
        max_size=8,
    ),
    st.sampled_from(["", "\n", "9,Open\n", '"9,Open\n', "Total,,,\n", '9,"Open"x,1,\n']),
)
def test_every_record_is_loaded_rejected_or_ignored(
    conform: Callable[..., Conformed], rows: list[tuple[str, ...]], last: str
) -> None:
    text = "opportunity_id,stage_raw,amount,created_at\n" + "".join(",".join(row) + "\n" for row in rows) + last
    try:
        found = conform(text)
    except Refused as refusal:
        if refusal.reason == "TRUNCATED" and last.startswith('"'):  # a quote that never ends
            return
        raise
    lines = [*found.rows["line"], *found.rejects["line"].unique(), *found.ignored["line"]]
    assert len(lines) == len(set(lines)) == found.rows_in
    assert set(found.rows["opportunity_id"]) <= {"1", "2", "3"}
    assert found.rows["opportunity_id"].is_unique().all()


def test_a_balance_that_does_not_hold_is_an_error(conform: Callable[..., Conformed]) -> None:
    found = conform("opportunity_id,stage_raw\n1,Open\n")
    with pytest.raises(EtlError, match="2 records were read, but 1 loaded"):
        replace(found, rows_in=2)


def test_the_same_key_with_other_values_rejects_all_its_rows(conform: Callable[..., Conformed]) -> None:
    found = conform("opportunity_id,stage_raw\n1,Open\n2,Open\n1,Won\n2,Open\n")
    assert found.rows["opportunity_id"].to_list() == ["2"]
    assert found.rejects.select("line", "reason", "raw", "record_key").rows() == [
        (2, "DUP_KEY_CONFLICT", "1,Open", "1"),
        (4, "DUP_KEY_CONFLICT", "1,Won", "1"),
    ]
    assert found.ignored.rows() == [(5, "DUPLICATE_ROW")]


def test_a_key_of_several_columns_is_joined(conform: Callable[..., Conformed]) -> None:
    text = "scope,scope_id,month,kpi,kind,value\n"
    text += "region,dach,2026-10-01,won_value,plan,x\nregion,mars,2026-10-01,a,plan,1\n"
    found = conform(text, export("target"))
    assert found.rejects["record_key"][0] == "region\u241fdach\u241f2026-10-01\u241fwon_value\u241fplan"
    assert found.rejects["reason"].to_list() == ["TYPE_NUMBER", "NO_REGION"]


def test_the_region_comes_from_the_rule(conform: Callable[..., Conformed]) -> None:
    text = "opportunity_id,stage_raw,Land\n1,Open,NL\n2,Open,DE\n3,Open,\n"
    rule = RegionRule("dach", "Land", {"NL": "benelux"})
    assert conform(text, region=rule).rows["region"].to_list() == ["benelux", "dach", "dach"]
    strict = conform(text, region=RegionRule(None, "Land", {"NL": "benelux"}))
    assert strict.rows["region"].to_list() == ["benelux"]
    assert strict.rejects.select("line", "column_name", "reason").rows() == [
        (3, "region", "NO_REGION"),
        (4, "region", "NO_REGION"),
    ]


def test_a_missing_currency_is_assumed_and_marked(conform: Callable[..., Conformed]) -> None:
    found = conform("opportunity_id,stage_raw,amount,currency\n1,Open,5,USD\n2,Open,5,\n3,Open,USD 5,\n4,Open,$5,EUR\n")
    assert found.rows.select("currency", "currency_assumed").rows() == [("USD", False), ("EUR", True), ("USD", False)]
    assert found.rejects.select("line", "column_name", "reason").rows() == [(5, "currency", "CURRENCY")]


def test_amounts_in_thousands_stay_exact(conform: Callable[..., Conformed]) -> None:
    found = conform("opportunity_id,stage_raw,amount\n1,Open,1.23456\n2,Open,1.234567\n", amount=Amount(unit=1000))
    assert found.rows["amount"].to_list() == [Decimal("1234.56")]
    assert found.rejects["reason"].to_list() == ["RANGE"]


def test_required_and_mandatory_values(conform: Callable[..., Conformed]) -> None:
    text = "opportunity_id,stage_raw,amount\n1,Open,\n,Open,5\n3,,5\n"
    found = conform(text, export(required=("amount",)))
    assert found.rejects.select("line", "column_name", "reason").rows() == [
        (2, "amount", "MISSING_VALUE"),
        (3, "opportunity_id", "MISSING_KEY"),
        (4, "stage_raw", "MISSING_VALUE"),
    ]


def test_a_missing_column_is_refused_by_name(conform: Callable[..., Conformed]) -> None:
    with pytest.raises(Refused, match="MISSING_COLUMN: no header for opportunity_id"):
        conform("id,stage_raw\n1,Open\n")
    with pytest.raises(Refused, match="no header says the stage"):
        conform("opportunity_id,amount\n1,5\n")
    with pytest.raises(Refused, match='did you mean "amount"'):
        conform("opportunity_id,stage_raw\n1,Open\n", export(columns={"amout": "Value"}))


def test_an_unmapped_stage_loads_without_stage_and_is_counted(conform: Callable[..., Conformed]) -> None:
    found = conform("opportunity_id,stage_raw\n1,Pilot\n2,Pilot\n3,Open\n")
    assert found.rows.select("stage", "outcome").rows() == [(None, None), (None, None), ("qualify", "open")]
    assert found.warnings.rows() == [("UNMAPPED_STAGE", "stage_raw", "Pilot", 2)]


def test_a_flag_that_contradicts_the_mapped_stage_is_a_warning(conform: Callable[..., Conformed]) -> None:
    found = conform("opportunity_id,stage_raw,is_closed,is_won\n1,Lost,0,0\n2,Lost,1,0\n3,Won,1,0\n")
    assert found.warnings.rows() == [
        ("OUTCOME_CONTRADICTS", "stage_raw", "Lost", 1),
        ("OUTCOME_CONTRADICTS", "stage_raw", "Won", 1),
    ]


def test_words_that_nothing_maps_are_empty_and_counted(conform: Callable[..., Conformed]) -> None:
    found = conform("opportunity_id,stage_raw,business_type,segment\n1,Open,Neu,Groß\n2,Open,Neu,\n")
    assert found.rows.select("business_type", "segment").rows() == [(None, None), (None, None)]
    assert set(found.warnings.rows()) == {
        ("UNMAPPED_WORD", "business_type", "Neu", 2),
        ("UNMAPPED_WORD", "segment", "Groß", 1),
    }


def test_won_on_is_the_close_date_or_the_change_of_stage(conform: Callable[..., Conformed]) -> None:
    text = "opportunity_id,stage_raw,closed_on,stage_changed_at\n1,Won,2026-10-05,2026-10-01T23:30:00Z\n"
    assert conform(text).rows["won_on"].to_list() == [date(2026, 10, 5)]
    assert conform(text, won_on="stage_change").rows["won_on"].to_list() == [date(2026, 10, 2)]


def test_a_close_date_that_is_not_the_systems_own_is_marked(conform: Callable[..., Conformed]) -> None:
    text = (
        "opportunity_id,stage_raw,expected_close_on,stage_changed_at\n"
        "1,Lost,2026-10-05,\n2,Lost,2026-10-05,2026-09-01\n3,Open,2026-12-01,\n"
    )
    assert conform(text).rows.select("closed_on", "closed_on_estimated").rows() == [
        (date(2026, 10, 5), True),
        (date(2026, 9, 1), True),
        (None, False),
    ]


def test_reached_develop_is_known_from_the_furthest_stage_or_not_at_all(conform: Callable[..., Conformed]) -> None:
    text = "opportunity_id,stage_raw,furthest_stage_raw\n1,Lost,Offer\n2,Lost,Open\n3,Lost,\n4,Won,\n5,Open,\n"
    assert conform(text).rows["reached_develop"].to_list() == [True, False, None, True, False]


def test_the_moment_comes_from_the_name_else_the_newest_change_else_the_arrival(
    conform: Callable[..., Conformed],
) -> None:
    text = "opportunity_id,stage_raw,modified_at\n1,Open,2026-11-20T10:00:00Z\n"
    reading = export(exported_at="file name: opportunities_%Y-%m-%d.csv at 06:30")
    named = conform(text, reading, "opportunities_2026-11-23.csv")
    assert (named.exported_at, named.exported_at_from) == (datetime(2026, 11, 23, 5, 30, tzinfo=UTC), "file name")
    changed = conform(text, reading, "other.csv")
    assert (changed.exported_at, changed.exported_at_from) == (datetime(2026, 11, 20, 10, tzinfo=UTC), "column")
    arrived = conform("opportunity_id,stage_raw\n1,Open\n", reading, "other.csv")
    assert (arrived.exported_at, arrived.exported_at_from) == (ARRIVED, "arrival")


def test_leads_get_their_deadline_and_response_in_working_hours(conform: Callable[..., Conformed]) -> None:
    text = (
        "lead_id,created_at,status_raw,lead_source,first_touch_at\n"
        "1,2026-11-20 16:00:00,open,Web,2026-11-23 09:30:00\n"
        "2,2026-11-20 16:00:00,odd,Webinar,\n"
    )
    found = conform(text, export("lead"))
    assert found.rows["sla_due_at"].to_list() == [
        datetime(2026, 11, 23, 14, tzinfo=UTC),
        datetime(2026, 11, 25, 12, tzinfo=UTC),
    ]
    assert found.rows["response_work_hours"].to_list() == [Decimal("2.50"), None]
    assert found.rows["status"].to_list() == ["open", None]
    assert found.warnings.rows() == [("UNMAPPED_WORD", "status_raw", "odd", 1)]


@settings(max_examples=40, deadline=None)
@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)), st.floats(0.01, 90))  # noqa: DTZ001 - made aware below
def test_working_hours_equal_the_calendar(wall: datetime, hours: float) -> None:
    calendar = CALENDAR
    start = wall.replace(tzinfo=UTC)
    due = calendar.add_hours(start, hours)
    working = work_time(calendar)
    starts = pl.Series([start], dtype=pl.Datetime("us", "UTC"))
    found = working.due(starts, pl.Series([hours]))[0]
    assert abs(found - due) < timedelta(milliseconds=1)
    assert working.hours_between(starts, pl.Series([due], dtype=pl.Datetime("us", "UTC")))[0] == pytest.approx(
        calendar.hours_between(start, due), abs=1e-3
    )


CALENDAR = WorkingCalendar(region("dach"))


def test_an_activity_is_a_touch_once_it_was_done_with_the_customer(conform: Callable[..., Conformed]) -> None:
    text = "activity_id,type_raw,done_at\n1,call,2026-01-02\n2,call,\n3,task,2026-01-02\n"
    found = conform(text, export("activity"))
    assert found.rows.select("type", "is_touch").rows() == [("call", True), ("call", False), ("task", False)]


def test_accounts_without_id_are_known_by_name(conform: Callable[..., Conformed]) -> None:
    found = conform("name,country\nMüller GmbH,DE\n", export("account"))
    assert found.rows.select("account_id", "match_key").rows() == [("Müller GmbH", "muller")]


def test_a_file_without_rows_says_so(conform: Callable[..., Conformed]) -> None:
    found = conform("opportunity_id,stage_raw,amount,created_at,closed_on,odd\n")
    assert found.rows.is_empty()
    assert found.warnings["code"].to_list() == ["UNKNOWN_COLUMN", "NO_ROWS"]


@pytest.mark.parametrize(
    ("cells", "kept", "warned"),
    [
        (["7;8", "9"], ["7", "9"], 1),
        (["7; 8;9", "7;8"], ["7", "7"], 2),
        (["1;2", ""], ["1", None], 1),
        (["7", "Smith; Sons"], ["7", "Smith; Sons"], 0),
    ],
)
def test_of_several_linked_records_the_first_is_kept_and_counted(
    conform: Callable[..., Conformed],
    monkeypatch: pytest.MonkeyPatch,
    cells: list[str],
    kept: list[str | None],
    warned: int,
) -> None:
    linking = replace(crm_module("generic"), links={"account_ref": "ids"})
    monkeypatch.setattr("etl.conform.crm_of", lambda _: linking)
    rows = [f"{number},Open,{cell}" for number, cell in enumerate(cells)]
    found = conform("\n".join(["opportunity_id,stage_raw,account_ref", *rows]) + "\n")
    assert found.rows["account_ref"].to_list() == kept
    counts = found.warnings.filter(pl.col("code") == "SEVERAL_LINKS")["rows"].to_list()
    assert counts == ([warned] if warned else [])
