"""Two writers and several readers of a shared store, while one of the writers is killed again and again."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from warehouse.places import place_of
from warehouse.store import Store

ROOT = Path(__file__).resolve().parents[2]
KILLS = 20 if os.environ.get("DENOMINATOR_FULL") else 4
ACKNOWLEDGED = 12  # loads that the writer that lives has to store
WRITER = """
import sys
from pathlib import Path
import polars as pl
from warehouse.store import Store

lake, name, loads = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
with Store.open_writer(lake, wait_seconds=120) as writer:
    for number in range(loads):
        rows = pl.DataFrame({"load_id": [f"{name}-{number}"] * 20, "line": range(20), "reason": ["FOOTER"] * 20})
        with writer.exclusive(wait_seconds=120), writer.transaction(f"{name}-{number}"):
            writer.insert("ignored_row", rows)
        print(f"{name}-{number}", flush=True)
"""
READER = """
import sys
from pathlib import Path
from warehouse.store import Store

lake, seen = Path(sys.argv[1]), 0
while True:
    with Store.open_reader(lake) as reader:
        first, again = (reader.query("SELECT count(*) AS n, count(DISTINCT load_id) AS loads FROM ignored_row").row(0)
                        for _ in range(2))
    assert first == again and first[0] == 20 * first[1], f"torn: {first}, {again}"
    assert first[1] >= seen, f"{first[1]} loads after {seen}"
    seen = first[1]
    print(seen, flush=True)
"""


def start(program: str, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", program, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_nothing_acknowledged_is_lost_or_doubled_and_no_reader_sees_half_a_load(lake: Path) -> None:
    dice, acknowledged = random.Random(7), list[str]()
    with Store.open_writer(lake):
        pass
    living = start(WRITER, str(lake), "lives", str(ACKNOWLEDGED))
    readers = [start(READER, str(lake)) for _ in range(3)]
    try:
        for kill in range(KILLS):
            mortal = start(WRITER, str(lake), f"killed-{kill}", "1000")
            assert mortal.stdout is not None
            first = mortal.stdout.readline().strip()  # it works
            time.sleep(dice.random())
            mortal.kill()
            said = [first, *mortal.communicate()[0].split()]
            acknowledged += [word for word in said if word.startswith("killed-")]
        acknowledged += living.communicate(timeout=240)[0].split()
        assert living.returncode == 0
        assert all(reader.poll() is None for reader in readers), "a reader gave up"
    finally:
        for process in (living, *readers):
            process.kill()
        seen = [reader.communicate()[0].split() for reader in readers]
    assert all(seen), "every reader has read"
    with Store.open_writer(lake) as last:  # tidies up after the killed ones
        stored = dict(last.query("SELECT load_id, count(*) AS n FROM ignored_row GROUP BY load_id").iter_rows())
        assert {name: stored.get(name) for name in acknowledged} == dict.fromkeys(acknowledged, 20)
        assert set(stored.values()) == {20}
        assert len(stored) <= len(acknowledged) + KILLS, "a killed writer had one load in hand at most"
        assert {Path(file).name for file in place_of(lake).files()} == last.catalogued_files()
    sys.stdout.write(
        f"\n[promise] {len(acknowledged)} acknowledged loads, {KILLS} kills, {sum(map(len, seen))} reads\n"
    )
