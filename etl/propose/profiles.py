"""Proposals and answers written as the profile files of a region and its source, readable and commented."""

import fnmatch
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath

from etl.contract import exported_columns
from etl.crm import crm_module
from etl.crm.dialect import STATUS_COLUMNS
from etl.errors import EtlError
from etl.propose.proposal import NOT_AGREED, Answers, FileProposal, Proposal
from organisation import Organisation
from organisation.source import ACTIVITIES, TABLES

_DAY = re.compile(r"(?<!\d)(20\d\d)([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")
_RUN = re.compile(r"\d{2,}|\(\d+\)|[\[\]?*]")
_PLAIN = re.compile(r"[A-Za-zÀ-ž][\wÀ-ž ./+-]*[\wÀ-ž]|[A-Za-z]")
WRITTEN = ("encoding", "delimiter", "decimal", "dates", "two_digit_years")
_WORDS_OF_YAML = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"}
KEY_OF = {table: key for key, table in TABLES.items()}
UNSAID = {"amount/means": "total", "amount/tax": "excluded", "amount/unit": "1"}


@dataclass(frozen=True)
class ProfileFiles:
    """The texts of the two files; region is None where the region has a profile already."""

    source: str
    region: str | None


def profile_files(
    proposal: Proposal, organisation: Organisation, answers: Answers, notes: Sequence[str]
) -> ProfileFiles:
    """Give a readable proposal as the files that a load reads; notes stand as comments at the source's top.

    What is asked and not answered yet is written as if the usual were true, so that rows can be shown; nothing of it
    may be kept before every question is answered.
    """
    region = None if proposal.region in organisation.regions else _region(answers)
    return ProfileFiles(_source(proposal, answers, notes, organisation.workspace.now().date()), region)


def file_pattern(name: str, others: Sequence[str] = ()) -> str:
    """Give the pattern of a file's name: days and numbers change, and no other file of the source fits it."""
    loose = _RUN.sub("*", _DAY.sub("*", name))
    loose = re.sub(r"\*[-_. ]*(?:\*[-_. ]*)+(?=\*|$)", "*", re.sub(r"\*+", "*", loose))
    fits_others = any(fnmatch.fnmatchcase(other.casefold(), loose.casefold()) for other in others)
    return re.sub(r"([\[\]?*])", r"[\1]", name) if fits_others or loose.startswith("*") else loose


def moment_rule(name: str) -> str | None:
    """Give the rule that takes an export's moment from its name, where the name holds a day."""
    found = _DAY.search(name)
    if not found or "%" in name or name != name.strip():
        return None
    sign = found[2]
    written = f"%Y{sign}%m{sign}%d"
    ending = PurePath(name).suffix
    return f"file name: {name[: found.start()]}{written}{ending}" if ending else None


def _region(answers: Answers) -> str:
    def said(key: str, default: str) -> str:
        return _quoted(answers.get(f"region/{key}") or default)

    return (
        f"name: {said('name', 'Region')}\n"
        f"part_of: {said('part_of', 'Group')}\n"
        f"manager: {said('manager', 'regional manager')}   # a role, never a name\n"
        f"currency: {said('currency', 'EUR')}\n"
        f"timezone: {said('timezone', 'UTC')}\n"
        f"country: {_always_quoted(answers.get('region/country') or 'US')}   # its public holidays\n"
        f"working_hours: {answers.get('region/working_hours') or '08:00-17:00'}\n"
        f"fiscal_year_starts: {said('fiscal_year_starts', 'january')}\n"
        f"lead_sla: {{default: {answers.get('region/lead_sla') or '8'} hours}}   # working hours; "
        "add a lead source to promise something else for it\n"
        'person_level: "off"   # figures of single persons are not shown\n'
    )


def _source(proposal: Proposal, answers: Answers, notes: Sequence[str], today: date) -> str:
    lines = [f"# {note}" for note in notes]
    lines += [f"crm: {proposal.crm.value}   # {proposal.crm.reason}", *_region_rule(proposal, answers, today)]
    if answers.get("currency"):
        lines.append(f"currency: {_quoted(answers['currency'])}   # of rows that name none; they are marked")
    if answers.get("timezone"):
        lines.append(f"timezone: {_quoted(answers['timezone'])}   # in which the CRM writes its times")
    means, tax, unit = (answers.get(key) or UNSAID[key] for key in UNSAID)
    won = f", won: {answers['amount/won']}" if answers.get("amount/won") else ""
    lines.append(f"amount: {{means: {means}, tax: {tax}, unit: {unit}{won}}}")
    if proposal.probability:
        lines.append(f"probability: {{scale: {proposal.probability.value}}}   # {proposal.probability.reason}")
    lines += ["", "exports:"]
    for key, file in _exports(proposal).items():
        lines += _export(key, file, proposal, answers)
    lines.append("")
    lines += _words(proposal)
    return "\n".join(lines) + "\n"


def _region_rule(proposal: Proposal, answers: Answers, today: date) -> list[str]:
    """Give the rule as of the first export. It holds for all that the export knows, so it has no valid_from of its own:
    deals that closed before would fall to another region. A later division is a second rule with its day."""
    column = answers.get("region_from", "-")
    if column in ("", "-"):
        return [f"region: {proposal.region}"]
    words = {
        key.removeprefix("region_word/"): region for key, region in answers.items() if key.startswith("region_word/")
    }
    since = min((day for file in _exports(proposal).values() for day in [_day_of(file)] if day), default=today)
    note = f"as of {since}; if the regions are divided anew, add a rule with its valid_from"
    lines = [f"region_from:   # {note}", f"  column: {_quoted(column)}"]
    lines += [f"  {_quoted(word)}: {_quoted(region)}" for word, region in words.items() if region]
    if any(all(each.header != column for each in file.columns) for file in _exports(proposal).values()):
        lines.append(f"  default: {proposal.region}   # files without the column")
    return lines


