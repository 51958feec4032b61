"""The words around a figure: what its n counts, why it is missing, where it comes from."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from kpi.card import Cell, Scorecard
from kpi.comparability import Verdict
from kpi.definition import Kpi
from kpi.formula_words import in_words
from kpi.reason_codes import sentence
from kpi.slice import Slice
from kpi.told import DEALS, LEADS
from kpi.value import GROUP, Value
from ui.explain import Explanation
from ui.formats import NO_DATA, after_distance, counted, full_day, full_moment, grouped, listed, value_text
from ui.matrix import spoken_cell
from ui.view import View

SHORT = {
    "FIELD_MISSING": "not delivered",
    "FILL_LOW": "rarely filled",
    "STAGE_UNMAPPED": "stage unmapped",
    "AMOUNT_MEANING_DIFFERS": "other amount",
    "NO_TARGET": "no target",
    "TARGET_REACHED": "target reached",
    "NO_HISTORY": "no history",
    "REBUILT": "rebuilt",
    "NO_DATA": "no data yet",
    "NO_RATE": "no rate",
    "NO_ROWS": "no cases",
    "ZERO_DENOMINATOR": "no cases",
    "IMMATURE": "too early",
    "STALE": "too old",
    "N_TOO_SMALL": "too few",
    "PERSON_LEVEL_OFF": "switched off",
}
FIELD_WORDS = {"first_touch_at": "no first contact", "times_pushed": "no date history", "sql_at": "no qualification"}
_NOUNS = {
    "opportunity": ("deal", "deals"),
    "opportunity_base": ("deal", "deals"),
    "lead": ("lead", "leads"),
    "feed": ("feed", "feeds"),
    "cell_fill": ("open deal", "open deals"),
}


@dataclass(frozen=True)
class Words:
    """The words of one page's figures: its view, its scorecard, and what the regions can answer."""

    view: View
    card: Scorecard
    verdicts: dict[tuple[str, str], Verdict]
    question: Slice

    def kpi(self, name: str) -> Kpi:
        """A KPI's definition as it holds in the period."""
        return self.view.definitions.get(name).on(self.card.period.to_date)

    def shown(self, value: Value) -> str:
        """A value with its unit, or "no data"."""
        return value_text(value.value, value.unit, value.currency)

    def counted(self, value: Value) -> str:
        """What the value rests on: "412 deals"."""
        one, many = self._noun(self.kpi(value.kpi))
        return counted(value.n, one, many)

    def reservations(self, value: Value) -> str:
        """Why the value is comparable only with reservation, or what its total lacks; else empty."""
        verdict = self.verdicts.get((value.kpi, value.region))
        told = list(verdict.sentences) if verdict else []
        known = verdict.reasons if verdict else ()
        told += [sentence(code) for code in value.reasons if code not in known and value.comparable != "yes"]
        if value.missing_regions:
            told.append(f"Late or missing: {listed([self.view.name(region) for region in value.missing_regions])}.")
        if value.left_out:
            told.append(f"{counted(value.left_out, 'row')} left out for want of a needed field.")
        return " ".join(dict.fromkeys(told))

    def reason(self, cell: Cell) -> str:
        """The words that follow a figure's distance, or say why there is no figure."""
        if cell.value.value is None:
            return self.why_not(cell.value)
        return after_distance(cell.why, cell.change, cell.change_unit)

    def why_not(self, value: Value) -> str:
        """The few words a cell shows instead of a figure."""
        missing = self._missing_field(value)
        codes = [code for code in value.reasons if code in SHORT]
        return missing or (SHORT[codes[0]] if codes else NO_DATA)

    def why_not_sentence(self, value: Value) -> str:
        """Why there is no figure, as a sentence."""
        told = self.reservations(value) or " ".join(sentence(code) for code in value.reasons)
        return told or "There is no data for this figure yet."

    def spoken(self, cell: Cell) -> str:
        """A cell as one sentence."""
        value = cell.value
        reasons = self.reservations(value) or " ".join(sentence(code) for code in value.reasons)
        label, name = self.kpi(value.kpi).label, self.view.name(value.region)
        return spoken_cell(
            label, name, self.shown(value), cell, counted=self.counted(value), reasons=reasons.rstrip(".")
        )

    def explanation(self, value: Value) -> Explanation:
        """Where a value comes from, for the panel behind its sign."""
        kpi = self.kpi(value.kpi)
        ratio = ""
        if value.numerator is not None and value.denominator is not None:
            ratio = f"{self._part(value, value.numerator)} ÷ {self._part(value, value.denominator)}"
        lines = (
            ("In words", in_words(kpi, self.view.definitions)),
            ("Formula", formula_text(kpi)),
            ("This figure", ratio),
            ("Counted once", once_words(value)),
            ("Enough is", self.enough(kpi, value.region)),
            ("Rests on", self.counted(value)),
            ("It is not", kpi.is_not),
            ("Period", f"{self.card.period.label}, to {full_day(self.card.period.to_date)}"),
            ("Told until", self._told_until(kpi, value.region)),
            ("As of", full_moment(value.as_of, self.view.zone)),
            ("Files", self._files(kpi, value.region)),
            ("Agreed by", self._agreed(kpi)),
            ("Owner", kpi.owner),
            ("Reservation", self.reservations(value)),
        )
        title = f"{kpi.label}, {self.view.name(value.region)}"
        return Explanation(title, kpi.question, lines, (*self._leads(kpi, value.region), self._question(title, value)))

    def enough(self, kpi: Kpi, region: str) -> str:
        """How much of a figure is enough, by the one that says so: "3.1× (Coverage required)"; else empty."""
        cell = self.card.cells.get((kpi.compare_with or "", region))
        if cell is None or cell.value.value is None:
            return ""
        return f"{self.shown(cell.value)} ({self.kpi(cell.value.kpi).label})"

    def _question(self, title: str, value: Value) -> tuple[str, str]:
        """A letter about the figure, to whom the reader likes, with what it rests on and its moment."""
        subject = f"{title}: {self.shown(value)}"
        body = (
            f"{subject}, {self.counted(value)}, {self.card.period.label}, as of "
            f"{full_moment(value.as_of, self.view.zone)}.\n\nMy question: "
        )
        return "Ask about this number", f"mailto:?{urlencode({'subject': subject, 'body': body}, quote_via=quote)}"

    def _leads(self, kpi: Kpi, region: str) -> tuple[tuple[str, str], ...]:
        """Where the explanation leads on: the rows behind the figure, the whole definition, the loads."""
        of = self.card.regions[0] if region == GROUP and self.card.regions else region
        rows = "Rows of " + self.view.name(of) if region == GROUP else "Its rows"
        return (
            (rows, self.view.choice.link("region", region=of, kpi=kpi.name, regions="")),
            ("Full definition", self.view.choice.link("definitions", kpi=kpi.name, region="")),
            ("Its loads", self.view.choice.link("freshness", regions="" if region == GROUP else region, region="")),
        )

    def _part(self, value: Value, part: object) -> str:
        number = float(str(part))
        return (
            grouped(number)
            if value.currency is None or abs(number) < 1e4
            else value_text(number, "money", value.currency)
        )

    def _noun(self, kpi: Kpi) -> tuple[str, str]:
        tables = [table for table, _ in self.view.definitions.get(kpi.name).needs if table in _NOUNS]
        table = kpi.table or (tables[0] if tables else "")
        return _NOUNS.get(table, ("row", "rows"))

    def _missing_field(self, value: Value) -> str:
        if "FIELD_MISSING" not in value.reasons:
            return ""
        needed = [column for _, column in self.kpi(value.kpi).needs]
        return next((FIELD_WORDS[column] for column in needed if column in FIELD_WORDS), "")

    def _files(self, kpi: Kpi, region: str) -> str:
        tables = {table for table, _ in kpi.needs} | {kpi.table}
        feeds = [
            feed for feed in self.view.feeds if feed.file and feed.table in tables and region in (GROUP, feed.region)
        ]
        files = list(dict.fromkeys(f"{feed.source}/{feed.file}" for feed in feeds))
        return ", ".join(files[:2]) + (f" and {len(files) - 2} more" if len(files) > 2 else "")

    def _told_until(self, kpi: Kpi, region: str) -> str:
        """Up to which day a figure is compared where the newest export of its region tells less far than its period."""
        if not self.view.definitions.ends_with_exports(kpi.name):
            return ""
        days = told_days(self.view, {table for table, _ in kpi.needs} & {DEALS, LEADS}, region)
        oldest = min(days, key=lambda name: days[name], default=None)
        if oldest is None or days[oldest] >= self.card.period.to_date:
            return ""
        if region != GROUP:
            return f"{full_day(days[oldest])}, the day of the newest export"
        return f"each region's newest export, the oldest of {full_day(days[oldest])} ({self.view.name(oldest)})"

    def _agreed(self, kpi: Kpi) -> str:
        agreed = [
            self.view.name(region) for region, when in kpi.agreed.items() if when != "open" and self._known(region)
        ]
        still = [
            self.view.name(region) for region, when in kpi.agreed.items() if when == "open" and self._known(region)
        ]
        return listed(agreed) + (f"; open: {listed(still)}" if still else "")

    def _known(self, region: str) -> bool:
        return region in self.view.organisation.regions


