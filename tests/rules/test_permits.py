"""What is known about plates, from file and from request."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.permits import (
    Exemption,
    Permit,
    PlateRegister,
    Vehicle,
    Watch,
    parse_exemption,
    parse_permit,
    parse_register,
    parse_vehicle,
    parse_watch,
)
from wim.document import RegistryErrors
from wim.periods import moment

CORRIDORS = frozenset({"G104", "S340"})
DOCUMENT = """
[[permit]]
number = "CX-1"
plate = "苏A0T001"
from = 2026-11-01
until = 2026-12-01
corridors = ["G104"]
gross_kg = 98000
[[vehicle]]
plate = "苏A12345"
colour = 1
axles = "1-2-3"
[[exempt]]
plate = "苏A0X001"
kind = "fire engine"
from = 2026-01-01
until = 2027-01-01
[[watch]]
plate = "苏A0W001"
reason = "drove off"
agency = "police"
until = 2027-01-01
"""


def day(written: str, zone: str = "Asia/Shanghai") -> int:
    """Local midnight in nanoseconds."""
    return moment(zone)(written)


def register(document: str = DOCUMENT) -> PlateRegister:
    """What the document says about plates."""
    return parse_register(tomllib.loads(document), "sites.toml", CORRIDORS)


def permit(**changes: Any) -> Permit:
    """A permit as an HTTP body brings it."""
    body = {"number": "CX-1", "plate": "苏A0T001", "from": "2026-11-01", "until": "2026-12-01", "corridors": ["G104"]}
    return parse_permit(json.loads(json.dumps(body | {"gross_kg": 98_000} | changes)), "body", CORRIDORS)


def test_each_list_is_read() -> None:
    """Permits, registrations, exemptions and the watch list stand in one file."""
    found = register()
    assert found.permits == (Permit("CX-1", "苏A0T001", day("2026-11-01"), day("2026-12-01"), ("G104",), 98_000),)
    assert found.vehicles == (Vehicle("苏A12345", colour=1, axles="1-2-3"),)
    assert found.exemptions == (Exemption("苏A0X001", "fire engine", day("2026-01-01"), day("2027-01-01")),)
    assert found.watches == (Watch("苏A0W001", "drove off", day("2027-01-01"), "police"),)


def test_a_request_means_what_the_file_means() -> None:
    """The same permit by PUT and from the file is the same permit; so for the other lists."""
    document, found = tomllib.loads(DOCUMENT), register()
    bodies = {name: json.loads(json.dumps(document[name][0], default=str)) for name in document}
    assert permit() == found.permits[0]
    assert parse_permit(bodies["permit"], "body", CORRIDORS) == found.permits[0]
    assert parse_vehicle(bodies["vehicle"], "body") == found.vehicles[0]
    assert parse_exemption(bodies["exempt"], "body") == found.exemptions[0]
    assert parse_watch(bodies["watch"], "body") == found.watches[0]


def test_dates_are_local_midnight_of_the_zone_that_is_given() -> None:
    """A permit of Urumqi time begins when it is midnight there."""
    document = tomllib.loads(DOCUMENT)
    found = parse_register(document, "sites.toml", CORRIDORS, "Asia/Urumqi")
    assert found.permits[0].from_ns == day("2026-11-01", "Asia/Urumqi") == day("2026-11-01") + 2 * 3_600 * 10**9


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"plate": ""}, 'plate: is ""; write a text in quotes'),
        ({"plate": "苏A·12345"}, 'plate: is "苏A·12345"; write it as a camera reads it, "苏A12345"'),
        ({"plate": "苏a12345"}, 'plate: is "苏a12345"; write it as a camera reads it, "苏A12345"'),
        ({"plate": "苏Ａ12345"}, 'plate: is "苏Ａ12345"; write it as a camera reads it, "苏A12345"'),
        ({"plate": "苏A123"}, 'plate: is "苏A123", which counts as no plate'),
        ({"plate": "苏A12345678901234"}, 'plate: is "苏A12345678901234", 18 bytes long; use at most 16 bytes'),
        ({"gross_kg": 98}, "gross_kg: is 98; write a whole number from 1000 to 1000000 kg"),
        ({"gross_kg": "98000"}, 'gross_kg: is "98000"; write a whole number'),
        ({"until": "2026-11-01"}, "until: is not after `from`"),
        ({"until": 1798732800}, "until: is 1798732800; write a date"),
        ({"corridors": []}, "corridors: is an array of 0; write an array of 1 to 10000 values"),
        ({"corridors": ["G140"]}, 'corridors: is "G140", but there is no such corridor; did you mean "G104"?'),
        ({"gros_kg": 1}, 'gros_kg: is not a key of this table; did you mean "gross_kg"?'),
    ],
)
def test_a_wrong_permit_is_refused_field_by_field(change: dict[str, Any], complaint: str) -> None:
    """Whoever sends it learns the field, what is wrong and what to write."""
    with pytest.raises(RegistryErrors) as raised:
        permit(**change)
    (error,) = raised.value.errors
    assert f"{error.key}: {error.problem}; {error.remedy}".startswith(complaint)


@pytest.mark.parametrize("axles", ["", "1-2-", "0-2", "1", "9-9", "01-2-3", "0001-01-01", "a-b", "1--2", "1,2", 12])
def test_a_wrong_axle_pattern_is_refused(axles: object) -> None:
    """A registration that no truck can have is no registration."""
    with pytest.raises(RegistryErrors, match=r'body: axles: is .*; write the sizes .* as "1-2-3"'):
        parse_vehicle({"plate": "苏A12345", "axles": axles}, "body")


def test_the_same_permit_twice_is_refused() -> None:
    """Which of two would count is nobody's guess; the same number for two plates is allowed."""
    entry = DOCUMENT[: DOCUMENT.index("[[vehicle]]")]
    with pytest.raises(RegistryErrors, match=r"permit\[1\]\.number and plate: is the same as in permit\[0\]"):
        register(entry + entry)
    assert len(register(entry + entry.replace("苏A0T001", "苏A0T002")).permits) == 2


def test_a_plate_of_two_colours_is_two_vehicles() -> None:
    """A tractor and its trailer may carry one number in two colours, but not in one."""
    entry = '[[vehicle]]\nplate = "苏A12345"\ncolour = {}\n'
    assert len(register(entry.format(1) + entry.format(2)).vehicles) == 2
    with pytest.raises(RegistryErrors, match="plate and colour"):
        register(entry.format(1) * 2)


@given(
    st.dictionaries(
        st.sampled_from(["number", "plate", "from", "until", "corridors", "gross_kg", "kind"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text(), max_size=2),
    )
)
def test_any_body_is_a_permit_or_a_list_of_faults(body: dict[str, Any]) -> None:
    """Nothing that a request can hold gets past the checks or crashes them."""
    with pytest.raises(RegistryErrors):
        parse_permit({**body, "gross_kg": None}, "body", CORRIDORS)
