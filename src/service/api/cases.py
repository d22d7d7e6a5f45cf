"""`GET /v1/cases/{case}`: the whole story of one trip, from the first strip to the unloading.

A case has the id of the intercept that it opened. It is shown to whoever may see any of its crossings; to look at one
is to look at a plate's history, so it is written down.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Request, Response

from service.access import Role
from service.api import audits, case_story, etags
from service.api.answers import answer, documented
from service.api.auth import Asker, allow
from service.api.fields import IdPath
from service.api.negotiation import JSON
from service.api.parts import Parts, PartsOf
from service.api.problems import Problem
from service.api.tags import Tag
from service.store import audit

router = APIRouter(prefix="/v1/cases", tags=[Tag.INTERCEPTS])

Reader = Annotated[Asker, allow(Role.SQUAD, Role.POLICE, Role.DUTY, Role.ANALYST, Role.ADMIN)]

#: A page that follows the live feed asks again with each event: one look of a person, not thirty.
ONE_LOOK_NS = 10 * 60 * 10**9


@router.get("/{case}", responses=documented(answer("CaseOf"), "case_unknown"))
def read_case(case: IdPath, request: Request, asker: Reader, parts: PartsOf) -> Response:
    """The trip, every crossing of it, each verdict step by step, what the vehicle did before, and who did what.

    A case that was merged answers the one that goes on, and says so (`merged`). Every look is written down.
    """
    with parts.store.reading() as conn:
        found = case_story.find(conn, case, asker)
        if found is None:
            raise Problem("case_unknown", "GET /v1/intercepts lists those within your rights")
        told = case_story.story(conn, found, asker, parts)
        noted = audit.noted_since(
            conn, asker.principal.name, "case.look", f"case:{told.id}", parts.clock_ns() - ONE_LOOK_NS
        )
    if told.history is not None and not noted:
        _note(parts, asker, told.id)
    return etags.of_content(request, msgspec.json.encode(told), JSON)


def _note(parts: Parts, asker: Asker, case: str) -> None:
    with parts.store.writing(durable=True) as conn:
        audit.note(conn, audits.entry(parts, asker.principal, "case.look", f"case:{case}"))
