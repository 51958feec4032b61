"""The thresholds of what is put on the docket, beside the flags of each KPI: defaults that the file may change."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import timedelta

from organisation import Problem, YamlMap
from organisation.fields import Fields


@dataclass(frozen=True)
class Rules:
    """Shares are fractions.

    a_week: deviations that call a reader in a week. calm_for: how long one is calm before it has recovered.
    few_deals that were each pushed pushed_often times or more are a deviation from the share few_watch of what should
    still close on. weekly: the KPIs whose weeks are held against their own past; act_from: from how many times the
    flagged distance on it asks for an answer. peers: the rates that are held against the
    pooled rate of the other regions, of which there are peers_from or more; peers_beyond: how unlikely, on both sides
    together, what lies beyond their limits is. process: the KPIs that a region is held to once it has agreed to them.
    learned_from: records that say how complete young weeks are. too_thin: a
    week of which less has arrived by then is not judged.
    """

    a_week: int = 5
    calm_for: timedelta = timedelta(days=14)
    few_deals: int = 3
    pushed_often: int = 2
    few_watch: float = 0.4
    few_act: float = 0.5
    weekly: tuple[str, ...] = ()
    act_from: float = 1.5
    peers: tuple[str, ...] = ()
    peers_from: int = 4
    peers_beyond: float = 0.002
    process: tuple[str, ...] = ()
    learned_from: int = 200
    too_thin: float = 0.5


DEFAULT_RULES = Rules()
KEYS = tuple(field.name for field in fields(Rules))


def read_rules(node: object, problems: list[Problem], *, top: YamlMap) -> Rules:
    """Give the rules that a definitions file states under deviations; its faults are added to the problems."""
    if node is None:
        return DEFAULT_RULES
    if not isinstance(node, YamlMap):
        problems.append(top.problem("deviations", '"deviations" must hold keys of its own'))
        return DEFAULT_RULES
    stated = Fields(node, problems, known=KEYS)
    found = replace(
        DEFAULT_RULES, weekly=stated.texts("weekly"), process=stated.texts("process"), peers=stated.texts("peers")
    )
    for key, (read, form) in _FORMS.items():
        usual: object = getattr(DEFAULT_RULES, key)
        found = replace(found, **{key: stated.parsed(key, read, usual, form)})  # type: ignore[arg-type]
    return found


def _whole(text: str) -> int:
    found = int(text)
    if found < 1:
        raise ValueError(text)
    return found


def _several(text: str) -> int:
    found = int(text)
    if found < 2:  # the pooled rate of one other region is that region's
        raise ValueError(text)
    return found


def _times(text: str) -> float:
    found = float(text)
    if not 1 <= found < float("inf"):
        raise ValueError(text)
    return found


def _days(text: str) -> timedelta:
    return timedelta(days=_whole(text.strip().removesuffix("days").removesuffix("day")))


def _share(text: str) -> float:
    found = float(text.strip().removesuffix("%")) / 100
    if not text.strip().endswith("%") or not 0 <= found <= 1:
        raise ValueError(text)
    return found


_FORMS: dict[str, tuple[Callable[[str], object], str]] = {
    "a_week": (_whole, "a number such as 5"),
    "calm_for": (_days, "days such as 14 days"),
    "few_deals": (_whole, "a number such as 3"),
    "pushed_often": (_whole, "a number such as 2"),
    "few_watch": (_share, "a share such as 40%"),
    "few_act": (_share, "a share such as 50%"),
    "act_from": (_times, "a number such as 1.5"),
    "peers_from": (_several, "a number from 2 on, such as 4"),
    "peers_beyond": (_share, "a share such as 0.2%"),
    "learned_from": (_whole, "a number such as 200"),
    "too_thin": (_share, "a share such as 50%"),
}
