"""Work beside the loader: in a process of its own that gives way to the pages and to the next load."""

from collections.abc import Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Protocol, Self

from etl.process import give_way, no_main_module, process_context


class Job(Protocol):
    """What is worked out beside: it is pickled, only reads, gives answer after answer and catches its own errors."""

    def __call__(self) -> Iterator[object]:
        """Give the answers, each as soon as it is there."""
        ...


class EndedEarly(Exception):
    """The process ended before it had given all answers."""


class Beside:
    """One job at a time; of those that come meanwhile only the newest is done. Closes as a context manager."""

    def __init__(self, *, gives_way: bool = True) -> None:
        """Start nothing yet; gives_way: whether everything else goes first, where both want a core."""
        self._gives_way = gives_way
        self._process: BaseProcess | None = None
        self._ours: Connection | None = None
        self._next: Job | None = None
        self._is_busy = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_busy(self) -> bool:
        """Whether answers are still to come."""
        return self._is_busy

    def ask(self, job: Job) -> None:
        """Have a job done, after the one that is under way and instead of one that waits."""
        self._next = job
        if not self._is_busy:
            self._begin()

    def answers(self, *, wait_seconds: float = 0.0) -> Iterator[object]:
        """Give the answers that are there, waiting so long for each; raises EndedEarly, and starts anew when asked."""
        while self._ours is not None and self._is_busy and self._ours.poll(wait_seconds):
            try:
                has_ended, answer = self._ours.recv()
            except (EOFError, OSError) as error:
                self.close()
                raise EndedEarly from error
            if has_ended:
                self._is_busy = False
                if self._next is not None:
                    self._begin()
            else:
                yield answer

    def close(self) -> None:
        """End the process, whatever it is at."""
        if self._ours is not None:
            self._ours.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._process = self._ours = self._next = None
        self._is_busy = False

    def _begin(self) -> None:
        job, self._next = self._next, None
        self._is_busy = True
        try:
            self._connection().send(job)
        except OSError:
            self._is_busy = True  # it ended meanwhile: whoever asks for answers is told

    def _connection(self) -> Connection:
        if self._ours is None:
            context = process_context()
            self._ours, theirs = context.Pipe()
            self._process = context.Process(target=_serve, args=(theirs, self._gives_way), daemon=True)
            with no_main_module():
                self._process.start()
            theirs.close()
        return self._ours


def _serve(connection: Connection, gives_way: bool) -> None:
    if gives_way:
        give_way()
    while True:
        try:
            for answer in connection.recv()():
                connection.send((False, answer))
            connection.send((True, None))
        except (EOFError, OSError):  # the loader is gone
            return
