"""The weekly review's agenda: 45 minutes, item by item."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AgendaItem:
    """One item: its name, its words, and from which minute to which it is dealt with."""

    name: str
    words: str
    begins: int
    ends: int

    @property
    def minutes(self) -> int:
        """How long it may take."""
        return self.ends - self.begins


AGENDA = (
    AgendaItem("promises", "Promises", 0, 5),
    AgendaItem("call", "Call and pace", 5, 12),
    AgendaItem("deviations", "Deviations", 12, 30),
    AgendaItem("quarters", "Next quarters", 30, 37),
    AgendaItem("accounts", "Accounts", 37, 42),
    AgendaItem("process", "Process", 42, 45),
)
ITEM = {item.name: item for item in AGENDA}
