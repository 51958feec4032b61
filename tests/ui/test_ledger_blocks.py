"""The freshness page's parts."""

import polars as pl

from ui.ledger_blocks import merges_block


def test_merges_that_lead_to_nobody_are_listed_and_their_names_are_only_text() -> None:
    row = {"source": "dach", "region": "dach", "account_id": "7", "name": "<b>Acme", "merged_into": "8"}
    shown = merges_block(pl.DataFrame([row]))
    assert "1 account;" in shown
    assert "&lt;b&gt;Acme" in shown
    assert "account 7 is merged into 8" in shown
    assert merges_block(pl.DataFrame(schema=dict.fromkeys(row, pl.String))) == ""
