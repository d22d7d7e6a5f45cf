"""The tables of notices: who is to be told what, and which browsers asked to be told. See `tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text

from service.store.columns import big, integer, metadata, partial, text

#: One notice to one target (`service.notices.queue`); its words are made of the intercept when it is sent, so no plate
#: and no number of a phone stands here. `state` as `store.notices`; after `until_ns` nobody wants it any more.
notices = Table(
    "notices",
    metadata,
    text("id", primary_key=True),
    text("intercept"),
    integer("alert"),
    text("code"),
    text("adapter"),
    text("target"),
    text("corridor"),
    text("site"),
    text("state"),
    integer("tries"),
    big("next_try_ns"),
    big("until_ns"),
    big("at_ns"),
    Column("done_ns", BigInteger),
    Column("last_error", Text),
    Index("notices_newest", "at_ns", "id"),
    Index("notices_target", "adapter", "target", "done_ns"),
)
partial("notices_due", notices.c.state == "due", notices.c.next_try_ns)

#: Browsers that asked to be told (Push API); `corridors` is a JSON array, null: all of them. Whoever does not renew in
#: time is told no more.
push_subscriptions = Table(
    "push_subscriptions",
    metadata,
    text("id", primary_key=True),
    text("person"),
    text("role"),
    Column("agency", Text),
    Column("squad", Text),
    Column("corridors", Text),
    text("endpoint"),
    text("p256dh"),
    text("auth"),
    big("renewed_ns"),
    Index("push_subscriptions_person", "person"),
)
