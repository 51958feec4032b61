"""The thresholds of what is put on the docket, beside the flags of each KPI: those of the group, and a region's own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta

from organisation.fields import Fields
from organisation.flag_levels import Flag, misfits, read_flag
from organisation.problems import Problem
from organisation.yaml_file import YamlMap


@dataclass(frozen=True)
class Rules:
    """Shares are fractions.

    a_week: deviations that call a reader in a week. calm_below: the share of the flagged distance below which one is
    calm; calm_for: how long it is calm before it has recovered. verify_within: after so long the data verify what was
    resolved without a day of its own. longest_snooze: nothing is put off for longer.
    few_deals that were each pushed pushed_often times or more are a deviation from the share few_watch of what should
    still close on. weekly: the KPIs whose weeks are held against their own past; act_from: from how many times the
    flagged distance on it asks for an answer. peers: the rates that are held against the
    pooled rate of the other regions, of which there are peers_from or more; peers_beyond: how unlikely, on both sides
    together, what lies beyond their limits is. process: the KPIs that a region is held to once it has agreed to them.
    learned_from: records that say how complete young weeks are. too_thin: a
    week of which less has arrived by then is not judged; final_after: what has not come by then is not waited for.

    week_flag: from how many sigmas on a week is off, week_floor: no change below this share is called. rate_beyond: how
    unlikely, on both sides together, the weeks of a rate must be to be off; rate_needs: past cases before they are.
    agreed_margin: so far on the good side of an agreed level, a figure has nothing of a deviation. notable: growth and
    decline below it are standing still. mix_needs: closed deals a region needs to take part in what a mix did.
    yield_needs: past deals with which a region has a yield of its own. silent_after: weeks without a gap or a zero
    after which one of them is a deviation of its own.

    past_needs: own quarters before a distance from them is more than chance. past_sigmas: how sure it must be, where
    1.96 is 19 times of 20. spread_…: how far single cases of that unit lie apart, as a share of their mean.
    """

    a_week: int = 5
    calm_below: float = 0.5
    calm_for: timedelta = timedelta(days=14)
    verify_within: timedelta = timedelta(days=14)
    longest_snooze: timedelta = timedelta(days=92)
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
    final_after: timedelta = timedelta(days=63)
    week_flag: float = 2.85
    week_floor: float = 0.03
    rate_beyond: float = 0.0025
    rate_needs: int = 20
    agreed_margin: float = 0.1
    notable: float = 0.02
    mix_needs: int = 5
    yield_needs: int = 10
    silent_after: int = 26
    past_needs: int = 3
    past_sigmas: float = 1.96
    spread_days: float = 0.75
    spread_money: float = 1.2
    spread_count: float = 1.0
    spread_ratio: float = 1.2


DEFAULT_RULES = Rules()
KEYS = tuple(one.name for one in fields(Rules))
# What a region may state for itself. The others are about all regions together, or about who is called.
OF_A_REGION = (
    "calm_below calm_for few_deals pushed_often few_watch few_act act_from peers_beyond too_thin week_flag week_floor "
    "rate_beyond rate_needs silent_after agreed_margin past_needs past_sigmas "
    "spread_days spread_money spread_count spread_ratio"
).split()


@dataclass(frozen=True)
class OwnRules:
    """The thresholds that a region's profile states for itself, and how they are written there.

    flags: levels of its own for KPIs that the group flags too; node: where they are written.
    """

    stated: Mapping[str, object] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, Flag] = field(default_factory=dict)
    node: YamlMap | None = field(default=None, compare=False, repr=False)

    def over(self, rules: Rules) -> Rules:
        """Give the group's thresholds with the region's own in their place."""
        return replace(rules, **self.stated)  # type: ignore[arg-type]

    def misfits(self, kpis: YamlMap) -> list[Problem]:
        """Give what is wrong with the flags beside the KPIs of a definitions file."""
        return misfits(self.node, kpis) if self.node is not None else []


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


def read_own_rules(node: YamlMap | None, problems: list[Problem]) -> OwnRules:
    """Give the thresholds that a region's profile states under deviations; its faults are added to the problems."""
    if node is None:
        return OwnRules()
    for key in (key for key in node if key in KEYS and key not in OF_A_REGION):
        hint = "State it under deviations in kpi_definitions.yaml."
        problems.append(node.problem(key, f'"{key}" holds for all regions together', hint))
    of_group = [key for key in KEYS if key in node and key not in OF_A_REGION]
    stated = Fields(node, problems, known=(*OF_A_REGION, "flags", *of_group))
    found: dict[str, object] = {}
    for key in OF_A_REGION:
        read, form = _FORMS[key]
        value = stated.parsed(key, read, None, form)
        if value is not None:
            found[key] = value
    flags = stated.mapping("flags")
    return OwnRules(found, {key: str(node.get(key)) for key in found}, _own_flags(flags, problems), flags)


def _own_flags(node: YamlMap | None, problems: list[Problem]) -> dict[str, Flag]:
    if node is None:
        return {}
    kpis = Fields(node, problems, known=tuple(node))
    return {name: read_flag(kpis.mapping(name), problems) for name in node}


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


def _spread(text: str) -> float:
    found = float(text)
    if not 0 < found < float("inf"):
        raise ValueError(text)
    return found


def _share(text: str) -> float:
    found = float(text.strip().removesuffix("%")) / 100
    if not text.strip().endswith("%") or not 0 <= found <= 1:
        raise ValueError(text)
    return found


def _chance(text: str) -> float:
    found = _share(text)
    if not 0 < found < 1:
        raise ValueError(text)
    return found


_FORMS: dict[str, tuple[Callable[[str], object], str]] = {
    "a_week": (_whole, "a number such as 5"),
    "calm_below": (_chance, "a share such as 50%"),
    "calm_for": (_days, "days such as 14 days"),
    "verify_within": (_days, "days such as 14 days"),
    "longest_snooze": (_days, "days such as 92 days"),
    "few_deals": (_whole, "a number such as 3"),
    "pushed_often": (_whole, "a number such as 2"),
    "few_watch": (_share, "a share such as 40%"),
    "few_act": (_share, "a share such as 50%"),
    "act_from": (_times, "a number such as 1.5"),
    "peers_from": (_several, "a number from 2 on, such as 4"),
    "peers_beyond": (_chance, "a share such as 0.2%"),
    "learned_from": (_whole, "a number such as 200"),
    "too_thin": (_share, "a share such as 50%"),
    "final_after": (_days, "days such as 63 days"),
    "week_flag": (_times, "a number such as 2.85"),
    "week_floor": (_share, "a share such as 3%"),
    "rate_beyond": (_chance, "a share such as 0.25%"),
    "rate_needs": (_whole, "a number such as 20"),
    "agreed_margin": (_chance, "a share such as 10%"),
    "notable": (_share, "a share such as 2%"),
    "mix_needs": (_whole, "a number such as 5"),
    "yield_needs": (_whole, "a number such as 10"),
    "silent_after": (_whole, "a number such as 26"),
    "past_needs": (_several, "a number from 2 on, such as 3"),
    "past_sigmas": (_spread, "a number such as 1.96"),
    **{key: (_spread, "a number such as 1.2") for key in KEYS if key.startswith("spread_")},
}
