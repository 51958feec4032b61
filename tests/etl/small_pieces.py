"""A reader whose pieces are so small that an export of a few lines has several of them."""

from datetime import datetime
from pathlib import Path

import etl.pieces
from etl.conform import conform_export
from etl.conformed import Conformed
from etl.remembered import Remembered
from etl.stage_table import StageTable
from organisation import Export, Organisation, Source


def read_in_small_pieces(
    file: Path,
    source: Source,
    export: Export,
    organisation: Organisation,
    *,
    arrived_at: datetime,
    stages: StageTable | None = None,
    remembered: Remembered | None = None,
) -> Conformed:
    """Read as the loader does, in pieces of some lines; for a child process, which ends with its test."""
    before, etl.pieces.PIECE_BYTES = etl.pieces.PIECE_BYTES, 250
    try:
        return conform_export(
            file, source, export, organisation, arrived_at=arrived_at, stages=stages, remembered=remembered
        )
    finally:
        etl.pieces.PIECE_BYTES = before
