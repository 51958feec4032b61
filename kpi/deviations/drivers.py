"""Where a figure's distance from what was expected comes from: exact parts by several dimensions, never by person."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from kpi.asking import Asking
from kpi.change.decomposition import Ratio, ratio_parts
from kpi.change.parts import CENT, Part, rounded
from kpi.errors import KpiError
from kpi.evaluate import evaluate_together
from kpi.period import Period, last_periods, last_weeks
from kpi.sellers import FEWEST
from kpi.slice import Slice
from kpi.value import GROUP, NO_DIMENSION, Value

BY = ("segment", "team", "lead_source", "product")
SMALL_TEAMS = "smaller teams"
TWICE = "deals of two regions"  # what counts once in the group and in each of its regions
QUARTER, RATE_WEEKS = 13, 39  # weeks before the tested ones that say what is usual of a part
WON, EXPECTED = "won_value", "expected_won"
MILLIONTH = Fraction(1, 10**6)
TEAMS = """
SELECT coalesce(team, '') AS team, count(DISTINCT person_ref) AS persons FROM person_version
WHERE region = $region AND is_active IS NOT FALSE AND known_from <= $as_of
    AND (known_until IS NULL OR known_until > $as_of)
GROUP BY coalesce(team, '') ORDER BY team
"""


@dataclass(frozen=True)
class Driver:
    """One part of a distance: its name in the data, the cases it has now, and what it adds; money to the cent."""

    name: str
    n: int
    adds: Decimal


@dataclass(frozen=True)
class Drivers:
    """The parts of one distance by dimension; those of each add up to it. unit: money, count, or percent for points.

    The dimension of which one part explains the most, and the others cancel out the least, comes first; in each the
    part that explains the most.
    """

    unit: str
    total: Decimal
    by: Mapping[str, tuple[Driver, ...]]


def drivers(asking: Asking, name: str, region: str) -> Drivers | None:
    """Give the parts of a region's figure less what was expected of it; None where it has no such parts.

    The group's parts are its regions, segments, sources and products, for a reader who may see all of them.

    A figure that is judged by the pace: won value less expected to date, in group money at budget rates, so that no
    exchange rate is a part. A rate: against its own last four periods at the same point, each part by its own rate and
    its weight together.
    """
    kpi = asking.definitions.kpis.get(name)
    if kpi is None or not _may_see(asking, region):
        return None
    one = _of_region(asking, region)
    levels = [level.against for level in (kpi.flag.watch, kpi.flag.act) if level is not None]
    if EXPECTED in kpi.parts or "pace" in levels:
        return _of_money(one, region)
    is_rate = kpi.unit == "percent" and kpi.formula is not None
    return _of_rate(one, name, region, [one.asked, *one.past()]) if is_rate else None


def weekly_drivers(asking: Asking, name: str, region: str, *, weeks: int, expected: float) -> Drivers | None:
    """Give the parts of a week-by-week deviation: its tested weeks less what was expected of them.

    A sum: as many times the expected week; what was to be expected of a part is its share of the quarter before, in
    group money at budget rates. Records that are still to come are in no part. A rate: against the weeks before. None
    where it has no such parts.
    """
    kpi = asking.definitions.kpis.get(name)
    if kpi is None or not kpi.formula or not _may_see(asking, region):
        return None
    one = _of_region(asking, region)
    window, before = window_and_before(
        asking.asked.period.to_date, weeks, RATE_WEEKS if kpi.unit == "percent" else QUARTER
    )
    questions = [replace(one.asked, period=period, own_periods=()) for period in (window, before)]
    if kpi.unit == "percent":
        return _of_rate(one, name, region, questions)
    if kpi.unit not in ("money", "count"):
        return None
    whole = _exact(expected) * weeks
    now = one.answers(questions[0], [name])[name, region].value
    gap = Fraction(_exact(now or 0)) - Fraction(whole)
    total = _decimal(round(gap / CENT) * CENT, 2)
    return _ranked(kpi.unit, total, _split(one, region, (name, whole), (questions[0], questions[1])))


def window_and_before(day: date, weeks: int, before: int) -> tuple[Period, Period]:
    """Give the tested weeks, the newest finished ones on a day, and so many weeks before them, each as one period."""
    finished = last_weeks(day, weeks + before + 1)[:-1]
    past, tested = finished[:before], finished[before:]
    return (
        Period(tested[0].start, tested[-1].end, "tested weeks", GROUP, tested[-1].end),
        Period(past[0].start, past[-1].end, "weeks before", GROUP, past[-1].end),
    )


def _may_see(asking: Asking, region: str) -> bool:
    """Whether the reader may see every row that the figure rests on."""
    every = asking.organisation.regions if region == GROUP else (region,)
    return all(one in asking.regions for one in every)


def _of_region(asking: Asking, region: str) -> Asking:
    return replace(asking, asked=replace(asking.in_group_money(), regions=() if region == GROUP else (region,)))


def _dimensions(region: str) -> tuple[str, ...]:
    """Teams are those of one region; in the group the regions stand in their place."""
    return ("region", *(one for one in BY if one != "team")) if region == GROUP else BY


def gap_parts(expected: Decimal, now: Mapping[str, Decimal], usual: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Give what each part has less than expected (below zero) or more; to the cent, and adding up to the whole.

    What was to be expected of a part is the whole expectation times the part's share of what was usual. Empty where
    nothing was usual.
    """
    total = sum(map(Fraction, usual.values()), Fraction(0))
    if not total:
        return {}
    names = dict.fromkeys((*usual, *now))
    parts = [
        Part(name, "changed", Fraction(now.get(name, 0)) - Fraction(expected) * Fraction(usual.get(name, 0)) / total)
        for name in names
    ]
    return {part.name: _decimal(part.amount, 2) for part in rounded(parts, CENT)}


