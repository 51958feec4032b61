"""Process: figures that a region has agreed to keep, such as commits with a date to come, held to what was agreed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from kpi.asking import Answers, Asking
from kpi.card import Scorecard
from kpi.definition import Kpi
from kpi.deviations.reading import DEVIATES, Key, Reading
from kpi.deviations.readings import JUST_CALM, severity_of
from kpi.flags import Basis, judge
from kpi.relations import ACCOUNT_DEAL
from kpi.value import GROUP, Value
from kpi.words import counted, listed, money, number_word, value_words

CENT = Decimal("0.01")
OPEN_STILL = "closing_in_period"


@dataclass(frozen=True)
class Process:
    """A reading, and what is at stake in it by region, in the group's currency at budget rates."""

    reading: Reading
    stakes: Mapping[str, Decimal] = field(default_factory=dict)


def process_readings(asking: Asking, card: Scorecard, day: date) -> tuple[Process, ...]:
    """Give the readings of the KPIs under "process": of each region from the day on which it agreed to the KPI.

    What several regions do to one customer is one deviation of the group. At stake is what is usually won in time of
    the deals concerned, each at the yield of its stage (the KPI that at_stake names).
    """
    kpis = [asking.definitions.kpis[name] for name in asking.definitions.rules.process]
    kpis = [kpi for kpi in kpis if kpi.flag.watch or kpi.flag.act]
    if not kpis:
        return ()
    asked = replace(asking.in_group_money(), by=("region",), grain="total")
    known = asking.answers(asked, [name for kpi in kpis for name in _asked_of(asking, kpi)])
    held = _Held(replace(asking, asked=asked), card, known, day)
    return tuple(one for kpi in kpis for one in (held.in_group(kpi) if _is_shared(kpi) else held.in_regions(kpi)))


def with_money_once(found: Sequence[Reading], processes: Sequence[Process], card: Scorecard) -> tuple[Reading, ...]:
    """Give all readings, each region's money in the one in which it is largest; the others keep their words."""
    largest: dict[str, tuple[Decimal, Key]] = {}
    claims = [(one.key, {one.key.region: one.money}) for one in found if one.deviates and one.money]
    claims += [(one.reading.key, dict(one.stakes)) for one in processes if one.reading.deviates]
    for key, parts in claims:
        for region, amount in parts.items():
            if amount and amount > largest.get(region, (Decimal(0), key))[0]:
                largest[region] = (amount, key)
    leads = {(region, key) for region, (_, key) in largest.items()}
    kept = tuple(
        one if not one.money or (one.key.region, one.key) in leads else replace(one, money=None, changeable=None)
        for one in found
    )
    return (*kept, *(_with_stake(one, leads, card) for one in processes))


def _with_stake(one: Process, leads: set[tuple[str, Key]], card: Scorecard) -> Reading:
    own = {region: amount for region, amount in one.stakes.items() if (region, one.reading.key) in leads}
    if not own:
        return one.reading
    can = sum((min(amount, _still_open(card, region)) for region, amount in own.items()), Decimal(0))
    return replace(one.reading, money=sum(own.values(), Decimal(0)), changeable=can)


def _still_open(card: Scorecard, region: str) -> Decimal:
    cell = card.cells.get((OPEN_STILL, region))
    return Decimal(0) if cell is None or cell.value.value is None else Decimal(str(cell.value.value))


def _is_shared(kpi: Kpi) -> bool:
    return kpi.table == ACCOUNT_DEAL


def _worth_of(asking: Asking, kpi: Kpi) -> str | None:
    """Give the KPI of the value that is weighed for what is at stake: its rows are the deals concerned."""
    stake = asking.definitions.kpis.get(kpi.at_stake or "")
    return stake.weighted if stake is not None else None


def _asked_of(asking: Asking, kpi: Kpi) -> list[str]:
    return [name for name in (kpi.name, kpi.at_stake, _worth_of(asking, kpi)) if name]


