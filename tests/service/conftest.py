"""A fresh store of each engine for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.store import schema
from service.store.engine import Store, open_store


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database, once of each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'wim.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open store with the newest tables, once on each engine."""
    store = open_store(store_url, check=False)
    with store.writing(durable=True) as conn:
        schema.upgrade(conn)
    yield store
    store.close()
