"""All findings of a page in the order in which they deserve attention."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from kpi.card import Finding
from kpi.deviations import data, effects, performance
from kpi.deviations.facts import Facts

LEVELS = {"act": 0, "watch": 1, "note": 2}
KINDS = "pace concentration flag small_n late_feed currency mix not_comparable unmapped_stage".split()

# What looks for findings, and the KPIs that a company must have defined for it to look.
FINDERS: tuple[tuple[Callable[[Facts], Iterable[Finding]], tuple[str, ...]], ...] = (
    (performance.behind_pace, ("pace", "won_value", "expected_won", "closing_in_period")),
    (performance.concentrated, ("closing_in_period",)),
    (performance.other_flags, ()),
    (performance.too_few_to_judge, ("pace",)),
    (data.late_feeds, ()),
    (effects.currency_growth, ("won_value",)),
    (effects.mix_effect, (effects.RATE,)),
    (data.not_comparable, ()),
    (data.unmapped, ()),
)


def ranked_findings(facts: Facts) -> tuple[Finding, ...]:
    """Give every finding: those with money first, the largest on top; then act, watch and what is only to be known.

    A region's money counts once: its largest finding carries it.
    """
    known = facts.asking.definitions.kpis
    found = [finding for find, needed in FINDERS if all(name in known for name in needed) for finding in find(facts)]
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
