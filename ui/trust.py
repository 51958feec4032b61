"""What the freshness page reads of a snapshot: answered once for it, drawn again as often as somebody looks."""

from collections.abc import Collection, Sequence
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
from kpi.scope import Scope, sources_of_regions
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
    """Give what the page shows of the regions in view.

    What belongs to a region stands for the regions chosen; a file, whose rows have no region yet, where its source
    brings rows of any of them.
    """
    found, regions = _read(view.known, view.scope), view.choice.regions
    if not regions:
        return found
    sources = sources_of_regions(view.organisation, regions)
    return Trust(
        loads=_of(found.loads, "source", sources),
        stages=tuple(stage for stage in found.stages if stage.region in regions),
        words=tuple(word for word in found.words if word.source in sources),
        left=_of(found.left, "region", regions),
        merges=_of(found.merges, "region", regions),
        counts=_of(found.counts, "source", sources),
        rejects=_of(found.rejects, "source", sources),
        corrected=_of(found.corrected, "source", sources),
        files=_files(view.known, view.scope, sources),
        completeness=tuple(one for one in found.completeness if one.region in regions),
        adoption=tuple(one for one in found.adoption if one.region in regions),
        intake=_of(found.intake, "region", regions),
    )


def _of(frame: pl.DataFrame, column: str, wanted: Collection[str]) -> pl.DataFrame:
    return frame.filter(pl.col(column).is_in(sorted(wanted)))


@st.cache_data(max_entries=8, show_spinner=False)
def _read(known: Known, scope: Scope) -> Trust:
    engine, settings = answers(known)
    organisation = settings.organisation
    return Trust(
        loads=balance(engine, organisation, scope),
        stages=unmapped_stages(engine, organisation, scope),
        words=unmapped_words(engine, organisation, scope),
        left=left_view(engine, organisation, scope),
        merges=unresolved_merges(engine, scope),
        counts=reject_counts(engine, organisation, scope),
        rejects=rejects(engine, organisation, scope),
        corrected=corrected_rejects(engine, organisation, scope),
        files=_files(known, scope, None),
        completeness=completeness(engine, scope),
        adoption=adoption(engine, scope),
        intake=order_intake_differences(engine, organisation, scope, definitions=settings.definitions),
    )


@st.cache_data(max_entries=8, show_spinner=False)
def _files(
    known: Known, scope: Scope, sources: frozenset[str] | None
) -> tuple[tuple[RejectedLoad, RejectsFile | None], ...]:
    """Give the files to correct of some sources (None: all), so that a region's are there however many others have."""
    engine, settings = answers(known)
    loads = rejected_loads(engine, settings.organisation, scope)
    wanted = [load for load in loads if sources is None or load.source in sources]
    return downloads(engine, settings.organisation, scope, wanted)


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
