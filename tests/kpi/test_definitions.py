"""The definitions file: the shipped one is whole, and a faulty one says everything that is wrong, with its lines."""

from datetime import date
from pathlib import Path

import pytest

from kpi.definition import MEASURES
from kpi.definitions import Definitions, DefinitionsError
from kpi.relations import relations
from organisation.flag_levels import Level

SHIPPED = Path(__file__).resolve().parents[2] / "kpi_definitions.yaml"
OVERVIEW = (
    "won_value attainment pace average_won_deal open_pipeline closing_in_period coverage pipeline_created pushed_deals "
    "slippage pipe_yield coverage_required coverage_gap win_rate win_rate_by_value sales_cycle lead_sla "
    "lead_qualified_30d data_completeness freshness"
).split()
FIGURES = [kpi.name for kpi in Definitions.read(SHIPPED).figures]
HEAD = "group: {currency: EUR}\ndefaults: {owner: Sales}\nkpis:\n"
RATE = """\
  {name}:
    label: Rate
    heading: Process
    question: How many?
    formula: {formula}
    from: opportunity
    counted_on: closed_on
    unit: percent
    not: More.
"""


def read(tmp_path: Path, text: str) -> Definitions:
    file = tmp_path / "kpi_definitions.yaml"
    file.write_text(HEAD + text, encoding="utf-8")
    return Definitions.read(file)


def rate(name: str = "rate", formula: str = "count(*) / count(*)") -> str:
    return RATE.format(name=name, formula=formula)


@pytest.fixture(scope="module")
def shipped() -> Definitions:
    return Definitions.read(SHIPPED)


def test_the_overview_shows_the_same_kpis_whatever_else_is_defined(shipped: Definitions) -> None:
    assert [kpi.name for kpi in shipped.overview] == OVERVIEW


def test_every_kpi_is_a_figure_or_a_part_of_others(shipped: Definitions) -> None:
    assert {kpi.name for kpi in (*shipped.figures, *shipped.parts)} == set(shipped.kpis)
    assert not {kpi.name for kpi in shipped.figures} & {kpi.name for kpi in shipped.parts}
    assert {"landing", "commit", "stage_age", "lead_leak", "renewal_rate"} <= {kpi.name for kpi in shipped.figures}
    assert {"target", "expected_won", "late_share", "open_commit"} <= {kpi.name for kpi in shipped.parts}


def test_figures_stand_heading_by_heading_wherever_they_stand_in_the_file(tmp_path: Path) -> None:
    text = rate("data").replace("Process", "Data") + rate("won").replace("Process", "Result") + rate()
    assert [kpi.name for kpi in read(tmp_path, text).figures] == ["won", "rate", "data"]


def test_a_kpi_stands_on_the_pages_unless_it_says_more_or_less(tmp_path: Path) -> None:
    text = rate("first") + "    shown: overview\n" + rate("plain") + rate("part") + "    shown: nowhere\n"
    found = read(tmp_path, text)
    assert [kpi.name for kpi in found.overview] == ["first"]
    assert [kpi.name for kpi in found.figures] == ["first", "plain"]
    assert [kpi.name for kpi in found.parts] == ["part"]


def test_a_kpi_cannot_be_shown_in_a_place_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(DefinitionsError, match=r'kpi_definitions\.yaml:13: "page" is no shown\. Did you mean "pages"'):
        read(tmp_path, rate() + "    shown: page\n")


@pytest.mark.parametrize("name", FIGURES)
def test_every_kpi_is_fully_specified(shipped: Definitions, name: str) -> None:
    kpi = shipped.kpis[name]
    assert kpi.label
    assert kpi.question.endswith("?")
    assert kpi.owner
    assert kpi.is_not
    assert kpi.agreed
    assert kpi.measure in range(1, 8)


@pytest.mark.parametrize("name", OVERVIEW)
def test_every_kpi_of_the_overview_can_be_flagged(shipped: Definitions, name: str) -> None:
    assert shipped.kpis[name].flag.watch is not None
    assert shipped.kpis[name].flag.act is not None


SERVED = {
    1: "lead_sla lead_qualified_30d lead_response_median lead_response_p90 lead_leak leads_received leads_pace "
    "leads_handed_over handover_pace lead_acceptance qualification_precision leads_rejected",
    2: "parallel_work parallel_value credited_value",
    3: "plan_coverage plan_attainment white_space",
    4: "data_completeness adoption ramp",
    5: "stage_age hygiene_deals hygiene_value",
    6: "freshness",
}


