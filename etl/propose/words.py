"""What local words are proposed to mean: by the CRM's own list, by today's profiles, by words of many languages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from etl.cells import WHITESPACE, read_columns
from etl.crm import crm_module
from etl.numbers import Numbers, Signs
from etl.propose.known_words import meanings
from etl.propose.labels import folded
from etl.propose.proposal import Answers, FileProposal, WordProposal
from etl.reader import RawTable
from etl.words import ACTIVITY_TYPES, BUSINESS_TYPES, FORECAST_CATEGORIES, LEAD_STATUSES, SEGMENTS
from organisation import Source
from organisation.source import STAGES

DECIMALS = 6  # of an amount, read for a sum that is only shown
MOST = 60  # words of one kind that are shown
STAGE_COLUMNS = ("stage_raw", "furthest_stage_raw")
STATUS_WORDS = ("open", "on_hold", "won", "lost", "dropped", "deleted")


@dataclass(frozen=True)
class Kind:
    """One kind of words: its key in a profile, the columns that hold it and the common words."""

    key: str
    known: str
    columns: tuple[tuple[str, str], ...]
    common: tuple[str, ...]
    label: str


KINDS = (
    Kind("stages", "stages", (("opportunity", "stage_raw"), ("opportunity", "furthest_stage_raw"),
         ("opportunity_change", "stage_raw"), ("pipeline_stage", "label")), STAGES, "Stage"),
    Kind("outcomes", "status_words", (("opportunity", "status_word"),), STATUS_WORDS, "Status of a deal"),
    Kind("statuses", "statuses", (("lead", "status_raw"),), LEAD_STATUSES, "Status of a lead"),
    Kind("activity_types", "activity_types", (("activity", "type_raw"),), ACTIVITY_TYPES, "Kind of activity"),
    Kind("business_types", "business_types", (("opportunity", "business_type"),), BUSINESS_TYPES, "Business type"),
    Kind("segments", "segments", (("opportunity", "segment"), ("account", "segment")), SEGMENTS, "Segment"),
    Kind("forecast_categories", "forecast_categories", (("opportunity", "forecast_category"),), FORECAST_CATEGORIES,
         "Forecast category"),
    Kind("lead_sources", "lead_sources", (("opportunity", "lead_source"), ("lead", "lead_source")), (), "Lead source"),
    Kind("loss_reasons", "loss_reasons", (("opportunity", "loss_reason"),), (), "Loss reason"),
)  # fmt: skip
KIND_OF = {kind.key: kind for kind in KINDS}


def proposed_words(
    files: Sequence[tuple[FileProposal, RawTable]],
    crm: str,
    sources: Mapping[str, Source],
    answers: Answers,
    amounts: Mapping[str, Signs],
) -> tuple[WordProposal, ...]:
    """Give every local word of the columns that hold words, most frequent first.

    amounts: file -> how it writes numbers, so that a word's deals can be shown with their value.
    """
    found = []
    for kind in KINDS:
        counts = _counts(kind, files, amounts)
        for word, (rows, value) in sorted(counts.items(), key=lambda item: (-item[1][0], item[0]))[:MOST]:
            found.append(_proposal(kind, word, rows, value=value, crm=crm, sources=sources, answers=answers))
    return tuple(found)


def common_words(kind: str, sources: Mapping[str, Source]) -> tuple[str, ...]:
    """Give the common words a kind can mean; where the product states none, those that today's profiles use."""
    stated = KIND_OF[kind].common
    used = dict.fromkeys(common for source in sources.values() for common in source.words.get(kind, {}).values())
    return stated or tuple(sorted(used))


