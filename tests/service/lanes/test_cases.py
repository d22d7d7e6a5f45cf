"""The cases lane's work: messages in, filings out, and what cannot be filed is refused and stops nothing."""

from __future__ import annotations

import json

import pytest
from aiokafka.structs import ConsumerRecord

from service.docket.terms import Terms
from service.lanes.cases import CasesWork
from service.lanes.work import Outcome, Partition, Slice
from service.metrics import Metrics
from service.store.engine import Store
from service.topics import SIGHTINGS, VIOLATIONS, responses
from tests.service.docket.desk import Desk
from tests.service.told import MINUTE_NS, TIME_NS


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def woken() -> list[bool]:
    return []


@pytest.fixture
def work(desk: Desk, metrics: Metrics, woken: list[bool]) -> CasesWork:
    return CasesWork(Terms(), desk._ask, metrics, lambda: woken.append(True), lambda: TIME_NS)


def records(topic: str, *values: bytes | None) -> Slice:
    """What one partition gave."""
    found = [
        ConsumerRecord(topic, 0, offset, 0, 0, b"key", value, None, 0, 0, ()) for offset, value in enumerate(values)
    ]
    return Slice(Partition(topic, 0), len(values), found)


def keep(store: Store, outcome: Outcome) -> Outcome:
    with store.writing(durable=True) as conn:
        outcome.write(conn)
    outcome.committed()
    return outcome


def roll_back(store: Store, outcome: Outcome) -> None:
    with store.writing() as conn:
        outcome.write(conn)
        raise RuntimeError("power cut")


def test_violations_and_sightings_are_filed_and_the_relay_woken(
    desk: Desk, work: CasesWork, metrics: Metrics, woken: list[bool]
) -> None:
    """Both topics in one batch; metrics and wake-up follow the commit."""
    violations = records(VIOLATIONS, desk.violation(), desk.violation(MINUTE_NS, passage_plate="苏B12345", severity=3))
    outcome = work.judge([violations, records(SIGHTINGS, desk.sighting(2 * MINUTE_NS))])
    assert (outcome.messages, outcome.dead_letters, desk.intercepts(), woken) == ((), [], [], [])
    keep(desk.store, outcome)
    assert len(desk.only_intercept().sightings) == 2
    assert woken == [True]
    severity = str(desk.only_intercept().best.severity)
    assert metrics.registry.get_sample_value("wim_alerts_total", {"severity": severity, "state": "open"}) == 1
    assert metrics.registry.get_sample_value("wim_alert_reasons_total", {"reason": "severity"}) == 1


def test_a_batch_that_is_written_twice_has_one_effect(desk: Desk, work: CasesWork, woken: list[bool]) -> None:
    """A rolled-back transaction is repeated with the same outcome, a repeated message is counted as a duplicate."""
    outcome = work.judge([records(VIOLATIONS, desk.violation())])
    with pytest.raises(RuntimeError, match="power cut"):
        roll_back(desk.store, outcome)
    assert desk.intercepts() == []
    assert keep(desk.store, outcome).duplicates == 0
    assert desk.only_intercept().version == 1
    assert keep(desk.store, outcome).duplicates == 1
    assert desk.only_intercept().version == 1
    assert woken == [True]


def test_late_violations_wake_nobody_and_are_counted(
    desk: Desk, work: CasesWork, metrics: Metrics, woken: list[bool]
) -> None:
    """A backlog is history."""
    keep(desk.store, work.judge([records(VIOLATIONS, desk.violation(-60 * MINUTE_NS))]))
    assert woken == []
    severity = str(desk.only_intercept().best.severity)
    assert metrics.registry.get_sample_value("wim_alerts_total", {"severity": severity, "state": "expired"}) == 1


def _changed(value: bytes, **passage: object) -> bytes:
    message = json.loads(value)
    return json.dumps(message | {"passage": message["passage"] | passage}).encode()


