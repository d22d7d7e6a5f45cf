"""What alembic runs for each command: our connection, our metadata, one transaction that the caller holds."""

from __future__ import annotations

from alembic import context

from service.store.tables import metadata

# SQLite cannot alter a column in place: batch mode copies the table.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
    # The caller's `writing` block is the transaction; alembic must not commit it half way.
    transaction_per_migration=False,
)
context.run_migrations()
