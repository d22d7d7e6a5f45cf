"""Permits, registrations, exemptions and watched plates: put, read, removed, and in force without a restart."""

from __future__ import annotations

from typing import Any

from service.register import merged
from service.store import audit, register
from tests.service.api.conftest import Api

PERMIT = {
    "number": "N7",
    "plate": "苏A12345",
    "from": "2026-01-01",
    "until": "2027-01-01T00:00:00+08:00",
    "corridors": ["G104"],
    "gross_kg": 98_000,
}
BODIES: dict[str, dict[str, Any]] = {
    "permits": PERMIT,
    "vehicles": {"plate": "苏A12345", "colour": 1, "axles": "1-2-3", "rated_kg": 18_000},
    "exempt": {"plate": "苏A12345", "kind": "fire engine", "from": "2026-01-01", "until": "2027-01-01"},
    "watch": {"plate": "苏A12345", "reason": "stolen", "until": "2027-01-01", "agency": "police"},
}
KEYS = {"permits": "苏A12345/N7", "vehicles": "苏A12345/1", "exempt": "苏A12345", "watch": "苏A12345/police"}


def in_force(api: Api) -> Any:
    """The register as the worker sees it."""
    with api.parts.store.reading() as conn:
        return merged(api.parts.registry, register.changes(conn))


def test_an_entry_of_each_kind_is_put_read_and_removed(api: Api) -> None:
    """201, then 200 with the next version; what was read can be put back; what is removed is gone from the answers."""
    for kind, body in BODIES.items():
        first = api.send("duty", "PUT", f"/v1/{kind}", body)
        assert (first.status_code, first.json()["key"], first.json()["version"]) == (201, KEYS[kind], 1), kind
        address = f"/v1/{kind}/{KEYS[kind]}"
        read = api.get("squad", address)
        assert (read.json(), read.headers["ETag"]) == (first.json(), '"1"')
        again = api.send("duty", "PUT", f"/v1/{kind}", read.json()["entry"], If_Match='"1"')
        assert (again.status_code, again.json()["version"], again.json()["entry"]) == (200, 2, read.json()["entry"])
        assert api.send("duty", "DELETE", address, If_Match='"2"').status_code == 204
        assert api.get("squad", address).json()["code"] == "entry_unknown"
        assert api.send("duty", "DELETE", address).status_code == 404


def test_what_is_put_is_in_force_without_a_restart(api: Api) -> None:
    """The register that the worker merges has it at once, with dates as the registry's zone means them."""
    before = in_force(api)
    for kind, body in BODIES.items():
        api.send("duty", "PUT", f"/v1/{kind}", body)
    register_now = in_force(api)
    (permit,) = set(register_now.permits) - set(before.permits)
    assert (permit.number, permit.gross_kg, permit.from_ns) == ("N7", 98_000, 1_767_196_800 * 10**9)
    assert {vehicle.axles for vehicle in register_now.vehicles} == {"1-2-3"}
    assert {exemption.kind for exemption in register_now.exemptions} == {"fire engine"}
    assert {watch.reason for watch in register_now.watches} == {"cloned", "stolen"}


def test_the_registry_files_entries_are_listed_and_can_be_replaced(api: Api) -> None:
    """What stands in the file has version 0; a PUT of its key goes before it, a DELETE takes it out of force."""
    (filed,) = api.get("duty", "/v1/permits").json()["items"]
    assert (filed["key"], filed["version"], filed["origin"]) == ("苏A0T001/N1", 0, "file")
    heavier = {**filed["entry"], "gross_kg": 120_000}
    assert api.send("duty", "PUT", "/v1/permits", heavier, If_Match='"0"').status_code == 201
    (put,) = api.get("duty", "/v1/permits").json()["items"]
    assert (put["version"], put["origin"], put["entry"]["gross_kg"]) == (1, "put", 120_000)
    assert [permit.gross_kg for permit in in_force(api).permits] == [120_000]
    assert api.send("duty", "DELETE", "/v1/watch/苏A0T002/police").status_code == 204
    assert in_force(api).watches == ()


def test_nobody_overwrites_what_he_has_not_seen(api: Api) -> None:
    """412 with the present version, for a PUT and for a DELETE; If-None-Match: * only for what was never put."""
    api.send("duty", "PUT", "/v1/permits", PERMIT)
    api.send("duty", "PUT", "/v1/permits", PERMIT)
    stale = api.send("admin", "PUT", "/v1/permits", PERMIT, If_Match='"1"')
    assert (stale.status_code, stale.json()["code"], stale.json()["version"]) == (412, "version_conflict", 2)
    assert api.send("admin", "DELETE", f"/v1/permits/{KEYS['permits']}", If_Match='"1"').status_code == 412
    assert api.send("admin", "PUT", "/v1/permits", PERMIT, If_None_Match="*").status_code == 412
    assert api.send("admin", "PUT", "/v1/permits", {**PERMIT, "number": "N8"}, If_None_Match="*").status_code == 201


