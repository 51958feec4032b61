"""When a figure is flagged: the two levels of a KPI, as the definitions file and a region's profile write them."""

import re
from dataclasses import dataclass, replace
from typing import Literal, cast, get_args

from organisation.fields import Fields
from organisation.problems import Problem, did_you_mean
from organisation.yaml_file import YamlMap

Direction = Literal["below", "above", "off"]
Against = Literal["plan", "pace", "own last 4 quarters", "agreement"]
_AGAINST = "|".join(word for word in get_args(Against) if word != "agreement")
_RELATIVE = re.compile(rf"(\d+(?:\.\d+)?) ?% (below|above|off) ({_AGAINST})")
_ABSOLUTE = re.compile(r"(below|above) (\d+(?:\.\d+)?) ?(%|hours?|days?)?")
FORM = "15% below own last 4 quarters, 8% below pace, 10% below plan or below 85%"


@dataclass(frozen=True)
class Level:
    """When a value deserves a look: so far below or above something; by is a fraction for a relative level.

    against "agreement": by is the level itself, in the KPI's unit (a fraction for percent).
    """

    by: float
    direction: Direction
    against: Against
    text: str

    @property
    def kind(self) -> tuple[Direction, Against, str]:
        """What two levels share that differ in their number alone."""
        return self.direction, self.against, re.sub(r"[\d.]+ ?", "# ", self.text.strip(), count=1).removesuffix("s")


@dataclass(frozen=True)
class Flag:
    """The two levels of a KPI's flag; None where it is never flagged by that level."""

    watch: Level | None = None
    act: Level | None = None

    def over(self, other: "Flag") -> "Flag":
        """Give these levels, with those of another flag where one is not stated."""
        return replace(self, watch=self.watch or other.watch, act=self.act or other.act)


NEVER = Flag()


def read_flag(node: YamlMap | None, problems: list[Problem]) -> Flag:
    """Give the levels that a mapping states; its faults are added to the problems."""
    if node is None:
        return NEVER
    stated = Fields(node, problems, known=("watch", "act"))
    return Flag(*(stated.parsed(name, parsed_level, None, FORM) for name in ("watch", "act")))


def parsed_level(text: str) -> Level:
    """Give the level of "8% below pace" or "below 85%"; raises ValueError for anything else."""
    relative = _RELATIVE.fullmatch(text.strip())
    if relative:
        return Level(float(relative[1]) / 100, cast(Direction, relative[2]), cast(Against, relative[3]), text)
    absolute = _ABSOLUTE.fullmatch(text.strip())
    if not absolute:
        raise ValueError(text)
    by = float(absolute[2]) / (100 if absolute[3] == "%" else 1)
    return Level(by, cast(Direction, absolute[1]), "agreement", text)


def misfits(own: YamlMap, kpis: YamlMap) -> list[Problem]:
    """Give what is wrong with a region's own levels beside those of the group's KPIs.

    A region may say how far, never against what: the figure stays the same one everywhere. A level that the group's
    KPI does not have is none of a region's either, and act lies no nearer than watch.
    """
    found: list[Problem] = []
    for name, stated in own.items():
        kpi = kpis.get(name)
        flag = kpi.get("flag") if isinstance(kpi, YamlMap) else None
        if not isinstance(kpi, YamlMap):
            found.append(own.problem(name, f'flags: there is no KPI "{name}"', did_you_mean(name, kpis)))
        elif not isinstance(flag, YamlMap):
            found.append(
                own.problem(name, f"flags: {name} is never flagged", "Take it out; the group states no level.")
            )
        elif isinstance(stated, YamlMap):
            found += _unlike(name, stated, flag)
    return found


def _unlike(name: str, stated: YamlMap, flag: YamlMap) -> list[Problem]:
    own, group = read_flag(stated, []), read_flag(flag, [])
    found = []
    for which, level, theirs in (("watch", own.watch, group.watch), ("act", own.act, group.act)):
        if level is not None and (theirs is None or level.kind != theirs.kind):
            usual = f'"{theirs.text}"' if theirs else "no such level"
            hint = "Change the number alone: a region says how far, and the group against what."
            found.append(stated.problem(which, f'flags: {name}: {which}: "{level.text}", the group has {usual}', hint))
    together = own.over(group)
    if not found and together.watch and together.act and _is_nearer(together.act, together.watch):
        words = f'"{together.act.text}" is nearer than watch "{together.watch.text}"'
        found.append(stated.problem("act", f"flags: {name}: act: {words}", "State act further off than watch."))
    return found


def _is_nearer(act: Level, watch: Level) -> bool:
    falls = act.against == "agreement" and act.direction == "below"
    return act.by > watch.by if falls else act.by < watch.by
