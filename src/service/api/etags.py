"""Versions of answers: what a client has already is not sent again, and nobody overwrites what he has not seen.

=============================  ========================================================================================
tag                            of
=============================  ========================================================================================
`"7"`                          version 7 of a violation, intercept or register entry
`"7-masked"`                   the same for a reader who sees no plates
`"3f9a…"`                      an answer that has no version: its content
=============================  ========================================================================================
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from fastapi import Request, Response

from service.api.problems import FieldError, wrong_parameters

_MASKED = "-masked"
_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_VERSION = re.compile(r'"(\d{1,18})(?:-masked)?"')

#: The same address answers each account, and each media type asked for, differently.
VARY = {"Vary": "Authorization, Cookie, Accept"}

HEADER = {"ETag": {"schema": {"type": "string"}, "description": "Version of the answer, for If-None-Match."}}


def tag(version: int, plates: bool = True) -> str:
    """The tag of a version."""
    return f'"{version}{"" if plates else _MASKED}"'


def of_version(request: Request, body: bytes | str, version: int, plates: bool = True, status: int = 200) -> Response:
    """The answer that is a version of something; 304 where the client has it."""
    return _answer(request, body, tag(version, plates), "application/json", {}, status)


def of_version_and_more(body: bytes, version: int) -> Response:
    """A version with what came beside it since, for a reader who sees plates. Its tag is that of the version, on which
    a change is based; so it is sent whole each time."""
    return Response(body, 200, {**VARY, "ETag": tag(version)}, "application/json")


def of_content(request: Request, body: bytes, media_type: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer without a version of its own; 304 where the client has it."""
    return _answer(request, body, f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"', media_type, headers or {})


def expected(if_match: str | None) -> int | None:
    """The version that a change is based on; None where the header is absent. Raises where it is none of ours."""
    if if_match is None:
        return None
    found = _VERSION.fullmatch(if_match.strip())
    if found is None:
        remedy = 'give the ETag of the state that you saw, such as "7"'
        raise wrong_parameters(FieldError("If-Match", "names no version of ours", remedy))
    return int(found[1])


def _answer(
    request: Request, body: bytes | str, mark: str, media_type: str, headers: Mapping[str, str], status: int = 200
) -> Response:
    told = {**headers, **VARY, "ETag": mark}
    if request.method == "GET" and _has(request.headers.get("if-none-match"), mark):
        return Response(status_code=304, headers=told)
    return Response(body, status, told, media_type)


def _has(if_none_match: str | None, mark: str) -> bool:
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or mark.strip('"') in _TAG.findall(if_none_match)
