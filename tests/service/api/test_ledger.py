"""`GET /v1/ledger`: both agencies read the same chain, page by page, and can check it themselves."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from dispatch.ledger import BEGINNING
from service.store import ledger
from tests.service.api.conftest import Api
from tests.service.store.test_ledger import INTERCEPT, OTHER, entry


def fill(api: Api) -> None:
    with api.parts.store.writing(durable=True) as conn:
        ledger.append(conn, [entry(1), entry(2, OTHER), entry(3, OTHER, "S340")])


def numbers(api: Api, name: str, query: str = "") -> list[int]:
    return [one["number"] for one in api.get(name, f"/v1/ledger{query}").json()["items"]]


def hash_of(told: dict[str, Any]) -> str:
    """As the documentation says it is made."""
    hashed = {name: value for name, value in told.items() if name not in ("hash", "at")}
    text = json.dumps(hashed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_reader_can_check_the_chain(api: Api) -> None:
    """With a JSON library and SHA-256, from the answer alone."""
    fill(api)
    found = api.get("police", "/v1/ledger").json()["items"]
    assert [hash_of(one) for one in found] == [one["hash"] for one in found]
    assert [one["previous"] for one in found] == [BEGINNING, *(one["hash"] for one in found[:-1])]
    assert found == api.get("duty", "/v1/ledger").json()["items"]


def test_pages_follow_by_number(api: Api) -> None:
    """`next` and the Link header lead on, until there is no more."""
    fill(api)
    first = api.get("duty", "/v1/ledger?limit=2")
    assert first.json()["next"] == 2
    assert first.headers["Link"] == '</v1/ledger?limit=2&after=2>; rel="next"'
    last = api.get("duty", "/v1/ledger?limit=2&after=2")
    assert (last.json()["next"], len(last.json()["items"]), "Link" in last.headers) == (None, 1, False)


def test_an_intercepts_entries_are_found(api: Api) -> None:
    """The story of one truck."""
    fill(api)
    assert numbers(api, "duty", f"?intercept={INTERCEPT}") == [1]
    assert numbers(api, "duty", f"?intercept={OTHER}") == [2, 3]
    assert api.get("duty", "/v1/ledger?intercept=x").status_code == 422


def test_a_reader_sees_only_their_corridors(api: Api) -> None:
    """Duty of one road reads what happened on it."""
    fill(api)
    assert (numbers(api, "local"), numbers(api, "foreign")) == ([1, 2], [3])
