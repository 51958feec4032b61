"""The CRM systems whose exports can be read: one module each, found by itself."""

import pkgutil
from dataclasses import replace
from functools import cache
from importlib import import_module

from etl.crm.dialect import Crm
from etl.errors import UnknownCrm
from organisation import Source

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


def crm_of(source: Source) -> Crm:
    """The system of a source, with what its profile says itself of how it writes; raises UnknownCrm."""
    crm, own = crm_module(source.crm), source.habits
    return replace(
        crm,
        yes_words=crm.yes_words + own.yes_words,
        no_words=crm.no_words + own.no_words,
        empty_is_no=crm.empty_is_no if own.empty_is_no is None else own.empty_is_no,
        close_date_is_overwritten=(own.close_date or _CLOSE_DATE[crm.close_date_is_overwritten]) == "overwritten",
        symbol_is_the_exporters=(own.currency_signs or _SIGNS[crm.symbol_is_the_exporters]) == "exporter",
        groups=crm.groups if own.groups is None else own.groups,
        links={**crm.links, **own.links},
    )


_CLOSE_DATE = {False: "own", True: "overwritten"}
_SIGNS = {False: "deal", True: "exporter"}
