"""The deals dated in a period of which something changed: amount, close period, stage, category; before and after.

A waterfall tells what the pipeline was worth; this tells what a call rests on, so a deal that only changed its stage
or category is here too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from kpi.change.states import Between, State, states_between
from kpi.engines.base import Engine
from kpi.errors import KpiError
from kpi.period import Period
from kpi.scope import Scope
from organisation import Organisation


@dataclass(frozen=True)
class Changed:
    """One deal and what changed of it: new, gone, amount, period, stage, category, outcome; at least one of them.

    worth: by how much its open value dated in the period changed, in the asked currency at the end's rates; None where
    its currency has no rate.
    """

    region: str
    kinds: tuple[str, ...]
    worth: Decimal | None
    before: State | None
    after: State | None

    @property
    def shown(self) -> State:
        """The state that names the deal: the later one where there is one."""
        found = self.after or self.before
        if found is None:
            raise TypeError("a change without a deal")
        return found


def dated_changes(engine: Engine, organisation: Organisation, asked: Between, scope: Scope) -> tuple[Changed, ...]:
    """Give the deals that were open and dated in asked.closing_in at either end and differ; the largest change first.

    A deal without an expected close is dated nowhere. A deal that moved between regions stands in the one it is in.
    Raises KpiError where no period is named.
    """
    if asked.closing_in is None:
        raise KpiError("name the period that the deals are dated in")
    found = states_between(engine, organisation, asked, scope)
    ends = {side: _by_deal(found[side]) for side in ("revalued", "end")}
    deals = sorted({*ends["revalued"], *ends["end"]})
    changed = [
        one
        for deal in deals
        if (one := _changed(ends["revalued"].get(deal), ends["end"].get(deal), asked.closing_in)) is not None
    ]
    named = asked.regions or tuple(organisation.regions)
    return tuple(sorted((one for one in changed if one.region in named), key=_place))


def _place(one: Changed) -> tuple[Decimal, str, str]:
    return -abs(one.worth or Decimal(0)), one.shown.source, one.shown.number


def _by_deal(states: list[State]) -> Mapping[tuple[str, str], State]:
    """Give each deal's state; where two regions' days overlap, the one that was known last."""
    return {(state.source, state.number): state for state in states}


def _changed(before: State | None, after: State | None, period: Period) -> Changed | None:
    if not (_is_dated(before, period) or _is_dated(after, period)):
        return None
    kinds = tuple(_kinds(before, after, period))
    shown = after or before
    if not kinds or shown is None:
        return None
    worth = _worth(after, period) - _worth(before, period)
    rated = all(state is None or state.rated for state in (before, after))
    return Changed(shown.region, kinds, worth if rated else None, before, after)


def _is_dated(state: State | None, period: Period) -> bool:
    return (
        state is not None
        and state.outcome == "open"
        and state.closes is not None
        and period.start <= state.closes <= period.end
    )


def _worth(state: State | None, period: Period) -> Decimal:
    return state.value if state is not None and _is_dated(state, period) else Decimal(0)


def _kinds(before: State | None, after: State | None, period: Period) -> Iterator[str]:
    if before is None or after is None:
        yield "new" if before is None else "gone"
        return
    if (before.amount, before.currency) != (after.amount, after.currency):
        yield "amount"
    if _is_dated(before, period) != _is_dated(after, period) and before.closes != after.closes:
        yield "period"
    for kind in ("stage", "category", "outcome"):
        if getattr(before, kind) != getattr(after, kind):
            yield kind
