"""The demonstration set going: time passes and exports arrive."""

import threading
from datetime import date
from pathlib import Path

from demo import live, write_demo
from organisation import Workspace


def test_a_day_later_every_source_has_delivered_and_the_clock_moved(tmp_path: Path) -> None:
    write_demo(tmp_path, seed=3, today=date(2026, 11, 23), scale=0.05)
    arrived: list[Path] = []
    live(tmp_path, seconds=0.0, days=1, on_export=arrived.append)
    assert Workspace(tmp_path).now().date() == date(2026, 11, 25)
    assert len({path.parent for path in arrived}) == 5
    assert all("2026-11-25" in path.name and path.exists() for path in arrived)


def test_it_stops_when_told(tmp_path: Path) -> None:
    write_demo(tmp_path, seed=3, today=date(2026, 11, 23), scale=0.05)
    stop = threading.Event()
    arrived: list[Path] = []

    def stop_at_the_first(path: Path) -> None:
        arrived.append(path)
        stop.set()

    live(tmp_path, stop=stop, seconds=60.0, on_export=stop_at_the_first)
    assert {path.parent.name for path in arrived} == {"amer_salesforce"}
