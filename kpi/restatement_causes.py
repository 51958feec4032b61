"""Why the past of a deal has changed: a late or withdrawn file, a replay, a corrected row, or the CRM itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import polars as pl

from kpi.engines.base import Engine
from kpi.scope import Scope


class Cause(Enum):
    """What changed the past; the value is the sentence for people."""

    LATE_FILE = "An older export came late."
    WITHDRAWN = "An export was withdrawn."
    REPLAYED = "The archive was read again with a changed profile."
    CORRECTED = "A rejected row was corrected."
    NEW_SOURCE = "A source was loaded for the first time."
    DELETED = "The deal is no longer in the CRM's export."
    LEFT_VIEW = "The deal left the CRM's view; nobody has said what became of it."
    BACKDATED = "The deal was closed or entered later, with a day in the past."
    MOVED = "The deal belongs to another region now."
    RATE = "A budget rate was changed."
    EDITED = "The CRM changed a closed deal."

    @property
    def is_in_file(self) -> bool:
        """Whether a line of a file shows the change."""
        return self not in (Cause.WITHDRAWN, Cause.DELETED, Cause.LEFT_VIEW, Cause.RATE)


Why = tuple[Cause, str | None, str | None]
"""The cause, the file that shows it, and who asked for it."""

LOADS = """
SELECT load_id, source, file, status, exported_at, profile_hash, who FROM load
WHERE table_name = 'opportunity' AND {until}
"""
LAST_STATES = """
SELECT v.source, v.opportunity_id AS number, v.load_id, {ended} AS known_until, v.ended_because, v.outcome, v.region,
    v.amount, v.currency, CASE WHEN v.outcome = 'won' THEN v.won_on ELSE v.closed_on END AS closed_on, v.is_deleted
FROM opportunity_version AS v
WHERE list_contains($numbers, v.opportunity_id) AND {until}
QUALIFY row_number() OVER (
    PARTITION BY v.source, v.opportunity_id ORDER BY v.known_from DESC, v.known_until DESC NULLS FIRST
) = 1
"""
REJECTED = """
SELECT DISTINCT l.source, r.record_key AS number FROM rejected_row AS r JOIN load AS l ON l.load_id = r.load_id
WHERE l.table_name = 'opportunity' AND l.status = 'loaded' AND r.corrected_by IS NULL
    AND list_contains($numbers, r.record_key)
