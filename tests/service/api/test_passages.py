"""Posted passages: onto a real Kafka under their ids, or refused with every reason; nothing in between."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from service.policy import Policy
from service.topics import PASSAGES
from tests.service.api.conftest import Api, MakeApi
from tests.service.told import TIME_NS, crossings
from wim import codec
from wim.forms import to_json
from wim.records import Passages, passage_ids

#: Every fresh message is read within this time, or it is not there.
READ_SECONDS = 20.0


def forms(count: int, **fields: Any) -> list[dict[str, Any]]:
    """Passages as a unit sends them."""
    return to_json(crossings(count, **fields))


def post(api: Api, body: Any, name: str = "device", content_type: str | None = None) -> Any:
    if content_type is None:
        return api.send(name, "POST", "/v1/passages", body)
    return api.client.post("/v1/passages", content=body, headers=api.headers(name, Content_Type=content_type))


@pytest.fixture
def store_url(sqlite_ready: str) -> str:
    """Passages do not touch the database, so one engine will do."""
    return sqlite_ready


@pytest.fixture
def on_kafka(make_api: MakeApi, kafka: str, passages_topic: str) -> Api:
    """An API that reaches a broker with an empty topic of passages."""
    return make_api(bootstrap_servers=kafka)


@pytest.fixture
def passages_topic(kafka_admin: Any) -> str:
    """The topic of passages, as empty as a test can want it: whoever reads begins at its present end."""
    if PASSAGES not in kafka_admin.list_topics(timeout=10).topics:
        kafka_admin.create_topics([NewTopic(PASSAGES, 2, 1)])[PASSAGES].result(timeout=30)
    return PASSAGES


Read = Callable[[int], tuple[Passages, list[str]]]


@pytest.fixture
def read(kafka: str, passages_topic: str) -> Any:
    """`read(n)`: n passages that came since the test began, and the keys of their messages."""
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": "reader", "enable.auto.commit": False})
    ends = [consumer.get_watermark_offsets(TopicPartition(passages_topic, p), timeout=10)[1] for p in range(2)]
    consumer.assign([TopicPartition(passages_topic, p, end) for p, end in enumerate(ends)])

    def reading(count: int) -> tuple[Passages, list[str]]:
        parts, keys = [], []
        give_up = time.monotonic() + READ_SECONDS
        while sum(map(len, parts)) < count and time.monotonic() < give_up:
            message = consumer.poll(0.2)
            if message is not None and message.error() is None:
                batch = codec.decode([message.value()], TIME_NS)
                assert batch.refused == []
                parts.append(batch.passages)
                keys.append(message.key().decode())
        return np.concatenate(parts) if parts else crossings(0), keys

    yield reading
    consumer.close()


def test_passages_are_on_the_topic_once_they_are_acknowledged(on_kafka: Api, read: Read) -> None:
    """202 with the ids of the records that a reader of the topic then finds, byte for byte, under their site."""
    sent = crossings(700)
    answer = post(on_kafka, to_json(sent))
    assert (answer.status_code, answer.json()) == (202, {"accepted": 700, "ids": passage_ids(sent)})
    found, keys = read(700)
    assert found.tobytes() == sent.tobytes()
    assert set(keys) == {"G104-K012"}


def test_one_object_and_lines_are_taken_too(on_kafka: Api, read: Read) -> None:
    """An object alone, and JSON lines with empty ones between; sites keep apart on the topic."""
    one, *others = forms(3)
    others[1]["site"] = "S340-K005"
    others[1].pop("id")
    assert post(on_kafka, one).json()["accepted"] == 1
    lines = "\n\n".join(json.dumps(form) for form in others) + "\n"
    answer = post(on_kafka, lines.encode(), content_type="application/x-ndjson; charset=utf-8")
    assert (answer.status_code, answer.json()["accepted"]) == (202, 2)
    found, keys = read(3)
    assert len(found) == 3
    assert sorted(keys) == ["G104-K012", "G104-K012", "S340-K005"]


def test_a_wrong_record_is_named_and_none_is_taken(on_kafka: Api, read: Read) -> None:
    """Every wrong record by its index, field and remedy; the right ones beside it were not sent either."""
    body = forms(6)
    body[1]["gross_kg"] = -5
    body[2].pop("site")
    body[3]["time"] = "2031-01-01T00:00:00Z"
    body[3].pop("id"), body[3].pop("origin_ns")
    body[4]["axles"][0]["left_kg"] = "heavy"
    answer = post(on_kafka, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "passages_invalid")
    errors = {error["index"]: error["field"] for error in answer.json()["errors"]}
    assert errors == {1: "gross_kg", 2: "site", 4: "axles[1].left_kg"}
    for index in (4, 2, 1):
        del body[index]
    future = post(on_kafka, body)
    (error,) = future.json()["errors"]
    assert (error["index"], error["field"]) == (1, "time")
    assert "24 h ahead" in error["problem"]
    del body[1]
    assert post(on_kafka, body).status_code == 202
    assert len(read(2)[0]) == 2
    assert b'wim_http_passages_total{outcome="accepted"} 2.0' in on_kafka.parts.meters.text()
    assert b'wim_http_passages_total{outcome="refused"} 4.0' in on_kafka.parts.meters.text()


def test_a_producer_of_before_does_not_outlive_its_broker(make_api: MakeApi, start_kafka: Any) -> None:
    """Away: 503, and nothing piles up; back again: the next post goes through without a restart."""
    cluster = start_kafka(1)
    api = make_api(bootstrap_servers=cluster.bootstrap_servers)
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap_servers})
    admin.create_topics([NewTopic(PASSAGES, 1, 1)])[PASSAGES].result(timeout=30)
    assert post(api, forms(1)).status_code == 202
    cluster.nodes[0].kill()
    answer = post(api, forms(2))
    assert (answer.status_code, answer.json()["code"]) == (503, "broker_away")
    cluster.nodes[0].start()
    give_up = time.monotonic() + 60
    while (answer := post(api, forms(2))).status_code == 503 and time.monotonic() < give_up:
        time.sleep(0.2)
    assert answer.status_code == 202


def test_without_a_broker_a_post_is_told_to_come_back(api: Api) -> None:
    """503 with Retry-After, soon; everything else goes on, and a wrong body is wrong all the same."""
    answer = post(api, forms(1))
    assert (answer.status_code, answer.json()["code"]) == (503, "broker_away")
    assert int(answer.headers["Retry-After"]) > 0
    assert post(api, {"site": "G104-K012"}).status_code == 422
    assert api.get("duty", "/v1/sites").status_code == 200


def test_bodies_that_hold_no_passages_are_refused(make_api: MakeApi) -> None:
    """Nothing, nonsense, another type, too much: each with its status and code."""
    api = make_api(policy=Policy(body_bytes_most=1_024))
    deep = b"[" * 1_000
    cases: list[tuple[Any, str, int, str]] = [
        (b"", "application/json", 422, "body_invalid"),
        (b"[]", "application/json", 422, "body_invalid"),
        (b"7", "application/json", 422, "body_invalid"),
        (b'{"time": ', "application/json", 422, "body_invalid"),
        (b'"\xff"', "application/json", 422, "body_invalid"),
        (deep, "application/json", 422, "body_invalid"),
        (b"[7]", "application/json", 422, "passages_invalid"),
        (b"\n \n", "application/x-ndjson", 422, "body_invalid"),
        (b"{}\n{", "application/x-ndjson", 422, "body_invalid"),
        (b"a,b", "text/csv", 415, "media_type_unsupported"),
        (b"[" + b" " * 1_100 + b"]", "application/json", 413, "body_too_large"),
    ]
    for body, kind, status, code in cases:
        answer = post(api, body, content_type=kind)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body[:20]
    chunks = (b" " * 300 for _ in range(5))
    json_said = api.headers("device", Content_Type="application/json")
    streamed = api.client.post("/v1/passages", content=chunks, headers=json_said)
    assert streamed.status_code == 413
    assert "line 2" in post(api, b"{}\n{", content_type="application/x-ndjson").json()["errors"][0]["remedy"]


def test_a_unit_speaks_only_for_its_own_road(api: Api) -> None:
    """A device of one corridor may not post for a site of another, or for one that nobody registered."""
    for site in ("S340-K005", "X999-K001"):
        body = [forms(1)[0], {key: value for key, value in forms(1)[0].items() if key != "id"} | {"site": site}]
        answer = post(api, body, "unit")
        assert (answer.status_code, answer.json()["code"]) == (403, "place_refused")
        assert "record 1" in answer.json()["detail"]
    assert post(api, forms(1), "unit").status_code == 503
