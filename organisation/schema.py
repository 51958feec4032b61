"""JSON Schemas of the configuration, drawn from the code that reads it: what it looks up is what may be written."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from organisation.problems import Problem
from organisation.region import Region
from organisation.source import Source
from organisation.yaml_file import Node, YamlMap

DRAFT = "https://json-schema.org/draft/2020-12/schema"
SCALAR = ["string", "number", "boolean"]
Schema = dict[str, object]
Reading = Callable[["Listening"], object]


class Listening(YamlMap):
    """A mapping that holds nothing, or what makes its readers go on, and hears what is asked of it."""

    def __init__(self, values: Mapping[str, Node] | None = None) -> None:
        self.values_of: dict[str, Node] = dict(values or {})
        super().__init__(Path("schema"), 1, self.values_of, {})
        self.known: tuple[str, ...] = ()
        self.heard: dict[str, dict[str, object]] = {}

    def expects(self, known: Collection[str]) -> None:
        """Note the keys that are read from here."""
        self.known = tuple(dict.fromkeys((*self.known, *known)))

    def asked(self, key: str, **shape: object) -> None:
        """Note what a key may hold; one that holds keys of its own gets a listener too."""
        self.heard[key] = {**self.heard.get(key, {}), **shape}
        if shape.get("kind") == "keys":
            self.values_of.setdefault(key, Listening())

    def schema(self, required: Collection[str] = ()) -> Schema:
        """Give the JSON Schema of what was heard: a key that nobody asked for in words may hold anything."""
        keys = {key: self._key(key) for key in self.known}
        drawn: Schema = {"type": "object", "properties": keys, "additionalProperties": not keys}
        stated = [key for key in self.known if key in required]
        return {**drawn, "required": stated} if stated else drawn

    @property
    def required(self) -> frozenset[str]:
        """The keys whose absence is a problem."""
        return frozenset(key for key, shape in self.heard.items() if shape.get("required"))

    def _key(self, key: str) -> Schema:
        shape, held = self.heard.get(key, {}), self.values_of.get(key)
        if isinstance(held, Listening):
            return held.schema()
        if isinstance(held, list) and held and isinstance(held[0], Listening):
            return {"type": "array", "items": held[0].schema()}
        if "words" in shape:
            return {"enum": list(words)} if isinstance(words := shape["words"], tuple) else {}
        kinds: dict[object, Schema] = {
            "text": {"type": ["string", "number"]},
            "value": {"type": SCALAR},
            "words": {"type": "object", "additionalProperties": {"type": [*SCALAR, "null"]}},
            "texts": {"type": "array", "items": {"type": SCALAR}},
        }
        form = {"description": f"Expected {shape['form']}."} if "form" in shape else {}
        return {**kinds.get(shape.get("kind"), {}), **form}


def drawn(title: str, schema: Schema) -> Schema:
    """Give a schema as a file of its own."""
    return {"$schema": DRAFT, "title": title, **schema}


def heard(read: Reading, *presets: Mapping[str, Node]) -> Schema:
    """Give the schema of what a reading looks up; required is what it requires whatever else is stated."""
    listeners = [Listening(preset) for preset in presets or ({},)]
    for listener in listeners:
        read(listener)
    always = frozenset.intersection(*(listener.required for listener in listeners))
    return listeners[0].schema(always)


def region_schema() -> Schema:
    """Give the JSON Schema of regions/*.yaml."""
    return drawn("A region of the sales organisation", heard(lambda node: Region.parse(node, Path("r.yaml"), [])))


def source_schema() -> Schema:
    """Give the JSON Schema of sources/*.yaml; an export of a name of its own is like those of known names."""
    problems: list[Problem] = []
    preset: dict[str, Node] = {"exports": Listening({"activities": Listening({"columns": Listening()})})}
    schema = heard(lambda node: Source.parse(node, Path("s.yaml"), problems), preset)
    properties = schema["properties"]
    exports = properties["exports"] if isinstance(properties, dict) else {}
    one = {"$ref": "#/$defs/export"}
    export = exports["properties"]["activities"]
    exports |= {"properties": dict.fromkeys(exports["properties"], one), "additionalProperties": one}
    return drawn("A CRM instance and how its exports are read", {**schema, "$defs": {"export": export}})
