"""The shape of a question: all that decides the text of its statement."""

from dataclasses import dataclass

from kpi.money import RateKind
from kpi.relations import POTENTIAL
from kpi.scope import Scope
from kpi.slice import Organised

PLANS = ("target", "account_plan", POTENTIAL)  # what nobody delivers with the CRM's exports
UNKNOWN = "unknown"  # a dimension's value where the row has none
NOT_BROKEN_DOWN = ""  # a row that knows no dimension: cells and arrivals


@dataclass(frozen=True)
class Shape:
    """All that decides the text of a query; everything else comes as parameters.

    without: KPIs that some regions cannot answer. earlier: KPIs of which an earlier version holds, and which.
    rolled_up: tables of which the question knows the newest states, so that roll-ups give the same numbers.
    twins: some deals of two regions are confirmed to be one.
    """

    names: tuple[str, ...]
    dimensions: tuple[str, ...]
    weekly: bool
    local: bool
    rates: RateKind
    rates_fixed: bool
    group_plan: bool
    scope: Scope
    organised: Organised = "then"
    without: frozenset[str] = frozenset()
    earlier: tuple[tuple[str, int], ...] = ()
    rolled_up: frozenset[str] = frozenset()
    twins: bool = False

    @property
    def by_team(self) -> bool:
        """Whether the answer is broken down by team, which rows name by their owner only."""
        return "team" in self.dimensions
