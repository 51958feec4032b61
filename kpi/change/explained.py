"""A KPI's change between two periods, split over the regions: amounts, or rate and mix."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from kpi.change.decomposition import Ratio, ratio_parts, sum_parts
from kpi.change.parts import Part, total
from kpi.definitions import Definitions
from kpi.engines.base import Engine
from kpi.errors import KpiError
from kpi.evaluate import evaluate
from kpi.period import Period
from kpi.same_deals import has_twins
from kpi.scope import Scope
from kpi.slice import Rates, Slice
from kpi.value import GROUP, Value
from organisation import Organisation

FX = "Exchange rates"
TWICE = "Counted twice"
NEXT_TO_NOTHING = Fraction(1, 10**9)  # ratios come as binary fractions


@dataclass(frozen=True)
class Explained:
    """A change: the group's value in both periods and the parts that lead from one to the other."""

    kpi: str
    unit: str
    periods: tuple[str, str]
    before: Fraction
    after: Fraction
    parts: tuple[Part, ...]


def explain_change(
    engine: Engine,
    organisation: Organisation,
    definitions: Definitions,
    name: str,
    *,
    periods: tuple[Period, Period],
    as_of: datetime,
    rates: Rates,
    scope: Scope,
) -> Explained:
    """Give the parts of the change of a KPI of the group, in its own currency.

    Money splits into regions at the later period's rates, and exchange rates on their own. Raises KpiError for a KPI
    that is neither a sum over the regions nor a ratio of sums, and where a period has no value.
    """
    definitions.get(name)

    def values(period: Period, *, later: bool = False) -> dict[str, Value]:
        asked = Slice(period, as_of, rates=rates, rates_on=min(periods[1].to_date, as_of.date()) if later else None)
        return {one.region: one for one in evaluate(engine, organisation, definitions, asked, scope, [name])}

    before, after = values(periods[0]), values(periods[1])
    for found, period in ((before, periods[0]), (after, periods[1])):
        if GROUP not in found or found[GROUP].value is None:
            reasons = ", ".join(found[GROUP].reasons) if GROUP in found else "no region may be seen"
            raise KpiError(f'"{name}" has no value in {period.label}: {reasons}')
    start, end = _number(before[GROUP]), _number(after[GROUP])
    if before[GROUP].denominator is not None:
        is_shared = has_twins(engine, as_of)
        parts = ratio_parts(_ratios(before, twice=is_shared), _ratios(after, twice=is_shared))
    elif before[GROUP].unit == "money":
        fixed = values(periods[0], later=True), values(periods[1], later=True)
        parts = sum_parts(_sums(fixed[0]), _sums(fixed[1])) + _twice(fixed[0][GROUP], fixed[1][GROUP])
        parts.append(Part(FX, "fx", end - start - (_number(fixed[1][GROUP]) - _number(fixed[0][GROUP]))))
    else:
        parts = sum_parts(_sums(before), _sums(after)) + _twice(before[GROUP], after[GROUP])
    if abs(start + total(parts) - end) > NEXT_TO_NOTHING * (1 + abs(start) + abs(end)):
        raise KpiError(f'"{name}" is neither a sum over the regions nor a ratio of sums: its change has no exact parts')
    shown = after[GROUP].currency or after[GROUP].unit
    return Explained(name, shown, (periods[0].label, periods[1].label), start, end, tuple(parts))


def _twice(before: Value, after: Value) -> list[Part]:
    """Give the part of deals that two regions count and the group counts once; none where there are none."""
    start, end = (Fraction(one.counted_twice or 0) for one in (before, after))
    return [Part(TWICE, "twice", start - end)] if start or end else []


def _number(value: Value) -> Fraction:
    if value.denominator and value.numerator is not None:
        return Fraction(value.numerator) / Fraction(value.denominator)
    return Fraction(value.value or 0)


def _sums(values: dict[str, Value]) -> dict[str, Fraction]:
    return {name: _number(one) for name, one in values.items() if name != GROUP and one.value is not None}


def _ratios(values: dict[str, Value], *, twice: bool) -> dict[str, Ratio]:
    """Give both sides of each region's ratio; twice: what two regions count and the group does not is a part too."""
    known = {
        name: (Fraction(one.numerator), Fraction(one.denominator))
        for name, one in values.items()
        if one.numerator is not None and one.denominator is not None
    }
    whole = known.pop(GROUP)
    rest = tuple(side - sum((one[place] for one in known.values()), Fraction(0)) for place, side in enumerate(whole))
    return {**known, TWICE: (rest[0], rest[1])} if twice and any(rest) else {**known}
