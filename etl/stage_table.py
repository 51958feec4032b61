"""A source's stage table: what the stage ids in its deals stand for, and which of them end a deal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from etl.draft import Draft
from organisation import Source

if TYPE_CHECKING:
    from warehouse.store import Store  # a reading child has no use for the database

TABLE = "pipeline_stage"
KEY = "stage_key"  # the id under the label, while a deal is read
_COLUMNS = ("stage_id", "label", "pipeline", "is_closed", "is_won")
_NEWEST = f"""
    SELECT {", ".join(_COLUMNS)} FROM {TABLE}_version WHERE source = ?
    QUALIFY row_number() OVER (PARTITION BY stage_id ORDER BY known_from DESC) = 1
    ORDER BY stage_id
"""


@dataclass(frozen=True)
class StageTable:
    """The newest state of every stage that the source ever named: an old deal may stand in a stage that is gone.

    stages: stage_id, label, pipeline, is_closed, is_won.
    """

    stages: pl.DataFrame

    @classmethod
    def of_store(cls, store: "Store", source: Source) -> "StageTable | None":
        """Give the stored stages of a source; None where its profile names no export of them."""
        return cls(store.query(_NEWEST, [source.id])) if names_stages(source) else None

    @classmethod
    def of_exports(cls, exports: Sequence[pl.DataFrame]) -> "StageTable":
        """Give the stages that exports bring, in the order of their moments."""
        rows = pl.concat([export.select(_COLUMNS) for export in exports])
        return cls(rows.unique("stage_id", keep="last", maintain_order=True))

    def name_stages(self, draft: Draft) -> None:
        """Put labels in the place of stage ids; an id that the table lacks stays, for nothing maps it."""
        labels = self.stages.filter(pl.col("label").is_not_null())
        words = [name for name in ("stage_raw", "furthest_stage_raw") if name in draft.texts.columns]
        if "stage_raw" in words:
            draft.texts = draft.texts.with_columns(pl.col("stage_raw").alias(KEY))
        draft.texts = draft.texts.with_columns(
            pl.col(name).replace(labels["stage_id"], labels["label"]) for name in words
        )

    def fill_flags(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Fill closed, won and pipeline of each deal from its stage, where the deal's own cells are empty."""
        known = self.stages.rename({"is_closed": "ends", "is_won": "wins", "pipeline": "belongs_to"}).drop("label")
        found = frame.join(known, left_on=KEY, right_on="stage_id", how="left", maintain_order="left")
        filled = {"is_closed": "ends", "is_won": "wins", "pipeline": "belongs_to"}
        present = {own: given for own, given in filled.items() if own in frame.columns}
        return found.with_columns(pl.coalesce(own, given).alias(own) for own, given in present.items()).drop(
            *filled.values(), KEY
        )

    def still_unmapped(self, words: Sequence[str]) -> tuple[str, ...]:
        """Give the words that a profile should map: not those of stages that end a deal, for their flags say how."""
        ends = pl.col("is_closed").fill_null(value=False)
        every, open_ones = set(self.stages["label"]), set(self.stages.filter(~ends)["label"])
        return tuple(word for word in words if word not in every - open_ones)


def names_stages(source: Source) -> bool:
    """Say whether a source's profile names an export of its stages."""
    return any(export.table == TABLE for export in source.exports.values())
