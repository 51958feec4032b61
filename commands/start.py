"""The command line: which module holds which command, and what is said when one cannot do its work."""

import sys
from collections.abc import Iterable
from importlib import import_module

import typer

from commands.shared import PROBLEM, REFUSED, people
from docket.errors import DocketError
from etl.errors import EtlError, Refused
from kpi.errors import KpiError
from organisation import ConfigurationError
from warehouse.errors import StoreError

# Each command, and the module that holds it under the same name.
COMMANDS = {
    "run": "run",
    "demo": "demo",
    "load": "load",
    "watch": "watch",
    "check": "check",
    "rehearse": "rehearse",
    "release": "release",
    "refuse": "refuse",
    "rejects": "rejects",
    "resend": "resend",
    "replay": "replay",
    "report": "report",
    "restatements": "restatements",
    "kpi": "kpi",
    "reference": "reference",
    "schema": "reference",
    "waterfall": "change",
    "change": "change",
    "scrub": "scrub",
    "follow": "follow",
    "backup": "backup",
    "restore": "backup",
    "upkeep": "upkeep",
    "doctor": "doctor",
    "bench": "bench",
    "notices": "notices",
}


def command_line(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """Give the command line with commands of these names; no other's module is imported: all take a second."""
    app = typer.Typer(
        name="denominator",
        help="The KPIs that every sales region can answer, side by side.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(lambda: None)  # a command that is alone is called by its name too
    for name in names:
        found = getattr(import_module(f"commands.{COMMANDS[name]}"), name)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
    return app


def run_command_line() -> None:
    """Run the command of the command line; what is expected to go wrong is said without a traceback."""
    try:
        name = sys.argv[1] if len(sys.argv) > 1 else ""
        command_line((name,) if name in COMMANDS else COMMANDS)()
    except Refused as error:
        people.print(f"Refused ({error.reason}): {error.message}", markup=False)
        sys.exit(REFUSED)
    except (ConfigurationError, EtlError, StoreError, KpiError, DocketError) as error:
        people.print(str(error), markup=False)
        sys.exit(PROBLEM)
