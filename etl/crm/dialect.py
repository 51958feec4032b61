"""What a CRM module says about its system's exports."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Headers = Mapping[str, tuple[str, ...]]
"""Canonical column -> the headers it is exported under; the first is the usual one."""

STATUS_COLUMNS = ("status_word", "status_reason", "is_closed", "is_won", "won_at", "lost_at")
"""Columns that say how a deal ended; read from an export, never stored themselves."""


@dataclass(frozen=True)
class Crm:
    """One CRM system: its headers a table and language, its words and what stands around the data.

    headers: table -> language -> canonical column -> headers.
    close_date_is_overwritten: the system has one close date, expected first, actual once the deal is closed.
    empty_is_no: an empty cell of a yes/no column means no.
    status_words: how the system says in words of its own that a deal is open, won, lost or dropped.
    """

    name: str
    headers: Mapping[str, Mapping[str, Headers]]
    close_date_is_overwritten: bool = False
    empty_is_no: bool = False
    null_words: tuple[str, ...] = ()
    footers: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    status_words: Mapping[str, str] = field(default_factory=dict)
    on_hold_words: tuple[str, ...] = ()
    lead_statuses: Mapping[str, str] = field(default_factory=dict)
    activity_types: Mapping[str, str] = field(default_factory=dict)
    business_types: Mapping[str, str] = field(default_factory=dict)

    def headers_of(self, table: str) -> dict[str, tuple[str, ...]]:
        """Every header a canonical column of the table may have, over all languages, the usual ones first."""
        found: dict[str, tuple[str, ...]] = {}
        for language in self.headers.get(table, {}).values():
            for column, names in language.items():
                known = found.get(column, ())
                found[column] = known + tuple(name for name in names if name not in known)
        return found
