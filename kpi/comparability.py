"""The common denominator: which region can answer which KPI, from the fields its exports really fill."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from kpi.definition import Kpi
from kpi.definitions import Definitions
from kpi.engines.base import Engine
from kpi.fill import MAY_BE_EMPTY, Fill, Fills, measured_fills
from kpi.gap import DERIVED_FROM, WHOLE_TABLE, Do, Gap
from kpi.limits import Limits
from kpi.reason_codes import column_word
from kpi.slice import Slice
from kpi.value import GROUP, Comparable, Value
from organisation import Organisation

RANK: dict[Comparable, int] = {"yes": 0, "reservation": 1, "no": 2}

WITHOUT_FIELD = {("opportunity", "forecast_category"): "NO_FORECAST_CATEGORY"}  # fields that have a code of their own
DELIVERED = {"opportunity": "deals", "lead": "leads", "activity": "activities", "account": "accounts"}


class Verdict(NamedTuple):
    """Whether a KPI is comparable in a region, the codes of why not, and a sentence for each code.

    gaps: what would have to be closed before it is comparable there, reservations left.
    """

    comparable: Comparable
    reasons: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    gaps: frozenset[Gap] = frozenset()


class Note(NamedTuple):
    """One thing that speaks against a KPI in a region; gap: what closes it, where it is more than a reservation."""

    level: Comparable
    code: str
    text: str
    gap: Gap | None = None


def comparability(
    engine: Engine,
    organisation: Organisation,
    definitions: Definitions,
    asked: Slice,
    *,
    limits: Limits | None = None,
    fills: Fills | None = None,
    names: Iterable[str] | None = None,
) -> dict[tuple[str, str], Verdict]:
    """Give the verdict on every (KPI, region), and on (KPI, "group"); one query for all fill rates.

    limits: those of the definitions where none are given. fills: measured before, so not measured here. names: the KPIs
    to judge, where not all. The group is comparable where all regions are; a region that cannot answer leaves a
    reservation on the group.
    """
    regions = asked.regions or tuple(organisation.regions)
    limits = limits or definitions.limits
    fills = measured_fills(engine, asked, limits) if fills is None else fills
    judge = _Judge(organisation, fills, limits, asked.as_of)
    found: dict[tuple[str, str], Verdict] = {}
    for kpi in definitions.kpis.values() if names is None else map(definitions.get, names):
        each = {region: judge.verdict(kpi, region) for region in regions}
        found.update({(kpi.name, region): verdict for region, verdict in each.items()})
        found[kpi.name, GROUP] = _of_group(each, organisation)
    return found


def judged(values: Sequence[Value], verdicts: Mapping[tuple[str, str], Verdict]) -> list[Value]:
    """Give values with the verdicts applied: the worse of both counts, and what is not comparable has no value."""
    return [_judged(value, verdicts.get((value.kpi, value.region), Verdict("yes"))) for value in values]


def common(verdicts: Mapping[tuple[str, str], Verdict], regions: Collection[str]) -> tuple[str, ...]:
    """Give the KPIs that all regions can answer, reservations included: the minimum common denominator."""
    kpis = dict.fromkeys(kpi for kpi, _ in verdicts)
    return tuple(kpi for kpi in kpis if all(verdicts[kpi, region].comparable != "no" for region in regions))


@dataclass(frozen=True)
class _Judge:
    organisation: Organisation
    fills: Fills
    limits: Limits
    as_of: datetime

    @cached_property
    def meanings(self) -> dict[str, tuple[str, str] | None]:
        return _amount_meanings(self.organisation)

    @cached_property
    def usual_meaning(self) -> tuple[str, str] | None:
        return _usual(self.meanings)

    @cached_property
    def delivered(self) -> frozenset[tuple[str, str]]:
        """The (table, region) of which there was an export or there are rows."""
        return frozenset(self.fills.newest) | {(of, where) for (of, _, where), fill in self.fills.items() if fill.rows}

    def verdict(self, kpi: Kpi, region: str) -> Verdict:
        notes = [note for pair in kpi.needs for note in self._field(pair, region)]
        tables = {table for table, _ in kpi.needs}
        notes += [note for table in tables for note in self._delivery(table, region)]
        if "opportunity" in tables:
            notes += self._deals(frozenset(column for table, column in kpi.needs if table == "opportunity"), region)
            notes += self._practice(kpi, region)
        if kpi.of_persons and self.organisation.regions[region].person_level == "off":
            text = f"Figures about persons are switched off in {self._name(region)}."
            notes.append(Note("no", "PERSON_LEVEL_OFF", text, Gap(region, "person", "started_on", "off")))
        if {"opportunity", "lead"} & tables:
            notes += self._age(kpi, tables, region)
        worst: Comparable = max((note.level for note in notes), key=RANK.__getitem__, default="yes")
        told = {note.code: note.text for note in sorted(notes, key=lambda note: -RANK[note.level])}
        gaps = frozenset(note.gap for note in notes if note.gap is not None)
        return Verdict(worst, tuple(told), tuple(told.values()), gaps)

    def _field(self, pair: tuple[str, str], region: str) -> list[Note]:
        fill = self.fills.get((*pair, region))
        if fill is None or fill.rows == 0 or fill.share >= self.limits.low_below:
            return []
        if pair in MAY_BE_EMPTY and fill.filled:
            return []
        name, word = self._name(region), column_word(pair[1])
        if fill.share >= self.limits.unusable_below:
            return [Note("reservation", "FILL_LOW", f"{name} fills in {word} in {fill.share:.0%} of {fill.rows:,}.")]
        gap = self._gap(pair, region, fill)
        missing = WITHOUT_FIELD.get(pair, "FIELD_MISSING")
        if gap.do == "cannot":
            return [Note("no", missing, f"{name}'s CRM has no field for {word}.", gap)]
        if fill.share < self.limits.missing_below:
            text = f"{name}'s CRM does not deliver {word} (filled in {fill.share:.0%} of {fill.rows:,})."
            return [Note("no", missing, text, gap)]
        return [Note("no", "FILL_LOW", f"{name} fills in {word} in {fill.share:.0%} of {fill.rows:,}.", gap)]

    def _gap(self, pair: tuple[str, str], region: str, fill: Fill) -> Gap:
        origin = DERIVED_FROM.get(pair)
        known = self.fills.get((*origin, region)) if origin else None
        if origin and known and known.rows and known.share < self.limits.unusable_below:
            pair, fill = origin, known
        return Gap(region, *pair, self._do(pair, region, fill), fill.rows, fill.filled)

    def _do(self, pair: tuple[str, str], region: str, fill: Fill) -> Do:
        """Say what closes a field's gap: nothing where the profiles of all its sources say that the CRM lacks it."""
        if fill.filled:
            return "fill"
        return "cannot" if self.organisation.lacks(region, *pair) else "export"

    def _delivery(self, table: str, region: str) -> list[Note]:
        """Say that a region never delivered a table; one that delivers it empty has nothing in it, which is known."""
        if table not in DELIVERED or (table, region) in self.delivered:
            return []
        text = f"{self._name(region)}'s CRM has not delivered {DELIVERED[table]} so far."
        return [Note("no", "NO_DATA", text, Gap(region, table, WHOLE_TABLE, "deliver"))]

    def _deals(self, columns: frozenset[str], region: str) -> list[Note]:
        name = self._name(region)
        notes: list[Note] = []
        if columns & {"outcome", "stage", "reached_develop"}:
            notes += self._unmapped(region)
        if "business_type" in columns:
            notes += self._types(region)
        if "amount" in columns or "first_amount" in columns:
            notes += self._amounts(region)
        estimated = self.fills.get(("opportunity", "closed_on_estimated", region), Fill(0, 0))
        if columns & {"closed_on", "won_on"} and estimated.share > self.limits.assumed_over:
            text = f"{estimated.share:.0%} of {name}'s close dates are estimated from the change of stage."
            notes.append(Note("reservation", "CLOSE_ESTIMATED", text))
        if "times_pushed" in columns and self._calendar_differs(region):
            notes.append(Note("reservation", "CALENDAR_DIFFERS", f"{name}'s fiscal quarters begin in other months."))
        return notes

    def _unmapped(self, region: str) -> list[Note]:
        found = self.fills.get(("opportunity", "unmapped", region), Fill(0, 0))
        if found.share <= self.limits.unmapped_over:
            return []
        whose = f"{found.filled:,} of {self._name(region)}'s deals"
        text = f"{whose} stand in an unmapped stage, or nobody says how they ended; they are not counted."
        if found.share <= self.limits.unusable_unmapped_over:
            return [Note("reservation", "STAGE_UNMAPPED", text)]
        return [Note("no", "STAGE_UNMAPPED", text, Gap(region, "opportunity", "stage", "map", found.filled))]

    def _types(self, region: str) -> list[Note]:
        """Say that some business types are words that nothing maps; an empty cell is no such word."""
        found = self.fills.get(("opportunity", "type_unmapped", region), Fill(0, 0))
        if ("business_type", region) not in self.fills.unmapped_words or found.share <= self.limits.unmapped_over:
            return []
        text = f"{found.filled:,} of {self._name(region)}'s deals have a business type that nothing maps."
        return [Note("reservation", "TYPE_UNMAPPED", text)]

    def _practice(self, kpi: Kpi, region: str) -> list[Note]:
        """Say which habits of a region's CRM distort a KPI, of those that the KPI says distort it."""
        name, limits = self._name(region), self.limits
        closed, late, stale = (
            self.fills.get(("opportunity", key, region), Fill(0, 0))
            for key in ("losses_recorded", "registered_late", "stale_open")
        )
        enough = closed.rows >= limits.practice_needs
        found = {}
        if enough and late.share > limits.registered_late_over:
            found["REGISTERED_LATE"] = f"{late.share:.0%} of {name}'s won value was entered when it was nearly won."
        if enough and closed.share < limits.losses_below:
            found["LOSSES_NOT_RECORDED"] = f"Only {closed.share:.0%} of {name}'s closed deals are lost or dropped."
        if stale.rows >= limits.practice_needs and stale.share > limits.stale_open_over:
            found["STALE_OPEN"] = (
                f"{stale.share:.0%} of {name}'s open deals are older than deals ever get before a win."
            )
        return [Note("reservation", code, found[code]) for code in kpi.distorted_by if code in found]

    def _amounts(self, region: str) -> list[Note]:
        notes: list[Note] = []
        assumed = self.fills.get(("opportunity", "currency_assumed", region), Fill(0, 0))
        name = self._name(region)
        if assumed.share > self.limits.assumed_over:
            text = f"{assumed.share:.0%} of {name}'s deals name no currency; the profile's was taken."
            notes.append(Note("reservation", "CURRENCY_ASSUMED", text))
        if self.meanings.get(region) not in (None, self.usual_meaning):
            gap = Gap(region, "opportunity", "amount_means", "agree")
            notes.append(Note("no", "AMOUNT_MEANING_DIFFERS", f"A deal's amount means something else in {name}.", gap))
        return notes

    def _age(self, kpi: Kpi, tables: Collection[str], region: str) -> list[Note]:
        newest = [self.fills.newest.get((table, region)) for table in ("opportunity", "lead") if table in tables]
        known = [moment for moment in newest if moment is not None]
        if not known or self.as_of - min(known) <= kpi.stale_after:
            return []
        days = (self.as_of - min(known)).days
        return [Note("reservation", "STALE", f"{self._name(region)}'s newest export is {days} days old.")]

    def _calendar_differs(self, region: str) -> bool:
        """Say whether the region's quarters begin on other days than the group's."""
        own, group = (self.organisation.fiscal_calendar(calendar) for calendar in (region, "group"))
        day = self.as_of.date()
        return own.quarter_of(day).start != group.quarter_of(day).start

    def _name(self, region: str) -> str:
        return self.organisation.regions[region].name


