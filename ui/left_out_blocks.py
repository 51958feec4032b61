"""What no figure counts, or counts without its group: unmapped words, and deals that left an export unanswered."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import polars as pl

from kpi.ledger import UnmappedStage
from kpi.unmapped_words import UnmappedWord
from ui.disclosure import disclosure
from ui.escape import text
from ui.formats import counted, full_day, full_money, money
from ui.headline import section
from ui.ledger_words import table_word
from ui.view import View

SHOWN = 8
MOST = 100
# Column -> what people call it, the profile's key for its words, and what happens to the rows meanwhile.
COLUMNS = {
    "business_type": ("business type", "business_types", "they count, but in no business type"),
    "segment": ("segment", "segments", "they count, but in no segment"),
    "forecast_category": ("forecast category", "forecast_categories", "they count, but in no forecast category"),
    "lead_source": ("source", "lead_sources", "they count under their own word"),
    "loss_reason": ("reason of the loss", "loss_reasons", "they count under their own word"),
    "status_raw": ("status", "statuses", "they count as arrived, but with no status"),
    "type_raw": ("kind", "activity_types", "they count, but as no call, meeting, e-mail or task"),
}


def unmapped_block(stages: Sequence[UnmappedStage], words: Sequence[UnmappedWord], view: View) -> str:
    """Words that no profile explains: stages first, as their deals are in no figure; nothing without any."""
    if not stages and not words:
        return ""
    rows = [*(_stage(stage, view) for stage in stages), *(_word(word) for word in words)]
    note = ""
    if stages:
        value = sum(float(stage.value) for stage in stages if stage.value is not None)
        note = f"{counted(sum(one.deals for one in stages), 'deal')}, {money(value, stages[0].currency)} in no figure"
    return section("Words no profile explains", note) + _listed("unmapped", rows, "word")


def left_view_block(deals: pl.DataFrame, view: View) -> str:
    """Deals that left an export of open deals while nobody said what became of them; nothing without any."""
    if deals.is_empty():
        return ""
    known = deals["value"].drop_nulls()
    worth = money(float(known.sum()), view.organisation.group.currency) if known.len() else "no value known"
    note = f"{counted(deals.height, 'deal')}, {worth}: won, lost or dropped? In no figure until answered"
    rows = [_deal(row, view) for row in deals.head(MOST).to_dicts()]
    if deals.height > MOST:
        rows.append(f"<div><dt>{counted(deals.height - MOST, 'smaller deal')} more</dt></div>")
    words = (
        '<p class="todo">Send an export that has them again, with their end; or say in the profile what it means when '
        "a deal is gone (<code>gone_means</code>) and replay the source.</p>"
    )
    return section("Deals that left their export", note) + words + _listed("left-view", rows, "deal")


def _listed(key: str, rows: list[str], noun: str) -> str:
    shown = f'<dl class="facts">{"".join(rows[:SHOWN])}</dl>'
    rest = rows[SHOWN:]
    if not rest:
        return shown
    return shown + disclosure(key, f"{counted(len(rest), 'more ' + noun)}", f'<dl class="facts">{"".join(rest)}</dl>')


def _stage(stage: UnmappedStage, view: View) -> str:
    value = money(stage.value, stage.currency) if stage.value is not None else "no rate"
    region = view.name(stage.region) if stage.region in view.organisation.regions else stage.region
    file = f"sources/{text(stage.source)}.yaml, then replay the source."
    todo = f"Add the word to <code>stages:</code> in {file}"
    if stage.is_mapped:
        todo = (
            "Nothing says whether they are open, won or lost. Export the column that does, or state "
            f"<code>outcomes:</code> or <code>archived_means:</code> in {file}"
        )
    return (
        f"<div><dt><b>{f'“{text(stage.word)}”' if stage.word else 'No stage'}</b> {_beside('stage')}"
        f"<small>{text(region)}: {counted(stage.deals, 'deal')}, in no figure. {todo}</small></dt>"
        f"<dd><b>{value}</b></dd></div>"
    )


def _word(word: UnmappedWord) -> str:
    name, key, effect = COLUMNS.get(word.column, (word.column, "words", "they have no common word"))
    rows = counted(word.rows, "row")
    value = f"<b>{money(word.value, word.currency)}</b><small>{rows}</small>" if word.value is not None else rows
    return (
        f"<div><dt><b>“{text(word.word)}”</b> {_beside(f'{name} of {table_word(word.table)}')}"
        f"<small>{text(effect.capitalize())}. Add the word to <code>{text(key)}:</code> in "
        f"sources/{text(word.source)}.yaml, then replay the source.</small></dt><dd>{value}</dd></div>"
    )


def _deal(row: dict[str, object], view: View) -> str:
    region = str(row["region"])
    name = view.name(region) if region in view.organisation.regions else region
    place = f"{row['last_file']}:{row['last_line']}" if row["last_line"] else str(row["last_file"])
    left = row["left_at"]
    when = f", gone since {full_day(left.date())}" if isinstance(left, datetime) else ""
    value = row["value"] if isinstance(row["value"], Decimal | float) else None
    amount = row["amount"] if isinstance(row["amount"], Decimal | float) else None
    shown = f"<b>{money(value, view.organisation.group.currency)}</b>" if value is not None else "no value"
    own = f"<small>{full_money(amount, str(row['currency']))}</small>" if amount is not None and row["currency"] else ""
    return (
        f"<div><dt><b>{text(row['account'] or 'No customer')}</b> {_beside(str(row['number']))}"
        f"<small>{text(name)}, {text(row['stage'] or 'no stage')}{text(when)} "
        f"· {text(row['source'])}/{text(place)}</small></dt><dd>{shown}{own}</dd></div>"
    )


def _beside(words: str) -> str:
    return f'<small class="beside">{text(words)}</small>'
