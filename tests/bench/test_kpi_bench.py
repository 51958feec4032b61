"""The KPI benchmark measures the same figures on both sides, and says so where it does not."""

import pytest

from bench import kpi
from bench.kpi import NumbersDiffer, measure_kpis


def test_generated_and_written_sql_give_the_same_figures_before_they_are_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kpi, "QUICK_RUNS", 2)
    figures = measure_kpis(rows=3000, repeat=1)
    assert [figure.name for figure in figures[-8:]] == [
        "SQL by hand, fused",
        "generated, fused",
        "generated, one by one",
        "SQL by hand",
        "generated",
        "from the rows",
        "from roll-ups",
        "making the roll-ups, once a snapshot",
    ]
    assert all(figure.cpu_seconds > 0 for figure in figures)
    assert [figure.name for figure in figures if figure.p95 is not None] == ["from roll-ups"]


@pytest.mark.parametrize("name", ["BY_HAND", "BY_HAND_OF_ONE"])
def test_figures_that_differ_are_not_timed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    mistaken = getattr(kpi, name).replace("FILTER (WHERE outcome = 'won') /", "FILTER (WHERE true) /")
    monkeypatch.setattr(kpi, name, mistaken)
    with pytest.raises(NumbersDiffer, match=r"win_rate of \w+, 2026-"):
        measure_kpis(rows=3000, repeat=1)


class Mistaken:
    """A peer that finds nothing."""

    def __init__(self, *_: object) -> None:
        self.queries = 1

    def run(self) -> dict[tuple[str, str], dict[str, object]]:
        return {}


def test_a_peer_whose_figures_differ_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kpi, "Boring", Mistaken)
    with pytest.raises(NumbersDiffer, match="boring-semantic-layer None"):
        measure_kpis(rows=3000, repeat=1)
