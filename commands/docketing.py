"""What follows a load on the docket: the figures are read anew, and what is off is written down."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from commands.last_review import A_WEEK, Judged, hold_last_review, is_due
from docket.database import Database, address_of
from docket.recording import record
from docket.states import Moment
from kpi.asking import Asking
from kpi.definitions import Definitions
from kpi.deviations.peers import peer_readings
from kpi.deviations.process import process_readings, with_money_once
from kpi.deviations.reading import Reading
from kpi.deviations.readings import readings, seen_once
from kpi.deviations.weekly import weekly_readings
from kpi.engines.base import Engine
from kpi.in_force import InForce
from kpi.ledger import feeds
from kpi.period import current_quarter
from kpi.scope import Scope
from kpi.scorecard import scorecard
from kpi.slice import Slice
from organisation import Organisation, Workspace
from warehouse.store import Store


@dataclass(frozen=True)
class DocketReadings:
    """What was read for the docket, and when; last_week: the same a week earlier, if a review of then is to be held."""

    readings: tuple[Reading, ...]
    moment: Moment
    last_week: "DocketReadings | None" = None


def read_for_docket(organisation: Organisation, engine: Engine) -> DocketReadings:
    """Read every figure of the running quarter and hold it against its rules; nothing is written."""
    now = organisation.workspace.now()
    found = _read(organisation, engine, now)
    if is_due(organisation.workspace):
        return replace(found, last_week=_read(organisation, engine, now - A_WEEK))
    return found


def write_on_docket(organisation: Organisation, _store: Store, read: DocketReadings) -> None:
    """Store what opened, ended or changed on the docket."""
    database = Database(address_of(organisation.workspace))
    try:
        rules_of = InForce(definitions_in_force(organisation.workspace), organisation.regions).rules
        if read.last_week is not None and is_due(organisation.workspace):
            earlier = read.last_week
            record(database, earlier.readings, earlier.moment, rules_of=rules_of)
            hold_last_review(organisation, database, Judged(earlier.moment, read.moment, read.readings))
        record(database, read.readings, read.moment, rules_of=rules_of)
    finally:
        database.close()


def _read(organisation: Organisation, engine: Engine, at: datetime) -> DocketReadings:
    definitions = definitions_in_force(organisation.workspace)
    asked = Slice(current_quarter(organisation, at), at)
    card = scorecard(engine, organisation, definitions, asked, Scope.everything())
    asking = Asking(engine, organisation, definitions, asked, Scope.everything())
    weekly = weekly_readings(asking, feeds(engine, organisation, asking.scope, at))
    moment = Moment(at, at.astimezone(ZoneInfo(organisation.group.timezone)).date(), int(engine.version()))
    held = process_readings(asking, card, moment.day)
    found = with_money_once(readings(card, asking.in_force, moment.day), held, card)
    return DocketReadings(seen_once([*found, *weekly, *peer_readings(asking)]), moment)


def definitions_in_force(workspace: Workspace) -> Definitions:
    """Give the definitions of a workspace, read once for a state of their file; raises ConfigurationError."""
    file = workspace.definitions_file
    return _definitions(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _definitions(file: Path, _written: int) -> Definitions:
    return Definitions.read(file)
