"""The common denominator: what each region's exports can answer."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kpi.comparability import common, comparability, judged
from kpi.definitions import Definitions
from kpi.fill import measured_fills
from kpi.period import current_quarter
from kpi.reason_codes import SENTENCES
from kpi.slice import Slice
from kpi.value import Value
from organisation import Amount, Organisation
from tests.kpi.conftest import Warehouse

NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def definitions() -> Definitions:
    return Definitions.read(ROOT / "kpi_definitions.yaml")


@pytest.fixture
def asked(organisation: Organisation) -> Slice:
    return Slice(current_quarter(organisation, NOW), NOW)


def test_a_field_that_only_some_rows_can_have_is_judged_by_those_rows(warehouse: Warehouse, asked: Slice) -> None:
    """
    lead  status     first contact
    1     open       -               an untouched open lead is no gap
    2     rejected   10 Oct
    3     qualified  -               somebody must have spoken to it: a gap
    """
    warehouse.lead("1")
    warehouse.lead("2", status="rejected", touched="2026-10-10")
    warehouse.lead("3", status="qualified")
    fill = measured_fills(warehouse.engine, asked)["lead", "first_touch_at", "north"]
    assert (fill.filled, fill.rows) == (1, 2)


def test_a_region_without_lead_contact_times_cannot_answer_the_sla(
    warehouse: Warehouse, organisation: Organisation, definitions: Definitions, asked: Slice
) -> None:
    warehouse.feeds()
    for region, touched in (("north", "2026-10-06"), ("south", "2026-10-06"), ("east", None)):
        warehouse.lead("1", region, status="rejected", touched=touched, due="2026-10-07")
    found = comparability(warehouse.engine, organisation, definitions, asked)
    assert found["lead_sla", "north"].comparable == "yes"
    assert found["lead_sla", "east"].comparable == "no"
    assert found["lead_sla", "east"].reasons == ("FIELD_MISSING",)
    assert found["lead_sla", "east"].sentences == (
        "East's CRM does not deliver the first contact (filled in 0% of 1).",
    )
    assert found["lead_sla", "group"].reasons == ("REGION_LEFT_OUT",)
    assert found["lead_sla", "group"].sentences == ("The total lacks East.",)
    assert "lead_sla" not in common(found, organisation.regions)
    assert "won_value" in common(found, organisation.regions)


def test_a_table_that_a_region_never_delivered_is_not_comparable_there(
    warehouse: Warehouse, organisation: Organisation, definitions: Definitions, asked: Slice
) -> None:
    warehouse.feeds("north", "south")
    warehouse.feed("east", "opportunity")
    found = comparability(warehouse.engine, organisation, definitions, asked)
    assert found["lead_sla", "east"].comparable == "no"
    assert found["lead_sla", "east"].reasons == ("NO_DATA",)
    assert found["lead_sla", "east"].sentences == ("East's CRM has not delivered leads so far.",)
    assert found["lead_sla", "north"].comparable == "yes", "an export without leads says that there are none"
    assert found["won_value", "east"].comparable == "yes"
    assert "lead_sla" not in common(found, organisation.regions)


@pytest.mark.parametrize(
    ("filled", "verdict", "reason"), [(10, "yes", ()), (8, "reservation", ("FILL_LOW",)), (4, "no", ("FILL_LOW",))]
)
def test_a_field_that_is_often_empty_costs_comparability_by_degrees(
    warehouse: Warehouse,
    organisation: Organisation,
    definitions: Definitions,
    asked: Slice,
    filled: int,
    verdict: str,
    reason: tuple[str, ...],
) -> None:
    warehouse.feeds()
    for number in range(10):
        warehouse.lead(
            str(number), status="rejected", touched="2026-10-06" if number < filled else None, due="2026-10-07"
        )
    found = comparability(warehouse.engine, organisation, definitions, asked)["lead_sla", "north"]
    assert (found.comparable, found.reasons) == (verdict, reason)


def test_an_unmapped_stage_is_a_reservation_on_every_figure_of_deals(
    warehouse: Warehouse, organisation: Organisation, definitions: Definitions, asked: Slice
) -> None:
    warehouse.feeds()
    for number in range(9):
        warehouse.deal(str(number), 10)
    warehouse.deal("9", 10, outcome=None, stage=None, stage_raw="Parked")
    found = comparability(warehouse.engine, organisation, definitions, asked)
    assert found["open_pipeline", "north"].comparable == "reservation"
    assert found["open_pipeline", "north"].sentences == (
        "1 of North's deals stand in an unmapped stage; they are not counted.",
    )
    assert found["lead_sla", "north"].comparable == "yes"
    assert found["open_pipeline", "group"].comparable == "reservation"


def test_a_currency_that_was_assumed_is_a_reservation_on_money_only(
    warehouse: Warehouse, organisation: Organisation, definitions: Definitions, asked: Slice
) -> None:
    warehouse.feeds()
    warehouse.deal("1", 10, currency_assumed=True, won="2026-10-05")
    found = comparability(warehouse.engine, organisation, definitions, asked)
    assert found["won_value", "north"].reasons == ("CURRENCY_ASSUMED",)
    assert found["win_rate", "north"].reasons == ()


def test_amounts_that_mean_something_else_are_not_compared(
    warehouse: Warehouse, organisation: Organisation, definitions: Definitions, asked: Slice
) -> None:
    warehouse.feeds()
    annual = replace(organisation.sources["east_crm"], amount=Amount(means="annual"))
    other = replace(organisation, sources={**organisation.sources, "east_crm": annual})
    found = comparability(warehouse.engine, other, definitions, asked)
    assert found["won_value", "east"].reasons == ("AMOUNT_MEANING_DIFFERS",)
    assert found["won_value", "north"].comparable == "yes"
    assert found["win_rate", "east"].comparable == "yes"


def test_a_quarter_that_begins_in_another_month_is_a_reservation_on_pushed_deals(
    warehouse: Warehouse, organisation: Organisation, definitions: Definitions, asked: Slice
) -> None:
    """South's year begins in July: the same quarters as the group's. East's begins in May: others."""
    warehouse.feeds()
    found = comparability(warehouse.engine, organisation, definitions, asked)
    assert found["pushed_deals", "south"].comparable == "yes"
    assert found["pushed_deals", "east"].reasons == ("CALENDAR_DIFFERS",)


