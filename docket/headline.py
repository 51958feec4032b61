"""The headline of the overview and of the frozen pack: what figures say, and what stands on the docket, said once."""

from collections.abc import Iterable
from decimal import Decimal

from docket.items import Item
from kpi.card import Headline, Scorecard
from kpi.definitions import Definitions
from kpi.headline import Claim, headline
from organisation import Organisation

SEEN_AS = {"pace": "won value against pace", "concentration": "what should still close", "late feed": "late export"}


def headline_of(
    card: Scorecard, items: Iterable[Item], organisation: Organisation, definitions: Definitions
) -> Headline:
    """Give the headline of a scorecard with what is at stake in agreements that are on the docket and not over.

    A page and a pack that both come from here tell the same of the same moment.
    """
    claims = [
        Claim(item.region, subject_of(definitions, item), item.money, item.changeable or Decimal(0))
        for item in items
        if item.rule == "agreement" and item.money and not item.is_over
    ]
    return headline(card, organisation, claims)


def subject_of(definitions: Definitions, item: Item) -> str:
    """What is off, in words that go on after the region's name."""
    if item.rule in SEEN_AS:
        return SEEN_AS[item.rule]
    label = definitions.kpis[item.kpi].label if item.kpi in definitions.kpis else item.kpi
    return label[0].lower() + label[1:]
