"""News become rows: one notice to each target that they concern, once.

Every change of an intercept is an entry of the live feed, written in the transaction that made it and numbered without
gaps. `follow` reads the feed from where it was read last and writes the notices and its new place in one transaction:
no news is lost or told twice, and whoever files violations neither knows of notices nor waits for them. `enqueue` is
the same for a caller that has the messages in hand.

A notice is named after intercept, alert, what it says, to whom, and by which way: the same news are the same row.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from service.access import Role
from service.notices.news import Ground, News, Told, news_of, read, until_ns
from service.notices.targets import WEB_PUSH, Target, Targets
from service.store import feed, notices, push
from service.store.notices import DUE, NoticeRow
from service.store.push import Subscription
from wim.records import DAY_NS

#: Events of the feed that are looked at in one transaction.
BATCH = 500

#: A page renews its browser's subscription each time that it is opened; a phone that nobody opened for a week may be
#: lost, or its owner's right may be gone.
RENEWED_WITHIN_NS = 7 * DAY_NS

_ROLES = frozenset({Role.SQUAD.value, Role.DUTY.value, Role.POLICE.value})


@dataclass(frozen=True)
class Plan:
    """Whom to tell what, and over which ground."""

    targets: Targets = field(default_factory=Targets)
    ground: Ground = field(default_factory=Ground)
    #: Whether browsers are told at all; it needs a key.
    pushes: bool = False


def follow(conn: Connection, plan: Plan, now_ns: int) -> int:
    """Write the notices of what the feed tells since the last time, at most `BATCH` events; gives how many events."""
    after = notices.followed(conn)
    events = feed.read(conn, after, BATCH, kinds={"intercept"})
    if not events:
        return 0
    enqueue(conn, [event.entry.document for event in events], now_ns, plan)
    notices.note_followed(conn, events[-1].number)
    return len(events)


def enqueue(conn: Connection, documents: Iterable[str], now_ns: int, plan: Plan) -> int:
    """Write the notices of intercepts, each given as its message (JSON); gives how many were new."""
    found = [(told, one) for told in map(read, documents) if told for one in news_of(told, plan.ground, now_ns)]
    if not found:
        return 0
    browsers = push.of_roles(conn, _ROLES, now_ns - RENEWED_WITHIN_NS) if plan.pushes else []
    rows = [row for told, news in found for row in _rows(told, news, plan, browsers, now_ns)]
    return notices.add(conn, rows)


def identity(told: Told, news: News, adapter: str, target: str) -> str:
    """The id of a notice: a function of what it is."""
    parts = [told.id, str(told.alerts), news.code.value, news.to, adapter, target]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


def _rows(told: Told, news: News, plan: Plan, browsers: Sequence[Subscription], now_ns: int) -> Iterator[NoticeRow]:
    for adapter, target in _concerned(told.place.corridor or "", news, plan, browsers):
        yield NoticeRow(
            id=identity(told, news, adapter, target),
            intercept=told.id,
            alert=told.alerts,
            code=news.code.value,
            adapter=adapter,
            target=target,
            corridor=told.place.corridor or "",
            site=told.place.site,
            state=DUE,
            tries=0,
            next_try_ns=now_ns,
            until_ns=until_ns(told, plan.ground),
            at_ns=now_ns,
        )


def _concerned(corridor: str, news: News, plan: Plan, browsers: Sequence[Subscription]) -> Iterator[tuple[str, str]]:
    """Adapter and name of each target."""
    for target in plan.targets.entries:
        if target.on(corridor) and wants(target, news):
            yield target.adapter, target.name
    for browser in browsers:
        if news.stop_point is None and _browser_wants(browser, corridor, news):
            yield WEB_PUSH, browser.id


def wants(target: Target, news: News) -> bool:
    """Whether news are a target's."""
    return (target.squad, target.desk, target.stop_point) == (news.squad, news.desk, news.stop_point)


def _browser_wants(browser: Subscription, corridor: str, news: News) -> bool:
    if news.squad is not None:
        # Wherever the truck was seen: the squad is asked because it can stop it on its own road.
        return browser.role == Role.SQUAD and browser.squad == news.squad
    if browser.corridors is not None and corridor not in json.loads(browser.corridors):
        return False
    return browser.role in (Role.DUTY, Role.POLICE) and browser.agency == news.desk
