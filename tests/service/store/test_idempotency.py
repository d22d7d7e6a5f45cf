"""Guarantees of Idempotency-Key: the same action sent twice happens once."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from service.store import idempotency
from service.store.engine import Store
from service.store.errors import KeyReusedError
from service.store.idempotency import Answer, Request

REQUEST = Request("squad:liyang-2", "key-1", "POST /v1/intercepts/7/actions", b"hash of the body")
ANSWER = Answer(200, b'{"state":"claimed"}')


def act(store: Store, request: Request) -> Answer | None:
    with store.writing(durable=True) as conn:
        answer = idempotency.begin(conn, request, at_ns=1)
        if answer is None:
            idempotency.finish(conn, request, ANSWER)
        return answer


def test_second_request_gets_the_answer_of_the_first(store: Store) -> None:
    """The first request acts, every later one gets its answer."""
    assert act(store, REQUEST) is None
    assert act(store, REQUEST) == ANSWER
    with store.reading() as conn:
        assert idempotency.known(conn, REQUEST.actor, REQUEST.key) == ANSWER
        assert idempotency.known(conn, REQUEST.actor, "key-2") is None


@pytest.mark.parametrize("change", [{"route": "POST /v1/intercepts/8/actions"}, {"body_hash": b"another"}])
def test_key_of_another_request_is_refused(store: Store, change: dict[str, str]) -> None:
    """A key that comes back with another route or body is an error, not the old answer."""
    act(store, REQUEST)
    with pytest.raises(KeyReusedError, match="key-1"):
        act(store, replace(REQUEST, **change))


def test_keys_are_each_persons_own(store: Store) -> None:
    """Two people may use the same key."""
    act(store, REQUEST)
    assert act(store, replace(REQUEST, actor="duty:li")) is None


def test_of_requests_at_the_same_time_one_acts(store: Store) -> None:
    """Requests with one key that run side by side act once between them, and all get the same answer."""
    ready, answers = threading.Barrier(6), []

    def send() -> None:
        ready.wait()
        answers.append(act(store, REQUEST))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(None) == 1
    assert answers.count(ANSWER) == 5


def test_failed_act_leaves_the_key_free(store: Store) -> None:
    """When the act fails its key is forgotten with it, so that it can be tried again."""
    try:
        with store.writing() as conn:
            assert idempotency.begin(conn, REQUEST, at_ns=1) is None
            raise ZeroDivisionError
    except ZeroDivisionError:
        assert act(store, REQUEST) is None
