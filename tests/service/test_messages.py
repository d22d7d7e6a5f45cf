"""Messages: what a reader gets from what a writer wrote, today's and another year's."""

from __future__ import annotations

import json
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch import cases, intercepts, life
from service.messages import (
    VIOLATION_COLUMNS,
    Health,
    MessageError,
    Sighting,
    Violation,
    decode,
    encode,
    encode_violations,
    headers,
    plate_key,
    rfc3339,
    site_source,
    traceparent,
)
from service.messages import vocabulary as words
from tests.service.told import columns, crossings, sighting_values, violation
from wim.forms import to_json
from wim.forms.json_form import instant_ns


def test_violations_encoded_by_columns_are_violations() -> None:
    """Every row decodes, with its own passage, and encodes to the same document as its struct."""
    passages = crossings(3)
    values = encode_violations(columns(passages))
    decoded = [decode(Violation, value) for value in values]
    assert [v.passage.sequence for v in decoded] == [0, 1, 2]
    assert [v.id for v in decoded] == [form["id"] for form in to_json(passages)]
    assert {v.time for v in decoded} == {"2026-05-28T20:26:40.123456789Z"}
    assert [json.loads(value) for value in values] == [json.loads(encode(v)) for v in decoded]


def test_the_columns_of_a_violation_are_all_its_fields() -> None:
    """A field that is added to the struct is asked of the judge."""
    known = {"id", "time", "schema", "media"}
    assert set(VIOLATION_COLUMNS) | known == set(Violation.__struct_fields__)
    with pytest.raises(KeyError, match="zone"):
        encode_violations({name: column for name, column in columns(crossings(1)).items() if name != "zone"})


def test_columns_of_different_length_are_refused() -> None:
    """A judge that forgot a row must not shift the others."""
    uneven = columns(crossings(2))
    uneven["severity"].pop()
    with pytest.raises(ValueError, match="shorter"):
        encode_violations(uneven)


def test_a_word_of_another_year_is_read_as_other() -> None:
    """Unknown zones, grades, dimensions and reasons reach the reader as `other`, unknown fields not at all."""
    message = json.loads(encode(violation()))
    message |= {"zone": "drone", "grade": "gold", "over_dimensions": ["height", "axle_count"], "new_field": {"a": 1}}
    read = decode(Violation, json.dumps(message).encode())
    assert (read.zone, read.grade) == (words.Zone.OTHER, words.Grade.OTHER)
    assert read.over_dimensions == [words.Dimension.HEIGHT, words.Dimension.OTHER]


def test_optional_fields_may_be_absent() -> None:
    """Messages from before a field existed are read with its default."""
    message = json.loads(encode(violation()))
    for name in ("media", "watched"):
        del message[name]
    read = decode(Violation, json.dumps(message).encode())
    assert (read.media, read.watched) == ([], False)


#: More brackets in each other than any reader follows.
DEEP = b'{"new":' + b"[" * 50_000 + b"]" * 50_000 + b"}"


@pytest.mark.parametrize(
    "value", [None, b"", b"{", b"[]", b'{"id": 1}', b"\xff", b'{"id":"0000000000000000"}', b'{"id":"\xff"}', DEEP]
)
def test_bytes_that_are_no_message_are_refused_with_the_kind_and_the_problem(value: bytes | None) -> None:
    """The reader gets one error class, ready for a dead letter."""
    with pytest.raises(MessageError, match="not a violation: "):
        decode(Violation, value)


def test_a_message_of_another_kind_is_refused() -> None:
    """A sighting on the topic of violations is an error and not a violation without limits."""
    found = violation()
    value = sighting_values(crossings(1))[0]
    with pytest.raises(MessageError):
        decode(Violation, value)
    assert decode(Sighting, value).passage == found.passage


def test_a_health_beat_tells_each_lane() -> None:
    """What contracts.md §5 asks of a unit survives the way."""
    beat = {
        "id": "G104-K012/2026-05-28T20:26:40Z",
        "version": 1,
        "time": "2026-05-28T20:26:40Z",
        "schema": "wim.health.v1",
        "site": "G104-K012",
        "run": 5,
        "camera": "dead",
        "clock": "locked",
        "lanes": [
            {"lane": 1, "up": True, "strips": [{"line": 1, "side": "left", "state": "ok"}], "passage_sequence": 7},
        ],
    }
    read = decode(Health, json.dumps(beat).encode())
    assert (read.camera, read.lanes[0].passage_sequence, read.lanes[0].frame_sequence) == ("dead", 7, None)


def test_the_words_of_messages_are_those_of_dispatch() -> None:
    """What the life cycle can say, a message can carry; beside it stands only what messages from before 0.2 say."""
    before = {"confirmed", "legal", "lost", "handed_over", "cancelled"}

    def vocabulary(*lists: type) -> set[str]:
        return {str(word) for words in lists for word in words} - {"other"}  # type: ignore[attr-defined]

    assert vocabulary(words.InterceptState) == vocabulary(life.State) | {"closed"}
    assert vocabulary(words.InterceptReason) == vocabulary(cases.Reason)
    assert vocabulary(words.InterceptEnded) == vocabulary(intercepts.Ended) | before
    persons = {action for state in life.State for action in life.next_actions(state)}
    assert vocabulary(words.Action) == persons | {"close"} == {*life.PERSONS_ACTIONS, "close"}


def test_headers_are_cloudevents_in_binary_mode() -> None:
    """Tools know what it is, from whom and of which change without parsing the value."""
    found = violation()
    given = dict(headers(found, site_source("G104-K012"), traceparent(found.id, "screen")))
    assert given["ce_specversion"] == b"1.0"
    assert given["content-type"] == b"application/json"
    assert given["ce_id"] == f"{found.id}/1".encode()
    assert given["ce_type"] == b"wim.violation.v1"
    assert given["ce_source"] == b"/sites/G104-K012"
    assert given["ce_time"] == found.time.encode()


def test_one_passage_is_one_trace_with_a_span_for_each_step() -> None:
    """The violation and the intercept of a passage are found together, in W3C form, replayed or not."""
    screen, follow = traceparent("327b12e5961ac6f0", "screen"), traceparent("327b12e5961ac6f0", "cases")
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", screen)
    assert screen == traceparent("327b12e5961ac6f0", "screen")
    assert screen[:35] == follow[:35]
    assert screen[36:52] != follow[36:52]
    assert traceparent("327b12e5961ac6f1", "screen")[:35] != screen[:35]


def test_the_key_is_the_plate_or_the_lane_without_one() -> None:
    """All of one plate in order; unread ones are spread by lane."""
    assert plate_key("苏A12345", "G104-K012", 1) == "苏A12345".encode()
    assert plate_key("", "G104-K012", 1) == b"?G104-K012/1"


@given(time_ns=st.integers(1, 2**63 - 1))
def test_times_are_written_to_the_nanosecond(time_ns: int) -> None:
    """What is written is read back exactly."""
    assert instant_ns("time", rfc3339(time_ns)) == time_ns


def test_a_message_keeps_every_number_that_it_was_given() -> None:
    """JSON carries no type; a whole float stays a float."""
    assert b'"tolerance_percent":5.0' in msgspec.json.encode(violation())
