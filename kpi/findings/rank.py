"""All findings of a page in the order in which they deserve attention."""

from collections.abc import Sequence
from decimal import Decimal

from kpi.card import Finding
from kpi.findings import data, effects, performance
from kpi.findings.facts import Facts

LEVELS = {"act": 0, "watch": 1, "note": 2}
KINDS = "pace concentration flag small_n late_feed currency mix not_comparable unmapped_stage".split()


def ranked_findings(facts: Facts) -> tuple[Finding, ...]:
    """Give every finding: those with money first, the largest on top; then act, watch and what is only to be known.

    A region's money counts once: its largest finding carries it.
    """
    found = [
        *performance.behind_pace(facts),
        *performance.concentrated(facts),
        *performance.other_flags(facts),
        *performance.too_few_to_judge(facts),
        *data.late_feeds(facts),
        *effects.currency_growth(facts),
        *effects.mix_effect(facts),
        *data.not_comparable(facts),
        *data.unmapped(facts),
    ]
    return tuple(sorted(performance.without_doubles(found), key=_place))


def stakes(findings: Sequence[Finding]) -> tuple[dict[str, Decimal], Decimal]:
    """Give the money at stake by region, and how much of all of it can still be changed."""
    counted = [finding for finding in findings if finding.money is not None and finding.level != "note"]
    at_stake = {finding.region: finding.money for finding in counted if finding.money is not None}
    return at_stake, sum((finding.changeable or Decimal(0) for finding in counted), Decimal(0))


def _place(finding: Finding) -> tuple[bool, Decimal, int, int, str]:
    money = finding.money if finding.level != "note" else None
    return (
        money is None,
        -(money or Decimal(0)),
        LEVELS[finding.level],
        KINDS.index(finding.kind),
        finding.region,
    )
