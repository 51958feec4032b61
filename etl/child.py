"""Reading in child processes with limits: whatever a file does to its reader, it harms only itself."""

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar

import polars as pl

from etl.archives import weight
from etl.conform import conform_export
from etl.conformed import Conformed
from etl.crm import crm_module, crm_names
from etl.errors import EtlError, Refused
from etl.process import OUT_OF_MEMORY, limit_time, no_main_module, peak_memory, process_context, watch_memory
from etl.remembered import Remembered
from etl.stage_table import StageTable
from organisation import Export, Organisation, Source
from organisation.durable import sync_file
from warehouse.history import with_row_hash
from warehouse.schema import keyed_table

MEGABYTE = 1 << 20
WALL_FOR_CPU = 6.0  # a busy machine may need so much longer than the work itself
READS_A_CHILD = 60
OUT_OF_TIME = -24  # the kernel ended it for its CPU time
KILLED_FOR_MEMORY = (OUT_OF_MEMORY, -9, -6)  # by itself, by the kernel, by a library that got none
LONGEST_WORDS = 120
LOG = logging.getLogger(__name__)
Found = TypeVar("Found")


@dataclass(frozen=True)
class Limits:
    """What one file may cost its reader; seconds are CPU time."""

    memory: int = 512 * MEGABYTE
    seconds: float = 10.0
    bytes_a_second: float = 20 * MEGABYTE

    def seconds_for(self, size: int) -> float:
        """Give the CPU time that a file of so many bytes, unpacked, may take."""
        return self.seconds + size / self.bytes_a_second


@dataclass(frozen=True)
class Task:
    """One file to be read as one export of a source.

    remembers: whether records that stand as in the export before need not be read again.
    """

    file: Path
    source: str
    export: str
    arrived_at: datetime
    stages: StageTable | None = None
    remembers: bool = False


class Reading(Protocol):
    """The function that a child calls to read a file."""

    def __call__(
        self,
        file: Path,
        source: Source,
        export: Export,
        organisation: Organisation,
        *,
        arrived_at: datetime,
        stages: StageTable | None = None,
        remembered: Remembered | None = None,
    ) -> Conformed:
        """Give the export's rows; raises Refused."""


class Readers:
    """A few child processes that read exports side by side; closes as a context manager."""

    def __init__(
        self,
        organisation: Organisation,
        *,
        workers: int = 2,
        limits: Limits | None = None,
        read: Reading = conform_export,
    ) -> None:
        self._start = (organisation, limits or Limits(), read)
        self._workers = workers
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="reader")
        self._local = threading.local()
        self._children: list[_Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)
        for child in self._children:
            child.stop()

    def warm_up(self) -> "list[Future[None]]":
        """Start the children now, so that the first file need not wait; the futures end once they are ready."""
        together = threading.Barrier(self._workers)

        def start() -> None:
            child = self._child()
            together.wait()  # each thread takes one of these, none takes two
            child.warm_up()

        return [self._threads.submit(start) for _ in range(self._workers)]

    def submit(self, task: Task) -> "Future[Conformed | Refused]":
        """Have a file read; the future gives what it holds, or why it is refused, and never fails."""
        return self._threads.submit(self._read, task)

    def pids(self) -> list[int]:
        """Give the process ids of the children that were started."""
        return [child.pid for child in self._children]

    def _read(self, task: Task) -> Conformed | Refused:
        try:
            return self._read_existing(task)
        except FileNotFoundError:
            return Refused("FILE_CHANGING", f"{task.file.name} is not there any more.")

    def _read_existing(self, task: Task) -> Conformed | Refused:
        sync_file(task.file)  # what is acknowledged can be read again from the archive, even after a loss of power
        child = self._child()
        fresh = child.reads == 0
        answer = child.ask(task)
        if child.is_used_up:
            child.stop()
        if child.died and not fresh:
            # An earlier file may have left the child in a bad state: this one gets a child of its own.
            return self._child().ask(task)
        return answer

    def _child(self) -> "_Child":
        child: _Child | None = getattr(self._local, "child", None)
        if child is None or child.is_used_up:
            child = _Child(*self._start)
            self._local.child = child
            self._children.append(child)
        return child


def apart(work: Callable[[], Found], size: int, limits: Limits | None = None) -> Found | Refused:
    """Give what a piece of work over files of so many bytes finds, done in a process of its own with limits.

    The work is pickled; a Refused that it raises is given, and so is one that says how the process died of it.
    """
    allowed = (limits or Limits()).seconds_for(size)
    context = process_context()
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, work, limits or Limits(), allowed), daemon=True)
    with no_main_module():
        process.start()
    theirs.close()
    slow = Refused("TOO_SLOW", f"The files were not read within {allowed:.0f} seconds. Give smaller ones.")
    try:
        if ours.poll(allowed * WALL_FOR_CPU):
            found: Found | Refused = ours.recv()
            return found
        return slow
    except (EOFError, OSError):
        process.join(0.5)
        status = process.exitcode
        if status == OUT_OF_TIME:
            return slow
        if status is None or status in KILLED_FOR_MEMORY:
            return Refused("TOO_BIG", "Reading the files took more memory than the loader may use. Give smaller ones.")
        return Refused("READER_FAILED", f"The reader ended with status {status} while reading the files.")
    finally:
        ours.close()
        process.kill()
        process.join()


