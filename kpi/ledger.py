"""The ledger for people: which feeds came and which are late, whether each load balances, what is left out and why."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import polars as pl

from kpi.arrivals import Arrival
from kpi.engines.base import Engine
from kpi.errors import KpiError
from kpi.masking import mask_persons
from kpi.reject_reasons import sentence
from kpi.scope import Scope, allowed_sources, required
from organisation import Export, Organisation, Source

# A record that stands rejected in several exports counts once, as the newest of them holds it.
STANDING = """
    WITH rejected AS (
        SELECT l.source, l.table_name, l.export, l.file, l.exported_at, r.load_id, r.line, r.column_name, r.reason,
            r.raw, r.cells, r.record_key, max(l.exported_at) OVER (
                PARTITION BY l.source, l.table_name, l.export, coalesce(r.record_key, r.raw)
            ) AS newest
        FROM rejected_row AS r JOIN load AS l ON l.load_id = r.load_id
        WHERE r.corrected_by IS NULL AND l.status = 'loaded'
    ), standing AS (SELECT * FROM rejected WHERE exported_at = newest)
"""
EXAMPLES = 30  # rejected rows given of each source, table and reason, the newest; the counts count all of them


@dataclass(frozen=True)
class Feed:
    """The newest complete load of one table for one region; file and moments are None where none has come yet.

    due_at is the moment by which an export should have been there; late_hours are working hours of the region since;
    export: which of several exports of the table, None for the usual one; exported_at_from: how its moment is known: by
    file name, column (its newest change), arrival, or release (a person called it the newest).
    """

    region: str
    source: str
    table: str
    file: str | None
    exported_at: datetime | None
    loaded_at: datetime | None
    data_until: datetime | None
    arrives: str | None
    due_at: datetime | None
    is_late: bool
    late_hours: float
    export: str | None = None
    exported_at_from: str | None = None


@dataclass(frozen=True)
class UnmappedStage:
    """A stage's deals of which nobody knows whether they are open, won or lost: they are in no figure.

    word: the CRM's own, empty for deals without a stage; is_mapped: the profile explains the word, but not how these
    deals ended (closed and nothing says how, archived, a status without a meaning), or it was not replayed since.
    """

    source: str
    region: str
    word: str
    deals: int
    value: Decimal | None
    currency: str
    is_mapped: bool = False


def feeds(engine: Engine, organisation: Organisation, scope: Scope, now: datetime) -> tuple[Feed, ...]:
    """Give every feed of the scope's regions that the profiles declare, late ones first, then by region and source."""
    seen = required(scope)
    rows = engine.fetch(
        "SELECT f.*, l.exported_at_from FROM feed AS f LEFT JOIN load AS l ON l.load_id = f.load_id"
    ).to_dicts()
    newest = {(row["source"], row["table_name"], row["export"], row["region"]): row for row in rows}
    found = [
        _feed(organisation, (source, export, region), newest.get((source.id, export.table, export.part, region)), now)
        for source in organisation.sources.values()
        for export in source.exports.values()
        for region in source.region.regions
        if seen.allows(region)
    ]
    return tuple(sorted(found, key=lambda feed: (not feed.is_late, feed.region, feed.source, feed.table)))


def late_regions(found: tuple[Feed, ...], tables: tuple[str, ...] = ("opportunity", "lead")) -> tuple[str, ...]:
    """Give the regions of which an export of one of the tables is late, in the order of the feeds."""
    return tuple(dict.fromkeys(feed.region for feed in found if feed.is_late and feed.table in tables))


def balance(engine: Engine, organisation: Organisation, scope: Scope) -> pl.DataFrame:
    """Give one row a load, newest export first: what came in and where each row went.

    Columns: load_id, source, table_name, export (None: the table's usual one), file, exported_at, exported_at_from,
    loaded_at, status, rows_in, loaded, changed, rejected, ignored, seconds, reason, message, who, balances (rows in =
    loaded + rejected + ignored), sentence. A file's rows are counted whole, so only sources of which the scope allows
    every region.
    """
    found = engine.fetch(
        "SELECT load_id, source, table_name, export, file, exported_at, exported_at_from, loaded_at, status, rows_in, "
        "loaded, changed, rejected, ignored, seconds, reason, message, who, "
        "rows_in = loaded + rejected + ignored AS balances FROM load WHERE list_contains($sources, source) "
        "ORDER BY exported_at DESC, source, table_name, file, load_id",
        {"sources": allowed_sources(organisation, scope)},
    )
    return _with_sentence(found)


