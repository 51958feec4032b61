"""A pack as a workbook: each part a sheet, every figure exact and as a number, text safe to open."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from docket.pack.agenda_parts import Deviation, Figure
from docket.pack.content import Content
from docket.pack.outlook import CALLED
from kpi.table_file import Cell, Sheet, workbook

FIGURE: dict[str, type] = {
    **dict.fromkeys("part kpi label region".split(), str),
    "value": Decimal,
    "n": int,
    **dict.fromkeys("unit currency comparable reason why".split(), str),
    **dict.fromkeys("compared_with change before low high".split(), Decimal),
    "flag": str,
}
DEVIATION: dict[str, type] = {
    "item": int,
    **dict.fromkeys("region kpi level state owner due sentence driver quiet_because".split(), str),
    **dict.fromkeys("value expected money changeable".split(), Decimal),
}
PROMISE: dict[str, type] = {
    "item": int,
    **dict.fromkeys("region kpi what owner due effect state".split(), str),
    "value_then": Decimal,
    "value_now": Decimal,
    "moved_well": str,
}
CHANGE: dict[str, type] = {
    **dict.fromkeys("region customer source number kinds currency".split(), str),
    **dict.fromkeys("amount_before amount_after in_quarter".split(), Decimal),
    **dict.fromkeys("closes_before closes_after stage_before stage_after category_before category_after".split(), str),
    "has_next_step": str,
    "times_pushed": int,
    "file": str,
    "line": int,
}
STEP: dict[str, type] = {**dict.fromkeys("region currency step".split(), str), "amount": Decimal, "deals": int}
RESTATED: dict[str, type] = {
    **dict.fromkeys("region customer source number field before after cause".split(), str),
    "change_of_won_value": Decimal,
    "file": str,
    "line": int,
}
KPI: dict[str, type] = dict.fromkeys("kpi label heading question formula unit better is_not".split(), str)
ABOUT: dict[str, type] = {"what": str, "told": str}


def workbook_of(content: Content) -> bytes:
    """Give the bytes, always the same. Money stands in the currency beside it, percent is a fraction."""
    return workbook(
        [
            Sheet("About", ABOUT, list(_about(content))),
            Sheet("Figures", FIGURE, list(_figures(content))),
            Sheet("Promises", PROMISE, list(_promises(content))),
            Sheet("Deviations", DEVIATION, [_deviation(each) for each in content.deviations]),
            Sheet("Suppressed", DEVIATION, [_deviation(each) for each in content.suppressed]),
            Sheet("Waterfall", STEP, list(_steps(content))),
            Sheet("Changes", CHANGE, list(_changes(content))),
            Sheet("Restatements", RESTATED, list(_restated(content))),
            Sheet("Definitions", KPI, list(_kpis(content))),
        ]
    )


def _about(content: Content) -> Iterator[list[Cell]]:
    head = content.head
    yield ["pack", head.id]
    yield ["frozen at", head.made_at.isoformat()]
    yield ["data as of", head.as_of.isoformat()]
    yield ["snapshot", str(head.snapshot)]
    yield ["period", head.period.label]
    yield ["changes since the end of", head.since.isoformat()]
    yield ["up to the end of", head.until.isoformat()]
    yield ["previous pack", head.previous.id if head.previous else "none"]
    yield ["headline", head.headline]
    yield ["definitions", head.definitions_hash]
    for region in head.regions:
        state = "missing, last figures stand" if region.is_missing else "on time"
        yield [f"{region.name} cut off at", f"{region.cut_off.isoformat()} ({state})"]


def _figures(content: Content) -> Iterator[list[Cell]]:
    parts: list[tuple[str, Iterable[Figure]]] = [
        ("scorecard", content.figures),
        ("scorecard in own currency", content.own_figures),
        *((f"call of {call.region}", [getattr(call, part) for part in CALLED]) for call in content.calls),
        *((f"call of {call.region}, own currency", [getattr(call, part) for part in CALLED])
          for call in content.own_calls),
        *((quarter.label, quarter.figures) for quarter in content.ahead),
        ("pipeline and leads", content.pipeline),
        ("accounts", content.accounts),
    ]  # fmt: skip
    for part, figures in parts:
        for each in figures:
            yield [
                part, each.kpi, content.head.label(each.kpi), each.region, each.value, each.n, each.unit,
                each.currency, each.comparable, " ".join(each.reasons), each.why, each.compared_with, each.change,
                each.before, each.low, each.high, each.flag,
            ]  # fmt: skip


def _promises(content: Content) -> Iterator[list[Cell]]:
    for each in content.promises:
        moved = {True: "yes", False: "no", None: ""}[each.moved_well]
        yield [
            each.item, each.region, each.kpi, each.what, each.owner, _day(each.due_on), each.effect, each.state,
            each.value_then, each.value_now, moved,
        ]  # fmt: skip


def _deviation(each: Deviation) -> list[Cell]:
    return [
        each.item, each.region, each.kpi, each.level, each.state, each.owner, _day(each.due_on), each.sentence,
        each.driver, each.quiet_because, each.value, each.expected, each.money, each.changeable,
    ]  # fmt: skip


def _steps(content: Content) -> Iterator[list[Cell]]:
    for bridge in (*content.bridges, *content.own_bridges):
        yield [bridge.region, bridge.currency, "start", bridge.start, bridge.start_deals]
        for step in bridge.steps:
            yield [bridge.region, bridge.currency, step.label, step.amount, step.deals]
        yield [bridge.region, bridge.currency, "end", bridge.end, bridge.end_deals]


def _changes(content: Content) -> Iterator[list[Cell]]:
    for each in content.changes:
        yield [
            each.region, each.account, each.source, each.number, " ".join(each.kinds), each.currency,
            each.amount_before, each.amount_after, each.counts, _day(each.closes_before), _day(each.closes_after),
            each.stage_before, each.stage_after, each.category_before, each.category_after,
            {True: "yes", False: "no", None: ""}[each.has_next_step], each.times_pushed, each.file, each.line,
        ]  # fmt: skip


def _restated(content: Content) -> Iterator[list[Cell]]:
    for each in content.past.deals:
        for field, before, after in each.changes:
            yield [
                each.region, each.account, each.source, each.number, field, before, after, each.cause, each.change,
                each.file, each.line,
            ]  # fmt: skip


def _kpis(content: Content) -> Iterator[list[Cell]]:
    for each in content.head.kpis:
        yield [
            each.name, each.label, each.heading, each.question, each.formula, each.unit, each.better, each.is_not,
        ]  # fmt: skip


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
