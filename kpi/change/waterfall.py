"""The pipeline waterfall between two days: start and bars give the end exactly, in every region and the group."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from kpi.change.moves import BARS, Ends, Move, is_in, moves_of
from kpi.change.parts import CENT
from kpi.change.states import Between, Side, State, states_between
from kpi.engines.base import Engine
from kpi.errors import KpiError
from kpi.same_deals import twins_of
from kpi.scope import Scope
from kpi.value import GROUP
from organisation import Organisation


@dataclass(frozen=True)
class Bar:
    """One bar: its amount in the waterfall's currency (exact, signed) and how many deals are in it."""

    name: str
    label: str
    amount: Fraction
    deals: int


@dataclass(frozen=True)
class Waterfall:
    """Start and end of the pipeline of a region or the group, and the moves between them.

    unrated: deals at an end that no exchange rate turns into the currency; they count as nothing there.
    """

    region: str
    currency: str
    start: Fraction
    end: Fraction
    start_deals: int
    end_deals: int
    moves: tuple[Move, ...]
    unrated: int = 0

    @property
    def bars(self) -> tuple[Bar, ...]:
        """The bars that have deals, in the order of BARS."""
        held: dict[str, list[Move]] = defaultdict(list)
        for move in self.moves:
            held[move.bar].append(move)
        return tuple(
            Bar(name, label, _sum(move.amount for move in held[name]), len({_key(move.shown) for move in held[name]}))
            for name, label in BARS.items()
            if held[name]
        )

    @property
    def cents(self) -> tuple[Fraction, tuple[Bar, ...], Fraction]:
        """Start, bars and end in whole cents: start and bars give the end.

        Each bar leads from the rounded level before it to the rounded level after it, so that none is more than a
        cent away from what it is.
        """
        level, bars = self.start, []
        for bar in self.bars:
            bars.append(replace(bar, amount=_cents(level + bar.amount) - _cents(level)))
            level += bar.amount
        return _cents(self.start), tuple(bars), _cents(self.end)


def waterfalls(engine: Engine, organisation: Organisation, asked: Between, scope: Scope) -> dict[str, Waterfall]:
    """Give the waterfall of each asked region that the reader may see, and in the group's currency of the group.

    In the group a deal that moved between its regions stands with nothing in the bar of moves, and of deals that are
    confirmed to be one only the one that counts is there.
    """
    found = states_between(engine, organisation, asked, scope)
    named = [name for name in asked.regions or tuple(organisation.regions) if scope.allows(name)]
    unknown = [name for name in named if name not in organisation.regions]
    if unknown:
        raise KpiError(f'there is no region "{unknown[0]}"; known are {", ".join(organisation.regions)}')
    is_local = asked.currency == "local"
    moves = [
        move for deal in _deals(found).values() for move in moves_of(deal, asked.closing_in, one_currency=not is_local)
    ]
    views = {name: frozenset({name}) for name in named}
    if not is_local:
        views[GROUP] = frozenset(named)
    money = {name: organisation.regions[name].currency for name in named} if is_local else {}
    twins = {key for key, region in twins_of(engine, named, asked.as_of, scope).items() if region in named}
    once = {side: [state for state in states if _key(state) not in twins] for side, states in found.items()}
    apart = [move for move in moves if _key(move.shown) not in twins]
    return {
        view: _waterfall(
            view,
            money.get(view, organisation.group.currency),
            once if view == GROUP else found,
            apart if view == GROUP else moves,
            asked,
            within,
        )
        for view, within in views.items()
    }


def _deals(found: dict[Side, list[State]]) -> dict[tuple[str, str], Ends]:
    held: dict[tuple[str, str], dict[Side, dict[str, State]]] = {}
    for side, states in found.items():
        for state in states:
            ends = held.setdefault(_key(state), {"start": {}, "revalued": {}, "end": {}})
            ends[side][state.region] = state
    return {key: Ends(ends["start"], ends["revalued"], ends["end"]) for key, ends in held.items()}


def _waterfall(
    view: str,
    currency: str,
    found: dict[Side, list[State]],
    moves: list[Move],
    asked: Between,
    within: frozenset[str],
) -> Waterfall:
    start, end = (
        [state for state in found[side] if state.region in within and is_in(state, asked.closing_in)]
        for side in ("start", "end")
    )
    return Waterfall(
        region=view,
        currency=currency,
        start=_sum(Fraction(state.value) for state in start),
        end=_sum(Fraction(state.value) for state in end),
        start_deals=len(start),
        end_deals=len(end),
        moves=tuple(move for move in moves if move.region in within),
        unrated=len({_key(state) for state in (*start, *end) if not state.rated}),
    )


def _key(state: State) -> tuple[str, str]:
    return state.source, state.number


def _sum(amounts: Iterable[Fraction]) -> Fraction:
    return sum(amounts, Fraction(0))


def _cents(amount: Fraction) -> Fraction:
    return round(amount / CENT) * CENT
