"""The pages of a pack: its content put into blocks, the same for every form it is rendered in."""

from dataclasses import replace
from datetime import date

from docket.pack.agenda_tables import deviations_table, past_table, promises_table, shared_table
from docket.pack.blocks import (
    Block,
    Document,
    Section,
    Words,
)
from docket.pack.call_tables import calls_table, changes_table, waterfall_of
from docket.pack.content import Content, Head, Reader
from docket.pack.figure_tables import day_in, matrix, meanings_table, regions_table, table_by_region, tiles_of
from docket.pack.scope import scope_of, seen_by
from kpi.formats import (
    counted,
    day_text,
    full_moment,
    listed,
)
from kpi.value import GROUP

AGENDA = (("Promises", 5), ("The call", 7), ("Deviations", 18), ("Next quarters", 7), ("Accounts", 5), ("Process", 3))
CHANGES_SHOWN = 14
COMING = ("target", "closing_in_period", "coverage", "coverage_required", "coverage_gap")


def composed(content: Content) -> Document:
    """Give the whole pack as the agenda goes, with what is only to be looked up at its end."""
    return Document(
        title=f"Weekly review, {_long_day(date.fromisoformat(content.head.id[:10]))}",
        subtitle=_subtitle(content.head),
        sections=(
            Section("At a glance", "", _glance(content), starts_page=False),
            Section("Last week’s promises", "0–5", (promises_table(content),)),
            Section("The call", "5–12", (calls_table(content, content.calls), *_movement(content)), starts_page=False),
            Section("What changed behind the call", "", (changes_table(content, content.changes[:CHANGES_SHOWN]),)),
            Section("Deviations", "12–30", _deviations(content)),
            Section("Next two quarters", "30–37", _ahead(content)),
            Section("International accounts", "37–42", _accounts(content)),
            Section("One improvement of the common process", "42–45", _process(content), starts_page=False),
            Section("The past has changed", "", (past_table(content),), starts_page=False),
            Section("Every KPI, every region", "", (matrix(content),)),
            Section("All changes behind the call", "", (changes_table(content, content.changes),), is_lookup=True),
            Section("What the numbers mean", "", (meanings_table(content),), is_lookup=True),
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
    blocks.append(tiles_of(seen, whole))
    blocks.append(calls_table(seen, seen.calls))
    blocks.append(deviations_table(seen.head, seen.deviations[:5], "Deviations to be decided", with_state=False))
    blocks.append(promises_table(seen, most=4))
    blocks += _movement(seen) if is_own else ()
    blocks.append(changes_table(seen, seen.changes[: 9 if is_own else 6]))
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
    called = deviations_table(head, content.deviations, "To be decided")
    return (words, *_missing(head), tiles_of(content, whole), called, regions_table(content))


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
        + (f"is of {day_in(region.data_until, region.timezone)}" if region.data_until else "never came")
        for region in late
    ]
    return [Words(f"{'; '.join(told)}. The last figures stand.", tone="worse")] if told else []


def _movement(content: Content) -> tuple[Block, ...]:
    found = content.bridge(GROUP) or (content.bridges[0] if content.bridges else None)
    return (waterfall_of(content.head, found),) if found else ()


def _deviations(content: Content) -> tuple[Block, ...]:
    head = content.head
    title = "To be decided: what, why, action, by when"
    return (
        deviations_table(head, content.deviations, title),
        deviations_table(head, content.suppressed, "Suppressed, and why", with_state=False, quiet=True),
    )


def _ahead(content: Content) -> tuple[Block, ...]:
    head = content.head
    tables: list[Block] = []
    for quarter in content.ahead:
        kpis = list(dict.fromkeys(figure.kpi for figure in quarter.figures if figure.kpi in COMING))
        has_values = any(figure.value is not None for figure in quarter.figures if figure.kpi != "closing_in_period")
        note = "coverage against what is required" if has_values else "nobody has a target there yet"
        tables.append(table_by_region(head, quarter.figures, kpis, quarter.label, note))
    kpis = list(dict.fromkeys(figure.kpi for figure in content.pipeline))
    tables.append(
        table_by_region(head, content.pipeline, kpis, "Pipeline created, leads and their SLA", "this quarter")
    )
    return tuple(tables)


def _accounts(content: Content) -> tuple[Block, ...]:
    kpis = list(dict.fromkeys(figure.kpi for figure in content.accounts))
    table = table_by_region(
        content.head, content.accounts, kpis, "Key accounts, plans, parallel work", "at the cut-off"
    )
    return (table, shared_table(content))


def _process(content: Content) -> tuple[Block, ...]:
    found = content.improvement
    if found is None:
        return (Words("Every KPI that can be common is common."),)
    gained = listed([content.head.label(kpi) for kpi in found.kpis])
    reached = f"{found.reached} instead of {found.common} of {found.total} KPIs mean the same in every region"
    return (Words(f"{found.what} {reached}.", f"It takes: {found.takes}. It brings: {gained}."),)
