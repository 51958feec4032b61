"""Which CRM exports can be read, as the handbook's page: `python -m etl.readable > docs/crm-exports.md` writes it."""

import sys

from etl.contract import keys_of
from etl.crm import crm_module, crm_names
from etl.crm.dialect import RECORDS, Crm
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
_TABLES = """
## Which tables a system exports

`yes`: with an id under a header that a real export, vendor's source or documentation, or code that reads real exports
proves; `(yes)`: the id's header is usual, and nothing proves it yet; `-`: the system exports no such list, for the
reason below. Without a stage history the loader compares the exports of deals with one another, so that what changed is
known from the first export on.

"""
_WHY = """
## Why a system exports no such list

"""
_AROUND = """
## What stands in the files beside the data

Links are what the cell that points at another record holds; a profile's `links` says otherwise. `footers`, `totals` and
`null_words` of a profile add to the last two columns.

| system | links | lines below the data | words for an empty cell |
|---|---|---|---|
"""
_ABSENT = {"deleted": "deleted", "lost": "lost", "unknown": "not known, asked"}


def page() -> str:
    """Give the page as Markdown."""
    systems = [crm_module(name) for name in crm_names()]
    parts = (_TOP, *map(_line, systems), _TABLES, *_matrix(systems), _WHY, *map(_reasons, systems), _AROUND)
    return "".join((*parts, *map(_around, systems)))


def _line(crm: Crm) -> str:
    exports = [key for key, table in TABLES.items() if table in crm.headers]
    languages = dict.fromkeys(language for table in crm.headers.values() for language in table)
    shown = [f"({language})" if language in crm.languages_unproven else language for language in languages]
    cells = (crm.name, ", ".join(exports), "; ".join(shown), "; ".join(outcome_ways(crm)), _ABSENT[crm.absent_means])
    return f"| {' | '.join(cells)} |\n"


def _matrix(systems: list[Crm]) -> list[str]:
    keys = {table: key for key, table in TABLES.items() if table in RECORDS}
    top = [f"| system | {' | '.join(keys[table] for table in RECORDS)} |\n", f"|{'---|' * (len(RECORDS) + 1)}\n"]
    return top + [f"| {crm.name} | {' | '.join(_exports(crm, table) for table in RECORDS)} |\n" for crm in systems]


def _exports(crm: Crm, table: str) -> str:
    languages = crm.headers.get(table, {})
    proven = {column for name, found in languages.items() if name not in crm.languages_unproven for column in found}
    if not languages:
        return "-"
    return "yes" if proven >= set(keys_of(table)) - {"field"} else "(yes)"


def _reasons(crm: Crm) -> str:
    keys = {table: key for key, table in TABLES.items()}
    return "".join(f"- **{crm.name}**, {keys[table]}: {why}.\n" for table, why in crm.not_exported.items())


def _around(crm: Crm) -> str:
    links = ", ".join(f"{column}: {kind}" for column, kind in crm.links.items())
    below = [f"`{text}`" for text in dict.fromkeys(crm.totals + crm.footers)]
    if crm.groups:
        below.append("a line a group, as `Won (3)`")
    empty = [f"`{word}`" for word in crm.null_words]
    return f"| {crm.name} | {links or '-'} | {', '.join(below) or '-'} | {', '.join(empty) or '-'} |\n"


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
