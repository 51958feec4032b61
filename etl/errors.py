"""What can go wrong while an export is read.

EtlError
├── Refused      the whole file cannot be read; nothing of it is loaded
└── UnknownCrm   a profile names a CRM system that has no module
"""

from collections.abc import Sequence
from difflib import get_close_matches


class EtlError(Exception):
    """The family of everything the loader raises."""


class Refused(EtlError):
    """A file that cannot be read as declared; nothing of it is loaded."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message

    def __reduce__(self) -> tuple[type["Refused"], tuple[str, str]]:
        return type(self), (self.reason, self.message)


class UnknownCrm(EtlError):
    """A profile names a CRM system that has no module in etl/crm."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        near = get_close_matches(name, known, 1)
        hint = f' Did you mean "{near[0]}"?' if near else ""
        super().__init__(f'"{name}" is no CRM system that can be read; there are {", ".join(known)}.{hint}')
        self.name = name
        self.known = tuple(known)

    def __reduce__(self) -> tuple[type["UnknownCrm"], tuple[str, tuple[str, ...]]]:
        return type(self), (self.name, self.known)