"""
Row = Mapping[str, object]


@dataclass(frozen=True)
class Evidence:
    """What the causes are read from: the stores before and after, the moment where it is one, the deals, the reader."""

    before: Engine
    after: Engine
    moment: Mapping[str, object]
    deals: pl.DataFrame
    scope: Scope


def causes(evidence: Evidence) -> dict[tuple[str, str], Why]:
    """Give why the past of each deal (source, number) has changed."""
    ledger = _Ledger.of(evidence)
    deals = [(str(source), str(number)) for source, number in evidence.deals.iter_rows()]
    return {deal: ledger.why(*deal) for deal in deals}


@dataclass(frozen=True)
class _Ledger:
    old: Mapping[str, Row]
    new: Mapping[str, Row]
    was: Mapping[tuple[str, str], Row]
    now: Mapping[tuple[str, str], Row]
    rejected: frozenset[tuple[str, str]]
    scope: Scope

    @classmethod
    def of(cls, evidence: Evidence) -> "_Ledger":
        moment = dict(evidence.moment)
        numbers = {"numbers": evidence.deals["number"].unique().to_list()}
        new = evidence.after.fetch(LOADS.format(until="true"))
        old = evidence.before.fetch(LOADS.format(until="exported_at <= $moment" if moment else "true"), moment)
        then = {
            "until": "v.known_from <= $moment" if moment else "true",
            "ended": "CASE WHEN v.known_until <= $moment THEN v.known_until END" if moment else "v.known_until",
        }
        present = {"until": "true", "ended": "v.known_until"}
        return cls(
            old={str(row["load_id"]): row for row in old.iter_rows(named=True)},
            new={str(row["load_id"]): row for row in new.iter_rows(named=True)},
            was=_by_deal(evidence.before.fetch(LAST_STATES.format(**then), numbers | moment)),
            now=_by_deal(evidence.after.fetch(LAST_STATES.format(**present), numbers)),
            rejected=frozenset((str(a), str(b)) for a, b in evidence.before.fetch(REJECTED, numbers).iter_rows()),
            scope=evidence.scope,
        )

    def why(self, source: str, number: str) -> Why:
        """Give the cause of one deal's change."""
        was, now = self.was.get((source, number)), self.now.get((source, number))
        withdrawn = self._withdrawn(source, was, now)
        if withdrawn:
            return Cause.WITHDRAWN, str(withdrawn["file"]), str(withdrawn["who"])
        load = self._load_of(now)
        file = str(load["file"]) if load else None
        if was and now and self._may_see(was) != self._may_see(now):
            # Whatever else changed stands in a state that the reader may not see.
            return Cause.MOVED, file, None
        if load and str(load["load_id"]) in self._in_force:
            return self._of_known_file(load, was, now), file, str(load["who"])
        if load is None or not any(self.old[name]["source"] == source for name in self._in_force):
            return Cause.NEW_SOURCE, file, None
        return self._of_new_file((source, number), load, was, now), file, None

    @property
    def _in_force(self) -> frozenset[str]:
        return frozenset(name for name, row in self.old.items() if row["status"] == "loaded")

    def _withdrawn(self, source: str, was: Row | None, now: Row | None) -> Row | None:
        """Give the withdrawn export that showed the deal as it was, or whose absence lets an older state hold again."""
        taken = {
            name: row
            for name, row in self.new.items()
            if row["status"] == "withdrawn" and row["source"] == source and name in self._in_force
        }
        if was and str(was["load_id"]) in taken and (now is None or now["load_id"] != was["load_id"]):
            return taken[str(was["load_id"])]
        ended = was and was["known_until"]
        return next((row for row in taken.values() if ended and row["exported_at"] == ended), None)

    def _may_see(self, state: Row) -> bool:
        return self.scope.allows(str(state["region"]))

    def _of_known_file(self, load: Row, was: Row | None, now: Row | None) -> Cause:
        if was and now and _facts(was) == _facts(now):
            return Cause.RATE
        before = self.old[str(load["load_id"])]
        return Cause.REPLAYED if before["profile_hash"] != load["profile_hash"] else Cause.EDITED

    def _of_new_file(self, deal: tuple[str, str], load: Row, was: Row | None, now: Row | None) -> Cause:
        newest = max(
            moment
            for row in self.old.values()
            if row["source"] == deal[0]
            and row["status"] == "loaded"
            and isinstance(moment := row["exported_at"], datetime)
        )
        exported = load["exported_at"]
        if isinstance(exported, datetime) and exported < newest:
            cause = Cause.LATE_FILE
        elif deal in self.rejected:
            cause = Cause.CORRECTED
        elif now and now["ended_because"] in ("deleted", "left_view"):
            cause = Cause.DELETED if now["ended_because"] == "deleted" else Cause.LEFT_VIEW
        elif now and now["is_deleted"]:
            cause = Cause.DELETED
        elif was is None or was["outcome"] in (None, "open") or was["known_until"] is not None:
            cause = Cause.BACKDATED
        elif now and _facts(was)[:-1] == _facts(now)[:-1]:
            cause = Cause.MOVED if was["region"] != now["region"] else Cause.RATE
        else:
            cause = Cause.EDITED
        return cause

    def _load_of(self, now: Row | None) -> Row | None:
        """Give the load that shows the deal as it is: its state's own, or the one that no longer has it."""
        if now is None:
            return None
        ended, own = now["known_until"], self.new.get(str(now["load_id"]))
        if ended is None or own is None:
            return own
        gone = (row for row in self.new.values() if row["exported_at"] == ended and row["source"] == own["source"])
        return next(gone, own)


def _facts(row: Row) -> tuple[object, ...]:
    return row["outcome"], row["amount"], row["currency"], row["closed_on"], row["is_deleted"], row["region"]


def _by_deal(rows: pl.DataFrame) -> dict[tuple[str, str], Row]:
    return {(str(row["source"]), str(row["number"])): row for row in rows.iter_rows(named=True)}
