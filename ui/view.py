"""What one run of a page looks at: one snapshot, the settings in force, the reader's scope and choices."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread

import polars as pl
import streamlit as st

from kpi.asking import Asking
from kpi.card import Scorecard
from kpi.change.states import Between
from kpi.change.waterfall import Waterfall, waterfalls
from kpi.comparability import Verdict, comparability
from kpi.comparability_weeks import CommonWeek, common_weeks
from kpi.definitions import Definitions
from kpi.deviations.drivers import Drivers, drivers, weekly_drivers, window_and_before
from kpi.deviations.facts import Facts
from kpi.deviations.performance import segment_gaps
from kpi.deviations.tested import Judged, WeeksTested, weeks_tested
from kpi.engines.duckdb import DuckDbEngine
from kpi.errors import KpiError
from kpi.evaluate import evaluate
from kpi.ledger import Feed, feeds, late_regions
from kpi.peers import Peers, peers
from kpi.roadmap import Roadmap, roadmap
from kpi.rows import rows_behind
from kpi.scope import Scope
from kpi.scorecard import scorecard
from kpi.slice import Currency, Slice
from kpi.targets import target_regions
from kpi.value import GROUP, Value
from organisation import Organisation, Region
from ui.choice import Against, Choice, chosen_period
from ui.settings import Settings, settings_at

_VIEW = "view"
AT_ONCE = 2  # scorecards computed side by side
Asked = tuple["Known", Slice, Scope, Against]


@dataclass(frozen=True)
class Known:
    """What a cached answer depends on beside the question: the workspace, its snapshot and its settings."""

    root: str
    snapshot: int
    settings: str


@dataclass(frozen=True)
class View:
    """One page's view; every figure on it comes from `known.snapshot`."""

    known: Known
    settings: Settings
    choice: Choice
    now: datetime
    scope: Scope
    feeds: tuple[Feed, ...] = field(repr=False)

    @property
    def organisation(self) -> Organisation:
        """The company as configured."""
        return self.settings.organisation

    @property
    def definitions(self) -> Definitions:
        """The KPIs in force."""
        return self.settings.definitions

    @property
    def engine(self) -> DuckDbEngine:
        """The store at the view's snapshot."""
        return engine_at(self.known.root, self.known.snapshot)

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions in view: those chosen, else all that the reader may see."""
        return self.choice.regions or tuple(each for each in self.organisation.regions if self.scope.allows(each))

    @property
    def feeds_in_view(self) -> tuple[Feed, ...]:
        """The feeds of the regions in view."""
        return tuple(feed for feed in self.feeds if feed.region in self.regions)

    @property
    def late(self) -> tuple[str, ...]:
        """The regions in view of which an export is late."""
        return late_regions(self.feeds_in_view)

    @property
    def zone(self) -> str:
        """The zone in which the group reads times."""
        return self.organisation.group.timezone

    def region(self, region: str) -> Region:
        """A region by its id."""
        return self.organisation.regions[region]

    def name(self, region: str) -> str:
        """A region's name, or "Group"."""
        return "Group" if region == "group" else self.region(region).name

    def currency(self, default: Currency = "group") -> Currency:
        """The currency that figures are shown in."""
        return self.choice.money or default

    def slice(self, calendar: str = "group", *, money: Currency = "group") -> Slice:
        """The question of a page: all regions in view, or the one whose calendar it is."""
        regions = self.choice.regions if calendar == "group" else (calendar,)
        return Slice(
            period=chosen_period(self.choice, self.organisation, calendar),
            as_of=self.now,
            regions=regions,
            currency=self.currency(money),
            rates=self.choice.rates,
        )

    def scorecard(self, question: Slice) -> Scorecard:
        """Every KPI of every region in view, with flags, weeks and findings."""
        card = _scorecard(self.known, question, self.scope, self.choice.against)
        if question.currency == "local" and len(card.regions) > 1:
            # A total over several currencies exists in the group's own currency only.
            whole = _scorecard(self.known, replace(question, currency="group"), self.scope, self.choice.against)
            totals = {key: cell for key, cell in whole.cells.items() if key[1] == GROUP}
            card = replace(card, cells={**card.cells, **totals})
        _answered()[(self.known, question, self.scope, self.choice.against)] = None
        return card

    def scorecard_beside(self, question: Slice) -> "Future[Scorecard]":
        """Have a scorecard computed beside the page; who asks the same meanwhile is given the same future."""
        return _desk().begin((self.known, question, self.scope, self.choice.against), lambda: self.scorecard(question))

    def knows(self, question: Slice) -> bool:
        """Whether the scorecard of a question has been computed before."""
        return (self.known, question, self.scope, self.choice.against) in _answered()

    def verdicts(self, question: Slice) -> dict[tuple[str, str], Verdict]:
        """What each region in view can answer, with a sentence for each reservation."""
        return _verdicts(self.known, question)

    def roadmap(self, question: Slice) -> Roadmap:
        """What all regions in view can answer, and the way to more."""
        shown = tuple(kpi.name for kpi in self.definitions.figures)
        return roadmap(self.verdicts(question), shown, self.regions)

    def common_weeks(self) -> tuple[CommonWeek, ...]:
        """How many KPIs all regions in view could measure in each noted week."""
        return _common_weeks(self.known, self.regions)

    def targets(self) -> Mapping[str, frozenset[str]]:
        """The regions (and "group") that have a target for a KPI in the year of the view."""
        return _targets(self.known, self.scope, self.now)

    def everywhere(self) -> "View":
        """The same choices over all regions, in the group's calendar and currency."""
        choice = replace(self.choice, regions=(), region=None, money=None, period=_group_period(self.choice.period))
        return replace(self, choice=choice)

    def group_card(self, *, at_once: bool = False) -> Scorecard | None:
        """The overview's scorecard for the same choices, over all regions in the group's calendar and currency.

        With `at_once`, None where it has not been computed yet.
        """
        view = self.everywhere()
        return view.scorecard(view.slice()) if not at_once or view.knows(view.slice()) else None

    def furthest_behind(self) -> str:
        """The region that lacks the most money to its expected path this quarter; the first where none lacks any."""
        everywhere = replace(self, choice=replace(self.choice, regions=(), region=None, money=None, period=None))
        paces = everywhere.values(everywhere.slice(), ("pace",))
        lacking = {
            value.region: value.denominator - value.numerator
            for value in paces
            if value.region != GROUP and value.numerator is not None and value.denominator is not None
        }
        return max(lacking, key=lacking.__getitem__, default=next(iter(self.organisation.regions)))

    def peers(self, question: Slice, region: str) -> Mapping[str, Peers]:
        """How the other regions lie, for each KPI that compares."""
        return _peers(self.known, question, region)

    def values(self, question: Slice, names: tuple[str, ...]) -> list[Value]:
        """The values of some KPIs."""
        return _values(self.known, question, self.scope, names)

    def segment_gaps(self, question: Slice, region: str) -> dict[str, Decimal]:
        """What a region lacks to its expected path, by segment; the parts add up to expected less won."""
        return _segment_gaps(self.known, question, self.scope, region)

    def drivers(self, kpi: str, region: str) -> Drivers | None:
        """What a region's figure of the running quarter is off by, part by part; None where it has no parts."""
        return _drivers(self.known, self._of_quarter(), self.scope, kpi, region)

    def weekly_drivers(self, judged: Judged) -> Drivers | None:
        """What tested weeks are off by, part by part; None where they have no parts."""
        return _weekly_drivers(self.known, self._of_quarter(), self.scope, judged)

    def tested_question(self, weeks: int | None) -> Slice:
        """The question whose rows a deviation of the running quarter, or of so many finished weeks, rests on."""
        asked = self._of_quarter()
        if weeks is None:
            return asked
        return replace(asked, period=window_and_before(asked.period.to_date, weeks, 1)[0], own_periods=())

    def _of_quarter(self) -> Slice:
        """The running quarter of all regions, in the group's calendar and money at budget rates."""
        everywhere = replace(self, choice=replace(self.choice, regions=(), region=None, money=None, period=None))
        return replace(everywhere.slice(), currency="group", rates="budget")

    def tested(self, judged: Judged) -> WeeksTested | None:
        """The weeks around a deviation of the running quarter, at budget rates; None where its KPI has no weeks."""
        return _tested(self.known, self._of_quarter(), self.scope, judged)

    def waterfall(self, asked: Between) -> Mapping[str, Waterfall]:
        """How the pipeline of each region in view and of the group went from one day to another."""
        return _waterfalls(self.known, asked, self.scope)

    def rows(self, question: Slice, kpi: str, region: str) -> pl.DataFrame | None:
        """The rows behind a value; None where it does not rest on deals or leads."""
        try:
            return _rows(self.known, question, self.scope, kpi, region)
        except KpiError:
            return None


