"""The KPI benchmark measures the same figures on both sides, and says so where it does not."""

import pytest

from bench import kpi
from bench.kpi import NumbersDiffer, measure_kpis


def test_generated_and_written_sql_give_the_same_figures_before_they_are_timed() -> None:
    figures = measure_kpis(rows=3000, repeat=1)
    assert [figure.name for figure in figures[-6:]] == [
        "SQL by hand, fused",
        "generated, fused",
        "generated, one by one",
        "from the rows",
        "from roll-ups",
        "making the roll-ups, once a snapshot",
    ]
    assert all(figure.cpu_seconds > 0 for figure in figures)


def test_figures_that_differ_are_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        kpi, "BY_HAND", kpi.BY_HAND.replace("FILTER (WHERE outcome = 'won') /", "FILTER (WHERE true) /")
    )
    with pytest.raises(NumbersDiffer, match=r"win_rate of \w+, 2026-"):
        measure_kpis(rows=3000, repeat=1)
