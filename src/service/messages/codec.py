"""Encoding and decoding of the JSON messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from service.messages.joint import JointAction, Refusal, Response
from service.messages.structs import Health, Intercept, Sighting, Violation

Message = TypeVar("Message", bound=Struct)

_ENCODER = msgspec.json.Encoder()
_DECODERS: Mapping[type[Struct], msgspec.json.Decoder[Any]] = {
    kind: msgspec.json.Decoder(kind)
    for kind in (Violation, Sighting, Intercept, Health, JointAction, Response, Refusal)
}

#: The fields of a violation that its judge must give as columns; `schema` is known, `media` come later.
VIOLATION_COLUMNS: tuple[str, ...] = tuple(
    name for name in Violation.__struct_fields__ if name not in ("id", "time", "schema", "media")
)
_SCHEMA = "wim.violation.v1"

#: What msgspec raises for bytes that are not the message: by form, by fields, by encoding, by depth.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_VIOLATION_KEYS = ("id", "time", "schema", "media", *VIOLATION_COLUMNS)


class MessageError(ValueError):
    """Bytes that are not the message they should be."""

    def __init__(self, kind: str, problem: str) -> None:
        super().__init__(f"not a {kind}: {problem}")
        self.kind, self.problem = kind, problem


def encode(message: Message) -> bytes:
    """The JSON of a message, every field written."""
    return _ENCODER.encode(message)


def decode(kind: type[Message], value: bytes | None) -> Message:
    """The message in `value`. Unknown fields are ignored, unknown words are `other`. Raises `MessageError`."""
    try:
        decoded: Message = _DECODERS[kind].decode(value or b"")
    except _UNREADABLE as error:
        raise MessageError(kind.__name__.lower(), str(error)) from error
    return decoded


def encode_violations(columns: Mapping[str, Sequence[Any]]) -> list[bytes]:
    """The JSON of n violations, given column by column: n values for each name of `VIOLATION_COLUMNS`.

    `passage` holds JSON forms (`wim.forms.to_json`), `groups` lists of dicts with the keys of `Group`; numbers must be
    Python's own (`array.tolist()`). No object is made per violation: this is the per-record cost of the screen lane.
    """
    rows = zip(*(columns[name] for name in VIOLATION_COLUMNS), strict=True)
    passages = columns["passage"]
    return [
        _ENCODER.encode(dict(zip(_VIOLATION_KEYS, (passage["id"], passage["time"], _SCHEMA, (), *row), strict=True)))
        for passage, row in zip(passages, rows, strict=True)
    ]