def test_an_old_export_is_a_reservation(
    warehouse: Warehouse, organisation: Organisation, definitions: Definitions, asked: Slice
) -> None:
    warehouse.feeds("north", "south")
    warehouse.feeds("east", exported="2026-11-10T06:30")
    found = comparability(warehouse.engine, organisation, definitions, asked)
    assert found["won_value", "east"].reasons == ("STALE",)
    assert found["won_value", "east"].sentences == ("East's newest export is 14 days old.",)


def test_what_is_not_comparable_loses_its_value_and_the_worse_verdict_counts(
    warehouse: Warehouse, organisation: Organisation, definitions: Definitions, asked: Slice
) -> None:
    warehouse.feeds()
    warehouse.lead("1", "east", status="rejected", due="2026-10-07")
    verdicts = comparability(warehouse.engine, organisation, definitions, asked)
    value = Value("lead_sla", "east", "2026-Q4", 0.0, 1, "percent", NOW, comparable="reservation", reasons=("STALE",))
    found = judged([value], verdicts)[0]
    assert (found.value, found.comparable, found.reasons) == (None, "no", ("FIELD_MISSING", "STALE"))


def test_every_code_of_a_verdict_has_a_general_sentence(
    warehouse: Warehouse, organisation: Organisation, definitions: Definitions, asked: Slice
) -> None:
    warehouse.deal("1", 10, outcome=None, stage=None, stage_raw="Parked")
    warehouse.lead("1", status="rejected")
    found = comparability(warehouse.engine, organisation, definitions, asked)
    assert {code for verdict in found.values() for code in verdict.reasons} <= set(SENTENCES)
