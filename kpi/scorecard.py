"""The scorecard: every KPI of every region beside its comparison, with flags, findings and money at stake."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from kpi.asking import Answers, Asking, Remembering
from kpi.card import Cell, ChangeUnit, Compare, Finding, Headline, Scorecard
from kpi.comparability import comparability
from kpi.definition import Kpi
from kpi.definitions import Definitions
from kpi.deviations.facts import Facts
from kpi.deviations.findings import ranked_findings, stakes
from kpi.engines.base import Engine
from kpi.flags import Basis, Judgement, judge
from kpi.ledger import feeds, late_regions
from kpi.reason_codes import sentence, why_no_measure
from kpi.scope import Scope, required
from kpi.series import Series, promised, weekly_series
from kpi.slice import Slice
from kpi.value import GROUP, NO_HISTORY, Value
from kpi.words import value_words
from organisation import Organisation

__all__ = ["Cell", "Finding", "Headline", "Scorecard", "scorecard"]

WEEK = timedelta(days=7)
MONEY = ("won_value", "expected_won", "closing_in_period")
CHANGE_UNITS: Mapping[str, ChangeUnit] = {
    "money": "percent",
    "count": "percent",
    "percent": "points",
    "days": "days",
    "hours": "hours",
    "months": "percent",
    "ratio": "ratio",
}
NO_SERIES = Series((None,) * 13, None)


def scorecard(
    engine: Engine,
    organisation: Organisation,
    definitions: Definitions,
    asked: Slice,
    scope: Scope,
    *,
    compare: Compare = "plan",
) -> Scorecard:
    """Give the scorecard of a question: regions worst by money at stake first, findings ranked by money.

    compare: plan (or own past, where a KPI has no plan), last_year or last_week. Flags never depend on it.
    """
    required(scope)
    once = Remembering(engine)
    asking = Asking(once, organisation, definitions, replace(asked, by=("region",), grain="total"), scope)
    drawn = _Cells(asking, compare)
    cells = drawn.cells()
    budget = replace(asking, asked=asking.in_group_money())
    in_budget = budget.asked == asking.asked
    late = feeds(once, organisation, scope, asked.as_of)
    facts = Facts(
        asking=budget,
        cells=cells,
        money=drawn.now
        if in_budget
        else budget.answers(budget.asked, [name for name in MONEY if name in definitions.kpis]),
        verdicts=comparability(once, organisation, definitions, asked),
        feeds=late,
        usual=drawn.usual,
    )
    findings = ranked_findings(facts)
    cells |= _marked(cells, findings)
    stake_of, changeable = stakes(findings)
    flagged = sum(1 for cell in cells.values() if cell.flag != "none")
    known = sum(1 for cell in cells.values() if cell.value.value is not None)
    return Scorecard(
        period=asked.period,
        as_of=asked.as_of,
        compare=compare,
        currency=organisation.group.currency,
        regions=_worst_first(facts, stake_of),
        kpis=tuple(kpi.name for kpi in definitions.overview),
        cells=cells,
        at_stake=sum(stake_of.values(), Decimal(0)),
        changeable=changeable,
        stake_of=stake_of,
        findings=findings,
        calm=known - flagged,
        missing=tuple(region for region in late_regions(late) if region in asking.regions),
    )


@dataclass
class _Cells:
    """Puts each figure beside its comparison, its flag and its weeks."""

    asking: Asking
    compare: Compare
    usual: dict[tuple[str, str], float] = field(default_factory=dict)

    def cells(self) -> dict[tuple[str, str], Cell]:
        shown = [kpi.name for kpi in self.asking.definitions.overview]
        parts = [name for name in ("target", "expected_won") if name in self.asking.definitions.kpis]
        past = [(asked, self._with_past()) for asked in self.asking.past()]
        with ThreadPoolExecutor(1) as aside:
            series = aside.submit(weekly_series, self.asking, shown)  # the longest question runs beside the others
            self.now, *self.past = self.asking.many_answers([(self.asking.asked, [*shown, *parts]), *past])
            self.then = self._then(shown)
            self.series = series.result()
        return {key: self._cell(value) for key, value in self.now.items() if key[0] in shown}

    def _with_past(self) -> list[str]:
        """The KPIs that are judged by their own past."""
        levels = {
            kpi.name: [level.against for level in (kpi.flag.watch, kpi.flag.act) if level is not None]
            for kpi in self.asking.definitions.overview
        }
        return [name for name, against in levels.items() if "own last 4 quarters" in against]

    def _then(self, shown: list[str]) -> Answers:
        asked = self.asking.asked
        if self.compare == "last_year":
            return self.asking.answers(self.asking.a_year_before(), shown)
        if self.compare == "last_week" and asked.period.to_date - WEEK >= asked.period.start:
            period = replace(asked.period, to_date=asked.period.to_date - WEEK)
            told = self.asking.told()
            own = tuple((name, replace(one, to_date=one.to_date - WEEK)) for name, one in told.items() if name != GROUP)
            # As it is known today: plans and corrections that came since then hold for both sides.
            return self.asking.answers(replace(asked, period=period, own_periods=own), shown)
        return {}

    def _cell(self, value: Value) -> Cell:
        kpi = self.asking.in_force.kpi(value.kpi, value.region)
        key = (value.kpi, value.region)
        quarters = tuple(answers[key] for answers in self.past if key in answers and _is_as_whole(answers[key], value))
        judged = judge(
            kpi, value, Basis(self._expected(kpi, value.region), quarters), self.asking.rules_of(value.region)
        )
        if judged.usual is not None:
            self.usual[key] = judged.usual
        compared = self._compared(kpi, value.region, judged)
        series = self.series.get(key, NO_SERIES)
        change = _change(value, compared)
        return Cell(
            value=value,
            compared_with=compared,
            change=change,
            change_unit=CHANGE_UNITS[value.unit],
            flag=judged.flag,
            favourable=_favourable(kpi, change, judged),
            why=" ".join(filter(None, (self._why(value, judged, compared), self._enough(kpi, value)))),
            series=series.values,
            target=promised(kpi),
            band=series.band,
        )

    def _expected(self, kpi: Kpi, region: str) -> float | None:
        """What was to be expected by now of a figure that is judged against plan or pace."""
        expected, target = self._number("expected_won", region), self._number("target", region)
        if "expected_won" in kpi.parts:
            return 1.0
        if not any(level and level.against in ("pace", "plan") for level in (kpi.flag.watch, kpi.flag.act)):
            return None
        if kpi.unit == "money":
            return expected
        return expected / target if expected and target else None

    def _compared(self, kpi: Kpi, region: str, judged: Judgement) -> float | None:
        if self.compare != "plan":
            value, now = self.then.get((kpi.name, region)), self.now[kpi.name, region]
            if value is None or not value.is_measure or not _is_as_whole(value, now):
                return None
            return float(value.value or 0)
        expected = self._expected(kpi, region)
        if expected is not None:
            return expected
        agreed = promised(kpi)
        return agreed if agreed is not None else judged.usual

    def _why(self, value: Value, judged: Judgement, compared: float | None) -> str:
        if self.compare == "plan" or judged.flag != "none" or value.value is None:
            return judged.why
        if compared is None:
            then = self.then.get((value.kpi, value.region))
            return why_no_measure(then) if then else sentence(NO_HISTORY)
        return "Against the same working days of last year." if self.compare == "last_year" else "Against a week ago."

    def _enough(self, kpi: Kpi, value: Value) -> str:
        """Say how much is enough, where another figure tells: a flag only says what is unlike the past."""
        other = self.now.get((kpi.compare_with or "", value.region))
        if other is None or other.value is None or value.value is None:
            return ""
        label = self.asking.definitions.kpis[other.kpi].label
        return f"{label}: {value_words(float(other.value), other.unit, other.currency)}."

    def _number(self, name: str, region: str) -> float | None:
        value = self.now.get((name, region))
        return None if value is None or value.value is None else float(value.value)


def _marked(cells: Mapping[tuple[str, str], Cell], findings: Sequence[Finding]) -> dict[tuple[str, str], Cell]:
    """Give the cells that only a finding calls to attention, so that the sentence and the matrix agree."""
    marked = {}
    for finding in findings:
        cell = cells.get((finding.kpi, finding.region))
        if finding.level != "note" and cell is not None and cell.flag == "none":
            key = (finding.kpi, finding.region)
            marked[key] = replace(cell, flag=finding.level, favourable=False, why=finding.sentence)
    return marked


def _is_as_whole(then: Value, now: Value) -> bool:
    """Whether an earlier total lacks no region that the present one has: else the two are not the same thing."""
    return set(then.missing_regions) <= set(now.missing_regions)


def _change(value: Value, compared: float | None) -> float | None:
    if value.value is None or compared is None:
        return None
    number = float(value.value)
    if CHANGE_UNITS[value.unit] != "percent":
        return number - compared
    return number / compared - 1 if compared else None


def _favourable(kpi: Kpi, change: float | None, judged: Judgement) -> bool | None:
    if judged.flag != "none":
        return False
    if change is None or kpi.higher_is_better is None or change == 0:
        return None
    return (change > 0) == kpi.higher_is_better


def _worst_first(facts: Facts, stake_of: Mapping[str, Decimal]) -> tuple[str, ...]:
    """The regions by money at stake; those without any by what they lack to pace, in per cent of it."""

    def place(region: str) -> tuple[Decimal, float]:
        pace = facts.cells.get(("pace", region))
        behind = 1 - float(pace.value.value) if pace and pace.value.value is not None else 0.0
        return stake_of.get(region, Decimal(0)), behind

    return tuple(sorted(facts.regions, key=place, reverse=True))
