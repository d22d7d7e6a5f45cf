"""`/v1/push-subscriptions`: browsers that ask to be told (Push API), each for the person who is signed in on it.

A page puts its subscription each time that it is opened; what nobody put for a week is not told any more. The worker
connects to the address in it, so only push services of `notices.toml` are taken.
"""

from __future__ import annotations

import hashlib
from typing import Annotated

import anyio.to_thread
import msgspec
from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from service.access import Role
from service.api import bodies, etags, times
from service.api.answers import answer, documented
from service.api.auth import Asker, allow, refused
from service.api.notice_answers import BrowserOf, Browsers
from service.api.parts import Parts, PartsOf
from service.api.problems import FieldError, Problem, wrong_body
from service.api.tags import Tag
from service.notices.queue import RENEWED_WITHIN_NS
from service.store import push
from service.store.push import Subscription

router = APIRouter(prefix="/v1/push-subscriptions", tags=[Tag.NOTICES])

#: Whoever can be asked to act on an intercept; an admin removes what others left behind.
_Person = Annotated[Asker, allow(Role.SQUAD, Role.POLICE, Role.DUTY)]
_Owner = Annotated[Asker, allow(Role.SQUAD, Role.POLICE, Role.DUTY, Role.ADMIN)]
_Id = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="`id` of a subscription.")]

#: A person with more has left some behind; the oldest go.
MOST_BROWSERS = 5

_LONGEST_ENDPOINT = 1_000


class Keys(BaseModel):
    """What a message is sealed with."""

    model_config = ConfigDict(strict=True)

    p256dh: str = Field(max_length=100, description="The browser's public key, base64url.")
    auth: str = Field(max_length=40, description="Its secret, base64url.")


class SubscriptionBody(BaseModel):
    """`PushSubscription.toJSON()` of a browser; fields that it adds are left alone."""

    model_config = ConfigDict(strict=True)

    endpoint: str = Field(max_length=_LONGEST_ENDPOINT, description="Where its push service takes messages.")
    keys: Keys


@router.get("", responses=documented(answer("Browsers")))
def list_subscriptions(request: Request, asker: _Owner, parts: PartsOf) -> Response:
    """Your browsers, and the key that a new subscription is made for."""
    person = None if asker.principal.role is Role.ADMIN else asker.principal.name
    with parts.store.reading() as conn:
        found = push.of_person(conn, person)
    told = Browsers(public_key=parts.push_key, items=[_told(one, parts) for one in found])
    return etags.of_content(request, msgspec.json.encode(told), "application/json")


@router.put(
    "",
    responses=documented(
        answer("BrowserOf"),
        "push_service_refused",
        "push_not_set_up",
        "body_too_large",
        "media_type_unsupported",
        "body_invalid",
        etag=False,
    ),
    openapi_extra=bodies.described(
        {
            **{name: part for name, part in SubscriptionBody.model_json_schema().items() if name != "$defs"},
            "properties": {
                "endpoint": {"type": "string", "maxLength": _LONGEST_ENDPOINT},
                "keys": Keys.model_json_schema(),
            },
        }
    ),
)
async def put_subscription(request: Request, asker: _Person, parts: PartsOf) -> Response:
    """Have this browser told, or renew it; the same address is the same subscription."""
    if parts.push_key is None:
        raise Problem("push_not_set_up", "set WIM_NOTICES__VAPID_KEY, or look at the page")
    body = bodies.fitted(SubscriptionBody, await bodies.read_json(request))
    _check_keys(body.keys)
    if not parts.notice_targets.push_host_allowed(body.endpoint):
        detail = "its endpoint is not at one of push_hosts in notices.toml"
        raise await refused(parts, request, asker.principal, "push_service_refused", detail)
    subscription = _subscription(body, asker, parts.clock_ns())
    await anyio.to_thread.run_sync(_keep, parts, subscription)
    return Response(msgspec.json.encode(_told(subscription, parts)), media_type="application/json")


@router.delete(
    "/{subscription}",
    status_code=204,
    responses=documented({"description": "It is told no more."}, "subscription_unknown", status=204, etag=False),
)
def remove_subscription(subscription: _Id, asker: _Owner, parts: PartsOf) -> Response:
    """Have one of your browsers told no more; an admin may name anybody's."""
    with parts.store.writing(durable=True) as conn:
        found = push.get(conn, subscription)
        if found is None or (asker.principal.role is not Role.ADMIN and found.person != asker.principal.name):
            raise Problem("subscription_unknown", "GET /v1/push-subscriptions lists yours")
        push.remove(conn, subscription)
    return Response(status_code=204)


def _subscription(body: SubscriptionBody, asker: Asker, now_ns: int) -> Subscription:
    who = asker.principal
    corridors = asker.scope.corridors
    return Subscription(
        id=hashlib.blake2b(body.endpoint.encode(), digest_size=8).hexdigest(),
        person=who.name,
        role=who.role.value,
        agency=who.agency,
        squad=who.squad,
        corridors=None if corridors is None else msgspec.json.encode(sorted(corridors)).decode(),
        endpoint=body.endpoint,
        p256dh=body.keys.p256dh,
        auth=body.keys.auth,
        renewed_ns=now_ns,
    )


def _check_keys(keys: Keys) -> None:
    """Raise the problem of keys that nothing could be sealed with: at the first alarm it would be too late."""
    # cryptography takes 50 ms to import, which only this route needs.
    from service.notices.sealing import AUTH_BYTES, read_point, to_bytes

    try:
        read_point(to_bytes(keys.p256dh))
    except ValueError:
        remedy = "send what PushSubscription.toJSON() gives"
        raise wrong_body([FieldError("keys.p256dh", "is no public key of P-256", remedy)]) from None
    try:
        length = len(to_bytes(keys.auth))
    except ValueError:
        length = 0
    if length != AUTH_BYTES:
        raise wrong_body([FieldError("keys.auth", f"is not {AUTH_BYTES} bytes", "send what toJSON() gives")])


def _keep(parts: Parts, subscription: Subscription) -> None:
    with parts.store.writing(durable=True) as conn:
        push.keep(conn, subscription)
        for old in push.of_person(conn, subscription.person)[MOST_BROWSERS:]:
            push.remove(conn, old.id)


def _told(one: Subscription, parts: Parts) -> BrowserOf:
    zone = parts.registry.timezone
    renewed, until = one.renewed_ns, one.renewed_ns + RENEWED_WITHIN_NS
    return BrowserOf(
        id=one.id, person=one.person, renewed_at=times.local_ns(renewed, zone), until=times.local_ns(until, zone)
    )