class _Child:
    def __init__(self, organisation: Organisation, limits: Limits, read: Reading) -> None:
        context = process_context()
        self.limits = limits
        self.reads = 0
        self.died = False
        self._swollen = False
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, organisation, limits, read), daemon=True)
        try:
            with no_main_module():
                self._process.start()
        except OSError as error:
            raise EtlError(f"The process that reads exports could not be started: {error}") from error
        self.pid = int(self._process.pid or 0)
        theirs.close()

    @property
    def is_used_up(self) -> bool:
        """Whether the next file should get another child."""
        return self.died or self._swollen or self.reads >= READS_A_CHILD

    def ask(self, task: Task) -> Conformed | Refused:
        """Give what the child says of a file, or a refusal that says how the child died of it."""
        self.reads += 1
        allowed = self.limits.seconds_for(weight(task.file))
        try:
            self._ours.send(task)
            if not self._ours.poll(allowed * WALL_FOR_CPU):
                return self._died(task, allowed)
            answer, self._swollen = self._ours.recv()
        except (EOFError, OSError):
            return self._died(task, allowed)
        assert isinstance(answer, Conformed | Refused)  # noqa: S101 - what _serve sends
        return answer

    def warm_up(self) -> None:
        """Have the child load what reading needs."""
        try:
            self._ours.send(None)
            self._ours.recv()
        except (EOFError, OSError):
            self.died = True

    def stop(self) -> None:
        """End the process."""
        self._ours.close()
        self._process.kill()
        self._process.join()

    def _died(self, task: Task, allowed: float) -> Refused:
        self.died = True
        self._process.join(0.5)
        status = self._process.exitcode
        self.stop()
        name = task.file.name
        if status is None or status == OUT_OF_TIME:
            return Refused(
                "TOO_SLOW", f"{name} was not read within {allowed:.0f} seconds. Split it into smaller exports."
            )
        if status in KILLED_FOR_MEMORY:
            limit = self.limits.memory // MEGABYTE
            return Refused("TOO_BIG", f"Reading {name} took more than {limit} MB. Split it into smaller exports.")
        return Refused("READER_FAILED", f"The reader ended with status {status} while reading {name}.")


def _serve(connection: Connection, organisation: Organisation, limits: Limits, read: Reading) -> None:
    """Read what is asked for until the other side is gone."""
    watch_memory(limits.memory)
    while True:
        try:
            task: Task | None = connection.recv()
        except EOFError:
            return
        if task is None:
            connection.send(_warmed(organisation))
            continue
        limit_time(limits.seconds_for(weight(task.file)))
        answer = _read(task, organisation, read)
        connection.send((answer, peak_memory() > limits.memory // 2))


def _work(connection: Connection, work: Callable[[], object], limits: Limits, seconds: float) -> None:
    watch_memory(limits.memory)
    limit_time(seconds)
    try:
        connection.send(work())
    except Refused as refused:
        connection.send(refused)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except Exception as error:  # a fault of the reader is said, never the end of the loader
        connection.send(unforeseen("The files", error))


def unforeseen(what: str, error: Exception) -> Refused:
    """Give the refusal for an error that the reader has no words for; its whole text goes to the log."""
    LOG.error("reading %s failed", what, exc_info=error)
    words = str(error).partition("\n")[0].partition("; valid columns")[0]
    told = words if len(words) <= LONGEST_WORDS else f"{words[:LONGEST_WORDS]} …"
    return Refused(
        "READER_FAILED",
        f"{what} could not be read, and the reader has no better words for it than {type(error).__name__}: {told}. "
        "Nothing was stored. Export anew, or hand the file with these words to whoever looks after Denominator.",
    )


def _warmed(organisation: Organisation) -> int:
    """Load the modules of the organisation's systems and start the frame library's threads; gives their number."""
    systems = [crm_module(source.crm) for source in organisation.sources.values() if source.crm in crm_names()]
    numbers = pl.DataFrame({"text": ["1.00"]}).select(pl.col("text").cast(pl.Decimal(18, 2), strict=False))
    return len(systems) + numbers.height


def _read(task: Task, organisation: Organisation, read: Reading) -> Conformed | Refused:
    source = organisation.sources[task.source]
    export = source.exports[task.export]
    try:
        remembered = Remembered.of(source, export, organisation) if task.remembers else None
        found = read(
            task.file,
            source,
            export,
            organisation,
            arrived_at=task.arrived_at,
            stages=task.stages,
            remembered=remembered,
        )
        rows = with_row_hash(keyed_table(found.table), found.rows)
        if remembered:
            remembered.keep(rows)
        return replace(found, rows=rows)
    except Refused as refused:
        return refused
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except EtlError as error:
        return Refused("READER_FAILED", str(error))
    except Exception as error:  # a fault of the reader is a refusal of this file, never the end of the load
        return unforeseen(task.file.name, error)
