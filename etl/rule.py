"""The rules over the tables that the organisation keeps itself: rules, plans, credits, and deals that are one."""

from dataclasses import dataclass

import polars as pl

WHOLE = 100  # percent
_SHARED_DEAL = ("opportunity_source", "opportunity_id", "valid_from")


@dataclass(frozen=True)
class Rule:
    """Something that is true of every row: a row of which it is not is rejected with the reason."""

    name: str
    column: str
    reason: str
    holds: pl.Expr


def own_rules(table: str) -> tuple[Rule, ...]:
    """Give the rules over a table of the organisation's own; none for any other."""
    return _OWN.get(table, ())


def _revenue_adds_up() -> pl.Expr:
    """Say of each row whether the revenue shares of its deal and day, where there are any, are the whole deal."""
    shares = pl.when(pl.col("kind") == "revenue").then("share")
    return shares.sum().over(_SHARED_DEAL).is_in([0, WHOLE]) | (pl.col("kind") != "revenue")


def _counts_itself() -> pl.Expr:
    """Say of each pair whether its counted deal is no twin of another: else both would be left out of a total."""
    counted, twin = (pl.concat_str(f"{side}_source", f"{side}_id", separator="\u241f") for side in ("counted", "twin"))
    return ~counted.is_in(twin.implode())


_OWN: dict[str, tuple[Rule, ...]] = {
    "qualification_rule": (Rule("rule_is_known", "rule", "RANGE", pl.col("rule") == "score"),),
    "account_plan": (
        Rule("plan_ends_after_it_starts", "ends_on", "RANGE", pl.col("ends_on") >= pl.col("starts_on")),
        Rule(
            "target_names_its_currency",
            "currency",
            "MISSING_VALUE",
            pl.col("target").is_null() | pl.col("currency").is_not_null(),
        ),
    ),
    "forecast": (
        Rule("category_is_known", "category", "RANGE", pl.col("category").is_in(["commit", "best_case", "call"])),
        Rule("scope_is_known", "scope", "RANGE", pl.col("scope").is_in(["region", "team", "country", "segment"])),
        Rule("period_ends_after_it_starts", "ends_on", "RANGE", pl.col("ends_on") >= pl.col("starts_on")),
        Rule(
            "region_speaks_of_itself",
            "scope_id",
            "RANGE",
            (pl.col("scope") != "region") | (pl.col("scope_id") == pl.col("region")),
        ),
    ),
    "opportunity_credit": (
        Rule("kind_is_revenue_or_overlay", "kind", "RANGE", pl.col("kind").is_in(["revenue", "overlay"])),
        Rule("share_lies_over_0_and_up_to_100", "share", "RANGE", (pl.col("share") > 0) & (pl.col("share") <= WHOLE)),
        Rule("revenue_shares_add_to_100", "share", "SHARES", _revenue_adds_up()),
    ),
    "same_deal": (Rule("counted_deal_is_no_twin", "counted_id", "CHAIN", _counts_itself()),),
}
