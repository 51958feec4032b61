"""One thing that an examination found, and examinations that go on where one check of them fails."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

PROBLEM, NOTICE = "problem", "notice"
ASK_AGAIN = "Mend the other problems first, then ask again."
Check = Callable[[], Iterable["Finding"]]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: severity is "problem", or "notice" where no figure is wrong or missing for it.

    code is a stable word for programs; where is a file, a source and table, or a load.
    """

    severity: str
    code: str
    what: str
    where: str
    what_to_do: str


def problem(code: str, what: str, where: object, what_to_do: str) -> Finding:
    """Give a finding that somebody has to do something about."""
    return Finding(PROBLEM, code, what, str(where), what_to_do)


def notice(code: str, what: str, where: object, what_to_do: str) -> Finding:
    """Give a finding that is good to know."""
    return Finding(NOTICE, code, what, str(where), what_to_do)


def all_of(checks: Mapping[str, Check], where: object) -> list[Finding]:
    """Give what several checks find; one that cannot be made is a problem itself and hides no other's findings."""
    found: list[Finding] = []
    for name, check in checks.items():
        try:
            found.extend(check())
        except Exception as error:  # whatever a broken workspace makes of a check
            what = f"It could not be examined: {name} ({error})."
            found.append(problem("not_examined", what, where, ASK_AGAIN))
    return found
