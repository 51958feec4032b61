"""The questions of a pack: asked at one moment of one store, and what stood at the last review."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from docket.pack.content import Content
from kpi.asking import Answers, Asking, Remembering
from kpi.card import Scorecard
from kpi.change.states import Between
from kpi.definitions import Definitions
from kpi.engines.base import Engine
from kpi.period import Period, quarter
from kpi.scope import Scope
from kpi.scorecard import scorecard
from kpi.slice import Currency, Slice
from organisation import Organisation

WEEK = timedelta(days=7)
DAY = timedelta(days=1)
NOON, SATURDAY = time(12), 5


@dataclass(frozen=True)
class Meeting:
    """When a pack is made (UTC), and for which day's review; until: the last day that counts, the one before it.

    The end of the evening before the review is the cut-off, in each region's own zone.
    """

    made_at: datetime
    day: date
    until: date

    def cut_off(self, zone: str) -> datetime:
        """Give the end of the evening before in a zone; never later than the making of the pack."""
        return min(datetime.combine(self.day, time(), ZoneInfo(zone)), self.made_at)


def meeting_of(organisation: Organisation, made_at: datetime, day: date | None = None) -> Meeting:
    """Give the meeting of a day; by default that of today for a pack made before noon in the group's zone, and else
    that of the next weekday.
    """
    local = made_at.astimezone(ZoneInfo(organisation.group.timezone))
    held = day or (local.date() if local.time() < NOON else _next_weekday(local.date()))
    return Meeting(made_at, held, min(held - DAY, local.date()))


def _next_weekday(day: date) -> date:
    return next(later for later in (day + DAY * passed for passed in (1, 2, 3)) if later.weekday() < SATURDAY)


@dataclass(frozen=True)
class Questions:
    """Everything a pack asks of a store at its cut-off; previous: the pack of the last review."""

    engine: Engine
    organisation: Organisation
    definitions: Definitions
    meeting: Meeting
    previous: Content | None = None

    @cached_property
    def once(self) -> Remembering:
        """The engine, asked the same question once."""
        return Remembering(self.engine)

    @property
    def scope(self) -> Scope:
        """All of it: what a reader may see of a pack is cut when it is read."""
        return Scope.everything()

    @cached_property
    def as_of(self) -> datetime:
        """What had arrived by the latest of the regions' cut-offs counts."""
        zones = [region.timezone for region in self.organisation.regions.values()] or [self.organisation.group.timezone]
        return max(self.meeting.cut_off(zone) for zone in zones)

    @cached_property
    def asked(self) -> Slice:
        """The quarter of the evening before, to date."""
        return Slice(self.quarter(0), self.as_of)

    def quarter(self, later: int) -> Period:
        """Give the group's quarter of the evening before, or one so many quarters later."""
        calendar = self.organisation.fiscal_calendar("group")
        found = calendar.quarter_at(calendar.quarter_index(self.meeting.until) + later)
        return quarter(self.organisation, found, self.meeting.until)

    @property
    def since(self) -> date:
        """The last day of the pack before, else a week earlier: changes are told from its end on."""
        return self.previous.head.until if self.previous else self.meeting.until - WEEK

    @property
    def known_before(self) -> datetime:
        """The moment of the pack before, else a week earlier."""
        return self.previous.head.as_of if self.previous else self.as_of - WEEK

    @cached_property
    def card(self) -> Scorecard:
        """The scorecard in the group's currency at budget rates."""
        return scorecard(self.once, self.organisation, self.definitions, self.asked, self.scope)

    @cached_property
    def own_card(self) -> Scorecard:
        """The scorecard of each region in its own currency."""
        own = replace(self.asked, currency="local")
        return scorecard(self.once, self.organisation, self.definitions, own, self.scope)

    def answers(self, asked: Slice, names: Sequence[str]) -> Answers:
        """Give the values of those KPIs that the definitions know, by KPI and region."""
        asking = Asking(self.once, self.organisation, self.definitions, asked, self.scope)
        return asking.answers(asked, [name for name in names if name in self.definitions.kpis])

    def between(self, currency: Currency, closing_in: Period | None = None) -> Between:
        """Give the question what changed since the last review."""
        since = min(self.since, self.meeting.until)
        return Between(since, self.meeting.until, self.as_of, closing_in, currency=currency)
