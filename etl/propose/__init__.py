"""Proposals for exports that nobody has described: how they are read, what each column is, and what has to be asked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from etl.contract import exported_columns
from etl.crm import crm_names
from etl.crm.dialect import STATUS_COLUMNS
from etl.numbers import Signs
from etl.propose.columns import proposed_columns
from etl.propose.look import Look, look_at
from etl.propose.probabilities import probability_scale
from etl.propose.proposal import Answers, FileProposal, Finding, Option, Proposal, Question
from etl.propose.questions import (
    about_amounts,
    about_columns,
    about_coverage,
    about_region,
    about_source,
    which_crm,
    which_table,
)
from etl.propose.readings import Readings, date_readings, decimal_readings
from etl.propose.sight import PIVOT, Sight, is_date
from etl.propose.systems import GENERIC, NEEDED, TABLES, Match, matches, recognised, table_of_name
from etl.propose.words import proposed_words
from organisation import Organisation

__all__ = ["Proposal", "propose_files"]

NAME_COUNTS = 1.5  # as much as so many columns
ENOUGH_OF_A_TABLE = 2.5  # columns by which a part of an archive is taken for a table
CLEARLY = 1.0  # and so much better than the next table


def propose_files(
    files: Sequence[Path],
    region: str,
    organisation: Organisation,
    answers: Answers | None = None,
    *,
    masked: Collection[str] = (),
) -> Proposal:
    """Give what is proposed for a region's files under the answers given so far; masked systems count as unknown.

    Nothing is raised for what is wrong with a file; a proposal says why a file cannot be read.
    """
    said = dict(answers or {})
    looks = [look for file in files for look in look_at(file, said)]
    crm, questions = _crm(looks, said, masked)
    found = [_file(look, crm.value, said, masked) for look in looks]
    proposals = _one_part_a_table([file for file, _ in found])
    questions += [question for _, asked in found for question in asked]
    sights = {look.file: look.sights for look in looks}
    readable = [file for file in proposals if file.table and not file.refused]
    for file in readable:
        questions += about_columns(file, sights[file.file], said)
    questions += about_amounts(readable, sights, said)
    scale, asked_of_scale = probability_scale(readable, sights, crm.value, said)
    questions += asked_of_scale
    for file in readable:
        questions += about_coverage(file, crm.value, said)
    questions += about_source(region, readable, sights, organisation, said)
    questions += about_region(region, organisation, said)
    raws = {look.file: look.raw for look in looks if look.raw is not None}
    pairs = [(file, raws[file.file]) for file in readable if file.file in raws]
    words = proposed_words(pairs, crm.value, organisation.sources, said, _signs(readable))
    return Proposal(region, crm, tuple(proposals), words, tuple(questions), scale)


def _crm(looks: Sequence[Look], said: Answers, masked: Collection[str]) -> tuple[Finding, list[Question]]:
    if said.get("crm") in crm_names():
        return Finding(said["crm"], 1.0, "as answered"), []
    by_file = {look.file: matches([sight.name for sight in look.sights], masked) for look in looks if look.sights}
    candidates: dict[str, int] = {}
    for look in looks:
        for name in recognised(by_file.get(look.file, []), len(look.sights)):
            candidates[name] = candidates.get(name, 0) + max(
                len(match.known) for match in by_file[look.file] if match.crm == name
            )
    if not candidates:
        return Finding(GENERIC, 0.8, "no system's headers are in the files: they are described column by column"), []
    most = max(candidates.values())
    near = sorted((name for name in candidates if candidates[name] * 1.25 > most), key=lambda name: -candidates[name])
    if len(near) > 1:
        return Finding(GENERIC, 0.0, f"the headers fit {' and '.join(near)}"), [which_crm(near, said)]
    return Finding(near[0], 0.97, _why(near[0], looks, by_file)), []


def _why(crm: str, looks: Sequence[Look], by_file: Mapping[str, Sequence[Match]]) -> str:
    parts = []
    for look in looks:
        best = next((match for match in by_file.get(look.file, ()) if match.crm == crm), None)
        if best:
            languages = "/".join(best.languages)
            parts.append(f"{len(best.known)} of {len(look.sights)} headers of {look.file} are {crm}'s ({languages})")
    return "; ".join(parts)


def _file(look: Look, crm: str, said: Answers, masked: Collection[str]) -> tuple[FileProposal, list[Question]]:
    if look.raw is None:
        # of an archive, a part that is no table (a text, a picture) is left out, with its reason
        refused = None if look.part else look.refused
        findings = look.findings | ({"table": Finding("none", 1.0, look.refused[1])} if look.refused else {})
        return FileProposal(look.file, None, 0, findings, (), refused, part=look.part), list(look.questions)
    scores = _scores(look, crm, masked)
    table, question = _table(look, scores, said)
    rows = look.raw.cells.height + len(look.raw.broken)
    if table is None:
        asked = [question] if question and not look.part else []
        findings = look.findings | ({"table": Finding("none", 0.5, "no table is clearly in it")} if look.part else {})
        return FileProposal(look.file, None, rows, findings, (), tables=scores, part=look.part), asked
    columns = proposed_columns(look.sights, table, crm, _said_columns(look, said), masked)
    findings = dict(look.findings)
    findings["table"] = Finding(table, 1.0 if said.get(f"{look.file}/table") else 0.95, _why_table(look, table, scores))
    file = FileProposal(look.file, table, rows, findings, columns, tables=scores, part=look.part)
    asked = [question] if question else []
    for what, readings in _writing(file, look.sights, said).items():
        if readings.finding:
            findings[what] = readings.finding
        else:
            asked.append(_which_reading(look.file, what, readings.options, said))
            if said.get(f"{look.file}/{what}"):
                findings[what] = Finding(said[f"{look.file}/{what}"], 1.0, "as answered")
    return replace(file, findings=findings), asked


def _one_part_a_table(files: Sequence[FileProposal]) -> list[FileProposal]:
    """Leave out the parts of an archive whose table another part holds more clearly."""
    best: dict[tuple[str, str], float] = {}
    for file in files:
        if file.part and file.table:
            place = (file.part.file, file.table)
            best[place] = max(best.get(place, 0.0), file.tables.get(file.table, 0.0))
    found = []
    for file in files:
        if file.part and file.table and file.tables.get(file.table, 0.0) < best[file.part.file, file.table]:
            reason = f"another part holds the {file.table} table more clearly"
            left_out = replace(
                file, table=None, columns=(), findings={**file.findings, "table": Finding("none", 0.5, reason)}
            )
            found.append(left_out)
        else:
            found.append(file)
    return found


def _scores(look: Look, crm: str, masked: Collection[str]) -> dict[str, float]:
    named = table_of_name(look.file)
    found: dict[str, float] = {}
    has_deals = False
    for table in TABLES:
        columns = proposed_columns(look.sights, table, crm, {}, masked)
        taken = {each.column: each.confidence for each in columns if each.column}
        is_possible = all(column in taken for column in NEEDED.get(table, ()))
        found[table] = round(sum(taken.values()) + (NAME_COUNTS if table == named else 0.0), 2) if is_possible else 0.0
        if table == "opportunity":
            has_deals = "opportunity_id" in taken
    if not has_deals and any(found[table] for table in NEEDED):
        found["opportunity"] = 0.0  # what is no list of deals, and can be a list of their stages, is one
    return found


def _table(look: Look, scores: Mapping[str, float], said: Answers) -> tuple[str | None, Question | None]:
    answered = said.get(f"{look.file}/table", "")
    if answered in TABLES:
        return answered, which_table(look.file, scores, said)
    best, second = sorted(scores.values(), reverse=True)[:2]
    enough = best >= ENOUGH_OF_A_TABLE or not look.part
    if best >= second + CLEARLY and enough:
        return max(scores, key=lambda table: scores[table]), None
    return None, which_table(look.file, scores, said)


def _why_table(look: Look, table: str, scores: Mapping[str, float]) -> str:
    if table_of_name(look.file) == table:
        return "its headers and its name say so"
    second = sorted((score, name) for name, score in scores.items() if name != table)[-1]
    return f"its headers fit {table} ({scores[table]:.1f}) better than {second[1]} ({second[0]:.1f})"


def _said_columns(look: Look, said: Answers) -> dict[str, str]:
    """Give header -> column as answered; an answer about a header goes before one about a column."""
    found: dict[str, str] = {}
    names = {sight.name for sight in look.sights}
    for key, value in said.items():
        if key.startswith(f"{look.file}/is/") and value in names:
            found[value] = key.removeprefix(f"{look.file}/is/")
    for key, value in said.items():
        header = key.removeprefix(f"{look.file}/column/")
        if header != key and header in names and value:
            found = {each: column for each, column in found.items() if column != value} | {header: value}
    return found


def _writing(file: FileProposal, sights: Sequence[Sight], said: Answers) -> dict[str, Readings]:
    """Give how the file's numbers and dates can be read, by those of its columns that are taken."""
    types = _types(file.table or "")
    by_kind: dict[str, list[str]] = {"number": [], "date": []}
    serial = False
    for sight in sights:
        column = next((each.column for each in file.columns if each.header == sight.name), None)
        kind = types.get(column or "", "")
        if kind:
            by_kind[kind] += sight.values
            serial |= kind == "date" and "serial" in sight.looks_like and "date" not in sight.looks_like
    found: dict[str, Readings] = {}
    if by_kind["number"]:
        found["decimal"] = decimal_readings(by_kind["number"])
    if serial:
        option = Option("excel_serial", "days as Excel counts them", ", ".join(by_kind["date"][:2]))
        found["dates"] = Readings(None, (option,))
    elif by_kind["date"]:
        pivot = said.get(f"{file.file}/two_digit_years", "")
        if any(is_date(text, PIVOT) and not is_date(text, None) for text in by_kind["date"]):
            years = (
                Option("70", "70 to 99 are 19xx"),
                Option("50", "50 to 99 are 19xx"),
                Option("30", "30 to 99 are 19xx"),
            )
            found["two_digit_years"] = Readings(None, years)
        found["dates"] = date_readings(by_kind["date"], int(pivot) if pivot.isdecimal() else None)
        if "two_digit_years" in found and not pivot:
            found.pop("dates")
    return found


def _types(table: str) -> dict[str, str]:
    columns = {name: column.sql_type for name, column in exported_columns(table).items()}
    columns |= STATUS_COLUMNS.get(table, {})
    kinds = {"DECIMAL": "number", "INTEGER": "number", "DATE": "date", "TIMESTAMPTZ": "date"}
    return {name: kinds[kind] for name, sql_type in columns.items() for kind in kinds if sql_type.startswith(kind)}


def _which_reading(file: str, what: str, options: tuple[Option, ...], said: Answers) -> Question:
    texts = {
        "decimal": (f"How does {file} write numbers?", "Its numbers can be read in two ways."),
        "dates": (f"In which order does {file} write dates?", "Its dates can be read in more than one order."),
        "two_digit_years": (f"Which years are meant in {file}?", "Its years have two digits."),
    }
    key = f"{file}/{what}"
    return Question(key, *texts[what], options, answer=said.get(key, ""), blocks=True)


def _signs(files: Sequence[FileProposal]) -> dict[str, Signs]:
    found = {}
    for file in files:
        decimal = file.findings.get("decimal")
        signs = Signs.declared(decimal.value, None) if decimal else None
        if signs:
            found[file.file] = signs
    return found
