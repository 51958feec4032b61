"""Promise 5: whatever a file holds, every record is loaded as it stands there, rejected or ignored, at its own line."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from etl.check import of_profile
from etl.columns import WantedColumns
from etl.conform import Conforming, dialect_of
from etl.conformed import Conformed
from etl.errors import Refused
from etl.reader import read_table
from organisation import Workspace
from tests.etl.random_exports import RandomExport, random_export
from tests.faults.company import report, tries

FILES = tries(150, 10_000)
ARRIVED = datetime(2026, 11, 24, tzinfo=UTC)
STAGES = {"Open": "qualify", "Won": "won"}


def read(export: RandomExport, folder: Path) -> Conformed | Refused:
    profile = folder / "profile.yaml"
    YAML().dump({"crm": "generic", "stages": STAGES, **export.settings}, profile)
    organisation = of_profile(profile, "opportunities", Workspace(folder))
    source = organisation.sources["profile"]
    wanted = WantedColumns(source, source.exports["opportunities"])
    try:
        return Conforming(read_table(export.data, dialect_of(wanted)), wanted, organisation).conformed("x.csv", ARRIVED)
    except Refused as refused:
        return refused


def differences(export: RandomExport, found: Conformed | Refused) -> list[str]:
    """Say what is not as the file's writer knows it."""
    if isinstance(found, Refused):
        return [] if found.reason in export.may_refuse else [str(found)]
    rows = {line: tuple(row) for line, *row in found.rows.select("line", *SHOWN).iter_rows()}
    rejects: dict[int, set[str]] = {}
    for line, reason in found.rejects.select("line", "reason").iter_rows():
        rejects.setdefault(line, set()).add(reason)
    wanted = {line: {reason} for line, reason in export.rejected.items()}
    ignored = dict(found.ignored.iter_rows())
    records = len(export.loaded) + len(export.rejected) + len(export.ignored)
    return [
        f"{what}: {sorted(has.items() ^ must.items()) if what != 'rejected' else (has, must)}"
        for what, has, must in (
            ("loaded", rows, export.loaded),
            ("rejected", rejects, wanted),
            ("ignored", ignored, export.ignored),
        )
        if has != must
    ] + ([f"{found.rows_in} records were counted, the file holds {records}"] if found.rows_in != records else [])


SHOWN = ("opportunity_id", "name", "amount", "closed_on")


@pytest.mark.faults
@pytest.mark.timeout(7200)
def test_every_record_of_a_random_file_is_accounted_for(tmp_path: Path) -> None:
    files, records = Counter[str](), Counter[str]()

    @settings(max_examples=FILES, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, 2**64))
    @example(17_960_623_354)  # two ids that a spreadsheet made alike
    def balances(seed: int) -> None:
        export = random_export(seed)
        found = read(export, tmp_path)
        wrong = differences(export, found)
        assert not wrong, f"seed {seed}, {export.settings}: {wrong}\n{export.data!r}"
        if isinstance(found, Refused):
            files["refused"] += 1
            return
        files["read"] += 1
        records.update(loaded=found.rows.height, rejected=found.rejected, ignored=found.ignored.height)

    balances()
    said = ", ".join(f"{number} {what}" for what, number in records.items())
    report(f"5  {files.total()} random files: {files['refused']} refused, {files['read']} balance: {said}")
    assert files.total() >= FILES
    assert files["read"] > 2 * files["refused"]
