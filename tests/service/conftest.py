"""A fresh store of each engine for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.store.engine import Store, open_store


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database without tables, once of each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'wim.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """URL of a database with the newest tables and nothing in them, once of each engine."""
    url: str = request.getfixturevalue("sqlite_ready" if request.param == "sqlite" else "postgres_ready")
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open store with the newest tables, once on each engine."""
    store = open_store(store_url)
    yield store
    store.close()
