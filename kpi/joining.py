"""What a region's joining does to the common denominator: what stays, what is lost, what a field would gain."""

from collections.abc import Mapping
from dataclasses import dataclass

from kpi.comparability import DELIVERED, Verdict, common, comparability
from kpi.definition import Kpi
from kpi.definitions import Definitions
from kpi.engines.base import Engine
from kpi.fill import Fill, Fills, measured_fills
from kpi.reason_codes import column_word
from kpi.slice import Slice
from organisation import Organisation


@dataclass(frozen=True)
class Gain:
    """Fields that a region does not fill, and the KPIs (labels) that filling them brings into the denominator.

    do: fill, or deliver where a whole table is missing.
    """

    do: str
    fields: tuple[str, ...]
    kpis: tuple[str, ...]


@dataclass(frozen=True)
class Joining:
    """The effect of one region on the KPIs that all can answer; labels of KPIs, a reason for each that is lost."""

    region: str
    before: tuple[str, ...]
    stay: tuple[str, ...]
    lost: Mapping[str, str]
    reservations: Mapping[str, str]
    gains: tuple[Gain, ...]

    @property
    def sentence(self) -> str:
        """Say it in one sentence: "Brazil joins: all 13 common KPIs stay; fill the first contact to gain 2."."""
        count = len(self.before)
        kept = f"all {count} common KPIs stay" if not self.lost else f"{len(self.stay)} of {count} common KPIs stay"
        gained = "; ".join(f"{gain.do} {_listed(gain.fields)} to gain {len(gain.kpis)}" for gain in self.gains[:3])
        return f"{self.region} joins: {kept}{f'; {gained}' if gained else ''}."


def joining(
    today: Engine, rehearsed: Engine, organisations: tuple[Organisation, Organisation], definitions: Definitions,
    *, asked: Slice, region: str,
) -> Joining:  # fmt: skip
    """Give the effect of the rehearsed rows of a region on today's common denominator.

    organisations: as it is, and with the region and its source; rehearsed: a store that holds the new rows only.
    """
    company, then = organisations
    known = measured_fills(today, asked)
    together = _sum(known, measured_fills(rehearsed, asked))
    shown = {kpi.name: kpi for kpi in definitions.figures}
    before = comparability(today, company, definitions, asked, fills=known)
    after = comparability(today, then, definitions, asked, fills=together)
    others = [name for name in company.regions if name != region]
    was = [name for name in common(before, others) if name in shown]
    verdicts = {name: after[name, region] for name in shown}
    still = common(after, others)
    stay = [name for name in was if verdicts[name].comparable != "no" and name in still]
    return Joining(
        then.regions[region].name,
        tuple(shown[name].label for name in was),
        tuple(shown[name].label for name in stay),
        {shown[name].label: " ".join(verdicts[name].sentences) for name in was if name not in stay},
        {shown[name].label: " ".join(verdicts[name].sentences) for name in stay if verdicts[name].reasons},
        _gains({name: _missing(verdicts[name]) for name in was if name not in stay}, shown),
    )


def _sum(one: Fills, other: Fills) -> Fills:
    found = Fills()
    found.update(one)
    for key, fill in other.items():
        found[key] = Fill(found[key].rows + fill.rows, found[key].filled + fill.filled) if key in one else fill
    found.newest = {**one.newest}
    found.unmapped_words = one.unmapped_words | other.unmapped_words
    for feed, moment in other.newest.items():
        found.newest[feed] = max(moment, one.newest.get(feed, moment))
    return found


def _missing(verdict: Verdict) -> tuple[str, tuple[str, ...]]:
    """Give what to do with which fields that alone keep a region out of a KPI; no fields where more does."""
    tables = [DELIVERED[gap.table] for gap in verdict.gaps if gap.do == "deliver"]
    if tables:
        return "deliver", tuple(sorted(tables))
    if any(gap.do not in ("fill", "export") for gap in verdict.gaps):
        return "", ()
    return "fill", tuple(dict.fromkeys(column_word(gap.column) for gap in sorted(verdict.gaps)))


def _gains(missing: Mapping[str, tuple[str, tuple[str, ...]]], shown: Mapping[str, Kpi]) -> tuple[Gain, ...]:
    by_fields: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name, (do, fields) in missing.items():
        if fields:
            by_fields.setdefault((do, fields), []).append(shown[name].label)
    found = [Gain(do, fields, tuple(labels)) for (do, fields), labels in by_fields.items()]
    return tuple(sorted(found, key=lambda gain: (-len(gain.kpis), len(gain.fields), gain.fields)))


def _listed(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
