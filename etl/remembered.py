"""What the records of an export became, kept so that those that stand unchanged in the next are not read again."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path

import polars as pl

from etl.contract import keys_of
from etl.records import Records
from organisation import Export, Organisation, Source

FOLDER = "remembered"
KEY = "key_hash"
MARKS = ("mark", "other_mark")  # two hashes of a record's text under seeds of their own: 128 bits
SHOWN = ("region", "modified_at", "currency", "amount", "value", "target")  # what gate and ledger look at
WORD = "word "
STAGES = "pipeline_stage"
CODE = Path(__file__).resolve().parent.parent
FEW = 0.1  # of what is recalled
DIGEST_BYTES, SEED_BYTES = 32, 8


@dataclass
class Remembered:
    """The records of the last export of one kind that was read: those that loaded and that no warning counts.

    It remembers what a pure function gave. What a text becomes depends on header, profile, configured regions and code:
    what was kept under others, or does not have its checksum, is as good as nothing. It may be deleted at any time.
    """

    file: Path
    table: str
    told: str
    seeds: tuple[int, int] = (0, 0)
    records: pl.DataFrame = field(default_factory=pl.DataFrame)
    _header: tuple[str, ...] = ()
    _is_forgotten: bool = False
    _hits: dict[int, pl.DataFrame] = field(default_factory=dict)
    _noted: pl.DataFrame = field(default_factory=pl.DataFrame)

    @classmethod
    def of(cls, source: Source, export: Export, organisation: Organisation) -> "Remembered | None":
        """Give what is kept of a source's export; None where what a row becomes depends on more than its own text."""
        if source.region.before is not None or any(each.table == STAGES for each in source.exports.values()):
            return None
        regions = {name: {**asdict(each), "file": each.file.name} for name, each in organisation.regions.items()}
        configured = [asdict(organisation.group), regions]
        told = json.dumps([source.profile_hash(export.key), *configured], sort_keys=True, default=_in_order)
        file = organisation.workspace.data / FOLDER / f"{source.id}-{export.key}.arrow"
        return cls(file, export.table, f"{told} {_code()} {pl.__version__}")

    def open(self, header: Sequence[str]) -> None:
        """Take up what is kept of exports with this header."""
        self._header, self._hits, self.records = tuple(header), {}, pl.DataFrame()
        self.seeds = (secrets.randbits(63), secrets.randbits(63))
        if self._is_forgotten:
            return
        try:
            kept = self.file.read_bytes()
        except OSError:
            return
        if kept[:DIGEST_BYTES] == self._digest(kept[DIGEST_BYTES:]):
            seeds, content = kept[DIGEST_BYTES:][: 2 * SEED_BYTES], kept[DIGEST_BYTES + 2 * SEED_BYTES :]
            self.seeds = (int.from_bytes(seeds[:SEED_BYTES]), int.from_bytes(seeds[SEED_BYTES:]))
            self.records = pl.read_ipc(content)

    def unknown(self, records: Records, width: int, number: int) -> Records:
        """Give those of a piece's records that have to be read; what became of the others is recalled.

        All of a piece is read where one of its records may be judged by the ones around it.
        """
        self._hits.pop(number, None)
        if self.records.is_empty() or records.broken:
            return records
        own = self.marks(records.texts).with_columns(records.lines.alias("line"))
        places = self.records.select(*MARKS).with_row_index("at")
        hits = own.join(places, on=MARKS, how="inner", maintain_order="left").select("line", "at")
        left = ~records.lines.is_in(hits["line"].implode())
        lines, texts, widths = (each.filter(left) for each in (records.lines, records.texts, records.widths))
        if (widths != width).any():
            return records
        self._hits[number] = hits
        return Records(lines, texts, widths, ())

    def marks(self, texts: pl.Series) -> pl.DataFrame:
        """Give the marks of records by their texts."""
        return pl.DataFrame([texts.hash(seed).alias(name) for name, seed in zip(MARKS, self.seeds, strict=True)])

    @property
    def recalled(self) -> pl.DataFrame:
        """What became of the records that were not read: key_hash, the key columns, row_hash, what is SHOWN, words."""
        places = [hits["at"] for hits in self._hits.values()]
        return self.records[pl.concat(places)] if places else self.records.clear()

    def forget(self) -> None:
        """Recall nothing of this file: all of it has to be read."""
        self._is_forgotten = True
        self.records, self._hits = pl.DataFrame(), {}

    def note(self, quiet: Sequence[pl.DataFrame]) -> None:
        """Note the rows that loaded and that no warning counts: line, marks, key_hash and the words by column."""
        self._noted = pl.concat(quiet)

    def keep(self, rows: pl.DataFrame) -> None:
        """Keep for the next export what was noted and recalled; rows: those that were read, with row_hash.

        Few new ones are read again next time rather than all of them written again. Where it cannot be written, nothing
        is remembered, and the next export is read as a whole.
        """
        if self._noted.height <= FEW * self.recalled.height:
            return
        wanted = [name for name in ("line", *keys_of(self.table), "row_hash", *SHOWN) if name in rows.columns]
        kept = self._noted.join(rows.select(wanted), on="line").drop("line")
        if not self.records.is_empty():
            kept = pl.concat([self.recalled.select(kept.columns), kept])
        seeds = b"".join(seed.to_bytes(SEED_BYTES) for seed in self.seeds)
        content = seeds + _packed(kept)
        with suppress(OSError):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            begun = self.file.with_name(f"{self.file.name}.{secrets.token_hex(4)}")
            begun.write_bytes(self._digest(content) + content)
            begun.replace(self.file)

    def _digest(self, content: bytes) -> bytes:
        found = hashlib.sha256(json.dumps([self.told, self._header]).encode())
        found.update(content)
        return found.digest()


def _packed(records: pl.DataFrame) -> bytes:
    return records.write_ipc(None, compression="lz4", compat_level=pl.CompatLevel.newest()).getvalue()


def words_of(records: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Give how often each word of a column stands in recalled records."""
    counts = {name: records[name].cast(pl.String).value_counts() for name in records.columns if name.startswith(WORD)}
    return {name.removeprefix(WORD): dict(words.drop_nulls().iter_rows()) for name, words in counts.items()}


def _in_order(value: object) -> object:
    return sorted(map(str, value)) if isinstance(value, frozenset) else str(value)


@cache
def _code() -> str:
    """Give a hash of the code that decides what a record becomes."""
    files = chain.from_iterable(sorted((CODE / folder).rglob("*")) for folder in ("etl", "organisation", "warehouse"))
    found = hashlib.sha256()
    for file in files:
        if file.suffix in (".py", ".sql"):
            found.update(file.read_bytes())
    return found.hexdigest()