def test_a_write_sent_twice_happens_once(api: Api) -> None:
    """With an Idempotency-Key the second answer is the first, though the version it was based on is gone."""
    for _ in range(2):
        answer = api.send("duty", "PUT", "/v1/permits", PERMIT, Idempotency_Key="a", If_None_Match="*")
        assert (answer.status_code, answer.json()["version"]) == (201, 1)
    for _ in range(2):
        removed = api.send("duty", "DELETE", f"/v1/permits/{KEYS['permits']}", Idempotency_Key="b", If_Match='"1"')
        assert removed.status_code == 204
    other = api.send("duty", "PUT", "/v1/permits", {**PERMIT, "gross_kg": 70_000}, Idempotency_Key="a")
    assert other.json()["code"] == "idempotency_key_reused"


def test_a_wrong_body_is_told_field_by_field(api: Api) -> None:
    """Every wrong field at once, each with what to write; nothing is kept."""
    wrong = {**PERMIT, "plate": "苏 A12345", "corridors": ["G105"], "gross_kg": 98, "until": "2025-01-01", "grosskg": 1}
    answer = api.send("duty", "PUT", "/v1/permits", wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "body_invalid")
    errors = {error["field"]: error["remedy"] for error in answer.json()["errors"]}
    assert errors.keys() == {"plate", "corridors", "gross_kg", "until", "grosskg"}
    assert errors["corridors"] == 'did you mean "G104"?'
    for body in (None, [PERMIT], "x"):
        assert api.send("duty", "PUT", "/v1/permits", body).status_code in (415, 422)
    broken = api.client.put(
        "/v1/permits", content=b'{"a": ', headers=api.headers("duty", Content_Type="application/json")
    )
    assert (broken.status_code, broken.json()["errors"][0]["field"]) == (422, "body")
    assert [item["key"] for item in api.get("duty", "/v1/permits").json()["items"]] == ["苏A0T001/N1"]


def test_a_permit_lies_where_it_is_valid(api: Api) -> None:
    """A desk of another road neither sees nor changes it; one of two roads is seen by both and changed by none."""
    api.send("duty", "PUT", "/v1/permits", PERMIT)
    assert api.get("foreign", "/v1/permits").json()["items"] == []
    assert api.get("foreign", f"/v1/permits/{KEYS['permits']}").status_code == 404
    assert api.send("foreign", "DELETE", f"/v1/permits/{KEYS['permits']}").status_code == 404
    assert api.send("foreign", "PUT", "/v1/permits", PERMIT).json()["code"] == "place_refused"
    both = {**PERMIT, "number": "N8", "corridors": ["G104", "S340"]}
    assert api.send("local", "PUT", "/v1/permits", both).status_code == 403
    api.send("duty", "PUT", "/v1/permits", both)
    assert [item["key"] for item in api.get("foreign", "/v1/permits").json()["items"]] == ["苏A12345/N8"]
    assert api.send("foreign", "DELETE", "/v1/permits/苏A12345/N8").status_code == 403


def test_a_change_is_written_down(api: Api) -> None:
    """Who put what and who took it away stands in the audit log, with the entry."""
    api.send("police", "PUT", "/v1/watch", BODIES["watch"])
    api.send("duty", "DELETE", f"/v1/watch/{KEYS['watch']}")
    with api.parts.store.reading() as conn:
        entries = [entry for _, entry in audit.of_subject(conn, f"watch:{KEYS['watch']}")]
    assert [(entry.actor, entry.action) for entry in entries] == [("duty", "watch.remove"), ("police", "watch.put")]
    assert "stolen" in entries[1].document


def test_entries_are_found_by_plate_and_paged_by_key(api: Api) -> None:
    """Pages follow each other without a gap; a plate's entries come alone."""
    for number in ("A1", "A2", "B/1", "C"):
        api.send("duty", "PUT", "/v1/permits", {**PERMIT, "number": number})
    first = api.get("duty", "/v1/permits?limit=3").json()
    second = api.get("duty", f"/v1/permits?limit=3&cursor={first['next']}").json()
    keys = [item["key"] for item in first["items"] + second["items"]]
    assert keys == sorted(keys)
    assert len(set(keys)) == 5
    assert second["next"] is None
    alone = api.get("duty", "/v1/permits?plate=苏A0T001").json()["items"]
    assert [item["key"] for item in alone] == ["苏A0T001/N1"]
    assert api.get("duty", "/v1/permits/苏A12345/B/1").status_code == 200