def told_days(view: View, tables: AbstractSet[str], region: str = GROUP) -> dict[str, date]:
    """The region's own day of the newest export of some tables; of all regions for the group."""
    days: dict[str, date] = {}
    for feed in view.feeds_in_view:
        if feed.exported_at is not None and feed.table in tables and region in (GROUP, feed.region):
            day = feed.exported_at.astimezone(ZoneInfo(view.region(feed.region).timezone)).date()
            days[feed.region] = max(day, days.get(feed.region, day))
    return days


def formula_text(kpi: Kpi) -> str:
    """A KPI's formula as the definitions file writes it, in one line."""
    return " ".join((kpi.formula or kpi.combine or kpi.of or kpi.paced or kpi.weighted or "").split())


def twice_words(value: Value) -> str:
    """What two regions count and the total counts once, in the two words that a tile has room for; else empty."""
    return f"{_twice(value)} twice" if value.counted_twice else ""


def once_words(value: Value) -> str:
    """How the regions' figures lead to a total in which deals that are one count once; empty where none are."""
    if not value.counted_twice or value.value is None:
        return ""
    regions = value_text(float(value.value) + float(value.counted_twice), value.unit, value.currency)
    whole = value_text(value.value, value.unit, value.currency)
    return f"regions {regions} − counted twice {_twice(value)} = group {whole}"


def _twice(value: Value) -> str:
    return value_text(value.counted_twice, value.unit, value.currency)
