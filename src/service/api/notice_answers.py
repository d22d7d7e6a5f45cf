"""The forms of answers about notices, browsers that are told, and pictures."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from service.messages.structs import Natural, PassageId

Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class NoticeOf(Struct, frozen=True, kw_only=True):
    """One notice to one target, without its words: those are made when it is sent."""

    id: str
    intercept: str
    alert: Annotated[Natural, Meta(description="`alerts` of the intercept that it tells of.")]
    code: Annotated[
        str, Meta(description="offered, desk, verify, handed_over, passing, conflict, joint_late or joint_declined.")
    ]
    adapter: Annotated[str, Meta(description="wecom, sms, sign or web_push.")]
    target: Annotated[str, Meta(description="Its name in notices.toml; of a browser the id of its subscription.")]
    corridor: str
    site: str
    state: Annotated[str, Meta(description="due, sent, given_up or dropped.")]
    tries: Natural
    at: Time
    next_try_at: Annotated[Time | None, Meta(description="null: it is over.")]
    done_at: Time | None
    last_error: Annotated[str | None, Meta(description="A word, without address, number or key.")]


class BrowserOf(Struct, frozen=True, kw_only=True):
    """A browser that is told; its address is a secret that nobody is shown."""

    id: str
    person: str
    renewed_at: Time
    until: Annotated[Time, Meta(description="Put the subscription again before.")]


class Browsers(Struct, frozen=True, kw_only=True):
    """Your browsers (an admin's answer: everybody's), and the key that a new subscription is made for."""

    public_key: Annotated[str | None, Meta(description="`applicationServerKey`; null: browsers are not told here.")]
    items: list[BrowserOf]


class PictureOf(Struct, frozen=True, kw_only=True):
    """A picture that is kept."""

    passage: PassageId
    kind: str
    sha256: str
    bytes: Natural
    href: Annotated[str, Meta(description="Where it is read.")]


STRUCTS = (NoticeOf, BrowserOf, Browsers, PictureOf)
