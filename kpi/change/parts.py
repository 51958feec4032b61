"""The parts of a change: named amounts that add up to it exactly, and how they are rounded together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal

Kind = Literal["changed", "new", "gone", "rate", "mix", "deals", "price", "fx", "entered", "left", "whole", "twice"]
Exact = int | Decimal | Fraction
CENT = Fraction(1, 100)


@dataclass(frozen=True)
class Part:
    """One part of a change: what it is about (a segment, a currency), of which kind, and how much; signed."""

    name: str
    kind: Kind
    amount: Fraction


def total(parts: Sequence[Part]) -> Fraction:
    """Give what the parts add up to."""
    return sum((part.amount for part in parts), Fraction(0))


def shares(parts: Sequence[Part], material: Exact) -> dict[Part, Fraction] | None:
    """Give each part's share of the change; None where the change is smaller than what is material.

    Of a change near zero, shares are large numbers without a meaning.
    """
    change = total(parts)
    if change == 0 or abs(change) < Fraction(material):
        return None
    return {part: part.amount / change for part in parts}


def rounded(parts: Sequence[Part], unit: Fraction = CENT) -> list[Part]:
    """Give the parts in whole units that add up to the rounded total.

    Each part is rounded down; the units then missing go one each to the parts that lost most by it, the larger part
    first where two lost the same. So no part is a whole unit away from what it is, and what is shown adds up.
    """
    floors = [part.amount // unit for part in parts]
    missing = round(total(parts) / unit) - sum(floors)
    lost = sorted(
        range(len(parts)),
        key=lambda place: (floors[place] - parts[place].amount / unit, -abs(parts[place].amount), place),
    )
    raised = set(lost[:missing])
    return [
        replace(part, amount=(floor + (place in raised)) * unit)
        for place, (part, floor) in enumerate(zip(parts, floors, strict=True))
    ]
