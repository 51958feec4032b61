"""What follows a load: wired here, so that the loader knows nothing of what is built upon its rows."""

import traceback
from collections.abc import Callable

from commands.shared import people
from etl.load import LoadResult
from organisation import Organisation

FollowUp = Callable[[Organisation, LoadResult], None]


def follow_up(organisation: Organisation, loaded: LoadResult) -> None:
    """Run everything that follows a load; a failure is reported and never undoes the load."""
    for step in STEPS:
        try:
            step(organisation, loaded)
        except Exception as error:
            people.print(f"After the load of {loaded.source}: {step.__name__} failed ({error}).", markup=False)
            people.print(traceback.format_exc(), markup=False)


STEPS: tuple[FollowUp, ...] = ()
