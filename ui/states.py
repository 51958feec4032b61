"""The states of a page that shows no figures: nothing loaded yet, settings at fault, a failure."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from kpi.errors import DataOutdatedError, KpiError
from organisation import Organisation
from ui.component import show
from ui.headline import headline, notice

_LOG = logging.getLogger("denominator")


def nothing_loaded(organisation: Organisation) -> None:
    """Say that no export has been loaded, and what to do; the page fills by itself with the first load."""
    names = ", ".join(region.name for region in organisation.regions.values())
    show(
        "empty",
        headline(
            "No figures yet.", f"The first export that is loaded appears here by itself. Regions waited for: {names}."
        ),
        notice(
            "Put an export into the inbox",
            "One folder a source: **data/inbox/"
            "<source>/**. Then run **denominator load**, or keep **denominator run** open.",
        ),
        notice(
            "Or look at the demonstration company",
            "**denominator demo** writes six regions' exports; **denominator load** loads them.",
        ),
    )


def settings_at_fault(faults: tuple[str, ...]) -> None:
    """Name every problem of the settings with file and line; there is no earlier valid state to fall back on."""
    show(
        "fault",
        headline("The settings cannot be read.", "Correct what is listed here; the page comes back by itself."),
        *(notice(fault.split(": ", 1)[0], fault.split(": ", 1)[-1], kind="fault") for fault in faults),
    )


@contextmanager
def shielded() -> Iterator[None]:
    """Show a failure as a sentence; what happened in detail goes to the log."""
    try:
        yield
    except DataOutdatedError as fault:
        said = "The data are older than this dashboard."
        show("outdated", headline(said, "The page comes back by itself."), notice("Start the loader", str(fault)))
    except Exception as fault:
        _LOG.exception("a page could not be drawn")
        words = str(fault) if isinstance(fault, KpiError) else "What happened stands in the log of the dashboard."
        show("failure", notice("This page cannot be shown right now", words, kind="fault"))
