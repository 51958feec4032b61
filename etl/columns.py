"""Which header of a file is which canonical column, by the CRM's own headers and the profile's."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from etl.contract import exported_columns, keys_of
from etl.crm import crm_module
from etl.crm.dialect import STATUS_COLUMNS
from etl.errors import Refused
from etl.regions import word_column
from organisation import Export, Source, nearest

ACTUAL = "amount_actual"
_SAY_HOW_FAR = ("stage_raw", "status_word", "is_won")


@dataclass(frozen=True)
class Columns:
    """The places of canonical columns in a header; regions: the places of the region rule's own columns."""

    places: dict[str, int]
    regions: dict[str, int]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class WantedColumns:
    """The headers that an export of a source may have."""

    source: Source
    export: Export

    @cached_property
    def headers(self) -> dict[str, tuple[str, ...]]:
        """Canonical column -> its possible headers; a column the profile maps has that header only.

        Mapped to nothing, a column that the CRM's own headers would give is not taken.
        """
        known = (*exported_columns(self.export.table), *STATUS_COLUMNS.get(self.export.table, ()))
        for column in (*self.export.columns, *self.export.constants):
            if column not in known:
                near = nearest(column, known)
                hint = f'; did you mean "{near}"?' if near else ""
                raise Refused("MISSING_COLUMN", f'the profile maps "{column}", no column of {self.export.table}{hint}')
        own: dict[str, tuple[str, ...]] = {
            column: (header,) if header else () for column, header in self.export.columns.items()
        }
        nothing: tuple[str, ...] = ()
        own |= dict.fromkeys(self.export.constants, nothing)
        found = crm_module(self.source.crm).headers_of(self.export.table) | own
        if self.source.amount.won == "estimated":  # what is not taken need not be readable
            found.pop(ACTUAL, None)
        return found

    def are_in(self, header: Sequence[str]) -> bool:
        """Say whether a record can be the header: the key columns are found in it."""
        names = {name.strip() for name in header}
        return all(any(name in names for name in self._key_headers(key)) for key in self._needed_keys)

    def find(self, header: Sequence[str]) -> Columns:
        """Give the place of every column; raises Refused MISSING_COLUMN for a key, required or mapped one."""
        place_of = {name: place for place, name in reversed(list(enumerate(header)))}
        places = {
            column: place_of[name]
            for column, names in self.headers.items()
            for name in [next((name for name in names if name in place_of), None)]
            if name is not None
        }
        if self.export.table == "account" and "account_id" not in places and "name" in places:
            places["account_id"] = places["name"]
        self._refuse_missing(places, header)
        regions = self._region_places(place_of)
        used = {*places.values(), *regions.values()}
        unknown = tuple(name for place, name in enumerate(header) if place not in used and name)
        return Columns(places, regions, unknown)

    @cached_property
    def _needed_keys(self) -> tuple[str, ...]:
        """The keys that the file must have; a line of stage history without a field holds a whole state."""
        return tuple(key for key in keys_of(self.export.table) if key != "field")

    def _region_places(self, place_of: dict[str, int]) -> dict[str, int]:
        rules = self.source.region
        counted = self.export.table in ("opportunity", "lead")  # where a default for all would be a wrong number
        missing = [
            rule.column
            for rule in rules.rules
            if rule.column not in (None, *place_of) and (counted or not rule.default)
        ]
        if missing:
            raise Refused(
                "MISSING_COLUMN", f'the profile takes the region from "{missing[0]}", which the file does not have'
            )
        return {word_column(rules, column): place_of[column] for column in rules.columns if column in place_of}

    def _key_headers(self, key: str) -> tuple[str, ...]:
        own = self.headers.get(key, ())
        return own + self.headers.get("name", ()) if key == "account_id" else own

    def _refuse_missing(self, places: dict[str, int], header: Sequence[str]) -> None:
        mapped = [column for column, header in self.export.columns.items() if header]
        if self.source.amount.won == "actual" and self.export.table == "opportunity":
            mapped.append(ACTUAL)
        needed = dict.fromkeys((*self._needed_keys, *self.export.required, *mapped))
        found = places.keys() | self.export.constants.keys()
        missing = [column for column in needed if column not in found]
        if missing:
            wanted = "; ".join(f"{column} ({' or '.join(self.headers.get(column, ()))})" for column in missing)
            raise Refused("MISSING_COLUMN", f"no header for {wanted}; the file has {', '.join(header)}")
        decides = self.source.probability.decides or crm_module(self.source.crm).probability_decides
        says = (*_SAY_HOW_FAR, "probability") if decides else _SAY_HOW_FAR
        if self.export.table == "opportunity" and not any(column in found for column in says):
            raise Refused("MISSING_COLUMN", f"no header says the stage or outcome; the file has {', '.join(header)}")
