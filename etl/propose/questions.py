"""What is asked of a person: what a file cannot say, and what it says in more than one way."""

from collections.abc import Mapping, Sequence

from etl.contract import columns_of, keys_of
from etl.crm import crm_module, crm_names
from etl.propose.countries import country_names, country_of, currencies_of, zones_of
from etl.propose.proposal import LIKELY, NOT_AGREED, NOT_USED, Answers, FileProposal, Option, Question
from etl.propose.sight import Sight
from etl.propose.systems import GENERIC, TABLES
from organisation import Organisation
from organisation.fields import MONTHS

ASKED: Mapping[str, tuple[str, ...]] = {
    "opportunity": ("opportunity_id", "amount"),
    "lead": ("lead_id", "created_at", "status_raw"),
    "activity": ("activity_id", "at"),
    "account": ("account_id",),
    "person": ("person_ref",),
    "opportunity_change": ("opportunity_id", "changed_at"),
    "pipeline_stage": ("stage_id", "label"),
}
MOST_REGIONS = 20
HOW_FAR = ("stage_raw", "status_word", "is_won")
TABLE_NAMES = {
    "opportunity": "deals",
    "lead": "leads",
    "activity": "activities",
    "account": "accounts",
    "person": "persons (the CRM's users)",
    "opportunity_change": "changes of deals (stage history)",
    "pipeline_stage": "stages (what the deals' stage ids are called)",
}


def which_crm(candidates: Sequence[str], answers: Answers) -> Question:
    """Ask which of several systems wrote the files."""
    named = [Option(name, crm_module(name).name) for name in candidates]
    rest = [Option(name, crm_module(name).name) for name in crm_names() if name not in candidates and name != GENERIC]
    options = (*named, Option(GENERIC, "none of them: a file of our own"), *rest)
    why = f"The headers fit {' and '.join(candidates)} alike."
    return Question("crm", "Which CRM wrote these files?", why, options, answer=answers.get("crm", ""), blocks=True)


def which_table(file: str, scores: Mapping[str, float], answers: Answers) -> Question:
    """Ask what a file lists."""
    order = sorted(TABLES, key=lambda table: -scores.get(table, 0))
    options = tuple(Option(table, TABLE_NAMES[table], f"{scores.get(table, 0):.1f}") for table in order)
    key = f"{file}/table"
    why = "Its headers and its name do not say it clearly."
    return Question(key, f"What does {file} list?", why, options, answer=answers.get(key, ""), blocks=True)


def about_columns(file: FileProposal, sights: Sequence[Sight], answers: Answers) -> list[Question]:
    """Ask for the columns that everything rests on, where none or more than one is found."""
    found = []
    table = file.table or ""
    wanted = [*ASKED.get(table, ())]
    if table == "opportunity" and not any(file.header_of(column) for column in HOW_FAR):
        wanted.append("stage_raw")
    contested = [each.column for each in file.columns if each.column and each.rivals]
    for column in dict.fromkeys([*wanted, *contested]):
        key = f"{file.file}/is/{column}"
        header = file.header_of(column)
        is_contested = column in contested
        if header and not is_contested and not answers.get(key):
            continue
        candidates = _candidates(file, column, sights)
        needed = column in keys_of(table) or (column == "stage_raw" and table == "opportunity")
        none = () if needed else (Option(NOT_USED, "none of them"),)
        why = "More than one column fits." if is_contested else "No column is clearly it."
        asked = f"Which column of {file.file} is {_meaning(table, column)}?"
        options = (*candidates, *none)
        found.append(Question(key, asked, why, options, header or "", answers.get(key, ""), blocks=needed))
    return found


def about_amounts(
    files: Sequence[FileProposal], sights: Mapping[str, Sequence[Sight]], answers: Answers
) -> list[Question]:
    """Ask what an amount means; never answered by the file itself."""
    headers = [
        header for file in files if file.table == "opportunity" for header in [file.header_of("amount")] if header
    ]
    if not headers:
        return []
    example = ", ".join(
        text for file in files for sight in sights[file.file] if sight.name in headers for text in sight.examples
    )
    means = (
        Option("total", "the whole contract"),
        Option("annual", "one year of it"),
        Option("first_year", "its first year"),
        Option("one_off", "the part that is paid once"),
    )
    tax = (Option("excluded", "without tax"), Option("included", "with tax"))
    unit = (Option("1", "in units", example), Option("1000", "in thousands"))
    why = f'"{headers[0]}" does not say it ({example}).'
    actual = [header for file in files for header in [file.header_of("amount_actual")] if header]
    return [
        *([_about_won(headers[0], actual[0], answers)] if actual else []),
        Question("amount/means", "What does a deal's amount mean?", why, means, answer=answers.get("amount/means", "")),
        Question("amount/tax", "With or without tax?", why, tax, answer=answers.get("amount/tax", "")),
        Question("amount/unit", "In units or in thousands?", why, unit, answer=answers.get("amount/unit", "")),
    ]