def _day_of(file: FileProposal) -> date | None:
    found = _DAY.search(_name(file))
    try:
        return date(int(found[1]), int(found[3]), int(found[4])) if found else None
    except ValueError:  # 31 February is a number, and no day
        return None


def _exports(proposal: Proposal) -> dict[str, FileProposal]:
    """Give the exports by their keys: files of one table are one export where they are named and written alike.

    Activities may come in several exports; a file that names no types is what its name says: calls, meetings, …
    """
    found: dict[str, FileProposal] = {}
    for file in proposal.files:
        if file.is_left_out:
            continue
        key = _key(file)
        if file.table == "activity" and key in found and _written(found[key]) != _written(file):
            key = re.sub(r"\W+|_+", "_", PurePath(_name(file)).stem.casefold()).strip("_0123456789") or key
        first = found.setdefault(key, file)
        if first is not file and _written(first) != _written(file):
            raise EtlError(
                f"{first.file} and {file.file} both list {KEY_OF[str(file.table)]}, but are named or written "
                "differently. Rehearse them one after the other, each as a source of its own."
            )
    return found


def _key(file: FileProposal) -> str:
    told = set(ACTIVITIES) & set(re.split(r"[\W_]+", PurePath(_name(file)).stem.casefold()))
    if file.table == "activity" and len(told) == 1 and file.header_of("type_raw") is None:
        return told.pop()
    return KEY_OF[file.table or "opportunity"]


def _written(file: FileProposal) -> tuple[object, ...]:
    return (
        file_pattern(_name(file)),
        file.part.name if file.part else "",
        {name: file.findings[name].value for name in WRITTEN if name in file.findings},
        {each.header: each.column for each in file.columns if each.column},
    )


def _name(file: FileProposal) -> str:
    return file.part.file if file.part else file.file


def _export(key: str, file: FileProposal, proposal: Proposal, answers: Answers) -> list[str]:
    own = KEY_OF[file.table or "opportunity"] == key  # an export of a key of its own takes no other file of its table
    others = [_name(e) for e in proposal.files if (e.table != file.table or not own) and _name(e) != _name(file)]
    said = {
        key.removeprefix(f"{file.file}/"): value for key, value in answers.items() if key.startswith(f"{file.file}/")
    }
    covers = said.get("covers") or "all"
    lines = [
        f"  {key}:" if key in (*TABLES, *ACTIVITIES) else f"  {key}:\n    table: activities",
        f"    files: {json.dumps(file_pattern(_name(file), others), ensure_ascii=False)}",
    ]
    if covers == "delta":
        lines.append("    mode: delta   # only what changed since the last one")
    else:
        since = said.get("closed_since", "")
        stated = (
            f"{{closed_since: {since}}}"
            if covers == "closed_since" and since
            else covers.replace("closed_since", "all")
        )
        lines += ["    mode: full", f"    covers: {stated}", f"    gone_means: {said.get('gone_means') or 'unknown'}"]
    arrives = said.get("arrives") or NOT_AGREED
    lines.append(
        "    # arrives: not agreed, so it is never called late; such as daily by 07:00"
        if arrives == NOT_AGREED
        else f"    arrives: {_quoted(arrives)}"
    )
    rule = moment_rule(_name(file))
    lines += [f"    exported_at: {json.dumps(rule, ensure_ascii=False)}"] if rule else []
    lines += [
        f"    {what}: {json.dumps(finding.value, ensure_ascii=False)}   # {finding.reason}"
        for what in WRITTEN
        for finding in [file.findings.get(what)]
        if finding and not (what == "encoding" and finding.value == "utf-16")
    ]
    lines += [f"    {file.part.key}: {_always_quoted(file.part.name)}"] if file.part else []
    columns = columns_to_state(file, proposal.crm.value)
    if columns:
        lines.append("    columns:")
        lines += [f"      {column}: {_always_quoted(header)}" for column, header in columns.items()]
    return lines


def columns_to_state(file: FileProposal, crm: str) -> dict[str, str]:
    """Give column -> header for what differs from the headers that the CRM's module finds by itself.

    An empty header says that a column the module would find is not taken.
    """
    table = file.table or "opportunity"
    known = crm_module(crm).headers_of(table)
    names = {each.header for each in file.columns}
    alone = {column: next((label for label in labels if label in names), None) for column, labels in known.items()}
    wanted = {each.column: each.header for each in file.columns if each.column}
    order = (*exported_columns(table), *STATUS_COLUMNS.get(table, {}))
    stated = {column: wanted.get(column, "") for column in order if wanted.get(column) != alone.get(column)}
    return {column: header for column, header in stated.items() if header or alone.get(column)}


def _words(proposal: Proposal) -> list[str]:
    kinds: dict[str, dict[str, str]] = {}
    unmapped: dict[str, list[str]] = {}
    for word in proposal.words:
        if word.meaning:
            kinds.setdefault(word.kind, {})[word.word] = word.meaning
        else:
            unmapped.setdefault(word.kind, []).append(word.word)
    lines = []
    for kind in dict.fromkeys([*kinds, *unmapped]):
        if kind in kinds:
            lines.append(f"{kind}:")
            lines += [f"  {_quoted(word)}: {meaning}" for word, meaning in kinds[kind].items()]
        if unmapped.get(kind):
            words = ", ".join(unmapped[kind][:20]).replace("\n", " ")
            lines.append(f"# not mapped, so listed on the freshness page ({kind}): {words}")
    return lines


def _quoted(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) is not None and text.casefold() not in _WORDS_OF_YAML and ": " not in text
    return text if is_plain else _always_quoted(text)


def _always_quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
