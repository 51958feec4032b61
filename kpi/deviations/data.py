"""Findings about the data themselves: a late feed, a field that is not delivered, a stage that nobody mapped."""

from collections.abc import Iterator
from decimal import Decimal
from zoneinfo import ZoneInfo

from kpi.card import Finding
from kpi.deviations.facts import Facts
from kpi.ledger import Feed, UnmappedStage, unmapped_stages
from kpi.words import counted, listed

TABLE_WORDS = {
    "opportunity": "deals",
    "lead": "leads",
    "activity": "activities",
    "account": "accounts",
    "person": "people",
}
COUNTED = ("opportunity", "lead")  # the tables that figures rest on


def late_feeds(facts: Facts) -> Iterator[Finding]:
    """Give a note for each region of which an export of deals or leads is late."""
    for region in facts.regions:
        late = [feed for feed in facts.feeds if feed.region == region and feed.is_late and feed.table in COUNTED]
        if not late:
            continue
        tables = listed([TABLE_WORDS[feed.table] for feed in late])
        yield Finding(
            kind="late_feed",
            region=region,
            kpi="freshness",
            level="note",
            subject="export is late",
            distance=f"{late[0].late_hours:.0f} working hours",
            sentence=f"{facts.name(region)}'s export of {tables} {_due(facts, late[0])}; the group total "
            f"stands on {_stands_on(facts, late[0])} for {facts.name(region)}.",
            page="freshness",
            query=(("region", region),),
        )


def not_comparable(facts: Facts) -> Iterator[Finding]:
    """Give a note for each field that keeps a region out of KPIs."""
    for region in facts.regions:
        without: dict[str, list[str]] = {}
        for kpi in facts.asking.definitions.overview:
            verdict = facts.verdicts.get((kpi.name, region))
            if verdict is not None and verdict.comparable == "no" and verdict.sentences:
                without.setdefault(verdict.sentences[0], []).append(kpi.name)
        for sentence, names in without.items():
            labels = [facts.asking.definitions.kpis[name].label for name in names]
            yield Finding(
                kind="not_comparable",
                region=region,
                kpi=names[0],
                level="note",
                subject=f"{listed(labels)} not comparable",
                distance="",
                sentence=f"{sentence} The group figure leaves {facts.name(region)} out.",
                query=(("region", region), ("kpi", names[0])),
            )


def unmapped(facts: Facts) -> Iterator[Finding]:
    """Give a note for each region whose unmapped stages hide deals from every figure; the value is in the sentence."""
    asking = facts.asking
    found: dict[str, list[UnmappedStage]] = {}
    for stage in unmapped_stages(asking.engine, asking.organisation, asking.scope):
        found.setdefault(stage.region, []).append(stage)
    for region in facts.regions:
        stages = found.get(region, [])
        if not stages:
            continue
        deals = sum(stage.deals for stage in stages)
        value = sum((stage.value or Decimal(0) for stage in stages), Decimal(0))
        words = listed([f"“{stage.word or 'no stage'}”" for stage in stages[:3]])
        unknown = (
            "and nobody says how they ended" if all(one.is_mapped for one in stages) else "which no profile explains"
        )
        yield Finding(
            kind="unmapped_stage",
            region=region,
            kpi="open_pipeline",
            level="note",
            subject="deals in an unmapped stage",
            distance=facts.in_words(value),
            sentence=f"{counted(deals, 'deal')} of {facts.name(region)} worth {facts.in_words(value)} "
            f"{'stand' if deals != 1 else 'stands'} in {words}, {unknown}: they are in no figure.",
            page="freshness",
            query=(("region", region),),
        )


def _due(facts: Facts, feed: Feed) -> str:
    if feed.due_at is None:
        return "has never arrived"
    zone = ZoneInfo(facts.asking.organisation.group.timezone)
    due = feed.due_at.astimezone(zone)
    return f"was due on {due:%a} {due.day} {due:%b}, {due:%H:%M}, and has not arrived"


def _stands_on(facts: Facts, feed: Feed) -> str:
    if feed.exported_at is None:
        return "nothing"
    day = feed.exported_at.astimezone(ZoneInfo(facts.asking.organisation.group.timezone))
    return f"figures of {day.day} {day:%b}"