def waiting_for_release(engine: Engine, organisation: Organisation, scope: Scope) -> pl.DataFrame:
    """Give the loads that are held until a person releases them; columns and sources as in balance."""
    return balance(engine, organisation, scope).filter(pl.col("status") == "held")


def rejects(engine: Engine, organisation: Organisation, scope: Scope, source: str | None = None) -> pl.DataFrame:
    """Give the rejected rows that were not corrected since, newest load first, persons masked.

    Columns: source, table_name, file, exported_at, line, column_name, reason, sentence, raw, record_key; of each
    source, table and reason the newest EXAMPLES. A reader sees the rows of a source only when the scope allows every
    region of it: a rejected row has no region yet.
    """
    allowed = [name for name in allowed_sources(organisation, scope) if source in (None, name)]
    found = engine.fetch(
        f"{STANDING} SELECT source, table_name, file, exported_at, line, column_name, reason, raw, record_key "
        "FROM standing WHERE list_contains($sources, source) QUALIFY row_number() OVER ("
        "PARTITION BY source, table_name, reason ORDER BY exported_at DESC, load_id, line, column_name) <= $most "
        "ORDER BY exported_at DESC, load_id, line, column_name",
        {"sources": allowed, "most": EXAMPLES},
    )
    return _with_sentence(mask_persons(engine, organisation, found))


def reject_counts(engine: Engine, organisation: Organisation, scope: Scope) -> pl.DataFrame:
    """Give how many rows stand rejected, most first, of the sources whose every region the scope allows.

    Columns: source, table_name, reason, column_name, rows, sentence.
    """
    found = engine.fetch(
        f"{STANDING} SELECT source, table_name, reason, column_name, count(DISTINCT (load_id, line)) AS rows "
        "FROM standing WHERE list_contains($sources, source) GROUP BY ALL ORDER BY rows DESC, source, reason",
        {"sources": allowed_sources(organisation, scope)},
    )
    return _with_sentence(found)


def corrected_rejects(engine: Engine, organisation: Organisation, scope: Scope) -> pl.DataFrame:
    """Give the rejected rows that a later load brought right, the newest load first.

    Columns: source, table_name, file (in which they were rejected), reason, sentence, rows, corrected_in (the file that
    brought them right), corrected_at (its export's moment). Only sources that the scope allows whole.
    """
    found = engine.fetch(
        "SELECT l.source, l.table_name, l.file, r.reason, count(DISTINCT r.line) AS rows, c.file AS corrected_in, "
        "c.exported_at AS corrected_at FROM rejected_row AS r JOIN load AS l ON l.load_id = r.load_id "
        "JOIN load AS c ON c.load_id = r.corrected_by WHERE list_contains($sources, l.source) "
        "GROUP BY ALL ORDER BY corrected_at DESC, l.source, l.file DESC, r.reason",
        {"sources": allowed_sources(organisation, scope)},
    )
    return _with_sentence(found)


def ignored_counts(engine: Engine, organisation: Organisation, scope: Scope, load_id: str) -> pl.DataFrame:
    """Give what one load ignored: reason, rows, first_line, sentence; nothing of a source that the scope hides."""
    found = engine.fetch(
        "SELECT i.reason, count(*) AS rows, min(i.line) AS first_line FROM ignored_row AS i "
        "JOIN load AS l ON l.load_id = i.load_id WHERE i.load_id = $load AND list_contains($sources, l.source) "
        "GROUP BY i.reason ORDER BY rows DESC, i.reason",
        {"load": load_id, "sources": allowed_sources(organisation, scope)},
    )
    return _with_sentence(found)


