"""Accepting a rehearsal: the profiles are written, the files go to the inbox, and the load must equal it."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from etl.calendar_table import refresh_calendar
from etl.child import Readers
from etl.errors import EtlError
from etl.load import load_new
from etl.loading import Loading
from etl.propose.profiles import ProfileFiles
from etl.propose.proposal import Answers
from etl.rehearsal import Rehearsed, fingerprint_of
from etl.results import FileResult, LoadResult
from organisation import Organisation
from organisation.durable import sync_folder, write_new

NOTHING_WON = "won_none"  # "yes" says that the CRM's own report shows nothing won either
DIFFERS = "won_differs"  # the answer that says why the CRM's own won value is another one


@dataclass(frozen=True)
class Reconciled:
    """One month: what the load finds won, what the CRM's own report says (None: not given) and the difference."""

    month: str
    currency: str
    value: Decimal
    deals: int
    own: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        """The load's value less the CRM's own."""
        return None if self.own is None else self.value - self.own


@dataclass(frozen=True)
class Accepted:
    """What became of an accepted rehearsal: files written, what was loaded, and whether it equals the rehearsal."""

    written: tuple[Path, ...]
    loads: tuple[LoadResult, ...]
    results: tuple[FileResult, ...]
    equal: bool


def reconciled(rehearsal: Rehearsed, answers: Answers) -> tuple[Reconciled, ...]:
    """Give each month's won value beside the CRM's own, the newest month first.

    A month of several currencies has a row each; its answer is won/2026-09, or won/2026-09/EUR.
    """
    return tuple(
        Reconciled(
            str(row["month"]), str(row["currency"] or ""), row["value"], int(row["deals"]),
            _amount(answers.get(f"won/{row['month']}/{row['currency']}") or answers.get(f"won/{row['month']}") or ""),
        )
        for row in rehearsal.won.to_dicts()
        if row["value"] is not None
    )  # fmt: skip


def why_not_reconciled(rehearsal: Rehearsed, answers: Answers) -> str | None:
    """Say what keeps the won value from being reconciled; None where it is, or where a person said why it differs.

    That deals show nothing won has to be said by a person too: what was won may be what could not be read.
    """
    if answers.get(DIFFERS) or all(result.table != "opportunity" for result in rehearsal.results):
        return None
    months = reconciled(rehearsal, answers)
    unseen = _months_without_a_won_deal(months, answers)
    if unseen:
        return f"{unseen}: the files show nothing won, the CRM does. Correct the answers, or say why ({DIFFERS})."
    if not months:
        said = answers.get(NOTHING_WON) == "yes"
        asked = f"The files show no won deal with an amount: is that so in the CRM? ({NOTHING_WON}: yes)"
        return None if said else f"{asked} If not, look at what is rejected and at the stages that mean won."
    given = [month for month in months if month.own is not None]
    if not given:
        return "Type in the CRM's own won value of at least one month, to be compared to the cent."
    wrong = [month for month in given if month.difference]
    if wrong:
        first = wrong[0]
        return (
            f"{first.month}: {first.value:,.2f} {first.currency} were found won, the CRM says {first.own:,.2f}. "
            f"Correct the answers, or say why it differs ({DIFFERS})."
        )
    return None


def _months_without_a_won_deal(months: Sequence[Reconciled], answers: Answers) -> str:
    """Give the first month for which a person typed a won value while the files show none; empty: there is none."""
    shown = {month.month for month in months}
    typed = {key.split("/")[1] for key, said in answers.items() if key.startswith("won/") and _amount(said)}
    return min(typed - shown, default="")


def accept(
    loading: Loading, region: str, profiles: ProfileFiles, files: Sequence[Path], rehearsal: Rehearsed
) -> Accepted:
    """Write the profiles, hand the files to the loader and load them.

    Raises EtlError where a file of that name is there already; then nothing was written.
    """
    workspace = loading.organisation.workspace
    written = _write_profiles(loading.organisation, region, profiles)
    organisation = Organisation.read(workspace)
    _hand_over(workspace.inbox / region, files)
    refresh_calendar(organisation, loading.store)
    with Readers(organisation) as readers:
        loads = load_new(Loading(organisation, loading.store, readers))
    ours = tuple(load for load in loads if load.source == region)
    equal = fingerprint_of(loading.store, region) == rehearsal.fingerprint
    return Accepted(written, tuple(loads), tuple(each for load in ours for each in load.files), equal)


def taken_back(region: str, *, with_region: bool) -> str:
    """Say how an accepted region is taken out again."""
    also = f" and regions/{region}.yaml" if with_region else ""
    return (
        f"To take it back: withdraw its loads on the freshness page (or: denominator replay --source {region} "
        f"--without LOAD), then delete sources/{region}.yaml{also}. The exports stay in data/archive/{region}/."
    )


def _write_profiles(organisation: Organisation, region: str, profiles: ProfileFiles) -> tuple[Path, ...]:
    workspace = organisation.workspace
    texts: Mapping[Path, str] = {
        **({workspace.regions_dir / f"{region}.yaml": profiles.region} if profiles.region is not None else {}),
        workspace.sources_dir / f"{region}.yaml": profiles.source,
    }
    for file in texts:
        if file.exists():
            raise EtlError(
                f"{file.parent.name}/{file.name} is there already; it is not overwritten. Choose another name."
            )
    done: list[Path] = []
    try:
        for file, text in texts.items():  # the region first: a source may never name a region that is not there
            _write_new(file, text)
            done.append(file)
    except OSError:
        for file in done:
            file.unlink(missing_ok=True)
        raise
    return tuple(done)


def _write_new(file: Path, text: str) -> None:
    """Write a file that appears whole or not at all, and never replaces another."""
    partial = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        write_new(partial, text)
        os.link(partial, file)  # fails where the file is there, unlike a rename
    finally:
        partial.unlink(missing_ok=True)
    sync_folder(file.parent)


def _hand_over(folder: Path, files: Sequence[Path]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        partial = folder / f".{file.name}.part"
        shutil.copyfile(file, partial)
        partial.replace(folder / file.name)
    sync_folder(folder)


def _amount(text: str) -> Decimal | None:
    try:
        return Decimal(text.replace(" ", "").replace("\u202f", "").replace("\u00a0", "")) if text else None
    except InvalidOperation as error:
        raise EtlError(f'"{text}" is no amount; write it as 1234.50, without a sign between thousands.') from error
