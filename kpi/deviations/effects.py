"""Findings about what a total hides: growth that is only the exchange rate, and a rate that fell only by its mix."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from kpi.asking import Answers
from kpi.card import Finding
from kpi.deviations.facts import Facts
from kpi.value import GROUP, Value
from kpi.words import percent, points

RATE = "win_rate"


@dataclass(frozen=True)
class Part:
    """What a region adds to the change of the group's rate, in points: by its own rate, and by its weight."""

    rate: float
    mix: float


def currency_growth(facts: Facts) -> Iterator[Finding]:
    """Give a note where won value rose over last year in the group's currency but fell in the region's own."""
    asking = facts.asking
    if all(asking.organisation.regions[region].currency == facts.currency for region in facts.regions):
        return
    before = replace(asking.a_year_before(), rates_on=None)
    now, then = (asking.answers(replace(asked, rates="booked"), ["won_value"]) for asked in (asking.asked, before))
    local = (asking.answers(replace(asked, currency="local"), ["won_value"]) for asked in (asking.asked, before))
    now_local, then_local = local
    for region in facts.regions:
        own = asking.organisation.regions[region].currency
        in_group, in_own = _growth(now, then, region), _growth(now_local, then_local, region)
        if own == facts.currency or in_group is None or in_own is None:
            continue
        if in_group * in_own >= 0 or min(abs(in_group), abs(in_own)) < asking.definitions.rules.notable:
            continue
        rose, fell = ("rose", "fell") if in_group > 0 else ("fell", "rose")
        yield Finding(
            kind="currency",
            region=region,
            kpi="won_value",
            level="note",
            subject="won value against last year",
            distance=f"{'+' if in_group > 0 else ''}{percent(in_group)} in {facts.currency}",
            sentence=f"{facts.name(region)}'s won value {rose} {percent(abs(in_group))} in {facts.currency} over last "
            f"year; in {own} it {fell} {percent(abs(in_own))}: the difference is the exchange rate.",
            favourable=in_own > 0,
            query=(("region", region), ("kpi", "won_value"), ("against", "last_year"), ("money", "local")),
        )


def mix_effect(facts: Facts) -> Iterator[Finding]:
    """Give a note where a rate moved one way in every region and the other way in the group."""
    asking = facts.asking
    now, then = facts.figures(RATE), asking.answers(asking.a_year_before(), [RATE])
    fewest = asking.definitions.rules.mix_needs
    regions = [one for one in facts.regions if _counts(now, one, fewest) and _counts(then, one, fewest)]
    group = _change(now.get((RATE, GROUP)), then.get((RATE, GROUP)))
    changes = [change for region in regions if (change := _change(now[RATE, region], then[RATE, region])) is not None]
    if group is None or len(changes) < 2 or not all(change * group < 0 for change in changes):
        return
    parts = decomposed(
        {region: then[RATE, region] for region in regions}, {region: now[RATE, region] for region in regions}
    )
    share_now, share_then = _weights(now, regions), _weights(then, regions)
    towards = 1 if group < 0 else -1
    # Where two regions explain as much, the one that grew is easier to see than the one that shrank.
    heaviest = min(parts, key=lambda name: (round(parts[name].mix * towards, 9), share_then[name] - share_now[name]))
    rose, fell = ("rose", "fell") if group < 0 else ("fell", "rose")
    rate = now[RATE, heaviest].value
    yield Finding(
        kind="mix",
        region=GROUP,
        kpi=RATE,
        level="note",
        subject="win rate against last year",
        distance=f"{'+' if group > 0 else ''}{points(group)}",
        sentence=f"Win rate {rose} in every region and {fell} {points(abs(group))} in the group: "
        f"{facts.name(heaviest)}, which wins {percent(rate or 0)}, closed {percent(share_now[heaviest])} "
        f"of all deals after {percent(share_then[heaviest])} a year ago.",
        favourable=group > 0,
        query=(("region", heaviest), ("kpi", RATE), ("against", "last_year")),
    )


def decomposed(then: Mapping[str, Value], now: Mapping[str, Value]) -> dict[str, Part]:
    """Give each region's part in the change of the pooled rate; all parts add up to the change exactly.

    With w the share of the denominator and R the mean of the two pooled rates: rate = (w0 + w1) / 2 * (r1 - r0),
    mix = (w1 - w0) * ((r0 + r1) / 2 - R).
    """
    before, after = _shares(then), _shares(now)
    pooled = (sum(w * r for w, r in before.values()) + sum(w * r for w, r in after.values())) / 2
    parts = {}
    for region, (weight_then, rate_then) in before.items():
        weight_now, rate_now = after[region]
        parts[region] = Part(
            rate=(weight_then + weight_now) / 2 * (rate_now - rate_then),
            mix=(weight_now - weight_then) * ((rate_then + rate_now) / 2 - pooled),
        )
    return parts


def _shares(values: Mapping[str, Value]) -> dict[str, tuple[float, float]]:
    total = sum(float(value.denominator or 0) for value in values.values())
    return {
        region: (float(value.denominator or 0) / total, float(value.numerator or 0) / float(value.denominator or 1))
        for region, value in values.items()
    }


def _weights(answers: Answers, regions: list[str]) -> dict[str, float]:
    return {region: weight for region, (weight, _) in _shares({name: answers[RATE, name] for name in regions}).items()}


def _counts(answers: Answers, region: str, fewest: int) -> bool:
    value = answers.get((RATE, region))
    return value is not None and value.value is not None and value.n >= fewest


def _change(now: Value | None, then: Value | None) -> float | None:
    if now is None or then is None or now.value is None or then.value is None:
        return None
    return float(now.value) - float(then.value)


def _growth(now: Answers, then: Answers, region: str) -> float | None:
    new, old = now.get(("won_value", region)), then.get(("won_value", region))
    if new is None or old is None or new.value is None or not old.value:
        return None
    return float(new.value) / float(old.value) - 1
