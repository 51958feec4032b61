"""What values rest on: rates, states, deleted rows, plans, curves, and what a total lacks; all by hand."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kpi.definitions import Definitions
from kpi.evaluate import evaluate
from kpi.period import Period
from kpi.scope import Scope
from kpi.slice import Slice
from kpi.value import Value
from tests.kpi.conftest import Warehouse

NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
QUARTER = Period(date(2026, 10, 1), date(2026, 12, 31), "2026 Q4", to_date=date(2026, 11, 24))
SHIPPED = Definitions.read(Path(__file__).resolve().parents[2] / "kpi_definitions.yaml")


def values(warehouse: Warehouse, name: str, asked: Slice | None = None) -> list[Value]:
    return evaluate(
        warehouse.engine, warehouse.organisation, SHIPPED, asked or Slice(QUARTER, NOW), Scope.everything(), [name]
    )


def found(warehouse: Warehouse, name: str, region: str = "north", asked: Slice | None = None) -> Value:
    return next(value for value in values(warehouse, name, asked) if value.region == region)


def test_a_deal_meets_one_rate_even_where_two_sources_state_it(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.deal("1", 100, "south", won="2026-10-05")
    warehouse.rate("USD", "2026-01-01", "0.8")
    warehouse.engine.connection.execute(
        "INSERT INTO fx_rate_version SELECT * REPLACE ('x' AS source) FROM fx_rate_version"
    )
    assert found(warehouse, "won_value", "south").value == 80
    assert found(warehouse, "won_value", "south").n == 1


def test_the_three_kinds_of_rates(warehouse: Warehouse) -> None:
    """Budget: the year's rate; booked: the spot rate of the day, else the last earlier; spot: the newest for all."""
    warehouse.feeds()
    warehouse.deal("1", 100, "south", won="2026-10-05")
    warehouse.rate("USD", "2026-01-01", "0.8")
    for day, rate in (("2026-09-01", "0.7"), ("2026-11-01", "0.9"), ("2026-12-01", "2")):
        warehouse.rate("USD", day, rate, "spot")
    asked = [Slice(QUARTER, NOW, rates=rates) for rates in ("budget", "booked", "spot")]
    assert [found(warehouse, "won_value", "south", one).value for one in asked] == [80, 70, 90]


