"""What chaos happens to: a broker, a database of either engine, the product's own commands, and numbered trucks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.road import Road
from tests.chaos.trucks import REGISTRY
from tests.system.running import Installation


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    """The engine of the database, once each."""
    name: str = request.param
    return name


@pytest.fixture
def database(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of this test's own."""
    if engine == "sqlite":
        return f"sqlite:///{tmp_path / 'wim.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def road(database: str, tmp_path: Path, start_kafka: Callable[..., Any]) -> Iterator[Road]:
    """A broker of the test's own, topics, tables and registry; nothing runs yet."""
    installed = Installation.made(start_kafka(1).bootstrap_servers, database, tmp_path, REGISTRY)
    made = Road(installed)
    yield made
    made.end()
