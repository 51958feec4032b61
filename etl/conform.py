"""Strings to typed canonical rows, or to rejects with a reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from etl.columns import ACTUAL, WantedColumns
from etl.conformed import IGNORED_SCHEMA, PART_SEPARATOR, WARNINGS_SCHEMA, Conformed, Warned, in_export
from etl.containers import Part
from etl.contract import conformed_schema, exported_columns, keys_of, rules_of
from etl.corrections import as_written, is_plain_text, may_be_corrected, original_file, taken_back
from etl.crm import crm_of
from etl.dates import declared_order
from etl.derived import Derivation, derive, touched_early
from etl.draft import Draft
from etl.errors import Refused
from etl.long_ids import LongIds, rounded
from etl.moment import exported_at, named_moment
from etl.numbers import Signs
from etl.pieces import pieces_of
from etl.piecewise import KEYS_SCHEMA, Piece, WordCounts, conform_pieces, twins
from etl.reader import Dialect, RawTable, read_table
from etl.regions import days_of, regions_of
from etl.remembered import KEY, WORD, Remembered
from etl.stage_history import TABLE as CHANGES
from etl.stage_history import spread_values
from etl.stage_table import KEY as STAGE_KEY
from etl.stage_table import StageTable
from etl.typed import Typing, is_damaged
from etl.whole_ids import whole_ids
from etl.words import BUSINESS_TYPES, FORECAST_CATEGORIES, SEGMENTS, map_words
from organisation import Export, Organisation, Source

LATEST_STAGE_CHANGE_DAYS = 31
_WORDS = {
    "business_type": ("business_types", BUSINESS_TYPES),
    "segment": ("segments", SEGMENTS),
    "forecast_category": ("forecast_categories", FORECAST_CATEGORIES),
    "lead_source": ("lead_sources", ()),
    "loss_reason": ("loss_reasons", ()),
    "rejection_reason": ("loss_reasons", ()),
}

NAME_THEIR_REGION = (
    *("target", "order_intake", "qualification_rule", "account_plan", "account_potential", "opportunity_credit"),
    "forecast",
)
NAMED_RECORDS = (  # source and id of a record in another system
    ("account_source", "account_id"),
    ("opportunity_source", "opportunity_id"),
    ("twin_source", "twin_id"),
    ("counted_source", "counted_id"),
)
ORGANISED = ("opportunity", "lead")  # what can be asked as organised now
UNRULED = (
    *NAME_THEIR_REGION,
    "fx_rate",
    "pipeline_stage",
    "opportunity_change",
    "opportunity_merge",
    "account_match",
    "same_deal",
)  # the rest has none


def conform_export(
    file: Path,
    source: Source,
    export: Export,
    organisation: Organisation,
    *,
    arrived_at: datetime,
    stages: StageTable | None = None,
    remembered: Remembered | None = None,
) -> Conformed:
    """Give an export's rows, rejects, ignored records and warnings.

    remembered: what the records of a long export before this one became; what stands unchanged is not read again.
    Raises Refused where the file cannot be read as a whole, UnknownCrm where the profile's system has no module.
    """
    wanted = WantedColumns(source, export)
    dialect = dialect_of(wanted)

    def conforming(raw: RawTable, rounded_ids: frozenset[str] | None = None) -> Conforming:
        return Conforming(raw, wanted, organisation, stages, rounded_ids)

    archive = organisation.workspace.archive

    def original(load_id: str) -> RawTable:
        return read_table(original_file(archive, source.id, load_id).read_bytes(), dialect)

    if not may_be_corrected(file) and not _depends_on_all_rows(
        file, source, export, organisation, arrived_at=arrived_at
    ):
        with pieces_of(file, dialect, remembered=remembered) as pieces:
            found = pieces and conform_pieces(
                pieces, lambda raw, ids: _read(conforming(raw, ids), file, arrived_at, remembered), source
            )
        if found:
            return found
    written = as_written(dialect) if may_be_corrected(file) else dialect
    raw = read_table(file.read_bytes(), written)
    raw, corrects = taken_back(raw, original, is_text=partial(is_plain_text, archive, source.id))
    return replace(conforming(raw).conformed(file.name, arrived_at), corrects=corrects)


def _read(conforming: "Conforming", file: Path, arrived_at: datetime, remembered: Remembered | None) -> Piece:
    found = conforming.conformed(file.name, arrived_at)
    quiet = conforming.quiet_rows(found.rows, remembered) if remembered else pl.DataFrame()
    return Piece(found, conforming.keys, conforming.word_counts, quiet, conforming.long_ids)


def _depends_on_all_rows(
    file: Path, source: Source, export: Export, organisation: Organisation, *, arrived_at: datetime
) -> bool:
    """Say whether how one row is read depends on the others: on signs, date order or a moment found in the file."""
    zone = ZoneInfo(organisation.timezone_of(source))
    moment = named_moment(file.name, export.exported_at, zone=zone, arrived_at=arrived_at)
    signs = Signs.declared(export.decimal, export.thousands)
    return moment is None or signs is None or declared_order(export.dates) is None


def dialect_of(wanted: WantedColumns) -> Dialect:
    """Give how a source's exports are written, as far as the profile says so."""
    crm, export = crm_of(wanted.source), wanted.export
    usual = crm.member(export.table, export.part)
    others = tuple(name for name in crm.members.values() if name != usual)
    part = Part(export.member, usual, others)
    return Dialect(
        wanted.are_in,
        export.encoding,
        export.delimiter,
        crm.footers + export.footers,
        crm.totals + export.totals,
        part,
        header=export.header,
        header_rows=export.header_rows,
        escapes=export.escape == "backslash",
        sheet=export.sheet,
    )


