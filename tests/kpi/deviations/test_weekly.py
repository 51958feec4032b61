"""The weeks of a KPI held against their own past, from leads written in bulk."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from kpi.asking import Asking
from kpi.deviations.detect import newest, scores
from kpi.deviations.rates import newest_rates, rate_scores
from kpi.deviations.reading import Key, Reading
from kpi.deviations.readings import seen_once
from kpi.deviations.weekly import weekly_readings
from kpi.ledger import feeds
from kpi.period import current_quarter
from kpi.scope import Scope
from kpi.slice import Slice
from organisation.thresholds import OwnRules
from tests.kpi.conftest import NOW, Warehouse, empty_warehouse, shipped, three_regions

# Forty leads arrive in each of 120 weeks; the last finished one began on Monday, 16 November 2026. {late} of them are
# entered three days after their week, and of the last week {last} have come.
LEADS = """
INSERT INTO lead_version (source, lead_id, created_at, region, status, row_hash, load_id, line, known_from, held_back)
SELECT '{region}_crm', concat('{region}', week, '-', lead), day, '{region}', 'open', 'h', 'l', 1,
    CASE WHEN lead < {late} THEN day + INTERVAL 8 DAY ELSE day END, false
FROM (
    SELECT week, lead, TIMESTAMPTZ '2026-11-18 10:00:00+00' - to_days(7 * CAST(week AS INTEGER)) AS day
    FROM range(120) AS w(week), range(40) AS l(lead)
)
WHERE CASE WHEN lead < {late} THEN day + INTERVAL 8 DAY ELSE day END <= TIMESTAMPTZ '2026-11-24 06:30:00+00'
    AND (week > 0 OR lead >= 40 - {last})
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """
    region  leads a week  entered late  last week
    north   40            none          10          a fall by three quarters
    south   40            16 of 40      24 so far   as always: two days after a week 60 % of it are there
    east    40            none          40          its export is a week old
    """
    filled = empty_warehouse(three_regions(tmp_path_factory.mktemp("weekly")))
    for region, late, last in (("north", 0, 10), ("south", 16, 40), ("east", 0, 40)):
        filled.engine.connection.execute(LEADS.format(region=region, late=late, last=last))
        filled.feeds(region, exported="2024-07-01T06:30")
    filled.feeds("north", "south")
    filled.feeds("east", exported="2026-11-17T06:30")
    yield filled
    filled.engine.connection.close()


def readings(company: Warehouse) -> dict[tuple[str, str], Reading]:
    asked = Slice(current_quarter(company.organisation, NOW), NOW)
    asking = Asking(company.engine, company.organisation, shipped(), asked, Scope.everything())
    found = weekly_readings(asking, feeds(company.engine, company.organisation, asking.scope, NOW))
    return {(one.key.kpi, one.key.region): one for one in found}


def test_a_week_that_fell_deviates_and_one_that_comes_late_as_always_does_not(company: Warehouse) -> None:
    found = readings(company)
    north, south = found["leads_received", "north"], found["leads_received", "south"]
    assert (north.deviates, north.level, north.kind, north.key.rule) == (True, "act", "history", "weekly")
    assert north.value == pytest.approx(10)
    assert north.expected == pytest.approx(40, rel=0.01)
    assert north.distance == "75% below"
    assert north.sentence.startswith("North: Leads received: 10 in the last finished week; 40 was to be expected.")
    assert "The smallest lasting change that these weeks could show is" in north.sentence
    assert not south.deviates
    assert south.value == pytest.approx(40, rel=0.02)


def test_a_region_without_the_whole_week_is_not_judged_nor_is_the_total(company: Warehouse) -> None:
    assert {region for kpi, region in readings(company) if kpi == "leads_received"} == {"north", "south"}


def test_without_learned_lateness_the_late_region_would_be_called(company: Warehouse) -> None:
    """What the division by completeness is for: 24 of 40 leads are 40 % too few."""
    asked = Slice(current_quarter(company.organisation, NOW), NOW)
    unlearned = replace(shipped(), rules=replace(shipped().rules, learned_from=10**9))
    asking = Asking(company.engine, company.organisation, unlearned, asked, Scope.everything())
    found = weekly_readings(asking, feeds(company.engine, company.organisation, asking.scope, NOW))
    assert {one.key.region for one in found if one.deviates} == {"north", "south"}


def test_a_regions_own_threshold_widens_the_band_of_its_weeks(company: Warehouse) -> None:
    """North fell by three quarters; with a threshold three times as wide its band is wider, south's is the same."""
    usual = readings(company)
    north = replace(company.organisation.regions["north"], rules=OwnRules({"week_flag": 8.55}))
    own = replace(company.organisation, regions={**company.organisation.regions, "north": north})
    found = readings(replace(company, organisation=own))
    here, there = (each["leads_received", "north"] for each in (found, usual))
    assert here.severity == pytest.approx(there.severity / 3)
    assert here.low is not None
    assert there.low is not None
    assert here.low < there.low
    assert found["leads_received", "south"] == usual["leads_received", "south"]


def test_a_company_that_watches_no_weeks_is_asked_nothing(company: Warehouse) -> None:
    asked = Slice(current_quarter(company.organisation, NOW), NOW)
    quiet = replace(shipped(), rules=replace(shipped().rules, weekly=()))
    assert weekly_readings(Asking(company.engine, company.organisation, quiet, asked, Scope.everything()), ()) == ()


def test_the_newest_week_alone_says_what_all_weeks_say() -> None:
    chance = np.random.default_rng(7)
    values = 100 * np.exp(0.1 * chance.normal(size=(110, 6)))
    values[-2:, 2] *= 0.5
    values[-1, 4] = 0
    weeks = np.arange("2024-01-01", "2027-01-01", 7, dtype="datetime64[D]")[:110]
    found = newest(values, weeks)
    assert found.score == pytest.approx(scores(values, weeks)[-1])
    assert (found.low[:4] < found.expected[:4]).all()
    assert (found.expected[:4] < found.high[:4]).all()
    assert found.expected[2] == pytest.approx(100, rel=0.1)
    trials = np.full((60, 3), 12.0)
    won = chance.binomial(12, 0.3, trials.shape).astype(float)
    won[-3:, 1] = 0
    assert newest_rates(won, trials)[0] == pytest.approx(rate_scores(won, trials)[-1])


def test_one_kpi_of_one_region_is_called_once_by_the_first_rule() -> None:
    def reading(rule: str, kind: str, severity: float, region: str = "north") -> Reading:
        key = Key("lead_sla", region, "", rule)
        return Reading(key, kind, severity, "watch", "off")  # type: ignore[arg-type]

    promise, past = reading("agreement", "process", 1.4), reading("weekly", "history", 1.1)
    calm, other = reading("agreement", "process", 0.2, "south"), reading("weekly", "history", 1.2, "south")
    assert seen_once([promise, past, calm, other]) == (past, calm, other)
