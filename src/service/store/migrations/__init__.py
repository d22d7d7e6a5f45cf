"""Migrations of the store's tables; `service.store.schema` runs them, `wim db upgrade` calls it."""
