"""The facts that findings are made from: the page's figures, the same in group money, and what the data lack."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from kpi.asking import Answers, Asking
from kpi.card import Cell
from kpi.comparability import Verdict
from kpi.deviations.evidence import Moved, in_period_yield, pushed_out
from kpi.ledger import Feed
from kpi.period import last_periods
from kpi.slice import Slice
from kpi.value import GROUP, Value
from kpi.words import money

SEGMENTS = {"enterprise": "enterprise", "mid_market": "mid-market", "small": "small business"}


@dataclass(frozen=True)
class Facts:
    """Everything that findings may look at; asking and money are in the group's currency at budget rates.

    usual: what a figure is in its own past, whatever the page compares it with.
    """

    asking: Asking
    cells: Mapping[tuple[str, str], Cell]
    money: Answers
    verdicts: Mapping[tuple[str, str], Verdict]
    feeds: tuple[Feed, ...]
    usual: Mapping[tuple[str, str], float] = field(default_factory=dict)

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions in view."""
        return self.asking.regions

    @property
    def currency(self) -> str:
        """The group's currency."""
        return self.asking.organisation.group.currency

    def name(self, region: str) -> str:
        """Give a region's name as people say it."""
        return "the group" if region == GROUP else self.asking.organisation.regions[region].name

    def figures(self, kpi: str) -> Answers:
        """Give the page's own values of a KPI that is no money."""
        return {key: cell.value for key, cell in self.cells.items() if key[0] == kpi}

    def amount(self, kpi: str, region: str) -> Decimal | None:
        """Give a money figure in the group's currency at budget rates."""
        value = self.money.get((kpi, region))
        return None if value is None or value.value is None else Decimal(str(value.value))

    def shortfall(self, region: str) -> Decimal:
        """Give what a region has won less than expected to date: max(0, expected - won)."""
        expected, won = self.amount("expected_won", region), self.amount("won_value", region)
        return max(Decimal(0), expected - won) if expected is not None and won is not None else Decimal(0)

    def still_open(self, region: str) -> Decimal:
        """Give the value that is dated in the period and open."""
        return self.amount("closing_in_period", region) or Decimal(0)

    def in_words(self, value: Decimal) -> str:
        """Give money in the group's currency for a sentence."""
        return money(value, self.currency)

    @cached_property
    def moved(self) -> dict[tuple[str, str], Moved]:
        """Deals pushed out of the period, by region and segment."""
        return pushed_out(self.asking)

    @cached_property
    def yields(self) -> dict[str, float]:
        """Which share of what is dated in the period is usually won by its end, by region."""
        return in_period_yield(self.asking)

    @cached_property
    def won_by_segment(self) -> dict[str, dict[str, Decimal]]:
        """Won value of each region by segment."""
        return _by_segment(self.asking.values(_split(self.asking.asked), ["won_value"]))

    @cached_property
    def usual_by_segment(self) -> dict[str, dict[str, Decimal]]:
        """Won value of each region by segment, over the whole of the last four periods."""
        before = last_periods(self.asking.asked.period, self.asking.organisation)
        year = replace(before[-1], start=before[0].start, label="last four periods")
        return _by_segment(self.asking.values(replace(_split(self.asking.asked), period=year), ["won_value"]))


def _split(asked: Slice) -> Slice:
    return replace(asked, by=("region", "segment"))


def _by_segment(values: list[Value]) -> dict[str, dict[str, Decimal]]:
    found: dict[str, dict[str, Decimal]] = {}
    for value in values:
        parts = found.setdefault(value.region, {})
        parts[value.bucket[-1]] = parts.get(value.bucket[-1], Decimal(0)) + Decimal(str(value.value or 0))
    return found
