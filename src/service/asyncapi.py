"""The AsyncAPI 3 document: every topic that is in use, with its key, its Kafka settings and what is in its messages.

It is made from `service.topics.TOPICS` and the message schemas, committed as docs/asyncapi.json, and checked. A topic
whose message nothing here writes or reads yet is not listed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from service.messages.envelope import headers_of
from service.messages.schemas import MESSAGES, inlined_schema
from service.topics import TOPICS, Topic

Document = dict[str, Any]

#: Topic names and schema names carry the versions of what they name; this is the version of the document's own layout.
DOCUMENT_VERSION = "1"

KAFKA_BINDING = "0.5.0"
SCHEMA_FORMAT = "application/schema+json;version=draft-07"

#: Messages that are not JSON: what they are, where that is laid down.
BINARY: Mapping[str, tuple[str, str]] = {
    "passages": (
        "application/octet-stream",
        "1 to 65 535 passage records of 192 bytes behind a head of 16 with their CRC: contracts.md §2.",
    ),
    "dead-letter": (
        "application/octet-stream",
        "The refused value as it came; its first 64 kB where it did not fit.",
    ),
}

DEAD_LETTER_HEADERS: Mapping[str, str] = {
    "reason": "a word, e.g. crc, axle_count, sealed_hour",
    "detail": "for a person; the record's index where one of many was refused",
    "topic": "where it was read",
    "partition": "where it was read",
    "offset": "where it was read",
    "at": "when it was refused, RFC 3339",
    "size": "bytes of the whole value; only where it did not fit",
    "sha256": "hash of the whole value; only where it did not fit",
}

#: Who does what with each message, as this system sees it.
OPERATIONS: tuple[tuple[str, str, str], ...] = (
    ("receive", "passages", "Judge every vehicle that crossed."),
    ("receive", "health", "Know which hours a lane was observed."),
    ("send", "violation", "Tell each passage in zone intercept or watch."),
    ("send", "sighting", "Tell clean passages of plates in an open case or on the watch list."),
    ("send", "intercept", "Tell each change of an intercept, the full state each time."),
    ("send", "joint-action", "Tell each change of what agencies owe each other, the full state each time."),
    ("send", "refusal", "Say which response was not taken, why, and what is possible instead."),
    ("receive", "response", "Do what an agency's own system says that it did."),
    ("send", "dead-letter", "Keep what was refused."),
)


class DocumentOutdatedError(RuntimeError):
    """The committed document is not that of the code."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not up to date; run `wim asyncapi --out {path}` and commit")
        self.path = path


def document() -> Document:
    """The whole document as a JSON object."""
    topics = [topic for topic in TOPICS if topic.message in MESSAGES or topic.message in BINARY]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Weigh-in-motion overload detection",
            "version": DOCUMENT_VERSION,
            "description": "Kafka topics from the strip in the road to the squad beside it. Readers ignore fields "
            "that they do not know, take an unknown word of a list as `other`, and keep the highest version of an id.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in topics},
        "operations": dict(_operations(topics)),
        "components": {"messages": {name: _message(topic, name) for topic in topics for name in _on(topic)}},
    }


def text() -> str:
    """The document as it is committed."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def check(path: Path) -> None:
    """Raise `DocumentOutdatedError` unless `path` holds exactly the document of the code."""
    if not path.exists() or path.read_text("utf-8") != text():
        raise DocumentOutdatedError(path)


def _channel(topic: Topic) -> Document:
    return {
        "address": topic.name,
        "description": topic.description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _on(topic)},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": _configuration(topic),
                "bindingVersion": KAFKA_BINDING,
            }
        },
    }


def _on(topic: Topic) -> tuple[str, ...]:
    """The messages on a topic."""
    return topic.message, *topic.also


def _configuration(topic: Topic) -> Document:
    size: Document = {"max.message.bytes": topic.max_bytes}
    if topic.retention is None:
        return {"cleanup.policy": ["compact"], **size}
    return {"cleanup.policy": ["delete"], "retention.ms": int(topic.retention.total_seconds() * 1000), **size}


def _operations(topics: Iterable[Topic]) -> Iterable[tuple[str, Document]]:
    channels: dict[str, list[str]] = {}
    for topic in topics:
        for message in _on(topic):
            channels.setdefault(message, []).append(topic.name)
    for action, message, summary in OPERATIONS:
        for name in channels[message]:
            yield f"{action}_{message}{_suffix(name, channels[message])}", _operation(action, message, summary, name)


def _suffix(topic: str, topics: Sequence[str]) -> str:
    """What tells the operations of one message on several topics apart: the agency in the topic's name."""
    return f"_{topic.split('.')[-2]}" if len(topics) > 1 else ""


def _operation(action: str, message: str, summary: str, topic: str) -> Document:
    # A channel's name is part of a JSON pointer here; ours hold neither / nor ~.
    channel = f"#/channels/{topic}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "summary": summary,
        "messages": [{"$ref": f"{channel}/messages/{message}"}],
    }


def _message(topic: Topic, name: str) -> Document:
    key = {"kafka": {"key": {"type": "string", "description": topic.key}, "bindingVersion": KAFKA_BINDING}}
    if name in BINARY:
        content, description = BINARY[name]
        told = {"headers": _texts(DEAD_LETTER_HEADERS)} if name == "dead-letter" else {}
        payload = {"type": "string", "format": "binary"}
        return {
            "name": name,
            "contentType": content,
            "summary": description,
            **told,
            "payload": payload,
            "bindings": key,
        }
    schema = inlined_schema(MESSAGES[name])
    return {
        "name": schema["properties"]["schema"]["const"],
        "contentType": "application/json",
        "summary": schema["description"],
        "headers": _texts(dict.fromkeys(name for name, _ in headers_of("", 1, "", "", "", ""))),
        "payload": {"schemaFormat": SCHEMA_FORMAT, "schema": schema},
        "bindings": key,
    }


def _texts(names: Mapping[str, str | None]) -> Document:
    described = {name: {"type": "string", **({"description": told} if told else {})} for name, told in names.items()}
    return {"type": "object", "properties": described}
