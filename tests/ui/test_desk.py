"""What is computed beside the pages: asked twice it is computed once, and older data give way to newer ones."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Event
from time import sleep
from typing import cast

import pytest

from kpi.card import Scorecard
from ui.view import AT_ONCE, Asked, Desk, Known

CARD = cast(Scorecard, "card")


def asked(snapshot: int, question: str = "overview") -> Asked:
    return cast(Asked, (Known("company", snapshot, "settings"), question, "everything", "plan"))


@pytest.fixture
def gate() -> Event:
    return Event()


@pytest.fixture
def compute(gate: Event) -> Callable[[], Scorecard]:
    """Give a computation that ends when the gate opens."""

    def wait_for_gate() -> Scorecard:
        gate.wait(20)
        return CARD

    return wait_for_gate


def test_the_same_question_is_computed_once(gate: Event, compute: Callable[[], Scorecard]) -> None:
    desk = Desk()
    first, second = desk.begin(asked(1), compute), desk.begin(asked(1), compute)
    assert first is second
    gate.set()
    assert first.result(20) is CARD


def test_what_waits_for_older_data_gives_way_to_newer(gate: Event, compute: Callable[[], Scorecard]) -> None:
    desk = Desk()
    running = [desk.begin(asked(1, f"region {number}"), compute) for number in range(AT_ONCE)]
    while not all(future.running() for future in running):
        sleep(0.01)
    waiting = desk.begin(asked(1, "one more"), compute)
    newer: Future[Scorecard] = desk.begin(asked(2), compute)
    assert waiting.cancelled()
    gate.set()
    assert newer.result(20) is CARD
    assert [future.result(20) for future in running] == [CARD] * AT_ONCE


def test_a_failure_is_forgotten_and_tried_again(compute: Callable[[], Scorecard], gate: Event) -> None:
    def fail() -> Scorecard:
        raise ValueError("no")

    desk = Desk()
    with pytest.raises(ValueError, match="no"):
        desk.begin(asked(1), fail).result(20)
    gate.set()
    assert desk.begin(asked(1), compute).result(20) is CARD
