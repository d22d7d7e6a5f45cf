"""What stands around a message: its key, and headers that tools understand without parsing the value.

===============  ====================================================================================
header           value
===============  ====================================================================================
content-type     application/json
ce_specversion   1.0 (CloudEvents, Kafka binding, binary mode)
ce_id            id/version: the same change of the same thing has the same one, however often it is sent
ce_type          the message's `schema`, e.g. wim.violation.v1
ce_source        who says so, a URI reference: /sites/G104-K012, /dispatch
ce_time          event time, RFC 3339
traceparent      W3C trace context: one trace for everything that follows from one passage
===============  ====================================================================================
"""

from __future__ import annotations

import datetime
import hashlib
from typing import Protocol

#: Headers as both Kafka clients take them.
Headers = list[tuple[str, bytes]]

#: Names the dispatch side of the system in `ce_source`.
DISPATCH = "/dispatch"

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


class Told(Protocol):
    """Any message of `service.messages.structs`."""

    @property
    def id(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def time(self) -> str: ...
    @property
    def schema(self) -> str: ...


def headers(message: Told, source: str, trace: str) -> Headers:
    """The headers of `message`; `trace` as `traceparent` makes it."""
    return headers_of(message.id, message.version, message.time, message.schema, source, trace)


def headers_of(identity: str, version: int, time: str, schema: str, source: str, trace: str) -> Headers:
    """The headers of a message whose fields are given one by one."""
    return [
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_id", f"{identity}/{version}".encode()),
        ("ce_type", schema.encode()),
        ("ce_source", source.encode()),
        ("ce_time", time.encode()),
        ("traceparent", trace.encode()),
    ]


def traceparent(passage: str, step: str) -> str:
    """The trace of a passage id, with the span of one step of its way (`screen`, `cases`, …).

    It follows from the passage alone, so that a replay writes the same one and nobody must carry it along.
    """
    trace = hashlib.blake2b(passage.encode(), digest_size=16, person=b"wim trace").hexdigest()
    span = hashlib.blake2b(f"{passage}/{step}".encode(), digest_size=8, person=b"wim span").hexdigest()
    return f"00-{trace}-{span}-01"


def site_source(site: str) -> str:
    """The `ce_source` of what a site says or of what is said about its passages."""
    return f"/sites/{site}"


def plate_key(plate: str, site: str, lane: int) -> bytes:
    """The key of violations and sightings: the plate, or `?SITE/LANE` without one."""
    return plate.encode() if plate else f"?{site}/{lane}".encode()


def rfc3339(time_ns: int) -> str:
    """A time in ns since 1970 as RFC 3339 with nine digits of a second."""
    seconds, rest_ns = divmod(time_ns, 10**9)
    return f"{_EPOCH + datetime.timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}.{rest_ns:09d}Z"