def test_every_figure_names_the_measure_that_it_serves(shipped: Definitions) -> None:
    for measure, names in SERVED.items():
        assert {kpi.name for kpi in shipped.figures if kpi.measure == measure} == set(names.split())
    named = {name for names in SERVED.values() for name in names.split()}
    assert {kpi.measure for kpi in shipped.figures if kpi.name not in named} == {7}
    assert set(MEASURES) == {*SERVED, 7}


def test_what_is_enough_of_a_figure_is_a_kpi(tmp_path: Path, shipped: Definitions) -> None:
    assert shipped.kpis["coverage"].compare_with == "coverage_required"
    with pytest.raises(DefinitionsError, match=r'rate: compare_with: "ratee" is no KPI. .*Did you mean "rate"'):
        read(tmp_path, rate() + "    compare_with: ratee\n")


def test_needs_follow_from_the_formula_and_exist_in_the_schema(shipped: Definitions) -> None:
    needs = dict.fromkeys(pair for kpi in shipped.kpis.values() for pair in kpi.needs)
    assert all(column in relations()[table].columns for table, column in needs)
    assert ("opportunity", "reached_develop") in shipped.kpis["win_rate"].needs
    assert ("target", "value") in shipped.kpis["pace"].needs


def test_flags_are_read_as_levels(shipped: Definitions) -> None:
    assert shipped.kpis["win_rate"].flag.watch == Level(
        0.15, "below", "own last 4 quarters", "15% below own last 4 quarters"
    )
    assert shipped.kpis["lead_sla"].flag.act == Level(0.7, "below", "agreement", "below 70%")


def test_all_problems_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    text = rate(formula="sum(amuont)") + "    beter: higher\n" + rate("other", "count(*) over ()")
    with pytest.raises(DefinitionsError) as told:
        read(tmp_path, text + "    flag: {watch: a lot}\n")
    messages = [str(problem) for problem in told.value.problems]
    assert len(messages) == 4
    assert "kpi_definitions.yaml:8: rate: formula: there is no column of opportunity" in messages[0]
    assert 'Did you mean "amount"?' in messages[0]
    assert 'kpi_definitions.yaml:13: unknown key "beter". Did you mean "better"?' in messages[1]
    assert "Window" in messages[2]
    assert "Expected 15% below own last 4 quarters" in messages[3]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("from: opportunity", "from: oportunity"), 'Did you mean "opportunity"'),
        (("counted_on: closed_on", "counted_on: close_on"), 'Did you mean "closed_on"'),
        (("    counted_on: closed_on\n", ""), "exactly one of counted_on and as_of"),
        (("unit: percent", "unit: precent"), 'Did you mean "percent"'),
        (("    not: More.\n", ""), '"not" is missing'),
        (("formula: count(*) / count(*)", "combine: rat / 2"), 'Did you mean "rate"'),
        (("formula: count(*) / count(*)", "combine: rate / 2"), "comes back to itself"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    with pytest.raises(DefinitionsError, match=message):
        read(tmp_path, rate().replace(*change))


def test_earlier_versions_hold_before_the_newest(tmp_path: Path) -> None:
    text = rate() + "    valid_from: 2026-01-01\n    versions:\n      - {valid_from: 2024-01-01, formula: count(*)}\n"
    kpi = read(tmp_path, text).kpis["rate"]
    assert kpi.on(date(2026, 3, 1)).formula == "count(*) / count(*)"
    assert kpi.on(date(2025, 3, 1)).formula == "count(*)"


def test_the_hash_changes_with_the_file(tmp_path: Path) -> None:
    assert read(tmp_path, rate()).hash != read(tmp_path, rate(formula="count(*)")).hash


def test_what_is_held_against_time_ends_with_the_exports(shipped: Definitions) -> None:
    """Pace rests on a plan by working days, growth on a year before, an answer on its time; what was won on none."""
    ends = {kpi.name for kpi in shipped.figures if shipped.ends_with_exports(kpi.name)}
    assert {"pace", "leads_pace", "handover_pace", "growth", "lead_sla", "lead_qualified_30d"} <= ends
    assert not ends & {"won_value", "attainment", "win_rate", "open_pipeline", "plan_coverage"}