@dataclass(frozen=True)
class _Held:
    """The figures of all regions, held to what each has agreed to by a day."""

    asking: Asking
    card: Scorecard
    known: Answers
    day: date

    def in_regions(self, kpi: Kpi) -> Iterator[Process]:
        for region in self.card.regions:
            value = self._judged(kpi, region)
            if value is None or not self._has_agreed(kpi, region):
                continue
            stake = self._stake(kpi, region)
            deals = self._concerned(kpi, region)
            why = judge(self._in(region, kpi), value, Basis(), self.asking.rules_of(region)).why
            sentence = f"{self._name(region)}: {kpi.label}: {why.removesuffix('.')}{deals}."
            yield Process(self._reading(kpi, value, sentence), {region: stake} if stake else {})

    def in_group(self, kpi: Kpi) -> Iterator[Process]:
        value = self._judged(kpi, GROUP)
        at_work = [one for one in self.asking.organisation.regions if (found := self._judged(kpi, one)) and found.value]
        if value is None or not all(self._has_agreed(kpi, one) for one in at_work):
            return
        names = listed([self._name(region) for region in at_work])
        customers = number_word(int(value.value or 0))
        sentence = (
            f"{names} work on {customers} customer{'s' if customers != 'one' else ''} and have not agreed who leads"
            f"{self._due(self._concerned(kpi, GROUP))}."
            if at_work
            else "No customer is worked on by two regions that have not agreed who leads."
        )
        stakes = {region: stake for region in at_work if (stake := self._stake(kpi, region))}
        yield Process(self._reading(kpi, value, sentence), stakes)

    def _reading(self, kpi: Kpi, value: Value, sentence: str) -> Reading:
        kpi, rules = self._in(value.region, kpi), self.asking.rules_of(value.region)
        flag = judge(kpi, value, Basis(), rules).flag
        level = kpi.flag.watch or kpi.flag.act
        if level is None:
            raise TypeError(f"{kpi.name} has no level")
        number = float(value.value or 0)
        severity = severity_of(level, number, level.by, rules.agreed_margin)
        return Reading(
            key=Key(kpi.name, value.region, "", "agreement"),
            kind="process",
            severity=max(DEVIATES, severity) if flag != "none" else min(severity, JUST_CALM),
            level=flag,
            sentence=sentence,
            distance=value_words(number, kpi.unit, value.currency) if flag != "none" and kpi.unit == "percent" else "",
            unit=kpi.unit,
            currency=value.currency,
            value=number,
            expected=level.by,
        )

    def _in(self, region: str, kpi: Kpi) -> Kpi:
        return self.asking.in_force.kpi(kpi.name, region)

    def _judged(self, kpi: Kpi, region: str) -> Value | None:
        value = self.known.get((kpi.name, region))
        few = value is None or (value.n < kpi.needs_at_least and kpi.needs_at_least > 1)
        return None if few or value is None or value.value is None else value

    def _has_agreed(self, kpi: Kpi, region: str) -> bool:
        agreed = kpi.agreed.get(region, "open")
        return agreed != "open" and date.fromisoformat(agreed) <= self.day

    def _stake(self, kpi: Kpi, region: str) -> Decimal:
        value = self.known.get((kpi.at_stake or "", region))
        if value is None or value.value is None:
            return Decimal(0)
        return Decimal(str(value.value)).quantize(CENT)

    def _concerned(self, kpi: Kpi, region: str) -> str:
        """Give how many deals it is about and their worth, to go on in a sentence."""
        worth = self.known.get((_worth_of(self.asking, kpi) or "", region))
        if worth is None or not worth.value or not worth.n:
            return ""
        currency = self.asking.organisation.group.currency
        return f": {counted(worth.n, 'deal')} worth {money(Decimal(str(worth.value)), currency)}"

    @staticmethod
    def _due(deals: str) -> str:
        return f"{deals} to close this period" if deals else ""

    def _name(self, region: str) -> str:
        return self.asking.organisation.regions[region].name