def _of_money(asking: Asking, region: str) -> Drivers | None:
    whole = asking.answers(asking.asked, [WON, EXPECTED])
    won, expected = (whole[name, region].value for name in (WON, EXPECTED))
    if won is None or expected is None:
        return None
    before = last_periods(asking.asked.period, asking.organisation)
    year = replace(before[-1], start=before[0].start, label="last four periods")
    found = _split(asking, region, (WON, _exact(expected)), (asking.asked, replace(asking.asked, period=year)))
    return _ranked("money", _decimal(round(Fraction(_exact(won) - _exact(expected)) / CENT) * CENT, 2), found)


def _split(
    asking: Asking, region: str, of: tuple[str, Decimal], questions: tuple[Slice, Slice]
) -> dict[str, tuple[Driver, ...]]:
    """Give what each part has less or more than expected, by dimension; questions: now, and what was usual."""
    name, expected = of
    found: dict[str, tuple[Driver, ...]] = {}
    for dimension in _dimensions(region):
        values = [asking.values(_by(asked, dimension), [name]) for asked in questions]
        if any(NO_DIMENSION in value.reasons for value in values[0]):
            continue
        names = _Names.of(asking, region, dimension, values)
        now, usual = (names.added(each) for each in values)
        shares = ({part: one[0] for part, one in each.items()} for each in (now, usual))
        gaps = gap_parts(expected, *shares)
        found[dimension] = tuple(Driver(part, now.get(part, (0, 0))[1], gap) for part, gap in gaps.items())
    return found


def _by(asked: Slice, dimension: str) -> Slice:
    return replace(asked, by=("region",) if dimension == "region" else ("region", dimension))


def _of_rate(asking: Asking, name: str, region: str, periods: Sequence[Slice]) -> Drivers | None:
    """Give the parts of a rate's distance from its own past; periods: now, and those before."""
    found: dict[str, tuple[Driver, ...]] = {}
    total = Decimal(0)
    for dimension in _dimensions(region):
        now, *past = values = _together(asking, name, [_by(asked, dimension) for asked in periods])
        known = [value for values in past for value in values]
        if not now or not known or any(NO_DIMENSION in value.reasons for value in now):
            continue
        names = _Names.of(asking, region, dimension, values)
        before, after = names.ratios(known), names.ratios(now)
        try:
            each = ratio_parts(before, after)
        except KpiError:
            continue
        added: dict[str, Fraction] = {}
        for part in each:
            added[part.name] = added.get(part.name, Fraction(0)) + part.amount
        parts = rounded([Part(part, "changed", amount) for part, amount in added.items()], MILLIONTH)
        found[dimension] = tuple(
            Driver(one.name, int(after.get(one.name, (0, 0))[1]), _decimal(one.amount, 6)) for one in parts
        )
        if dimension != "region":
            total = sum((one.adds for one in found[dimension]), Decimal(0))
    return _ranked("percent", total, found) if found.keys() - {"region"} else None


def _together(asking: Asking, name: str, questions: list[Slice]) -> list[list[Value]]:
    return evaluate_together(asking.engine, asking.organisation, asking.definitions, questions, asking.scope, [name])


