"""When deals entered their stages: by hand, drawn week by week."""

from datetime import datetime, timedelta

from tests.warehouse.test_history import DEAL, START, deal, export, moment, stored
from warehouse.absence import Rules

YOUNG, OLD = START - timedelta(days=2), START - timedelta(days=90)
ENTERED = ("developed_at", "proposed_at", "closing_at")


def weeks(*stages: str | None, created: datetime = YOUNG, **changed: datetime) -> list[dict[str, object]]:
    """Give the states of a deal seen once a week; changed: week2=… is the change of stage that the CRM names then."""
    seen = [
        deal("a", place, stage=stage, created_at=created, stage_changed_at=changed.get(f"week{place}"))
        for place, stage in enumerate(stages)
    ]
    return stored(DEAL, [[export(place, state)] for place, state in enumerate(seen)], Rules()).to_dicts()


def test_a_stage_is_entered_once_and_a_skipped_one_with_the_later_one() -> None:
    """
    week  stage
    0     qualify
    1     propose    develop was skipped
    2     develop    a step back enters nothing for the first time
    3     propose    nor does coming back
    4     won        close was skipped
    """
    last = weeks("qualify", "propose", "develop", "propose", "won")[-1]
    assert [last[name] for name in ENTERED] == [moment(1), moment(1), moment(4)]
    assert (last["first_stage"], last["furthest_stage"]) == ("qualify", "won")


def test_each_state_knows_only_what_came_before_it() -> None:
    found = weeks("qualify", "develop", "lost")
    assert [state["developed_at"] for state in found] == [None, moment(1), moment(1)]
    assert [state["furthest_stage"] for state in found] == ["qualify", "develop", "develop"]
    assert [state["proposed_at"] for state in found] == [None] * 3, "a lost deal did not go further"


def test_the_crm_s_own_moment_goes_before_that_of_the_export() -> None:
    told = moment(0) + timedelta(days=3)
    found = weeks("qualify", "develop", week1=told)
    assert found[-1]["developed_at"] == found[-1]["stage_entered_at"] == told


def test_a_bulk_import_that_touches_every_deal_makes_none_of_them_young() -> None:
    """Week 2 says that the stage changed just now, yet it is the stage that stood there since week 1."""
    found = weeks("qualify", "develop", "develop", week2=moment(2))
    assert [state["stage_entered_at"] for state in found] == [YOUNG, moment(1), moment(1)]


def test_when_a_deal_entered_what_it_passed_before_its_first_export_is_not_known() -> None:
    """
    created 90 days before its first export, in propose: the CRM names no change of stage, so nothing is known;
    the stages it stands in later are entered as they are seen
    """
    found = weeks("propose", "develop", "close", created=OLD)
    assert [found[-1][name] for name in ENTERED] == [None, None, moment(2)]
    assert found[0]["stage_entered_at"] is None
    named = weeks("propose", created=OLD, week0=OLD + timedelta(days=30))[-1]
    assert [named[name] for name in ENTERED] == [None, OLD + timedelta(days=30), None]


def test_a_deal_that_was_won_before_its_first_export_entered_no_stage_that_is_known() -> None:
    closed = weeks("won", created=OLD, week0=OLD + timedelta(days=60))[-1]
    assert [closed[name] for name in ENTERED] == [None] * 3
    quick = weeks("close", created=YOUNG)[-1]
    assert [quick[name] for name in ENTERED] == [moment(0)] * 3, "seen within days: it came past the others just now"


def test_a_stage_that_nothing_maps_is_neither_entered_nor_left() -> None:
    last = weeks("qualify", None, "develop")[-1]
    assert last["developed_at"] == moment(2)
    assert last["stage_entered_at"] == moment(2)
