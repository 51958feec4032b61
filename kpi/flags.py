"""When a figure deserves a look: against plan, against its own past where chance is ruled out, or a promise."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

from kpi.card import Mark
from kpi.definition import Kpi
from kpi.reason_codes import why_none
from kpi.value import REBUILT, Value
from kpi.words import counted, percent, value_words
from organisation.flag_levels import Level
from organisation.thresholds import DEFAULT_RULES, Rules

Z = 1.96  # an interval that holds the true rate 19 times of 20
QUARTERS_NEEDED = 2  # to say what is usual
REBUILT_QUARTERS = "Quarters before the first export are rebuilt from stage history, which is no measure."
NOUNS = {"opportunity": "deal", "cell_fill": "deal", "lead": "lead", "feed": "feed", "target": "month"}


@dataclass(frozen=True)
class Basis:
    """What a value is judged by; quarters are the KPI's own values in past quarters at the same point.

    expected: what was to be expected by now; 1 for a figure that is itself a share of the expected. A quarter counts
    where exports showed it: stage history knows neither the deals that were deleted since nor all of their fields.
    """

    expected: float | None = None
    quarters: tuple[Value, ...] = ()

    @property
    def known(self) -> tuple[Value, ...]:
        """The quarters that have a value which exports showed."""
        return tuple(one for one in self.quarters if one.is_measure)

    @property
    def has_rebuilt(self) -> bool:
        """Whether a quarter is left out because it is rebuilt."""
        return any(REBUILT in one.reasons for one in self.quarters)


@dataclass(frozen=True)
class Judgement:
    """A flag, the sentence that explains it or its absence, and the usual value with the range it moves in."""

    flag: Mark
    why: str
    usual: float | None = None
    band: tuple[float, float] | None = None


def judge(kpi: Kpi, value: Value, basis: Basis, rules: Rules = DEFAULT_RULES) -> Judgement:
    """Give the judgement on a value; too few cases, no value and no comparability are never flagged.

    kpi and rules: with the levels and thresholds that hold where the value is from.
    """
    usual, band = usual_of(basis.known)
    if value.value is None:
        return Judgement("none", why_none(value.reasons), usual, band)
    number = float(value.value)
    if value.n < kpi.needs_at_least and kpi.needs_at_least > 1:
        return Judgement("none", f"{_cases(kpi, value.n)}: too few to judge.", usual, band)
    for mark, level in (("act", kpi.flag.act), ("watch", kpi.flag.watch)):
        if level is not None and _is_beyond(level, (kpi, value, rules), basis, usual):
            flag: Mark = "act" if mark == "act" else "watch"
            return Judgement(flag, _why(level, (kpi, value), basis, usual), usual, band)
    why = _calm((kpi, value, rules), basis, (number, usual, band))
    return Judgement("none", why, usual, band)


def usual_of(quarters: Sequence[Value]) -> tuple[float | None, tuple[float, float] | None]:
    """Give what is usual and the range of the quarters: a ratio is all over all, anything else the mean.

    Both are None where fewer than two quarters have a value.
    """
    known = [value for value in quarters if value.value is not None]
    if len(known) < QUARTERS_NEEDED:
        return None, None
    numbers = [float(value.value) for value in known if value.value is not None]
    above = [value.numerator for value in known if value.numerator is not None]
    below = [value.denominator for value in known if value.denominator is not None]
    pooled = sum(below, Decimal(0))
    is_ratio = len(above) == len(below) == len(known) and pooled != 0
    usual = float(sum(above, Decimal(0))) / float(pooled) if is_ratio else sum(numbers) / len(numbers)
    return usual, (min(numbers), max(numbers))


def wilson(share: float, n: int, z: float = Z) -> tuple[float, float]:
    """Give the Wilson score interval of a share seen in n cases (Wilson 1927); (0, 1) where n is 0."""
    if n <= 0:
        return 0.0, 1.0
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return centre - half, centre + half


def _is_beyond(level: Level, asked: tuple[Kpi, Value, Rules], basis: Basis, usual: float | None) -> bool:
    value = asked[1]
    number = float(value.value or 0)
    if level.against == "agreement":
        return number < level.by if level.direction == "below" else number > level.by
    base = usual if level.against == "own last 4 quarters" else basis.expected
    if not base or base < 0 or number < 0:  # a share of something below zero, or across it, says nothing
        return False
    change = number / base - 1
    beyond = {"below": change < -level.by, "above": change > level.by, "off": abs(change) > level.by}[level.direction]
    return beyond and (level.against != "own last 4 quarters" or _excludes(asked, basis, base))


def _excludes(asked: tuple[Kpi, Value, Rules], basis: Basis, usual: float) -> bool:
    """Whether chance is an unlikely reason.

    A rate: its Wilson interval excludes the usual. Anything else: it lies outside of all past quarters, and further
    from the usual than n cases with the spread of their unit would put it (past_sigmas 1.96: 19 times of 20).
    """
    kpi, value, rules = asked
    number = float(value.value or 0)
    known = [float(quarter.value or 0) for quarter in basis.known]
    if len(known) < rules.past_needs:
        return False
    if kpi.unit == "percent" and 0 <= number <= 1:
        low, high = wilson(number, value.n, rules.past_sigmas)
        return not low <= usual <= high
    spread = {
        "days": rules.spread_days,
        "money": rules.spread_money,
        "count": rules.spread_count,
        "ratio": rules.spread_ratio,
    }.get(kpi.unit, 1.0)
    chance = rules.past_sigmas * spread / sqrt(max(value.n, 1))
    return not min(known) <= number <= max(known) and abs(number / usual - 1) > chance


def _why(level: Level, asked: tuple[Kpi, Value], basis: Basis, usual: float | None) -> str:
    kpi, value = asked
    number = float(value.value or 0)
    if level.against == "agreement" and basis.expected:
        return _on_pace(number / basis.expected - 1)
    if level.against == "agreement":
        promise = kpi.flag.watch or level  # beyond act it is further off the same promise
        agreed = value_words(promise.by, kpi.unit, value.currency)
        return f"{value_words(number, kpi.unit, value.currency)}, agreed is {_at(promise)} {agreed}."
    base = usual if level.against == "own last 4 quarters" else basis.expected
    change = number / (base or 1) - 1
    if level.against != "own last 4 quarters":
        return _on_pace(change)
    shown = value_words(base or 0, kpi.unit, value.currency)
    return f"{_away(change)} its last four quarters ({shown})."


def _calm(
    asked: tuple[Kpi, Value, Rules], basis: Basis, known: tuple[float, float | None, tuple[float, float] | None]
) -> str:
    (kpi, value, rules), (number, usual, band) = asked, known
    level = kpi.flag.watch or kpi.flag.act
    if level is None:
        return ""
    if level.against == "agreement":
        if basis.expected:
            return _on_pace(number / basis.expected - 1)
        return f"As agreed: {_at(level)} {value_words(level.by, kpi.unit, value.currency)}."
    if level.against in ("pace", "plan"):
        return _on_pace(number / basis.expected - 1) if basis.expected else "There is no plan to compare with."
    rebuilt = f" {REBUILT_QUARTERS}" if basis.has_rebuilt else ""
    if usual is None or band is None:
        return f"Too little history of its own to compare with.{rebuilt}"
    if len(basis.known) < rules.past_needs:
        away = _away(number / usual - 1)
        return f"{away} the few quarters the store knows: too little history to judge.{rebuilt}"
    low, high = (value_words(edge, kpi.unit, value.currency) for edge in band)
    if band[0] <= number <= band[1]:
        return f"Within its usual range, {low} to {high}."
    return f"Near its usual {value_words(usual, kpi.unit, value.currency)}; no more than chance explains."


def _away(distance: float) -> str:
    return f"{percent(abs(distance))} {'below' if distance < 0 else 'above'}"


def _on_pace(distance: float) -> str:
    if abs(distance) < 0.005:
        return "On pace."
    return f"{percent(abs(distance))} {'behind' if distance < 0 else 'ahead of'} pace."


def _at(level: Level) -> str:
    return "at least" if level.direction == "below" else "at most"


def _cases(kpi: Kpi, n: int) -> str:
    tables = [table for table, _ in kpi.needs]
    return counted(n, NOUNS.get(tables[0], "case") if tables else "case")
