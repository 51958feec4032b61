"""What the freshness page reads of a snapshot: answered once for it, drawn again as often as somebody looks."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
import streamlit as st

from kpi.accounts import unresolved_merges
from kpi.adoption import Adoption, adoption
from kpi.completeness import Completeness, completeness
from kpi.engines.base import Engine
from kpi.intake import order_intake_differences
from kpi.ledger import UnmappedStage, balance, corrected_rejects, reject_counts, rejects, unmapped_stages
from kpi.left_view import left_view
from kpi.rejects import RejectedLoad, RejectsFile, rejected_loads, rejects_file
from kpi.scope import Scope
from kpi.unmapped_words import UnmappedWord, unmapped_words
from organisation import Organisation
from ui.view import Known, View, answers

MOST_FILES, MOST_ROWS, MOST_BYTES = 12, 500, 300_000  # downloads lie inside the page: what is more, a command writes


@dataclass(frozen=True)
class Trust:
    """Everything the page shows of one snapshot."""

    loads: pl.DataFrame
    stages: tuple[UnmappedStage, ...]
    words: tuple[UnmappedWord, ...]
    left: pl.DataFrame
    merges: pl.DataFrame
    counts: pl.DataFrame
    rejects: pl.DataFrame
    corrected: pl.DataFrame
    files: tuple[tuple[RejectedLoad, RejectsFile | None], ...]
    completeness: tuple[Completeness, ...]
    adoption: tuple[Adoption, ...]
    intake: pl.DataFrame


def trust_of(view: View) -> Trust:
    """Give what the page shows; what belongs to a region only for the regions in view."""
    found, regions = _read(view.known, view.scope), view.choice.regions
    if not regions:
        return found
    return Trust(
        **vars(found)
        | {
            "stages": tuple(stage for stage in found.stages if stage.region in regions),
            "left": found.left.filter(pl.col("region").is_in(list(regions))),
            "completeness": tuple(one for one in found.completeness if one.region in regions),
            "intake": found.intake.filter(pl.col("region").is_in(list(regions))),
            "adoption": tuple(one for one in found.adoption if one.region in regions),
        }
    )


@st.cache_data(max_entries=8, show_spinner=False)
def _read(known: Known, scope: Scope) -> Trust:
    engine, settings = answers(known)
    organisation = settings.organisation
    return Trust(
        loads=balance(engine),
        stages=unmapped_stages(engine, organisation),
        words=unmapped_words(engine, organisation, scope),
        left=left_view(engine, organisation, scope),
        merges=unresolved_merges(engine, scope),
        counts=reject_counts(engine),
        rejects=rejects(engine, organisation, scope),
        corrected=corrected_rejects(engine, organisation, scope),
        files=downloads(engine, organisation, scope, rejected_loads(engine, organisation, scope)),
        completeness=completeness(engine, scope),
        adoption=adoption(engine, scope),
        intake=order_intake_differences(engine, organisation, scope, definitions=settings.definitions),
    )


def downloads(
    engine: Engine, organisation: Organisation, scope: Scope, loads: Sequence[RejectedLoad]
) -> tuple[tuple[RejectedLoad, RejectsFile | None], ...]:
    """Give the newest loads' rejected rows as files, None for each one that the page would grow too large by."""
    found: list[tuple[RejectedLoad, RejectsFile | None]] = []
    left = MOST_BYTES
    for at, load in enumerate(loads):
        is_small = at < MOST_FILES and load.rows <= MOST_ROWS
        file = rejects_file(engine, organisation, scope, load.load_id) if is_small else None
        fits = file is not None and len(file.content) <= left
        left -= len(file.content) if file is not None and fits else 0
        found.append((load, file if fits else None))
    return tuple(found)
