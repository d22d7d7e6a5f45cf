"""JSON Schemas of the messages: made from the structs, kept in docs/schemas, and never changed against their readers.

A schema says what is always there and leaves room for what is not known yet: further fields are allowed, and the words
of a list are given as `x-known-values`, because a reader takes an unknown word as `other`.

`breaks` compares two versions of a schema. Under one schema name a field may be added (optional) and a list may get
words; whatever else takes something away from a reader or refuses what a writer wrote yesterday needs a new name (v2).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from service.messages.joint import JointAction, Refusal, Response
from service.messages.structs import Health, Intercept, Sighting, Violation

Schema = dict[str, Any]

#: The messages that have a schema, by the name of their file and of `Topic.message`.
MESSAGES: Mapping[str, type[Struct]] = {
    "violation": Violation,
    "sighting": Sighting,
    "intercept": Intercept,
    "health": Health,
    "joint-action": JointAction,
    "response": Response,
    "refusal": Refusal,
}

DIALECT = "https://json-schema.org/draft/2020-12/schema"

#: Keywords that may not get stricter, and which way is stricter.
_FLOORS = ("minimum", "minLength", "minItems")
_CEILINGS = ("maximum", "maxLength", "maxItems")
_FIXED = ("pattern", "format", "const")


class SchemasOutdatedError(RuntimeError):
    """The committed schemas are not those of the code; `names` are the files that differ."""

    def __init__(self, folder: Path, names: tuple[str, ...]) -> None:
        super().__init__(f"{folder}: {', '.join(names)} not up to date; run `wim schemas --out {folder}` and commit")
        self.folder, self.names = folder, names


class SchemaBrokenError(RuntimeError):
    """A schema would change against its readers; `problems` name each place."""

    def __init__(self, name: str, problems: tuple[str, ...]) -> None:
        super().__init__(f"{name}: {'; '.join(problems)}; give the changed message a new schema name (v2) instead")
        self.name, self.problems = name, problems


def schema_of(kind: type[Struct]) -> Schema:
    """The JSON Schema of one message, with the parts that it refers to under `$defs`."""
    made = msgspec.json.schema(kind)
    parts: dict[str, Schema] = {name: _open_list(part) for name, part in made["$defs"].items()}
    name = made["$ref"].rpartition("/")[2]
    whole = parts.pop(name)
    tag = whole["properties"]["schema"].pop("enum")[0]
    whole["properties"]["schema"] = {"type": "string", "const": tag}
    whole["required"] = [field for field in whole["properties"] if field in {*whole["required"], "schema"}]
    return {"$schema": DIALECT, "$id": f"urn:schema:{tag}", **whole, "$defs": dict(sorted(parts.items()))}


def inlined_schema(kind: type[Struct]) -> Schema:
    """The same schema in one piece, without references, for documents that hold many."""
    schema = schema_of(kind)
    whole: Schema = _inlined(schema, schema)
    return {key: value for key, value in whole.items() if key not in ("$schema", "$id")}


def file_name(kind: type[Struct]) -> str:
    """The committed file of a message's schema: violation.v1.json."""
    return f"{schema_of(kind)['$id'].rpartition(':')[2].partition('.')[2]}.json"


def documents() -> dict[str, str]:
    """Every schema file as it should be: name → text."""
    return {file_name(kind): _text(schema_of(kind)) for kind in MESSAGES.values()}


def write(folder: Path) -> None:
    """Bring the schema files up to date. Raises `SchemaBrokenError`, and writes nothing, where a file would break."""
    made = documents()
    for name, text in made.items():
        if (folder / name).exists():
            _refuse_break(name, json.loads((folder / name).read_text("utf-8")), json.loads(text))
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (folder / name).write_text(text, "utf-8")


