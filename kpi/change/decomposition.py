"""Exact decompositions of a change between two moments: sums by segment, ratios, products."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from kpi.change.parts import Exact, Kind, Part
from kpi.errors import KpiError

DIGITS = 50
KEPT = Fraction(1, 10**12)  # logarithms are kept to this share of a unit; the deals' part takes what is left
HALF = Fraction(1, 2)
Ratio = tuple[Exact, Exact]
"""Numerator and denominator."""


@dataclass(frozen=True)
class Product:
    """A value made of the number of deals, their average price in their currency, and the rate to one unit of it."""

    deals: Exact
    price: Exact
    rate: Exact

    @property
    def value(self) -> Fraction:
        """Deals times price times rate."""
        return Fraction(self.deals) * Fraction(self.price) * Fraction(self.rate)


def sum_parts(before: Mapping[str, Exact], after: Mapping[str, Exact]) -> list[Part]:
    """Give what each segment adds to the change of a sum; a new or gone segment counts whole."""
    parts = []
    for name in _names(before, after):
        change = Fraction(after.get(name, 0)) - Fraction(before.get(name, 0))
        kind: Kind = "new" if name not in before else "gone" if name not in after else "changed"
        parts.append(Part(name, kind, change))
    return parts


def ratio_parts(before: Mapping[str, Ratio], after: Mapping[str, Ratio]) -> list[Part]:
    """Give what each segment's own rate and its weight add to the change of a ratio of sums.

    With w the share of the denominator, r a segment's ratio and R the whole: rate = (w0 + w1)/2 (r1 - r0),
    mix = (w1 - w0) ((r0 + r1)/2 - (R0 + R1)/2). A segment without weight on one side has no ratio there: it changes
    the mix alone. Raises KpiError where a whole denominator is not above zero, or one of its parts is below.
    """
    whole0, whole1 = _whole(before), _whole(after)
    middle = (whole0[0] / whole0[1] + whole1[0] / whole1[1]) / 2
    parts = []
    for name in _names(before, after):
        weight0, ratio0 = _weighted(before.get(name, (0, 0)), whole0[1])
        weight1, ratio1 = _weighted(after.get(name, (0, 0)), whole1[1])
        if ratio0 is None and ratio1 is None:
            continue
        known0, known1 = (ratio0 if ratio0 is not None else ratio1), (ratio1 if ratio1 is not None else ratio0)
        first, second = known0 or Fraction(0), known1 or Fraction(0)
        parts.append(Part(name, "rate", HALF * (weight0 + weight1) * (second - first)))
        parts.append(Part(name, "mix", (weight1 - weight0) * (HALF * (first + second) - middle)))
    return parts


def product_parts(before: Mapping[str, Product], after: Mapping[str, Product]) -> list[Part]:
    """Give what the number of deals, their price and the exchange rate add to the change of a value, by segment.

    LMDI: effect = L(v0, v1) ln(f1/f0) with L = (v1 - v0)/ln(v1/v0). A segment that was nothing before has entered,
    one that is nothing after has left, each with its whole value. Where a factor is below zero there is no logarithm:
    the whole change is one part.
    """
    parts = []
    for name in _names(before, after):
        parts += _one_product(name, before.get(name, Product(0, 0, 0)), after.get(name, Product(0, 0, 0)))
    return parts


def _one_product(name: str, old: Product, new: Product) -> list[Part]:
    change = new.value - old.value
    if any(Fraction(factor) < 0 for one in (old, new) for factor in (one.deals, one.price, one.rate)):
        return [Part(name, "whole", change)]
    if old.value == 0 or new.value == 0:
        return [Part(name, "entered" if old.value == 0 else "left", change)] if change else []
    mean = _logarithmic_mean(old.value, new.value)
    price = _kept(mean * _log(Fraction(new.price) / Fraction(old.price)))
    fx = _kept(mean * _log(Fraction(new.rate) / Fraction(old.rate)))
    return [Part(name, "deals", change - price - fx), Part(name, "price", price), Part(name, "fx", fx)]


def _logarithmic_mean(old: Fraction, new: Fraction) -> Decimal:
    with localcontext() as context:
        context.prec = DIGITS
        log = _log(new / old)
        return _decimal(old) if log == 0 else _decimal(new - old) / log


def _log(ratio: Fraction) -> Decimal:
    with localcontext() as context:
        context.prec = DIGITS
        return _decimal(ratio).ln()


def _decimal(number: Fraction) -> Decimal:
    with localcontext() as context:
        context.prec = DIGITS
        return Decimal(number.numerator) / Decimal(number.denominator)


def _kept(number: Decimal) -> Fraction:
    return round(Fraction(number) / KEPT) * KEPT


def _whole(segments: Mapping[str, Ratio]) -> tuple[Fraction, Fraction]:
    below = [name for name, (_, denominator) in segments.items() if denominator < 0]
    if below:
        raise KpiError(f'the denominator of "{below[0]}" is below zero; a ratio splits only over weights of 0 or more')
    numerator = sum((Fraction(above) for above, _ in segments.values()), Fraction(0))
    denominator = sum((Fraction(under) for _, under in segments.values()), Fraction(0))
    if denominator == 0:
        raise KpiError("the denominator is 0 on one side: there is no ratio, so its change has no parts")
    return numerator, denominator


def _weighted(ratio: Ratio, whole: Fraction) -> tuple[Fraction, Fraction | None]:
    numerator, denominator = Fraction(ratio[0]), Fraction(ratio[1])
    if denominator == 0 and numerator != 0:
        raise KpiError("a segment has a numerator and no denominator; its part of the ratio cannot be told")
    return denominator / whole, numerator / denominator if denominator else None


def _names(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    return list(dict.fromkeys([*before, *after]))
