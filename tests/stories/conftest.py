"""Stories: what people go through, told once through the real broker, worker, API and browser.

===========  ======  ================================================================================================
fixture      lives   what it gives
===========  ======  ================================================================================================
sites        test    the registry; a story with another road or other shifts overrides it
unstarted    test    broker, PostgreSQL, topics, tables and accounts; nothing of ours runs yet
road         test    the same with worker and API running: `road.send(road.passage(…))` is a truck
open_page    test    a page in a browser of its own, signed in: `open_page("squad", "/squad")` (tests/pages)
look         test    keeps a screenshot in artefacts/pages, to be looked at (tests/pages)
===========  ======  ================================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.pages.conftest import browser, look, open_page
from tests.stories.world import PATIENT_MS, Shift, World, registry

__all__ = ["browser", "look", "open_page"]


@pytest.fixture(autouse=True)
def patient() -> Iterator[None]:
    """A whole product on a busy machine takes its time; what a page must do soon is tried in tests/pages."""
    expect.set_options(timeout=PATIENT_MS)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def sites() -> str:
    """Two squads that are always on duty."""
    return registry([Shift("liyang-2"), Shift("liyang-3")])


@pytest.fixture
def unstarted(start_kafka: Callable[..., object], postgres_url: str, tmp_path: Path, sites: str) -> Iterator[World]:
    """Everything that a story stands on."""
    servers: str = start_kafka(1).bootstrap_servers  # type: ignore[attr-defined]
    world = World.made(servers, postgres_url, tmp_path, sites)
    yield world
    world.installation.end()


@pytest.fixture
def road(unstarted: World) -> World:
    """The product, running."""
    unstarted.start()
    return unstarted
