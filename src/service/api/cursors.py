"""Lists page by page: what a cursor holds, and how an answer names its next page.

A cursor is the place of the last row shown; it says nothing of what its next reader may see, because every page is
asked for anew with that reader's scope and filters.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Request, Response
from pydantic import Field

from service.api import etags
from service.api.problems import FieldError, wrong_parameters
from service.policy import Policy
from service.store.paging import Cursor

R = TypeVar("R")

_LONGEST = 200
_GREATEST_NS = 2**63 - 1

#: The parameters of every list.
CursorText = Annotated[
    str | None, Field(max_length=_LONGEST, description="`next` of the page before; leave it out for the first page.")
]
Limit = Annotated[int | None, Field(ge=1, le=10_000, description="Rows of a page; the policy bounds it.")]

NEXT_LINK = {"Link": {"schema": {"type": "string"}, "description": 'The next page, `rel="next"`; absent on the last.'}}


def written(place: Cursor | str) -> str:
    """A cursor as a client keeps it; `place` is a row by time and id, or by its name."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def row(given: str | None) -> Cursor | None:
    """The row behind which the page begins. Raises the problem of a wrong parameter."""
    found = _read(given)
    if found is None:
        return None
    match found:
        case [int(time_ns), str(name)] if abs(time_ns) <= _GREATEST_NS and name.isprintable():
            return Cursor(time_ns, name)
    raise _wrong()


def name(given: str | None) -> str:
    """The name behind which the page begins, "" for the first."""
    found = _read(given)
    if found is None or isinstance(found, str):
        return found or ""
    raise _wrong()


def rows(limit: int | None, policy: Policy) -> int:
    """How many rows a page has."""
    return min(limit or policy.page_rows, policy.page_rows_most)


def split(read: Sequence[R], at: Callable[[R], Cursor], limit: int) -> tuple[Sequence[R], Cursor | None]:
    """Up to `limit` rows of those read, and where the next page begins (None: there is none).

    One row more than `limit` is read where there are as many.
    """
    return read[:limit], at(read[limit - 1]) if len(read) > limit else None


def page(request: Request, documents: Sequence[bytes | str], following: Cursor | str | None) -> Response:
    """The answer of a list whose items are JSON already."""
    items = b",".join(item.encode() if isinstance(item, str) else item for item in documents)
    mark = None if following is None else written(following)
    body = b'{"items":[' + items + b'],"next":' + msgspec.json.encode(mark) + b"}"
    return etags.of_content(request, body, "application/json", link(request, mark))


def link(request: Request, mark: str | None) -> dict[str, str]:
    """The header that names the next page, relative to the server: a proxy may have given it another name."""
    if mark is None:
        return {}
    url = request.url.include_query_params(cursor=mark)
    return {"Link": f'<{url.path}?{url.query}>; rel="next"'}


def _read(given: str | None) -> Any:
    if given is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4))
        return msgspec.json.decode(raw, type=str | list[Any])
    except (binascii.Error, msgspec.DecodeError, UnicodeError, ValueError):
        raise _wrong() from None


def _wrong() -> Exception:
    return wrong_parameters(FieldError("cursor", "is none of ours", "give `next` of the page before, or leave it out"))
