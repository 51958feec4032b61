"""The one sentence above the overview: who needs somebody, and why."""

from kpi.card import Headline, Scorecard
from kpi.words import listed, money, number_word
from organisation import Organisation

NAMED = 3


def headline(card: Scorecard, organisation: Organisation) -> Headline:
    """Give the sentence that names the regions in need, and the quiet one with what is at stake and what is calm."""
    needing = regions_in_need(card)
    calm = f"{card.calm} figures are calm." if card.calm != 1 else "1 figure is calm."
    if not needing:
        late = f" {_late(card, organisation)}" if card.missing else ""
        nobody = "No region needs you now." if len(card.regions) > 1 else "Nothing needs you now."
        return Headline(nobody, f"{calm}{late}")
    names = {region: organisation.regions[region].name for region in card.regions}
    leading = [_reason(card, region, names[region]) for region in needing[:NAMED]]
    rest = [names[region] for region in needing[NAMED:]]
    also = f" Also {listed(rest)}." if rest else ""
    verb = "needs" if len(needing) == 1 else "need"
    count = f"{number_word(len(needing)).capitalize()} of {number_word(len(card.regions))} regions {verb} you"
    currency = organisation.group.currency
    parts = []
    if card.at_stake:
        parts.append(f"**{money(card.at_stake, currency)}** at stake")
        changeable = money(card.changeable, currency)
        part = "all of it" if changeable == money(card.at_stake, currency) else f"**{changeable}**"
        parts.append(f"{part} can still be changed this period")
    acting = listed([organisation.regions[region].manager for region in needing])
    stake = f"{', '.join(parts)}, by **{acting}**; " if parts else f"To act: **{acting}**; "
    late = f" {_late(card, organisation)}" if card.missing else ""
    opening = f"{count}: " if len(card.regions) > 1 else ""
    return Headline(f"{opening}{'; '.join(leading)}.{also}", f"{stake}{calm}{late}")


def regions_in_need(card: Scorecard) -> tuple[str, ...]:
    """Give the regions with money at stake, the most first; where there is none, those with a figure to act on."""
    acting = {finding.region for finding in card.findings if finding.level == "act"}
    return tuple(region for region in card.regions if region in (card.stake_of or acting))


def _reason(card: Scorecard, region: str, name: str) -> str:
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
