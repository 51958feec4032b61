"""What happened to one deal between two moments: its amount goes to named bars, each unit of it once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from kpi.change.states import State
from kpi.period import Period

BARS: dict[str, str] = {
    "fx": "Exchange rates",
    "new": "New",
    "late_registered": "Registered late",
    "reopened": "Reopened",
    "qualified": "Qualified for it",
    "pulled_in": "Pulled in",
    "pushed_in": "Pushed in from earlier",
    "increased": "Increased",
    "decreased": "Decreased",
    "pushed_out": "Pushed out",
    "pulled_ahead": "Pulled ahead of it",
    "set_aside": "Set aside",
    "won": "Won",
    "lost": "Lost",
    "dropped": "Dropped",
    "removed": "Removed",
    "left_view": "Left the export",
    "stage_known": "Stage mapped",
    "stage_unknown": "Stage unmapped",
    "moved": "Moved between regions",
}
"""The bars between start and end, in the order they are shown, with their labels."""


@dataclass(frozen=True)
class Move:
    """A deal's part of one bar in one region; amount in the asked currency, signed."""

    bar: str
    region: str
    amount: Fraction
    before: State | None
    after: State | None

    @property
    def shown(self) -> State:
        """The state that names the deal: the later one where there is one."""
        found = self.after or self.before
        if found is None:
            raise TypeError("a move without a deal")
        return found


@dataclass(frozen=True)
class Ends:
    """One deal: its states by region at the start, at the start with the end's rates, and at the end.

    A deal may stand in two regions at once where one's day ends before the other's.
    """

    start: Mapping[str, State]
    revalued: Mapping[str, State]
    end: Mapping[str, State]


def is_in(state: State, closing_in: Period | None) -> bool:
    """Say whether a deal is in the pipeline: open, and where a period is named, qualified and dated in it."""
    if state.outcome != "open":
        return False
    return closing_in is None or (_is_qualified(state) and _place(state, closing_in) == 0)


def moves_of(deal: Ends, closing_in: Period | None, *, one_currency: bool) -> Iterator[Move]:
    """Give the moves of a deal; in each region they add up to its value at the end less its value at the start.

    The start is put to the end's rates first (fx); everything else is at the end's rates. A deal that went to another
    region moves with what it was worth, and changes there; where each region has its own currency (one_currency
    false) it moves out with what it was and in with what it is.
    """
    counted = {name: state for name, state in deal.start.items() if is_in(state, closing_in)}
    for name, state in counted.items():
        if change := Fraction(deal.revalued[name].value) - Fraction(state.value):
            yield Move("fx", name, change, state, deal.end.get(name, deal.revalued[name]))
    left = [name for name in deal.start if name not in deal.end]
    came = [name for name in deal.end if name not in deal.start]
    for name in deal.start:
        if name in deal.end:
            yield from _in_one_region(deal.revalued[name], deal.end[name], closing_in)
    for place in range(max(len(left), len(came))):
        before = deal.revalued[left[place]] if place < len(left) else None
        after = deal.end[came[place]] if place < len(came) else None
        yield from _between_regions(before, after, deal, closing_in, one_currency=one_currency)


def _in_one_region(before: State, after: State, closing_in: Period | None) -> Iterator[Move]:
    old, new = Fraction(before.value), Fraction(after.value)
    was, now = is_in(before, closing_in), is_in(after, closing_in)
    if was and now:
        if new != old:
            yield Move("increased" if new > old else "decreased", after.region, new - old, before, after)
    elif was:
        yield Move(_way_out(after, closing_in), before.region, -old, before, after)
    elif now:
        yield Move(_way_in(before, closing_in), after.region, new, before, after)


def _between_regions(
    before: State | None, after: State | None, deal: Ends, closing_in: Period | None, *, one_currency: bool
) -> Iterator[Move]:
    was = before is not None and is_in(before, closing_in)
    now = after is not None and is_in(after, closing_in)
    if before is not None and after is not None:
        if was and now:
            old, new = Fraction(before.value), Fraction(after.value)
            yield Move("moved", before.region, -old, before, after)
            yield Move("moved", after.region, old if one_currency else new, before, after)
            if one_currency and new != old:
                yield Move("increased" if new > old else "decreased", after.region, new - old, before, after)
        else:
            yield from _in_one_region(before, after, closing_in)
    elif before is not None and was:
        yield Move(_why_gone(before, deal), before.region, -Fraction(before.value), before, None)
    elif after is not None and now:
        yield Move(_why_come(after, deal), after.region, Fraction(after.value), None, after)


def _way_out(after: State, closing_in: Period | None) -> str:
    if after.outcome in ("won", "lost", "dropped"):
        return after.outcome
    if after.outcome != "open":
        return "stage_unknown"
    if closing_in is None or not _is_qualified(after) or after.closes is None:
        return "set_aside"
    return "pushed_out" if _place(after, closing_in) == 1 else "pulled_ahead"


def _way_in(before: State, closing_in: Period | None) -> str:
    if before.outcome in ("won", "lost", "dropped"):
        return "reopened"
    if before.outcome != "open":
        return "stage_known"
    if closing_in is None or not _is_qualified(before) or before.closes is None:
        return "qualified"
    return "pulled_in" if _place(before, closing_in) == 1 else "pushed_in"


def _why_gone(before: State, deal: Ends) -> str:
    """A deal that nothing took away is in a region that was not read, or in none."""
    if deal.end:
        return "moved"
    if before.last_deleted or before.last_ended == "deleted":
        return "removed"
    return "left_view" if before.last_ended == "left_view" else "moved"


def _why_come(after: State, deal: Ends) -> str:
    """A deal that was seen here before is back; one seen elsewhere only has moved; else it is new to the store."""
    if deal.start:
        return "moved"
    start = after.start_moment
    if after.first_visible_at <= start:
        return "reopened"
    if after.first_seen_at is not None and after.first_seen_at <= start:
        return "moved"
    return "late_registered" if after.created_on is not None and after.created_on <= after.start_day else "new"


def _is_qualified(state: State) -> bool:
    return state.reached_develop and not state.on_hold


def _place(state: State, period: Period) -> int:
    """Where a deal's expected close stands: before the period (-1), in it (0), after it or nowhere (1)."""
    if state.closes is None:
        return 1
    return -1 if state.closes < period.start else 1 if state.closes > period.end else 0