def _about_won(estimated: str, actual: str, answers: Answers) -> Question:
    options = (Option("estimated", f'"{estimated}", as before it was won'), Option("actual", f'"{actual}"'))
    why = "The file has both, and they may differ."
    key = "amount/won"
    return Question(key, "Which is the amount of a won deal?", why, options, answer=answers.get(key, ""))


def about_coverage(file: FileProposal, crm: str, answers: Answers) -> list[Question]:
    """Ask what an export covers and what it means when a record is no longer in it."""
    name, what = file.file, TABLE_NAMES[file.table or "opportunity"]
    covers = f"{name}/covers"
    options: tuple[Option, ...] = (
        Option("all", f"all {what}"),
        Option("open_only", "only open ones"),
        Option("closed_since", "open ones, and those closed since a day"),
        Option("delta", "only what changed since the last export"),
    )
    if file.table not in ("opportunity", "lead"):
        options = tuple(option for option in options if option.value in ("all", "delta"))
    asked = [Question(covers, f"What does {name} cover?", "No file says it.", options, answer=answers.get(covers, ""))]
    asked.append(_about_arrival(name, answers))
    if answers.get(covers) == "closed_since":
        key = f"{name}/closed_since"
        asked.append(
            Question(
                key, "Closed since which day? (YYYY-MM-DD)", "It covers no earlier ones.", answer=answers.get(key, "")
            )
        )
    if answers.get(covers) != "delta" and file.table in ("opportunity", "lead"):
        key = f"{name}/gone_means"
        usual = crm_module(crm).absent_means
        why = "A record that leaves a full export is gone for a reason that the file does not say."
        if usual != "unknown":
            why += f" In {crm} it usually means {usual}."
        gone = (
            Option("deleted", "it was deleted"),
            Option("lost", "it was lost (archived)"),
            Option("unknown", "nobody knows: list it"),
        )
        asked.append(
            Question(
                key, f"What does it mean when a record is no longer in {name}?", why, gone, answer=answers.get(key, "")
            )
        )
    return asked


def _about_arrival(name: str, answers: Answers) -> Question:
    why = "Such as daily by 07:00, weekdays by 07:00, monday by 07:00, every 4 hours. Nothing agreed is never late."
    key = f"{name}/arrives"
    said = answers.get(key, "")
    return Question(key, f"By when does {name} arrive?", why, (), NOT_AGREED, said, assumed=NOT_AGREED)


def about_region(region: str, organisation: Organisation, answers: Answers) -> list[Question]:
    """Ask for what a new region's profile states; a known region has one already."""
    if region in organisation.regions:
        return []
    name = region.replace("_", " ").title()
    country = answers.get("region/country") or country_of(region)
    zones = zones_of(country)
    currencies = currencies_of(country)
    known = organisation.regions.values()
    parts = tuple(sorted({each.part_of for each in known if each.part_of}))
    slas = [each.lead_sla.get("default", 0) for each in known if each.lead_sla]
    sla = f"{max(set(slas), key=slas.count):g}" if slas else ""
    countries = tuple(Option(code, label) for code, label in sorted(country_names().items(), key=lambda item: item[1]))
    only_zone = zones[0] if len(zones) == 1 else ""
    only_part = parts[0] if len(parts) == 1 else ""
    month = MONTHS[organisation.group.fiscal_years[-1].month - 1]

    def ask(key: str, text: str, why: str, suggested: str = "", options: tuple[Option, ...] = ()) -> Question:
        return Question(f"region/{key}", text, why, options, suggested, answers.get(f"region/{key}", ""), blocks=True)

    zone_options = tuple(Option(zone, zone) for zone in zones)
    months = tuple(Option(each, each.title()) for each in MONTHS)
    return [
        ask("name", "What is the region called?", "People see this name.", name),
        ask("country", "Whose public holidays does it keep?", "Working days are counted by them.", country, countries),
        ask(
            "currency", "In which currency does it report?", "A code such as EUR.", currencies[0] if currencies else ""
        ),
        ask("timezone", "In which time zone does it work?", "Days begin and end there.", only_zone, zone_options),
        ask("part_of", "Which part of the group is it in?", f"Today there are {', '.join(parts)}.", only_part),
        ask("manager", "Who manages it? (a role, never a name)", "Flags go there.", f"regional manager {name}"),
        ask("working_hours", "When does it work?", "Answers to leads are counted in these hours.", "08:00-17:00"),
        ask("fiscal_year_starts", "When does its fiscal year start?", "The group's is proposed.", month, months),
        ask("lead_sla", "Within how many working hours is a lead contacted?", "As agreed with marketing.", sla),
    ]


