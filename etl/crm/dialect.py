"""What a CRM module says about its system's exports."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Headers = Mapping[str, tuple[str, ...]]
"""Canonical column -> the headers it is exported under; the first is the usual one."""

STATUS_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "opportunity": {
        "status_word": "VARCHAR",
        "status_reason": "VARCHAR",
        "is_closed": "BOOLEAN",
        "is_won": "BOOLEAN",
        "is_archived": "BOOLEAN",
        "is_active": "BOOLEAN",
        "won_at": "TIMESTAMPTZ",
        "lost_at": "TIMESTAMPTZ",
        "amount_actual": "DECIMAL(18, 2)",
    },
    "lead": {"is_converted": "BOOLEAN"},
    "activity": {"is_done": "BOOLEAN"},
    "account": {"is_company": "BOOLEAN"},
    "opportunity_change": {"is_closed": "BOOLEAN", "is_won": "BOOLEAN"},
}
"""Table -> columns that say how a record ended, and their types; read from an export, never stored themselves."""

RECORDS = ("opportunity", "lead", "account", "activity", "person", "opportunity_change")
"""The tables that a CRM's exports are asked for; of each a module says how it is exported, or why it is not."""

STATUS_MEANINGS = ("open", "on_hold", "won", "lost", "dropped", "deleted")


@dataclass(frozen=True)
class Crm:
    """One CRM system: its headers a table and language, its words and what stands around the data.

    headers: table -> language -> canonical column -> headers.
    close_date_is_overwritten: the system has one close date, expected first, actual once the deal is closed.
    empty_is_no: an empty cell of a yes/no column means no.
    yes_words, no_words: further words for yes and no.
    symbol_is_the_exporters: a currency sign beside an amount is that of the person who exports, not the deal's.
    ids_with_checksum: ids come with fifteen characters, or with three more that follow from them.
    groups: lists may hold a line a group, "Won (3)", with the group's sums.
    status_words: how the system says in words of its own that a deal is open, on hold, won, lost, dropped or deleted.
    reason_words: the same for the status reason, where its words or codes mean something else than the status's.
    archived_means: what an archived deal is: lost, dropped or deleted; empty: the profile has to say.
    history_fields: how the exported stage history names the columns of a deal: name -> column.
    probability_scale: what certainty is written as: 1 or 100.
    probability_decides: certainty is a won deal and 0 a lost one, where no status and no mapped stage says so.
    stages: the system's own default pipeline in common stages; a proposal at onboarding, never applied unasked.
    links: column -> what the export writes there: "id", "name", or "ids" and "names" for several joined by ";".
    absent_means: what it means that a record is no longer in a full export: deleted, lost, unknown.
    members: table, or a further export of one (meetings) -> the file inside the system's export archive that holds it.
    languages_unproven: languages whose headers no real export or vendor source proves; onboarding says so.
    activities_are_plans: a list of activities holds what is to be done; nothing of it is done unless a column says so.
    not_exported: table -> why the system exports no such list, and what is done without it.
    """

    name: str
    headers: Mapping[str, Mapping[str, Headers]]
    close_date_is_overwritten: bool = False
    empty_is_no: bool = False
    yes_words: tuple[str, ...] = ()
    no_words: tuple[str, ...] = ()
    symbol_is_the_exporters: bool = False
    ids_with_checksum: bool = False
    groups: bool = False
    null_words: tuple[str, ...] = ()
    footers: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    status_words: Mapping[str, str] = field(default_factory=dict)
    reason_words: Mapping[str, str] = field(default_factory=dict)
    archived_means: str = ""
    history_fields: Mapping[str, str] = field(default_factory=dict)
    probability_scale: int = 100
    probability_decides: bool = False
    on_hold_words: tuple[str, ...] = ()
    lead_statuses: Mapping[str, str] = field(default_factory=dict)
    activity_types: Mapping[str, str] = field(default_factory=dict)
    business_types: Mapping[str, str] = field(default_factory=dict)
    stages: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    absent_means: str = "unknown"
    members: Mapping[str, str] = field(default_factory=dict)
    languages_unproven: tuple[str, ...] = ()
    activities_are_plans: bool = False
    not_exported: Mapping[str, str] = field(default_factory=dict)

    def member(self, table: str, part: str | None) -> str | None:
        """Give the file of the archive that holds an export of a table, or a further one of it; None: not known."""
        return self.members.get(part or table)

    def headers_of(self, table: str) -> dict[str, tuple[str, ...]]:
        """Every header a canonical column of the table may have, over all languages, the usual ones first."""
        found: dict[str, tuple[str, ...]] = {}
        for language in self.headers.get(table, {}).values():
            for column, names in language.items():
                known = found.get(column, ())
                found[column] = known + tuple(name for name in names if name not in known)
        return found