def open_view(settings: Settings, snapshot: int, choice: Choice) -> View:
    """Give the view of a run; the clock is read once, to the end of its minute: one minute asks the same questions,
    and what arrived in it is known.
    """
    root = settings.organisation.workspace.root
    now = settings.organisation.workspace.now().replace(second=59, microsecond=999_999)
    known = Known(str(root), snapshot, settings.version)
    scope = Scope.everything()
    view = View(known, settings, choice, now, scope, _feeds(known, scope, now))
    st.session_state[_VIEW] = view
    return view


def current_view() -> View:
    """Give the view that the frame opened for this run."""
    view = st.session_state[_VIEW]
    if not isinstance(view, View):
        raise TypeError("a page was run without its frame")
    return view


def _group_period(code: str | None) -> str | None:
    return None if code is None or ":" in code else code


@st.cache_resource(max_entries=3, show_spinner=False)
def engine_at(root: str, snapshot: int) -> DuckDbEngine:
    """Give the store of a workspace, opened once for a snapshot."""
    return DuckDbEngine(Path(root) / "data" / "lake", snapshot)


def answers(known: Known) -> tuple[DuckDbEngine, Settings]:
    """Give what cached answers are made from."""
    return engine_at(known.root, known.snapshot), settings_at(known.root, known.settings)


