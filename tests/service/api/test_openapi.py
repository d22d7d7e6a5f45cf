"""The OpenAPI document: committed, whole, stable, and what the API really does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from service.api import document
from service.api.app import routed
from service.api.problems import CODES
from service.api.tags import Tag
from service.messages import decode
from service.messages.structs import Violation
from tests.service.api.conftest import Api, MakeApi
from tests.service.told import PLATE, crossings
from wim.forms import to_json

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "openapi.json"

#: Clients are generated from these names: one may be added, none may change.
KINDS = ("permits", "vehicles", "exempt", "watch")
OPERATIONS = {
    "list_corridors",
    "list_sites",
    "site_health",
    "downgrade_site",
    "restore_site",
    "corridor_rates",
    "all_rates",
    "list_violations",
    "read_violation",
    "list_intercepts",
    "read_intercept",
    "act_on_intercept",
    "explain_intercept",
    "explain_violation",
    "read_case",
    "read_signal",
    "read_effectiveness",
    "list_figure_items",
    "exclude_violation",
    "restore_violation",
    "list_exclusions",
    "list_joint_actions",
    "read_joint_action",
    "propose_joint_action",
    "move_joint_action",
    "read_ledger",
    "list_squads",
    "tell_apart",
    "tell_status",
    "read_offender",
    *(
        f"{verb}_{kind}"
        for verb in ("list", "read", "put", "remove")
        for kind in ("permits", "vehicles", "exempt", "watch")
    ),
    "post_passages",
    "put_picture",
    "read_picture",
    "list_notices",
    "list_subscriptions",
    "put_subscription",
    "remove_subscription",
    "follow_live",
    "sign_in",
    "who_am_i",
    "sign_out",
    "list_sessions",
    "end_session",
    "ask_pairing",
    "confirm_pairing",
    "look_at_pairing",
    "livez",
    "readyz",
    "metrics",
    "openapi_document",
}


#: What nobody need be known for: probes, and becoming known.
OPEN = {"livez", "readyz", "metrics", "openapi_document", "sign_in", "ask_pairing"}


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    """The document that is committed."""
    found: dict[str, Any] = json.loads(DOCUMENT.read_text("utf-8"))
    return found


def operations(described: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in described["paths"].values():
        yield from methods.values()


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_the_committed_document_is_that_of_the_code() -> None:
    """Who changes a route writes the document anew, and a reviewer sees what changed."""
    document.check(routed(), DOCUMENT)


def test_an_outdated_document_is_named_with_the_command(tmp_path: Path) -> None:
    """What to do stands in the error."""
    with pytest.raises(document.DocumentOutdatedError, match=r"wim openapi --out .*old\.json"):
        document.check(routed(), tmp_path / "old.json")


def test_operations_keep_their_names(described: dict[str, Any]) -> None:
    """Every operation has one name of its own, of a list that only grows."""
    names = [operation["operationId"] for operation in operations(described)]
    assert set(names) == OPERATIONS
    assert len(names) == len(OPERATIONS)


def test_the_document_is_whole(described: dict[str, Any]) -> None:
    """3.1, no dangling reference, only known tags, a summary, and a problem for whatever can go wrong."""
    assert described["openapi"].startswith("3.1")
    names = described["components"]["schemas"]
    assert {ref.removeprefix("#/components/schemas/") for ref in references(described)} <= names.keys()
    assert {tag["name"] for tag in described["tags"]} == set(Tag)
    for operation in operations(described):
        assert set(operation["tags"]) <= set(Tag)
        assert operation["summary"]
        assert bool(operation.get("security")) == (operation["operationId"] not in OPEN)
        for status, answer in operation["responses"].items():
            if int(status) >= 400 and operation["tags"] != ["process"]:
                assert list(answer["content"]) == ["application/problem+json"], (operation["operationId"], status)
                assert any(f"`{code}`" in answer["description"] for code in CODES)


def test_every_example_is_right(described: dict[str, Any]) -> None:
    """What people copy from the document fits its own schema."""
    shown = {name: schema for name, schema in described["components"]["schemas"].items() if "examples" in schema}
    assert {"Rates", "ProblemDocument", "Accepted"} <= shown.keys()
    for schema in shown.values():
        for example in schema["examples"]:
            validator({**schema, "components": described["components"]}).validate(example)


def validator(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema)


def test_messages_are_described_as_on_the_topics(described: dict[str, Any]) -> None:
    """A violation read over HTTP is the message of the topic, with the exclusion that may stand above it."""
    told = described["components"]["schemas"]["Violation"]
    committed = json.loads((DOCUMENT.parent / "schemas" / "violation.v1.json").read_text("utf-8"))
    assert told["properties"].keys() == {*committed["properties"], "excluded_by"}
    assert told["required"] == committed["required"]


#: Who asks for what, so that an operation is tried by somebody whom it serves.
ACCOUNTS = {"post_passages": "device"}


#: Checks that need more than the schema: our token looks to them like one that they made up (who may do what is tested
#: role by role), and a period, a cursor or a version can be well formed and still mean nothing (those answer 422).
CANNOT_KNOW = [ignored_auth, positive_data_acceptance]


@pytest.fixture
def store_url(sqlite_ready: str) -> str:
    """A real store; the engines answer alike, which the other tests see to."""
    return sqlite_ready


@pytest.fixture
def fuzzed(make_api: MakeApi) -> Api:
    """An API with something of everything in its store."""
    api = make_api()
    api.desk.file(api.desk.violation(evidence=True))
    permit = {"number": "N7", "plate": PLATE, "from": "2026-01-01", "until": "2027-01-01", "corridors": ["G104"]}
    assert api.send("duty", "PUT", "/v1/permits", {**permit, "gross_kg": 60_000}).status_code == 201
    return api


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
def test_the_api_is_what_the_document_says(fuzzed: Api, mode: GenerationMode) -> None:
    """Whatever a client makes of the document, right or wrong: no 5xx, and only what the document says comes back."""
    # The feed streams for ever; it has tests of its own.
    schema = schemathesis.openapi.from_path(DOCUMENT).exclude(operation_id="follow_live")
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and not can_be_wrong(operation.definition.raw):
            continue
        fuzz(operation, mode, fuzzed)
        tried += 1
    assert tried > 20


def can_be_wrong(operation: dict[str, Any]) -> bool:
    """Whether there is anything that a client could get wrong."""
    return bool(operation.get("parameters") or operation.get("requestBody"))


def fuzz(operation: Any, mode: GenerationMode, api: Api) -> None:
    """Send a dozen requests to one operation and hold every answer against the document."""
    name = ACCOUNTS.get(operation.definition.raw["operationId"], "duty")

    @settings(max_examples=12, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Case) -> None:
        sent = case.as_transport_kwargs(base_url="http://testserver", headers=api.headers(name))
        sent.pop("cookies", None)  # The API knows none.
        if isinstance(sent.get("data"), bytes | str):
            sent["content"] = sent.pop("data")
        case.validate_response(api.client.request(**sent), excluded_checks=CANNOT_KNOW)

    check()


def test_real_answers_fit_the_document(fuzzed: Api, described: dict[str, Any]) -> None:
    """With data in them, answers fit the schema of their route."""
    told = fuzzed.desk.only_intercept()
    proposal = {"intercept": told.id, "trigger": "refused", "note": "keeps the doors shut"}
    joint = fuzzed.send("duty", "POST", "/v1/joint-actions", proposal, Idempotency_Key="proposal").json()["id"]
    paths = {
        "/v1/corridors": "/v1/corridors",
        "/v1/sites": "/v1/sites",
        "/v1/corridors/{corridor}/rates": "/v1/corridors/G104/rates?compare=previous&by=lane",
        "/v1/rates": "/v1/rates?bucket=day",
        "/v1/violations": "/v1/violations",
        "/v1/violations/{violation}": f"/v1/violations/{told.best.id}",
        "/v1/intercepts": "/v1/intercepts",
        "/v1/intercepts/{intercept}": f"/v1/intercepts/{told.id}",
        "/v1/joint-actions": "/v1/joint-actions",
        "/v1/joint-actions/{joint}": f"/v1/joint-actions/{joint}",
        "/v1/ledger": "/v1/ledger",
        "/v1/offenders/{plate}": f"/v1/offenders/{PLATE}?reason=test",
        "/v1/permits": "/v1/permits",
        "/v1/permits/{key}": f"/v1/permits/{PLATE}/N7",
        "/v1/watch": "/v1/watch",
    }
    for route, path in paths.items():
        for name in ("duty", *(["analyst"] if "intercept" in route or "violation" in route else [])):
            answer = fuzzed.get(name, path)
            assert answer.status_code == 200, answer.text
            form = described["paths"][route]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            validator({**form, "components": described["components"]}).validate(answer.json())
    assert decode(Violation, fuzzed.get("duty", f"/v1/violations/{told.best.id}").content) == told.best


def test_a_passage_as_the_document_wants_it_is_one(described: dict[str, Any]) -> None:
    """What our own exports write fits the form that is posted, and so does the least that a unit must say."""
    form = {**described["components"]["schemas"]["PassageIn"], "components": described["components"]}
    (whole,) = to_json(crossings(1))
    validator(form).validate(whole)
    least = {name: whole[name] for name in form["required"]}
    validator(form).validate(least)
    del least["axles"]
    assert not validator(form).is_valid(least)
