"""Flags: relative to plan, pace and own past, and only where chance is no explanation."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from kpi.definition import Kpi
from kpi.definitions import Definitions
from kpi.flags import Basis, judge, usual_of, wilson
from kpi.value import Value

NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def definitions() -> Definitions:
    return Definitions.read(ROOT / "kpi_definitions.yaml")


def value(kpi: Kpi, number: float | None, n: int = 50, **given: object) -> Value:
    found = Value(
        kpi.name, "north", "2026-Q4", number, n, kpi.unit, NOW, currency="EUR" if kpi.unit == "money" else None
    )
    return replace(found, **given)  # type: ignore[arg-type]


def quarters(kpi: Kpi, *numbers: float) -> tuple[Value, ...]:
    return tuple(value(kpi, number) for number in numbers)


@pytest.mark.parametrize(
    ("won", "flag", "why"),
    [
        (84.0, "act", "16% behind pace."),
        (90.0, "watch", "10% behind pace."),
        (93.0, "none", "7% behind pace."),
        (100.0, "none", "On pace."),
        (130.0, "none", "30% ahead of pace."),
    ],
)
def test_won_value_is_judged_against_what_was_to_be_expected_by_now(
    definitions: Definitions, won: float, flag: str, why: str
) -> None:
    kpi = definitions.kpis["won_value"]
    found = judge(kpi, value(kpi, won), Basis(expected=100.0))
    assert (found.flag, found.why) == (flag, why)


def test_pace_itself_is_judged_by_its_agreed_levels(definitions: Definitions) -> None:
    kpi = definitions.kpis["pace"]
    assert judge(kpi, value(kpi, 0.82), Basis(expected=1.0)).flag == "act"
    assert judge(kpi, value(kpi, 0.82), Basis(expected=1.0)).why == "18% behind pace."
    assert judge(kpi, value(kpi, 0.95), Basis(expected=1.0)).flag == "none"


def test_forty_percent_behind_on_seven_deals_is_not_flagged_and_says_why(definitions: Definitions) -> None:
    kpi = definitions.kpis["won_value"]
    found = judge(kpi, value(kpi, 60.0, n=7), Basis(expected=100.0))
    assert (found.flag, found.why) == ("none", "7 deals: too few to judge.")


def test_a_rate_is_flagged_only_where_its_interval_excludes_the_usual(definitions: Definitions) -> None:
    """The usual rate is 50 %. 30 % of 20 cases may be chance (interval 15-52 %), 30 % of 100 is not (22-40 %)."""
    kpi = definitions.kpis["win_rate"]
    past = Basis(quarters=quarters(kpi, 0.5, 0.5, 0.5, 0.5))
    assert wilson(0.3, 20) == pytest.approx((0.1455, 0.5190), abs=1e-4)
    assert judge(kpi, value(kpi, 0.3, n=20), past).flag == "none"
    assert judge(kpi, value(kpi, 0.3, n=20), past).why == "Near its usual 50%; no more than chance explains."
    found = judge(kpi, value(kpi, 0.3, n=100), past)
    assert (found.flag, found.why) == ("act", "40% below its last four quarters (50%).")


def test_money_is_flagged_only_outside_the_range_of_its_own_quarters(definitions: Definitions) -> None:
    """The mean is 100: 75 is a quarter below it, but one quarter was as low as 70. 200 deals: chance is 1.96 x 1.2 /
    sqrt(200) = 17 %; of 50 deals it is 33 %."""
    kpi = definitions.kpis["open_pipeline"]
    assert judge(kpi, value(kpi, 75.0, n=50), Basis(quarters=quarters(kpi, 90, 100, 100, 110))).flag == "none"
    assert judge(kpi, value(kpi, 75.0, n=200), Basis(quarters=quarters(kpi, 70, 110, 110, 110))).flag == "none"
    assert judge(kpi, value(kpi, 75.0, n=200), Basis(quarters=quarters(kpi, 90, 100, 100, 110))).flag == "watch"
    assert judge(kpi, value(kpi, 60.0, n=200), Basis(quarters=quarters(kpi, 90, 100, 100, 110))).flag == "act"


def test_a_figure_that_went_through_zero_is_not_so_many_per_cent_off(definitions: Definitions) -> None:
    """From 300 to -250 is no fall by 183 %."""
    kpi = definitions.kpis["average_won_deal"]
    assert judge(kpi, value(kpi, -250.0), Basis(quarters=quarters(kpi, 280.0, 300.0, 320.0, 300.0))).flag == "none"
    assert judge(kpi, value(kpi, -900.0), Basis(quarters=quarters(kpi, -280.0, -300.0, -320.0, -300.0))).flag == "none"


def test_more_is_worse_where_lower_is_better(definitions: Definitions) -> None:
    kpi = definitions.kpis["pushed_deals"]
    past = Basis(quarters=quarters(kpi, 20, 20, 20))
    assert judge(kpi, value(kpi, 31.0), past).flag == "act"
    assert judge(kpi, value(kpi, 10.0), past).flag == "none"


def test_an_agreement_is_absolute(definitions: Definitions) -> None:
    kpi = definitions.kpis["lead_sla"]
    found = judge(kpi, value(kpi, 0.65), Basis())
    assert (found.flag, found.why) == ("act", "65%, agreed is at least 85%.")
    assert judge(kpi, value(kpi, 0.9), Basis()).why == "As agreed: at least 85%."


def test_without_enough_history_nothing_is_flagged(definitions: Definitions) -> None:
    kpi = definitions.kpis["open_pipeline"]
    found = judge(kpi, value(kpi, 10.0), Basis(quarters=quarters(kpi, 100)))
    assert (found.flag, found.why) == ("none", "Too little history of its own to compare with.")
    found = judge(kpi, value(kpi, 10.0), Basis(quarters=quarters(kpi, 100, 100)))
    assert found.flag == "none"
    assert found.why == "90% below the few quarters the store knows: too little history to judge."


def test_no_value_gives_its_reason(definitions: Definitions) -> None:
    kpi = definitions.kpis["attainment"]
    found = judge(kpi, value(kpi, None, reasons=("NO_TARGET",)), Basis())
    assert (found.flag, found.why) == ("none", "There is no target for this region and period.")


def test_the_usual_rate_is_all_over_all_and_never_an_average_of_rates(definitions: Definitions) -> None:
    """1 of 1 and 10 of 99: 11 of 100, not the average of 100 % and 10 %."""
    kpi = definitions.kpis["win_rate"]
    past = (
        value(kpi, 1.0, n=1, numerator=Decimal(1), denominator=Decimal(1)),
        value(kpi, 10 / 99, n=99, numerator=Decimal(10), denominator=Decimal(99)),
    )
    usual, band = usual_of(past)
    assert usual == pytest.approx(0.11)
    assert band == pytest.approx((10 / 99, 1.0))