def _ranked(unit: str, total: Decimal, found: Mapping[str, tuple[Driver, ...]]) -> Drivers | None:
    """Give the dimensions that tell something: at least two parts."""
    found = {name: _with_twice(parts, total) if name == "region" else parts for name, parts in found.items()}
    towards = -1 if total < 0 else 1
    sorted_ones = {
        dimension: tuple(sorted(parts, key=lambda part: (-part.adds * towards, part.name)))
        for dimension, parts in found.items()
        if len(parts) > 1
    }
    order = sorted(sorted_ones, key=lambda dimension: -_telling(sorted_ones[dimension], towards))
    return Drivers(unit, total, {dimension: sorted_ones[dimension] for dimension in order}) if order else None


def _with_twice(parts: tuple[Driver, ...], total: Decimal) -> tuple[Driver, ...]:
    """Give the regions with what they count twice as a part of its own, so that they add up to the group's total."""
    beyond = total - sum((part.adds for part in parts), Decimal(0))
    return (*parts, Driver(TWICE, 0, beyond)) if beyond and parts else parts


def _telling(parts: tuple[Driver, ...], towards: int) -> Fraction:
    """Give the leading part as a share of all movement, that which cancels out included."""
    movement = sum((abs(Fraction(part.adds)) for part in parts), Fraction(0))
    return Fraction(parts[0].adds) * towards / movement if movement else Fraction(0)


@dataclass(frozen=True)
class _Names:
    """The names under which parts are shown: teams of fewer than five people are merged, so that none is a person."""

    region: str
    shown: Mapping[str, str] | None
    of_regions: bool = False

    @classmethod
    def of(cls, asking: Asking, region: str, dimension: str, values: Iterable[Iterable[Value]]) -> "_Names":
        if dimension != "team":
            return cls(region, None, dimension == "region")
        rows = asking.engine.fetch(TEAMS, {"region": region, "as_of": asking.asked.as_of}).rows()
        persons = {team: int(count) for team, count in rows if team}
        found = {value.bucket[-1] for each in values for value in each if value.region == region}
        return cls(region, merged_teams(persons, others=not found <= set(persons)))

    def holds(self, value: Value) -> bool:
        """Whether a value is one of the parts: a region of the group, or a part of the region."""
        return value.region != GROUP if self.of_regions else value.region == self.region

    def of_value(self, value: Value) -> str:
        """Give the name under which a part is shown."""
        if self.of_regions:
            return value.region
        part = value.bucket[-1]
        return part if self.shown is None else self.shown.get(part, SMALL_TEAMS)

    def added(self, values: Iterable[Value]) -> dict[str, tuple[Decimal, int]]:
        """Give the sum and the cases of each part of the region."""
        found: dict[str, tuple[Decimal, int]] = {}
        for value in values:
            if self.holds(value) and value.value is not None:
                name = self.of_value(value)
                amount, n = found.get(name, (Decimal(0), 0))
                found[name] = (amount + _exact(value.value), n + value.n)
        return found

    def ratios(self, values: Iterable[Value]) -> dict[str, Ratio]:
        """Give numerator and denominator of each part of the region, several periods pooled."""
        found: dict[str, Ratio] = {}
        for value in values:
            if self.holds(value) and value.numerator is not None and value.denominator:
                name = self.of_value(value)
                above, below = found.get(name, (0, 0))
                found[name] = (
                    Fraction(above) + Fraction(value.numerator),
                    Fraction(below) + Fraction(value.denominator),
                )
        return found


def merged_teams(persons: Mapping[str, int], *, others: bool = False) -> dict[str, str]:
    """Give the name under which each team is shown, from how many persons each has.

    Teams of fewer than five are merged, with what belongs to owners in none of the teams (others), who may be few;
    where the merged ones are fewer than five together, the next smallest team joins them.
    """
    by_size = sorted(persons, key=lambda team: (persons[team], team))
    merged = [team for team in by_size if persons[team] < FEWEST]
    rest = [team for team in by_size if team not in merged]
    while (merged or others) and sum(persons[team] for team in merged) < FEWEST and rest:
        merged.append(rest.pop(0))
    return {team: SMALL_TEAMS if team in merged else team for team in persons}


def _exact(number: Decimal | float) -> Decimal:
    return number if isinstance(number, Decimal) else Decimal(str(number))


def _decimal(amount: Fraction, places: int) -> Decimal:
    return Decimal(int(amount * 10**places)).scaleb(-places)
