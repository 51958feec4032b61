"""The keys of one KPI in kpi_definitions.yaml: their forms, and what is wrong with them."""

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import TypeVar, cast, get_args

from kpi.definition import (
    AT_START,
    GROUPS,
    HABITS,
    OWN_QUARTER,
    YEAR_BEFORE,
    Better,
    Kpi,
    Shown,
    Taken,
    Unit,
    Weekly,
)
from organisation import Problem, YamlMap
from organisation.fields import Fields, day
from organisation.flag_levels import read_flag
from organisation.problems import did_you_mean

KEYS = (
    "label heading question formula combine of paced by_curve_of weighted by_yield_of fallback taken averaged "
    "total range window where from counted_on as_of spread weekly unit better owner needs_at_least matures_after "
    "resolved matures_at stale_after rates without_denominator reservations distorted_by cells flag compare_with "
    "at_stake measure agreed not shown valid_from versions"
).split()
VERSION_KEYS = ("valid_from", "valid_until", "formula", "where", "from", "counted_on", "as_of", "not")
RATES = ("budget", "budget of one day")
DEFAULTS = ("owner", "better", "needs_at_least", "stale_after")

Read = TypeVar("Read")


def read_kpi(name: str, node: YamlMap, defaults: YamlMap, problems: list[Problem]) -> Kpi:
    """Give the KPI of a mapping; its faults are added to the problems."""
    fields = _Stated(node, defaults, problems)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        problems.append(Problem(node.file, node.line, f'"{name}" is no id', "Write small letters, digits and _."))
    averaged = fields.choice("averaged", ("over the periods",), "") != ""
    kpi = Kpi(
        name=name,
        line=node.line,
        label=fields.text("label"),
        heading=fields.choice("heading", GROUPS, "Result" if fields.is_part else None),
        question=fields.text("question", "" if fields.is_part or "of" in node else None),
        unit=cast(Unit, fields.choice("unit", get_args(Unit))),
        better=cast(Better, fields.choice("better", get_args(Better), fields.default("better", "higher"))),
        owner=fields.text("owner", fields.default("owner", "")),
        needs_at_least=fields.parsed("needs_at_least", int, int(fields.default("needs_at_least", "20")), "a number"),
        formula=fields.optional("formula"),
        combine=fields.optional("combine"),
        of=fields.optional("of"),
        paced=fields.optional("paced"),
        by_curve_of=fields.optional("by_curve_of"),
        weighted=fields.optional("weighted"),
        by_yield_of=fields.optional("by_yield_of"),
        fallback=fields.words("fallback"),
        taken=cast(Taken | None, fields.choice("taken", get_args(Taken), "") or None),
        averaged=averaged,
        of_regions=averaged or fields.choice("total", ("sum of regions",), "") != "",
        ranged=fields.choice("range", ("worst and best of the periods",), "") != "",
        window=fields.parsed("window", _window, None, f"last 90 days, {AT_START}, {YEAR_BEFORE} or {OWN_QUARTER}"),
        where=fields.optional("where"),
        table=fields.optional("from"),
        counted_on=fields.optional("counted_on"),
        is_stock=fields.choice("as_of", ("end of period",), "") != "",
        spread=fields.choice("spread", ("over its month",), "") != "",
        weekly=cast(Weekly, fields.choice("weekly", get_args(Weekly), "alone")),
        matures_after=fields.parsed("matures_after", _days, None, "30 days"),
        resolved=fields.optional("resolved"),
        matures_at=fields.parsed("matures_at", _resolved, None, "90% resolved"),
        stale_after=fields.parsed("stale_after", _days, None, "8 days")
        or _days(fields.default("stale_after", "8 days")),
        rates="budget" if fields.choice("rates", RATES, "") else None,
        one_rate=fields.choice("rates", RATES, "") == RATES[1],
        without_denominator=fields.text("without_denominator", "ZERO_DENOMINATOR"),
        reservations=fields.words("reservations"),
        distorted_by=fields.habits(),
        cells=fields.texts("cells"),
        flag=read_flag(fields.mapping("flag"), problems),
        compare_with=fields.optional("compare_with"),
        at_stake=fields.optional("at_stake"),
        measure=fields.parsed("measure", _measure, None, "1 to 7"),
        agreed=fields.agreed(),
        is_not=fields.text("not", "" if "of" in node else None),
        shown=cast(Shown, fields.choice("shown", get_args(Shown), "pages")),
        valid_from=fields.parsed("valid_from", day, None, "a day such as 2026-01-01"),
    )
    object.__setattr__(kpi, "versions", fields.versions(kpi))
    return kpi


class _Stated(Fields):
    """The keys of one KPI, with the file's defaults behind them."""

    def __init__(self, node: YamlMap, defaults: YamlMap, problems: list[Problem]) -> None:
        super().__init__(node, problems, known=KEYS)
        self._defaults = Fields(defaults, [], known=DEFAULTS)
        self.is_part = node.get("shown") == "nowhere"

    def default(self, key: str, otherwise: str) -> str:
        return self._defaults.text(key, otherwise)

    def habits(self) -> tuple[str, ...]:
        found = self.texts("distorted_by")
        for code in found:
            if code not in HABITS:
                self._note("distorted_by", f'"{code}" is no habit of a CRM', did_you_mean(code, HABITS))
        return found

    def agreed(self) -> dict[str, str]:
        found = self.words("agreed")
        for region, answer in found.items():
            if answer != "open" and not _is_day(answer):
                self._note("agreed", f'"{region}: {answer}" is no agreement', "Write the day, or open.")
        return found

    def versions(self, newest: Kpi) -> tuple[Kpi, ...]:
        """Give the earlier versions, newest first; each states only what differed."""
        stated = self.node.get("versions")
        if stated is None:
            return ()
        if not isinstance(stated, list) or newest.valid_from is None:
            self._note("versions", "earlier versions need a list, and valid_from beside it")
            return ()
        found = [self._version(newest, item) for item in stated if isinstance(item, YamlMap)]
        return tuple(sorted(found, key=lambda version: version.valid_from or date.min, reverse=True))

    def _version(self, newest: Kpi, node: YamlMap) -> Kpi:
        fields = Fields(node, self.problems, known=VERSION_KEYS)
        return replace(
            newest,
            line=node.line,
            valid_from=fields.parsed("valid_from", day, None, "a day such as 2025-01-01"),
            formula=fields.text("formula", newest.formula),
            where=fields.optional("where"),
            counted_on=fields.optional("counted_on") or newest.counted_on,
            is_not=fields.text("not", newest.is_not),
        )


def _days(text: str) -> timedelta:
    found = re.fullmatch(r"(\d+) days?", text.strip())
    if not found:
        raise ValueError(text)
    return timedelta(days=int(found[1]))


def _resolved(text: str) -> float:
    found = re.fullmatch(r"(\d+) ?% resolved", text.strip())
    if not found or not 0 < int(found[1]) <= 100:
        raise ValueError(text)
    return int(found[1]) / 100


def _window(text: str) -> str:
    if not re.fullmatch(rf"last \d+ days|{AT_START}|{YEAR_BEFORE}|{OWN_QUARTER}", text.strip()):
        raise ValueError(text)
    return text.strip()


def _measure(text: str) -> int:
    if text not in "1 2 3 4 5 6 7".split():
        raise ValueError(text)
    return int(text)


def _is_day(text: str) -> bool:
    try:
        day(text)
    except ValueError:
        return False
    return True
