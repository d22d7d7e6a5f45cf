"""Several processes at one docket on PostgreSQL: whoever writes more than one intercept never waits in a circle."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from dispatch import ledger as chain
from service.docket.actions import act
from service.docket.deeds import Actor, Deed
from service.docket.terms import Terms
from service.docket.timing import fire_due
from service.registry import parse_registry
from service.store import ledger, schema, squads
from service.store.engine import Store, open_store
from service.store.squads import StatusRow
from tests.kafka.counting import wait_for
from tests.service.docket.desk import Desk
from tests.service.docket.test_offering import ONE, ROADS
from tests.service.told import TIME_NS

DUTY = Actor("desk-1", "duty", agency="road")
FREE, WAITING = "苏A00001", "苏A00002"


@pytest.fixture
def desk(postgres_url: str) -> Iterator[Desk]:
    """One squad on duty, on its way to a truck; another truck waits until somebody is free."""
    store = open_store(postgres_url, check=False)
    with store.writing(durable=True) as conn:
        schema.upgrade(conn)
        squads.save(conn, StatusRow("one", True, TIME_NS, None, None, 0))
    registry = parse_registry(tomllib.loads(ROADS), "here")
    desk = Desk(store, terms=Terms(network=registry.network, forces=registry.forces))
    desk.file(desk.violation(passage_plate=FREE))
    do(desk, FREE, ONE, Deed(action="claim"))
    desk.file(desk.violation(passage_plate=WAITING))
    assert states(desk) == {FREE: "claimed", WAITING: "open"}
    yield desk
    store.close()


def do(desk: Desk, plate: str, actor: Actor, deed: Deed) -> None:
    """One transaction of the API."""
    intercept = next(one.id for one in desk.intercepts() if one.plate == plate)
    with desk.store.writing(durable=True) as conn:
        act(conn, intercept, deed, actor, desk.now_ns, desk.terms)


def states(desk: Desk) -> dict[str, str]:
    return {one.plate: one.state.value for one in desk.intercepts()}


@contextmanager
def ledger_held(store: Store) -> Iterator[Callable[[int], None]]:
    """Nobody else can write into the ledger meanwhile; `waiting(n)` returns once so many others wait for a lock."""
    held = text("SELECT value FROM counters WHERE name = 'ledger' FOR UPDATE")
    blocked = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )

    def waiting(count: int) -> None:
        def there() -> bool:
            with store.reading() as conn:
                return bool(conn.execute(blocked).scalar_one() == count)

        wait_for(there, what=f"{count} that wait")

    with store.writing() as conn:
        conn.execute(held)
        yield waiting


def at_once(desk: Desk, *works: Callable[[], object]) -> None:
    """All of them begun, each as far as it comes while the ledger is held; then they end. Fails as any of them does."""
    with ThreadPoolExecutor(len(works)) as pool:
        begun: list[Future[object]] = []
        with ledger_held(desk.store) as waiting:
            for number, work in enumerate(works, 1):
                begun.append(pool.submit(work))
                waiting(number)
        for one in begun:
            one.result(60)
    with desk.store.reading() as conn:
        assert chain.verify(ledger.every(conn), ledger.last_number(conn)) is None


def test_a_squad_that_gets_free_and_a_desk_that_claims_what_it_is_offered_both_get_an_answer(desk: Desk) -> None:
    """One lost its truck and is to be asked about the other, which the desk gives to somebody at this moment."""
    at_once(
        desk,
        lambda: do(desk, FREE, ONE, Deed(action="lose")),
        lambda: do(desk, WAITING, DUTY, Deed(action="claim", squad="two")),
    )
    assert states(desk) == {FREE: "lost", WAITING: "claimed"}


def test_timers_of_several_trucks_and_a_squad_that_claims_one_of_them_come_to_their_end(desk: Desk) -> None:
    """Nobody answered about two trucks; about one of them somebody does at the moment when a process fires both."""
    for squad in ("two", "patrol"):
        with desk.store.writing() as conn:
            squads.save(conn, StatusRow(squad, True, TIME_NS, None, None, 0))
    first, second = "苏A00003", "苏A00004"
    for plate in (first, second):
        desk.now_ns += 10**9
        desk.file(desk.violation(10**9, passage_plate=plate))
    assert (states(desk)[first], states(desk)[second]) == ("offered", "offered")
    desk.now_ns += desk.terms.answer_ns
    at_once(
        desk,
        lambda: fire_due(desk.store, desk.now_ns, desk.terms),
        lambda: do(desk, second, DUTY, Deed(action="claim", squad="two")),
    )
    assert states(desk)[second] == "claimed"


def test_a_squad_that_gets_free_and_a_new_sighting_both_come_to_their_end(desk: Desk) -> None:
    """The waiting truck is seen again at this moment, and filed by a worker."""
    again = desk.violation(10**9, passage_plate=WAITING)
    at_once(
        desk,
        lambda: do(desk, FREE, ONE, Deed(action="lose")),
        lambda: desk.file(again),
    )
    assert states(desk) == {FREE: "lost", WAITING: "offered"}
