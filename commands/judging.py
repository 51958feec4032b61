"""Steps after a load that judge the whole store: read in any process at one snapshot, written by the loader."""

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from etl.load import LoadResult
from kpi.engines.base import Engine
from kpi.engines.duckdb import DuckDbEngine, OpenStore
from organisation import ConfigurationError, Organisation
from warehouse.errors import StoreError
from warehouse.store import Store

Found = TypeVar("Found")


@dataclass(frozen=True)
class Judging(Generic[Found]):
    """A step in two halves: read takes long and changes nothing, write is short."""

    name: str
    read: Callable[[Organisation, Engine], Found]
    write: Callable[[Organisation, Store, Found], None]

    @property
    def __name__(self) -> str:
        """What other steps, which are functions, are called by."""
        return self.name

    def __call__(self, organisation: Organisation, store: Store, _loaded: LoadResult) -> None:
        """Do both halves at once, with the loader's own store."""
        with store.reading():
            found = self.read(organisation, OpenStore(store))
        self.write(organisation, store, found)


@dataclass(frozen=True)
class Failure:
    """A step that failed: what it said, and where in the program, unless its words say it all."""

    words: str
    where: str = ""

    @classmethod
    def of(cls, error: Exception) -> "Failure":
        """Give what is said of an error that is being handled."""
        is_plain = isinstance(error, StoreError | ConfigurationError)
        return cls(str(error), "" if is_plain else traceback.format_exc())


@dataclass(frozen=True)
class Judged:
    """What a step read at a snapshot, or how it failed."""

    step: Judging[object]
    snapshot: int
    found: object


@dataclass(frozen=True)
class Judgement:
    """The work of several steps at one snapshot, to be done beside the loader."""

    organisation: Organisation
    snapshot: int
    steps: tuple[Judging[object], ...]

    def __call__(self) -> Iterator[Judged]:
        """Give what each step read, as soon as it is read."""
        try:
            with DuckDbEngine(self.organisation.workspace.lake, self.snapshot) as engine:
                for step in self.steps:
                    yield Judged(step, self.snapshot, self._read(step, engine))
        except StoreError as error:
            for step in self.steps:
                yield Judged(step, self.snapshot, Failure.of(error))

    def _read(self, step: Judging[object], engine: Engine) -> object:
        try:
            return step.read(self.organisation, engine)
        except Exception as error:  # said by the loader, and done again
            return Failure.of(error)
