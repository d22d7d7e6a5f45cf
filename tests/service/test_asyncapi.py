"""The AsyncAPI document is that of the code, complete, and whole in itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
from typer.testing import CliRunner

from service import asyncapi
from service.cli.asyncapi import print_asyncapi, write_schemas
from service.messages import headers_of
from service.messages.schemas import MESSAGES
from service.topics import TOPICS

COMMITTED = Path(__file__).parents[2] / "docs" / "asyncapi.json"


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    if isinstance(node, list):
        for value in node:
            yield from references(value)


def test_the_committed_document_is_that_of_the_code() -> None:
    """Whoever changes a topic or a message commits the document with it."""
    asyncapi.check(COMMITTED)


def test_an_outdated_document_is_named_with_the_command_that_repairs_it(tmp_path: Path) -> None:
    """Absent or different."""
    with pytest.raises(asyncapi.DocumentOutdatedError, match="wim asyncapi --out"):
        asyncapi.check(tmp_path / "asyncapi.json")
    (tmp_path / "asyncapi.json").write_text("{}")
    with pytest.raises(asyncapi.DocumentOutdatedError):
        asyncapi.check(tmp_path / "asyncapi.json")


def test_every_topic_whose_message_exists_is_listed_with_its_kafka_settings() -> None:
    """The table of topics and the document cannot drift apart."""
    channels = asyncapi.document()["channels"]
    described = [topic for topic in TOPICS if topic.message in {*MESSAGES, *asyncapi.BINARY}]
    assert list(channels) == [topic.name for topic in described]
    for topic in described:
        binding = channels[topic.name]["bindings"]["kafka"]
        settings = {
            name: ",".join(value) if isinstance(value, list) else str(value)
            for name, value in binding["topicConfiguration"].items()
        }
        assert binding["partitions"] == topic.partitions
        assert settings.items() <= topic.settings(replication=1).items()


def test_every_message_that_is_described_is_sent_or_received() -> None:
    """No channel without somebody at our end."""
    told = {message for _, message, _ in asyncapi.OPERATIONS}
    assert told == set(asyncapi.document()["components"]["messages"])


def test_every_reference_leads_somewhere() -> None:
    """The document opens in a viewer without any other file."""
    document = asyncapi.document()
    found = list(references(document))
    assert found
    for reference in found:
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


@pytest.mark.parametrize("name", MESSAGES)
def test_payloads_are_schemas_of_the_dialect_they_claim(name: str) -> None:
    """Draft 7 is what every AsyncAPI tool must read."""
    payload = asyncapi.document()["components"]["messages"][name]["payload"]
    assert payload["schemaFormat"].endswith("draft-07")
    jsonschema.Draft7Validator.check_schema(payload["schema"])
    assert not list(references(payload["schema"]))


def test_headers_are_those_that_are_sent() -> None:
    """A header that is added to messages is in the document."""
    sent = [name for name, _ in headers_of("", 1, "", "", "", "")]
    assert list(asyncapi.document()["components"]["messages"]["violation"]["headers"]["properties"]) == sent


def run(command: Any, *arguments: str) -> Any:
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, arguments)


def test_the_commands_write_what_they_check(tmp_path: Path) -> None:
    """`--out` makes what `--check` accepts; without either the document goes to stdout."""
    assert run(print_asyncapi, "--out", str(tmp_path / "a.json")).exit_code == 0
    assert run(print_asyncapi, "--check", str(tmp_path / "a.json")).exit_code == 0
    assert json.loads(run(print_asyncapi).stdout) == asyncapi.document()
    assert run(write_schemas, "--out", str(tmp_path / "s")).exit_code == 0
    assert run(write_schemas, "--check", str(tmp_path / "s"), "--against", str(tmp_path / "s")).exit_code == 0
    assert run(write_schemas).exit_code == 2
    assert run(write_schemas, "--check", str(tmp_path)).exit_code == 1