def test_ten_to_the_twelve_yen_lose_no_yen(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.rate("JPY", "2026-01-01", "0.00612345")
    warehouse.deal("1", "1000000000001.01", "east", won="2026-10-05")
    assert str(found(warehouse, "won_value", "east").value) == "6123450000.0061846845"


@pytest.mark.parametrize("kpi", ["won_value", "average_won_deal", "win_rate_by_value"])
def test_no_ratio_of_money_stands_without_a_rate(warehouse: Warehouse, kpi: str) -> None:
    """An average of amounts that cannot be converted is not 0."""
    warehouse.feeds()
    warehouse.deal("1", 100, won="2026-10-05", currency="CHF")
    value = found(warehouse, kpi)
    assert value.value is None
    assert "NO_RATE" in value.reasons
    assert next(v for v in values(warehouse, kpi) if v.region == "group").value is None


def test_a_currency_without_a_rate_is_no_value_and_says_so(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.deal("1", 100, won="2026-10-05")
    warehouse.deal("2", 100, won="2026-10-06", currency="CHF")
    value = found(warehouse, "won_value")
    assert value.value is None
    assert "NO_RATE" in value.reasons


def test_local_currency_needs_no_rate_and_the_group_stays_in_its_own(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.deal("1", 100, "south", won="2026-10-05")
    asked = Slice(QUARTER, NOW, currency="local")
    local, group = found(warehouse, "won_value", "south", asked), found(warehouse, "won_value", "group", asked)
    assert (local.value, local.currency) == (100, "USD")
    assert (group.value, group.currency) == (50, "EUR")


def test_deleted_deals_are_left_out_without_a_word_in_the_formula(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.deal("1", 100, won="2026-10-05")
    warehouse.deal("2", 100, won="2026-10-05", is_deleted=True)
    assert found(warehouse, "won_value").value == 100


def test_rows_that_lack_a_field_are_counted_with_what_they_are_worth(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.deal("1", 100, won="2026-10-05")
    warehouse.deal("2", 70, won="2026-10-05", won_on=None)
    warehouse.deal("3", None, won="2026-10-05")
    value = found(warehouse, "won_value")
    assert value.value == 100
    assert value.left_out_value == 70
    assert (value.n, value.left_out) == (1, 2)


def test_a_stock_is_the_state_of_the_day_and_never_a_sum(warehouse: Warehouse) -> None:
    """The deal was 100 until 9 November and is 80 since; it is one deal in each week."""
    warehouse.feeds()
    warehouse.deal("1", 100, known_from="2026-01-01", known_until="2026-11-09T06:30")
    warehouse.deal("1", 80, known_from="2026-11-09T06:30")
    weeks = Period(date(2026, 11, 2), date(2026, 11, 29), "weeks", to_date=date(2026, 11, 24))
    series = [
        value.value
        for value in values(warehouse, "open_pipeline", Slice(weeks, NOW, grain="week"))
        if value.region == "north"
    ]
    assert series == [100, 80, 80, 80]


def test_a_late_region_keeps_its_last_number_and_the_total_says_so(warehouse: Warehouse) -> None:
    warehouse.feeds("north", "south")
    warehouse.feed("east", exported="2026-11-09T06:30")
    warehouse.deal("1", 100)
    warehouse.deal("2", 1000, "east")
    late, group = found(warehouse, "open_pipeline", "east"), found(warehouse, "open_pipeline", "group")
    assert late.value == 10
    assert "STALE" in late.reasons
    assert group.value == 110
    assert group.missing_regions == ("east",)


def test_a_region_without_any_delivery_has_no_value(warehouse: Warehouse) -> None:
    warehouse.feeds("north")
    warehouse.deal("1", 100, won="2026-10-05")
    east, group = found(warehouse, "won_value", "east"), found(warehouse, "won_value", "group")
    assert east.value is None
    assert "NO_DATA" in east.reasons
    assert (group.value, group.missing_regions) == (100, ("east", "south"))


def test_the_past_is_answered_as_it_was_known(warehouse: Warehouse) -> None:
    warehouse.feeds(exported="2026-10-12T06:30")
    warehouse.deal("1", 100, won="2026-10-05", known_from="2026-10-12", known_until="2026-11-02")
    warehouse.deal("1", 90, won="2026-10-05", known_from="2026-11-02")
    before = Slice(QUARTER, datetime(2026, 10, 20, tzinfo=UTC))
    assert found(warehouse, "won_value", asked=before).value == 100
    assert found(warehouse, "won_value").value == 90


def test_the_groups_attainment_is_against_its_own_plan(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.deal("1", 30, won="2026-10-05")
    for region in ("north", "south"):
        warehouse.target("2026-10", 60, region)
    assert found(warehouse, "attainment", "group").value == pytest.approx(30 / 90)
    warehouse.target("2026-10", 75, "group")
    assert found(warehouse, "attainment", "group").value == pytest.approx(0.4)
    assert found(warehouse, "attainment").value == pytest.approx(0.5)
    assert found(warehouse, "attainment", "east").reasons[0] == "NO_TARGET"


def test_pace_expects_what_the_regions_own_quarters_had_won_by_now(warehouse: Warehouse) -> None:
    """Four quarters, each 25 in its first days and 75 on its last: by now a quarter of the plan of 400 is expected."""
    warehouse.feeds()
    for place, (year, month) in enumerate(((2025, 10), (2026, 1), (2026, 4), (2026, 7))):
        last = {10: "12-31", 1: "03-31", 4: "06-30", 7: "09-30"}[month]
        warehouse.deal(f"a{place}", 25, won=f"{year}-{month:02d}-02")
        warehouse.deal(f"b{place}", 75, won=f"{year}-{last}")
    for month in (10, 11, 12):
        warehouse.target(f"2026-{month}", "133.33" if month < 12 else "133.34")
    warehouse.deal("now", 50, won="2026-10-05")
    pace = found(warehouse, "pace")
    assert pace.denominator == pytest.approx(100)
    assert pace.value == pytest.approx(0.5)
    assert "LINEAR_PACE" not in pace.reasons


def test_with_few_quarters_pace_is_by_working_days_and_says_so(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.deal("now", 50, won="2026-10-05")
    warehouse.target("2026-10", 100)
    calendar = warehouse.organisation.working_calendars["north"]
    share = calendar.working_days(QUARTER.start, QUARTER.to_date) / calendar.working_days(QUARTER.start, QUARTER.end)
    pace = found(warehouse, "pace")
    assert pace.value == pytest.approx(0.5 / share)
    assert "LINEAR_PACE" in pace.reasons


def test_nothing_left_to_win_is_no_coverage(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.deal("1", 100, won="2026-10-05")
    warehouse.deal("2", 40, closes="2026-12-05")
    warehouse.target("2026-10", 100)
    coverage = found(warehouse, "coverage")
    assert coverage.value is None
    assert "TARGET_REACHED" in coverage.reasons
    warehouse.target("2026-11", 20)
    assert found(warehouse, "coverage").value == pytest.approx(2)


def test_an_owner_in_two_lists_does_not_double_a_deal(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.deal("1", 100, won="2026-10-05")
    for team in ("East", "West"):
        warehouse.add("person", "north", {"person_ref": "Person One", "name": "Person One", "team": team})
    by_team = values(warehouse, "won_value", Slice(QUARTER, NOW, by=("region", "team")))
    assert [(value.bucket, value.value) for value in by_team if value.region == "north"] == [(("West",), 100)]


def test_a_median_of_the_group_is_taken_from_the_rows(warehouse: Warehouse) -> None:
    """10 and 20 days in the north, 90 in the south: the group's median is 20, not the mean of 15 and 90."""
    warehouse.feeds()
    for deal, region, created in (("1", "north", "09-25"), ("2", "north", "09-15"), ("3", "south", "07-07")):
        warehouse.deal(deal, 1, region, won="2026-10-05", created=f"2026-{created}T12:00")
    assert found(warehouse, "sales_cycle").value == 15
    assert found(warehouse, "sales_cycle", "group").value == 20


def test_a_day_is_the_regions_own(warehouse: Warehouse) -> None:
    """23:30 in New York on 30 September is 1 October in UTC: it belongs to September there."""
    warehouse.feeds()
    warehouse.deal("1", 100, "south", created="2026-10-01T03:30")
    assert found(warehouse, "pipeline_created", "south").n == 0
    warehouse.deal("2", 100, "south", created="2026-10-01T04:30")
    assert found(warehouse, "pipeline_created", "south").n == 1


def test_young_leads_are_too_early_not_lost(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.lead("1", created="2026-10-05T09:00", qualified="2026-10-20T09:00", status="qualified")
    warehouse.lead("2", created="2026-10-06T09:00")
    warehouse.lead("3", created="2026-11-20T09:00")
    value = found(warehouse, "lead_qualified_30d")
    assert (value.value, value.n) == (0.5, 2)
    assert "IMMATURE" in value.reasons


def test_a_region_that_cannot_answer_stays_out_of_the_total(warehouse: Warehouse) -> None:
    """South never records a first contact: its leads are no broken promises of the group."""
    warehouse.feeds()
    for place in range(4):
        warehouse.lead(f"n{place}", due="2026-10-06T09:00", touched="2026-10-05T10:00", status="qualified")
        warehouse.lead(f"s{place}", "south", due="2026-10-06T09:00", status="qualified")
    south, group = found(warehouse, "lead_sla", "south"), found(warehouse, "lead_sla", "group")
    assert (south.value, south.comparable) == (None, "no")
    assert "FIELD_MISSING" in south.reasons
    assert (group.value, group.n) == (1, 4)
    assert "south" in group.missing_regions


def test_regions_may_each_be_asked_for_their_own_fiscal_quarter(warehouse: Warehouse) -> None:
    warehouse.feeds()
    warehouse.deal("1", 100, won="2026-09-15")
    warehouse.deal("2", 1000, "east", won="2026-09-15")
    own = Period(date(2026, 8, 1), date(2026, 10, 31), "East FY27 Q2", "east", date(2026, 10, 31))
    asked = Slice(QUARTER, NOW, own_periods=(("east", own),))
    assert found(warehouse, "won_value", "north", asked).value == 0
    assert found(warehouse, "won_value", "east", asked).value == 10
    assert found(warehouse, "won_value", "group", asked).value == 10


def test_the_version_of_the_period_answers(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.feeds()
    warehouse.deal("1", 100, won="2026-10-05")
    file = tmp_path / "kpi_definitions.yaml"
    version = "    versions:\n      - {valid_from: 2025-01-01, formula: count(*)}\n"
    file.write_text(
        "kpis:\n  won:\n    label: Won\n    heading: Result\n    question: How many?\n    formula: count(*) + 1\n"
        "    from: opportunity\n    counted_on: won_on\n    unit: count\n    not: More.\n    valid_from: 2026-12-01\n"
        + version,
        encoding="utf-8",
    )
    definitions = Definitions.read(file)
    asked = Slice(QUARTER, NOW, regions=("north",))
    engine, scope = warehouse.engine, Scope.everything()
    assert evaluate(engine, warehouse.organisation, definitions, asked, scope, ["won"])[-1].value == 1
