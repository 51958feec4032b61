"""The KPI reference: every definition as a page of the handbook."""

from collections.abc import Iterator

from kpi.definition import MEASURES, Kpi
from kpi.definitions import Definitions
from kpi.formula_words import ROWS, in_words
from kpi.reason_codes import SENTENCES

HEAD = """# KPI reference

Written by `denominator reference` from `kpi_definitions.yaml`: change that file, not this page. A test keeps them in
step.
"""
CODES = """
## Why a figure has a reservation, or is none

| code | meaning |
|---|---|
"""
_BETTER = {"higher": "more is better", "lower": "less is better", "level": "neither is better"}


def reference(definitions: Definitions) -> str:
    """Give all KPIs as Markdown, under their headings and in the file's order; parts of others stand last."""
    headings = dict.fromkeys(kpi.heading for kpi in definitions.figures)
    parts = [HEAD]
    for heading in headings:
        parts.append(f"\n## {heading}\n")
        parts += [_entry(kpi, definitions) for kpi in definitions.figures if kpi.heading == heading]
    if definitions.parts:
        parts.append("\n## Parts of others\n\nShown nowhere by themselves.\n")
        parts += [_entry(kpi, definitions) for kpi in definitions.parts]
    codes = "".join(f"| `{code}` | {_cell(sentence)} |\n" for code, sentence in SENTENCES.items())
    return "".join(parts) + CODES + codes


def _entry(kpi: Kpi, definitions: Definitions) -> str:
    lines = "".join(f"| {term} | {_cell(words)} |\n" for term, words in _lines(kpi, definitions))
    question = f"{kpi.question}\n\n" if kpi.question else ""
    return f"\n### {kpi.label} (`{kpi.name}`)\n\n{question}| | |\n|---|---|\n{lines}"


def _lines(kpi: Kpi, definitions: Definitions) -> Iterator[tuple[str, str]]:
    yield "in words", in_words(kpi, definitions)
    written = kpi.formula or kpi.combine or kpi.of or kpi.paced or kpi.weighted or ""
    yield "formula", f"`{' '.join(written.split())}`"
    if kpi.where:
        yield "only rows where", f"`{' '.join(kpi.where.split())}`"
    if kpi.is_not:
        yield "it is not", kpi.is_not
    yield "unit", f"{kpi.unit}; {_BETTER[kpi.better]}"
    if kpi.table:
        yield "counts", f"{ROWS.get(kpi.table, kpi.table)}, {_when(kpi)}"
    yield "judged from", f"{kpi.needs_at_least} cases on"
    levels = [f"{name} {level.text}" for name, level in (("watch", kpi.flag.watch), ("act", kpi.flag.act)) if level]
    if levels:
        yield "flags", "; ".join(levels)
    if kpi.compare_with:
        yield "enough is", f"{definitions.get(kpi.compare_with).label} (`{kpi.compare_with}`)"
    if kpi.at_stake:
        yield "at stake is", f"{definitions.get(kpi.at_stake).label} (`{kpi.at_stake}`)"
    if kpi.measure:
        yield "serves", f"measure {kpi.measure} of seven: {MEASURES[kpi.measure]}"
    yield "needs", ", ".join(f"`{table}.{column}`" for table, column in kpi.needs)
    yield "owner", f"{kpi.owner}; {kpi.status}"
    if kpi.versions:
        yield (
            "versions",
            "; ".join(f"from {version.valid_from}" for version in (kpi, *kpi.versions) if version.valid_from),
        )


def _when(kpi: Kpi) -> str:
    if kpi.counted_on:
        cohort = f", {kpi.matures_after.days} days old" if kpi.matures_after else ""
        return f"in the period of `{kpi.counted_on}`{cohort}"
    return f"at the {kpi.taken}" if kpi.taken else "as last known at the end of the period"


def _cell(words: str) -> str:
    return words.replace("|", "\\|").replace("\n", " ")
