"""The demonstration's review of a week ago: held on the figures of that day, judged by those of today."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from demo.promises import WEEKS_AGO, promise_on
from docket.agenda import AGENDA
from docket.database import Database, address_of
from docket.docket import Docket, Ref
from docket.items import Item
from docket.meetings import Decision, Meeting, Meetings
from docket.minutes import minutes_of
from docket.states import Actor, Moment
from kpi.deviations.reading import Key, Reading
from kpi.scope import Scope
from organisation import Organisation, Workspace

CHAIR = Actor("director", "global sales director")
A_WEEK = timedelta(weeks=WEEKS_AGO)


@dataclass(frozen=True)
class Judged:
    """When the review was held, when it is judged, and the figures of that moment."""

    then: Moment
    now: Moment
    today: tuple[Reading, ...]


def is_due(workspace: Workspace) -> bool:
    """Say whether this is a demonstration whose last review has not been held: nothing is on its docket yet."""
    if not (workspace.data / "demonstration.json").exists():
        return False
    everything = Scope.everything()
    database = Database(address_of(workspace))
    try:
        return Meetings(database, everything).newest() is None and not Docket(database, everything).items()
    finally:
        database.close()


def hold_last_review(organisation: Organisation, database: Database, judged: Judged) -> None:
    """Hold the review of a week ago, whose figures are on the docket: it promised something about two of them.

    One is back within what was expected today, one is still off, where there are such; nobody writes down which.
    """
    docket, meetings = Docket(database, Scope.everything()), Meetings(database, Scope.everything())
    then, now = judged.then, judged.now
    meeting = meetings.start(meetings.prepare(then.day, None, CHAIR, then).ref, CHAIR, then)
    lately = Moment(now.at - timedelta(days=1), now.day - timedelta(days=1), now.snapshot)
    promised_on = set[str]()
    for item in _chosen(docket.items(), {reading.key: reading for reading in judged.today}):
        what = promise_on(item.kpi, once_more=item.kpi in promised_on)
        promised_on.add(item.kpi)
        meetings.decide(meeting.id, _promise(organisation, item, what, now), CHAIR, then)
        manager = Actor(item.region, organisation.regions[item.region].manager)
        promised = docket.item(item.id)
        docket.resolve(Ref(promised.id, promised.version), manager, lately, words="Done as promised.")
    _close(organisation, meetings, meetings.meeting(meeting.id), then)


def _chosen(items: tuple[Item, ...], today: Mapping[Key, Reading]) -> list[Item]:
    """Give the item that is most off of those that are off no more, and of those that still are."""
    known = [item for item in items if item.region != "group" and item.kind != "data" and _key(item) in today]
    ranked = sorted(known, key=lambda item: -item.severity)
    over = [item for item in ranked if not today[_key(item)].deviates][:1]
    return over + [item for item in ranked if today[_key(item)].deviates and item.value is not None][:1]


def _key(item: Item) -> Key:
    return Key(item.kpi, item.region, item.segment, item.rule)


def _promise(organisation: Organisation, item: Item, what: str, due: Moment) -> Decision:
    region = organisation.regions[item.region]
    return Decision(
        "deviations",
        "action",
        what,
        owner=region.manager,
        due_on=due.day,
        region=item.region,
        kpi=item.kpi,
        number=f"{region.name}: {item.sentence.rstrip('.')}",
        value_then=item.value,
        deviation=Ref(item.id, item.version),
    )


def _close(organisation: Organisation, meetings: Meetings, meeting: Meeting, moment: Moment) -> None:
    for item in AGENDA[1:]:
        meeting = meetings.turn_to(meeting.ref, item.name, CHAIR, moment)

    def name(region: str) -> str:
        return organisation.regions[region].name if region in organisation.regions else "Group"

    text = minutes_of(meeting, name, ZoneInfo(organisation.group.timezone))
    meetings.close(meeting.ref, text, CHAIR, moment)