def test_what_cannot_be_filed_is_a_dead_letter_and_its_neighbours_are_filed(desk: Desk, work: CasesWork) -> None:
    """No JSON, another message, a time that is none, a NUL that no database keeps, broken UTF-8, nothing at all."""
    good, other = desk.violation(), desk.violation(MINUTE_NS)
    bad = [
        None,
        b"",
        b"{",
        b'{"id": "x"}',
        desk.sighting(),
        json.dumps(json.loads(good) | {"time": "yesterday"}).encode(),
        json.dumps(json.loads(good) | {"time": "2026-02-30T00:00:00Z"}).encode(),
        _changed(good, plate="苏A\0"),
        good.replace(b'"corridor"', b'"unknown":"\xff","corridor"'),
        json.dumps(json.loads(good) | {"version": 2**70}).encode(),
        _changed(good, lane=70_000),
    ]
    outcome = keep(desk.store, work.judge([records(VIOLATIONS, good, *bad, other)]))
    assert [letter.offset for letter in outcome.dead_letters] == list(range(1, len(bad) + 1))
    assert {letter.reason for letter in outcome.dead_letters} == {"json"}
    assert [letter.value for letter in outcome.dead_letters] == bad
    assert len(desk.rows("violations")) == 2


def test_the_heaviest_record_that_bytes_can_say_is_kept(desk: Desk, work: CasesWork) -> None:
    """Four million tonnes are a damaged record and no reason to stop: the columns hold what they can."""
    heavy = json.loads(desk.violation(hundred_tonne=True, grade="count"))
    heavy["passage"]["gross_kg"] = 2**32 - 1
    heavy["excess_kg"] = 2**40
    keep(desk.store, work.judge([records(VIOLATIONS, json.dumps(heavy).encode())]))
    (row,) = desk.rows("violations")
    assert (row.gross_kg, row.excess_kg) == (2**31 - 1, 2**31 - 1)
    assert desk.only_intercept().best.passage.gross_kg == 2**32 - 1


def answered(key: str, value: bytes, agency: str = "police") -> Slice:
    record = ConsumerRecord(responses(agency), 0, 0, 0, 0, key.encode(), value, None, 0, 0, ())
    return Slice(Partition(responses(agency), 0), 1, [record])


def test_a_response_of_an_agency_acts_and_wakes_the_relay(desk: Desk, work: CasesWork, woken: list[bool]) -> None:
    """What police say on their topic is done in the transaction that moves the offset."""
    keep(desk.store, work.judge([records(VIOLATIONS, desk.violation(evidence=True))]))
    woken.clear()
    told = desk.only_intercept()
    body = {"schema": "dispatch.response.v1", "action": "hand_over", "actor": "chen", "idempotency_key": "a"}
    outcome = work.judge([answered(told.id, json.dumps({**body, "note": "accident", "new_field": 1}).encode())])
    assert (outcome.dead_letters, desk.only_intercept()) == ([], told)
    keep(desk.store, outcome)
    assert (desk.only_intercept().state, woken) == ("handed_over", [True])


@pytest.mark.parametrize(
    ("key", "body"),
    [
        ("0" * 16, {"action": "accept", "actor": "chen"}),
        ("0" * 16, {"action": "accept", "actor": "chen", "idempotency_key": "a", "agency": "road"}),
        ("0" * 16, {"action": "accept", "actor": "chen\u0000", "idempotency_key": "a"}),
        ("0" * 16, {"action": "done", "actor": "chen", "idempotency_key": "a", "static_gross_kg": -1}),
        ("苏A12345", {"action": "accept", "actor": "chen", "idempotency_key": "a"}),
    ],
)
def test_what_is_no_response_is_a_dead_letter(work: CasesWork, key: str, body: dict[str, object]) -> None:
    """Missing fields, another agency's name, control characters, a key that is no intercept: refused, named, kept."""
    value = json.dumps({"schema": "dispatch.response.v1", **body}).encode()
    (letter,) = work.judge([answered(key, value)]).dead_letters
    assert (letter.reason, letter.value) == ("json", value)