def warnings(engine: Engine, organisation: Organisation, scope: Scope) -> pl.DataFrame:
    """Give the warnings of each feed's newest load: source, table_name, code, column_name, word, rows, sentence.

    Only of sources whose every region the scope allows: a word may stand in any region's row.
    """
    found = engine.fetch(
        "SELECT l.source, l.table_name, w.code AS reason, w.column_name, w.word, w.rows FROM load_warning AS w "
        "JOIN (SELECT DISTINCT load_id, source, table_name FROM feed) AS l ON l.load_id = w.load_id "
        "WHERE list_contains($sources, l.source) ORDER BY w.rows DESC, l.source, w.code, w.word",
        {"sources": allowed_sources(organisation, scope)},
    )
    return _with_sentence(found).rename({"reason": "code"})


def unmapped_stages(engine: Engine, organisation: Organisation, scope: Scope) -> tuple[UnmappedStage, ...]:
    """Give the stage words whose deals have no outcome, the largest value first, in the group's currency.

    Money is at budget rates.
    The value is None where a currency has no rate. Only deals of regions that the scope allows.
    """
    seen = required(scope)
    rows = engine.fetch(
        f"""
        WITH newest_rate AS (
            SELECT currency, arg_max(rate, on_date) AS rate FROM fx_rate WHERE kind = 'budget' GROUP BY currency
        )
        SELECT o.source, o.region, coalesce(o.stage_raw, '') AS word, count(*) AS deals,
            CASE WHEN bool_and(o.amount IS NULL OR o.currency = $group_currency OR r.rate IS NOT NULL)
                THEN sum(CAST(o.amount AS DECIMAL(38, 2)) * CAST(coalesce(r.rate, 1) AS DECIMAL(18, 8))) END AS value
        FROM opportunity AS o LEFT JOIN newest_rate AS r ON r.currency = o.currency
        WHERE o.outcome IS NULL AND NOT coalesce(o.is_deleted, false)
            AND {seen.condition("o").sql(dialect="duckdb")}
        GROUP BY ALL ORDER BY value DESC NULLS LAST, deals DESC, word
        """,
        {"group_currency": organisation.group.currency} | seen.parameters(),
    ).to_dicts()
    currency, words = organisation.group.currency, _stage_words(organisation)
    return tuple(
        UnmappedStage(**row, currency=currency, is_mapped=_folded(row["word"]) in words.get(str(row["source"]), ()))
        for row in rows
    )


def _stage_words(organisation: Organisation) -> dict[str, set[str]]:
    """Give the words that each source's profile maps to a stage, and the empty one: nobody needs to map no stage."""
    return {name: {"", *map(_folded, source.words.get("stages", {}))} for name, source in organisation.sources.items()}


def _folded(word: object) -> str:
    return " ".join(str(word).split()).casefold()


def _feed(
    organisation: Organisation, declared: tuple[Source, Export, str], row: dict[str, object] | None, now: datetime
) -> Feed:
    source, export, region = declared
    exported_at = _moment(row, "exported_at")
    arrival = _arrival(organisation, source, export)
    due_at = arrival.last_due(now) if arrival else None
    is_late = arrival.is_late(exported_at, now) if arrival else exported_at is None
    calendar = organisation.working_calendars[region]
    return Feed(
        region=region,
        source=source.id,
        table=export.table,
        file=str(row["file"]) if row else None,
        exported_at=exported_at,
        loaded_at=_moment(row, "loaded_at"),
        data_until=_moment(row, "data_until"),
        arrives=export.arrives,
        due_at=due_at,
        is_late=is_late,
        late_hours=calendar.hours_between(due_at, now) if is_late and due_at else 0.0,
        export=export.part,
        exported_at_from=str(row["exported_at_from"]) if row else None,
    )


def _arrival(organisation: Organisation, source: Source, export: Export) -> Arrival | None:
    if not export.arrives:
        return None
    try:
        return Arrival.parse(export.arrives, organisation.timezone_of(source))
    except KpiError:
        return None  # the profile's own check names the fault; here the feed only has no due time


def _moment(row: dict[str, object] | None, column: str) -> datetime | None:
    found = row[column] if row else None
    return found if isinstance(found, datetime) else None


def _with_sentence(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.col("reason").map_elements(sentence, return_dtype=pl.String, skip_nulls=False).alias("sentence")
    )
