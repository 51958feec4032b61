"""Promises, deviations, customers of several regions and restatements as tables."""

from collections.abc import Sequence
from decimal import Decimal

from docket.pack.agenda_parts import Deviation, PromiseKept
from docket.pack.blocks import (
    Cell,
    Column,
    Drawing,
    Row,
    Span,
    Table,
    Tone,
)
from docket.pack.content import Content, Head
from kpi.formats import (
    counted,
    day_text,
    full_day,
    full_moment,
    listed,
    money,
    value_text,
)

MARKS = {"worked": "✓", "without_effect": "✗", "overdue": "!", "too_early": "◐"}


def promises_table(content: Content, most: int | None = None) -> Table:
    """Give last week's promises and whether the number moved; most: how many are shown."""
    head = content.head
    rows = tuple(_promise(head, each) for each in content.promises[:most])
    columns = (
        Column("", width=0),
        Column("Promise", width=5),
        Column("Owner, due", width=2.4),
        Column("Then", align="right", width=1),
        Column("Now", align="right", width=1.6),
    )
    worked = sum(each.effect == "worked" for each in content.promises)
    failed = sum(each.effect == "without_effect" for each in content.promises)
    note = f"{worked} worked, {failed} without effect, {len(content.promises) - worked - failed} still open"
    left = len(content.promises) - len(rows)
    return Table(
        "Done, and did the number move?",
        note + (f"; {left} more in the pack" if left else ""),
        columns,
        rows,
        "Nothing was promised, and nothing has come due.",
    )


def deviations_table(
    head: Head, found: Sequence[Deviation], title: str, *, with_state: bool = True, quiet: bool = False
) -> Table:
    """Give deviations with state, owner and money; quiet: with why each is suppressed instead."""
    most = max((each.money for each in found if each.money), default=Decimal(1)) or Decimal(1)
    rows = tuple(_deviation(head, each, most, quiet=quiet) for each in found)
    columns = (
        Column("", width=0),
        Column("Deviation", width=5.4),
        Column("Why it is quiet" if quiet else "State, owner", width=2.6),
        Column("" if quiet else "At stake, dark: can change", width=1.8),
        Column("", align="right", width=1.4),
    )
    note = "by money at stake that can still be changed" if found and not quiet else ""
    empty = "Nothing is suppressed." if quiet else "No deviation calls anybody."
    return Table(title, note, columns, rows, empty)


def shared_table(content: Content) -> Table:
    """Give the customers of several regions."""
    head = content.head
    rows = tuple(
        Row((
            Cell(each.name, tone="strong"),
            Cell(listed([head.name(region) for region in each.regions])),
            Cell(counted(each.deals, "open deal"), f"since {full_day(each.since)}" if each.since else ""),
            Cell(f"{head.name(each.lead_region)} leads" if each.lead_region else "no lead region agreed",
                 tone="" if each.lead_region else "worse"),
            Cell(money(each.value, head.currency) if each.value is not None else "no rate"),
        ))
        for each in content.shared_customers
    )  # fmt: skip
    columns = (
        Column("Customer", width=2.4),
        Column("Regions", width=2),
        Column("Open", width=1.6),
        Column("Lead region", width=1.6),
        Column("Value", align="right", width=1),
    )
    empty = "No customer has open deals in two regions."
    return Table("One customer, several regions", "parallel work to be agreed", columns, rows, empty)


def past_table(content: Content) -> Table:
    """Give the closed deals that read otherwise now."""
    head = content.head
    rows = tuple(
        Row((
            Cell(head.name(each.region)),
            Cell(each.account or each.number, f"{each.source} {each.number}"),
            Cell("; ".join(f"{name}: {_told(was)} → {_told(now)}" for name, was, now in each.changes), each.cause),
            _signed(each.change, head.currency),
        ))
        for each in content.past.deals
    )  # fmt: skip
    columns = (
        Column("Region", width=1),
        Column("Customer", width=2.4),
        Column("What is told otherwise now", width=4.4),
        Column("Won value", align="right", width=1.2),
    )
    since = full_moment(content.past.since, head.timezone)
    note = f"closed deals that read otherwise than on {since}. {content.past.note}".strip()
    return Table("Restatements", note, columns, rows, "No closed deal of the past has changed.")


def _promise(head: Head, each: PromiseKept) -> Row:
    tone: Tone = "worse" if each.effect in ("without_effect", "overdue") else ""
    moved: Tone = "better" if each.moved_well else "worse" if each.moved_well is False else "quiet"
    return Row((
        Cell(MARKS[each.effect], tone=tone or "strong"),
        Cell(each.what, f"{head.name(each.region)}, {head.label(each.kpi)}: {each.sentence}"),
        Cell(each.owner, f"due {day_text(each.due_on)}"),
        Cell(value_text(each.value_then, each.unit, each.currency)),
        Cell(
            value_text(each.value_now, each.unit, each.currency),
            {True: "moved the right way", False: "did not move the right way", None: ""}[each.moved_well],
            "strong",
            moved,
        ),
    ))  # fmt: skip


def _deviation(head: Head, each: Deviation, most: Decimal, *, quiet: bool) -> Row:
    mark = "▼" if each.level == "act" else "▽"
    place = f"{head.name(each.region)}, {head.label(each.kpi)}"
    driver = each.driver if each.driver and each.driver not in each.sentence else ""
    due = f", due {day_text(each.due_on)}" if each.due_on else ""
    state = Cell(each.state.replace("_", " "), f"{each.owner or 'nobody owns it'}{due}")
    spans: tuple[Span, ...] = ()
    if each.money and not quiet:
        spans = (
            Span(0, float(each.money / most), "pale"),
            Span(0, float((each.changeable or Decimal(0)) / most), "grey"),
        )
    stake = Cell(
        money(each.money, head.currency) if each.money else "",
        f"{money(each.changeable, head.currency)} can change" if each.changeable and not quiet else "",
        "strong",
    )
    return Row((
        Cell(mark, tone="quiet" if quiet else "worse"),
        Cell(each.sentence, place if not driver else f"{place}. {driver}"),
        Cell(each.quiet_because, tone="quiet") if quiet else state,
        Cell(drawing=Drawing(spans)),
        stake,
    ))  # fmt: skip


def _signed(change: Decimal | None, currency: str) -> Cell:
    if change is None:
        return Cell("no rate", tone="quiet")
    sign = "+" if change > 0 else ""
    return Cell(f"{sign}{money(change, currency)}", tone="better" if change > 0 else "worse" if change else "quiet")


def _told(value: str | None) -> str:
    return "none" if value is None else value.replace("_", " ")
