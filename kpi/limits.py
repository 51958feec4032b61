"""Limits of comparability: defaults that the definitions file may change."""

from dataclasses import dataclass, fields, replace

from organisation import Problem, YamlMap
from organisation.fields import Fields


@dataclass(frozen=True)
class Limits:
    """Shares are fractions.

    missing_below, unusable_below, low_below: filled share of a field. unmapped_over, unusable_unmapped_over: deals in
    stages (or of business types) that nothing maps. assumed_over: currencies assumed, close dates estimated.
    registered_late_over: won value entered in the CRM at propose or later, or less than registered_late_days before
    its win. losses_below: lost and dropped of all closed deals. stale_open_over: open deals older than stale_cycles
    times the cycle that nine of ten won deals keep to. practice_needs: closed or open deals below which nothing is
    said of the last three.
    """

    missing_below: float = 0.05
    unusable_below: float = 0.5
    low_below: float = 0.9
    unmapped_over: float = 0.01
    unusable_unmapped_over: float = 0.25
    assumed_over: float = 0.1
    registered_late_over: float = 0.25
    registered_late_days: float = 14
    losses_below: float = 0.2
    stale_open_over: float = 0.1
    stale_cycles: float = 2.0
    practice_needs: float = 20


DEFAULT_LIMITS = Limits()
KEYS = tuple(field.name for field in fields(Limits))
_NUMBERS = ("registered_late_days", "stale_cycles", "practice_needs")


def read_limits(node: object, problems: list[Problem], *, top: YamlMap) -> Limits:
    """Give the limits that a definitions file states under comparability; its faults are added to the problems."""
    limits = DEFAULT_LIMITS
    if node is None:
        return limits
    if not isinstance(node, YamlMap):
        problems.append(top.problem("comparability", '"comparability" must hold keys of its own'))
        return limits
    stated = Fields(node, problems, known=KEYS)
    for key in KEYS:
        usual: float = getattr(limits, key)
        read, form = (_positive, "a number such as 14") if key in _NUMBERS else (_share, "a share such as 25%")
        limits = replace(limits, **{key: stated.parsed(key, read, usual, form)})
    return limits


def _share(text: str) -> float:
    if not text.strip().endswith("%"):
        raise ValueError(text)
    found = float(text.strip().removesuffix("%")) / 100
    if not 0 <= found <= 1:
        raise ValueError(text)
    return found


def _positive(text: str) -> float:
    found = float(text)
    if not 0 < found < float("inf"):
        raise ValueError(text)
    return found