def _counts(
    kind: Kind, files: Sequence[tuple[FileProposal, RawTable]], amounts: Mapping[str, Signs]
) -> dict[str, tuple[int, str]]:
    counts: dict[str, int] = {}
    values: dict[str, float] = {}
    stages = _stage_names(files)
    for file, raw in files:
        for table, column in kind.columns:
            header = file.header_of(column) if file.table == table else None
            if header is None:
                continue
            texts = raw.cells[str(raw.header.index(header))].str.strip_chars(WHITESPACE)
            if column in STAGE_COLUMNS:
                texts = texts.replace(stages)
            for word, rows in texts.filter(texts != "").value_counts().iter_rows():
                counts[word] = counts.get(word, 0) + rows
            if column in ("stage_raw", "status_word") and file.file in amounts:
                _add_values(values, texts, file, raw, amounts[file.file])
    return {word: (rows, f"{values[word]:,.0f}" if word in values else "") for word, rows in counts.items()}


def _stage_names(files: Sequence[tuple[FileProposal, RawTable]]) -> dict[str, str]:
    """Give the labels of stage ids, as the stage tables among the files state them."""
    found: dict[str, str] = {}
    for file, raw in files:
        headers = [file.header_of("stage_id"), file.header_of("label")] if file.table == "pipeline_stage" else []
        if headers and None not in headers:
            ids, labels = (raw.cells[str(raw.header.index(str(name)))].str.strip_chars(WHITESPACE) for name in headers)
            found |= {stage: label for stage, label in zip(ids, labels, strict=True) if stage and label}
    return found


def _add_values(values: dict[str, float], texts: pl.Series, file: FileProposal, raw: RawTable, signs: Signs) -> None:
    header = file.header_of("amount")
    if header is None:
        return
    frame = pl.DataFrame(
        {"word": texts, "amount": raw.cells[str(raw.header.index(header))].str.strip_chars(WHITESPACE)}
    )
    frame = frame.filter((pl.col("word") != "") & (pl.col("amount") != ""))
    typed = read_columns(frame, {"amount": Numbers(signs, DECIMALS)})["amount"].values
    sums = frame.select("word", typed.cast(pl.Float64).alias("value")).group_by("word").agg(pl.col("value").sum())
    for word, value in sums.iter_rows():  # to show how much hangs on a word, no more
        values[word] = values.get(word, 0.0) + value


def _proposal(
    kind: Kind, word: str, rows: int, *, value: str, crm: str, sources: Mapping[str, Source], answers: Answers
) -> WordProposal:
    said = answers.get(f"words/{kind.key}/{word}", "")
    if said:
        meaning = None if said == "-" else said
        return WordProposal(kind.key, word, rows, meaning, 1.0, "as answered", value, decided=True)
    meaning, confidence, reason = _meaning(kind, word, crm, sources)
    return WordProposal(kind.key, word, rows, meaning, confidence, reason, value)


def _meaning(kind: Kind, word: str, crm: str, sources: Mapping[str, Source]) -> tuple[str | None, float, str]:
    module = crm_module(crm)
    own = {
        "stages": {**module.stages},
        "outcomes": module.status_words,
        "statuses": module.lead_statuses,
        "activity_types": module.activity_types,
        "business_types": module.business_types,
    }.get(kind.key, {})
    if word in own:
        return own[word], 0.9, f"{crm}'s own word"
    common = common_words(kind.key, sources)
    if folded(word) in common:
        return folded(word), 0.95, "a common word as it stands"
    elsewhere = {
        (source.words[kind.key][each], name)
        for name, source in sources.items()
        for each in source.words.get(kind.key, {})
        if folded(each) == folded(word) and source.words[kind.key][each] in common
    }
    if len({meaning for meaning, _ in elsewhere}) == 1:
        meaning, name = sorted(elsewhere)[0]
        return meaning, 0.85, f"so it is in sources/{name}.yaml"
    possible, by = meanings(kind.known, word)
    possible = tuple(meaning for meaning in possible if meaning in common)
    if len(possible) == 1:
        exact = by == folded(word)
        return possible[0], 0.8 if exact else 0.65, "a usual word for it" if exact else f'it holds "{by}"'
    if possible:
        return None, 0.0, f"it can mean {' or '.join(possible)}"
    return None, 0.0, "unknown word"
