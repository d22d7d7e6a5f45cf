"""The table of webhooks: what each system is still to be told. See `tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text

from service.store.columns import big, integer, metadata, partial, text

#: The newest state of each joint action for each target; a newer one takes the place of one that was not sent yet.
webhooks = Table(
    "webhooks",
    metadata,
    text("target", primary_key=True),
    text("joint", primary_key=True),
    big("version"),
    text("state"),
    integer("tries"),
    big("next_try_ns"),
    big("at_ns"),
    Column("done_ns", BigInteger),
    Column("last_error", Text),
)
partial("webhooks_due", webhooks.c.state == "due", webhooks.c.next_try_ns)
