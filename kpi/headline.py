"""The one sentence above the overview: who needs somebody, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from kpi.card import Headline, Scorecard
from kpi.value import GROUP
from kpi.words import listed, money, number_word
from organisation import Organisation

NAMED = 3


@dataclass(frozen=True)
class Claim:
    """What is at stake in something that a region agreed to keep and does not; region "group": in several at once.

    Money is in the group's currency at budget rates; changeable is the part that can still be changed.
    """

    region: str
    subject: str
    money: Decimal
    changeable: Decimal


def headline(card: Scorecard, organisation: Organisation, claims: Sequence[Claim] = ()) -> Headline:
    """Give the sentence that names the regions in need, and the quiet one with what is at stake and what is calm.

    A region's money counts once: the larger of what its figures and one of its claims say, since both may be about
    the same deals. What is at stake in several regions at once is told beside the total, for the same reason.
    """
    leading_claims = _leading(card, claims)
    needing = regions_in_need(card, leading_claims)
    at_stake, can_change = _total(card, leading_claims)
    calm = f"{card.calm} figures are calm." if card.calm != 1 else "1 figure is calm."
    if not needing:
        late = f" {_late(card, organisation)}" if card.missing else ""
        shared = f"{calm}{_beside(card, organisation, claims)}"
        nobody = "No region needs you now." if len(card.regions) > 1 else "Nothing needs you now."
        return Headline(nobody, f"{shared}{late}", at_stake, can_change)
    names = {region: organisation.regions[region].name for region in card.regions}
    leading = [_reason(card, region, names[region], leading_claims.get(region)) for region in needing[:NAMED]]
    rest = [names[region] for region in needing[NAMED:]]
    also = f" Also {listed(rest)}." if rest else ""
    verb = "needs" if len(needing) == 1 else "need"
    count = f"{number_word(len(needing)).capitalize()} of {number_word(len(card.regions))} regions {verb} you"
    currency = organisation.group.currency
    parts = []
    if at_stake:
        parts.append(f"**{money(at_stake, currency)}** at stake")
        changeable = money(can_change, currency)
        part = "all of it" if changeable == money(at_stake, currency) else f"**{changeable}**"
        parts.append(f"{part} can still be changed this period")
    acting = listed([organisation.regions[region].manager for region in needing])
    stake = f"{', '.join(parts)}, by **{acting}**; " if parts else f"To act: **{acting}**; "
    late = f" {_late(card, organisation)}" if card.missing else ""
    opening = f"{count}: " if len(card.regions) > 1 else ""
    return Headline(
        f"{opening}{'; '.join(leading)}.{also}",
        f"{stake}{calm}{_beside(card, organisation, claims)}{late}",
        at_stake,
        can_change,
    )


def regions_in_need(card: Scorecard, claims: Mapping[str, Claim] | None = None) -> tuple[str, ...]:
    """Give the regions with money at stake, the most first; where there is none, those with a figure to act on."""
    acting = {finding.region for finding in card.findings if finding.level == "act"}
    staked = {**card.stake_of, **(claims or {})}
    return tuple(region for region in card.regions if region in (staked or acting))


def _leading(card: Scorecard, claims: Sequence[Claim]) -> dict[str, Claim]:
    """Give each region's largest claim where it is larger than what its figures say."""
    found: dict[str, Claim] = {}
    for claim in sorted(claims, key=lambda one: one.money):
        if claim.region in card.regions and claim.money > card.stake_of.get(claim.region, Decimal(0)):
            found[claim.region] = claim
    return found


def _total(card: Scorecard, claims: Mapping[str, Claim]) -> tuple[Decimal, Decimal]:
    """Give what is at stake and can still be changed: of a region with a larger claim, that of the claim alone."""
    own = {one.region: one for one in card.findings if one.money is not None and one.level != "note"}
    at_stake, changeable = card.at_stake, card.changeable
    for region, claim in claims.items():
        at_stake += claim.money - card.stake_of.get(region, Decimal(0))
        changeable += claim.changeable - ((own[region].changeable if region in own else None) or Decimal(0))
    return at_stake, changeable


def _beside(card: Scorecard, organisation: Organisation, claims: Sequence[Claim]) -> str:
    shared = sum((one.money for one in claims if one.region == GROUP), Decimal(0))
    if not shared:
        return ""
    worth = money(shared, organisation.group.currency)
    return f" Beside it {worth} in what regions do on one customer, which may be the same deals."


def _reason(card: Scorecard, region: str, name: str, claim: Claim | None) -> str:
    if claim is not None:
        return f"{name}'s {claim.subject}"
    leading = next(finding for finding in card.findings if finding.region == region and finding.level != "note")
    if leading.kind == "pace":
        return f"{name} is {leading.distance} pace"
    if leading.kind == "concentration":
        share, _, few = leading.distance.partition(" in ")
        return f"{name} has {share} of what should still close in {few}"
    return f"{name}'s {leading.subject}"


def _late(card: Scorecard, organisation: Organisation) -> str:
    names = [organisation.regions[region].name for region in card.missing if region in organisation.regions]
    return f"{listed(names)} {'is' if len(names) == 1 else 'are'} late: the totals stand on older figures there."
