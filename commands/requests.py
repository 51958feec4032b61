"""Everything that can be asked of the loader: its own handlers, and those that need more than the loader."""

from collections.abc import Mapping

from commands import onboarding, packs
from etl import requests
from etl.requests import Handler

HANDLERS: Mapping[str, Handler] = {**requests.HANDLERS, **onboarding.HANDLERS, **packs.HANDLERS}
