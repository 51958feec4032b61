"""Checking a pack: every number computed again from its snapshot, and said plainly where that cannot be done."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from math import isclose
from pathlib import Path
from tempfile import TemporaryDirectory

from docket.pack.agenda_parts import Figure
from docket.pack.asking import Meeting, Questions
from docket.pack.content import Content
from docket.pack.figures import of_card
from docket.pack.freezing import as_stored, words_of
from docket.pack.movement import bridges, changes
from docket.pack.outlook import CALLED, account_figures, ahead, calls, customers_shared, filling
from docket.pack.past import past
from kpi.definitions import Definitions
from kpi.engines.base import Engine
from kpi.errors import KpiError
from kpi.value import GROUP
from organisation import ConfigurationError, Organisation, Workspace

Number = Decimal | None
_LOST_BEFORE = (
    "The snapshot of the review before is not in the warehouse any more: what changed of the past since then cannot be "
    "computed again."
)
OF_THE_DOCKET = (
    "Promises, the states of deviations and the headline, which counts what regions agreed to keep, are what the "
    "docket said: they are kept, and no store computes them."
)
CLOSE = 1e-11  # floating point sums have no fixed order; of a billion this is a cent


@dataclass(frozen=True)
class Difference:
    """A number of a pack that comes out otherwise now: which, as frozen, and as computed."""

    what: str
    frozen: str
    computed: str


@dataclass(frozen=True)
class Checked:
    """What a check found: how many numbers were computed again, which differ, and what could not be computed.

    kept: what no store computes, so that it is as it was written.
    """

    numbers: int
    differing: tuple[Difference, ...] = ()
    impossible: tuple[str, ...] = ()
    kept: tuple[str, ...] = (OF_THE_DOCKET,)

    @property
    def is_right(self) -> bool:
        """Whether everything could be computed again, and came out as it was."""
        return not self.differing and not self.impossible


def check(content: Content, organisation: Organisation, previous: Content | None = None) -> Checked:
    """Compute every number of a pack again: from its own snapshot, with its own definitions and profiles.

    previous: the pack of the review before, for what stood there. Where the snapshot is gone or the pack's definitions
    cannot be read by this version any more, that is said and nothing is compared.
    """
    engine = as_stored(organisation, content)
    if engine is None:
        return Checked(0, impossible=(_gone(content),))
    before = as_stored(organisation, previous) if previous and not content.past.note else None
    with ExitStack() as stack:
        stack.enter_context(engine)
        place = stack.enter_context(TemporaryDirectory())
        if before is not None:
            stack.enter_context(before)
        try:
            then = _as_configured(content, Path(place))
            definitions = Definitions.read(then.workspace.definitions_file, engine.schema())
            asked = Questions(engine, then, definitions, _meeting_of(content), previous)
            return _compared(content, asked, before)
        except (ConfigurationError, KpiError) as error:
            first = str(error).splitlines()[0]
            return Checked(0, impossible=(f"This version reads the pack's own definitions otherwise: {first}",))


def _gone(content: Content) -> str:
    head = content.head
    stored = f", stored {head.snapshot_at:%d %b %Y %H:%M} UTC," if head.snapshot_at else ""
    return f"Snapshot {head.snapshot}{stored} is not in the warehouse any more: no number can be computed again."


def _as_configured(content: Content, place: Path) -> Organisation:
    """Give the organisation of the pack's own definitions and profiles."""
    (place / "kpi_definitions.yaml").write_text(content.definitions, encoding="utf-8")
    for name, text in content.profiles.items():
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return Organisation.read(Workspace(place))


def _meeting_of(content: Content) -> Meeting:
    head = content.head
    return Meeting(head.made_at, date.fromisoformat(head.id[:10]), head.until)


def _compared(content: Content, asked: Questions, before: Engine | None) -> Checked:
    """Compare a pack with what its questions give now; before: the store at the review before, None: not there."""
    organisation = asked.organisation
    is_lost = not content.past.note and before is None
    again = replace(
        content,
        calls=calls(asked, "group"),
        own_calls=calls(asked, "local"),
        bridges=bridges(asked, "group"),
        own_bridges=bridges(asked, "local"),
        changes=changes(asked),
        ahead=ahead(asked),
        pipeline=filling(asked),
        accounts=account_figures(asked),
        shared_customers=customers_shared(asked),
        past=content.past if is_lost else past(asked, before),
        figures=of_card(asked.card, [*organisation.regions, GROUP]),
        own_figures=of_card(asked.own_card, organisation.regions),
    )
    old, new = dict(_numbers(content)), dict(_numbers(again))
    differing = [
        Difference(name, _told(old.get(name)), _told(new.get(name)))
        for name in dict.fromkeys((*old, *new))
        if not _is_same(old.get(name), new.get(name))
    ]
    return Checked(len(old), tuple(differing), (_LOST_BEFORE,) if is_lost else ())


def _numbers(content: Content) -> Iterator[tuple[str, Number]]:
    """Give every number of a pack that comes from the store, under a name that says which it is."""
    for figure in content.figures:
        yield from _of_figure("scorecard", figure)
    for figure in content.own_figures:
        yield from _of_figure("scorecard in own currency", figure)
    for what, told in (("call", content.calls), ("call in own currency", content.own_calls)):
        for call in told:
            for part in CALLED:
                yield from _of_figure(what, getattr(call, part))
            for each in call.stated:
                yield f"{what} stated by {call.region}: {each.category}", each.value
    for what, drawn in (("waterfall", content.bridges), ("waterfall in own currency", content.own_bridges)):
        for bridge in drawn:
            yield f"{what}, {bridge.region}: start", bridge.start
            yield f"{what}, {bridge.region}: end", bridge.end
            for step in bridge.steps:
                yield f"{what}, {bridge.region}: {step.label}", step.amount
    for quarter in content.ahead:
        for figure in quarter.figures:
            yield from _of_figure(quarter.label, figure)
    for figure in (*content.pipeline, *content.accounts):
        yield from _of_figure("agenda", figure)
    for change in content.changes:
        yield f"change of deal {change.source} {change.number}", change.counts

    for customer in content.shared_customers:
        name = f"shared customer {customer.name} of {', '.join(customer.regions)}"
        yield f"{name}, deals", Decimal(customer.deals)
        yield f"{name}, value", customer.value
        yield f"{name}, led by {customer.lead_region or 'nobody'}", Decimal(1)
    for deal in content.past.deals:
        yield f"restated deal {deal.source} {deal.number}", deal.change


def _of_figure(where: str, figure: Figure) -> Iterator[tuple[str, Number]]:
    name = f"{where}: {figure.kpi} of {figure.region}"
    yield name, figure.value
    yield f"{name}, n", Decimal(figure.n)
    yield f"{name}, compared with", figure.compared_with
    yield f"{name}, before", figure.before


def _is_same(old: Number, new: Number) -> bool:
    if old is None or new is None:
        return old is new
    return old == new or isclose(old, new, rel_tol=CLOSE)


def _told(number: Number) -> str:
    return "no data" if number is None else format(number, "f")


def defined_otherwise(content: Content, definitions: Definitions) -> tuple[str, ...]:
    """Give the KPIs of a pack that today's definitions word otherwise, or have no more."""
    today = {kpi.name: words_of(kpi) for kpi in definitions.kpis.values()}
    return tuple(words.name for words in content.head.kpis if today.get(words.name) != words)
