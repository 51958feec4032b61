"""Which CRM exports can be read, as the handbook's page: `python -m etl.readable > docs/crm-exports.md` writes it."""

import sys

from etl.crm import crm_module, crm_names
from etl.crm.dialect import Crm
from organisation.source import TABLES

_TOP = """\
# Which CRM exports can be read

A profile names its system under `crm:`. The table is made from the modules in `etl/crm/`; `generic` is every other
system, with all of it said by the profile. Headers of the languages in brackets are usual, but no real export or
vendor's source proves them: a trial reading shows whether they fit. What absence means is a proposal: a profile's
`gone_means` decides.

| system | exports | languages | how a deal says that it is won or lost | no longer in a full export |
|---|---|---|---|---|
"""
_ABSENT = {"deleted": "deleted", "lost": "lost", "unknown": "not known, asked"}


def page() -> str:
    """Give the page as Markdown."""
    return _TOP + "".join(_line(crm_module(name)) for name in crm_names())


def _line(crm: Crm) -> str:
    exports = [key for key, table in TABLES.items() if table in crm.headers]
    languages = dict.fromkeys(language for table in crm.headers.values() for language in table)
    shown = [f"({language})" if language in crm.languages_unproven else language for language in languages]
    cells = (crm.name, ", ".join(exports), ", ".join(shown), "; ".join(outcome_ways(crm)), _ABSENT[crm.absent_means])
    return f"| {' | '.join(cells)} |\n"


def outcome_ways(crm: Crm) -> list[str]:
    """Give the ways in which a system's exports say how a deal ended, the strongest first."""
    columns = crm.headers_of("opportunity")
    ways = {
        "a status word": bool(crm.status_words) and bool({"status_word", "status_reason"} & columns.keys()),
        "an archived flag, as the profile reads it": bool({"is_archived", "is_active"} & columns.keys()),
        "flags won and closed": "is_won" in columns,
        "a stage that the profile maps": "stage_raw" in columns,
        "a probability of 0 or certainty": crm.probability_decides,
    }
    return [way for way, is_used in ways.items() if is_used]


if __name__ == "__main__":
    sys.stdout.write(page())