def about_source(
    region: str,
    files: Sequence[FileProposal],
    sights: Mapping[str, Sequence[Sight]],
    organisation: Organisation,
    answers: Answers,
) -> list[Question]:
    """Ask for the currency and zone of rows that name none, and whether a column says which region a row is of."""
    home = organisation.regions.get(region)
    zones = zones_of(answers.get("region/country") or country_of(region))
    zone = home.timezone if home else answers.get("region/timezone") or (zones[0] if len(zones) == 1 else "")
    money = home.currency if home else answers.get("region/currency", "")
    found = [
        Question(
            "timezone",
            "In which time zone does the CRM write its times?",
            "The files do not say it.",
            suggested=zone,
            answer=answers.get("timezone", ""),
            blocks=True,
        )
    ]
    deals = [file for file in files if file.table == "opportunity"]
    if any(file.header_of("amount") and not _names_currency(file, sights[file.file]) for file in deals):
        why = "No column names a currency for every row; rows that name none take it and are marked."
        found.append(
            Question(
                "currency",
                "Which currency are the amounts in?",
                why,
                suggested=money,
                answer=answers.get("currency", ""),
            )
        )
    words = [sight for file in deals for sight in _can_name_regions(file, sights[file.file])]
    name = answers.get("region/name") or (home.name if home else region.replace("_", " ").title())
    options = (
        Option("-", f"all rows are {name}'s"),
        *(Option(sight.name, f'the column "{sight.name}" says it', ", ".join(sight.examples)) for sight in words),
    )
    why = "One CRM may hold the deals of several regions."
    found.append(
        Question(
            "region_from", "Which region does a row belong to?", why, options, answer=answers.get("region_from", "")
        )
    )
    chosen = answers.get("region_from", "-")
    regions = tuple(Option(each, each) for each in dict.fromkeys([region, *organisation.regions]))
    for sight in words:
        if sight.name == chosen:
            found += [
                Question(f"region_word/{word}", f'Which region is "{word}"?', f'a value of "{chosen}"', regions,
                         answer=answers.get(f"region_word/{word}", ""))
                for word in sight.values
            ]  # fmt: skip
    return found


def _can_name_regions(file: FileProposal, sights: Sequence[Sight]) -> list[Sight]:
    masked = {each.header for each in file.columns if each.masked}
    taken = {file.header_of(column) for column in (*HOW_FAR, "amount", "currency", "loss_reason", "probability")}
    return [
        sight
        for sight in sights
        if sight.is_words
        and 1 < sight.distinct <= min(MOST_REGIONS, sight.filled - 1)
        and "number" not in sight.looks_like
        if sight.name not in masked | taken
    ]


def _names_currency(file: FileProposal, sights: Sequence[Sight]) -> bool:
    header = file.header_of("currency")
    return any(sight.name == header and sight.filled == sight.rows for sight in sights)


def _candidates(file: FileProposal, column: str, sights: Sequence[Sight]) -> tuple[Option, ...]:
    proposals = {each.header: each for each in file.columns}
    fitting = [each.header for each in file.columns if each.column == column or column in each.fits]
    free = [sight.name for sight in sights if proposals[sight.name].confidence < LIKELY and sight.filled]
    order = dict.fromkeys([*fitting, *free])
    return tuple(Option(header, f'"{header}"', ", ".join(proposals[header].examples)) for header in order)


def _meaning(table: str, column: str) -> str:
    known = columns_of(table).get(column)
    words = known.meaning.removeprefix("money; ").removeprefix("person; ") if known and known.meaning else ""
    return f"{column} ({words})" if words else column
