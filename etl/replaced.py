"""Exports that hold other records than those before, or the same under other ids: deals would go, or count twice."""

from dataclasses import dataclass, field

import polars as pl

from etl.conformed import Conformed
from etl.gate import Held
from etl.ledger import Entry, Member
from etl.whole_ids import SHORT, SHORT_LENGTH, WHOLE, whole_ids
from organisation import Source
from warehouse.schema import keyed_table
from warehouse.states import StatesOf
from warehouse.store import Store

RECORDS = ("opportunity", "lead", "account", "activity")  # what a CRM names by an id of its own
SHORTENS = "salesforce"
FEWEST = 10  # of fewer records all may be new
OPEN_ONLY = 0.1  # what is open may all be closed by the next export but for a few
NO_IDS = pl.Series("id", [], dtype=pl.String)


@dataclass
class Standing:
    """The records that stand: as stored, and as the exports of a batch have shown them since.

    shown: ids in these exports; is_whole: one of them was full, so that what only the store holds stands no more.
    """

    store: Store
    source: Source
    of: StatesOf
    shown: pl.Series = field(default_factory=lambda: NO_IDS)
    is_whole: bool = False

    def why_held(self, member: Member) -> Held | None:
        """Say why an export waits whose records are others than those that stand, or the same under other ids."""
        entry, content = member.entry, member.content
        if content.table not in RECORDS or entry.is_correction:
            return None
        return self._under_other_ids(content) or self._others(entry, content)

    def add(self, member: Member) -> None:
        """Note what an export showed that takes effect."""
        if member.content.table not in RECORDS or member.entry.is_correction:
            return
        is_full = member.entry.mode == "full"
        ids = _ids(member.content)
        self.shown = ids if is_full else pl.concat([self.shown, ids])
        self.is_whole = self.is_whole or is_full

    def _others(self, entry: Entry, content: Conformed) -> Held | None:
        least = self.source.gate.same_records_at_least
        if entry.mode != "full" or least is None or content.unchanged.height * 2 >= content.loaded:
            return None
        if entry.covers == "open_only":
            least = min(least, OPEN_ONLY)
        ids = _ids(content)
        before = self._count(content.table)
        if min(before, ids.len()) < FEWEST:
            return None
        same = self._count(content.table, ids)
        if same >= least * min(before, ids.len()):
            return None
        message = (
            f"It holds {same:,} of the {before:,} records known before, and {ids.len() - same:,} others: the CRM, its "
            "ids or what is exported changed. Nothing was changed. Refuse it and export the same ids as before; is it "
            "another CRM now, give that one a profile of its own. Release it only if the records of before are gone."
        )
        return Held("OTHER_RECORDS", message)

    def _under_other_ids(self, content: Conformed) -> Held | None:
        """Hold what names records that stand by the other of the two ids that Salesforce gives each."""
        ids = _ids(content)
        short, whole = ids.filter(ids.str.contains(SHORT)), ids.filter(ids.str.contains(WHOLE))
        cut = whole.str.slice(0, SHORT_LENGTH)
        others = pl.concat([cut.filter(whole_ids(cut) == whole), whole_ids(short)])
        same = self._count(content.table, others) if others.len() else 0
        if not same:
            return None
        first = (
            "" if self.source.crm == SHORTENS else f"Set crm: {SHORTENS} in the profile, under which both ids are one. "
        )
        message = (
            f"{same:,} of its records stand under another id: in reports Salesforce shortens ids of 18 characters to "
            f"15. Loaded as they are they would count twice. Nothing was changed. {first}Run denominator replay "
            f"--source {self.source.id}, which reads all that is loaded with whole ids; then release it."
        )
        return Held("OTHER_RECORDS", message)

    def _count(self, table: str, ids: pl.Series | None = None) -> int:
        """Count the records that stand, of all or of some ids."""
        shown = self.shown.unique()
        if ids is not None:
            shown = shown.filter(shown.is_in(ids.implode()))
        if self.is_whole:
            return shown.len()
        return self._stored(table, ids) + (shown.len() - self._stored(table, shown) if shown.len() else 0)

    def _stored(self, table: str, ids: pl.Series | None) -> int:
        keyed = keyed_table(table)
        condition, parameters = self.of.where(keyed)
        statement = f"SELECT count(*) AS rows FROM {keyed.name} {{only}} WHERE {condition} AND known_until IS NULL"
        if ids is None:
            return int(self.store.query(statement.format(only=""), parameters)["rows"][0])
        (key,) = keyed.keys
        with self.store.frame("shown", ids.unique().to_frame(key)):
            return int(self.store.query(statement.format(only=f"SEMI JOIN shown USING ({key})"), parameters)["rows"][0])


def _ids(content: Conformed) -> pl.Series:
    """Give the ids of the records that an export shows, of rejected ones too."""
    (key,) = keyed_table(content.table).keys
    shown = content.shown(key)[key].alias("id")
    return pl.concat([shown, content.rejects["record_key"].drop_nulls().alias("id")]).unique()
