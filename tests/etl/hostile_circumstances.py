"""What goes on around a hostile file that its bytes alone cannot show: limits, a failing reader, a load, a writer."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import IO

from etl.archives import weight
from etl.check import Looked, Reader, here, of_profile
from etl.child import Limits, Readers, Task, apart
from etl.conform import conform_export
from etl.conformed import Conformed
from etl.errors import Refused
from etl.load import FileResult, load_new
from etl.loading import Loading
from organisation import Workspace
from tests.etl.hostile_files import Circumstances
from tests.etl.shop import Shop
from warehouse.store import Store

DAY = "2026-11-03"


def reader_under(under: Circumstances, workspace: Workspace, profile: Path, table: str) -> Reader:
    """Give the reader of `check_file` that stands under these circumstances."""
    if under.limits:
        memory = int(under.limits.get("memory", Limits.memory))
        allowed = Limits(memory=memory, seconds=under.limits.get("seconds", Limits.seconds))
        return lambda look, file: apart(look, weight(file), allowed)
    if under.reader:
        return lambda look, file: apart(partial(_look_in_trouble, look, file), weight(file))
    if not under.corrects:
        return here
    for load_id, text in under.corrects.items():
        folder = workspace.archive / profile.stem / load_id
        folder.mkdir(parents=True)
        (folder / "export.csv").write_text(text, encoding="utf-8")
    return lambda _, file: here(partial(_look_at_corrections, file, workspace, profile, table), file)


def loaded_while(what: str, content: bytes, shop: Shop) -> tuple[FileResult, int]:
    """Give what a load says of a file that something happens to while it is read, and how many deals it stored."""
    file = shop.drop(f"opportunities_{DAY}.csv", content.decode())
    said: list[FileResult] = []
    held: list[IO[bytes]] = [file.open(HELD[what])] if what in HELD else []
    with Store.open_writer(shop.workspace.lake) as store, _Meddled(shop, MEANWHILE.get(what)) as readers:
        load_new(Loading(shop.organisation, store, readers), on_file=said.append)
        ((deals,),) = store.query("SELECT count(*) FROM opportunity").rows()
    for each in held:
        each.close()
    (only,) = said
    return only, int(deals)


class _Meddled(Readers):
    """Readers that let something happen to a file once its reading is asked for."""

    def __init__(self, shop: Shop, meanwhile: Callable[[Path], object] | None) -> None:
        super().__init__(shop.organisation, workers=1)
        self._meanwhile = meanwhile

    def submit(self, task: Task) -> "Future[Conformed | Refused]":
        if self._meanwhile:
            self._meanwhile(task.file)
        return super().submit(task)


def _grow(file: Path) -> None:
    with file.open("ab") as writing:
        writing.write(b"d9,Late,Open,9,2026-12-01,2026-01-05\n")


def _replace(file: Path) -> None:
    """Put another file of the same size and moment in its place: only the place on the disk tells them apart."""
    state, other = file.stat(), file.with_name(".other")
    other.write_bytes(file.read_bytes().replace(b"Open", b"Lost"))
    os.utime(other, ns=(state.st_atime_ns, state.st_mtime_ns))
    other.replace(file)


def _look_at_corrections(file: Path, workspace: Workspace, profile: Path, table: str) -> Looked:
    organisation = of_profile(profile, table, workspace)
    source = organisation.sources[profile.stem]
    return Looked(conform_export(file, source, source.exports[table], organisation, arrived_at=workspace.now()))


def _look_in_trouble(look: Callable[[], Looked], file: Path) -> Looked:
    content = file.read_bytes()
    for word, trouble in TROUBLES.items():
        if word in content:
            trouble()
    return look()


def _lack() -> None:
    raise KeyError("stage")


TROUBLES: dict[bytes, Callable[[], object]] = {
    b"fault of the reader": _lack,
    b"end of the process": lambda: os._exit(7),
    b"signal to the process": lambda: os.kill(os.getpid(), signal.SIGTERM),
}
MEANWHILE: dict[str, Callable[[Path], object]] = {"it grows": _grow, "it is replaced": _replace, "it goes": Path.unlink}
HELD = {"it is open for writing": "ab", "it is open for reading": "rb"}
