"""JSON exports as a grid: an object a line, a list of objects, or an interface's page with such a list in it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from etl.errors import Refused
from etl.grids import DATE, EXACT, TEXT, Grid, GridRow

_STARTS = re.compile(r'\s*(?:\{\s*["}]|\[\s*[\[{\]])')
_SPACE = re.compile(r"[ \t\n\r]*")
_LISTS = ("value", "results", "data", "items", "records", "rows")
_WRAPPERS = ("d", "response", "result")
_NEXT = ("__next", "@odata.nextLink", "odata.nextLink", "nextLink", "next")
_ODATA_DATE = re.compile(r"/Date\((-?\d{1,14})([+-]\d{1,4})?\)/")
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?")
_MOST_PLACES = 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Cells = dict[str, tuple[str, str]]


class _Number(str):
    """A number with every digit as it is written."""

    __slots__ = ()


@dataclass(frozen=True)
class _Object:
    """An object with its members in their order, repeated names included."""

    members: list[tuple[str, object]]


class _Malformed(Exception):
    """A record that is no table row."""


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Object, parse_float=_Number, parse_int=_Number, parse_constant=_Number, strict=False
)


def is_json(text: str) -> bool:
    """Say whether a text begins as JSON objects or a list of them do."""
    return _STARTS.match(text) is not None


def read_json(text: str) -> Grid:
    """Give the records, the members of nested objects named with dots: client.name.

    A record's line is where it starts; where several start on one line, its number among the records.
    Raises Refused: EMPTY_FILE, MALFORMED, TRUNCATED.
    """
    found = _records(text)
    starts = [line for line, _, _ in found]
    if len(set(starts)) < len(starts):
        found = [(number, raw, record) for number, (_, raw, record) in enumerate(found, 1)]
    names: dict[str, int] = {}
    rows, raws, broken = [], {}, []
    for line, raw, record in found:
        try:
            cells = _cells(record)
        except _Malformed:
            broken.append((line, "MALFORMED", raw))
            continue
        placed = sorted((names.setdefault(name, len(names)), cell) for name, cell in cells.items())
        texts = tuple(text for _, (text, _) in placed)
        rows.append(GridRow(line, tuple(place for place, _ in placed), texts, "".join(kind for _, (_, kind) in placed)))
        raws[line] = raw
    if not names:
        reason = "MALFORMED" if broken else "EMPTY_FILE"
        raise Refused(reason, "no line is a whole JSON object" if broken else "the JSON holds no record")
    return Grid(rows, raws=raws, broken=tuple(broken), names=tuple(names))


def _records(text: str) -> list[tuple[int, str, object]]:
    """Give line, text and content of each record."""
    lines = [line for line in text[:100_000].split("\n") if line.strip()][:20]
    whole = [isinstance(_whole(line), _Object) for line in lines]
    if whole[0]:
        is_page = len(text.strip().split("\n", 1)) == 1 and _list_place(text) is not None
        return _of_document(text) if is_page else _of_lines(text)
    try:
        return _of_document(text)
    except Refused:
        if sum(whole) * 2 > len(whole):  # its first line is broken, the others are records
            return _of_lines(text)
        raise


def _of_lines(text: str) -> list[tuple[int, str, object]]:
    lines = text.split("\n")
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        record = _whole(line)
        if not isinstance(record, _Object) and number == len(lines):
            raise Refused("TRUNCATED", f"the file ends in the middle of the record of line {number}")
        found.append((number, line, record))
    return found


def _of_document(text: str) -> list[tuple[int, str, object]]:
    """Give the records of a list, or of the list that a page wraps."""
    at = _skip(text, 0)
    if text[at] == "{":
        place = _list_place(text)
        if place is None:
            raise Refused("MALFORMED", f"the JSON object holds no list of records ({', '.join(_LISTS)})")
        return _elements(text, place)[0]
    found, ends = _elements(text, at)
    if _skip(text, ends) < len(text):
        raise _damage(text, _skip(text, ends))
    return found


def _elements(text: str, at: int) -> tuple[list[tuple[int, str, object]], int]:
    """Give the elements of the list that begins there, and where it ends."""
    found = []
    line, counted = 1, 0
    at = _skip(text, at + 1)
    while text[at : at + 1] != "]":
        record, ends = _decoded(text, at)
        line += text.count("\n", counted, at)
        counted = at
        found.append((line, text[at:ends], record))
        at = _after_comma(text, ends, "]")
    return found, at + 1


def _after_comma(text: str, at: int, last: str) -> int:
    """Give where the next element begins, or the sign that ends them stands."""
    at = _skip(text, at)
    if text[at : at + 1] == ",":
        return _skip(text, at + 1)
    if text[at : at + 1] != last:
        raise _damage(text, at)
    return at


def _list_place(text: str) -> int | None:
    """Give where the list of records of a page begins; raises Refused where the page is but one of several."""
    place, ends = _place_in_object(text, _skip(text, 0))
    if _skip(text, ends) < len(text):
        raise _damage(text, _skip(text, ends))
    return place


def _place_in_object(text: str, at: int) -> tuple[int | None, int]:
    found: int | None = None
    at = _skip(text, at + 1)
    while text[at : at + 1] != "}":
        name, at = _decoded(text, at)
        at = _skip(text, at)
        if not isinstance(name, str) or text[at : at + 1] != ":":
            raise _damage(text, at)
        at = _skip(text, at + 1)
        if name in _LISTS and re.compile(r"\[\s*[{\]]").match(text, at):
            found = at
        elif name in _WRAPPERS and text[at : at + 1] == "{":
            found = found or _place_in_object(text, at)[0]
        value, at = _decoded(text, at)
        more = (name in _NEXT and bool(value)) or (name == "paging" and isinstance(value, _Object) and value.members)
        if more and found is not None:
            raise Refused("TRUNCATED", f'the page says that there are more ("{name}"): join all pages into one file')
        at = _after_comma(text, at, "}")
    return found, at + 1


def _decoded(text: str, at: int) -> tuple[object, int]:
    try:
        value, ends = _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise _damage(text, error.pos) from error
    except RecursionError as error:
        raise Refused("MALFORMED", "the JSON is nested deeper than any export is") from error
    return value, ends


def _damage(text: str, at: int) -> Refused:
    line = text.count("\n", 0, at) + 1
    if _skip(text, at) >= len(text) or text.rstrip()[-1:] not in ("]", "}"):
        return Refused("TRUNCATED", f"the JSON ends in the middle of the record of line {line}")
    return Refused("MALFORMED", f"the JSON is damaged in line {line}")


def _whole(line: str) -> object:
    """Give what a line says; None where it is not one whole value."""
    try:
        return _DECODER.decode(line)
    except (json.JSONDecodeError, RecursionError):
        return None


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _cells(record: object) -> Cells:
    if not isinstance(record, _Object):
        raise _Malformed
    cells: Cells = {}
    seen: set[str] = set()
    for name, value in _flat(record, ""):
        if name in seen:
            raise _Malformed
        seen.add(name)
        cell = _cell(value)
        if cell[0]:
            cells[name] = cell
    try:
        "".join(text for text, _ in cells.values()).encode()
        "".join(seen).encode()
    except UnicodeEncodeError as error:  # half of a character that is written in two halves
        raise _Malformed from error
    for name in seen:
        cells.setdefault(name, ("", TEXT))
    return cells


def _flat(record: _Object, prefix: str) -> Iterator[tuple[str, object]]:
    for name, value in record.members:
        if isinstance(value, _Object):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _cell(value: object) -> tuple[str, str]:
    if value is None:
        return "", TEXT
    if isinstance(value, bool):
        return ("true" if value else "false"), TEXT
    if isinstance(value, _Number):
        return _plain(value), EXACT
    if isinstance(value, str):
        moment = _ODATA_DATE.fullmatch(value)
        return (_moment(moment), DATE) if moment else (value.replace("\r\n", "\n").replace("\r", "\n"), TEXT)
    assert isinstance(value, list)  # noqa: S101 - what JSON can hold
    if any(isinstance(each, _Object | list) for each in value):
        return json.dumps(_as_plain(value), ensure_ascii=False), TEXT
    return ";".join(_cell(each)[0] for each in value), TEXT


def _plain(number: str) -> str:
    """Give a number without exponent, unless it would be longer than any real one."""
    if _PLAIN.fullmatch(number) or not re.fullmatch(r"-?\d+(?:\.\d+)?[Ee][+-]?\d{1,4}", number):
        return str(number)
    exact = Decimal(number)
    return f"{exact:f}" if abs(exact.adjusted()) <= _MOST_PLACES else str(number)


def _moment(found: re.Match[str]) -> str:
    """Give an OData date: milliseconds since 1970, of a wall clock, or in UTC where an offset stands behind them."""
    try:
        moment = _EPOCH + timedelta(milliseconds=int(found[1]))
    except OverflowError:
        return found[0]
    wall = moment.replace(tzinfo=None)
    text = wall.isoformat(timespec="milliseconds" if wall.microsecond else "seconds")
    return f"{text}Z" if found[2] else text


def _as_plain(value: object) -> object:
    if isinstance(value, _Object):
        return {name: _as_plain(each) for name, each in value.members}
    if isinstance(value, list):
        return [_as_plain(each) for each in value]
    return str(value) if isinstance(value, str) else value
