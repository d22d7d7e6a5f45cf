"""News become rows: one notice to each target that they concern, once.

Every change of an intercept or a joint action is an entry of the live feed, written in the transaction that made it and
numbered without gaps. `follow` reads the feed from where it was read last and writes the notices and its new place in
one transaction: no news is lost or told twice, and whoever files violations neither knows of notices nor waits for
them.

A notice is named after intercept, alert (of a desk's matter: which), what it says, to whom, and by which way: the same
news are the same row.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from service.access import Role
from service.notices.joint_news import news_of_joint, read_joint
from service.notices.news import Ground, News, Told, news_of, read
from service.notices.notice import Code
from service.notices.targets import WEB_PUSH, Target, Targets
from service.store import feed, intercepts, joint_actions, notices, push
from service.store.feed import Entry
from service.store.notices import DUE, NoticeRow
from service.store.push import Subscription
from wim.records import DAY_NS

#: Events of the feed that are looked at in one transaction.
BATCH = 500

#: A page renews its browser's subscription each time that it is opened; a phone that nobody opened for a week may be
#: lost, or its owner's right may be gone.
RENEWED_WITHIN_NS = 7 * DAY_NS

_JOINT = frozenset({Code.JOINT_LATE.value, Code.JOINT_DECLINED.value})

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
    events = feed.read(conn, after, BATCH, kinds={"intercept", "joint-action"})
    if not events:
        return 0
    found = [one for event in events for one in _news_in(conn, event.entry, plan.ground, now_ns)]
    browsers = push.of_roles(conn, _ROLES, now_ns - RENEWED_WITHIN_NS) if found and plan.pushes else []
    notices.add(conn, [row for told, news in found for row in _rows(told, news, plan, browsers, now_ns)])
    notices.note_followed(conn, events[-1].number)
    return len(events)


def _news_in(conn: Connection, entry: Entry, ground: Ground, now_ns: int) -> list[tuple[Told, News]]:
    """The news of an event, each with its intercept, for that is what its words are made of."""
    if entry.kind == "intercept":
        told = read(entry.document)
        return [(told, one) for one in news_of(told, ground, now_ns)] if told else []
    joint = read_joint(entry.document)
    news = news_of_joint(joint, ground, now_ns) if joint else []
    about = present(conn, joint.intercept) if joint and news else None
    return [(about, one) for one in news] if about else []


def present(conn: Connection, intercept: str) -> Told | None:
    """An intercept as it is now; None where it is none."""
    kept = intercepts.get(conn, intercept, corridors=None)
    return None if kept is None else read(kept.document)


def still(conn: Connection, row: NoticeRow, told: Told, ground: Ground, now_ns: int) -> News | None:
    """The news of a notice, where they still are."""
    news = news_of(told, ground, now_ns)
    if row.code in _JOINT:
        kept = joint_actions.of_intercepts(conn, [row.intercept])
        joints = [joint for one in kept if (joint := read_joint(one.document))]
        news = [one for joint in joints for one in news_of_joint(joint, ground, now_ns)]
    return next((one for one in news if row.id == identity(told, one, row.adapter, row.target)), None)


def identity(told: Told, news: News, adapter: str, target: str) -> str:
    """The id of a notice: a function of what it is."""
    # What a desk must settle is one matter however often the truck goes out as new; the other news are one an alert.
    which = [news.which] if news.which else [str(told.alerts)]
    parts = [told.id, *which, news.code.value, news.to, adapter, target]
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
            until_ns=news.until_ns,
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
