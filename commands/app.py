"""All commands under one name, and what is said when one of them cannot do its work."""

import sys

import typer

from commands import (
    backup,
    bench,
    change,
    check,
    demo,
    doctor,
    follow,
    kpi,
    load,
    notices,
    reference,
    refuse,
    rehearse,
    rejects,
    release,
    replay,
    report,
    resend,
    restatements,
    run,
    scrub,
    upkeep,
    watch,
)
from commands.shared import PROBLEM, REFUSED, people
from docket.errors import DocketError
from etl.errors import EtlError, Refused
from kpi.errors import KpiError
from organisation import ConfigurationError
from warehouse.errors import StoreError

app = typer.Typer(
    name="denominator",
    help="The KPIs that every sales region can answer, side by side.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
COMMANDS = (
    run.run,
    demo.demo,
    load.load,
    watch.watch,
    check.check,
    rehearse.rehearse,
    release.release,
    refuse.refuse,
    rejects.rejects,
    resend.resend,
    replay.replay,
    report.report,
    restatements.restatements,
    kpi.kpi,
    reference.reference,
    reference.schema,
    change.waterfall,
    change.change,
    scrub.scrub,
    follow.follow,
    backup.backup,
    backup.restore,
    upkeep.upkeep,
    doctor.doctor,
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(bench.bench, name="bench")
app.add_typer(notices.notices, name="notices")


def run_command_line() -> None:
    """Run the command of the command line; what is expected to go wrong is said without a traceback."""
    try:
        app()
    except Refused as error:
        people.print(f"Refused ({error.reason}): {error.message}", markup=False)
        sys.exit(REFUSED)
    except (ConfigurationError, EtlError, StoreError, KpiError, DocketError) as error:
        people.print(str(error), markup=False)
        sys.exit(PROBLEM)