def _of_group(each: Mapping[str, Verdict], organisation: Organisation) -> Verdict:
    without = [region for region, verdict in each.items() if verdict.comparable == "no"]
    if each and len(without) == len(each):
        return Verdict("no", *_merged(each.values()))
    codes, sentences = _merged(verdict for verdict in each.values() if verdict.comparable == "reservation")
    if without:
        names = ", ".join(organisation.regions[region].name for region in without)
        codes, sentences = ("REGION_LEFT_OUT", *codes), (f"The total lacks {names}.", *sentences)
    return Verdict("reservation" if codes else "yes", codes, sentences)


def _merged(verdicts: Iterable[Verdict]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    told: dict[str, str] = {}
    for verdict in verdicts:
        for code, text in zip(verdict.reasons, verdict.sentences, strict=True):
            told.setdefault(code, text)
    return tuple(told), tuple(told.values())


def _judged(value: Value, verdict: Verdict) -> Value:
    worse = verdict.comparable if RANK[verdict.comparable] > RANK[value.comparable] else value.comparable
    reasons = tuple(dict.fromkeys((*verdict.reasons, *value.reasons)))
    if verdict.comparable == "no":
        nothing = replace(value, value=None, numerator=None, denominator=None, counted_twice=None)
        return replace(nothing, comparable="no", reasons=reasons)
    return replace(value, comparable=worse, reasons=reasons)


def _amount_meanings(organisation: Organisation) -> dict[str, tuple[str, str] | None]:
    """Give what an amount means in each region; None where its sources differ among themselves."""
    found: dict[str, set[tuple[str, str]]] = {}
    for source in organisation.sources.values():
        for region in source.region.regions:
            found.setdefault(region, set()).add((source.amount.means, source.amount.tax))
    return {region: meanings.copy().pop() if len(meanings) == 1 else None for region, meanings in found.items()}


def _usual(meanings: Mapping[str, tuple[str, str] | None]) -> tuple[str, str] | None:
    known = sorted(meaning for meaning in meanings.values() if meaning is not None)
    return max(known, key=known.count) if known else None
