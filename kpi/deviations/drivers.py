"""Where a figure's distance from what was expected comes from: exact parts by several dimensions, never by person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from kpi.asking import Asking
from kpi.change.decomposition import Ratio, ratio_parts
from kpi.change.parts import CENT, Part, rounded
from kpi.errors import KpiError
from kpi.evaluate import evaluate_together
from kpi.period import last_periods
from kpi.sellers import FEWEST
from kpi.slice import Slice
from kpi.value import NO_DIMENSION, Value

BY = ("segment", "team", "lead_source", "product")
SMALL_TEAMS = "smaller teams"
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
    """The parts of one distance by dimension; those of each add up to it. unit: money, or percent for points.

    The dimension of which one part explains the most, and the others cancel out the least, comes first; in each the
    part that explains the most.
    """

    unit: str
    total: Decimal
    by: Mapping[str, tuple[Driver, ...]]


def drivers(asking: Asking, name: str, region: str) -> Drivers | None:
    """Give the parts of a region's figure less what was expected of it; None where it has no such parts.

    A figure that is judged by the pace: won value less expected to date, in group money at budget rates, so that no
    exchange rate is a part. A rate: against its own last four periods at the same point, each part by its own rate and
    its weight together.
    """
    kpi = asking.definitions.kpis.get(name)
    if kpi is None or region not in asking.regions:
        return None
    one = replace(asking, asked=replace(asking.in_group_money(), regions=(region,)))
    levels = [level.against for level in (kpi.flag.watch, kpi.flag.act) if level is not None]
    if EXPECTED in kpi.parts or "pace" in levels:
        return _of_money(one, region)
    return _of_rate(one, name, region) if kpi.unit == "percent" and kpi.formula else None


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
    found: dict[str, tuple[Driver, ...]] = {}
    for dimension in BY:
        split = replace(asking.asked, by=("region", dimension))
        values = [asking.values(asked, [WON]) for asked in (split, replace(split, period=year))]
        names = _Names.of(asking, region, dimension, values)
        now, usual = (names.added(each) for each in values)
        gaps = gap_parts(
            _exact(expected), {name: one[0] for name, one in now.items()}, {k: v[0] for k, v in usual.items()}
        )
        found[dimension] = tuple(Driver(name, now.get(name, (0, 0))[1], gap) for name, gap in gaps.items())
    return _ranked("money", _decimal(round(Fraction(_exact(won) - _exact(expected)) / CENT) * CENT, 2), found)


def _of_rate(asking: Asking, name: str, region: str) -> Drivers | None:
    found: dict[str, tuple[Driver, ...]] = {}
    total = Decimal(0)
    for dimension in BY:
        questions = [replace(asked, by=("region", dimension)) for asked in (asking.asked, *asking.past())]
        now, *past = values = _together(asking, name, questions)
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
        total = sum((one.adds for one in found[dimension]), Decimal(0))
    return _ranked("percent", total, found)


def _together(asking: Asking, name: str, questions: list[Slice]) -> list[list[Value]]:
    return evaluate_together(asking.engine, asking.organisation, asking.definitions, questions, asking.scope, [name])


def _ranked(unit: str, total: Decimal, found: Mapping[str, tuple[Driver, ...]]) -> Drivers | None:
    """Give the dimensions that tell something: at least two parts."""
    towards = -1 if total < 0 else 1
    sorted_ones = {
        dimension: tuple(sorted(parts, key=lambda part: (-part.adds * towards, part.name)))
        for dimension, parts in found.items()
        if len(parts) > 1
    }
    order = sorted(sorted_ones, key=lambda dimension: -_telling(sorted_ones[dimension], towards))
    return Drivers(unit, total, {dimension: sorted_ones[dimension] for dimension in order}) if order else None


def _telling(parts: tuple[Driver, ...], towards: int) -> Fraction:
    """Give the leading part as a share of all movement, that which cancels out included."""
    movement = sum((abs(Fraction(part.adds)) for part in parts), Fraction(0))
    return Fraction(parts[0].adds) * towards / movement if movement else Fraction(0)


@dataclass(frozen=True)
class _Names:
    """The names under which parts are shown: teams of fewer than five people are merged, so that none is a person."""

    region: str
    shown: Mapping[str, str] | None

    @classmethod
    def of(cls, asking: Asking, region: str, dimension: str, values: Iterable[Iterable[Value]]) -> "_Names":
        if dimension != "team":
            return cls(region, None)
        rows = asking.engine.fetch(TEAMS, {"region": region, "as_of": asking.asked.as_of}).rows()
        persons = {team: int(count) for team, count in rows if team}
        found = {value.bucket[-1] for each in values for value in each if value.region == region}
        return cls(region, merged_teams(persons, others=not found <= set(persons)))

    def of_value(self, value: Value) -> str:
        part = value.bucket[-1]
        return part if self.shown is None else self.shown.get(part, SMALL_TEAMS)

    def added(self, values: Iterable[Value]) -> dict[str, tuple[Decimal, int]]:
        """Give the sum and the cases of each part of the region."""
        found: dict[str, tuple[Decimal, int]] = {}
        for value in values:
            if value.region == self.region and value.value is not None:
                name = self.of_value(value)
                amount, n = found.get(name, (Decimal(0), 0))
                found[name] = (amount + _exact(value.value), n + value.n)
        return found

    def ratios(self, values: Iterable[Value]) -> dict[str, Ratio]:
        """Give numerator and denominator of each part of the region, several periods pooled."""
        found: dict[str, Ratio] = {}
        for value in values:
            if value.region == self.region and value.numerator is not None and value.denominator:
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
