"""The unlock roadmap: what it promises comes true, and nothing cheaper does."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpi.comparability import Verdict, common, comparability
from kpi.definition import Kpi
from kpi.definitions import Definitions
from kpi.fill import DEAL_COLUMNS, LEAD_COLUMNS, Fill, Fills
from kpi.gap import DERIVED_FROM, WHOLE_TABLE, Gap, effort
from kpi.period import parse_period
from kpi.roadmap import Roadmap, roadmap
from kpi.slice import Slice
from organisation import Amount, Organisation
from tests.kpi.conftest import NOW, MemoryEngine, shipped

FULL = bool(os.environ.get("DENOMINATOR_FULL"))
REGIONS = ("north", "south", "east")
FIELDS = [("opportunity", column) for column in DEAL_COLUMNS] + [("lead", column) for column in LEAD_COLUMNS]
Counted = Mapping[tuple[str, str, str], Fill]


def lead_gap(region: str, column: str, rows: int = 10) -> Gap:
    return Gap(region, "lead", column, "export", rows, 0)


def verdicts(**kpis: Mapping[str, Iterable[Gap]]) -> dict[tuple[str, str], Verdict]:
    """Give the verdicts on KPIs, each with its gaps by region."""
    return {
        (name, region): Verdict("no" if gaps.get(region) else "yes", gaps=frozenset(gaps.get(region, ())))
        for name, gaps in kpis.items()
        for region in REGIONS
    }


def test_the_next_step_is_the_cheapest_set_and_names_all_that_join_by_it() -> None:
    """
    KPI    north          south     east
    won    .              .         .
    sla    .              .         first contact
    p90    .              .         first contact
    conv   qualification  .         qualification       two gaps: later, although it needs fewer rows
    """
    first = lead_gap("east", "first_touch_at", 900)
    qualified = [lead_gap("north", "sql_at", 1), lead_gap("east", "sql_at", 1)]
    found = roadmap(
        verdicts(
            won={}, sla={"east": [first]}, p90={"east": [first]}, conv={"north": qualified[:1], "east": qualified[1:]}
        ),
        ("won", "sla", "p90", "conv"),
        REGIONS,
    )
    assert found.common == ("won",)
    assert [(step.gaps, step.kpis, step.reached) for step in found.steps] == [
        (frozenset({first}), ("sla", "p90"), 3),
        (frozenset(qualified), ("conv",), 4),
    ]
    assert found.shared == {"won": 3, "sla": 2, "p90": 2, "conv": 1}


def test_a_single_field_gains_what_joins_by_it_and_what_its_region_can_answer() -> None:
    """conv needs the same field in two regions: either alone lets its own region answer, and nothing joins."""
    north, east = lead_gap("north", "sql_at"), lead_gap("east", "sql_at")
    found = roadmap(verdicts(conv={"north": [north], "east": [east]}), ("conv",), REGIONS)
    assert {(gain.gap, gain.joins, gain.answers) for gain in found.gains} == {
        (north, (), ("conv",)),
        (east, (), ("conv",)),
    }
    assert [step.gaps for step in found.steps] == [{north, east}]


def test_a_field_that_the_crm_does_not_have_is_in_no_step() -> None:
    never = Gap("east", "lead", "first_touch_at", "cannot", 10, 0)
    found = roadmap(verdicts(won={}, sla={"east": [never], "north": [lead_gap("north", "sql_at")]}), ("sla",), REGIONS)
    assert found.steps == ()
    assert found.beyond == {"sla": {never}}


def test_what_is_worked_out_from_a_field_is_the_same_gap_as_the_field(organisation: Organisation) -> None:
    """The working hours to the first contact follow from the first contact: one field, not two."""
    missing = {("lead", column, "east"): Fill(10, 0) for column in ("first_touch_at", "response_work_hours")}
    found = _verdicts(_measured(missing, {}, set()), organisation, shipped())
    assert found["lead_response_median", "east"].gaps == found["lead_sla", "east"].gaps
    assert {gap.column for gap in found["lead_sla", "east"].gaps} == {"first_touch_at"}


@st.composite
def _definitions(draw: st.DrawFn) -> Definitions:
    """Up to six KPIs, each needing one to four fields."""
    needs = draw(
        st.lists(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=4, unique=True), min_size=1, max_size=6)
    )
    kpis = {f"k{at}": _kpi(f"k{at}", tuple(fields)) for at, fields in enumerate(needs)}
    return Definitions(Path("kpi_definitions.yaml"), "h", kpis)


def _kpi(name: str, needs: tuple[tuple[str, str], ...]) -> Kpi:
    return Kpi(name, name, "Result", "?", "count", "higher", "owner", 1, 1, formula="count(*)", needs=needs)


_filled = st.sampled_from([Fill(0, 0), Fill(20, 20), Fill(20, 20), Fill(20, 15), Fill(20, 9), Fill(30, 0), Fill(7, 0)])
_counted = st.fixed_dictionaries({(*field, region): _filled for field in FIELDS for region in REGIONS})
_unmapped = st.fixed_dictionaries({region: st.sampled_from([0, 0, 1, 9]) for region in REGIONS})
_delivered = st.sets(st.sampled_from([("lead", region) for region in REGIONS]), max_size=2)
_annual = st.none() | st.sampled_from(REGIONS)


def _measured(counted: Counted, unmapped: Mapping[str, int], absent: set[tuple[str, str]]) -> Fills:
    fills = Fills()
    for (table, column, region), fill in counted.items():
        if (table, region) not in absent:
            fills[table, column, region] = fill
    for region, deals in unmapped.items():
        fills["opportunity", "unmapped", region] = Fill(20, deals)
    places = {(table, region) for table in ("opportunity", "lead") for region in REGIONS} - absent
    fills.newest = dict.fromkeys(places, NOW - timedelta(days=1))
    return fills


def _closed(fills: Fills, organisation: Organisation, gaps: Iterable[Gap]) -> tuple[Fills, Organisation]:
    """Close gaps as a region would: fill the field, map the stages, deliver the table complete, change the amount."""
    found, sources = Fills(), dict(organisation.sources)
    found.update(fills)
    found.newest = {**fills.newest}
    for gap in gaps:
        if gap.do == "map":
            found["opportunity", "unmapped", gap.region] = Fill(20, 0)
        elif gap.do == "agree":
            sources[f"{gap.region}_crm"] = replace(sources[f"{gap.region}_crm"], amount=Amount())
        elif gap.column == WHOLE_TABLE:
            found.newest[gap.table, gap.region] = NOW
            for column in LEAD_COLUMNS:
                found[gap.table, column, gap.region] = Fill(5, 5)
        else:
            found[gap.table, gap.column, gap.region] = Fill(gap.rows, gap.rows)
            for derived, origin in DERIVED_FROM.items():
                if origin == (gap.table, gap.column):
                    found[*derived, gap.region] = Fill(gap.rows, gap.rows)
    return found, replace(organisation, sources=sources)


@settings(deadline=None, max_examples=1000 if FULL else 20, suppress_health_check=list(HealthCheck))
@given(_definitions(), _counted, _unmapped, _delivered, _annual)
def test_closing_exactly_the_named_gaps_makes_exactly_the_promised_kpis_common(
    organisation: Organisation,
    definitions: Definitions,
    counted: Counted,
    unmapped: Mapping[str, int],
    absent: set[tuple[str, str]],
    annual: str | None,
) -> None:
    if annual:
        source = organisation.sources[f"{annual}_crm"]
        sources = {**organisation.sources, f"{annual}_crm": replace(source, amount=Amount(means="annual"))}
        organisation = replace(organisation, sources=sources)
    fills = _measured(counted, unmapped, absent)
    found, today = _roadmap(fills, organisation, definitions)
    every = frozenset[Gap]().union(*(verdict.gaps for verdict in today.values()))
    for step in found.steps:
        before = _common(fills, organisation, definitions)
        _nothing_cheaper_brings_one_in(step.gaps, every, (fills, organisation, definitions, before))
        fills, organisation = _closed(fills, organisation, step.gaps)
        every -= step.gaps
        now = _common(fills, organisation, definitions)
        assert set(now) - set(before) == set(step.kpis)
        assert len(now) == step.reached
    assert _common(fills, organisation, definitions) == tuple(definitions.kpis), "in the end all are common"


def _nothing_cheaper_brings_one_in(
    gaps: frozenset[Gap], every: frozenset[Gap], state: tuple[Fills, Organisation, Definitions, tuple[str, ...]]
) -> None:
    """Try every cheaper set where there are few enough of them."""
    fills, organisation, definitions, before = state
    if len(every) > (9 if FULL else 7):
        return
    for size in range(len(gaps) + 1):
        for others in map(frozenset, combinations(sorted(every), size)):
            if effort(others) < effort(gaps):
                assert _common(*_closed(fills, organisation, others), definitions) == before, others


@settings(deadline=None, max_examples=1000 if FULL else 20, suppress_health_check=list(HealthCheck))
@given(_definitions(), _counted, _unmapped, _delivered)
def test_a_single_gap_gains_exactly_what_is_said(
    organisation: Organisation,
    definitions: Definitions,
    counted: Counted,
    unmapped: Mapping[str, int],
    absent: set[tuple[str, str]],
) -> None:
    fills = _measured(counted, unmapped, absent)
    found, today = _roadmap(fills, organisation, definitions)
    for gain in found.gains:
        then = _verdicts(*_closed(fills, organisation, [gain.gap]), definitions)
        assert set(common(then, REGIONS)) - set(common(today, REGIONS)) == set(gain.joins)
        region = gain.gap.region
        answered = [name for name in definitions.kpis if then[name, region].comparable != "no"]
        assert set(gain.answers) == {name for name in answered if today[name, region].comparable == "no"}


def _roadmap(
    fills: Fills, organisation: Organisation, definitions: Definitions
) -> tuple[Roadmap, dict[tuple[str, str], Verdict]]:
    found = _verdicts(fills, organisation, definitions)
    return roadmap(found, tuple(definitions.kpis), REGIONS), found


def _common(fills: Fills, organisation: Organisation, definitions: Definitions) -> tuple[str, ...]:
    return common(_verdicts(fills, organisation, definitions), REGIONS)


def _verdicts(fills: Fills, organisation: Organisation, definitions: Definitions) -> dict[tuple[str, str], Verdict]:
    asked = Slice(parse_period("2026-Q4", organisation, NOW), NOW)
    return comparability(MemoryEngine.__new__(MemoryEngine), organisation, definitions, asked, fills=fills)


def test_a_profile_that_says_the_crm_has_no_such_field_takes_it_off_the_roadmap(organisation: Organisation) -> None:
    source = organisation.sources["east_crm"]
    leads = replace(source.exports["leads"], lacks=("first_touch_at",))
    sources = {**organisation.sources, "east_crm": replace(source, exports={**source.exports, "leads": leads})}
    fills = _measured({("lead", "first_touch_at", "east"): Fill(10, 0)}, {}, set())
    found = _verdicts(fills, replace(organisation, sources=sources), shipped())["lead_sla", "east"]
    assert found.sentences == ("East's CRM has no field for the first contact.",)
    assert {gap.do for gap in found.gaps} == {"cannot"}


@pytest.mark.parametrize(("filled", "do"), [(0, "export"), (2, "fill")])
def test_a_field_that_no_row_has_is_told_apart_from_one_that_people_leave_empty(
    organisation: Organisation, filled: int, do: str
) -> None:
    fills = _measured({("lead", "first_touch_at", "east"): Fill(10, filled)}, {}, set())
    (gap,) = _verdicts(fills, organisation, shipped())["lead_sla", "east"].gaps
    assert (gap.do, gap.rows, gap.filled) == (do, 10, filled)
