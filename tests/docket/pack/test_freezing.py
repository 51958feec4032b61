"""What a pack of a small company says: cut off the evening before, from one snapshot, without any person's name."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from docket.pack.asking import meeting_of
from docket.pack.content import Content
from docket.pack.json_form import from_json, to_json
from kpi.engines.duckdb import DuckDbEngine
from organisation import Organisation, Workspace


def test_the_pack_is_cut_off_the_evening_before_in_each_region(content: Content, small: Workspace) -> None:
    """Made on Tuesday at 14:02 UTC for Wednesday: Tokyo's Tuesday has still an hour to go, so nobody's has ended."""
    head = content.head
    assert (head.id, head.until, head.since) == ("2026-11-25", date(2026, 11, 24), date(2026, 11, 17))
    assert head.period.to_date == date(2026, 11, 24)
    assert {region.cut_off for region in head.regions} == {head.made_at}
    organisation = Organisation.read(small)
    morning = meeting_of(organisation, datetime(2026, 11, 25, 6, tzinfo=UTC))
    assert morning.day == date(2026, 11, 25)
    assert morning.cut_off("Asia/Tokyo") == datetime(2026, 11, 24, 15, tzinfo=UTC)
    assert morning.cut_off("America/New_York") == datetime(2026, 11, 25, 5, tzinfo=UTC)


def test_a_pack_made_on_friday_afternoon_is_for_monday(small: Workspace) -> None:
    meeting = meeting_of(Organisation.read(small), datetime(2026, 11, 27, 15, tzinfo=UTC))
    assert (meeting.day, meeting.until) == (date(2026, 11, 30), date(2026, 11, 27))


def test_a_feed_missing_at_the_cut_off_enters_as_missing_with_its_last_figures(content: Content) -> None:
    missing = [region.id for region in content.head.regions if region.is_missing]
    assert missing == ["latam"]
    feeds = {feed.table: feed for feed in content.head.region("latam").missing}
    assert feeds["opportunity"].exported_at is not None
    assert feeds["opportunity"].due_at is not None
    won = content.figure("won_value", "latam")
    assert won is not None
    assert won.value is not None
    assert content.head.region("latam").data_until <= feeds["opportunity"].exported_at  # type: ignore[operator]


def test_figures_say_n_and_why_there_is_none(content: Content) -> None:
    assert {figure.region for figure in content.figures} == {region.id for region in content.head.regions} | {"group"}
    for figure in content.figures:
        assert figure.value is not None or figure.reasons, figure
        assert figure.value is None or figure.unit != "money" or figure.currency == "EUR"
    own = {figure.currency for figure in content.own_figures if figure.unit == "money" and figure.region == "japan"}
    assert own == {"JPY"}


def test_the_waterfalls_reconcile_to_the_cent(content: Content) -> None:
    for bridge in (*content.bridges, *content.own_bridges):
        assert bridge.start + sum((step.amount for step in bridge.steps), Decimal(0)) == bridge.end


def test_a_promise_shows_where_the_number_stood_and_stands(content: Content) -> None:
    (promise,) = content.promises
    assert (promise.what, promise.owner, promise.effect) == ("Call the nine", "regional manager DACH", "too_early")
    assert promise.value_then == Decimal("0.76")
    assert promise.value_now is not None
    assert promise.sentence.startswith("Not due yet (due 1 Dec 2026).")


def test_the_pack_names_no_person(content: Content, small: Workspace) -> None:
    with DuckDbEngine(small.lake) as engine:
        rows = engine.fetch("SELECT DISTINCT name FROM person WHERE name IS NOT NULL")
    names = [name for (name,) in rows.iter_rows() if len(name) > 5]
    assert names
    told = json.dumps(to_json(replace(content, definitions="", profiles={})), ensure_ascii=False)
    assert [name for name in names if name in told] == []


def test_a_pack_is_the_same_after_json(content: Content) -> None:
    assert from_json(Content, json.loads(json.dumps(to_json(content)))) == content


def test_the_changes_list_tells_before_and_after(content: Content) -> None:
    assert content.changes
    for change in content.changes:
        assert change.kinds
        if "stage" in change.kinds:
            assert change.stage_before != change.stage_after
        if "amount" in change.kinds:
            assert change.amount_before != change.amount_after
