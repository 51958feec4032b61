"""Frozen values as JSON and back: decimals as text, instants as ISO in UTC, nothing rounded on the way."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Made = TypeVar("Made")


def to_json(value: object) -> Json:
    """Give a value of frozen dataclasses, tuples, mappings, decimals, days and instants as what JSON can hold."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [to_json(each) for each in value]
    if isinstance(value, Mapping):
        return {str(key): to_json(each) for key, each in value.items()}
    if is_dataclass(value):
        return {each.name: to_json(getattr(value, each.name)) for each in fields(value)}
    raise TypeError(f"{type(value).__name__} has no JSON form")


def from_json(form: type[Made], told: Json) -> Made:
    """Give the value of a type that to_json made JSON of; raises ValueError where it is no such value.

    Fields that the type does not know are passed over, those that it has a default for may lack.
    """
    return cast(Made, _made(form, told))  # the hints of the type are followed, which mypy cannot see


def _made(form: object, told: Json) -> object:
    origin, inner = get_origin(form), get_args(form)
    if origin in (Union, types.UnionType):
        return None if told is None else _made(next(each for each in inner if each is not types.NoneType), told)
    if origin is Literal:
        return _one_of(inner, told)
    if origin is tuple and isinstance(told, list):
        return _tuple(inner, told)
    if origin is not None and isinstance(told, dict):
        return {key: _made(inner[1], each) for key, each in told.items()}
    if isinstance(form, type) and is_dataclass(form) and isinstance(told, dict):
        return _dataclass(form, told)
    if isinstance(form, type):
        return _plain(form, told)
    raise ValueError(f"{told!r:.80} is no {form}")


def _tuple(inner: tuple[object, ...], told: list[Json]) -> tuple[object, ...]:
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(_made(inner[0], each) for each in told)
    return tuple(_made(kind, each) for kind, each in zip(inner, told, strict=True))


def _one_of(known: tuple[object, ...], told: Json) -> Json:
    if told not in known:
        raise ValueError(f"{told!r:.80} is none of {', '.join(map(str, known))}")
    return told


def _plain(form: type, told: Json) -> object:
    if form is Decimal and isinstance(told, str):
        try:
            return Decimal(told)
        except ArithmeticError as error:
            raise ValueError(f'"{told}" is no decimal') from error
    if form is datetime and isinstance(told, str):
        return datetime.fromisoformat(told)
    if form is date and isinstance(told, str):
        return date.fromisoformat(told)
    if type(told) is form:
        return told
    raise ValueError(f"{told!r:.80} is no {form.__name__}")


def _dataclass(form: type, told: dict[str, Json]) -> object:
    kinds = _hints(form)
    missing = [each.name for each in fields(form) if each.name not in told and _is_needed(each)]
    if missing:
        raise ValueError(f"{form.__name__} lacks {', '.join(missing)}")
    return form(**{name: _made(kind, told[name]) for name, kind in kinds.items() if name in told})


def _is_needed(each: object) -> bool:
    return getattr(each, "default", MISSING) is MISSING and getattr(each, "default_factory", MISSING) is MISSING


@cache
def _hints(form: type) -> dict[str, object]:
    return {name: kind for name, kind in get_type_hints(form).items() if name in {each.name for each in fields(form)}}
