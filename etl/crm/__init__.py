"""The CRM systems whose exports can be read: one module each, found by itself."""

import pkgutil
from functools import cache
from importlib import import_module

from etl.crm.dialect import Crm
from etl.errors import UnknownCrm

_PARTS = {"dialect"}


@cache
def crm_names() -> tuple[str, ...]:
    """The names a profile may write under `crm:`."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in _PARTS))


@cache
def crm_module(name: str) -> Crm:
    """The system of that name; raises UnknownCrm."""
    if name not in crm_names():
        raise UnknownCrm(name, crm_names())
    found = import_module(f"etl.crm.{name}").CRM
    if not isinstance(found, Crm):
        raise TypeError(f"etl/crm/{name}.py names no Crm as CRM")
    return found
