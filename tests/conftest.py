"""Fixtures of all tests: real servers, real records, names of one's own.

=================  ========  ==============================================================
fixture            lives     what it gives
=================  ========  ==============================================================
kafka              session   bootstrap servers of a real broker (one per xdist worker)
kafka_admin        session   confluent-kafka's AdminClient on that broker
new_topic          test      a function that creates a topic with a name of its own
unique             test      a word for group ids and the like that no other test uses
start_kafka        test      a function that starts a cluster of its own, to be hurt
postgres           session   a real PostgreSQL server (one per xdist worker)
postgres_url       test      URL of an empty database of its own
postgres_ready     test      the same with the newest tables
sqlite_ready       test      URL of a database file of its own with the newest tables
june_csv           session   the June 2021 record; mon_file: the BTLS MON record
shared_data        session   the folder of both, with their expected figures
=================  ========  ==============================================================
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from hypothesis import settings

from tests.servers import kafka as kafka_server
from tests.servers import needs, ready
from tests.servers import postgres as postgres_server

# The first example of a test pays for compiling kernels; and a timing is a benchmark, never a test.
settings.register_profile("project", deadline=None)
settings.load_profile("project")

PROJECT = Path(__file__).resolve().parents[1]

#: Faults take minutes each and want the machine for themselves: `make chaos` runs them.
collect_ignore = [] if os.environ.get("CHAOS_DOSE") else ["chaos"]

#: Which rooms come first: those that compile the kernels, so that whoever waits for a worker or a page later waits for
#: no compiler; then those of which a single test takes a minute, so that two workers end together.
FIRST = ("wim/test_fuzz_frames.py", "wim", "rules", "stories", "system")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put rooms into the order of `FIRST`; of the others the files with most tests go first, as xdist would have it."""
    rooms = [PROJECT / "tests" / room for room in FIRST]
    count = Counter(item.path for item in items)

    def rank(item: pytest.Item) -> tuple[int, int, str]:
        place = next((place for place, room in enumerate(rooms) if item.path.is_relative_to(room)), len(rooms))
        return place, -count[item.path], str(item.path)

    items.sort(key=rank)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Bootstrap servers of a real Kafka broker that makes no topic by itself."""
    needs.required(kafka_server.missing(), "WIM_REQUIRE_SERVERS")
    with kafka_server.throwaway(tmp_path_factory.mktemp("kafka")) as cluster:
        yield cluster.bootstrap_servers


@pytest.fixture(scope="session")
def kafka_admin(kafka: str) -> AdminClient:
    """An admin client on the session's broker."""
    return AdminClient({"bootstrap.servers": kafka})


@pytest.fixture
def unique(request: pytest.FixtureRequest) -> str:
    """A word that no other test and no other run uses, legal as a topic name and a group id."""
    test = re.sub(r"[^A-Za-z0-9]+", "-", request.node.name)[:60]
    return f"{test}-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def new_topic(kafka_admin: AdminClient, unique: str) -> Callable[..., str]:
    """`new_topic(stem, partitions=1, config=None)` creates a topic of this test's own and returns its name."""

    def create(stem: str, partitions: int = 1, config: dict[str, str] | None = None) -> str:
        name = f"{stem}.{unique}"
        topic = NewTopic(name, num_partitions=partitions, replication_factor=1, config=config or {})
        kafka_admin.create_topics([topic])[name].result(timeout=30)
        return name

    return create


@pytest.fixture
def start_kafka(tmp_path: Path) -> Iterator[Callable[[int], kafka_server.Cluster]]:
    """`start_kafka(nodes)` starts a cluster of this test's own, whose nodes it may stop, kill and start again."""
    needs.required(kafka_server.missing(), "WIM_REQUIRE_SERVERS")
    with contextlib.ExitStack() as running:

        def start(nodes: int = 1) -> kafka_server.Cluster:
            folder = tmp_path / f"kafka-{uuid.uuid4().hex[:8]}"
            return running.enter_context(kafka_server.throwaway(folder, nodes))

        yield start


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgres_server.Server]:
    """A real PostgreSQL server; `postgres_url` is what most tests want."""
    needs.required(postgres_server.missing(), "WIM_REQUIRE_SERVERS")
    with postgres_server.throwaway() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: postgres_server.Server) -> Iterator[str]:
    """`postgresql+psycopg://…` of an empty database that is this test's own."""
    with postgres.fresh_database() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_made(postgres: postgres_server.Server) -> Iterator[str]:
    """Name of a database with the newest tables, to be copied."""
    with postgres.fresh_database() as url:
        ready.make_tables(url)
        yield url.rpartition("/")[2]


@pytest.fixture
def postgres_ready(postgres: postgres_server.Server, postgres_made: str) -> Iterator[str]:
    """URL of a database with the newest tables that is this test's own."""
    with postgres.fresh_database(postgres_made) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the newest tables, to be copied."""
    path = tmp_path_factory.mktemp("made") / "wim.db"
    ready.make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_ready(sqlite_made: Path, tmp_path: Path) -> str:
    """URL of a database file with the newest tables that is this test's own."""
    shutil.copyfile(sqlite_made, tmp_path / "wim.db")
    return f"sqlite:///{tmp_path / 'wim.db'}"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real records beside the project; their licences keep them out of it."""
    folder = PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        needs.lacking("no real records: ../shared/data is not there", "WIM_REQUIRE_DATA")
    return folder


@pytest.fixture(scope="session")
def june_csv(shared_data: Path) -> Path:
    """45 185 crossings of a site in China, 1 to 15 June 2021."""
    return _record(shared_data / "june2021_days01-15.csv.gz")


@pytest.fixture(scope="session")
def mon_file(shared_data: Path) -> Path:
    """1 000 vehicles of one day in the BTLS MON format."""
    return _record(shared_data / "btls_mon_1000.txt")


def _record(path: Path) -> Path:
    if not path.is_file():
        needs.lacking(f"no real record: ../shared/data/{path.name} is not there", "WIM_REQUIRE_DATA")
    return path