@dataclass
class Conforming:
    """One file on its way; the steps note what they find wrong in the draft."""

    raw: RawTable
    wanted: WantedColumns
    organisation: Organisation
    stages: StageTable | None = None
    rounded_ids: frozenset[str] | None = None
    file_name: str = field(init=False)
    arrived_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.source, self.export = self.wanted.source, self.wanted.export
        self.table = self.export.table
        self.crm = crm_of(self.source)
        self.zone = ZoneInfo(self.organisation.timezone_of(self.source))
        self.warnings: list[Warned] = []
        self.keys = pl.DataFrame(schema=KEYS_SCHEMA)
        self.word_counts: WordCounts = {}
        self.long_ids = LongIds()
        self._words = pl.DataFrame()
        self._counted: list[pl.Series] = []  # lines that a warning counts

    def conformed(self, file_name: str, arrived_at: datetime) -> Conformed:
        """Give the outcome of all steps."""
        self.file_name, self.arrived_at = file_name, arrived_at
        columns = self.wanted.find(self.raw.header)
        draft = Draft(self.raw, columns, self.crm.null_words + self.export.null_words)
        self._fill_constants(draft)
        self._complete_ids(draft)
        self._replace_aliases(draft)
        if self.crm.groups:
            self._leave_out_groups(draft)
        if self.table == CHANGES:
            spread_values(draft, self.source, self.crm)
        if self.stages and "stage_raw" in draft.texts.columns:
            self.stages.name_stages(draft)
        self._take_first_links(draft)
        self._name_ids_by_export(draft)
        self._check_keys(draft)
        typing = Typing(draft, self.source, self.export, self.zone, self._day_zones(draft), self.rounded_ids)
        frame = self._with_region(typing.frame(), draft)
        self._note_long_ids(typing.long_ids, draft)
        codes = {} if self.crm.symbol_is_the_exporters else typing.codes
        if self.stages and STAGE_KEY in frame.columns:
            frame = self.stages.fill_flags(frame)
        if self.table == "opportunity":
            frame = self._with_currency(frame, codes.get("amount"))
        self._compare_currencies(frame, draft, codes)
        work = Derivation(
            frame,
            self.source,
            self.crm,
            self.organisation,
            frozenset({*columns.places, *self.export.constants}),
            distinct=draft.distinct,
            activity_type=self.export.activity_type,
        )
        work.frame = self._with_common_words(frame, draft)
        frame = self._derived(work, draft)
        if self.stages and "stage_raw" in work.unmapped:
            work.unmapped["stage_raw"] = self.stages.still_unmapped(work.unmapped["stage_raw"])
        self._check_values(frame, draft)
        rows = draft.good(frame)
        self._warn(rows, work.unmapped, columns.unknown)
        self._warn_of_twins(draft)
        if self.table == "opportunity":
            self._warn_of_contradictions(rows)
        moment, origin = self._moment(frame)
        self._warn_of_dates(rows, moment.astimezone(self.zone).date())
        if self.table == "lead":
            work.frame = rows
            self._warn_of_early_touches(rows["line"].filter(touched_early(work)))
        ignored = pl.DataFrame(list(self.raw.ignored), schema=IGNORED_SCHEMA, orient="row")
        return Conformed(
            table=self.table,
            rows=rows.select(*self._stored(), "line"),
            rejects=draft.rejects(),
            ignored=pl.concat([ignored, *draft.ignored]).sort("line"),
            warnings=pl.DataFrame(self.warnings, schema=WARNINGS_SCHEMA, orient="row"),
            rows_in=self.raw.cells.height + len(self.raw.broken) + len(self.raw.ignored),
            exported_at=moment,
            exported_at_from=origin,
            header=self.raw.header,
        )

    def quiet_rows(self, rows: pl.DataFrame, remembered: Remembered) -> pl.DataFrame:
        """Give the loaded rows that no warning counts and whose key stands once: line, marks, key_hash and words."""
        twice = self.keys.filter(self.keys["key"].is_duplicated())["line"]
        loud = pl.concat([twice, *self._counted])
        kept = rows.select("line").filter(~pl.col("line").is_in(loud.implode()))
        quiet = kept.join(self.keys.rename({"key": KEY}), on="line").join(self._words, on="line")
        return quiet.drop("raw").with_columns(remembered.marks(quiet["raw"]))

    def _count(self, code: str, column: str | None, word: str | None, lines: pl.Series) -> None:
        """Warn of the rows on so many lines."""
        self._counted.append(lines)
        self.warnings.append((code, column, word, lines.len()))

    def _fill_constants(self, draft: Draft) -> None:
        own = [pl.lit(text).alias(column) for column, text in self.export.constants.items()]
        draft.texts = draft.texts.with_columns(own)

    def _leave_out_groups(self, draft: Draft) -> None:
        """Ignore the lines of a grouped list that name a group, "Won (3)", and hold its sums but no stage."""
        said = [name for name in ("stage_raw", "status_word", "status_raw", "at") if name in draft.texts.columns]
        label = self.raw.cells["0"].str.contains(r"^\s*\S.* \(\d+\)\s*$")
        group = draft.texts.select(pl.all_horizontal(pl.col(said).is_null())).to_series() & label
        if said and group.any():
            draft.drop(group, "TOTALS_ROW")

    def _complete_ids(self, draft: Draft) -> None:
        """Give ids that may be shortened whole: those of this system, or those by which a row names a record of it."""
        named = [pair for pair in NAMED_RECORDS if set(pair) <= set(draft.texts.columns)]
        if self.crm.ids_with_checksum:
            ids = [name for name, column in exported_columns(self.table).items() if column.is_reference]
            found = [whole_ids(draft.texts[name]) for name in ids if name in draft.texts.columns]
        elif named:
            theirs = [name for name, each in self.organisation.sources.items() if crm_of(each).ids_with_checksum]
            texts = draft.texts
            found = [whole_ids(texts[key]).zip_with(texts[of].is_in(theirs), texts[key]) for of, key in named]
        else:
            return
        draft.texts = draft.texts.with_columns(found)

    def _replace_aliases(self, draft: Draft) -> None:
        for column, words in self.source.aliases.items():
            if column in draft.texts.columns:
                draft.texts = draft.texts.with_columns(pl.col(column).replace(self._whole_words(words)))

    def _whole_words(self, words: Mapping[str, str]) -> Mapping[str, str]:
        """Give words for words with ids as the records have them."""
        if not self.crm.ids_with_checksum:
            return words
        old, new = (whole_ids(pl.Series("id", list(each), dtype=pl.String)) for each in (words, words.values()))
        return dict(zip(old, new, strict=True))

    def _take_first_links(self, draft: Draft) -> None:
        """Keep the first of several records that one cell points at; how often that was done is a warning."""
        for column, kind in self.crm.links.items():
            if kind not in ("ids", "names") or column not in draft.texts.columns:
                continue
            several = draft.texts[column].str.contains(r"^\d+(?:;\s*\d+)+$" if kind == "ids" else ";")
            if several.any():
                self._count("SEVERAL_LINKS", column, None, draft.texts.filter(several)["line"])
                first = pl.col(column).str.split(";").list.first().str.strip_chars()
                draft.texts = draft.texts.with_columns(pl.when(several).then(first).otherwise(column).alias(column))

    def _name_ids_by_export(self, draft: Draft) -> None:
        """Set ids of several exports of one table apart: a call and a meeting may have the same number."""
        key = keys_of(self.table)[-1]
        if self.export.part:
            draft.texts = draft.texts.with_columns(in_export(self.export.part, draft.texts[key]))
        parts = [export.part for export in self.source.exports.values() if export.table == self.table and export.part]
        if parts and not self.export.part:
            alike = pl.any_horizontal(pl.col(key).str.starts_with(part + PART_SEPARATOR) for part in parts)
            draft.fault(alike.fill_null(value=False), key, "DUP_KEY_CONFLICT")

    def _check_keys(self, draft: Draft) -> None:
        keys = draft.keys(self.table)
        draft.texts = draft.texts.with_columns(keys)
        # ids that a spreadsheet damaged say nothing: two of them are alike and may be two records
        told = keys.is_not_null() & ~is_damaged(draft.texts, keys_of(self.table))
        self.keys = draft.texts.select("line", keys.hash().alias("key")).filter(told)
        if keys.n_unique() < keys.len():
            repeated = keys.is_duplicated() & told
            cells = [name for name in draft.texts.columns if name not in ("line", "raw")]
            same = draft.texts.select(pl.struct(cells).is_first_distinct()).to_series()
            versions = pl.struct(cells).n_unique().over("record_key")
            conflict = draft.texts.select(versions > 1).to_series() & repeated
            draft.fault(conflict, keys_of(self.table)[0], "DUP_KEY_CONFLICT")
            again = repeated & ~same & ~conflict
            if again.any():
                self.warnings.append(("DUPLICATE_ROW", None, None, int(again.sum())))
                draft.drop(again, "DUPLICATE_ROW")
        for key in keys_of(self.table):
            draft.fault(draft.texts[key].is_null(), key, "MISSING_KEY")

    def _note_long_ids(self, long_ids: LongIds, draft: Draft) -> None:
        """Note what ids look like; rows with one that may be rounded are read every time, as other rows decide it."""
        self.long_ids = long_ids
        self._counted += [draft.texts.filter(rounded(name))["line"] for name in long_ids.rounded]

    def _with_common_words(self, frame: pl.DataFrame, draft: Draft) -> pl.DataFrame:
        values = []
        for column, (key, common) in _WORDS.items():
            words = self.source.words[key]
            if column not in draft.distinct or (not words and not common):
                continue
            own = {**self.crm.business_types, **words} if key == "business_types" else words
            found = map_words(column, draft.distinct, own, common)
            for word in found.unmapped:
                self._count("UNMAPPED_WORD", column, word, frame.filter(pl.col(column) == word)["line"])
            # words without a common list stay as they are where nothing maps them; the warning shows them
            values.append(found.values if common else pl.coalesce(found.values, column).alias(column))
        return frame.with_columns(values) if values else frame

    def _day_zones(self, draft: Draft) -> list[tuple[ZoneInfo, pl.Series]]:
        """Give the zones of the rows' regions, each with its rows: a day is one of the region's."""
        if self.table in (*NAME_THEIR_REGION, *UNRULED) or not self.source.region.regions:
            return []
        zones = {name: self.organisation.regions[name].timezone for name in self.source.region.regions}
        if len(set(zones.values())) == 1:
            return [(ZoneInfo(next(iter(zones.values()))), pl.Series([], dtype=pl.Boolean))]
        there = regions_of(draft.texts, self.source.region).replace_strict(zones, default=None, return_dtype=pl.String)
        found = sorted(set(zones.values()))
        return [(ZoneInfo(zone), (there == zone).fill_null(value=False)) for zone in found]

    def _with_region(self, frame: pl.DataFrame, draft: Draft) -> pl.DataFrame:
        if self.table in NAME_THEIR_REGION:
            return self._with_named_region(frame, draft)
        if self.table in UNRULED:
            return frame.with_columns(pl.lit(None, dtype=pl.String).alias("region"))
        rule = self.source.region
        if not rule.regions:
            raise Refused("NO_REGION", f"the profile of {self.source.id} names no region for {self.table} rows")
        return frame.with_columns(regions_of(frame, rule))

    def _with_named_region(self, frame: pl.DataFrame, draft: Draft) -> pl.DataFrame:
        """Give the frame with the regions that its rows name themselves; an unknown one rejects its row."""
        column = "scope_id" if self.table == "target" else "region"
        names_one = pl.lit(value=True) if column == "region" else pl.col("scope") == "region"
        unknown = names_one & ~pl.col(column).is_in(list(self.organisation.regions))
        draft.fault(frame.select(unknown.fill_null(value=False)).to_series(), column, "NO_REGION")
        if "lead_region" in frame.columns:
            stranger = ~pl.col("lead_region").is_in(list(self.organisation.regions))
            draft.fault(frame.select(stranger.fill_null(value=False)).to_series(), "lead_region", "NO_REGION")
        return frame.with_columns(pl.when(names_one).then(column).alias("region"))

    def _derived(self, work: Derivation, draft: Draft) -> pl.DataFrame:
        """Give the frame with its derived columns, each row in the region that the rule of its day names."""
        before, rule = work.frame, self.source.region
        frame = derive(self.table, work)
        if rule.before is not None and self.table not in UNRULED:
            today = self._moment(frame)[0].astimezone(self.zone).date()
            regions = regions_of(frame, rule, days_of(self.table, frame, today, self.zone))
            if not regions.equals(frame["region"]):
                work.frame = before.with_columns(regions)
                frame = derive(self.table, work)
        if self.table not in UNRULED:
            draft.fault(frame["region"].is_null(), "region", "NO_REGION")
        if self.table in ORGANISED:
            newest = regions_of(before, rule) if rule.before is not None else pl.lit(None, dtype=pl.String)
            frame = frame.with_columns(newest.alias("region_now"))
        return frame

    def _moment(self, rows: pl.DataFrame) -> tuple[datetime, str]:
        """Give the export's moment; a rejected row says too when it was changed."""
        rule = self.export.exported_at
        return exported_at(self.file_name, rule, rows, zone=self.zone, arrived_at=self.arrived_at)

    def _with_currency(self, frame: pl.DataFrame, codes: pl.Series | None) -> pl.DataFrame:
        assumed = self.source.currency
        named = pl.col("currency")
        if codes is not None:
            frame = frame.with_columns(codes.alias("codes"))
            named = pl.coalesce("currency", pl.when(~pl.col("codes").str.contains(",")).then("codes"))
        taken = named.is_null() & pl.coalesce("amount", ACTUAL).is_not_null() & pl.lit(assumed is not None)
        return frame.with_columns(
            pl.coalesce(named, pl.lit(assumed, dtype=pl.String)).alias("currency"), taken.alias("currency_assumed")
        )

    def _compare_currencies(self, frame: pl.DataFrame, draft: Draft, codes: dict[str, pl.Series]) -> None:
        """Reject the rows in which a currency beside an amount contradicts the row's own."""
        for found in codes.values():
            allowed = frame.select("currency", found.alias("allowed"))
            contradicts = ~pl.col("allowed").str.split(",").list.contains(pl.col("currency"))
            draft.fault(allowed.select(contradicts.fill_null(value=False)).to_series(), "currency", "CURRENCY")

    def _check_values(self, frame: pl.DataFrame, draft: Draft) -> None:
        rules = rules_of(self.table)
        broken = frame.select((~rule.holds).fill_null(value=False).alias(rule.name) for rule in rules)
        for rule in rules:
            draft.fault(broken[rule.name], rule.column, rule.reason)
        for column in self.export.required:
            draft.fault(draft.texts[column].is_null(), column, "MISSING_VALUE")
        if self.table == "opportunity" and "stage_raw" not in self.export.required:
            said = ["stage_raw", "status_word", "status_reason", "is_closed", "is_won"]
            if self.source.probability.decides or self.crm.probability_decides:
                said.append("probability")
            nothing = frame.select(pl.all_horizontal(pl.col(said).is_null())).to_series()
            draft.fault(nothing, "stage_raw", "MISSING_VALUE")

    def _warn(self, rows: pl.DataFrame, unmapped: dict[str, tuple[str, ...]], unknown: tuple[str, ...]) -> None:
        for column, words in unmapped.items():
            code = "UNMAPPED_STAGE" if self.table == "opportunity" else "UNMAPPED_WORD"
            texts = rows[column].cast(pl.String)
            for word in words:
                lines = rows["line"].filter(texts == word)
                if lines.len():
                    self._count(code, column, word, lines)
        self.warnings += [("UNKNOWN_COLUMN", None, name, rows.height) for name in unknown]
        if self.raw.outside:
            self.warnings.append(("UNKNOWN_COLUMN", None, "cells under no header", self.raw.outside))
        if self.raw.hidden_rows:
            self.warnings.append(("HIDDEN_ROWS", None, None, self.raw.hidden_rows))
        if self.raw.looks_garbled:
            self.warnings.append(("MOJIBAKE", None, None, rows.height))
        if self.raw.cells.is_empty() and not self.raw.broken:
            self.warnings.append(("NO_ROWS", None, None, 0))

    def _warn_of_contradictions(self, rows: pl.DataFrame) -> None:
        """Count, a stage, the deals whose own status says something else than what the profile makes of the stage."""
        for (word,), found in rows.filter("contradicted").sort("stage_raw").group_by("stage_raw", maintain_order=True):
            self._count("OUTCOME_CONTRADICTS", "stage_raw", word, found["line"])

    def _warn_of_twins(self, draft: Draft) -> None:
        columns = dict.fromkeys((*draft.distinct, *draft.columns.regions))
        counts = {column: draft.texts[column].cast(pl.String).value_counts().drop_nulls() for column in columns}
        self.word_counts = {column: dict(words.iter_rows()) for column, words in counts.items()}
        words = [pl.col(column).cast(pl.String).cast(pl.Categorical).alias(WORD + column) for column in columns]
        self._words = draft.texts.select("line", "raw", *words)
        self.warnings += twins(self.word_counts, self.source)

    def _warn_of_early_touches(self, lines: pl.Series) -> None:
        if lines.len():
            self._count("TOUCH_BEFORE_CREATED", "first_touch_at", None, lines)

    def _warn_of_dates(self, rows: pl.DataFrame, today: date) -> None:
        if self.table != "opportunity":
            return
        changed = pl.col("stage_changed_at").dt.date()
        apart = (pl.col("won_on") - changed).dt.total_days().abs() > LATEST_STAGE_CHANGE_DAYS
        doubtful = {
            ("CLOSE_BEFORE_CREATED", "closed_on"): pl.col("closed_on") < pl.col("created_at").dt.date(),
            ("WON_DATE_DOUBTFUL", "won_on"): (pl.col("won_on") > today) | apart.fill_null(value=False),
        }
        for (code, column), concerned in doubtful.items():
            lines = rows.filter(concerned)["line"]
            if lines.len():
                self._count(code, column, None, lines)

    def _stored(self) -> list[pl.Expr]:
        schema = conformed_schema(self.table)
        source = pl.lit(self.source.id).alias("source")
        return [source if name == "source" else pl.col(name).cast(dtype) for name, dtype in schema.items()]
