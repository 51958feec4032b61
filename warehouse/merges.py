"""Merged deals: from the moment on at which a merge was known, the deal that is no more counts as deleted."""

from collections.abc import Mapping

import polars as pl

from warehouse.schema import keyed_table
from warehouse.store import Store

_MERGES = """
SELECT merged_id, into_id, load_id, line, known_from FROM opportunity_merge_version WHERE source = ?
QUALIFY row_number() OVER (PARTITION BY merged_id ORDER BY known_from) = 1
"""
_STATES = """
SELECT v.* FROM opportunity_version AS v JOIN merged AS m ON m.merged_id = v.opportunity_id
WHERE v.source = ? AND v.is_deleted IS NOT TRUE AND (v.known_until IS NULL OR v.known_until > m.merge_known_from)
"""

# A deal that was first exported when it was merged already takes that along into what its exported history tells.
_RESTORE = """
UPDATE opportunity_version AS v SET is_deleted = NULL FROM merged AS m
WHERE m.merged_id = v.opportunity_id AND v.source = ? AND v.is_deleted AND v.known_from < m.merge_known_from
    AND v.load_id IN (SELECT load_id FROM load WHERE source = ? AND table_name = 'opportunity_change')
"""


def end_merged(store: Store, source: str) -> pl.DataFrame:
    """Make the states of merged deals deleted ones from the first moment on at which their merge was known.

    A state that spans the moment is cut there; what was known before stays. Deals whose merges run in a circle stay
    as they are, for none of them would be left. Gives the states concerned. Needs a transaction.
    """
    table = keyed_table("opportunity")
    with store.frame("merged", _merged(store.query(_MERGES, [source]))):
        merged = store.query("SELECT * FROM merged")
        store.execute(_RESTORE, [source, source])
        states = store.query(_STATES, [source])
        if states.is_empty():
            return states
    states = states.join(merged, left_on="opportunity_id", right_on="merged_id", how="left", maintain_order="left")
    before = states.filter(pl.col("known_from") < pl.col("merge_known_from")).with_columns(
        known_until="merge_known_from", ended_because=pl.lit("changed"), held_back=pl.lit(value=False)
    )
    cut = pl.col("known_from") < pl.col("merge_known_from")
    after = states.with_columns(
        pl.when(cut).then("merge_load_id").otherwise("load_id").alias("load_id"),
        pl.when(cut).then("merge_line").otherwise("line").alias("line"),
        pl.max_horizontal("known_from", "merge_known_from").alias("known_from"),
        is_deleted=pl.lit(value=True),
    )
    columns = [column.name for column in table.columns]
    with store.frame("ended", states.select("opportunity_id", "known_from", "load_id")):
        store.execute(
            f"DELETE FROM {table.name} WHERE source = ? AND (opportunity_id, known_from, load_id) IN "
            "(SELECT (opportunity_id, known_from, load_id) FROM ended)",
            [source],
        )
    store.insert(table.name, pl.concat([before.select(columns), after.select(columns)]))
    return states.select(columns)


def _merged(merges: pl.DataFrame) -> pl.DataFrame:
    """Give the merges that leave a deal: merged_id, merge_known_from, merge_load_id, merge_line."""
    into = dict(merges.select("merged_id", "into_id").iter_rows())
    left = [each for each in into if _leaves_a_deal(each, into)]
    return merges.filter(pl.col("merged_id").is_in(left)).select(
        "merged_id", merge_known_from="known_from", merge_load_id="load_id", merge_line="line"
    )


def _leaves_a_deal(deal: str, into: Mapping[str, str]) -> bool:
    met = set()
    while deal in into and deal not in met:
        met.add(deal)
        deal = into[deal]
    return deal not in met
