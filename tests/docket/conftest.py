"""A docket in a file of its own, and short ways to say what is read and when."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from docket.database import Database
from docket.docket import Docket, Ref
from docket.items import Item
from docket.states import Actor, Moment
from kpi.deviations.reading import Key, Reading
from kpi.scope import Scope

MANAGER = Actor("m.one", "regional manager DACH")
DIRECTOR = Actor("d.one", "global sales director")
PACE = Reading(
    key=Key("pace", "dach", "", "pace"),
    kind="goal",
    severity=1.4,
    level="act",
    sentence="DACH is 18% behind pace.",
    unit="percent",
    value=0.82,
    expected=1.0,
    money=Decimal("1200000.10"),
    changeable=Decimal("800000.05"),
)


def reading(severity: float, **given: object) -> Reading:
    return replace(PACE, severity=severity, level="act" if severity >= 1.2 else "watch", **given)  # type: ignore[arg-type]


def on(day: str, snapshot: int | None = None) -> Moment:
    known = date.fromisoformat(day)
    return Moment(datetime(known.year, known.month, known.day, 9, tzinfo=UTC), known, snapshot or known.toordinal())


def ref(item: Item) -> Ref:
    return Ref(item.id, item.version)


@pytest.fixture(scope="session")
def empty_docket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of a docket with its tables and nothing on them, made once; to be copied."""
    file = tmp_path_factory.mktemp("docket") / "docket.sqlite"
    Database(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def database(tmp_path: Path, empty_docket: Path) -> Iterator[Database]:
    shutil.copy(empty_docket, tmp_path / "docket.sqlite")
    opened = Database(f"sqlite:///{tmp_path / 'docket.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture
def docket(database: Database) -> Docket:
    return Docket(database, Scope.everything())
