"""The call of the quarter, the waterfall behind it, and the deals that changed."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from docket.pack.agenda_parts import Bridge, Call, DealChange, Figure
from docket.pack.blocks import (
    Bar,
    Cell,
    Column,
    Drawing,
    Row,
    Span,
    Table,
    Tone,
    Waterfall,
)
from docket.pack.content import Content, Head
from docket.pack.figure_tables import NO_VALUE, why_short
from kpi.formats import (
    MINUS,
    counted,
    day_text,
    full_day,
    in_millions,
    money,
    symbol,
    value_text,
)
from kpi.value import GROUP


def calls_table(content: Content, calls: Sequence[Call]) -> Table:
    """Give the call of each region beside its target, the group first."""
    head = content.head
    currencies = {call.currency for call in calls}
    ordered = sorted(calls, key=lambda call: call.region != GROUP)
    rows = tuple(_call(head, call) for call in ordered)
    size = f"{symbol(currencies.pop())} M" if len(currencies) == 1 else "M in own currency"
    columns = (
        Column("", width=1.7),
        Column("", width=3),
        *(
            Column(name, align="right", width=1.15)
            for name in ("Won", "Commit", "Best case", "Landing", "Target", "Pace")
        ),
    )
    note = f"{size.strip()}, this quarter; bar: won, commit, best case; line: target; small: since the last review"
    return Table("Won, commit, best case, landing", note, columns, rows, "No region is in your scope.")


def waterfall_of(head: Head, bridge: Bridge) -> Waterfall:
    """Give how the open pipeline came from the last review to this one."""
    level, edges = bridge.start, [bridge.start]
    for step in bridge.steps:
        level += step.amount
        edges.append(level)
    low, high = min(edges), max(edges)
    room = float(high - low) or 1.0

    def place(amount: Decimal) -> float:
        return 0.04 + 0.92 * float(amount - low) / room

    bars = [_level(f"End of {day_text(head.since)}", bridge.start, bridge.start_deals, place(bridge.start), bridge)]
    level = bridge.start
    for step in bridge.steps:
        ink = {"won": "ink", "fx": "grey"}.get(step.name, "better" if step.amount > 0 else "worse")
        figure = f"{'+' if step.amount > 0 else ''}{in_millions(step.amount)}"
        bars.append(
            Bar(
                step.label,
                figure,
                counted(step.deals, "deal"),
                place(level),
                place(level + step.amount),
                ink,
                float(step.amount),
            )
        )
        level += step.amount
    bars.append(_level(f"End of {day_text(head.until)}", bridge.end, bridge.end_deals, place(bridge.end), bridge))
    unrated = f"; {counted(bridge.unrated, 'deal')} without an exchange rate" if bridge.unrated else ""
    note = f"{head.name(bridge.region)}, {symbol(bridge.currency).strip()} M, since the last review{unrated}"
    return Waterfall("Open pipeline", note, tuple(bars))


def changes_table(content: Content, changes: Sequence[DealChange]) -> Table:
    """Give deals of the quarter that changed, each before and after."""
    head = content.head
    rows = tuple(_change(head, each) for each in changes)
    columns = (
        Column("Region", width=1),
        Column("Customer", width=2.6),
        Column("What changed, before → after", width=4.4),
        Column("Amount", align="right", width=1.3),
        Column(f"In the quarter, {symbol(head.currency).strip()} k", align="right", width=1.3),
    )
    whole = len(content.changes)
    note = f"{counted(whole, 'deal')} dated in the quarter that changed"
    if len(rows) < whole:
        note += f"; the {len(rows)} largest"
    return Table("Deals of the quarter that changed", note, columns, rows, "No deal of the quarter has changed.")


def _call(head: Head, call: Call) -> Row:
    most = max(
        (float(f.value) for f in (call.won, call.commit, call.best_case, call.target) if f.value is not None), default=0
    )
    room = most * 1.04 or 1.0

    def share(figure: Figure) -> float:
        return max(0.0, float(figure.value or 0)) / room

    won, commit, best = (share(figure) for figure in (call.won, call.commit, call.best_case))
    spans = (Span(0, max(best, commit), "pale"), Span(0, commit, "grey"), Span(0, won, "ink"))
    marks = (share(call.target),) if call.target.value is not None else ()
    pace = call.pace
    return Row(
        (
            Cell(head.name(call.region), tone="strong"),
            Cell(drawing=Drawing(tuple(span for span in spans if span.end > 0), marks)),
            _money_cell(call.won),
            *(_stated_cell(call, name) for name in ("commit", "best_case")),
            _landing(call.landing),
            _money_cell(call.target, with_change=False),
            Cell(
                value_text(pace.value, pace.unit) if pace.value is not None else NO_VALUE,
                f"n {pace.n}",
                "worse" if pace.value is not None and pace.value < Decimal("0.92") and pace.n >= 10 else "",
            ),
        )
    )


def _money_cell(figure: Figure, *, with_change: bool = True) -> Cell:
    if figure.value is None:
        return Cell(NO_VALUE, why_short(figure), "quiet")
    if not with_change or figure.before is None:
        return Cell(in_millions(figure.value))
    change = figure.value - figure.before
    sign = "" if change < 0 else "+"
    return Cell(in_millions(figure.value), f"{sign}{in_millions(change)}" if round(change / 10_000) else "±0")


def _stated_cell(call: Call, category: str) -> Cell:
    """What the deals of a category are worth, with what was stated of it below, else the change since last time."""
    cell = _money_cell(call.commit if category == "commit" else call.best_case)
    stated = next((each for each in call.stated if each.category == category), None)
    if stated is None:
        return cell
    size = "" if stated.currency == call.currency else symbol(stated.currency)
    return replace(cell, sub=f"stated {size}{in_millions(stated.value)}")


def _landing(figure: Figure) -> Cell:
    if figure.value is None:
        return Cell(NO_VALUE, why_short(figure), "quiet")
    ends = [in_millions(each) for each in (figure.low, figure.high) if each is not None]
    return Cell(in_millions(figure.value), " to ".join(ends) if len(ends) == 2 else "", "strong")


def _level(label: str, amount: Decimal, deals: int, at: float, bridge: Bridge) -> Bar:
    return Bar(label, in_millions(amount), counted(deals, "deal"), at, at, "ink", float(amount), is_level=True)


def _change(head: Head, each: DealChange) -> Row:
    worth = each.counts
    text = NO_VALUE if worth is None else f"{'+' if worth > 0 else MINUS if worth < 0 else ''}{abs(worth) / 1000:,.0f}"
    amount = each.amount_after if each.amount_after is not None else each.amount_before
    is_won = each.stage_after == "won"
    tone: Tone = "quiet" if not worth else "strong" if is_won else "better" if worth > 0 else "worse"
    return Row((
        Cell(head.name(each.region)),
        Cell(each.account or f"{each.source} {each.number}"),
        Cell("; ".join(_parts(each)), "no next step" if each.has_next_step is False and _is_open(each) else ""),
        Cell(money(amount, each.currency) if amount is not None else NO_VALUE),
        Cell("no rate" if worth is None else "0" if round(worth / 1000) == 0 else text, tone=tone),
    ))  # fmt: skip


def _is_open(each: DealChange) -> bool:
    return "outcome" not in each.kinds and "gone" not in each.kinds


def _parts(each: DealChange) -> Iterable[str]:
    """Give what changed in words; days of the close where it left or entered the quarter."""
    for kind in each.kinds:
        if kind == "new":
            yield f"new, closes {_day(each.closes_after)}, {each.stage_after or 'stage unmapped'}"
        elif kind == "gone":
            yield "no longer there"
        elif kind == "amount":
            yield f"amount {_amount(each.amount_before, each)} → {_amount(each.amount_after, each)}"
        elif kind == "period" and _is_open(each):
            yield f"closes {_day(each.closes_before)} → {_day(each.closes_after)}"
        elif kind == "outcome" or (kind == "stage" and "outcome" not in each.kinds):
            yield f"{each.stage_before or 'unmapped'} → {each.stage_after or 'unmapped'}"
        elif kind == "category" and _is_open(each):
            yield f"{_category(each.category_before)} → {_category(each.category_after)}"


def _category(name: str | None) -> str:
    return (name or "no category").replace("_", " ")


def _amount(amount: Decimal | None, each: DealChange) -> str:
    return money(amount, each.currency) if amount is not None else "none"


def _day(day: date | None) -> str:
    return full_day(day) if day else "nowhere"