def check(folder: Path, against: Path | None = None) -> None:
    """Raise `SchemasOutdatedError` unless `folder` holds exactly the schemas of the code, `SchemaBrokenError` where
    they break those in `against` (an earlier release's folder). A file of an earlier schema name may stay."""
    made = documents()
    stale = tuple(name for name, text in made.items() if _read(folder / name) != text)
    if stale:
        raise SchemasOutdatedError(folder, stale)
    for old in sorted(against.glob("*.json")) if against else ():
        if old.name in made:
            _refuse_break(old.name, json.loads(old.read_text("utf-8")), json.loads(made[old.name]))


def breaks(old: Schema, new: Schema) -> list[str]:
    """What in `new` would fail a reader or a writer of `old`, each with its place; empty when it is compatible."""
    return list(_breaks(_inlined(old, old), _inlined(new, new), ""))


def _breaks(before: Schema, after: Schema, place: str) -> Iterator[str]:
    was, now = _types(before), _types(after)
    if was != now:
        yield f"{place or '/'}: type changed from {was} to {now}"
        return
    yield from _narrowed(before, after, place or "/")
    yield from _fields(before, after, place)
    if "items" in before and "items" in after:
        yield from _breaks(before["items"], after["items"], f"{place}[]")
    for one, other in zip(_variants(before), _variants(after), strict=True):
        yield from _breaks(one, other, place)


def _fields(before: Schema, after: Schema, place: str) -> Iterator[str]:
    was, now = before.get("properties", {}), after.get("properties", {})
    always_was, always_now = set(before.get("required", ())), set(after.get("required", ()))
    for name in was:
        path = f"{place}/{name}"
        if name not in now:
            yield f"{path}: removed"
            continue
        if name in always_was - always_now:
            yield f"{path}: may be absent now, its readers expect it"
        if name in always_now - always_was:
            yield f"{path}: required now, old messages may lack it"
        yield from _breaks(was[name], now[name], path)
    for name in sorted((set(now) - set(was)) & always_now):
        yield f"{place}/{name}: added as required, old messages lack it"


def _narrowed(before: Schema, after: Schema, place: str) -> Iterator[str]:
    for word in _FIXED:
        if word in after and before.get(word) != after[word]:
            yield f"{place}: {word} is {after[word]!r} now"
    for word in _FLOORS:
        if word in after and (word not in before or after[word] > before[word]):
            yield f"{place}: {word} rose to {after[word]}"
    for word in _CEILINGS:
        if word in after and (word not in before or after[word] < before[word]):
            yield f"{place}: {word} fell to {after[word]}"
    gone = [word for word in before.get("x-known-values", ()) if word not in after.get("x-known-values", ())]
    if gone:
        yield f"{place}: {', '.join(gone)} left the list"


def _types(part: Schema) -> str:
    """The JSON types that a part allows, as "integer or null"; "any" where it does not say."""
    kinds = {_types(variant) for variant in part["anyOf"]} if "anyOf" in part else {part.get("type", "any")}
    return " or ".join(sorted(kinds))


def _variants(part: Schema) -> list[Schema]:
    return sorted(part.get("anyOf", ()), key=_types)


def _inlined(document: Schema, part: Any) -> Any:
    """A part with every reference replaced by what it refers to; no message contains itself."""
    if isinstance(part, list):
        return [_inlined(document, item) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        part = document["$defs"][part["$ref"].rpartition("/")[2]] | {k: v for k, v in part.items() if k != "$ref"}
    return {key: _inlined(document, value) for key, value in part.items() if key != "$defs"}


def _open_list(part: Schema) -> Schema:
    words = part.get("enum")
    if words is None:
        return part
    known = [word for word in words if word != "other"]
    rest = {key: value for key, value in part.items() if key != "enum"}
    return {**rest, "type": "string", "x-known-values": known}


def _refuse_break(name: str, old: Schema, new: Schema) -> None:
    problems = tuple(breaks(old, new))
    if problems:
        raise SchemaBrokenError(name, problems)


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


def _text(schema: Schema) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
