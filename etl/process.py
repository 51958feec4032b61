"""A process beside the loader: how one is started, what it may cost, and how it gives way to everything else."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path
from types import ModuleType

OUT_OF_MEMORY = 99  # exit status of a process that ended itself
GIVES_WAY = 10  # of 19: a tenth of the time of one that does not, where both want a core
_MAIN = threading.Lock()


@contextmanager
def no_main_module() -> Iterator[None]:
    """Keep a new child from importing the program that was started: it needs nothing of it."""
    with _MAIN:
        program = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = program


def give_way() -> None:
    """Let every other process go first from now on; this one works on where a core is free."""
    with suppress(AttributeError, OSError):
        os.nice(GIVES_WAY)
    with suppress(AttributeError, OSError):
        # Where the kernel shares cores among sessions first, a process' own place counts within its session only.
        os.setsid()
        Path("/proc/self/autogroup").write_text(str(GIVES_WAY), encoding="ascii")


if sys.platform == "win32":

    def process_context() -> SpawnContext:
        """Give the way in which processes are started here."""
        return get_context("spawn")

    def watch_memory(limit: int) -> None:
        """Windows gives no figure without a further library; the time limit still holds."""

    def limit_time(seconds: float) -> None:
        """The parent's own deadline is the limit."""

    def peak_memory() -> int:
        """Nothing is known of it."""
        return 0

else:
    import resource

    def process_context() -> ForkServerContext:
        """A server that has imported everything already forks a child in milliseconds."""
        context = get_context("forkserver")
        context.set_forkserver_preload(["etl.child"])
        return context

    def watch_memory(limit: int) -> None:
        """End this process as soon as it has used more memory than it may."""

        def watch() -> None:
            pause = threading.Event()
            while peak_memory() <= limit:
                pause.wait(0.02)
            os._exit(OUT_OF_MEMORY)

        threading.Thread(target=watch, daemon=True).start()

    def limit_time(seconds: float) -> None:
        """Have the kernel end this process after so much more CPU time."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        until = int(used.ru_utime + used.ru_stime + seconds) + 1
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (until if hard < 0 else min(until, hard), hard))

    def peak_memory() -> int:
        """Give the most bytes that this process ever held."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
