"""Which export is the newest where no file name says it; what cannot be known waits for a person's word."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from etl.gate import Held, Shape, shape_of, why_held
from etl.ledger import Entry, Member
from etl.replaced import Standing
from warehouse.store import Store

BY_NAME, BY_COLUMN, BY_RELEASE = "file name", "column", "release"
TICK = timedelta(microseconds=1)
DATED_NAMES = "A date in the file's name, told by exported_at in the profile, decides this by itself."


@dataclass(frozen=True)
class Newest:
    """The newest export in force: its file, its moment, and the newest change that it showed."""

    file: str
    moment: datetime
    changed: datetime

    @classmethod
    def of(cls, store: Store, stored: Sequence[Entry]) -> "Newest | None":
        """Give the newest of the exports in force, which are in the order of their moments; None where none is."""
        exports = [entry for entry in stored if not entry.is_correction]
        if not exports:
            return None
        last = exports[-1]
        shown = _newest_change(store, last) if last.exported_at_from == BY_RELEASE else None
        return cls(last.file, last.exported_at, shown or last.exported_at)

    @classmethod
    def after(cls, newest: "Newest | None", found: Entry, placed: Entry) -> "Newest | None":
        """Give the newest export after one more: as it was found and as it was placed."""
        if placed.is_correction or (newest and placed.exported_at < newest.moment):
            return newest
        return cls(placed.file, placed.exported_at, found.exported_at)

    def placed(self, entry: Entry) -> Entry | None:
        """Give an export's ledger row with its moment; None where nobody can know whether it is older or newer.

        Its newest change says when an export was made at the earliest. Is that before the moment of the newest one,
        it is an old export, or one in which what changed last is gone. After an export that a person called the
        newest, which counts as of its arrival, those with the same newest change do so too.
        """
        if entry.exported_at_from != BY_COLUMN or entry.is_correction or entry.exported_at >= self.moment:
            return entry
        if self.changed < self.moment and entry.exported_at >= self.changed:
            return replace(entry, exported_at=max(entry.loaded_at, self.moment + TICK), exported_at_from=BY_RELEASE)
        return None

    def in_doubt(self, entry: Entry) -> Held:
        """Say why an export waits of which nobody can know whether it is older or newer."""
        message = (
            f"Its newest change is of {_shown(entry.exported_at)}, older than {self.file}, which counts as of "
            f"{_shown(self.moment)}, and its name does not say when it was made. So it is an older export, or a newer "
            "one in which the record that changed last is gone. Nothing was changed. Release it if it is the newest: "
            f"it counts as of its arrival then. Refuse it if it is an old one. {DATED_NAMES}"
        )
        return Held("EXPORT_ORDER", message)


def arrivals(now: datetime, stored: Sequence[Entry]) -> Iterator[datetime]:
    """Give an instant of arrival a file, each later than the one before, so that the order of equal moments is kept."""
    last = max((entry.loaded_at for entry in stored), default=now - TICK)
    first = max(now, last + TICK)
    return (first + place * TICK for place in count())


def is_surely_newest(moment: datetime | None, before: Sequence[Entry]) -> bool:
    """Say whether an export of a moment is surely the newest, so that nothing has to be folded anew."""
    return moment is not None and all(entry.exported_at < moment for entry in before)


def judged(member: Member, newest: Newest | None, earlier: list[Shape], standing: Standing) -> tuple[Entry, Shape]:
    """Give an export's ledger row, placed in the order of the loads or held, and what the export looks like."""
    entry = member.entry
    placed = newest.placed(entry) if newest else entry
    moment = placed.exported_at if placed else entry.loaded_at  # in doubt it is compared with all that came before
    shape = replace(shape_of(member.content, full=entry.mode == "full"), moment=moment)
    why = why_held(shape, earlier, standing.source.gate) or (newest.in_doubt(entry) if newest and not placed else None)
    is_newest = newest is None or moment >= newest.moment
    if is_newest and not why:  # what an older export lacks, a newer one may have since
        why = standing.why_held(member)
    if why:
        return replace(entry, status="held", reason=why.reason, message=why.message, archived_as=None), shape
    if is_newest:
        standing.add(member)
    return placed or entry, shape


def repeated(entry: Entry, same: Entry, latest: Entry) -> Entry:
    """Give the ledger row of an export that waits because it is, byte for byte, one loaded before the latest."""
    after = hashlib.sha256(f"{same.load_id} {latest.load_id}".encode()).hexdigest()[:12]
    message = (
        f"It is byte for byte {same.file}, loaded on {_shown(same.loaded_at)}; {latest.file} came after that. Nothing "
        "was changed. Release it if the CRM shows this again: it is the newest then. Refuse it if an old file was "
        f"sent once more. {DATED_NAMES}"
    )
    return replace(
        same,
        load_id=f"{entry.load_id.rpartition('-')[0]}-{after}",
        file=entry.file,
        archived_as=None,
        exported_at=entry.exported_at,
        exported_at_from=entry.exported_at_from,
        loaded_at=entry.loaded_at,
        status="held",
        reason="REPEATED_EXPORT",
        message=message,
        changed=0,
        who=entry.who,
    )


def is_sent_again(same: Entry, latest: Entry) -> bool:
    """Say whether an export equal to another one is surely that one: its name says so, it is the newest, or waits."""
    return same.status == "held" or same.exported_at_from == BY_NAME or same.is_correction or latest.is_of(same.load_id)


def is_left_by_a_kill(archive: Path, same: Entry, stored: Sequence[Entry]) -> bool:
    """Say whether a file is the loaded one itself, which was not put away any more."""
    return same in stored and not (archive / str(same.archived_as)).exists()


def released(store: Store, entry: Entry, stored: Sequence[Entry]) -> Entry:
    """Give the ledger row of an export that a person let in, with its moment.

    Where its rows leave open whether it was newer than what was loaded when it arrived, it was, because the person
    says so: it counts as of its arrival, and never after what arrived later.
    """
    newest = Newest.of(store, [each for each in stored if each.loaded_at < entry.loaded_at])
    if newest is None or newest.placed(entry) == entry:
        return entry
    later = [each.exported_at for each in stored if each.loaded_at >= entry.loaded_at]
    until = min((moment - TICK for moment in later if moment >= newest.moment), default=entry.loaded_at)
    moment = max(newest.moment, min(entry.loaded_at, until))
    return replace(entry, exported_at=moment, exported_at_from=BY_RELEASE)


def _newest_change(store: Store, entry: Entry) -> datetime | None:
    found = store.query(
        "SELECT max(data_until) AS newest FROM load_region WHERE load_id = ? AND rows > 0", [entry.load_id]
    )
    newest = found["newest"][0]
    return newest if isinstance(newest, datetime) else None


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