@st.cache_data(max_entries=64, show_spinner=False)
def _feeds(known: Known, scope: Scope, now: datetime) -> tuple[Feed, ...]:
    engine, settings = answers(known)
    return feeds(engine, settings.organisation, scope, now)


@st.cache_data(max_entries=128, show_spinner=False)
def _scorecard(known: Known, question: Slice, scope: Scope, against: Against) -> Scorecard:
    engine, settings = answers(known)
    return scorecard(engine, settings.organisation, settings.definitions, question, scope, compare=against)


@st.cache_resource(max_entries=1, show_spinner=False)
def _answered() -> dict[Asked, None]:
    return {}


class Desk:
    """What is being computed for pages that show their figures meanwhile; older data give way to newer ones."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._begun: dict[Asked, Future[Scorecard]] = {}
        self._waiting: SimpleQueue[tuple[Future[Scorecard], Callable[[], Scorecard]]] = SimpleQueue()
        for _ in range(AT_ONCE):  # daemons: a dashboard that is stopped does not wait for them
            Thread(target=self._compute, name="scorecard", daemon=True).start()

    def begin(self, asked: Asked, compute: Callable[[], Scorecard]) -> "Future[Scorecard]":
        """Have a scorecard computed; asked again before it is there, the same future is given."""
        known = asked[0]
        with self._lock:
            for other, future in list(self._begun.items()):
                is_older = other[0].root == known.root and other[0].snapshot < known.snapshot
                if future.done() or (is_older and future.cancel()):
                    del self._begun[other]
            if asked not in self._begun:
                self._begun[asked] = Future()
                self._waiting.put((self._begun[asked], compute))
            return self._begun[asked]

    def _compute(self) -> None:
        while True:
            future, compute = self._waiting.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(compute())
            except Exception as error:
                future.set_exception(error)


@st.cache_resource(max_entries=1, show_spinner=False)
def _desk() -> Desk:
    return Desk()


@st.cache_data(max_entries=64, show_spinner=False)
def _verdicts(known: Known, question: Slice) -> dict[tuple[str, str], Verdict]:
    engine, settings = answers(known)
    return comparability(engine, settings.organisation, settings.definitions, question)


@st.cache_data(max_entries=64, show_spinner=False)
def _targets(known: Known, scope: Scope, now: datetime) -> Mapping[str, frozenset[str]]:
    return target_regions(answers(known)[0], scope, now)


@st.cache_data(max_entries=64, show_spinner=False)
def _common_weeks(known: Known, regions: tuple[str, ...]) -> tuple[CommonWeek, ...]:
    return common_weeks(answers(known)[0], regions)


@st.cache_data(max_entries=256, show_spinner=False)
def _values(known: Known, question: Slice, scope: Scope, names: tuple[str, ...]) -> list[Value]:
    engine, settings = answers(known)
    return evaluate(engine, settings.organisation, settings.definitions, question, scope, names)


@st.cache_data(max_entries=64, show_spinner=False)
def _peers(known: Known, question: Slice, region: str) -> Mapping[str, Peers]:
    engine, settings = answers(known)
    return peers(engine, settings.organisation, settings.definitions, question, region)


@st.cache_data(max_entries=64, show_spinner=False)
def _segment_gaps(known: Known, question: Slice, scope: Scope, region: str) -> dict[str, Decimal]:
    engine, settings = answers(known)
    asking = Asking(engine, settings.organisation, settings.definitions, question, scope)
    money = asking.answers(question, ["won_value", "expected_won"])
    return segment_gaps(Facts(asking, {}, money, {}, ()), region)


@st.cache_data(max_entries=64, show_spinner=False)
def _drivers(known: Known, question: Slice, scope: Scope, kpi: str, region: str) -> Drivers | None:
    engine, settings = answers(known)
    return drivers(Asking(engine, settings.organisation, settings.definitions, question, scope), kpi, region)


@st.cache_data(max_entries=64, show_spinner=False)
def _weekly_drivers(known: Known, question: Slice, scope: Scope, judged: Judged) -> Drivers | None:
    engine, settings = answers(known)
    asking = Asking(engine, settings.organisation, settings.definitions, question, scope)
    if judged.weeks is None or judged.expected is None:
        return None
    return weekly_drivers(asking, judged.kpi, judged.region, weeks=judged.weeks, expected=judged.expected)


@st.cache_data(max_entries=64, show_spinner=False)
def _tested(known: Known, question: Slice, scope: Scope, judged: Judged) -> WeeksTested | None:
    engine, settings = answers(known)
    return weeks_tested(Asking(engine, settings.organisation, settings.definitions, question, scope), judged)


@st.cache_data(max_entries=64, show_spinner=False)
def _rows(known: Known, question: Slice, scope: Scope, kpi: str, region: str) -> pl.DataFrame:
    engine, settings = answers(known)
    return rows_behind(engine, settings.organisation, settings.definitions, question, scope, kpi=kpi, region=region)


@st.cache_data(max_entries=32, show_spinner=False)
def _waterfalls(known: Known, asked: Between, scope: Scope) -> Mapping[str, Waterfall]:
    engine, settings = answers(known)
    return waterfalls(engine, settings.organisation, asked, scope)
