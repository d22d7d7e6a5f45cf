"""`GET /v1/ledger`: what both agencies did, entry by entry, for anybody of either who wants to check the chain."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from service.access import Role
from service.api import cursors, etags
from service.api.answers import answer, documented
from service.api.auth import Asker, allow
from service.api.dispatch_answers import LedgerPage
from service.api.negotiation import JSON
from service.api.parts import PartsOf
from service.api.tags import Tag
from service.docket.joint_drafting import told_entry
from service.messages import LedgerEntry
from service.store import ledger

router = APIRouter(prefix="/v1/ledger", tags=[Tag.JOINT])

_Reader = Annotated[Asker, allow(Role.DUTY, Role.POLICE, Role.ADMIN)]


class LedgerQuery(BaseModel):
    """Which entries are wanted."""

    intercept: str | None = Field(None, pattern="^[0-9a-f]{16}$", description="Only those about this one.")
    after: int = Field(0, ge=0, le=2**63 - 1, description="Only those with a greater number.")
    limit: cursors.Limit = None


@router.get("", responses=documented(answer("LedgerPage")))
def read_ledger(query: Annotated[LedgerQuery, Query()], request: Request, asker: _Reader, parts: PartsOf) -> Response:
    """Entries within your corridors by number, the oldest first; give `next` as `after` for the page behind.

    The hash of an entry is the SHA-256 of its other fields but `at`, as JSON with sorted keys and no white space, in
    UTF-8. `previous` is the hash of the entry before; of all corridors, so that an entry may name one that you do not
    see. `wim ledger verify` checks all of them.
    """
    limit = cursors.rows(query.limit, parts.policy)
    with parts.store.reading() as conn:
        found = ledger.read(conn, query.after, limit + 1, asker.scope.corridors, query.intercept)
    shown = [_shown(told_entry(one), asker) for one in found[:limit]]
    following = shown[-1].number if len(found) > limit else None
    body = msgspec.json.encode(LedgerPage(items=shown, next=following))
    return etags.of_content(request, body, JSON, _link(request, following))


def _shown(entry: LedgerEntry, asker: Asker) -> LedgerEntry:
    """A note may name a plate; who sees none cannot check the hash either."""
    return entry if asker.plates else msgspec.structs.replace(entry, note=None)


def _link(request: Request, following: int | None) -> dict[str, str]:
    if following is None:
        return {}
    url = request.url.include_query_params(after=following)
    return {"Link": f'<{url.path}?{url.query}>; rel="next"'}
