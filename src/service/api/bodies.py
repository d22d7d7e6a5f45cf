"""Bodies of requests: read after the rights are known, within a limit, and said to be wrong field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec
from fastapi import Request
from pydantic import BaseModel, ValidationError

from service.api.negotiation import JSON
from service.api.problems import FieldError, Problem, field_errors, wrong_body

NDJSON = "application/x-ndjson"
#: Names under which JSON lines travel as well.
_LINES = frozenset({NDJSON, "application/ndjson", "application/jsonl", "application/json-lines"})

#: A form of a few fields; a note is the longest of them.
SMALL_BYTES = 64 * 1024

M = TypeVar("M", bound=BaseModel)

#: What msgspec raises for bytes that are no JSON: by form, by encoding, by depth.
_NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


async def read(request: Request, most_bytes: int) -> bytes:
    """The whole body. Raises the problem of one that is larger."""
    announced = request.headers.get("content-length", "0")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > most_bytes:
        raise _too_large(most_bytes)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most_bytes:
            raise _too_large(most_bytes)
    return bytes(body)


async def read_json(request: Request, most_bytes: int = SMALL_BYTES) -> bytes:
    """The body of a request that sends JSON. Raises the problems of 413 and 415."""
    media_type(request, JSON)
    return await read(request, most_bytes)


def media_type(request: Request, *taken: str) -> str:
    """The body's media type, one of those that are taken. Raises the problem of 415."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    kind = NDJSON if given in _LINES else given
    if kind not in taken:
        raise Problem("media_type_unsupported", f"send {' or '.join(taken)}", headers={"Accept": ", ".join(taken)})
    return kind


def decoded(body: bytes) -> Any:
    """The value of a JSON body. Raises the problem of one that is none."""
    try:
        return msgspec.json.decode(body)
    except _NO_JSON as error:
        raise wrong_body([FieldError("body", _no_json(error), "send one JSON value in UTF-8")]) from None


def lines(body: bytes) -> Iterator[Any]:
    """The values of a body of JSON lines; an empty line is none. Raises the problem of the first that is no JSON."""
    written = ((number, line) for number, line in enumerate(body.split(b"\n"), 1) if line.strip())
    for index, (number, line) in enumerate(written):
        try:
            yield msgspec.json.decode(line)
        except _NO_JSON as error:
            wrong = FieldError("body", _no_json(error), f"mend line {number}: one JSON object a line", index)
            raise wrong_body([wrong]) from None


def fitted(model: type[M], body: bytes) -> M:
    """The body as a model has it. Raises the problem of every field that is wrong."""
    value = decoded(body)
    if not isinstance(value, Mapping):
        raise wrong_body([FieldError("body", "is no object", "send one JSON object")])
    try:
        return model.model_validate(value)
    except ValidationError as error:
        known = sorted(field.alias or name for name, field in model.model_fields.items())
        raise wrong_body(field_errors(error.errors(include_url=False), known)) from None


def described(schema: Mapping[str, Any], *kinds: str, required: bool = True) -> dict[str, Any]:
    """The body of a route for the OpenAPI document."""
    return {"requestBody": {"required": required, "content": {kind: {"schema": schema} for kind in kinds or (JSON,)}}}


def _no_json(error: Exception) -> str:
    return "is nested too deeply" if isinstance(error, RecursionError) else f"is no JSON: {error}"


def _too_large(most_bytes: int) -> Problem:
    return Problem("body_too_large", f"send at most {most_bytes} bytes at once", most_bytes=most_bytes)
