"""The pages of a pack: its content put into blocks, the same for every form it is rendered in."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from docket.pack.blocks import (
    Bar,
    Block,
    Cell,
    Column,
    Document,
    Drawing,
    Row,
    Section,
    Span,
    Table,
    Tile,
    Tiles,
    Tone,
    Waterfall,
    Words,
)
from docket.pack.content import Bridge, Call, Content, DealChange, Deviation, Figure, Head, PromiseKept, Reader
from docket.pack.scope import scope_of, seen_by
from kpi.formats import (
    MINUS,
    bare_value,
    change_text,
    counted,
    day_text,
    full_day,
    full_moment,
    in_millions,
    listed,
    money,
    symbol,
    unit_word,
    value_text,
)
from kpi.value import GROUP

AGENDA = (("Promises", 5), ("The call", 7), ("Deviations", 18), ("Next quarters", 7), ("Accounts", 5), ("Process", 3))
TILES = ("won_value", "pace", "closing_in_period", "coverage", "win_rate", "lead_sla")
CHANGES_SHOWN = 14
MARKS = {"worked": "✓", "without_effect": "✗", "overdue": "!", "too_early": "◐"}
NO_VALUE = "–"
COMING = ("target", "closing_in_period", "coverage", "coverage_required", "coverage_gap")


def composed(content: Content) -> Document:
    """Give the whole pack as the agenda goes, with what is only to be looked up at its end."""
    return Document(
        title=f"Weekly review, {_long_day(date.fromisoformat(content.head.id[:10]))}",
        subtitle=_subtitle(content.head),
        sections=(
            Section("At a glance", "", _glance(content), starts_page=False),
            Section("Last week’s promises", "0–5", (_promises(content),)),
            Section("The call", "5–12", (_calls(content, content.calls), *_movement(content)), starts_page=False),
            Section("What changed behind the call", "", (_changes(content, content.changes[:CHANGES_SHOWN]),)),
            Section("Deviations", "12–30", _deviations(content)),
            Section("Next two quarters", "30–37", _ahead(content)),
            Section("International accounts", "37–42", _accounts(content)),
            Section("One improvement of the common process", "42–45", _process(content), starts_page=False),
            Section("The past has changed", "", (_past(content),), starts_page=False),
            Section("Every KPI, every region", "", (_matrix(content),)),
            Section("All changes behind the call", "", (_changes(content, content.changes),)),
            Section("What the numbers mean", "", (_meanings(content),)),
        ),
        foot=_foot(content.head),
        agenda=AGENDA,
    )


def composed_for(content: Content, reader: Reader) -> Document:
    """Give one reader's page: what is in the reader's scope, a single region in its own currency."""
    seen = seen_by(content, scope_of(reader))
    regions = [region.id for region in seen.head.regions]
    is_own = len(regions) == 1 and reader.regions is not None
    if is_own:
        seen = replace(seen, figures=seen.own_figures, calls=seen.own_calls, bridges=seen.own_bridges)
    whole = GROUP if any(call.region == GROUP for call in seen.calls) else regions[0] if regions else GROUP
    blocks: list[Block] = []
    if seen.head.headline:
        blocks.append(Words(seen.head.headline, seen.head.detail, is_leading=True))
    else:
        blocks.append(_own_words(seen))
    blocks += _missing(seen.head)
    blocks.append(_tiles(seen, whole))
    blocks.append(_calls(seen, seen.calls))
    blocks.append(_deviation_table(seen.head, seen.deviations[:5], "Deviations to be decided", with_state=False))
    blocks.append(_promises(seen, most=4))
    blocks += _movement(seen) if is_own else ()
    blocks.append(_changes(seen, seen.changes[: 9 if is_own else 6]))
    return Document(
        title=f"Before the review of {_long_day(date.fromisoformat(content.head.id[:10]))}",
        subtitle=f"For the {reader.role}. {_subtitle(content.head)}",
        sections=(Section("", "", tuple(blocks), starts_page=False),),
        foot=_foot(content.head),
        is_one_page=True,
    )


def _long_day(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"


def _subtitle(head: Head) -> str:
    again = f" (pack {head.id})" if len(head.id) > 10 else ""
    return (
        f"{head.period.label}, {head.period.week_label}{again}. Cut off at the end of {day_text(head.until)} in each "
        "region’s own zone; what came later is told next week."
    )


def _foot(head: Head) -> str:
    return (
        f"Pack {head.id} · snapshot {head.snapshot} · frozen {full_moment(head.made_at, head.timezone)} "
        f"({head.timezone}) · data as of {full_moment(head.as_of, head.timezone)}"
    )


def _glance(content: Content) -> tuple[Block, ...]:
    head = content.head
    words = Words(head.headline, head.detail, is_leading=True) if head.headline else _own_words(content)
    whole = GROUP if content.call(GROUP) else head.regions[0].id if head.regions else GROUP
    return (words, *_missing(head), _tiles(content, whole), _regions(content))


def _own_words(content: Content) -> Words:
    names = listed([region.name for region in content.head.regions]) or "No region"
    acting = [each for each in content.deviations if each.level == "act"]
    if not acting:
        return Words(f"{names}: nothing needs you now.", is_leading=True)
    needing = f"{names}: {counted(len(acting), 'figure')} to act on."
    return Words(needing, acting[0].sentence, is_leading=True)


def _missing(head: Head) -> list[Block]:
    late = [region for region in head.regions if region.is_missing]
    told = [
        f"{region.name} entered as missing: its newest export "
        + (f"is of {_day_in(region.data_until, region.timezone)}" if region.data_until else "never came")
        for region in late
    ]
    return [Words(f"{'; '.join(told)}. The last figures stand.", tone="worse")] if told else []


def _tiles(content: Content, region: str) -> Tiles:
    shown = [figure for kpi in TILES if (figure := content.figure(kpi, region)) is not None]
    return Tiles(tuple(_tile(content.head, figure) for figure in shown))


def _tile(head: Head, figure: Figure) -> Tile:
    badge = {"yes": "● comparable", "reservation": "◐ with reservation", "no": "not comparable"}[figure.comparable]
    distance = change_text(figure.change, figure.change_unit, words=True) if figure.value is not None else ""
    why = "" if figure.flag == "none" and distance else figure.why
    series, band = _scaled(figure)
    return Tile(
        label=head.label(figure.kpi),
        value=value_text(figure.value, figure.unit, figure.currency),
        distance=" ".join(each for each in (_marker(figure), distance or why) if each),
        tone=_tone(figure),
        foot=f"n {figure.n:,} · {badge}",
        series=series,
        band=band,
    )


def _scaled(figure: Figure) -> tuple[tuple[float | None, ...], tuple[float, float] | None]:
    known = [float(value) for value in figure.series if value is not None]
    if len(known) < 2:
        return (), None
    ends = [float(value) for value in figure.band or ()]
    low, high = min(known + ends), max(known + ends)
    room = high - low or 1.0
    points = tuple(None if value is None else (float(value) - low) / room for value in figure.series)
    return points, ((ends[0] - low) / room, (ends[1] - low) / room) if ends else None


def _marker(figure: Figure) -> str:
    if figure.flag == "none":
        return ""
    is_up = figure.change is not None and figure.change > 0
    return ("▲" if is_up else "▼") if figure.flag == "act" else "△" if is_up else "▽"


def _tone(figure: Figure) -> Tone:
    if figure.flag != "none":
        return "worse"
    return "quiet"


def _regions(content: Content) -> Table:
    head = content.head
    rows = tuple(
        Row((
            Cell(region.name, region.manager, "strong"),
            Cell(full_moment(region.cut_off, region.timezone), region.timezone),
            Cell(
                _day_in(region.data_until, region.timezone) if region.data_until else "never",
                "missing" if region.is_missing else "on time",
                "worse" if region.is_missing else "",
                "worse" if region.is_missing else "quiet",
            ),
            Cell(region.currency),
        ))
        for region in head.regions
    )  # fmt: skip
    columns = (
        Column("Region", width=2),
        Column("Cut off", width=2),
        Column("Reports until", width=2),
        Column("Currency", width=1),
    )
    return Table("Regions", "as they entered the pack", columns, rows)


def _promises(content: Content, most: int | None = None) -> Table:
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


def _calls(content: Content, calls: Sequence[Call]) -> Table:
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
        return Cell(NO_VALUE, _why_short(figure), "quiet")
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
        return Cell(NO_VALUE, _why_short(figure), "quiet")
    ends = [in_millions(each) for each in (figure.low, figure.high) if each is not None]
    return Cell(in_millions(figure.value), " to ".join(ends) if len(ends) == 2 else "", "strong")


def _why_short(figure: Figure) -> str:
    known = {
        "NO_FORECAST_CATEGORY": "no categories",
        "NO_TARGET": "no target",
        "NO_DATA": "not delivered",
        "NO_FORECAST": "no forecasts",
        "NO_HISTORY": "no history",
    }
    return next((known[code] for code in figure.reasons if code in known), "no data")


def _movement(content: Content) -> tuple[Block, ...]:
    found = content.bridge(GROUP) or (content.bridges[0] if content.bridges else None)
    return (_waterfall(content.head, found),) if found else ()


def _waterfall(head: Head, bridge: Bridge) -> Waterfall:
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


def _level(label: str, amount: Decimal, deals: int, at: float, bridge: Bridge) -> Bar:
    return Bar(label, in_millions(amount), counted(deals, "deal"), at, at, "ink", float(amount), is_level=True)


def _changes(content: Content, changes: Sequence[DealChange]) -> Table:
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


def _day_in(moment: datetime, zone: str) -> str:
    return day_text(moment.astimezone(ZoneInfo(zone)).date())


def _deviations(content: Content) -> tuple[Block, ...]:
    head = content.head
    title = "To be decided: what, why, action, by when"
    return (
        _deviation_table(head, content.deviations, title),
        _deviation_table(head, content.suppressed, "Suppressed, and why", with_state=False, quiet=True),
    )


def _deviation_table(
    head: Head, found: Sequence[Deviation], title: str, *, with_state: bool = True, quiet: bool = False
) -> Table:
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


def _ahead(content: Content) -> tuple[Block, ...]:
    head = content.head
    tables: list[Block] = []
    for quarter in content.ahead:
        kpis = list(dict.fromkeys(figure.kpi for figure in quarter.figures if figure.kpi in COMING))
        has_values = any(figure.value is not None for figure in quarter.figures if figure.kpi != "closing_in_period")
        note = "coverage against what is required" if has_values else "nobody has a target there yet"
        tables.append(_by_region(head, quarter.figures, kpis, quarter.label, note))
    kpis = list(dict.fromkeys(figure.kpi for figure in content.pipeline))
    tables.append(_by_region(head, content.pipeline, kpis, "Pipeline created, leads and their SLA", "this quarter"))
    return tuple(tables)


def _by_region(head: Head, figures: Iterable[Figure], kpis: Sequence[str], title: str, note: str) -> Table:
    found = {(figure.kpi, figure.region): figure for figure in figures}
    regions = [
        name for name in (GROUP, *(region.id for region in head.regions)) if any(key[1] == name for key in found)
    ]
    columns = (
        Column("", width=2.2),
        *(Column(head.name(name), align="right", width=1, is_total=name == GROUP) for name in regions),
    )
    rows = tuple(
        Row((_kpi_cell(head, kpi, found, regions), *(_figure_cell(found.get((kpi, name))) for name in regions)))
        for kpi in kpis
    )
    return Table(title, note, columns, rows)


def _kpi_cell(head: Head, kpi: str, found: dict[tuple[str, str], Figure], regions: Sequence[str]) -> Cell:
    figure = next((found[kpi, name] for name in regions if (kpi, name) in found), None)
    currencies = {found[kpi, name].currency for name in regions if (kpi, name) in found}
    currency = figure.currency if figure and len(currencies) == 1 else None
    return Cell(head.label(kpi), unit_word(figure.unit, currency) if figure else "")


def _figure_cell(figure: Figure | None) -> Cell:
    if figure is None or figure.value is None:
        return Cell(NO_VALUE, _why_short(figure) if figure else "", "quiet")
    mark = _marker(figure)
    change = change_text(figure.change, figure.change_unit) if figure.change is not None else ""
    reserved = "◐ " if figure.comparable == "reservation" else ""
    sub = f"{reserved}n {figure.n:,}" + (f"  {mark}{change}" if change else "")
    tone: Tone = "worse" if figure.flag == "act" else ""
    return Cell(bare_value(figure.value, figure.unit), sub, tone, _tone(figure))


def _accounts(content: Content) -> tuple[Block, ...]:
    kpis = list(dict.fromkeys(figure.kpi for figure in content.accounts))
    table = _by_region(content.head, content.accounts, kpis, "Key accounts, plans, parallel work", "at the cut-off")
    return (table, _shared(content))


def _shared(content: Content) -> Table:
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


def _process(content: Content) -> tuple[Block, ...]:
    found = content.improvement
    if found is None:
        return (Words("Every KPI that can be common is common."),)
    gained = listed([content.head.label(kpi) for kpi in found.kpis])
    reached = f"{found.reached} instead of {found.common} of {found.total} KPIs mean the same in every region"
    return (Words(f"{found.what} {reached}.", f"It takes: {found.takes}. It brings: {gained}."),)


def _past(content: Content) -> Table:
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


def _signed(change: Decimal | None, currency: str) -> Cell:
    if change is None:
        return Cell("no rate", tone="quiet")
    sign = "+" if change > 0 else ""
    return Cell(f"{sign}{money(change, currency)}", tone="better" if change > 0 else "worse" if change else "quiet")


def _told(value: str | None) -> str:
    return "none" if value is None else value.replace("_", " ")


def _matrix(content: Content) -> Table:
    head = content.head
    found = {(figure.kpi, figure.region): figure for figure in content.figures}
    regions = [
        name for name in (GROUP, *(region.id for region in head.regions)) if any(key[1] == name for key in found)
    ]
    columns = (
        Column("", width=2.1),
        *(Column(head.name(name), align="right", width=1, is_total=name == GROUP) for name in regions),
    )
    rows: list[Row] = []
    heading = ""
    for words in head.kpis:
        if not any((words.name, name) in found for name in regions):
            continue
        if words.heading != heading:
            heading = words.heading
            rows.append(Row((Cell(heading, tone="strong"),), is_heading=True))
        cells = [found.get((words.name, name)) for name in regions]
        tinted = tuple(at + 1 for at, each in enumerate(cells) if each is not None and each.flag == "act")
        rows.append(
            Row(
                (_kpi_cell(head, words.name, found, regions), *map(_figure_cell, cells)),
                is_tinted=tinted,
            )
        )
    note = "▼ act, ▽ watch; ◐ comparable with reservation; – no data; n: cases behind the figure"
    return Table("", note, columns, tuple(rows))


def _meanings(content: Content) -> Table:
    rows = tuple(
        Row((Cell(words.label, words.name, "strong"), Cell(words.question, words.formula), Cell(words.is_not)))
        for words in content.head.kpis
        if words.is_overview
    )
    columns = (Column("KPI", width=1.6), Column("Question, formula", width=3.4), Column("It is not", width=2.6))
    note = "as defined when the pack was frozen; the whole definitions file and every profile are kept with it"
    return Table("Definitions", note, columns, rows)
