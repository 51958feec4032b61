"""The gate: what does not look like the exports before it waits for a person, and nothing is wiped."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from etl.gate import Shape, why_held
from organisation import Gate
from tests.etl.shop import HEADER, SOURCE, Shop
from tests.faults.company import tries

USUAL = Gate()
FIRST = datetime(2026, 1, 5, 6, 30, tzinfo=UTC)


def weeks(*rows: int, full: bool = True, medians: dict[str, tuple[int, float]] | None = None) -> list[Shape]:
    return [Shape(FIRST + timedelta(weeks=week), full, count, medians or {}) for week, count in enumerate(rows)]


def newest(rows: int, *, full: bool = True, medians: dict[str, tuple[int, float]] | None = None) -> Shape:
    return Shape(FIRST + timedelta(weeks=99), full, rows, medians or {})


def reason(shape: Shape, earlier: Sequence[Shape], gate: Gate = USUAL) -> str | None:
    held = why_held(shape, earlier, gate)
    return held.reason if held else None


@settings(max_examples=tries(200, 2000))
@given(st.lists(st.integers(0, 10**6), max_size=20), st.integers(0, 10**6))
def test_a_full_export_of_no_rows_or_under_half_the_usual_is_always_held(before: list[int], rows: int) -> None:
    short = rows == 0 or (bool(before) and rows * 2 < median(before[-8:]))
    if short:
        assert reason(newest(rows), weeks(*before)) == "VOLUME"
    elif not before or rows <= median(before[-8:]) * 3:
        assert reason(newest(rows), weeks(*before)) is None


@settings(max_examples=tries(1, 20), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(counts=[8, 0, 3, 4, 12])  # loaded, empty, under half, half, and as many again
@given(counts=st.lists(st.integers(0, 12), min_size=3, max_size=5))
def test_whatever_arrives_no_export_wipes_more_than_half(
    tmp_path_factory: pytest.TempPathFactory, counts: list[int]
) -> None:
    shop = Shop.open(tmp_path_factory.mktemp("gate"))
    loaded: list[int] = []
    for week, rows in enumerate(counts):
        shop.drop_deals(f"2026-10-{week + 1:02}", *range(100 + week, 100 + week + rows))
        (result,) = shop.load()
        may = rows > 0 and (not loaded or rows * 2 >= median(loaded[-8:]))
        assert (result.status, result.reason) == (("loaded", None) if may else ("held", "VOLUME"))
        loaded += [rows] if may else []
        assert len(shop.present()) == (loaded[-1] if loaded else 0)


def test_rows_are_compared_with_the_last_eight_full_loads_only() -> None:
    long_ago = weeks(*[1000] * 5, *[100] * 8)
    assert reason(newest(60), long_ago) is None
    assert reason(newest(49), long_ago) == "VOLUME"
    with_deltas = sorted([*weeks(*[100] * 4), *weeks(*[2] * 8, full=False)], key=lambda shape: shape.moment)
    assert reason(newest(40), with_deltas) == "VOLUME"
    assert reason(newest(90), with_deltas) is None


def test_an_export_of_many_times_the_rows_is_held_and_a_small_table_may_grow() -> None:
    assert reason(newest(301), weeks(*[100] * 8)) == "VOLUME"
    assert reason(newest(300), weeks(*[100] * 8)) is None
    assert reason(newest(50), weeks(1)) is None
    assert reason(newest(52), weeks(1)) == "VOLUME"


def test_a_delta_is_never_too_short() -> None:
    assert reason(newest(0, full=False), weeks(*[100] * 8, full=False)) is None


@pytest.mark.parametrize(
    ("value", "held"), [(1_000.0, False), (19_900.0, False), (20_000.0, True), (50.1, False), (50.0, True)]
)
@pytest.mark.parametrize("full", [True, False])
def test_amounts_of_another_scale_are_held(value: float, held: bool, full: bool) -> None:
    earlier = weeks(*[100] * 8, full=full, medians={"EUR": (100, 1_000.0)})
    found = reason(newest(100, full=full, medians={"EUR": (100, value)}), earlier)
    assert found == ("AMOUNT_SCALE" if held else None)


def test_another_mix_of_currencies_is_no_other_scale() -> None:
    earlier = weeks(*[100] * 8, medians={"EUR": (90, 1_000.0), "JPY": (10, 160_000.0)})
    assert reason(newest(100, medians={"EUR": (10, 1_100.0), "JPY": (90, 150_000.0)}), earlier) is None
    assert reason(newest(100, medians={"SEK": (90, 9_000_000.0)}), earlier) is None, "a currency never seen before"


def test_a_handful_of_amounts_says_nothing_about_the_scale() -> None:
    earlier = weeks(*[100] * 8, medians={"EUR": (100, 1_000.0)})
    assert reason(newest(4, full=False, medians={"EUR": (4, 90_000.0)}), earlier) is None


def test_a_profile_moves_the_thresholds_or_switches_them_off() -> None:
    assert reason(newest(40), weeks(*[100] * 8), Gate(rows_at_least=0.3)) is None
    assert reason(newest(900), weeks(*[100] * 8), Gate(rows_at_most=None)) is None
    earlier = weeks(*[100] * 8, medians={"EUR": (100, 1.0)})
    assert reason(newest(100, medians={"EUR": (100, 99.0)}), earlier, Gate(amount_factor=100)) is None
    assert reason(newest(0), weeks(*[100] * 8), Gate(rows_at_least=None)) == "VOLUME", "nothing at all is always held"


def test_the_message_says_what_was_found_what_was_expected_and_what_to_do() -> None:
    held = why_held(newest(40), weeks(*[100] * 8), USUAL)
    assert held is not None
    assert held.message == (
        "The export holds 40 rows where the last 8 held 100 at the median. At least 50 were expected. Nothing was "
        "changed. Release it if that is true; refuse it and ask for a new export if it is not."
    )


def test_an_export_in_thousands_is_held_from_file_to_ledger(tmp_path: Path) -> None:
    shop = Shop.open(tmp_path)
    shop.drop_deals("2026-11-03", *[1000, 2000, 3000, 4000, 5000, 0])
    shop.drop_deals("2026-11-10", *[1100, 2000, 3000, 4000, 5000, 0])
    shop.load()
    shop.drop_deals("2026-11-17", *[1, 2, 3, 4, 5, 0])
    (held,) = shop.load()
    assert (held.status, held.reason) == ("held", "AMOUNT_SCALE")
    assert "The median of its 5 amounts in EUR is 3, 1,000 times smaller than the 3,000 of the last 2" in str(
        held.message
    )
    assert shop.present()[0] == ("d1", 1100, False)


def test_thresholds_are_read_from_the_profile_and_make_no_other_file(tmp_path: Path) -> None:
    shop = Shop.open(tmp_path)
    before = shop.organisation.sources["shop"].profile_hash("opportunities")
    profile = shop.workspace.sources_dir / "shop.yaml"
    profile.write_text(SOURCE + "gate: {rows_at_least: 0.1, rows_at_most: off}\n", encoding="utf-8")
    source = shop.organisation.sources["shop"]
    assert source.gate == Gate(rows_at_least=0.1, rows_at_most=None)
    assert source.profile_hash("opportunities") == before
    shop.drop_deals("2026-11-03", *range(1, 11))
    shop.load()
    shop.drop("opportunities_2026-11-10.csv", HEADER + "\nd1,Deal,Open,1,2026-12-01,2026-01-05\n")
    assert [each.status for each in shop.load()] == ["loaded"]
